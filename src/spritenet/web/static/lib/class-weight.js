// Class weights: factors on the loss of each class's images, as in Python.

import { DataError } from './errors.js';

/** @typedef {import('./examples.js').Examples} Examples */
/**
 * A factor for each class; factors by class index or name; or 'balanced', which gives all classes the
 * same total weight.
 *
 * @typedef {'balanced' | readonly number[] | Readonly<Record<string, number>>} ClassWeight
 */

const where = 'classWeight';

/**
 * Returns the examples with the factor of its class on each image's loss, besides the weight it has.
 *
 * @param {Examples} examples  with labels
 * @param {ClassWeight} given
 * @param {number} outputs  the number of classes
 * @param {readonly string[]} classNames  may be empty
 * @returns {Examples}
 */
export function withClassWeight(examples, given, outputs, classNames) {
  const { labels, weights } = examples;
  if (!labels) {
    throw new DataError('class weights need labels, not targets', {
      where,
      todo: 'Give each image its weight: { images, targets, weights }.',
    });
  }
  const factors = factorsOf(given, labels, outputs, classNames);
  const own = Float32Array.from(labels, (label, i) => factors[label] * (weights?.[i] ?? 1));
  return { ...examples, weights: own };
}

/**
 * @param {ClassWeight} given
 * @param {ArrayLike<number>} labels
 * @param {number} outputs
 * @param {readonly string[]} classNames
 * @returns {Float64Array}
 */
function factorsOf(given, labels, outputs, classNames) {
  const factors = new Float64Array(outputs).fill(1);
  if (typeof given === 'string') {
    if (given !== 'balanced') {
      throw new DataError('unknown word', { where, expected: "'balanced'" });
    }
    const counts = new Float64Array(outputs);
    for (let i = 0; i < labels.length; i++) counts[labels[i]] += 1;
    const present = counts.filter((count) => count > 0).length;
    return counts.map((count) => (count ? labels.length / (present * count) : 1));
  }
  if (Array.isArray(given) && given.length !== outputs) {
    throw new DataError("the class weights don't fit the classes", {
      where,
      expected: `a factor for each of ${outputs} classes`,
      got: given.length,
    });
  }
  for (const [key, factor] of Object.entries(given)) {
    const named = classNames.indexOf(key);
    const place = named >= 0 && !Array.isArray(given) ? named : Number(key);
    if (!(Number.isInteger(place) && place >= 0 && place < outputs)) {
      const names = classNames.length ? `, or one of ${classNames.slice(0, 12).join(', ')}` : '';
      throw new DataError('unknown class', {
        where,
        expected: `0 … ${outputs - 1}${names}`,
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
