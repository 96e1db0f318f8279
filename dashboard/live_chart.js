// One Plotly chart that lives on while its figure changes. Streamlit calls the default function again for each new
// figure and whenever its theme changes; Plotly.js itself comes from the loader (see live_chart.py).

const charts = new WeakMap(); // element -> Chart
const byKey = (window.inklingParts ??= new Map()); // key -> Chart, for what feeds it from elsewhere

class Chart {
  constructor(element) {
    this.element = element;
    this.ranges = {}; // axis -> {token, range}: what a person zoomed to
    this.hidden = new Set(); // legend groups that a person switched off
    this.held = false; // a button is down: a redraw would end the drag
    this.pending = false;
    this.rested = 0; // when new data may be drawn again: a slow browser draws less often, and stays responsive
    this.width = 0;
    this.pointer = null; // where the mouse is over the plot, so that its label can be shown anew
    this.frame = ""; // what the lines look like that Plotly drew last, as text
    this.layout = {}; // and what is around them
    this.behind = false; // points were added that Plotly does not know of
    this.columns = []; // and the points, as text: nothing is drawn twice
    this.restyled = true; // the page may have other colours than at the last drawing
    this.listening = new AbortController();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(element);
    this.listen();
  }

  listen() {
    const { element } = this;
    const options = { signal: this.listening.signal };
    const release = () => {
      // Plotly ends a drag in handlers of its own; ours must come after them
      setTimeout(() => { this.held = false; if (this.waiting) this.request(); });
    };
    element.addEventListener("pointerdown", () => { this.held = true; }, options);
    window.addEventListener("pointerup", release, options);
    window.addEventListener("pointercancel", release, options);
    element.addEventListener("pointermove", (event) => { this.pointer = event; if (this.behind) this.anew(); }, options);
    element.addEventListener("pointerleave", () => { this.pointer = null; }, options);
    element.addEventListener("keydown", (event) => this.key(event), options);
    window.addEventListener("READY_EVENT", () => this.request(), options);
  }

  show(data) {
    this.data = data;
    this.waiting = true;
    const early = this.rested - performance.now();
    clearTimeout(this.timer);
    if (early > 0) this.timer = setTimeout(() => this.request(), early);
    else this.request();
  }

