// Images as points: each is its own ink in the colour of its class. Drag moves, + and - and a pinch zoom, a pointer
// over an image enlarges it. What Python sends moves the points; the view stays where the person put it.

const maps = new WeakMap(); // element -> SpaceMap
const SHEETS = "inklingSheets"; // images of a sample, which space_sheet.js keeps: sent once, not with each picture
const MOVE = 450; // milliseconds from one picture to the next
const MARGIN = 26;

function bytes(text) {
  const raw = atob(text);
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

class SpaceMap {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.paper = this.canvas.getContext("2d");
    this.card = root.querySelector(".space-card");
    this.legend = root.querySelector(".space-legend");
    this.zoom = 1;
    this.center = [0, 0];
    this.only = null; // a class, or "errors"
    this.pointers = new Map();
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    window.addEventListener(SHEETS, () => this.draw());
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      if (this.zoom > 1 || this.pointers.size > 1) canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
      canvas.addEventListener(name, (event) => {
        this.pointers.delete(event.pointerId);
        if (name !== "pointerup") this.hover(null);
      });
    }
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas && this.root.getRootNode().activeElement !== canvas && !event.ctrlKey) return;
      event.preventDefault();
      this.zoomAt(event.offsetX, event.offsetY, Math.exp(-event.deltaY / 400));
    }, { passive: false });
    canvas.addEventListener("dblclick", () => this.everything());
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.root.querySelector(".space-in").addEventListener("click", () => this.zoomAt(null, null, 1.6));
    this.root.querySelector(".space-out").addEventListener("click", () => this.zoomAt(null, null, 1 / 1.6));
    this.root.querySelector(".space-all").addEventListener("click", () => this.everything());
  }

  show(data) {
    const { texts } = data;
    this.data = data;
    const values = new Float32Array(bytes(data.places).buffer);
    const before = this.now ?? values;
    this.labels = bytes(data.labels);
    this.answers = bytes(data.answers);
    this.sure = bytes(data.sure);
    const same = before.length === values.length;
    const still = !same || matchMedia("(prefers-reduced-motion: reduce)").matches || this.picture === data.picture;
    const moved = this.picture !== data.picture;
    this.picture = data.picture;
    if (moved) this.begin([still ? values : before, this.extent ?? data.extent], [values, data.extent], still);
    for (const [name, text] of [["in", texts.in], ["out", texts.out], ["all", texts.all]]) {
      const button = this.root.querySelector(`.space-${name}`);
      button.title = text;
      button.setAttribute("aria-label", text);
    }
    this.canvas.setAttribute("aria-label", data.words);
    this.chips();
    this.draw();
  }

  begin(from, to, still) {
    cancelAnimationFrame(this.frame);
    const start = performance.now();
    const step = () => {
      const share = still ? 1 : Math.min((performance.now() - start) / MOVE, 1);
      const eased = share * share * (3 - 2 * share);
      const between = (a, b) => (share === 1 ? b : b.map((value, at) => a[at] + (value - a[at]) * eased));
      [this.now, this.extent] = [between(from[0], to[0]), between(from[1], to[1])];
      this.draw();
      if (share < 1) this.frame = requestAnimationFrame(step);
    };
    step();
  }

  chips() {
    const { colors, texts } = this.data;
    const wrong = this.answers.reduce((sum, answer, at) => sum + (answer !== this.labels[at]), 0);
    const wanted = JSON.stringify([colors, texts.errors, wrong, this.only]);
    if (wanted === this.chipped) return;
    this.chipped = wanted;
    this.legend.replaceChildren();
    const present = new Set(this.labels);
    const add = (what, text, color) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = text;
      chip.style.setProperty("--chip", color);
      chip.setAttribute("aria-pressed", this.only === what);
      chip.addEventListener("click", () => {
        this.only = this.only === what ? null : what;
        this.chips();
        this.draw();
      });
      this.legend.append(chip);
    };
    colors.forEach((color, label) => present.has(label) && add(label, String(label), color));
    add("errors", texts.errors.replace("#", wrong), "currentColor");
  }

  // The sample's images in the colours of their classes; null while they are on their way.
  sheet() {
    const entry = window[SHEETS]?.get(this.data.sheet);
    if (!entry) return null;
    entry.tinted ??= this.tint(entry.image, entry, this.data.colors);
    return entry;
  }

  // The ink in the colour of its class; paper lets the page through.
  tint(image, entry, colors) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    paper.drawImage(image, 0, 0);
    const pixels = paper.getImageData(0, 0, image.width, image.height);
    const rgb = colors.map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)));
    const [width, height] = entry.side;
    for (let y = 0; y < image.height; y += 1) {
      for (let x = 0; x < image.width; x += 1) {
        const number = Math.floor(y / height) * entry.columns + Math.floor(x / width);
        const color = rgb[this.labels[number]] ?? [128, 128, 128];
        const at = 4 * (y * image.width + x);
        pixels.data[at + 3] = pixels.data[at];
        [pixels.data[at], pixels.data[at + 1], pixels.data[at + 2]] = color;
      }
    }
    paper.putImageData(pixels, 0, 0);
    return canvas;
  }

  // Pixels of one unit, the same along both axes: distances are what they are.
  scale() {
    const { clientWidth, clientHeight } = this.canvas;
    const [across, down] = this.extent;
    return Math.min((clientWidth / 2 - MARGIN) / across, (clientHeight / 2 - MARGIN) / down) * this.zoom;
  }

  screen(x, y) {
    const scale = this.scale();
    return [
      this.canvas.clientWidth / 2 + (x - this.center[0]) * scale,
      this.canvas.clientHeight / 2 - (y - this.center[1]) * scale,
    ];
  }

  size() {
    const base = Math.min(this.canvas.clientWidth, this.canvas.clientHeight) / 32;
    return Math.max(9, Math.min(base * this.zoom ** 0.65, 84));
  }

  draw() {
    if (!this.data || !this.now) return;
    const { canvas, paper } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    paper.setTransform(ratio, 0, 0, ratio, 0, 0);
    paper.clearRect(0, 0, width, height);
    const entry = this.sheet();
    const side = this.size();
    const ink = getComputedStyle(canvas).color;
    const late = [];
    for (let at = 0; at < this.labels.length; at += 1) {
      if (this.answers[at] !== this.labels[at]) late.push(at);
      else this.point(entry, at, side, ink, false);
    }
    late.forEach((at) => this.point(entry, at, side, ink, true));
    this.data.own.forEach((own, at) => this.own(own, at, side, ink));
    canvas.style.touchAction = this.zoom > 1 ? "none" : "pan-y";
    canvas.dataset.points = this.labels.length;
    canvas.dataset.drawn = entry ? 1 : 0;
  }

  point(entry, at, side, ink, wrong) {
    const [x, y] = this.screen(this.now[2 * at], this.now[2 * at + 1]);
    const { paper, canvas, only } = this;
    if (x < -side || y < -side || x > canvas.clientWidth + side || y > canvas.clientHeight + side) return;
    const chosen = only === null || only === this.labels[at] || (only === "errors" && wrong);
    paper.globalAlpha = chosen ? 0.92 : 0.1;
    if (entry) {
      const [w, h] = entry.side;
      const [column, row] = [at % entry.columns, Math.floor(at / entry.columns)];
      const tall = (side * h) / w;
      paper.drawImage(entry.tinted, column * w, row * h, w, h, x - side / 2, y - tall / 2, side, tall);
    }
    if (wrong && chosen) {
      paper.globalAlpha = only === "errors" ? 1 : 0.65;
      paper.strokeStyle = ink;
      paper.lineWidth = side < 14 ? 0.9 : 1.3;
      paper.beginPath();
      paper.arc(x, y, side * 0.58, 0, 2 * Math.PI);
      paper.stroke();
    }
    paper.globalAlpha = 1;
  }

  own(own, at, side, ink) {
    const { paper } = this;
    this.pictures ??= new Map();
    if (!this.pictures.has(own.image)) {
      if (this.pictures.size > 40) this.pictures.clear();
      const image = new Image();
      image.onload = () => this.draw();
      image.src = own.image;
      this.pictures.set(own.image, image);
    }
    const image = this.pictures.get(own.image);
    const [x, y] = this.screen(own.x, own.y);
    const wide = Math.max(side * 1.35, 26);
    paper.fillStyle = "#000";
    paper.strokeStyle = ink;
    paper.lineWidth = 2.5;
    paper.beginPath();
    paper.roundRect(x - wide / 2, y - wide / 2, wide, wide, 4);
    paper.fill();
    if (image.complete && image.naturalWidth) {
      paper.imageSmoothingEnabled = false;
      paper.drawImage(image, x - wide / 2, y - wide / 2, wide, wide);
      paper.imageSmoothingEnabled = true;
    }
    paper.stroke();
  }

  moved(event) {
    const before = this.pointers.get(event.pointerId);
    const here = [event.offsetX, event.offsetY];
    if (!before) {
      this.hover(here);
      return;
    }
    if (this.pointers.size === 2) this.pinch(event.pointerId, here);
    else if (this.zoom > 1) this.pan(here[0] - before[0], here[1] - before[1]);
    this.pointers.set(event.pointerId, here);
  }

  pinch(id, here) {
    const other = [...this.pointers].find(([each]) => each !== id)[1];
    const was = this.pointers.get(id);
    const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
    this.zoomAt((here[0] + other[0]) / 2, (here[1] + other[1]) / 2, far(here, other) / far(was, other));
  }

  pan(dx, dy) {
    const scale = this.scale();
    this.center = [this.center[0] - dx / scale, this.center[1] + dy / scale];
    this.draw();
  }

  // What lies under the pointer stays there.
  zoomAt(x, y, by) {
    const ox = (x ?? this.canvas.clientWidth / 2) - this.canvas.clientWidth / 2;
    const oy = (y ?? this.canvas.clientHeight / 2) - this.canvas.clientHeight / 2;
    const before = this.scale();
    const under = [this.center[0] + ox / before, this.center[1] - oy / before];
    this.zoom = Math.max(1, Math.min(this.zoom * by, 40));
    const after = this.scale();
    this.center = this.zoom === 1 ? [0, 0] : [under[0] - ox / after, under[1] + oy / after];
    this.draw();
  }

  everything() {
    [this.zoom, this.center] = [1, [0, 0]];
    this.draw();
  }

  key(event) {
    const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    if (event.key === "+" || event.key === "=") this.zoomAt(null, null, 1.4);
    else if (event.key === "-") this.zoomAt(null, null, 1 / 1.4);
    else if (event.key === "0" || event.key === "Home") this.everything();
    else if (moves[event.key] && this.zoom > 1) this.pan(...moves[event.key]);
    else return;
    event.preventDefault();
  }

  // The nearest image under the pointer, enlarged, with what it is and what it is read as.
  hover(here) {
    const { card, data } = this;
    const found = here && this.now ? this.nearest(here) : null;
    if (!found) {
      card.hidden = true;
      return;
    }
    const [picture, words] = card.children;
    const paper = picture.getContext("2d");
    paper.imageSmoothingEnabled = false;
    paper.clearRect(0, 0, picture.width, picture.height);
    if (found.own) {
      paper.drawImage(this.pictures.get(found.own.image), 0, 0, picture.width, picture.height);
      words.textContent = found.own.words;
    } else {
      const entry = this.sheet();
      const { at } = found;
      if (entry) {
        const [w, h] = entry.side;
        const [column, row] = [at % entry.columns, Math.floor(at / entry.columns)];
        paper.drawImage(entry.tinted, column * w, row * h, w, h, 0, 0, picture.width, picture.height);
      }
      const right = this.labels[at] === this.answers[at];
      words.textContent = (right ? data.texts.right : data.texts.wrong)
        .replace("#label", this.labels[at]).replace("#answer", this.answers[at]).replace("#sure", this.sure[at]);
    }
    card.hidden = false;
    const left = here[0] + 16 + card.offsetWidth > this.canvas.clientWidth ? here[0] - card.offsetWidth - 12 : here[0] + 16;
    card.style.left = `${Math.max(left, 0)}px`;
    card.style.top = `${Math.max(Math.min(here[1] - 40, this.canvas.clientHeight - card.offsetHeight), 0)}px`;
  }

  nearest(here) {
    let [best, closest] = [null, Math.max(this.size() * 0.7, 10)];
    const take = (x, y, what) => {
      const [sx, sy] = this.screen(x, y);
      const far = Math.hypot(sx - here[0], sy - here[1]);
      if (far < closest) [best, closest] = [what, far];
    };
    for (let at = 0; at < this.labels.length; at += 1) {
      const wrong = this.answers[at] !== this.labels[at];
      if (this.only !== null && this.only !== this.labels[at] && !(this.only === "errors" && wrong)) continue;
      take(this.now[2 * at], this.now[2 * at + 1], { at });
    }
    this.data.own.forEach((own) => take(own.x, own.y, { own }));
    return best;
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".space-map");
  if (!root || !data) return;
  if (!maps.has(root)) maps.set(root, new SpaceMap(root));
  maps.get(root).show(data);
}
