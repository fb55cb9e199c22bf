// Class weights: factors on the loss of each class's images, as in Python.

import { DataError } from './errors.js';

/** @typedef {import('./examples.js').Examples} Examples */
/**
 * A factor for each class; factors by class index or name; or 'balanced', which gives all classes the
 * same total weight. The classes of one output are 0, no, and 1, yes.
 *
 * @typedef {'balanced' | readonly number[] | Readonly<Record<string, number>>} ClassWeight
 */

const where = 'classWeight';

/**
 * Returns the examples with the factor of its class on each image's loss, besides the weight it has;
 * with several labels an image, with a factor on each output's part of the loss.
 *
 * @param {Examples} examples
 * @param {ClassWeight} given
 * @param {number} outputs  of the network
 * @param {readonly string[]} classNames  may be empty
 * @param {import('./losses.js').LossRow} [row]  of the loss
 * @returns {Examples}
 */
export function withClassWeight(examples, given, outputs, classNames, row) {
  const { targets, weights } = examples;
  const classes = Math.max(2, outputs); // of one output: no and yes
  const labels = labelsOf(examples, outputs, row);
  const counts = new Float64Array(classes);
  if (targets && !labels && row?.byOutput) {
    targets.forEach((target, i) => (counts[i % outputs] += target));
    const known = targets.every(isAnswer) ? counts : null;
    const factors = factorsOf(given, known, classes, classNames);
    return { ...examples, outputWeights: Float32Array.from(factors) };
  }
  if (!labels) {
    throw new DataError('class weights need labels, not targets', {
      where,
      todo: 'Give each image its weight: { images, targets, weights }.',
    });
  }
  for (let i = 0; i < labels.length; i++) counts[labels[i]] += 1;
  const known = !targets || targets.every(isAnswer) ? counts : null;
  const factors = factorsOf(given, known, classes, classNames);
  const own = Float32Array.from(labels, (label, i) => (factors[label] ?? 1) * (weights?.[i] ?? 1));
  return { ...examples, weights: own };
}

/** @param {number} value */
const isAnswer = (value) => value === 0 || value === 1;

/**
 * The class of each image: its label, or that of its one-hot row, or of a single output 0, no, or 1,
 * yes; null where it has several or none.
 *
 * @param {Examples} examples
 * @param {number} outputs
 * @param {import('./losses.js').LossRow} [row]
 * @returns {ArrayLike<number> | null}
 */
function labelsOf({ labels, targets }, outputs, row) {
  if (!targets) return labels ?? null;
  if (outputs === 1) return row?.byOutput ? targets.map(Math.trunc) : null;
  if (!row || row.accuracy === 'each' || !targets.every(isAnswer)) return null;
  const found = new Int32Array(targets.length / outputs);
  for (let i = 0; i < found.length; i++) {
    const one = targets.subarray(i * outputs, (i + 1) * outputs);
    found[i] = one.indexOf(1);
    if (found[i] < 0 || one.lastIndexOf(1) !== found[i]) return null;
  }
  return found;
}

/**
 * @param {ClassWeight} given
 * @param {Float64Array | null} counts  the labels of each class; null if they can't be counted
 * @param {number} classes
 * @param {readonly string[]} classNames
 * @returns {Float64Array}
 */
function factorsOf(given, counts, classes, classNames) {
  const factors = new Float64Array(classes).fill(1);
  if (typeof given === 'string') {
    if (given !== 'balanced') {
      throw new DataError('unknown word', { where, expected: "'balanced'" });
    }
    if (!counts) {
      throw new DataError("the images of each class can't be counted", {
        where,
        expected: "targets of 0 and 1, for 'balanced'",
        todo: 'Give a factor for each class.',
      });
    }
    const present = counts.filter((count) => count > 0).length;
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (count ? total / (present * count) : 1));
  }
  if (Array.isArray(given) && given.length !== classes) {
    throw new DataError("the class weights don't fit the classes", {
      where,
      expected: `a factor for each of ${classes} classes`,
      got: given.length,
    });
  }
  for (const [key, factor] of Object.entries(given)) {
    const named = classNames.indexOf(key);
    const place = named >= 0 && !Array.isArray(given) ? named : Number(key);
    if (!(Number.isInteger(place) && place >= 0 && place < classes)) {
      const names = classNames.length ? `, or one of ${classNames.slice(0, 12).join(', ')}` : '';
      throw new DataError('unknown class', {
        where,
        expected: `0 … ${classes - 1}${names}`,
        got: key,
      });
    }
    if (!(Number.isFinite(factor) && factor >= 0)) {
      throw new DataError(`invalid weight of class ${key}`, {
        where,
        expected: 'a number ≥ 0',
        got: factor,
      });
    }
    factors[place] = factor;
  }
  return factors;
}
