// The image a foreign network takes, also where its file says numbers or leaves channels out.
//
// `[null, 28, 28]` is a grey image whose channel was left out, and `[null, 784]` one whose rows were
// joined, if the layers after it read it so: before a Flatten, a Reshape or a Dense.

import { ModelError } from './errors.js';
import { size } from './shapes.js';

/** @typedef {import('./stack.js').Entry} Entry */

const MAXIMAL_SIDE = 65535; // pixels
const LEAST_SIDE = 8; // of an image whose sides are guessed: fewer numbers are measurements, not pixels
const POINTWISE = ['Dropout', 'ELU', 'LeakyReLU', 'ReLU', 'Rescaling']; // they read each number alone

/**
 * Height, width and channels of the images; the layers that take those; and what was assumed.
 *
 * InputLayers are left out, as is a Reshape that only makes images of rows or channels of none.
 *
 * @param {readonly Entry[]} entries
 * @returns {{ inputShape: number[], entries: Entry[], note: string }}
 */
export function asImages(entries) {
  let shape = given(entries);
  const layers = entries.filter(({ className }) => className !== 'InputLayer');
  /** @type {Entry | undefined} */
  let after;
  let place = 0;
  while (shape.length < 3) {
    place = layers.findIndex((entry) => !isPointwise(entry));
    if (place < 0) place = layers.length;
    after = layers[place];
    if (after?.className !== 'Reshape') break;
    shape = reshaped(after, shape);
    layers.splice(place, 1);
  }
  const kind = after?.className;
  if (shape.length === 3 && Math.max(...shape) <= MAXIMAL_SIDE) {
    return { inputShape: shape, entries: layers, note: '' };
  }
  if (shape.length === 2 && kind === 'Flatten') {
    return { inputShape: [...shape, 1], entries: layers, note: '' };
  }
  const side = shape.length === 1 ? Math.round(Math.sqrt(shape[0])) : 0;
  if (side >= LEAST_SIDE && side * side === shape[0] && (kind === 'Flatten' || kind === 'Dense')) {
    if (kind === 'Dense') {
      const taken = new Set(layers.map(({ config }) => config.name));
      let name = 'flatten';
      for (let i = 1; taken.has(name); i++) name = `flatten_${i}`;
      layers.splice(place, 0, { className: 'Flatten', config: { name } });
    }
    const note = `it takes rows of ${side * side} numbers: grey images of ${side}×${side} are assumed`;
    return { inputShape: [side, side, 1], entries: layers, note };
  }
  throw unknown([null, ...shape], after);
}

/**
 * The shape a Reshape makes; -1 in it is what is left.
 *
 * @param {Entry} entry
 * @param {readonly number[]} shape
 * @returns {number[]}
 */
export function reshaped({ config }, shape) {
  const target = config.target_shape;
  const sides = Array.isArray(target) ? target : [];
  const known = sides.filter((side) => Number.isInteger(side) && side > 0 && side <= 2 ** 31);
  const [whole, part] = [size([...shape]), size(known)];
  if (
    sides.length &&
    known.length === sides.length - 1 &&
    sides.includes(-1) &&
    whole % part === 0
  ) {
    return sides.map((side) => (side === -1 ? whole / part : side));
  }
  if (!sides.length || known.length !== sides.length || part !== whole) {
    throw new ModelError("its target_shape doesn't fit", {
      where: config.name,
      expected: `${whole} numbers in all`,
      got: target ?? null,
    });
  }
  return sides;
}

/** @param {Entry} entry */
function isPointwise({ className, config }) {
  return (
    POINTWISE.includes(className) || (className === 'Activation' && config.activation !== 'softmax')
  );
}

/**
 * The shape without the batch, from the config of the first layer.
 *
 * @param {readonly Entry[]} entries
 * @returns {number[]}
 */
function given([{ config }]) {
  let shape = config.batch_input_shape ?? config.batch_shape;
  if (!shape && Array.isArray(config.input_shape)) shape = [null, ...config.input_shape];
  if (!shape && config.input_dim) shape = [null, config.input_dim];
  const sides = Array.isArray(shape) ? shape.slice(1) : [];
  if (
    sides.length < 1 ||
    sides.length > 3 ||
    !sides.every((n) => Number.isInteger(n) && n > 0 && n <= MAXIMAL_SIDE)
  ) {
    throw unknown(shape ?? null);
  }
  return sides;
}

/** @param {unknown} shape @param {Entry} [after] */
function unknown(shape, after) {
  const got = JSON.stringify(shape);
  return new ModelError("the network doesn't take images of a known size", {
    expected: 'batch_input_shape [null, height, width, channels]',
    got: after ? `${got} before ${after.className} '${after.config.name}'` : got,
  });
}
