"use strict";

/*
 * Several digits on one pad: which strokes belong together, and in which order they are read.
 *
 * Strokes that touch are one piece. Pieces belong to one digit when they lie above each other, as the bar of a 5 and its
 * body do, or when hardly more than a pen's width parts them. Digits that touch each other are not cut apart.
 */

const OVERLAP = 0.5; // of the narrower piece's width that lies above or below the other
const ROW_GAP = 0.3; // of the larger piece's height; what is further above or below is another row
const PEN_GAP = 0.7; // pen widths between two strokes of one digit
const PART_GAP = 0.12; // of the tallest piece's height, between a digit and a short stroke of it
const SHORT = 0.4; // of the tallest piece's height; a short stroke is a part of a digit rather than a digit
const MEASURING_SIDE = 256; // pixels; gaps between pieces need no finer picture

/* The digits of a canvas, row by row and from left to right: {left, top, ink} each, with no other digit's ink. */
function splitInk(ink) {
  ink = withoutSlips(ink);
  const written = mask(ink, WRITTEN);
  const { labels, pieces } = connectedPieces(written, 8);
  if (pieces.length === 1) return [];
  const areas = pieces.map((piece) => piece.area), most = Math.max(...areas);
  const largest = [...pieces.keys()].slice(1).sort((a, b) => areas[b] - areas[a] || a - b).slice(0, MOST_PIECES);
  const kept = largest.filter((label) => areas[label] >= SPECK * most);
  if (kept.length === 1) return [{ left: 0, top: 0, ink }];
  const boxes = kept.map((label) => pieces[label]);
  const groups = grouped(boxes, gapsBetween(labels, ink.width, ink.height, kept), penWidth(written));
  const frames = groups.map((group) => union(group.map((index) => boxes[index])));
  return readingOrder(frames).map((index) => {
    const members = new Set(groups[index].map((place) => kept[place]));
    return { left: frames[index].left, top: frames[index].top, ink: cutOut(ink, labels, frames[index], members) };
  });
}

/* Pixels between each two pieces, nearest ink to nearest ink; Infinity where they cannot be measured. */
function gapsBetween(labels, width, height, kept) {
  const step = Math.max(1, Math.floor(Math.max(width, height) / MEASURING_SIDE));
  const across = Math.ceil(width / step), down = Math.ceil(height / step);
  const small = Int32Array.from({ length: across * down }, (_, place) => {
    const x = place % across;
    return labels[((place - x) / across) * step * width + x * step];
  });
  const gaps = kept.map(() => new Float64Array(kept.length).fill(Infinity));
  kept.slice(0, -1).forEach((label, first) => {
    if (!small.includes(label)) return;
    const away = distances(greyImage(across, down, Uint8Array.from(small, (other) => (other === label ? 0 : 1))));
    small.forEach((other, place) => {
      const second = other ? kept.indexOf(other) : -1;
      if (second <= first) return;
      gaps[first][second] = gaps[second][first] = Math.min(gaps[first][second], step * away[place]);
    });
  });
  return gaps;
}

/* The pieces' indices, digit by digit. */
function grouped(boxes, gaps, pen) {
  const tallest = Math.max(...boxes.map((box) => box.height));
  let owner = [...boxes.keys()];
  for (let first = 0; first < boxes.length; first++) {
    for (let second = first + 1; second < boxes.length; second++) {
      if (!belong(boxes[first], boxes[second], gaps[first][second], pen, tallest)) continue;
      const [before, after] = [owner[second], owner[first]];
      owner = owner.map((value) => (value === before ? after : value));
    }
  }
  const names = [...new Set(owner)].sort((a, b) => a - b);
  return names.map((name) => [...owner.keys()].filter((index) => owner[index] === name));
}

/* Whether two pieces are strokes of one digit. */
function belong(one, other, gap, pen, tallest) {
  const across = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left);
  const apart = Math.max(one.top, other.top) - Math.min(one.top + one.height, other.top + other.height);
  const above = across >= OVERLAP * Math.min(one.width, other.width);
  if (above && apart <= ROW_GAP * Math.max(one.height, other.height)) return true;
  const short = Math.min(one.height, other.height) < SHORT * tallest;
  return gap <= (short ? Math.max(PEN_GAP * pen, PART_GAP * tallest) : PEN_GAP * pen);
}

function union(boxes) {
  const left = Math.min(...boxes.map((box) => box.left)), top = Math.min(...boxes.map((box) => box.top));
  const right = Math.max(...boxes.map((box) => box.left + box.width));
  const bottom = Math.max(...boxes.map((box) => box.top + box.height));
  return { left, top, width: right - left, height: bottom - top };
}

/* The ink of some pieces within a frame, with its soft edge, which is fainter than what is labelled. */
function cutOut(ink, labels, frame, members) {
  const own = greyImage(frame.width, frame.height);
  for (let y = 0, place = 0; y < frame.height; y++) {
    for (let x = 0; x < frame.width; x++, place++) {
      own.data[place] = members.has(labels[(frame.top + y) * ink.width + frame.left + x]) ? 1 : 0;
    }
  }
  const soft = spread(own, Math.max), out = cropped(ink, frame);
  out.data.forEach((value, place) => (out.data[place] = value * soft.data[place]));
  return out;
}

/* Rows from top to bottom, each from left to right: a row's boxes share some of their height. */
function readingOrder(frames) {
  const rows = [], middle = (index) => frames[index].top + frames[index].height / 2;
  for (const index of [...frames.keys()].sort((a, b) => middle(a) - middle(b))) {
    const { top, height } = frames[index], row = rows.at(-1);
    if (row) {
      const bottom = Math.max(...row.map((each) => frames[each].top + frames[each].height));
      const highest = Math.min(...row.map((each) => frames[each].top));
      const shared = Math.min(bottom, top + height) - Math.max(highest, top);
      if (shared > 0.4 * Math.min(height, bottom - highest)) {
        row.push(index);
        continue;
      }
    }
    rows.push([index]);
  }
  return rows.flatMap((row) => row.sort((a, b) => frames[a].left - frames[b].left));
}
