"use strict";

/* How wide the strokes are, and making them wider or narrower without losing a loop or a line. */

const HOLE_KEPT = 0.5; // of a loop's half-width stays open when strokes are thickened

/* Lengths of steps to a neighbour, to one by the corner, and to one as a knight moves in chess. */
const STRAIGHT = 1, DIAGONAL = Math.fround(1.4), KNIGHT = Math.fround(2.1969);
const FAR = 8192;

/*
 * Pixels from each pixel that is not 0 to the nearest that is: Float32Array.
 *
 * Walks through the image once down and once up, and adds up steps. (Borgefors 1986, distances of 5 x 5)
 */
function distances(image) {
  const { width, height, data } = image;
  const line = width + 4; // two pixels more on each side, so that no step leaves the array
  const steps = new Float32Array(line * (height + 4)).fill(FAR);
  const nearest = (place, towards) => {
    const near = line * towards, far = 2 * near;
    return Math.min(
      steps[place + towards] + STRAIGHT,
      steps[place + near] + STRAIGHT,
      Math.min(steps[place + near - 1], steps[place + near + 1]) + DIAGONAL,
      Math.min(steps[place + near - 2], steps[place + near + 2], steps[place + far - 1], steps[place + far + 1]) + KNIGHT,
    );
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = (y + 2) * line + x + 2;
      steps[place] = data[y * width + x] ? Math.min(nearest(place, -1), FAR) : 0;
    }
  }
  const out = new Float32Array(width * height);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      const place = (y + 2) * line + x + 2;
      if (steps[place] > STRAIGHT) steps[place] = Math.min(steps[place], nearest(place, 1));
      out[y * width + x] = steps[place];
    }
  }
  return out;
}

/*
 * Pixels to the outline: positive in the ink (128 and more), negative outside.
 *
 * The outline runs half-way between a pixel of ink and one that is not, hence the halves.
 */
function signedDistance(ink) {
  const inside = mask(ink, 128);
  const depth = distances(inside);
  const outside = distances(greyImage(ink.width, ink.height, inside.data.map((value) => 1 - value)));
  return depth.map((value, place) => (inside.data[place] ? value - 0.5 : 0.5 - outside[place]));
}

/*
 * The typical width of the strokes, in pixels; 0 without ink.
 *
 * Across a stroke of half-width r the depth is spread evenly over 0..r, so its median is r / 2.
 */
function strokeWidth(distance) {
  const depth = distance.filter((value) => value > 0).sort();
  if (depth.length === 0) return 0;
  const middle = depth.length >> 1;
  if (depth.length % 2) return 4 * depth[middle];
  return 4 * Math.fround(Math.fround(depth[middle - 1] + depth[middle]) / 2);
}

/*
 * Ink whose outline has moved outwards by `pixels` (inwards if negative), with soft edges.
 *
 * Loops stay open: inside one, the outline moves at most half the way to its middle. Lines stay whole: when narrowing
 * would break a stroke into more pieces, the outline moves less.
 */
function widened(distance, width, height, pixels) {
  if (pixels > 0) {
    const moves = room(distance, width, height, pixels);
    return coverage(distance.map((value, place) => value + moves[place]), width, height);
  }
  const pieces = countPieces(distance, width, height, 0);
  for (const share of [1.0, 0.7, 0.4]) {
    const move = Math.fround(pixels * share);
    if (countPieces(distance, width, height, move) === pieces) {
      return coverage(distance.map((value) => value + move), width, height);
    }
  }
  return coverage(distance, width, height);
}

function coverage(distance, width, height) {
  const data = Uint8Array.from(distance, (value) => {
    const share = Math.min(1, Math.max(0, Math.fround(value + 0.5)));
    return Math.trunc(Math.fround(Math.fround(share * 255) + 0.5));
  });
  return greyImage(width, height, data);
}

function countPieces(distance, width, height, move) {
  const inside = Uint8Array.from(distance, (value) => (Math.fround(value + move) > 0 ? 1 : 0));
  return connectedPieces(greyImage(width, height, inside), 8).pieces.length;
}

/* How far the outline may move at each pixel: less inside a small loop. */
function room(distance, width, height, pixels) {
  const outside = Uint8Array.from(distance, (value) => (value <= 0 ? 1 : 0));
  const { labels, pieces } = connectedPieces(greyImage(width, height, outside), 4);
  const radius = new Float32Array(pieces.length);
  labels.forEach((label, place) => {
    if (label) radius[label] = Math.max(radius[label], -distance[place]);
  });
  const most = pieces.map((piece, label) => {
    const { left, top } = piece;
    const open = left === 0 || top === 0 || left + piece.width === width || top + piece.height === height;
    return open ? pixels : Math.min(pixels, (1 - HOLE_KEPT) * radius[label]);
  });
  return Float32Array.from(labels, (label) => (label ? most[label] : pixels));
}