  // At most one drawing a frame, always of the newest figure; none while the tab is hidden.
  request() {
    if (this.pending || !this.data) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      if (window.Plotly && !this.held && this.element.isConnected) this.draw();
    });
  }

  draw() {
    const { element } = this;
    const { revision, height, label } = this.data;
    const start = performance.now();
    const { background, dark } = pageLook(element, this.restyled);
    this.restyled = false;
    const figure = this.inTheme(dark);
    this.waiting = false;
    element.style.height = `${height}px`;
    element.setAttribute("aria-label", label);
    const another = this.revision !== revision;
    if (another) this.hidden.clear();
    this.revision = revision;
    const layout = { ...figure.layout, height, autosize: true };
    layout.dragmode = element._fullLayout?.dragmode ?? (matchMedia("(pointer: coarse)").matches ? false : "zoom");
    // Labels inside the plot cover what is below them with the page's own colour, which Python does not know.
    if (background) layout.annotations = layout.annotations?.map((note) => ({ bgcolor: background, ...note }));
    for (const axis of ["xaxis", "yaxis"]) {
      const kept = this.ranges[axis];
      if (kept && kept.token !== this.token(axis)) delete this.ranges[axis];
      // No uirevision: we keep ranges ourselves. Plotly forgets them when the figure's own range changes.
      layout[axis] = { ...layout[axis], uirevision: undefined };
      if (this.ranges[axis]) Object.assign(layout[axis], { range: kept.range, autorange: false });
    }
    const traces = figure.data.map((trace) =>
      this.hidden.has(trace.legendgroup) ? { ...trace, visible: "legendonly" } : trace);
    const fresh = !element._fullLayout;
    const frame = JSON.stringify(traces.map(({ x, y, ...rest }) => rest));
    const columns = traces.flatMap(({ x, y }) => [inText(x), inText(y)]);
    const changes = !fresh && !another && frame === this.frame ? slight(this.layout, layout) : null;
    if (changes && !Object.keys(changes).length && same(columns, this.columns)) return;
    const given = layout.xaxis.range && layout.yaxis.range; // else Plotly itself has to find the ends of the axes
    const piecemeal = changes && given && !this.pointer;
    if (piecemeal) adjust(element, changes);
    if (piecemeal && extend(element, traces)) {
      this.behind = true;
    } else {
      window.Plotly.react(element, ...structuredClone([traces, layout]), this.config()); // it writes into both
      this.width = element.clientWidth;
      this.behind = false;
    }
    Object.assign(this, { frame, columns, layout });
    if (fresh) {
      element.on("plotly_relayout", (moved) => this.remember(moved));
      element.on("plotly_doubleclick", () => this.reset());
      element.on("plotly_legendclick", (event) => this.toggle(event.data[event.curveNumber].legendgroup));
      element.on("plotly_legenddoubleclick", () => false);
    }
    this.hoverAgain();
    const cost = performance.now() - start;
    this.rested = performance.now() + 5 * cost;
    const newest = Math.max(-1, ...traces.map(({ x }) => newestOf(x)));
    element.dispatchEvent(new CustomEvent("live-chart-drawn", { bubbles: true, detail: { cost, newest } }));
  }

  // The figure in the page's colours. Nearly always it has them already, which its font's colour tells.
  inTheme(dark) {
    const { figure } = this.data;
    const color = figure.layout.font?.color ?? "";
    return themed(color, dark) === color ? figure : JSON.parse(themed(JSON.stringify(figure), dark));
  }

  config() {
    const { Icons } = window.Plotly;
    const { words } = this.data; // of the buttons: English -> this tab's language
    const reset = { name: "reset", title: words["Show everything"], icon: Icons.home, click: () => this.reset() };
    return {
      displaylogo: false,
      doubleClick: false, // ours goes to what the newest figure shows; Plotly's to what the first one did
      modeBarButtons: [["zoom2d", "pan2d", reset, "toImage"]],
      toImageButtonOptions: { format: "png", scale: 2, filename: "inkling" },
      showTips: false,
      locale: "page",
      locales: { page: { dictionary: words } },
    };
  }

  // An axis that means something else now, such as seconds in place of steps, has lost its old range.
  token(axis) {
    return `${this.data.revision}|${this.data.figure.layout[axis]?.uirevision ?? ""}`;
  }

  remember(changes) {
    for (const axis of ["xaxis", "yaxis"]) {
      if (!Object.keys(changes).some((name) => name.startsWith(`${axis}.range`))) continue;
      const range = this.element._fullLayout[axis].range.slice();
      if (same(range, this.data.figure.layout[axis]?.range)) continue; // the figure's own, or ours for it
      this.ranges[axis] = { token: this.token(axis), range };
      if (this.behind) this.anew(); // it was zoomed with what Plotly knows
    }
  }

  // A group is hidden as a whole, also those of its lines that have no points yet.
  toggle(group) {
    if (!this.hidden.delete(group)) this.hidden.add(group);
    this.request();
    return false; // Plotly would hide it too
  }

  reset() {
    this.ranges = {};
    this.anew();
  }

  // All of it by Plotly: what it offers to a person knows only what it drew itself.
  anew() {
    this.frame = "";
    this.behind = false;
    this.request();
  }

  resize() {
    if (!this.element._fullLayout || this.held || this.element.clientWidth === this.width) return;
    this.width = this.element.clientWidth;
    if (!this.width) return;
    window.Plotly.Plots.resize(this.element);
    if (this.behind) this.anew();
  }

  // Plotly takes the label away with every redraw, and brings it back when the mouse moves. It need not move here.
  hoverAgain() {
    if (!this.pointer || !this.element._fullLayout?._plots?.xy) return;
    const { left, top } = this.element.getBoundingClientRect();
    const { l, t, w, h } = this.element._fullLayout._size;
    const xpx = this.pointer.clientX - left - l;
    const ypx = this.pointer.clientY - top - t;
    if (xpx >= 0 && ypx >= 0 && xpx <= w && ypx <= h) window.Plotly.Fx.hover(this.element, { xpx, ypx }, "xy");
  }

  // Arrows move, + and - zoom, 0 shows everything.
  key(event) {
    const axis = this.element._fullLayout?.xaxis;
    if (!axis || axis.fixedrange || event.ctrlKey || event.metaKey || event.altKey) return;
    const [low, high] = axis.range;
    const width = high - low;
    const moves = {
      "+": [low + width / 4, high - width / 4], "=": [low + width / 4, high - width / 4],
      "-": [low - width / 2, high + width / 2],
      ArrowLeft: [low - width / 5, high - width / 5], ArrowRight: [low + width / 5, high + width / 5],
    };
    if (event.key === "0" || event.key === "Home") this.reset();
    else if (moves[event.key]) window.Plotly.relayout(this.element, { "xaxis.range": moves[event.key] });
    else return;
    event.preventDefault();
  }

  remove() {
    clearTimeout(this.timer);
    this.listening.abort();
    this.observer.disconnect();
    if (window.Plotly && this.element._fullLayout) window.Plotly.purge(this.element);
    charts.delete(this.element);
    if (byKey.get(this.key) === this) byKey.delete(this.key);
  }
}

export default function ({ data, parentElement }) {
  const element = parentElement.querySelector(".live-chart");
  if (!element || !data) return undefined;
  if (!charts.has(element)) charts.set(element, new Chart(element));
  const chart = charts.get(element);
  chart.key = data.key;
  chart.restyled = true;
  byKey.set(data.key, chart);
  chart.show(data);
  return () => {
    // Streamlit also calls this for a call that a newer one has overtaken; the chart is still in use then.
    if (!element.isConnected) charts.get(element)?.remove();
  };
}
