// Evaluation in slices: loss and accuracy, and the predictions behind them.

import { DataError } from './errors.js';
import { labelMetrics } from './label-metrics.js';
import { Measures } from './measures.js';
import { Pace, SLICE } from './pause.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./losses.js').Loss} Loss */
/** @typedef {import('./network.js').Network} Network */

const LEAST_PROBABILITY = 1e-7; // as Keras cuts it, so that one confident mistake is not infinite

/**
 * @typedef {object} Examination
 * @property {Int32Array} predicted  the class of each image that is most probable
 * @property {Float32Array} confidences  how probable
 * @property {Int32Array[]} matrix  matrix[true class][predicted class]: how many images
 * @property {number} accuracy
 * @property {number} logLoss  the mean of -ln of the probability given to what was right; without L2
 * @property {number} count
 * @property {import('./label-metrics.js').LabelMetrics} [classes]  of multi-label examples, at the
 *     model's thresholds; the accuracy is then the fraction of right answers at 0.5
 * @property {Float32Array} [probabilities]  of multi-label examples: count × classes
 */

/**
 * Calls `work` with parts of the examples, each as long as a slice, until all are done or it is aborted.
 *
 * @param {Network} network
 * @param {Examples} examples
 * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} options
 * @param {(first: number, count: number) => void} work
 * @returns {Promise<number>}  how many were done
 */
async function inSlices(network, { images }, { signal, sliceMilliseconds = SLICE }, work) {
  const count = images.length / network.imageBytes;
  const pace = new Pace(sliceMilliseconds);
  pace.amount = Math.min(64, network.capacity);
  let done = 0;
  while (done < count && !signal?.aborted) {
    const here = Math.min(pace.amount, count - done, network.capacity);
    const start = performance.now();
    work(done, here);
    pace.took(here, performance.now() - start);
    done += here;
    await pace.breathe();
  }
  return done;
}

/**
 * Returns the mean loss, with L2, the accuracy and other metrics.
 *
 * @param {Network} network
 * @param {Examples} examples  checked
 * @param {Loss} loss
 * @param {{ signal?: AbortSignal, sliceMilliseconds?: number, metrics: readonly import('./metrics.js').Metric[] }} options
 */
export async function evaluate(network, examples, loss, { metrics, ...options }) {
  const measures = new Measures(metrics, network.outputs, loss, examples);
  let lossSum = 0;
  let correct = 0;
  let l2 = 0;
  const count = await inSlices(network, examples, options, (first, here) => {
    const part = network.evaluate(examples, first, here, loss, metrics.length > 0);
    measures.add(part.outputs, (i) => first + i);
    lossSum += part.lossSum;
    correct += part.correct;
    l2 = part.l2;
  });
  const divisor = Math.max(1, count);
  const { values } = measures;
  return { loss: lossSum / divisor + l2, accuracy: correct / divisor, count, metrics: values };
}

/**
 * Returns the predictions, and what they amount to.
 *
 * @param {Network} network
 * @param {Examples} examples  checked, with labels, or with targets of 0 and 1
 * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} [options]
 * @param {ArrayLike<number> | null} [thresholds]  of a multi-label network; 0.5 if there are none
 * @returns {Promise<Examination>}
 */
export async function examine(network, examples, options = {}, thresholds = null) {
  const { images, labels, targets } = examples;
  if (!labels && targets) return examineRows(network, { images, targets }, options, thresholds);
  if (!labels) throw new DataError('missing labels');
  const { outputs, imageBytes } = network;
  const predicted = new Int32Array(labels.length);
  const confidences = new Float32Array(labels.length);
  const matrix = Array.from({ length: outputs }, () => new Int32Array(outputs));
  let correct = 0;
  let logLoss = 0;
  const count = await inSlices(network, examples, options, (first, here) => {
    const end = (first + here) * imageBytes;
    const values = network.predict(images.subarray(first * imageBytes, end));
    for (let i = 0; i < here; i++) {
      const row = values.subarray(i * outputs, (i + 1) * outputs);
      const best = row.reduce((most, value, k) => (value > row[most] ? k : most), 0);
      const label = labels[first + i];
      predicted[first + i] = best;
      confidences[first + i] = row[best];
      logLoss -= Math.log(Math.max(row[label], LEAST_PROBABILITY));
      matrix[label][best]++;
      if (best === label) correct++;
    }
  });
  const divisor = Math.max(1, count);
  return {
    predicted: predicted.subarray(0, count),
    confidences: confidences.subarray(0, count),
    matrix,
    accuracy: correct / divisor,
    logLoss: logLoss / divisor,
    count,
  };
}

/**
 * Returns the multi-label predictions, and what they amount to.
 *
 * @param {Network} network
 * @param {{ images: Uint8Array, targets: Float32Array }} examples
 * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} options
 * @param {ArrayLike<number> | null} thresholds
 * @returns {Promise<Examination>}
 */
async function examineRows(network, { images, targets }, options, thresholds) {
  const { outputs, imageBytes } = network;
  const probabilities = new Float32Array(targets.length);
  const count = await inSlices(network, { images }, options, (first, here) => {
    const part = images.subarray(first * imageBytes, (first + here) * imageBytes);
    probabilities.set(network.predict(part), first * outputs);
  });
  const [rows, found] = [targets, probabilities].map((all) => all.subarray(0, count * outputs));
  const halves = new Float64Array(outputs).fill(0.5); // as the accuracy in training has them
  const classes = labelMetrics(rows, found, thresholds ?? halves);
  const logLoss = found.reduce((sum, p, i) => {
    const given = rows[i] === 1 ? p : 1 - p;
    return sum - Math.log(Math.max(given, LEAST_PROBABILITY));
  }, 0);
  return {
    predicted: new Int32Array(0),
    confidences: new Float32Array(0),
    matrix: [],
    accuracy: labelMetrics(rows, found, halves).binaryAccuracy,
    logLoss: logLoss / Math.max(1, found.length),
    count,
    classes,
    probabilities: found.slice(),
  };
}
