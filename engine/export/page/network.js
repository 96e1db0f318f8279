"use strict";

/*
 * The network in plain JavaScript: one function for each kind of layer, one image at a time.
 *
 * Images are (height, width, channels), row by row with the channels of a pixel side by side; x and y are
 * Float32Arrays of them. A layer has its settings, `input` and `output` shapes, and its arrays by name.
 */

const GELU_SCALE = Math.sqrt(2 / Math.PI), GELU_CUBIC = 0.044715;

const LAYERS = {
  /* y = x W + b; bias "unit" appends one output that is always 1. */
  Dense(x, layer) {
    const { units, weight, bias } = layer;
    const sums = bias instanceof Float32Array ? Float64Array.from(bias) : new Float64Array(units);
    for (let input = 0, place = 0; input < x.length; input++, place += units) {
      const value = x[input];
      if (value === 0) continue;
      for (let unit = 0; unit < units; unit++) sums[unit] += value * weight[place + unit];
    }
    const y = new Float32Array(layer.output[0]).fill(1);
    y.set(sums);
    return y;
  },

  /* y[i, j, o] = b[o] + sum over u, v, c of x[i s + u, j s + v, c] W[u, v, c, o], with zeros around x. */
  Conv(x, layer) {
    const [height, width, channels] = layer.input, [rows, columns, outputs] = layer.output;
    const { kernel, stride, before, weight, bias } = layer;
    const y = new Float32Array(rows * columns * outputs), sums = new Float64Array(outputs);
    for (let i = 0, pixel = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, pixel += outputs) {
        bias instanceof Float32Array ? sums.set(bias) : sums.fill(0);
        for (let u = 0; u < kernel; u++) {
          const row = i * stride + u - before;
          if (row < 0 || row >= height) continue;
          for (let v = 0; v < kernel; v++) {
            const column = j * stride + v - before;
            if (column < 0 || column >= width) continue;
            let from = (row * width + column) * channels, place = (u * kernel + v) * channels * outputs;
            for (let c = 0; c < channels; c++, from++, place += outputs) {
              const value = x[from];
              if (value === 0) continue;
              for (let o = 0; o < outputs; o++) sums[o] += value * weight[place + o];
            }
          }
        }
        y.set(sums, pixel);
      }
    }
    return y;
  },

  MaxPool: (x, layer) => pooled(x, layer, -Infinity, (most, value) => (value > most ? value : most), 1),
  AvgPool: (x, layer) => pooled(x, layer, 0, (sum, value) => sum + value, 1 / layer.size ** 2),

  /* y = scale (x - mean) / sqrt(var + epsilon) + shift, one number of each a channel. */
  BatchNorm(x, layer) {
    const { scale, shift, mean, epsilon } = layer, count = mean.length;
    const factor = layer.var.map((value, c) => scale[c] / Math.sqrt(value + epsilon));
    return x.map((value, place) => {
      const c = place % count;
      return value * factor[c] + (shift[c] - mean[c] * factor[c]);
    });
  },

  /* Nothing is dropped when a network answers; what was not scaled up in training is scaled down here. */
  Dropout: (x, layer) => (layer.scale === "test" ? x.map((value) => value * (1 - layer.drop)) : x),

  Flatten: (x) => x,
  Identity: (x) => x,
  ReLU: (x) => x.map((value) => Math.max(value, 0)),
  LeakyReLU: (x, layer) => x.map((value) => Math.max(value, layer.slope * value)),
  Sigmoid: (x) => x.map((value) => (1 + Math.tanh(value / 2)) / 2),
  Tanh: (x) => x.map(Math.tanh),
  GELU: (x) => x.map((value) => (value * (1 + Math.tanh(GELU_SCALE * (value + GELU_CUBIC * value ** 3)))) / 2),

  /* Shares that add up to 1: of all outputs, or, on an image, of each pixel's channels. */
  Softmax(x, layer) {
    const count = layer.output.at(-1), y = new Float32Array(x.length);
    for (let start = 0; start < x.length; start += count) y.set(softmax(x.subarray(start, start + count)), start);
    return y;
  },
};

/* One number for each window; rows and columns that fill no whole window are left out. */
function pooled(x, layer, start, add, factor) {
  const [, width, channels] = layer.input, [rows, columns] = layer.output;
  const { size } = layer, stride = layer.stride || size;
  const y = new Float32Array(rows * columns * channels);
  for (let i = 0, place = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let c = 0; c < channels; c++, place++) {
        let value = start;
        for (let u = 0; u < size; u++) {
          for (let v = 0; v < size; v++) {
            value = add(value, x[((i * stride + u) * width + j * stride + v) * channels + c]);
          }
        }
        y[place] = value * factor;
      }
    }
  }
  return y;
}

/* exp(z_i) / sum_j exp(z_j); the largest is taken off first, so nothing overflows. */
function softmax(z) {
  const largest = z.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = Float64Array.from(z, (value) => Math.exp(value - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/* What the outputs say of each class. Those of a network trained with mean squared error are no logits. */
function probabilities(outputs, loss) {
  let shares;
  if (loss === "MeanSquaredError") {
    const positive = Float64Array.from(outputs, (value) => Math.max(value, 0));
    const sum = positive.reduce((total, value) => total + value, 0);
    shares = sum > 0 ? positive.map((value) => value / sum) : positive.fill(1 / outputs.length);
  } else {
    shares = softmax(outputs);
  }
  // a network that diverged overflows; it then says nothing of any class
  return shares.every(Number.isFinite) ? shares : shares.fill(1 / outputs.length);
}

/*
 * The network that a page holds: `description` its layers as JSON, `encoded` all numbers as base64 of float32.
 *
 * predict(image): image Uint8Array of height * width, 0 the background -> the probabilities of all classes.
 */
function makeNetwork(description, encoded) {
  const text = atob(encoded.trim()), bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place); // quicker than from() by far
  const numbers = new Float32Array(bytes.buffer);
  const layers = description.layers.map((layer) => {
    const arrays = Object.entries(layer.arrays).map(([name, [start, end]]) => [name, numbers.subarray(start, end)]);
    return { ...layer.settings, ...layer, ...Object.fromEntries(arrays) };
  });
  const { mean, deviation } = description.scaling;
  const predict = (image) => {
    let x = Float32Array.from(image, (pixel) => (pixel / 255 - mean) / deviation);
    for (const layer of layers) x = LAYERS[layer.kind](x, layer);
    return probabilities(x, description.loss);
  };
  return { ...description, layers, predict };
}
