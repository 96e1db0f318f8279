"use strict";

/* The drawing pad: strokes of a mouse, a pen or a finger on a square canvas. */

const PAD_SIDE = 448; // pixels of the canvas itself, however large it is shown
const BRUSH_SIDE = 280; // side of a pad on which the brush has its nominal width
const INK = "#ffffff", PAPER = "#0b0d12";

class Pad {
  /* onChange is called whenever what is drawn has changed. */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
    this.onChange = onChange;
    this.strokes = []; // {width, points: [[x, y], ...]} in pixels of the canvas
    this.brush = 18;
    this.pointer = null; // the one that draws; further fingers are ignored
    canvas.width = canvas.height = PAD_SIDE;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.extend(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.end(event));
    }
    this.paint();
  }

  get empty() {
    return this.strokes.length === 0;
  }

  /* RGBA of every pixel, row by row: Uint8ClampedArray. */
  get pixels() {
    return this.context.getImageData(0, 0, PAD_SIDE, PAD_SIDE).data;
  }

  clear() {
    this.replace([]);
  }

  undo() {
    this.replace(this.strokes.slice(0, -1));
  }

  replace(strokes) {
    this.strokes = strokes;
    this.pointer = null;
    this.paint();
    this.onChange();
  }

  begin(event) {
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push({ width: (this.brush * PAD_SIDE) / BRUSH_SIDE, points: [this.place(event)] });
    this.paint();
    this.onChange();
  }

  extend(event) {
    if (event.pointerId !== this.pointer) return;
    event.preventDefault();
    const passed = event.getCoalescedEvents?.() ?? []; // a quick pen moves several times from one picture to the next
    const { points } = this.strokes.at(-1);
    for (const each of passed.length ? passed : [event]) points.push(this.place(each));
    this.paint();
    this.onChange();
  }

  end(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  /* Where on the canvas an event is, in its own pixels. */
  place(event) {
    const box = this.canvas.getBoundingClientRect(), scale = PAD_SIDE / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  paint() {
    const { context } = this;
    context.fillStyle = PAPER;
    context.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
    context.strokeStyle = context.fillStyle = INK;
    context.lineCap = context.lineJoin = "round";
    for (const { width, points } of this.strokes) {
      context.lineWidth = width;
      context.beginPath();
      if (points.length === 1) {
        context.arc(...points[0], width / 2, 0, 2 * Math.PI);
        context.fill();
        continue;
      }
      context.moveTo(...points[0]);
      // curves through the middles between points: a quick hand leaves few points, and no corners are meant
      for (let i = 1; i < points.length - 1; i++) {
        const [x, y] = points[i], [nextX, nextY] = points[i + 1];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      }
      context.lineTo(...points.at(-1));
      context.stroke();
    }
  }
}
