// Numbers as colours: orange where positive, blue where negative, clear where 0, so that it looks right on both themes.
// They come as signed bytes, 127 being the largest there is.

const POSITIVE = COLOR_POSITIVE, NEGATIVE = COLOR_NEGATIVE;

function bytesOf(text, signed) {
  const raw = atob(text), found = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) found[i] = raw.charCodeAt(i);
  return signed ? new Int8Array(found.buffer) : found;
}

// A canvas as large as the numbers, `width` of them in a row. ink: grey on black, as images of digits are shown.
function painted(values, width, ink) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = Math.max(1, Math.ceil(values.length / width));
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    const color = ink ? [value, value, value] : value >= 0 ? POSITIVE : NEGATIVE;
    image.data.set(color, 4 * i);
    image.data[4 * i + 3] = ink ? 255 : Math.min(255, 2 * Math.abs(value));
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// Makes a canvas `width` x `height` on the page, sharp on every screen, and empties it.
function prepared(canvas, width, height) {
  const factor = Math.max(1, Math.round(window.devicePixelRatio || 1));
  if (canvas.width !== width * factor || canvas.height !== height * factor) {
    canvas.width = width * factor;
    canvas.height = height * factor;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(factor, 0, 0, factor, 0, 0);
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  return context;
}

const short = (value) => (value === 0 ? "0" : Math.abs(value) >= 1000 || Math.abs(value) < 0.001
  ? value.toExponential(1) : String(Number(value.toPrecision(3))));

function make(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset ?? {});
  element.append(...children);
  return element;
}

// A small note beside the pointer.
class Note {
  constructor(element) {
    this.box = make("div", { className: "ip-note", hidden: true });
    element.append(this.box);
    this.element = element;
  }

  say(text, event) {
    this.box.textContent = text;
    this.box.hidden = !text;
    if (!text) return;
    const outer = this.element.getBoundingClientRect();
    const left = event.clientX - outer.left + 14;
    const room = outer.width - this.box.offsetWidth - 4;
    this.box.style.left = `${Math.max(0, Math.min(left, room))}px`;
    this.box.style.top = `${event.clientY - outer.top + 16}px`;
  }
}
