"use strict";

/* Brings pad, preparation, network and page together. */

const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const SURE = 0.9, UNSURE = 0.6; // probabilities from which, and below which, the words say so

const element = (id) => document.getElementById(id);
const network = makeNetwork(JSON.parse(element("description").textContent), element("weights").textContent);
const pad = new Pad(element("pad"), () => askSoon());

/* The prepared image and the probabilities for any canvas; null if nothing is drawn. */
function answer(rgba, width, height) {
  const image = prepareDrawing(rgba, width, height, network.size);
  return image && { image, shares: network.predict(image.data) };
}

let asked = false, lastTook = 0; // milliseconds

/* One answer after all strokes of this moment; a slow network leaves the pen two thirds of the time. */
function askSoon() {
  element("undo").disabled = element("clear").disabled = pad.empty;
  element("invitation").hidden = !pad.empty;
  if (asked) return;
  asked = true;
  setTimeout(() => requestAnimationFrame(() => {
    asked = false;
    const began = performance.now();
    show(pad.empty ? null : answer(pad.pixels, PAD_SIDE, PAD_SIDE));
    lastTook = performance.now() - began;
  }), 2 * lastTook);
}

function show(found) {
  const shares = found?.shares, best = shares ? shares.indexOf(Math.max(...shares)) : -1;
  element("digit").textContent = found ? String(best) : "";
  element("words").textContent = found ? inWords(shares) : "The answer appears while you draw.";
  element("took").textContent = found && lastTook ? `${Math.max(1, Math.round(lastTook))} ms, on this device` : "";
  showPrepared(found?.image);
  document.querySelectorAll("#bars li").forEach((row, place) => {
    const share = shares?.[place] ?? 0;
    row.classList.toggle("top", place === best);
    row.querySelector("u").style.width = `${100 * share}%`;
    row.querySelector("b").textContent = found ? percent(share) : "";
  });
}

function showPrepared(image) {
  const context = element("prepared").getContext("2d");
  const pixels = context.createImageData(network.size, network.size);
  for (let place = 0; place < pixels.data.length; place += 4) {
    pixels.data.fill(image?.data[place / 4] ?? 0, place, place + 3);
    pixels.data[place + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function inWords(shares) {
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
  const [first, second] = order, share = shares[first];
  if (share > 0.99) return `${capital(named(first))}, more than 99 % sure.`;
  if (share >= SURE) return `${capital(named(first))}, ${percent(share)} sure.`;
  if (share >= UNSURE) return `Probably ${named(first)} (${percent(share)}), perhaps ${named(second)}.`;
  return `Not sure: ${named(first)} (${percent(share)}), or ${named(second)}?`;
}

/* "a seven"; "an 11": classes beyond the ten digits go by their number. */
function named(label) {
  const name = DIGITS[label] ?? String(label);
  return `${name === "eight" || /^(8|11$|18$)/.test(name) ? "an" : "a"} ${name}`;
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/* A bar for each class; two columns where there are many. */
function makeBars() {
  const list = element("bars");
  list.classList.toggle("many", network.classes > 12);
  for (let label = 0; label < network.classes; label++) {
    const row = document.createElement("li");
    for (const tag of ["span", "i", "b"]) row.append(document.createElement(tag));
    row.firstChild.textContent = String(label);
    row.querySelector("i").append(document.createElement("u"));
    list.append(row);
  }
}

/* The layers as a table. */
function makeTable() {
  for (const layer of network.layers) {
    const row = element("layers").insertRow();
    const cells = [layer.kind, layer.words, layer.output.join(" × "), layer.parameters ? layer.parameters.toLocaleString("en") : "–"];
    for (const text of cells) row.insertCell().textContent = text;
  }
}

element("prepared").width = element("prepared").height = network.size;
element("clear").addEventListener("click", () => pad.clear());
element("undo").addEventListener("click", () => pad.undo());
element("brush").addEventListener("input", (event) => (pad.brush = event.target.valueAsNumber));
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) event.preventDefault(), pad.undo();
  if (event.key === "Escape" || event.key === "Delete") pad.clear();
});
makeBars();
makeTable();
show(null);
