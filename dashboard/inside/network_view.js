// The network: a column for each layer, a cell for each of its units, coloured by its answer. Called again with each new
// state; the columns stay, only what is on them is painted anew. Text is set as text, never as HTML.

const TALL = 340, WIDE_MAPS = 84, WIDE_UNITS = 62;
const SIDES_MAPS = [40, 36, 28, 22, 18, 14, 11, 8], SIDES_UNITS = [18, 14, 11, 9, 7, 5, 4, 3, 2, 1];
const views = new WeakMap();

// The largest cells of which all find room in a column that is not too wide.
function arranged(count, sides, wide, tall) {
  for (const side of sides) {
    const gap = side >= 9 ? 2 : side >= 4 ? 1 : 0;
    const rows = Math.max(1, Math.floor((tall + gap) / (side + gap)));
    const columns = Math.ceil(count / rows);
    if (columns * (side + gap) - gap <= wide || side === sides[sides.length - 1]) {
      return { side, gap, columns, rows: Math.ceil(count / columns) };
    }
  }
  return null;
}

class View {
  constructor(element) {
    this.element = element;
    this.row = make("div", { className: "nv-row" });
    this.lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.lines.classList.add("nv-lines");
    this.scroll = make("div", { className: "nv-scroll", tabIndex: 0 }, make("div", { className: "nv-inside" },
      this.row, this.lines));
    element.append(this.scroll);
    this.note = new Note(element);
    this.columns = [];
    this.resized = new ResizeObserver(() => this.connect());
    this.resized.observe(this.row);
  }

  show(data, send) {
    this.data = data;
    this.send = send;
    const shape = JSON.stringify(data.columns.map(({ values, limit, ...rest }) => rest));
    if (shape !== this.shape) this.build();
    this.shape = shape;
    const tone = getComputedStyle(this.element).color;
    if (tone !== this.tone) this.columns.forEach((made) => { made.painted = null; });  // the theme was switched
    this.tone = tone;
    data.columns.forEach((column, place) => this.paint(this.columns[place], column));
    this.connect();
  }

  build() {
    this.columns = this.data.columns.map((column, place) => {
      const form = column.form === "image" ? { side: 84, gap: 0, columns: 1, rows: 1 }
        : column.form === "shares" ? { side: Math.max(7, Math.min(22, Math.floor(TALL / column.count) - 2)), gap: 2,
          columns: 1, rows: column.count }
        : column.form === "maps" ? arranged(column.count, SIDES_MAPS, WIDE_MAPS, TALL)
        : arranged(column.count, SIDES_UNITS, WIDE_UNITS, TALL);
      const canvas = make("canvas", { role: "img" });
      const mark = make("i", { className: "nv-mark", hidden: true });
      const words = [make("b", { textContent: column.title }), make("span", { textContent: column.shape }),
        make("span", { textContent: column.parameters || "\u00a0" })];
      const head = make(column.layer < 0 ? "div" : "button",
        { className: "nv-head", title: column.layer < 0 ? "" : column.hint }, ...words);
      const cells = make("div", { className: "nv-cells" }, canvas, mark);
      const box = make("div", { className: `nv-column nv-${column.kind}` }, head, make("div",
        { className: "nv-stand" }, cells));
      const made = { form, canvas, mark, box, head, cells, place };
      if (column.layer >= 0) {
        head.onclick = () => this.send({ layer: column.layer, unit: -1 });
        canvas.onclick = (event) => {
          const unit = this.unitAt(made, event);
          if (unit >= 0) this.send({ layer: column.layer, unit });
        };
        canvas.style.cursor = "pointer";
      }
      canvas.onpointermove = (event) => this.point(made, event);
      canvas.onpointerleave = () => this.note.say("");
      return made;
    });
    this.row.replaceChildren(...this.columns.map((made) => made.box));
  }

  paint(made, column) {
    const { form, canvas } = made;
    const { side, gap, columns, rows } = form;
    this.markPicked(made, column);
    if (made.painted === column.values) return;
    made.painted = column.values;
    const values = bytesOf(column.values, column.form !== "image" && column.form !== "shares");
    made.values = values;
    if (column.form === "shares") { this.paintShares(made, column, values); return; }
    const context = prepared(canvas, columns * (side + gap) - gap, rows * (side + gap) - gap);
    const { width, height, count } = column;
    const down = side * Math.min(1, height / width), across = side * Math.min(1, width / height);
    const source = painted(values, width, column.form === "image");
    for (let unit = 0; unit < count; unit += 1) {
      const x = (unit % columns) * (side + gap), y = Math.floor(unit / columns) * (side + gap);
      if (side >= 7 && column.form !== "image") {
        context.fillStyle = "rgba(128,132,150,0.14)";
        context.fillRect(x, y, across, down);
      }
      context.drawImage(source, 0, unit * height, width, height, x, y, across, down);
    }
    canvas.ariaLabel = `${column.title}: ${column.shape}`;
  }

