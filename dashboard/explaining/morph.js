// Frames of a morph under a slider. All frames are here, so that moving it needs nobody else.

const views = new WeakMap(); // element -> Morph
const FRAME = 130; // milliseconds

class Morph {
  constructor(root) {
    this.find = (name) => root.querySelector(name);
    this.slider = this.find("input");
    this.button = this.find("button");
    this.slider.addEventListener("input", () => { this.stop(); this.show(); });
    this.button.addEventListener("click", () => (this.timer ? this.stop() : this.play()));
    this.rows = [];
  }

  take(data) {
    const same = this.data && JSON.stringify(this.data) === JSON.stringify(data);
    this.data = data;
    if (same) return;
    this.stop();
    this.slider.max = data.frames.length - 1;
    this.slider.value = data.frames.length - 1;
    this.find(".first").src = data.frames[0];
    this.find(".change").src = data.change;
    const [first, change] = this.find(".morph").querySelectorAll("figcaption");
    first.textContent = `Your drawing, read as ${data.digit}`;
    change.textContent = "Ink that came (blue) and went (orange)";
    this.bars();
    this.show();
  }

  bars() {
    const place = this.find(".bars");
    place.replaceChildren();
    this.rows = this.data.shares[0].map((_, digit) => {
      const row = document.createElement("div");
      const [name, track, bar] = ["span", "i", "u"].map((tag) => document.createElement(tag));
      name.textContent = digit;
      track.append(bar);
      row.append(name, track);
      row.className = digit === this.data.digit ? "digit" : digit === this.data.target ? "target" : "";
      place.append(row);
      return bar;
    });
  }

  show() {
    const at = Number(this.slider.value);
    const { frames, shares } = this.data;
    const row = shares[at];
    const top = row.indexOf(Math.max(...row));
    const percent = 100 * row[top];
    const sure = percent > 99 ? "more than 99 %" : `${Math.round(percent)} %`;
    this.find(".now").src = frames[at];
    this.find(".now").alt = `step ${at} of ${frames.length - 1}, read as ${top}`;
    this.find("output").textContent = `${top}, ${sure} sure`;
    this.slider.style.setProperty("--share", `${(100 * at) / (frames.length - 1)}%`);
    this.rows.forEach((bar, digit) => { bar.style.width = `${100 * row[digit]}%`; });
  }

  play() {
    const last = this.data.frames.length - 1;
    let at = Number(this.slider.value) >= last ? 0 : Number(this.slider.value);
    this.button.textContent = "Stop";
    this.timer = setInterval(() => {
      this.slider.value = at;
      this.show();
      if (at >= last) this.stop();
      at += 1;
    }, FRAME);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.button.textContent = "Play";
  }
}

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".morph");
  if (!place) return undefined;
  if (!views.has(place)) views.set(place, new Morph(parentElement));
  const view = views.get(place);
  view.take(data);
  return () => view.stop();
}
