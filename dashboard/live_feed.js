// Asks what is new, and hands it on to blocks and components elsewhere on the page (see live_feed.py; live_chart.js and time_slider.js
// put themselves into window.inklingParts).

const shown = new WeakMap(); // block -> the HTML that was put into it
const PATIENCE = 20_000; // milliseconds; a question without an answer is asked anew
let asking = null; // the newest Question; an older one gives up

document.addEventListener("pointerup", ({ target }) => {
  if (target.closest?.(".st-key-pad")) asking?.askNext();
}, true);

class Question {
  constructor({ address, milliseconds }, setTriggerValue) {
    Object.assign(this, { address, milliseconds, setTriggerValue });
  }

  // The next look begins so long after this one began; none while the tab is hidden, or where nothing moves.
  async ask() {
    if (asking !== this || !this.milliseconds) return;
    const begun = performance.now();
    if (!document.hidden) {
      try {
        const answer = await fetch(this.address, { signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
        if (asking !== this) return;
        if (answer.ok) this.hand(await answer.json());
      } catch {
        // The server is gone or busy; Streamlit itself tells people.
      }
    }
    setTimeout(() => this.ask(), Math.max(this.milliseconds - (performance.now() - begun), 20));
  }

  // A stroke has ended: a run will soon read it, and tell the answer before the page is made of it.
  async askNext() {
    try {
      const answer = await fetch(`${this.address}&next`, { signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
      if (answer.ok) this.hand(await answer.json());
    } catch {
      // The page that this run makes has the answer too.
    }
  }

  hand({ blocks, parts, stale }) {
    if (asking !== this) return;
    if (stale && !this.told) this.setTriggerValue("stale", true);
    this.told = stale; // once is enough: the page is being made anew
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
  asking = new Question(data, setTriggerValue);
  asking.ask();
  return () => {
    if (!parentElement.isConnected) asking = null;
  };
}
