// The image a foreign network takes, also where its file says numbers or leaves channels out.
//
// `[null, 28, 28]` is a grey image whose channel was left out, and `[null, 784]` one whose rows were
// joined, if the layers after it read it so: before a Flatten, a Reshape or a Dense.

import { ModelError } from './errors.js';
import { IMAGE } from './graph.js';
import { size } from './shapes.js';

/** @typedef {import('./layers.js').Config} Config */
/** @typedef {import('./topology-graph.js').Entry} Entry */

const MAXIMAL_SIDE = 65535; // pixels
const LEAST_SIDE = 8; // of an image whose sides are guessed: fewer numbers are measurements, not pixels
const POINTWISE = ['Dropout', 'ELU', 'LeakyReLU', 'ReLU', 'Rescaling']; // they read each number alone

/**
 * Returns the shape of the images, height, width and channels; the layers that take those; and a note
 * of what was assumed.
 *
 * A Reshape that only makes images of rows, or channels of none, is left out.
 *
 * @param {{ input: Config, entries: Entry[], output: string }} graph
 * @returns {{ inputShape: number[], entries: Entry[], note: string }}
 */
export function asImages({ input, entries }) {
  let shape = given(input);
  const layers = [...entries];
  /** @type {Entry | undefined} */
  let after;
  let place = 0;
  while (shape.length < 3) {
    place = layers.findIndex((entry) => !isPointwise(entry));
    if (place < 0) place = layers.length;
    if (!inARow(layers, place)) break; // what reads such an input may be anything
    after = layers[place];
    if (after?.className !== 'Reshape') break;
    shape = reshaped(after, shape);
    const { id } = after;
    const [source] = after.inputs;
    layers.splice(place, 1);
    layers.forEach((entry, i) => {
      if (!entry.inputs.includes(id)) return;
      layers[i] = { ...entry, inputs: entry.inputs.map((each) => (each === id ? source : each)) };
    });
  }
  const kind = after?.className;
  if (shape.length === 3 && Math.max(...shape) <= MAXIMAL_SIDE) {
    return { inputShape: shape, entries: layers, note: '' };
  }
  if (shape.length === 2 && kind === 'Flatten') {
    return { inputShape: [...shape, 1], entries: layers, note: '' };
  }
  const side = shape.length === 1 ? Math.round(Math.sqrt(shape[0])) : 0;
  if (
    after &&
    side >= LEAST_SIDE &&
    side * side === shape[0] &&
    (kind === 'Flatten' || kind === 'Dense')
  ) {
    if (kind === 'Dense') {
      const taken = new Set(layers.map(({ config }) => config.name));
      let name = 'flatten';
      for (let i = 1; taken.has(name); i++) name = `flatten_${i}`;
      layers[place] = { ...after, inputs: [name] };
      layers.splice(place, 0, {
        id: name,
        className: 'Flatten',
        config: { name },
        inputs: after.inputs,
      });
    }
    const note = `it takes rows of ${side * side} numbers: grey images of ${side}×${side} are assumed`;
    return { inputShape: [side, side, 1], entries: layers, note };
  }
  throw unknown([null, ...shape], after);
}

/**
 * Returns true if the layers up to a place each take the one before, and nothing else reads them.
 *
 * @param {readonly Entry[]} layers
 * @param {number} place
 */
function inARow(layers, place) {
  return layers.every(({ inputs }, i) => {
    const before = i ? layers[i - 1].id : IMAGE;
    if (i <= place) return inputs.length === 1 && inputs[0] === before;
    return !inputs.includes(IMAGE) && !layers.slice(0, place).some(({ id }) => inputs.includes(id));
  });
}

/**
 * Returns the output shape of a Reshape; -1 in it is what is left.
 *
 * @param {{ config: Entry['config'] }} entry
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
 * Returns the shape without the batch, from the config of the first layer.
 *
 * @param {Config} config
 * @returns {number[]}
 */
function given(config) {
  let shape = /** @type {any} */ (config.batch_input_shape ?? config.batch_shape);
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
