// Keeps the settings in the browser's address without a step in its history for each of them, and without a rerun.
// Streamlit writes the address itself (run=), and knows nothing of what was put there besides: so each time that it
// has, this is put back.

const OWN = ["s", "lock", "hide"];

function written(parts) {
  const url = new URL(window.location.href);
  OWN.forEach((name) => url.searchParams.delete(name));
  const own = OWN.filter((name) => parts[name]).map((name) => `${name}=${parts[name]}`); // letters, digits and -_.,
  const query = [...own, url.searchParams.toString()].filter(Boolean).join("&");
  return `${url.pathname}${query ? `?${query}` : ""}${url.hash}`;
}

export default function ({ data }) {
  const kept = (window.inklingAddress ??= { parts: {}, put: null });
  kept.parts = data;
  if (!kept.put) {
    const replace = window.history.replaceState.bind(window.history);
    kept.put = () => {
      const address = written(kept.parts);
      if (address !== `${window.location.pathname}${window.location.search}${window.location.hash}`) {
        replace(window.history.state, "", address);
      }
    };
    for (const name of ["pushState", "replaceState"]) {
      const original = window.history[name].bind(window.history);
      window.history[name] = (...values) => {
        original(...values);
        kept.put();
      };
    }
    window.addEventListener("popstate", () => kept.put());
  }
  kept.put();
}
