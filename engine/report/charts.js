// Curves that can be read: a pointer names all values, dragging zooms in, a double click shows all again.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 720, HEIGHT = 300, LEFT = 58, RIGHT = 12, TOP = 12, BOTTOM = 34;
const ACROSS = { step: say("step"), epoch: say("epoch"), seconds: say("seconds of training") };

function make(parent, kind, values = {}, text = "") {
  const element = parent.namespaceURI === SVG || kind === "svg" ? document.createElementNS(SVG, kind) : document.createElement(kind);
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  parent.appendChild(element);
  return element;
}

function ticks(low, high, most) {
  const rough = (high - low) / most || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) found.push(+at.toPrecision(12));
  return found;
}

function powers(low, high) {
  const found = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const m of high - low < 3 ? [1, 2, 5] : [1]) found.push(+(m * 10 ** power).toPrecision(3));
  }
  return found.filter((value) => Math.log10(value) >= low && Math.log10(value) <= high);
}

function said(value, chart) {
  if (value === null || value === undefined) return "–";
  if (chart.percent) return `${+(100 * value).toFixed(2)} %`;
  const size = Math.abs(value);
  return size && (size < 1e-4 || size >= 1e5) ? value.toExponential(2) : String(+value.toPrecision(4));
}

function draw(figure, chart, state) {
  figure.querySelector("svg")?.remove();
  const lines = chart.lines.filter((line) => !state.hidden.has(line.name));
  const known = (line) => line.y.map((y, i) => [line[state.across][i], y]).filter(([x, y]) => x !== null && y !== null && (!state.log || y > 0));
  const points = lines.map(known);
  const xs = points.flat().map(([x]) => x);
  const [x0, x1] = state.zoom ?? [Math.min(0, ...xs), Math.max(...xs, 1e-9)];
  const seen = points.flat().filter(([x]) => x >= x0 && x <= x1).map(([, y]) => y);
  const flat = state.log ? Math.log10 : (y) => y;
  let y0 = Math.min(...seen.map(flat)), y1 = Math.max(...seen.map(flat));
  if (!seen.length) [y0, y1] = [0, 1];
  const room = (y1 - y0) * 0.04 || Math.abs(y1) * 0.1 || 0.5;
  [y0, y1] = [y0 - room, chart.percent ? Math.min(y1 + room, 1.001) : y1 + room];
  const X = (x) => LEFT + ((x - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT);
  const Y = (y) => HEIGHT - BOTTOM - ((flat(y) - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM);
  const svg = make(figure, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": figure.dataset.words, tabindex: 0 });
  figure.insertBefore(svg, figure.querySelector(".below"));
  for (const value of state.log ? powers(y0, y1) : ticks(y0, y1, 5)) {
    const y = Y(value);
    make(svg, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, class: "grid" });
    make(svg, "text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, said(value, chart));
  }
  for (const value of ticks(x0, x1, 7)) {
    make(svg, "text", { x: X(value), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, value.toLocaleString("en"));
  }
  make(svg, "text", { x: WIDTH - RIGHT, y: HEIGHT - 3, "text-anchor": "end" }, ACROSS[state.across]);
  const clip = `clip-${figure.id}`;
  make(make(svg, "clipPath", { id: clip }), "rect", { x: LEFT, y: TOP - 6, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM + 6 });
  const inside = make(svg, "g", { "clip-path": `url(#${clip})` });
  for (const mark of chart.marks) {
    if (mark[state.across] === undefined) continue;
    const x = X(mark[state.across]);
    make(inside, "line", { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM, class: "mark" });
    make(inside, "text", { x: x + 3, y: TOP + 8, class: "mark" }, mark.text);
  }
  lines.forEach((line, number) => {
    let path = "", open = false;
    line.y.forEach((y, i) => {
      const x = line[state.across][i];
      const there = y !== null && x !== null && (!state.log || y > 0);
      if (there) path += `${open ? "L" : "M"}${X(x).toFixed(1)},${Y(y).toFixed(1)}`;
      open = there;
    });
    make(inside, "path", { d: path, class: `line tone-${line.tone}${line.faint ? " faint" : ""}${line.dashed ? " dashed" : ""}` });
    if (line.dots && points[number].length < 80) {
      for (const [x, y] of points[number]) make(inside, "circle", { cx: X(x), cy: Y(y), r: 2.6, class: `dot tone-${line.tone}` });
    }
  });
  const hair = make(svg, "line", { y1: TOP, y2: HEIGHT - BOTTOM, class: "hair" });
  const frame = make(svg, "rect", { y: TOP, height: HEIGHT - TOP - BOTTOM, class: "frame" });
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    return Math.min(Math.max(x0 + ((x - LEFT) / (WIDTH - LEFT - RIGHT)) * (x1 - x0), x0), x1);
  };
  let from = null;
  svg.onpointerdown = (event) => { from = at(event); svg.setPointerCapture(event.pointerId); };
  svg.onpointermove = (event) => {
    const x = at(event);
    hair.setAttribute("x1", X(x)); hair.setAttribute("x2", X(x)); hair.classList.add("shown");
    if (from !== null) {
      frame.setAttribute("x", X(Math.min(x, from))); frame.setAttribute("width", Math.abs(X(x) - X(from))); frame.classList.add("shown");
    }
    const near = lines.map((line, i) => {
      const best = points[i].reduce((a, b) => (a && Math.abs(a[0] - x) <= Math.abs(b[0] - x) ? a : b), null);
      return best ? `${line.name} ${said(best[1], chart)}` : "";
    });
    figure.querySelector(".reading").textContent = `${ACROSS[state.across]} ${(state.across === "step" ? Math.round(x) : +x.toPrecision(4)).toLocaleString("en")}: ${near.filter(Boolean).join(" · ")}`;
  };
  svg.onpointerup = (event) => {
    const to = at(event);
    if (from !== null && Math.abs(X(to) - X(from)) > 8) { state.zoom = [Math.min(from, to), Math.max(from, to)]; draw(figure, chart, state); }
    else frame.classList.remove("shown");
    from = null;
  };
  svg.onpointerleave = () => { hair.classList.remove("shown"); figure.querySelector(".reading").textContent = ""; };
  svg.ondblclick = () => { state.zoom = null; draw(figure, chart, state); };
}

function controls(figure, chart, state) {
  const legend = figure.querySelector(".legend");
  for (const line of chart.lines) {
    const button = make(legend, "button", { type: "button", "aria-pressed": "true" });
    make(button, "i", { class: `swatch tone-${line.tone}${line.faint ? " faint" : ""}${line.dashed ? " dashed" : ""}` });
    button.append(line.name);
    button.onclick = () => {
      state.hidden.has(line.name) ? state.hidden.delete(line.name) : state.hidden.add(line.name);
      button.setAttribute("aria-pressed", String(!state.hidden.has(line.name)));
      draw(figure, chart, state);
    };
  }
  const choose = make(legend, "select", { "aria-label": say("along") });
  for (const [name, words] of Object.entries(ACROSS)) make(choose, "option", { value: name }, words);
  choose.onchange = () => { state.across = choose.value; state.zoom = null; draw(figure, chart, state); };
  if (!chart.percent) {
    const log = make(legend, "button", { type: "button", "aria-pressed": String(state.log), class: "log" }, say("log"));
    log.onclick = () => { state.log = !state.log; log.setAttribute("aria-pressed", String(state.log)); draw(figure, chart, state); };
  }
}

JSON.parse(document.getElementById("charts").textContent).forEach((chart, number) => {
  const figure = document.getElementById(`chart-${number}`);
  const state = { hidden: new Set(), across: "step", zoom: null, log: Boolean(chart.log) };
  controls(figure, chart, state);
  draw(figure, chart, state);
});
