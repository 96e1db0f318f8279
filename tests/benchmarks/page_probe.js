// Notes inside the page, with the page's own clock, what happens when. Added before anything else runs.
// All times are milliseconds since 1970, like those that a worker writes.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const probe = {
    drawn: [], clicks: [], keys: [], downs: [], strokes: [], answers: [], jumps: [], wipes: [],
    sockets: [], sent: [], asked: [], runs: [], received: 0, updates: 0,
  };
  window.inklingProbe = probe;

  // on: the button, or else the place, that the mouse was over when the button went down or up, or where both were;
  // bar, scrolled: where the page's buttons were, in pixels. A click whose button has moved meanwhile is nobody's.
  const place = (element) => element?.closest?.("[class*=st-key-]")?.className.match(/st-key-(\S+)/)?.[1] ?? "";
  const note = (list) => (event) => {
    const [target] = event.composedPath();
    const on = `${place(target)} ${target.closest?.("button") ? "button" : target.tagName}`;
    const bar = document.querySelector(".st-key-control-bar")?.getBoundingClientRect().y;
    const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop;
    list.push({ at: performance.timeOrigin + event.timeStamp, on, bar, scrolled, y: event.clientY });
  };
  document.addEventListener("click", note(probe.clicks), true);
  document.addEventListener("keydown", note(probe.keys), true);
  document.addEventListener("pointerdown", note(probe.downs), true);
  document.addEventListener("pointerup", note(probe.strokes), true);

  // Every drawing of a chart: which, when it was there, what it cost, and where its newest point lies. A chart says so.
  document.addEventListener("live-chart-drawn", ({ target, detail }) => {
    probe.drawn.push({ at: now(), cost: detail.cost, chart: place(target), newest: detail.newest });
  });

  // What the server sends: over its socket, and in answer to the page's own questions, each an update.
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...rest) {
      super(...rest);
      for (const each of ["open", "close"]) this.addEventListener(each, () => probe.sockets.push([each, now()]));
      this.addEventListener("message", ({ data }) => { probe.received += data.byteLength ?? data.size ?? data.length; });
    }
  };
  const { send } = Socket.prototype;
  Socket.prototype.send = function (data) {
    probe.sent.push([now(), data.byteLength ?? data.size ?? data.length]);
    return send.call(this, data);
  };
  new PerformanceObserver((list) => {
    for (const { name, startTime, responseEnd, transferSize, serverTiming } of list.getEntries()) {
      if (!name.includes("/inkling/live")) continue;
      probe.asked = [...probe.asked.slice(-4), [name.includes("next"), startTime, responseEnd]];
      probe.runs.push(...serverTiming.map(({ duration }) => duration)); // of the page, until the answer was known
      probe.received += transferSize;
      probe.updates += 1;
    }
  }).observe({ type: "resource", buffered: true });

  const inside = (root, selector) => {
    for (const host of root?.querySelectorAll("*") ?? []) {
      const found = host.shadowRoot?.querySelector(selector);
      if (found) return found;
    }
    return root?.querySelector(selector);
  };
  const ink = () => {
    const canvas = inside(document.querySelector(".st-key-pad"), "canvas.dc-canvas.lower-canvas");
    if (!canvas?.width) return -1;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let bright = 0;
    for (let at = 0; at < data.length; at += 4) bright += data[at] > 128;
    return bright;
  };

  // The answer, as of the first frame in which it can be seen. No frames are asked for where nothing changes: sixty a
  // second of ten pages take more than a core, which is not the pages' own.
  let answer = "", seeing = false;
  const see = () => {
    seeing = false;
    const text = document.querySelector(".ink-answer b")?.textContent ?? "";
    if (text !== answer && probe.listen) probe.answers.push({ at: now(), text });
    answer = text;
  };
  new MutationObserver(() => {
    if (!probe.listen) see();
    else if (!seeing) seeing = Boolean(requestAnimationFrame(see));
  }).observe(document, { subtree: true, childList: true, characterData: true });

  // What the page is like: to be looked at where something did not come.
  probe.state = () => ({
    at: now(),
    app: { ...document.querySelector("[data-testid=stApp]")?.dataset },
    sockets: probe.sockets,
    ink: ink(),
    answer: document.querySelector(".ink-answer")?.innerText ?? "",
    sentence: document.querySelector(".st-key-figures")?.innerText ?? "",
    problems: document.querySelector(".st-key-problems")?.innerText ?? "",
    sliders: [...document.querySelectorAll("[role=slider]")].map((each) => each.getAttribute("aria-valuetext")),
    buttons: [...document.querySelectorAll("button")]
      .map(({ innerText, disabled }) => [innerText.trim(), disabled]).filter(([text]) => text),
    clicks: probe.clicks.slice(-5),
    downs: probe.downs.slice(-5),
    strokes: probe.strokes.slice(-5),
    sent: probe.sent.slice(-8),
    asked: probe.asked,
    origin: performance.timeOrigin,
  });

  // While `probe.watch` is set, once a frame: whether anything moved or the drawing went.
  const watched = [".st-key-pad", ".st-key-loss", ".st-key-accuracy", ".st-key-control-bar"];
  let places = {}, drawn = 0, looked = 0;
  probe.look = () => { drawn = ink(); places = {}; return drawn; };
  const look = () => {
    if (!probe.watch) {
      setTimeout(look, 100);
      return;
    }
    for (const selector of watched) {
      const box = document.querySelector(selector)?.getBoundingClientRect();
      const before = places[selector];
      if (box && before && Math.hypot(box.x - before.x, box.y - before.y) > 1) {
        probe.jumps.push({ at: now(), what: selector, from: [before.x, before.y], to: [box.x, box.y] });
      }
      if (box) places[selector] = box;
    }
    if (now() - looked > 250) {
      looked = now();
      const found = ink();
      if (found < 0.9 * drawn) probe.wipes.push({ at: now(), from: drawn, to: found });
      if (found >= 0) drawn = found;
    }
    requestAnimationFrame(look);
  };
  look();
})();
