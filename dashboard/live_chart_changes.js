// What changes in a chart while a run trains, done without having Plotly draw all anew: it takes twenty times as long.

// Draws points that came since into the lines and dots that Plotly made: most new figures differ in nothing else.
// Gives false, and changes nothing, where that cannot be done.
function extend(element, traces) {
  const { xaxis, yaxis } = element._fullLayout;
  const changes = [];
  for (const { uid, mode, visible, ...columns } of traces) {
    if (!uid || !mode) return false; // no line, such as a heat map
    if ((columns.fill ?? "none") !== "none" || (columns.line?.shape ?? "linear") !== "linear") return false;
    const [x, y] = [numbers(columns.x), numbers(columns.y)];
    const group = element.querySelector(`.scatterlayer .trace${CSS.escape(uid)}`);
    if (visible === "legendonly" || (!x.length && !group)) continue;
    const [lines, dots] = [".js-line", ".point"].map((name) => [...(group?.querySelectorAll(name) ?? [])]);
    if (!x.length || !y.every(Number.isFinite) || lines.length > 1 || dots.length > x.length) return false;
    if ((mode.includes("lines") && !lines.length) || (mode.includes("markers") && !dots.length)) return false;
    const places = Array.from(x, (value, at) =>
      `${xaxis.l2p(xaxis.d2l(value)).toFixed(1)},${yaxis.l2p(yaxis.d2l(y[at])).toFixed(1)}`);
    const path = places.join("L");
    if (path.includes("NaN")) return false; // no logarithm
    const [line] = mode.includes("lines") ? lines : [];
    changes.push({ path, line, places, dots: mode.includes("markers") ? dots : [] });
  }
  for (const { path, line, places, dots } of changes) {
    line?.setAttribute("d", `M${path}`);
    if (!dots.length) continue;
    while (dots.length < places.length) dots.push(dots[0].parentNode.appendChild(dots[0].cloneNode()));
    places.forEach((place, at) => dots[at].setAttribute("transform", `translate(${place})`));
  }
  return true;
}

// What of a layout can be changed without drawing all anew.
const MARK = /^(shapes|annotations)\[(\d+)\]\.(\w+)$/;
const AXIS = /^[xy]axis\.(range|title\.text)$/;

// {"shapes[0].x0": 782, ...}: what has changed, if all of it is slight; else null.
function slight(before, after, path = "") {
  if (JSON.stringify(before) === JSON.stringify(after)) return {};
  if (MARK.test(path) || AXIS.test(path)) return { [path]: after };
  const names = [before, after].map((each) => (each && typeof each === "object" ? Object.keys(each).sort() : null));
  if (!names[0] || !same(names[0], names[1])) return null;
  const found = {};
  for (const name of names[0]) {
    const inner = Array.isArray(after) ? `${path}[${name}]` : [path, name].filter(Boolean).join(".");
    const changes = slight(before[name], after[name], inner);
    if (!changes) return null;
    Object.assign(found, changes);
  }
  return found;
}

// Moves the ends of the axes and the marks of a chart as `slight` has found, in a quarter of the time of all.
function adjust(element, changes) {
  const told = {};
  for (const [path, value] of Object.entries(changes)) {
    const [, kind, index, name] = path.match(MARK) ?? [];
    if (!kind) {
      told[path] = structuredClone(value);
      continue;
    }
    // Plotly takes a mark that moves for one that may change the ends of the axes, and finds all of them anew; ours are
    // given. So the mark is changed in the layout that it keeps, and Plotly is told of its opacity, which is no reason
    // to do more than to draw this mark.
    const mark = element.layout[kind][index];
    mark[name] = value;
    told[`${kind}[${index}].opacity`] = mark.opacity ?? 1;
  }
  if (Object.keys(told).length) window.Plotly.relayout(element, told);
}

// Equal for lists of the same values.
function same(list, other) {
  return !!other && list.length === other.length && list.every((value, at) => value === other[at]);
}

// Equal for columns that have the same points.
function inText(column) {
  return column?.bdata ?? JSON.stringify(column ?? null);
}

// The last number of a column, found without unpacking the others; -1 where it has none.
function newestOf(column) {
  if (!column?.bdata) return numbers(column).at(-1) ?? -1;
  return new Float32Array(bytes(column.bdata.slice(-8)).slice(-4).buffer)[0];
}

// A column as Python packs it (charts/figure.py), or a plain list.
function numbers(column) {
  return column?.bdata ? new Float32Array(bytes(column.bdata).buffer) : column?.dtype ? [] : column ?? [];
}

function bytes(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) found[at] = text.charCodeAt(at);
  return found;
}
