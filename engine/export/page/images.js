"use strict";

/* Operations on grey images {width, height, data: Uint8Array}: what Inkling's engine takes from OpenCV, so rounded. */

function greyImage(width, height, data) {
  return { width, height, data: data ?? new Uint8Array(width * height) };
}

/* To the nearest whole number, halves to the even one: as Python, NumPy and OpenCV round. */
function roundHalfEven(value) {
  const up = Math.floor(value + 0.5);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

function asByte(value) {
  return Math.min(255, Math.max(0, roundHalfEven(value)));
}

/* {left, top, width, height} of all pixels from `least` up; width 0 where there are none. */
function boundingBox(image, least) {
  const { width, height, data } = image;
  let left = width, top = height, right = -1, bottom = -1;
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place++) {
      if (data[place] < least) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0
    ? { left: 0, top: 0, width: 0, height: 0 }
    : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function cropped(image, box) {
  const out = greyImage(box.width, box.height);
  for (let y = 0; y < box.height; y++) {
    const start = (box.top + y) * image.width + box.left;
    out.data.set(image.data.subarray(start, start + box.width), y * box.width);
  }
  return out;
}

/* The image with zeros around it. */
function framed(image, before, above, after, below) {
  const out = greyImage(before + image.width + after, above + image.height + below);
  for (let y = 0; y < image.height; y++) {
    out.data.set(image.data.subarray(y * image.width, (y + 1) * image.width), (above + y) * out.width + before);
  }
  return out;
}

/* 1 where a pixel has at least `least`, else 0. */
function mask(image, least) {
  return greyImage(image.width, image.height, image.data.map((value) => (value >= least ? 1 : 0)));
}

/*
 * Pieces of a 0-or-1 image that hang together, along edges (4) or corners too (8).
 *
 * labels: Int32Array, 0 where the image is 0; pieces[label] = {left, top, width, height, area}. pieces[0] is the
 * background, which is left empty here.
 */
function connectedPieces(image, neighbours) {
  const { width, height, data } = image;
  const labels = new Int32Array(width * height);
  const waiting = new Int32Array(width * height);
  const pieces = [{ left: 0, top: 0, width: 0, height: 0, area: 0 }];
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || labels[start]) continue;
    const label = pieces.length;
    let count = 0, area = 0, left = width, right = 0, top = height, bottom = 0;
    labels[start] = label;
    waiting[count++] = start;
    while (count > 0) {
      const place = waiting[--count];
      const x = place % width, y = (place - x) / width;
      area++;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
          const next = v * width + u;
          if (!data[next] || labels[next] || (neighbours === 4 && u !== x && v !== y)) continue;
          labels[next] = label;
          waiting[count++] = next;
        }
      }
    }
    pieces.push({ left, top, width: right - left + 1, height: bottom - top + 1, area });
  }
  return { labels, pieces };
}

/* Each pixel becomes the largest (`pick` Math.max) or smallest (Math.min) of the 3 x 3 around it; beyond lies 0. */
function spread({ width, height, data }, pick) {
  const across = greyImage(width, height), out = greyImage(width, height);
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place++) {
      const left = x > 0 ? data[place - 1] : 0, right = x < width - 1 ? data[place + 1] : 0;
      across.data[place] = pick(left, data[place], right);
    }
  }
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place++) {
      const above = y > 0 ? across.data[place - width] : 0;
      const below = y < height - 1 ? across.data[place + width] : 0;
      out.data[place] = pick(above, across.data[place], below);
    }
  }
  return out;
}

/* The places [dx, dy] of a disc in a square of `side` pixels, measured from its middle pixel. */
function disc(side) {
  const radius = Math.floor(side / 2), places = [];
  for (let row = 0; row < side; row++) {
    const dy = row - radius;
    const reach = radius > 0 ? roundHalfEven(radius * Math.sqrt((radius * radius - dy * dy) / (radius * radius))) : 0;
    for (let column = Math.max(radius - reach, 0); column < Math.min(radius + reach + 1, side); column++) {
      places.push([column - radius, dy]);
    }
  }
  return places;
}

