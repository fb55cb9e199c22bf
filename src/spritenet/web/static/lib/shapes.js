// Shape inference: the output shape and the weights of each layer, asked of the core.

import { loadedCore } from './core.js';
import { ModelError } from './errors.js';
import { inputPlaces } from './graph.js';
import { tableOf, writeNode } from './operators.js';
import { NODE, read, SHAPE, WEIGHT } from './structs.js';

/** @typedef {import('./core.js').Arena} Arena */
/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {number[]} Shape  [height, width, channels] of an image, or [units]; never the batch. */
/** @typedef {{ name: string, shape: Shape, initializer: unknown }} Weight  name is "kernel", "bias", … */

const ERROR_BYTES = 256;
const MOST_WEIGHTS = 8; // of one layer

/** An instance of the core that computes nothing. @type {Arena | undefined} */
let arena;

/** @typedef {{ shape: Shape, weights: Weight[] }} Inferred */

/** The last answer for each layer, which is frozen. @type {WeakMap<Layer, { inputs: string, answer: Inferred }>} */
const answers = new WeakMap();

/**
 * Returns the output shape and the weights of a layer, as the core tells them.
 *
 * @param {Layer} layer
 * @param {readonly Shape[]} inputs  of each of its inputs
 * @returns {Inferred}
 */
export function infer(layer, inputs) {
  const key = inputs.join(' ');
  const known = answers.get(layer);
  const answer = known?.inputs === key ? known.answer : ask(layer, inputs);
  if (answer !== known?.answer) answers.set(layer, { inputs: key, answer });
  const weights = answer.weights.map((weight) => ({ ...weight, shape: [...weight.shape] }));
  return { shape: [...answer.shape], weights };
}

/** Asks the core. @param {Layer} layer @param {readonly Shape[]} inputs @returns {Inferred} */
function ask(layer, inputs) {
  arena ??= loadedCore().instantiate();
  const memory = arena;
  const top = memory.top;
  const error = memory.take(ERROR_BYTES);
  const shapes = memory.take(SHAPE.bytes * Math.max(1, inputs.length));
  inputs.forEach((sides, i) => {
    memory.i32(shapes + i * SHAPE.bytes, 4).set([sides.length, ...sides]);
  });
  const output = memory.take(SHAPE.bytes);
  const weights = memory.take(WEIGHT.bytes * MOST_WEIGHTS);
  const node = memory.take(NODE.bytes);
  writeNode(memory, tableOf(memory), node, layer, [...inputs.keys()]);
  const count = memory.core.sn_infer(node, shapes, output, weights, MOST_WEIGHTS, error);
  memory.release(top);
  if (count < 0) {
    const [what, todo] = memory
      .text(error)
      .replace(/^[^:]*: /, '')
      .split('. ');
    throw new ModelError(what, {
      where: layer.name || layer.className,
      todo: todo ? `${todo}.` : undefined,
    });
  }
  return {
    shape: sidesAt(memory, output, SHAPE, 'sides'),
    weights: Array.from({ length: count }, (_, i) => {
      const at = weights + i * WEIGHT.bytes;
      const name = memory.text(read(memory.view, at, WEIGHT, 'name'));
      const initializer =
        layer.config[`${name.replace(/_kernel$/, '')}_initializer`] ?? given(layer, name);
      return { name, shape: sidesAt(memory, at, WEIGHT, 'shape'), initializer };
    }),
  };
}

/**
 * Returns the initializer of a weight that no argument initializes: a Normalization's, which may be
 * given, and the scale of an RMSNormalization.
 *
 * @param {Layer} layer
 * @param {string} name
 */
function given(layer, name) {
  const values = layer.config[name];
  if (values) return { class_name: 'Values', config: { values } };
  return name === 'mean' ? 'zeros' : 'ones';
}

/**
 * @param {Arena} memory
 * @param {number} at
 * @param {import('./structs.js').Struct} struct  with a rank and sides
 * @param {string} key  of the sides
 * @returns {Shape}
 */
function sidesAt(memory, at, struct, key) {
  const rank = read(memory.view, at, struct, 'rank');
  return Array.from({ length: rank }, (_, i) => read(memory.view, at, struct, `${key}[${i}]`));
}

/**
 * Returns the output shape and the weights of each layer of a network.
 *
 * @param {readonly Layer[]} layers  connected
 * @param {readonly number[]} inputShape  height, width, channels
 * @returns {{ shapes: Shape[], weights: Weight[][], output: Shape }}
 */
export function inferShapes(layers, inputShape) {
  /** @type {Shape[]} */
  const shapes = [];
  const all = inputPlaces(layers).map((places, i) => {
    const inputs = places.map((place) => (place < 0 ? [...inputShape] : shapes[place]));
    const { shape, weights } = infer(layers[i], inputs);
    shapes.push(shape);
    return weights;
  });
  return { shapes, weights: all, output: shapes[shapes.length - 1] };
}

/**
 * Returns the name ("conv2d/kernel"), shape and initializer of each weight, in the order of the
 * parameters.
 *
 * @param {readonly Layer[]} layers  connected
 * @param {readonly number[]} inputShape
 * @returns {Weight[]}
 */
export function namedWeights(layers, inputShape) {
  return inferShapes(layers, inputShape).weights.flatMap((weights, i) =>
    weights.map((weight) => ({ ...weight, name: `${layers[i].name}/${weight.name}` })),
  );
}

/**
 * Returns the number of values of a shape.
 *
 * @param {Shape} shape
 */
export function size(shape) {
  return shape.reduce((product, side) => product * side, 1);
}
