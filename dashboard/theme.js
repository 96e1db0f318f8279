// Streamlit tells Python the theme late, and not at all when it is switched. The browser always knows it.

const LOOK = 1000; // milliseconds
let look = { until: 0 };

// The page's background, and whether it is dark. To answer, a browser works out the styles of all that has changed on
// the page, so whatever is drawn within a second shares an answer, unless `anew`.
function pageLook(element, anew = false) {
  if (!anew && performance.now() < look.until) return look;
  const background = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = background || "#ffffff";
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(probe.fillStyle.slice(i, i + 2), 16));
  const dark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  look = { background, dark, until: performance.now() + LOOK };
  return look;
}

function themed(text, dark) {
  const table = PALETTES[dark ? "dark" : "light"];
  return text.replace(/#[0-9a-f]{6}|rgba\(\d+,\d+,\d+,/g, (color) => table[color] ?? color);
}
