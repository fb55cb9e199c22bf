// Training of the OOD detector: a small network on features, as spritenet/ood/detector in Python.

import { toBase64 } from './base64.js';
import { layers } from './layers.js';
import { optimizers } from './optimizers.js';
import { rounded } from './outliers.js';
import { schedules } from './schedules.js';

const MOST_FEATURES = 256; // of a layer with more outputs, those of largest variance
const HIDDEN = 80;
const RATE = 0.01;
const SPLITTER = 2 ** 13 + 1;

/** Integers of a kernel go from -LEVELS to LEVELS: five bits, which compress well and decide alike. */
export const LEVELS = 15;

/**
 * Rows of features, each of `width` numbers.
 *
 * @typedef {{ values: Float32Array, width: number }} Features
 */

/**
 * Trains a detector to separate features of training images from those of outliers.
 *
 * @param {Features} inliers
 * @param {ArrayLike<number>} labels  their classes
 * @param {Features} outliers
 * @param {number} classes
 * @param {object} how
 * @param {number | bigint} how.seed
 * @param {import('./core.js').Core} how.core
 * @param {typeof import('./model.js').Model.create} how.create  makes the network
 * @param {AbortSignal} [how.signal]
 * @param {number} [how.sliceMilliseconds]
 * @returns {Promise<Record<string, number | string> | null>}  the entry of the model's file; null if
 *     it was aborted
 */
export async function trainDetector(
  inliers,
  labels,
  outliers,
  classes,
  { seed, core, create, ...how },
) {
  const places = placesOf(inliers, outliers);
  const count = labels.length;
  const inputs = places.length;
  const { low, scale } = rangesOf(inliers, places);
  const images = new Uint8Array((count + outliers.values.length / outliers.width) * inputs);
  let at = 0;
  for (const { values, width } of [inliers, outliers]) {
    for (let row = 0; row < values.length; row += width) {
      places.forEach((place, j) => {
        const u = Math.fround(Math.fround(values[row + place] - low[j]) * scale[j]);
        images[at++] = rounded(Math.fround(Math.min(Math.max(u, 0), 1) * 255));
      });
    }
  }
  const all = new Int32Array(images.length / inputs).fill(classes);
  all.set(labels);
  const model = await create({
    inputShape: [1, 1, inputs],
    layers: [
      layers.flatten(),
      layers.dense({ units: HIDDEN, activation: 'relu' }),
      layers.dense({ units: classes + 1, activation: 'softmax' }),
    ],
    seed,
    core,
  });
  const learningRate = schedules.oneCycle({ maxLearningRate: RATE });
  model.compile({
    optimizer: optimizers.adamw({ learningRate, weightDecay: 0.02, beta2: 0.99 }),
  });
  const { aborted } = await model.fit(
    { images, labels: all },
    { epochs: 10, batchSize: 64, seed, ...how },
  );
  if (aborted) return null;
  const [kernel, bias, outputKernel, outputBias] = model.weights.map(({ values }) => values);
  const kernelScale = new Float32Array(HIDDEN);
  kernel.forEach((value, i) => {
    kernelScale[i % HIDDEN] = Math.max(kernelScale[i % HIDDEN], Math.abs(value));
  });
  kernelScale.forEach(
    (most, j) => void (kernelScale[j] = shortened(Math.fround(Math.max(most, 1e-12) / LEVELS))),
  );
  const integers = Int8Array.from(kernel, (value, i) =>
    rounded(Math.fround(value / kernelScale[i % HIDDEN])),
  );
  const isWide = places[inputs - 1] >= 65_536;
  return {
    features: inputs,
    hidden: HIDDEN,
    classes,
    places: toBase64(isWide ? Uint32Array.from(places) : Uint16Array.from(places)),
    low: toBase64(low),
    scale: toBase64(scale),
    kernel: toBase64(integers),
    kernel_scale: toBase64(kernelScale),
    bias: toBase64(bias.map(shortened)),
    output_kernel: toBase64(outputKernel.map(shortened)),
    output_bias: toBase64(outputBias.map(shortened)),
  };
}

/**
 * The features that the detector sees, in rising order: of many those of largest variance, computed in
 * float32 as NumPy does, row after row.
 *
 * @param {Features} inliers
 * @param {Features} outliers
 * @returns {number[]}
 */
function placesOf(inliers, outliers) {
  const { width } = inliers;
  const places = Array.from({ length: width }, (_, j) => j);
  if (width <= MOST_FEATURES) return places;
  const count = (inliers.values.length + outliers.values.length) / width;
  const mean = new Float32Array(width);
  const variance = new Float32Array(width);
  for (const { values } of [inliers, outliers]) {
    values.forEach((value, i) => void (mean[i % width] += value));
  }
  mean.forEach((sum, j) => void (mean[j] = sum / count));
  for (const { values } of [inliers, outliers]) {
    values.forEach((value, i) => {
      const apart = Math.fround(value - mean[i % width]);
      variance[i % width] += Math.fround(apart * apart);
    });
  }
  variance.forEach((sum, j) => void (variance[j] = sum / count));
  places.sort((a, b) => variance[b] - variance[a]); // stable
  return places.slice(0, MOST_FEATURES).sort((a, b) => a - b);
}

/**
 * The least value of each feature among training images, and what brings its range to 0 … 1.
 *
 * @param {Features} inliers
 * @param {number[]} places
 */
function rangesOf({ values, width }, places) {
  const low = Float32Array.from(places, () => Infinity);
  const high = Float32Array.from(places, () => -Infinity);
  for (let row = 0; row < values.length; row += width) {
    places.forEach((place, j) => {
      const value = values[row + place];
      if (value < low[j]) low[j] = value;
      if (value > high[j]) high[j] = value;
    });
  }
  const most = high.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  // A feature that hardly varies would otherwise amplify tiny differences.
  const least = Math.fround(Math.fround(Math.fround(1e-3) * most) + Math.fround(1e-9));
  const scale = low.map((value, j) =>
    shortened(Math.fround(1 / Math.max(Math.fround(high[j] - value), least))),
  );
  return { low, scale };
}

/** A float32 rounded to 11 significant bits, as float16 has: Veltkamp's splitting. @param {number} x */
export function shortened(x) {
  const high = Math.fround(x * SPLITTER);
  return Math.fround(high - Math.fround(high - x));
}
