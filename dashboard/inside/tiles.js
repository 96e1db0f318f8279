// Pictures of numbers side by side: kernels, weights, feature maps. Called again with each new state; the pictures stay,
// and are painted anew. Text is set as text, never as HTML.

const grids = new WeakMap();

class Grid {
  constructor(element) {
    this.element = element;
    this.row = make("div", { className: "tl-row" });
    this.scale = make("div", { className: "tl-scale" }, make("span"), make("i"), make("span"));
    element.append(this.row, this.scale);
    this.note = new Note(element);
    this.tiles = [];
  }

  show(data, send) {
    this.data = data;
    this.send = send;
    while (this.tiles.length > data.names.length) this.tiles.pop().box.remove();
    while (this.tiles.length < data.names.length) this.tiles.push(this.tile(this.tiles.length));
    const sizes = [data.width, data.height, data.side, data.names.length].join();
    const same = this.painted === data.values && this.sizes === sizes;
    Object.assign(this, { painted: data.values, sizes, values: same ? this.values : bytesOf(data.values, true) });
    const source = same ? null : painted(this.values, data.width, false);
    const factor = data.side / Math.max(data.width, data.height);
    const across = Math.max(1, Math.round(data.width * factor)), down = Math.max(1, Math.round(data.height * factor));
    this.tiles.forEach((tile, place) => {
      if (source) {
        const context = prepared(tile.canvas, across, down);
        context.drawImage(source, 0, place * data.height, data.width, data.height, 0, 0, across, down);
      }
      tile.name.textContent = data.names[place];
      tile.box.classList.toggle("tl-picked", place === data.picked);
      tile.box.classList.toggle("tl-off", data.off.includes(place));
      tile.box.disabled = !data.clickable;
      tile.canvas.setAttribute("role", "img");
      tile.canvas.setAttribute("aria-label", data.names[place]);
    });
    const [low, , high] = this.scale.children;
    low.textContent = short(-data.limit);
    high.textContent = short(data.limit);
    this.scale.hidden = !data.names.length;
  }

  tile(place) {
    const canvas = make("canvas"), name = make("span");
    const box = make("button", { type: "button", className: "tl-tile" }, canvas, name);
    box.onclick = () => this.send(place);
    canvas.onpointermove = (event) => this.point(place, canvas, event);
    canvas.onpointerleave = () => this.note.say("");
    this.row.append(box);
    return { canvas, name, box };
  }

  point(place, canvas, event) {
    const { width, height, limit, names } = this.data;
    const box = canvas.getBoundingClientRect();
    const x = Math.min(width - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * width)));
    const y = Math.min(height - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * height)));
    const value = (this.values[(place * height + y) * width + x] * limit) / 127;
    const where = width * height === 1 ? "" : ` (${y + 1}, ${x + 1})`;
    this.note.say(`${names[place]}${where}: ${short(value)}`, event);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".tiles");
  if (!element || !data) return;
  if (!grids.has(element)) grids.set(element, new Grid(element));
  grids.get(element).show(data, (place) => setTriggerValue("picked", { place }));
}
