// Keeps the images of a sample for the map beside it (space_map.js): they stay while the picture of them changes.

const SHEETS = "inklingSheets";

export default function ({ data }) {
  if (!data) return;
  const kept = (window[SHEETS] ??= new Map()); // id -> {image, columns, side}
  if (kept.has(data.id)) return;
  const image = new Image();
  image.onload = () => {
    if (kept.size > 3) kept.clear();
    kept.set(data.id, { image, columns: data.columns, side: [data.width, data.height] });
    window.dispatchEvent(new Event(SHEETS));
  };
  image.src = `data:image/png;base64,${data.png}`;
}