/* Each pixel becomes the largest of the disc around it. */
function thickened({ width, height, data }, side) {
  const out = greyImage(width, height);
  for (const [dx, dy] of disc(side)) {
    for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
      const row = y * width, other = (y + dy) * width + dx;
      for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
        if (data[other + x] > out.data[row + x]) out.data[row + x] = data[other + x];
      }
    }
  }
  return out;
}

/*
 * Which input pixels an output pixel is the mean of, along one axis, and with what weight: [from, to, weight] each.
 * (OpenCV's INTER_AREA: an output pixel covers `scale` input pixels, some of them in part.)
 */
function areaWeights(before, after) {
  const scale = before / after, parts = [];
  for (let place = 0; place < after; place++) {
    const start = place * scale, end = start + scale;
    const covered = Math.min(scale, before - start);
    const last = Math.min(Math.floor(end), before - 1), first = Math.min(Math.ceil(start), last);
    if (first - start > 1e-3) parts.push([first - 1, place, (first - start) / covered]);
    for (let whole = first; whole < last; whole++) parts.push([whole, place, 1 / covered]);
    if (end - last > 1e-3) parts.push([last, place, Math.min(end - last, 1, covered) / covered]);
  }
  return parts;
}

/* Smaller: each new pixel is the mean of those that it covers. */
function shrunk(image, width, height) {
  const parts = areaWeights(image.width, width);
  const from = Int32Array.from(parts, (part) => part[0]), to = Int32Array.from(parts, (part) => part[1]);
  const shares = Float32Array.from(parts, (part) => part[2]);
  const sums = new Float32Array(width * height), row = new Float32Array(width);
  let filled = -1;
  for (const [y, place, weight] of areaWeights(image.height, height)) {
    if (y !== filled) {
      row.fill(0);
      const start = y * image.width;
      for (let i = 0; i < from.length; i++) row[to[i]] += Math.fround(image.data[start + from[i]] * shares[i]);
      filled = y;
    }
    for (let x = 0; x < width; x++) sums[place * width + x] += Math.fround(Math.fround(weight) * row[x]);
  }
  return greyImage(width, height, Uint8Array.from(sums, asByte));
}

/*
 * For each new pixel along one axis: the two old ones that it lies between, and 2048ths of the first and of the second.
 * Beyond the last pixel lies the same one again.
 */
function linearWeights(before, after) {
  return Array.from({ length: after }, (_, place) => {
    const middle = Math.fround((place + 0.5) * (before / after) - 0.5), first = Math.floor(middle);
    const share = roundHalfEven(Math.fround(middle - first) * 2048);
    return [Math.max(first, 0), Math.min(first + 1, before - 1), 2048 - share, share];
  });
}

/* Larger: each new pixel is interpolated between the four old ones around it. (OpenCV's INTER_LINEAR, in whole numbers) */
function enlarged(image, width, height) {
  const across = linearWeights(image.width, width), down = linearWeights(image.height, height);
  const out = greyImage(width, height), { data } = image;
  for (let y = 0, place = 0; y < height; y++) {
    const [above, below, near, far] = down[y];
    for (let x = 0; x < width; x++, place++) {
      const [left, right, first, second] = across[x];
      const upper = data[above * image.width + left] * first + data[above * image.width + right] * second;
      const lower = data[below * image.width + left] * first + data[below * image.width + right] * second;
      out.data[place] = ((near * (upper >> 4) >> 16) + (far * (lower >> 4) >> 16) + 2) >> 2;
    }
  }
  return out;
}

function resized(image, width, height, smaller) {
  if (width === image.width && height === image.height) return image;
  return smaller ? shrunk(image, width, height) : enlarged(image, width, height);
}
