// The confusion matrix. Streamlit calls the default function again with each new state; cells stay where they are, so
// that the one that is pointed at or in focus does. Text is set as text, never as HTML.

const grids = new WeakMap(); // element -> Grid
const LEAST_SCALE = 0.03; // share of a class that is mistaken at which a cell has its full colour, at least

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const percent = (share) => `${(100 * share).toFixed(share && share < 0.0995 ? 1 : 0)} %`;

class Grid {
  constructor(element) {
    this.element = element;
    this.focus = [0, 0]; // the cell that the Tab key reaches
  }

  show(data, report) {
    this.report = report;
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    if (data.counts.length !== this.size) this.build(data);
    this.fill(data);
  }

  build({ counts, texts }) {
    this.size = counts.length;
    const classes = counts.map((_, number) => number);
    this.rows = classes.map((number) => this.head(number, null));
    this.columns = classes.map((number) => this.head(null, number));
    this.cells = classes.map((row) => classes.map((column) => this.cell(row, column)));
    const top = make("tr", {}, make("td"), ...this.columns.map((button) => make("th", { scope: "col" }, button)));
    const body = classes.map((row) =>
      make("tr", {}, make("th", { scope: "row" }, this.rows[row]), ...this.cells[row].map((each) => make("td", {}, each))));
    const table = make("table", { ariaLabel: texts.grid }, make("thead", {}, top), make("tbody", {}, ...body));
    table.addEventListener("keydown", (event) => this.move(event));
    this.element.style.setProperty("--classes", this.size);
    this.element.replaceChildren(
      make("div", { className: "confusion-read", textContent: texts.read, ariaHidden: "true" }),
      make("div", { className: "confusion-true", textContent: texts.true, ariaHidden: "true" }),
      make("div", { className: "confusion-scroll" }, table));
  }

  head(row, column) {
    const onclick = () => this.report(this.isPicked(row, column) ? [null, null] : [row, column]);
    return make("button", { type: "button", className: "confusion-head", textContent: row ?? column, onclick });
  }

  cell(row, column) {
    const onclick = () => {
      this.setFocus(row, column);
      this.report(this.isPicked(row, column) ? [null, null] : [row, column]);
    };
    const kind = row === column ? "confusion-right" : "confusion-wrong";
    return make("button", { type: "button", className: kind, tabIndex: -1, onclick });
  }

  isPicked(row, column) {
    return this.picked[0] === row && this.picked[1] === column;
  }

  fill({ counts, shares, blank, picked, texts }) {
    this.picked = picked;
    const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
    const share = (row, column) => counts[row][column] / Math.max(totals[row], 1);
    let worst = LEAST_SCALE;
    for (const row of counts.keys())
      for (const column of counts.keys()) if (row !== column) worst = Math.max(worst, share(row, column));
    this.cells.forEach((cells, row) => cells.forEach((cell, column) => {
      const right = row === column;
      const count = counts[row][column];
      const hidden = right && blank;
      const strength = hidden ? 0 : right ? share(row, column) : Math.sqrt(share(row, column) / worst);
      const words = fill(right ? texts.right : texts.wrong, {
        true: row, read: column, count: count.toLocaleString("en"), total: totals[row].toLocaleString("en"),
        share: percent(share(row, column)),
      });
      cell.textContent = hidden || !count ? "" : shares ? percent(share(row, column)).replace(" %", "") : count;
      cell.style.setProperty("--strength", `${Math.round(58 * strength)}%`);
      cell.title = cell.ariaLabel = words;
      cell.ariaPressed = String(this.isPicked(row, column));
    }));
    const sum = (row, column) => counts.reduce((total, cells, r) => total + cells.reduce((all, count, c) =>
      all + (r !== c && (row === null || r === row) && (column === null || c === column) ? count : 0), 0), 0);
    for (const number of counts.keys()) {
      this.name(this.rows[number], fill(texts.row, { true: number, count: sum(number, null) }), [number, null]);
      this.name(this.columns[number], fill(texts.column, { read: number, count: sum(null, number) }), [null, number]);
    }
    this.setFocus(...this.focus.map((place) => Math.min(place, this.size - 1)));
  }

  name(button, words, place) {
    button.title = button.ariaLabel = words;
    button.ariaPressed = String(this.isPicked(...place));
  }

  setFocus(row, column) {
    const [before, beside] = this.focus;
    if (this.cells[before]?.[beside]) this.cells[before][beside].tabIndex = -1;
    this.focus = [row, column];
    this.cells[row][column].tabIndex = 0;
  }

  move(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step || event.target.classList.contains("confusion-head")) return;
    const [row, column] = this.focus.map((place, axis) => Math.max(0, Math.min(this.size - 1, place + step[axis])));
    this.setFocus(row, column);
    this.cells[row][column].focus();
    event.preventDefault();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".confusion");
  if (!element || !data) return;
  if (!grids.has(element)) grids.set(element, new Grid(element));
  grids.get(element).show(data, ([row, column]) => setTriggerValue("picked", { true: row, read: column }));
}
