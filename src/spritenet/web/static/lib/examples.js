// Examples: images with their labels or targets, checked against a network.

import { DataError } from './errors.js';
import { size } from './shapes.js';

/**
 * Images with labels or targets.
 *
 * @typedef {object} Examples
 * @property {Uint8Array} images  n h w c, 0 to 255
 * @property {ArrayLike<number>} [labels]  n class indices
 * @property {Float32Array} [targets]  n × outputs, used instead of labels
 * @property {Float32Array} [weights]  n factors on each image's loss
 * @property {Float32Array} [outputWeights]  a factor on each output's part of the loss, made of class weights
 */

/**
 * Returns images as the raw pixels that the core takes.
 *
 * @param {unknown} images
 * @param {readonly number[]} shape  of one image: height, width, channels
 * @returns {Uint8Array}
 */
export function pixelsOf(images, shape) {
  const bytes =
    images instanceof Uint8ClampedArray
      ? new Uint8Array(images.buffer, images.byteOffset, images.length)
      : images;
  if (!(bytes instanceof Uint8Array)) {
    throw new DataError('images must be raw pixels from 0 to 255', {
      expected: 'a Uint8Array',
      got: typeName(images),
    });
  }
  const imageBytes = size([...shape]);
  if (bytes.length === 0 || bytes.length % imageBytes !== 0) {
    throw new DataError("the images don't fit the network", {
      expected: `a multiple of ${shape.join('×')} = ${imageBytes} pixels`,
      got: bytes.length,
    });
  }
  return bytes;
}

/**
 * Returns the raw pixels of one image.
 *
 * @param {Uint8Array | Uint8ClampedArray} image
 * @param {readonly number[]} shape
 */
export function onePixels(image, shape) {
  const imageBytes = size([...shape]);
  if (image.length !== imageBytes) {
    throw new DataError('there must be one image', {
      expected: `${imageBytes} pixels`,
      got: image.length,
    });
  }
  return pixelsOf(image, shape);
}

/**
 * Returns the examples as a loss takes them: labels of a network of one output are its targets.
 *
 * @param {Examples} examples
 * @param {number} outputs  of the network
 * @param {import('./losses.js').LossRow} row  of the loss
 * @returns {Examples}
 */
export function examplesFor(examples, outputs, { activation }) {
  const { labels, targets } = examples;
  if (outputs > 1 || targets || !labels || activation === 'softmax') return examples;
  return { ...examples, labels: undefined, targets: Float32Array.from(labels) };
}

/**
 * Refuses targets that make no sense for a loss.
 *
 * @param {Float32Array} targets
 * @param {number} outputs
 * @param {import('./losses.js').LossRow} row  of the loss
 */
export function checkTargets(targets, outputs, { targets: kind, words: [where] }) {
  if (kind === 'labels') {
    throw new DataError('the loss needs labels, not targets', {
      where,
      todo: 'Use categorical_crossentropy.',
    });
  }
  for (let i = 0; i < targets.length; i += outputs) {
    const row = targets.subarray(i, i + outputs);
    const outside = row.find((value) => !(value >= 0 && value <= 1));
    if (kind === 'fractions' && outside !== undefined) {
      throw new DataError('a target is outside 0 to 1', { where, got: outside });
    }
    const binary = row.every((value) => value === 0 || value === 1);
    const sum = row.reduce((all, value) => all + value, 0);
    if (kind === 'distributions' && binary && sum > 1) {
      throw new DataError('an image has several labels, but a softmax chooses one', {
        where,
        todo: "Use a last layer with activation 'sigmoid', and binary_crossentropy.",
      });
    }
  }
}

/**
 * Returns the number of examples, once all of them are checked.
 *
 * @param {Examples} examples
 * @param {readonly number[]} shape  of one image
 * @param {number} outputs  of the network
 * @param {import('./losses.js').LossRow} [row]  of the loss
 * @returns {number}
 */
export function checkExamples({ images, labels, targets, weights }, shape, outputs, row) {
  const count = pixelsOf(images, shape).length / size([...shape]);
  if (!labels && !targets) throw new DataError('missing labels or targets');
  if (targets && !(targets instanceof Float32Array && targets.length === count * outputs)) {
    throw new DataError("the targets don't fit the images", {
      expected: `a Float32Array of ${count} × ${outputs}`,
      got: targets.length,
    });
  }
  if (targets && row) checkTargets(targets, outputs, row);
  if (labels && !targets) checkLabels(labels, count, outputs);
  if (weights && !(weights instanceof Float32Array && weights.length === count)) {
    throw new DataError("the weights don't fit the images", {
      expected: `a Float32Array of ${count}`,
      got: weights.length,
    });
  }
  return count;
}

/**
 * @param {ArrayLike<number>} labels
 * @param {number} count
 * @param {number} outputs
 */
function checkLabels(labels, count, outputs) {
  if (labels.length !== count) {
    throw new DataError("the labels don't fit the images", {
      expected: `${count} labels`,
      got: labels.length,
    });
  }
  for (let i = 0; i < count; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < outputs)) {
      throw new DataError(`the label of image ${i} is none of the classes`, {
        expected: `0 to ${outputs - 1}`,
        got: labels[i],
      });
    }
  }
}

/** @param {unknown} value */
function typeName(value) {
  return value === null ? 'null' : (/** @type {any} */ (value)?.constructor?.name ?? typeof value);
}

/**
 * Returns right decisions as images, of each of which so many are counted; NaN where there are none.
 *
 * @param {ArrayLike<number>} right
 * @param {number} decisions
 */
export function imagesOf(right, decisions) {
  return Float64Array.from(right, (count) => (decisions ? count / decisions : NaN));
}
