// The table of runs. Streamlit calls the default function again with each new state of the runs; rows are known by
// their run's id, so what a person sorted, filtered, picked or points at stays. Text is set as text, never as HTML.

const tables = new WeakMap(); // element -> RunTable
const kept = { sort: "created", down: true, text: "", only: "" }; // survives a visit to another page

let words = {}; // English -> the page's language; empty for English
const t = (text) => words[text] ?? text;

const COLUMNS = [
  // name, title, what it is sorted by, the first click sorts down, class
  { key: "name", title: "Run", value: (row) => row.name.toLowerCase(), down: false },
  { key: "trail", title: "Accuracy", value: null },
  { key: "best", title: "Validation", value: (row) => row.best, down: true, hint: "Best validation accuracy, %" },
  { key: "test", title: "Test", value: (row) => row.test, down: true, hint: "Test accuracy at the end, %" },
  { key: "epoch", title: "Epochs", value: (row) => row.epoch, down: true },
  { key: "seconds", title: "Trained", value: (row) => row.seconds, down: true, hint: "Time spent training" },
  { key: "parameters", title: "Parameters", value: (row) => row.parameters, down: true },
  { key: "created", title: "Started", value: (row) => row.created, down: true },
  { key: "outcome", title: "State", value: (row) => row.outcome, down: false },
];
const FILTERS = [
  ["starred", "★ Starred", (row) => row.starred],
  ["going", "Going on", (row) => row.going],
  ["ended", "Ended", (row) => !row.going],
  ["race", "Races", (row) => row.kind === "race"],
  ["repeats", "Repeats", (row) => row.kind === "repeats"],
];

function make(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset ?? {});
  element.append(...children);
  return element;
}

const percent = (value) => (value === null ? "–" : `${value.toFixed(2)} %`);
const count = (value) => (value ? value.toLocaleString("en") : "–");

