// A slider over moments that grow in number while it is held. Positions are the moments, and behind them "now".
// What Python sends never takes the slider out of a person's hand: it is taken in when the hand lets go.

const sliders = new WeakMap(); // element -> TimeSlider
const byKey = (window.inklingParts ??= new Map()); // key -> TimeSlider, for what feeds it from elsewhere
const PAUSE = 150; // milliseconds between two messages while it is dragged
const PATIENCE = 2000; // how long Python may take to agree

class TimeSlider {
  constructor(element) {
    this.input = element.querySelector("input");
    this.words = element.querySelector("output");
    this.held = false;
    this.sent = 0;
    this.input.addEventListener("pointerdown", () => { this.held = true; });
    this.input.addEventListener("input", () => this.moved());
    this.input.addEventListener("change", () => this.moved(true));
    for (const name of ["pointerup", "pointercancel"]) {
      this.input.addEventListener(name, () => setTimeout(() => { this.held = false; this.take(); }));
    }
  }

  show(data) {
    this.next = data;
    if (!this.held) this.take();
  }

  take() {
    if (!this.next) return;
    const { steps, at, label } = this.data = this.next;
    this.input.setAttribute("aria-label", label);
    if (this.wanted !== undefined && (this.wanted === at || performance.now() > this.until)) this.wanted = undefined;
    const step = this.wanted === undefined ? at : this.wanted;
    let place = steps.length; // now
    if (step !== null) while (place > 0 && (place === steps.length || steps[place] > step)) place -= 1;
    this.input.max = steps.length;
    this.input.value = place;
    this.input.disabled = steps.length === 0;
    this.say(place);
  }

  moved(last = false) {
    const place = Number(this.input.value);
    const step = this.data.steps[place] ?? null;
    this.say(place);
    this.wanted = step;
    this.until = performance.now() + PATIENCE;
    clearTimeout(this.timer);
    const early = last ? 0 : this.sent + PAUSE - performance.now();
    if (early > 0) {
      this.timer = setTimeout(() => this.send(step), early);
    } else {
      this.send(step);
    }
  }

  send(step) {
    if (this.told === step && performance.now() - this.sent < PATIENCE) return;
    this.told = step;
    this.sent = performance.now();
    this.tell({ step });
  }

  say(place) {
    const text = this.data.labels[place] ?? this.data.now;
    this.input.style.setProperty("--share", `${100 * place / Math.max(this.data.steps.length, 1)}%`);
    this.input.setAttribute("aria-valuetext", text);
    if (this.words.textContent !== text) this.words.textContent = text;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".time-slider");
  if (!element) return undefined;
  if (!sliders.has(element)) sliders.set(element, new TimeSlider(element));
  const slider = sliders.get(element);
  byKey.set(data.key, slider);
  slider.tell = (value) => setTriggerValue("moved", value);
  slider.show(data);
  return () => {
    if (!element.isConnected && byKey.get(data.key) === slider) byKey.delete(data.key);
  };
}
