"use strict";

/* Brings pad, preparation, network and page together. */

const DIGITS = [
  say("a zero"), say("a one"), say("a two"), say("a three"), say("a four"),
  say("a five"), say("a six"), say("a seven"), say("an eight"), say("a nine"),
];
const SURE = 0.9, UNSURE = 0.6; // probabilities from which, and below which, the words say so

const element = (id) => document.getElementById(id);
const network = makeNetwork(JSON.parse(element("description").textContent), element("weights").textContent);
const pad = new Pad(element("pad"), () => askSoon());

let answers = []; // what is on the pad: {image, box, shares} for each digit
let looked = 0; // the one whose bars are shown

/* Each digit on a canvas with the probabilities of its classes. */
function read(rgba, width, height) {
  return findDigits(rgba, width, height, network.size).map((digit) => {
    return { ...digit, shares: network.predict(digit.image.data) };
  });
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
    answers = pad.empty ? [] : read(pad.pixels, PAD_SIDE, PAD_SIDE);
    lastTook = performance.now() - began;
    show();
  }), 2 * lastTook);
}

function show() {
  looked = Math.max(0, Math.min(looked, answers.length - 1));
  const shares = answers[looked]?.shares, several = answers.length > 1;
  const number = answers.map((each) => best(each.shares)).join(network.classes > 10 ? " " : "");
  element("digit").textContent = number;
  element("digit").classList.toggle("long", number.length > 2);
  element("words").textContent = shares ? inWords(shares) : say("The answer appears while you draw.");
  element("which").textContent = several ? say("Digit {number} of {count}: ", { number: looked + 1, count: answers.length }) : "";
  element("took").textContent = shares ? say("{time} ms, on this device", { time: Math.max(1, Math.round(lastTook)) }) : "";
  showPrepared(element("prepared"), answers[looked]?.image);
  showSeveral(several ? answers : []);
  document.querySelectorAll("#bars li").forEach((row, place) => {
    const share = shares?.[place] ?? 0;
    row.classList.toggle("top", Boolean(shares) && place === best(shares));
    row.querySelector("u").style.width = `${100 * share}%`;
    row.querySelector("b").textContent = shares ? percent(share) : "";
  });
}

function best(shares) {
  return shares.indexOf(Math.max(...shares));
}

/* Frames around the digits, with their answers; and a button for each, to look at it. */
function showSeveral(found) {
  const place = (value) => `${(100 * value) / PAD_SIDE}%`;
  element("frames").replaceChildren(...found.map(({ box, shares }, index) => {
    const frame = document.createElement("div");
    const { left, top, width, height } = box;
    Object.assign(frame.style, { left: place(left), top: place(top), width: place(width), height: place(height) });
    frame.dataset.label = best(shares);
    frame.className = `${index === looked ? "looked" : ""} ${top < PAD_SIDE / 10 ? "low" : ""}`;
    return frame;
  }));
  element("digits").replaceChildren(...found.map(({ image, shares }, index) => {
    const button = document.createElement("button"), picture = document.createElement("canvas");
    picture.width = picture.height = network.size;
    showPrepared(picture, image);
    button.type = "button";
    button.append(picture, `${best(shares)}`);
    button.ariaPressed = String(index === looked);
    button.ariaLabel = say("Digit {number}: {answer}", { number: index + 1, answer: inWords(shares) });
    button.addEventListener("click", () => ((looked = index), show(), element("digits").children[index].focus()));
    return button;
  }));
}

function showPrepared(canvas, image) {
  const context = canvas.getContext("2d");
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
  const [best, other] = order.slice(0, 2).map(named), most = shares[order[0]], share = percent(most);
  const sure = most > 0.99 ? say("more than 99 %") : share;
  if (most >= SURE) return say("{capitalize}, {sure} sure.", { capitalize: capital(best), sure });
  if (most >= UNSURE) return say("Probably {best} ({share}), perhaps {other}.", { best, share, other });
  return say("Not sure: {best} ({share}), or {other}?", { best, share, other });
}

/* "a seven"; "an 11": classes beyond the ten digits go by their number. */
function named(label) {
  if (label < DIGITS.length) return DIGITS[label];
  return /^(8|11$|18$)/.test(label) ? say("an {number}", { number: label }) : say("a {number}", { number: label });
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
    const cells = [layer.called, layer.words, layer.output.join(" × "), layer.parameters ? layer.parameters.toLocaleString("en") : "–"];
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
show();
