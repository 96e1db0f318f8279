"use strict";

/*
 * From a drawing to what a network trained on MNIST expects.
 *
 * The steps are those by which MNIST itself was made: the digit's box is scaled, in proportion, until its longer side
 * is 20 of 28 pixels, and is placed so that its centre of mass is the middle. A pen of any width is brought to the width
 * that MNIST's pens had. (LeCun, Bottou, Bengio, Haffner 1998, section III.A)
 */

const DIGIT_SHARE = 20 / 28; // of the image's side that the digit's longer side takes
const WORKING_SIDE = 80; // pixels of the digit's longer side while its strokes are measured and changed
const THINNEST = 2.2, THICKEST = 3.1; // of 28 pixels: the quartiles of the stroke width in MNIST's training images
const MARGIN = 10; // pixels around the digit at working size, into which its strokes can grow
const SMALLEST_CHANGE = 0.5; // pixels at working size; less would not show
const DOT = 1.5; // a blob's longer side, in widths of itself, up to which it is a dot and not a stroke

/*
 * Each digit on a canvas, row by row and from left to right: {image, box} with the image that the network sees, white
 * on black, size * size, and the digit's box in pixels of the canvas. Empty if nothing is drawn.
 */
function findDigits(rgba, width, height, size) {
  const ink = findInk(rgba, width, height), pieces = splitInk(ink);
  // nothing to cut: not even the faintest edge of a stroke is lost
  const digits = pieces.length === 1 ? [{ left: 0, top: 0, ink }] : pieces;
  return digits.flatMap(({ left, top, ink: own }) => {
    const found = prepareInk(own, size);
    if (!found) return [];
    return [{ image: found.image, box: { ...found.box, left: found.box.left + left, top: found.box.top + top } }];
  });
}

/* All ink as one digit: {image, box}, or null if there is none. */
function prepareInk(ink, size) {
  ink = withoutSlips(ink);
  const box = boundingBox(ink, WRITTEN);
  if (box.width === 0) return null;
  const [digit, share] = withPenOfMnist(cropped(ink, box), 28 * DIGIT_SHARE);
  const small = scaled(digit, DIGIT_SHARE * size * share);
  return { image: brightened(placed(small, size)), box };
}

/*
 * The digit at working size with strokes as wide as MNIST's; and the share of its final size to take.
 *
 * final: what the longer side becomes, in pixels of a 28-pixel image. The share is 1, but for a dot: that is as wide
 * as a pen, not as large as a digit.
 */
function withPenOfMnist(digit, final) {
  let work = atWorkingSize(digit);
  const distance = signedDistance(work);
  const width = (strokeWidth(distance) * final) / WORKING_SIDE;
  const target = Math.min(Math.max(width, THINNEST), THICKEST);
  const deepest = distance.reduce((most, value) => Math.max(most, value), -Infinity);
  if (WORKING_SIDE < DOT * 2 * deepest) return [tight(work), Math.min(1, THICKEST / final)];
  // The box changes with the strokes: (width + change) / (longest + change) is to be target / final.
  const change = (((target - width) * WORKING_SIDE) / final) * (final / (final - target));
  if (Math.abs(change) >= SMALLEST_CHANGE) work = widened(distance, work.width, work.height, change / 2);
  return [tight(work), 1];
}

function atWorkingSize(digit) {
  const factor = WORKING_SIDE / Math.max(digit.width, digit.height);
  if (factor < 0.5) digit = thickenedIfThin(digit, 1 / factor);
  const width = Math.max(1, roundHalfEven(digit.width * factor));
  const height = Math.max(1, roundHalfEven(digit.height * factor));
  return framed(resized(digit, width, height, factor < 1), MARGIN, MARGIN, MARGIN, MARGIN);
}

/* A line thinner than two pixels after shrinking would fade away: it is drawn that wide before. */
function thickenedIfThin(digit, shrink) {
  const inside = mask(digit, WRITTEN);
  const sum = (image) => image.data.reduce((total, value) => total + value, 0);
  const area = sum(inside), outline = area - sum(spread(inside, Math.min));
  const side = Math.trunc(2 * shrink - (2 * area) / Math.max(outline, 1)) + 1;
  return side < 2 ? digit : thickened(digit, side);
}

function tight(work) {
  const box = boundingBox(work, WRITTEN);
  return box.width ? cropped(work, box) : work;
}

/*
 * The longer side becomes `longest` pixels, rounded, the other in proportion.
 *
 * The shorter side is rounded up, with background beside the digit: a 1 that is 2.5 pixels wide keeps its width in
 * shades of grey, and does not become 2 pixels wide.
 */
function scaled(digit, longest) {
  const factor = Math.max(1, roundHalfEven(longest)) / Math.max(digit.width, digit.height);
  const [width, height] = [digit.width, digit.height].map((side) => Math.max(1, Math.ceil(side * factor - 0.05)));
  const across = Math.max(0, roundHalfEven(width / factor) - digit.width);
  const down = Math.max(0, roundHalfEven(height / factor) - digit.height);
  const [before, above] = [across >> 1, down >> 1];
  return resized(framed(digit, before, above, across - before, down - above), width, height, factor < 1);
}

/* In the middle of the image by its centre of mass, by whole pixels as in MNIST. */
function placed(digit, size) {
  let mass = 0, massX = 0, massY = 0;
  digit.data.forEach((value, place) => {
    mass += value;
    massX += value * (place % digit.width);
    massY += value * Math.floor(place / digit.width);
  });
  const middleX = mass > 0 ? massX / mass : (digit.width - 1) / 2;
  const middleY = mass > 0 ? massY / mass : (digit.height - 1) / 2;
  // MNIST's centres of mass lie at (14, 14), counted from the middle of the first pixel, to half a pixel.
  const inside = (start, side) => Math.min(Math.max(roundHalfEven(start), 0), Math.max(size - side, 0));
  const left = inside(size / 2 - middleX, digit.width), top = inside(size / 2 - middleY, digit.height);
  const image = greyImage(size, size);
  for (let y = 0; y < Math.min(digit.height, size - top); y++) {
    for (let x = 0; x < Math.min(digit.width, size - left); x++) {
      image.data[(top + y) * size + left + x] = digit.data[y * digit.width + x];
    }
  }
  return image;
}

/* The brightest pixel is 255, as in nearly every digit of MNIST. */
function brightened(image) {
  const factor = Math.fround(255 / Math.max(1, ...image.data));
  return greyImage(image.width, image.height, image.data.map((value) => asByte(Math.fround(value * factor))));
}
