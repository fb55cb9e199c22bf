// The input of a network in a file, and the images that an input of fewer than three sides holds.

import { ModelError } from './errors.js';
import { size } from './shapes.js';

/** @typedef {import('./layers.js').Config} Config */

const MAXIMAL_SIDE = 65535; // pixels
const LONGEST = 2 ** 20; // values of a vector
const LEAST_SIDE = 8; // of images that are taken to be square: fewer values are seldom pixels

/**
 * Returns height, width and channels of the images that an input of a shape holds. A vector holds a
 * square image, grey or of three channels, if it has as many values.
 *
 * @param {readonly number[]} shape
 * @returns {[number, number, number]}
 */
export function imageShapeOf(shape) {
  if (shape.length === 3) return [shape[0], shape[1], shape[2]];
  if (shape.length === 2) return [shape[0], shape[1], 1];
  const values = size([...shape]);
  for (const channels of [1, 3]) {
    const side = Math.round(Math.sqrt(values / channels));
    if (side >= LEAST_SIDE && side * side * channels === values) return [side, side, channels];
  }
  return [1, values, 1];
}

/**
 * Returns the note on a vector that is taken for a square image; '' of other inputs.
 *
 * @param {readonly number[]} shape
 */
export function squareNote(shape) {
  const [height, width, channels] = imageShapeOf(shape);
  if (shape.length !== 1 || height === 1) return '';
  const kind = channels === 1 ? 'grey images' : 'images of three channels';
  return `it takes rows of ${shape[0]} numbers: ${kind} of ${height}×${width} are assumed`;
}

/**
 * Returns the shape of one input, from the config of a file's first layer.
 *
 * @param {Config} config
 * @returns {number[]}
 */
export function inputShapeOf(config) {
  let shape = /** @type {any} */ (config.batch_input_shape ?? config.batch_shape);
  if (!shape && Array.isArray(config.input_shape)) shape = [null, ...config.input_shape];
  if (!shape && config.input_dim) shape = [null, config.input_dim];
  const sides = Array.isArray(shape) ? shape.slice(1) : [];
  const most = sides.length === 1 ? LONGEST : MAXIMAL_SIDE;
  if (
    sides.length < 1 ||
    sides.length > 3 ||
    !sides.every((n) => Number.isInteger(n) && n > 0 && n <= most)
  ) {
    throw new ModelError("the network doesn't take images of a known size", {
      expected: 'batch_input_shape [null, height, width, channels], or fewer sides',
      got: JSON.stringify(shape ?? null),
    });
  }
  return sides;
}