function duration(seconds) {
  const whole = Math.round(seconds);
  if (!whole) return "–";
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function day(seconds) {
  const then = new Date(seconds * 1000);
  const time = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (then.toDateString() === new Date().toDateString()) return time;
  return `${then.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

function drawing(box, path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function sparkline(values) {
  const low = Math.min(...values), span = Math.max(...values) - low || 1;
  const points = values.map((value, place) =>
    `${(2 + (68 * place) / (values.length - 1)).toFixed(1)} ${(18 - (16 * (value - low)) / span).toFixed(1)}`);
  return drawing("0 0 72 20", values.length < 2 ? "" : `M${points.join("L")}`);
}

class RunTable {
  constructor(element) {
    this.element = element;
    this.rows = new Map(); // id -> {tr, text, data, cells}
    this.picked = new Set();
    this.revision = null;
    this.reports = 0;
    this.build();
  }

  build() {
    this.search = make("input", {
      type: "search", placeholder: t("Filter by name, settings or note"), value: kept.text, className: "rt-search",
      ariaLabel: t("Filter runs"), oninput: () => { kept.text = this.search.value; this.arrange(true); },
    });
    this.chips = FILTERS.map(([key, title]) => make("button", {
      type: "button", textContent: t(title), className: "rt-chip", dataset: { key },
      onclick: () => { kept.only = kept.only === key ? "" : key; this.arrange(true); },
    }));
    this.told = make("span", { className: "rt-told" });
    this.none = make("button", {
      type: "button", textContent: t("Pick none"), className: "rt-chip",
      onclick: () => { this.picked.clear(); this.report(); },
    });
    this.all = make("input", { type: "checkbox", ariaLabel: t("Pick all that are shown"), onchange: () => this.pickAll() });
    this.heads = COLUMNS.map((column) => {
      const inner = column.value === null ? t(column.title) : make("button", {
        type: "button", textContent: t(column.title), title: t(column.hint ?? ""), onclick: () => this.sortBy(column),
      });
      return make("th", { scope: "col", className: `rt-${column.key}` }, inner);
    });
    const head = make("tr", {}, make("th", { className: "rt-pick" }, this.all),
      make("th", { className: "rt-star", ariaLabel: t("Star") }), ...this.heads,
      make("th", { className: "rt-open", ariaLabel: t("Open") }));
    this.body = make("tbody");
    this.empty = make("p", { className: "rt-empty", textContent: t("No run fits this filter.") });
    this.element.replaceChildren(
      make("div", { className: "rt-tools" }, this.search, ...this.chips, this.told, this.none),
      make("div", { className: "rt-scroll", tabIndex: 0 },
        make("table", {}, make("thead", {}, head), this.body), this.empty));
  }

  show(data, setStateValue, setTriggerValue) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    const ids = new Set(data.rows.map((row) => row.id));
    let moved = false;
    for (const [id, row] of this.rows) {
      if (!ids.has(id)) { row.tr.remove(); this.rows.delete(id); this.picked.delete(id); moved = true; }
    }
    const told = this.revision !== null && data.revision !== this.revision;
    if (data.revision !== this.revision) this.picked = new Set(data.picked);
    this.revision = data.revision;
    for (const row of data.rows) {
      const known = this.rows.get(row.id);
      const text = JSON.stringify(row);
      if (!known) { this.rows.set(row.id, this.makeRow(row)); moved = true; }
      else if (known.text !== text) this.fill(known, row);
      this.rows.get(row.id).text = text;
    }
    this.arrange(moved);
    if (told) this.reveal();
  }

  // Runs that the page has picked, such as those that were just started, are brought into sight.
  reveal() {
    const first = [...this.body.children].find((tr) => !tr.hidden && this.picked.has(tr.dataset.id));
    const box = this.body.closest(".rt-scroll");
    if (first) box.scrollTop = first.offsetTop - box.querySelector("thead").offsetHeight;
  }

  makeRow(row) {
    const box = make("input", { type: "checkbox" });
    const star = make("button", { type: "button", className: "rt-starring" });
    const open = make("button", { type: "button", className: "rt-opening" }, drawing("0 0 16 16", "M6 3h7v7M13 3L4 12"));
    const cells = COLUMNS.map((column) => make("td", { className: `rt-${column.key}` }));
    const tr = make("tr", {}, make("td", { className: "rt-pick" }, box), make("td", { className: "rt-star" }, star),
      ...cells, make("td", { className: "rt-open" }, open));
    const made = { tr, box, star, open, cells };
    tr.onclick = (event) => { if (!event.target.closest("button, input")) this.toggle(made.data.id, event.shiftKey); };
    box.onclick = (event) => this.toggle(made.data.id, event.shiftKey);
    star.onclick = () => {
      this.act(made.data.starred ? "unstar" : "star", made.data.id);
      this.fill(made, { ...made.data, starred: !made.data.starred }); // at once; the page says it again
    };
    open.onclick = () => this.act("open", made.data.id);
    this.fill(made, row);
    return made;
  }

  fill(made, row) {
    made.data = row;
    const { tr, box, star, open, cells } = made;
    tr.dataset.id = row.id;
    box.ariaLabel = t("Pick #name").replace("#name", row.name);
    star.textContent = row.starred ? "★" : "☆";
    star.ariaPressed = String(row.starred);
    const starring = t(row.starred ? "Take the star off #name" : "Star #name");
    star.ariaLabel = star.title = starring.replace("#name", row.name);
    open.ariaLabel = open.title = t("Open #name on the Train page").replace("#name", row.name);
    const [name, trail, best, test, epoch, seconds, parameters, created, outcome] = cells;
    const title = make("b", { textContent: row.name });
    if (row.line) {
      const line = make("i", { className: "rt-line" });
      line.style.borderTop = `3px ${row.line.dash} ${row.line.color}`;
      title.prepend(line);
    }
    const tag = row.kind ? make("button", {
      type: "button", className: "rt-tag", textContent: t(row.kind), title: t("Pick the whole group"),
      onclick: () => this.act("group", row.id),
    }) : "";
    const words = make("small", { textContent: row.words });
    const note = row.note ? make("small", { className: "rt-note", textContent: `“${row.note}”` }) : "";
    const parent = row.parent ? make("small", { textContent: t("goes on from #parent").replace("#parent", row.parent) }) : "";
    name.replaceChildren(make("span", {}, title, " ", tag), words, note, parent);
    name.title = [row.id, row.words, row.note].filter(Boolean).join("\n");
    trail.replaceChildren(sparkline(row.trail));
    if (row.line) trail.style.color = row.line.color; else trail.style.color = "";
    best.textContent = percent(row.best);
    test.textContent = percent(row.test);
    const partly = row.epoch && row.epoch < row.epochs;
    epoch.textContent = row.epoch ? `${Number(row.epoch.toFixed(1))}${partly ? ` ${t("of")} ${row.epochs}` : ""}` : "–";
    seconds.textContent = duration(row.seconds);
    parameters.textContent = count(row.parameters);
    created.textContent = day(row.created);
    outcome.replaceChildren(make("i", { className: `rt-dot rt-is-${row.state} rt-was-${row.outcome}` }), t(row.outcome));
  }

  toggle(id, range) {
    const shown = [...this.body.children].filter((tr) => !tr.hidden).map((tr) => tr.dataset.id);
    const on = !this.picked.has(id);
    const from = range && this.last ? shown.indexOf(this.last) : -1;
    const to = shown.indexOf(id);
    const all = from < 0 ? [id] : shown.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const each of all) if (on) this.picked.add(each); else this.picked.delete(each);
    this.last = id;
    this.report();
  }

  pickAll() {
    for (const tr of this.body.children) {
      if (tr.hidden) continue;
      if (this.all.checked) this.picked.add(tr.dataset.id); else this.picked.delete(tr.dataset.id);
    }
    this.report();
  }

  report() {
    this.reports += 1; // the same runs picked again are a new wish
    this.setStateValue("picked", { ids: [...this.picked], count: this.reports });
    this.mark();
  }

  act(kind, id) { this.setTriggerValue("act", { kind, id }); }

  sortBy(column) {
    kept.down = kept.sort === column.key ? !kept.down : column.down;
    kept.sort = column.key;
    this.arrange(true);
  }

  fits(row) {
    const filter = FILTERS.find(([key]) => key === kept.only);
    if (filter && !filter[2](row)) return false;
    const text = `${row.name} ${row.id} ${row.words} ${row.note} ${row.outcome}`.toLowerCase();
    return kept.text.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }

  // Rows that move under the pointer are a nuisance: while it is over them they stay, unless a person sorts.
  arrange(now) {
    const column = COLUMNS.find(({ key }) => key === kept.sort) ?? COLUMNS[7];
    if (now || !this.body.matches(":hover")) {
      const compare = (a, b) => {
        const [x, y] = [column.value(a.data), column.value(b.data)];
        if (x === y) return b.data.created - a.data.created || (a.data.id < b.data.id ? 1 : -1);
        if (x === null) return 1; // what is unknown comes last either way
        if (y === null) return -1;
        return (x < y ? -1 : 1) * (kept.down ? -1 : 1);
      };
      const wanted = [...this.rows.values()].sort(compare).map(({ tr }) => tr);
      wanted.forEach((tr, place) => {
        if (this.body.children[place] !== tr) this.body.insertBefore(tr, this.body.children[place] ?? null);
      });
    }
    for (const { tr, data } of this.rows.values()) tr.hidden = !this.fits(data);
    this.heads.forEach((th, place) => {
      const sorted = COLUMNS[place].key === kept.sort;
      th.ariaSort = sorted ? (kept.down ? "descending" : "ascending") : null;
    });
    this.chips.forEach((chip) => { chip.ariaPressed = String(chip.dataset.key === kept.only); });
    this.mark();
  }

  mark() {
    let shown = 0, on = 0;
    for (const [id, { tr, box }] of this.rows) {
      const picked = this.picked.has(id);
      box.checked = picked;
      tr.classList.toggle("rt-picked", picked);
      if (!tr.hidden) { shown += 1; on += picked; }
    }
    this.all.checked = shown > 0 && on === shown;
    this.all.indeterminate = on > 0 && on < shown;
    this.empty.hidden = shown > 0;
    const total = this.rows.size;
    const all = t(total === 1 ? "1 run" : "#total runs");
    const runs = (shown === total ? all : t("#shown of #total runs")).replace("#shown", shown).replace("#total", total);
    this.told.textContent = this.picked.size ? t("#runs, #count picked").replace("#runs", runs).replace("#count", this.picked.size) : runs;
    this.none.hidden = !this.picked.size;
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const element = parentElement.querySelector(".run-table");
  const told = JSON.parse(new TextDecoder().decode(data));
  words = told.words;
  const language = JSON.stringify(words);
  if (tables.get(element)?.language !== language) {
    tables.set(element, new RunTable(element));
    tables.get(element).language = language;
  }
  tables.get(element).show(told, setStateValue, setTriggerValue);
}
