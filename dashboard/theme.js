// Streamlit tells Python the theme late, and not at all when it is switched. The browser always knows it.

function isDark(element) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(element).getPropertyValue("--st-background-color").trim() || "#ffffff";
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(probe.fillStyle.slice(i, i + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

function themed(text, dark) {
  const table = PALETTES[dark ? "dark" : "light"];
  return text.replace(/#[0-9a-f]{6}|rgba\(\d+,\d+,\d+,/g, (color) => table[color] ?? color);
}