  markPicked(made, column) {
    const picked = this.data.picked;
    const here = picked && picked.layer === column.layer;
    made.box.classList.toggle("nv-picked", Boolean(here));
    made.mark.hidden = !here || picked.unit < 0 || picked.unit >= column.count;
    if (!made.mark.hidden) this.frame(made, picked.unit);
  }

  paintShares(made, column, values) {
    const { side, gap, rows } = made.form;
    const context = prepared(made.canvas, 84, rows * (side + gap) - gap);
    const style = getComputedStyle(this.element);
    const top = values.indexOf(Math.max(...values));
    context.font = `${Math.min(12, side)}px ${style.fontFamily}`;
    context.textBaseline = "middle";
    for (let unit = 0; unit < column.count; unit += 1) {
      const y = unit * (side + gap);
      context.globalAlpha = unit === top ? 1 : 0.6;
      context.fillStyle = style.color;
      context.fillText(String(unit), 0, y + side / 2 + 0.5);
      context.fillStyle = "rgba(128,132,150,0.16)";
      context.fillRect(18, y, 66, side);
      context.fillStyle = `rgb(${POSITIVE.join(",")})`;
      context.fillRect(18, y, (66 * values[unit]) / 255, side);
    }
    context.globalAlpha = 1;
  }

  frame(made, unit) {
    const { side, gap, columns } = made.form;
    const style = made.mark.style;
    style.left = `${(unit % columns) * (side + gap) - 2}px`;
    style.top = `${Math.floor(unit / columns) * (side + gap) - 2}px`;
    style.width = style.height = `${side}px`;
  }

  unitAt(made, event) {
    const { side, gap, columns } = made.form;
    const box = made.canvas.getBoundingClientRect();
    const across = Math.floor((event.clientX - box.left) / (side + gap));
    const down = Math.floor((event.clientY - box.top) / (side + gap));
    const unit = down * columns + Math.max(0, Math.min(across, columns - 1));
    return unit < this.data.columns[made.place].count ? unit : -1;
  }

  point(made, event) {
    const column = this.data.columns[made.place], unit = this.unitAt(made, event);
    if (column.form === "image" || unit < 0) { this.note.say(column.form === "image" ? column.title : "", event); return; }
    const area = column.width * column.height;
    const some = made.values.subarray(unit * area, (unit + 1) * area);
    if (column.form === "shares") {
      this.note.say(`${unit}: ${((100 * some[0]) / 255).toFixed(0)} %`, event);
      return;
    }
    const scale = column.limit / 127;
    const largest = Math.max(...some) * scale, least = Math.min(...some) * scale;
    const words = this.data.words;
    this.note.say(area === 1 ? `${words.unit} ${unit + 1}: ${short(some[0] * scale)}`
      : `${words.channel} ${unit + 1}: ${short(least)} – ${short(largest)}`, event);
  }

  // Lines from the units that speak for and against the picked one.
  connect() {
    this.lines.replaceChildren();
    const { picked } = this.data ?? {};
    if (!picked || picked.unit < 0 || !picked.edges) return;
    const to = this.columns.find((made) => this.data.columns[made.place].layer === picked.layer);
    const from = to && this.columns[to.place - 1];
    if (!from) return;
    const outer = this.row.getBoundingClientRect();
    this.lines.setAttribute("width", this.row.scrollWidth);
    this.lines.setAttribute("height", this.row.offsetHeight);
    const port = (made, unit, right) => {
      const { side, gap, columns } = made.form;
      const box = made.canvas.getBoundingClientRect();
      return [box.left - outer.left + (unit % columns) * (side + gap) + (right ? side : 0),
        box.top - outer.top + Math.floor(unit / columns) * (side + gap) + side / 2];
    };
    const [tx, ty] = port(to, picked.unit, false);
    for (const [unit, share] of picked.edges) {
      if (unit >= this.data.columns[from.place].count) continue;
      const [fx, fy] = port(from, unit, true);
      const middle = (tx - fx) / 2;
      const line = document.createElementNS(this.lines.namespaceURI, "path");
      line.setAttribute("d", `M${fx} ${fy}C${fx + middle} ${fy} ${tx - middle} ${ty} ${tx} ${ty}`);
      line.setAttribute("stroke", `rgb(${(share > 0 ? POSITIVE : NEGATIVE).join(",")})`);
      line.setAttribute("stroke-width", 0.8 + 3 * Math.abs(share));
      line.setAttribute("stroke-opacity", 0.35 + 0.6 * Math.abs(share));
      this.lines.append(line);
    }
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".network-view");
  if (!element || !data) return;
  if (!views.has(element)) views.set(element, new View(element));
  views.get(element).show(data, (value) => setTriggerValue("picked", value));
}
