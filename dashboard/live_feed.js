// Asks what is new, and hands it on to blocks and components elsewhere on the page (see live_feed.py; live_chart.js and
// time_slider.js put themselves into window.inklingParts).

const shown = new WeakMap(); // block -> the HTML that was put into it
const PATIENCE = 20_000; // milliseconds; a question without an answer is asked anew
const PATIENCE_STALE = 3000; // milliseconds; a page that is still not made anew then is asked for again
const QUIET = 400; // milliseconds after a stroke in which nothing else is drawn: a hand waits for its answer
const PRESS = 1000; // milliseconds; so long at most does a page wait for the mouse to go up, before it is made anew
let asking = null; // the newest Question; an older one gives up
let pressedUntil = 0; // as performance.now() counts
let leaving = { path: "", until: 0 }; // the page from which a link was taken

document.addEventListener("pointerup", ({ target }) => {
  if (target.closest?.(".st-key-pad")) asking?.askNext();
}, true);

// What is under the mouse stays there from when it goes down until it goes up.
document.addEventListener("pointerdown", () => { pressedUntil = performance.now() + PRESS; }, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { pressedUntil = 0; }, true);

// Another page was asked for. Until it begins to arrive, and the address changes, Streamlit takes whatever is asked for
// to be about the old one: that would be made anew instead, and the click be lost.
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("a[href]")) leaving = { path: location.pathname, until: performance.now() + PATIENCE_STALE };
}, true);

function held() {
  const now = performance.now();
  return now < pressedUntil || (now < leaving.until && location.pathname === leaving.path);
}

class Question {
  constructor({ address, milliseconds }, setTriggerValue) {
    Object.assign(this, { address, milliseconds, setTriggerValue, quietUntil: 0, staleUntil: 0, answered: 0, strokes: 0 });
  }

  // The next look begins so long after this one began; none while the tab is hidden, or where nothing moves.
  async ask() {
    if (asking !== this || !this.milliseconds) return;
    const begun = performance.now();
    if (!document.hidden && begun > this.quietUntil) {
      try {
        const answer = await fetch(this.address, { signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
        const found = answer.ok ? await answer.json() : {};
        if (asking !== this) return;
        if (begun > this.answered) this.hand(found); // else a stroke was answered meanwhile, and this is older
      } catch {
        // The server is gone or busy; Streamlit itself tells people.
      }
    }
    const rest = begun > this.quietUntil ? this.milliseconds - (performance.now() - begun) : 0;
    setTimeout(() => this.ask(), Math.max(rest, 20));
  }

  // A stroke has ended: a run will soon read it, and tell the answer before the page is made of it.
  // Where none comes, the page that this run makes has the answer too. (No fetch: it gives the text a moment after
  // the head, and in that moment the browser begins to go through the page.)
  askNext() {
    const question = new XMLHttpRequest();
    const stroke = ++this.strokes;
    this.quietUntil = performance.now() + QUIET;
    question.open("GET", `${this.address}&next`);
    question.timeout = PATIENCE;
    question.onload = () => {
      if (stroke !== this.strokes) return; // there is a newer one
      this.quietUntil = 0;
      this.answered = performance.now();
      if (question.status === 200) this.hand(JSON.parse(question.responseText));
    };
    question.send();
  }

  hand({ blocks, parts, stale }) {
    if (asking !== this) return;
    if (stale && performance.now() > this.staleUntil && !held()) {
      this.staleUntil = performance.now() + PATIENCE_STALE; // once is enough: the page is being made anew
      this.setTriggerValue("stale", true);
    } else if (!stale) {
      this.staleUntil = 0;
    }
    for (const [name, html] of Object.entries(blocks ?? {})) {
      const block = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
      if (!block || shown.get(block) === html) continue;
      block.innerHTML = html;
      shown.set(block, html);
    }
    for (const [key, data] of Object.entries(parts ?? {})) window.inklingParts?.get(key)?.show(data);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!data?.address) {
    asking = null;
    return undefined;
  }
  const question = new Question(data, setTriggerValue);
  asking = question;
  question.ask();
  return () => {
    if (asking === question && !parentElement.isConnected) asking = null;
  };
}
