"use strict";

/* Where the ink is: the pad's pixels -> how much ink lies on each. */

const FAINTEST = 12; // of 255; a smaller difference from the background cannot be seen
const WRITTEN = 96; // of 255; what has as much ink belongs to a stroke
const SPECK = 0.02; // of the largest piece's area; what is smaller is no stroke
const DOT_LENGTH = 1.6; // pen widths; a piece no longer than that, away from the rest, is a slip and not a stroke
const MOST_PIECES = 40; // a canvas with more holds no digits

/*
 * The coverage by ink, whatever the colours: 0 is background, 255 is ink.
 *
 * rgba: Uint8ClampedArray of width * height * 4, as getImageData gives it, of a canvas of one background colour.
 * The background is the commonest colour of the border; ink is what differs from it.
 */
function findInk(rgba, width, height) {
  const colours = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height); // red is the lowest byte
  const background = commonest(border(colours, width, height).map(seen));
  const ink = greyImage(width, height), plain = premultiplied(background), counts = new Float64Array(256);
  let last = background, distance = 0; // most pixels have the colour of the one before
  for (let place = 0; place < colours.length; place++) {
    if (colours[place] !== last) {
      last = colours[place];
      distance = difference(premultiplied(seen(last)), plain);
    }
    if (distance === 0) continue;
    ink.data[place] = distance;
    counts[distance]++;
  }
  const darkest = counts.findLastIndex((count) => count > 0);
  if (darkest < FAINTEST) return greyImage(width, height);
  const factor = Math.fround(255 / usualInk(counts, darkest));
  const levels = Uint8Array.from(counts, (_, level) => asByte(Math.fround(level * factor)));
  for (let place = 0; place < ink.data.length; place++) ink.data[place] = levels[ink.data[place]];
  return ink;
}

/* Full ink is the median, not the maximum: a translucent brush is darker where it crosses itself. */
function usualInk(counts, darkest) {
  const faint = Math.max(Math.floor(darkest / 4), 1);
  const total = counts.subarray(faint).reduce((sum, count) => sum + count, 0);
  let sum = 0, level = faint;
  while (level < 255 && (sum += counts[level]) < total / 2) level++;
  return level;
}

/* What is wholly transparent has no colour, whatever its red, green and blue say: it becomes 0. */
function seen(colour) {
  return colour < 1 << 24 ? 0 : colour;
}

/* [red, green, blue, alpha]. Multiplied by its alpha, a stroke on a transparent canvas differs by its alpha. */
function premultiplied(number) {
  const [red, green, blue, alpha] = [0, 8, 16, 24].map((shift) => (number >>> shift) & 255);
  if (alpha === 255) return [red, green, blue, alpha];
  return [...[red, green, blue].map((value) => asByte(Math.fround(value * alpha * Math.fround(1 / 255)))), alpha];
}

/* Of any channel, the largest: yellow on white counts as much as black. */
function difference(colour, other) {
  return Math.max(...colour.map((value, channel) => Math.abs(value - other[channel])));
}

function border(colours, width, height) {
  const row = (y) => colours.subarray(y * width, (y + 1) * width);
  const column = (x) => Array.from({ length: height }, (_, y) => colours[y * width + x]);
  return [...row(0), ...row(height - 1), ...column(0), ...column(width - 1)];
}

/* Of equally common numbers the lowest. */
function commonest(numbers) {
  const counts = new Map();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].reduce((best, each) =>
    each[1] > best[1] || (each[1] === best[1] && each[0] < best[0]) ? each : best)[0];
}

/*
 * The ink without specks and without single dots away from all strokes: a tap is not part of a digit.
 *
 * The largest piece always stays, so a dot that is alone does too.
 */
function withoutSlips(ink) {
  const box = boundingBox(ink, WRITTEN);
  if (box.width === 0) return ink;
  const written = mask(cropped(ink, box), WRITTEN);
  const found = connectedPieces(written, 8);
  if (found.pieces.length <= 2) return ink;
  const dropped = slips(written, found);
  if (!dropped.some(Boolean)) return ink;
  const gone = greyImage(box.width, box.height, Uint8Array.from(found.labels, (label) => (dropped[label] ? 1 : 0)));
  const around = spread(gone, Math.max);
  const kept = greyImage(ink.width, ink.height, ink.data.slice());
  for (let y = 0, place = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++, place++) {
      // The soft edge of a slip is fainter than what is written, and goes with it.
      if (gone.data[place] || (around.data[place] && !written.data[place])) {
        kept.data[(box.top + y) * ink.width + box.left + x] = 0;
      }
    }
  }
  return kept;
}

/* Which pieces are specks or lonely dots: a boolean for each label. */
function slips(written, { labels, pieces }) {
  const areas = pieces.map((piece) => piece.area);
  const largest = areas.indexOf(Math.max(...areas.slice(1)), 1);
  const dropped = areas.map((area, label) => label > 0 && area < SPECK * areas[largest]);
  const { width, height } = written;
  const pen = penWidth(written);
  const reach = Math.trunc(pen) + 1;
  const short = (piece) => Math.max(piece.width, piece.height) <= DOT_LENGTH * pen;
  const dots = [...pieces.keys()].filter((label) => label > 0 && short(pieces[label]) && !dropped[label]);
  for (const label of dots.slice(0, MOST_PIECES)) {
    const piece = pieces[label];
    let lonely = true;
    for (let y = Math.max(piece.top - reach, 0); y < Math.min(piece.top + piece.height + reach, height); y++) {
      for (let x = Math.max(piece.left - reach, 0); x < Math.min(piece.left + piece.width + reach, width); x++) {
        const near = labels[y * width + x];
        if (near && near !== label && !dropped[near]) lonely = false;
      }
    }
    dropped[label] = lonely;
  }
  dropped[largest] = false;
  return dropped;
}

/* The width of the pen that wrote a 0-or-1 image. */
function penWidth(written) {
  return strokeWidth(distances(written).map((depth) => (depth > 0 ? depth - 0.5 : 0)));
}
