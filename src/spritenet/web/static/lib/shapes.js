// Shape inference: the output shape and the weights of each layer.

import { ModelError } from './errors.js';
import { inputPlaces } from './graph.js';

/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {number[]} Shape  [height, width, channels] of an image, or [units]; never the batch. */
/** @typedef {{ name: string, shape: Shape, initializer: unknown }} Weight  name is "kernel", "bias", … */

const MERGES = ['Add', 'Concatenate', 'Multiply'];

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
  const weights = inputPlaces(layers).map((places, i) => {
    const inputs = places.map((place) => (place < 0 ? [...inputShape] : shapes[place]));
    shapes.push(outputShape(layers[i], inputs));
    return weightsOf(layers[i], inputs);
  });
  return { shapes, weights, output: shapes[shapes.length - 1] };
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
 * Returns the output shape of one image.
 *
 * @param {Layer} layer
 * @param {readonly Shape[]} inputs
 * @returns {Shape}
 */
export function outputShape({ className, name, config }, inputs) {
  const where = name || className;
  const [input] = inputs;
  const merges = MERGES.includes(className);
  if (merges ? inputs.length < 2 : inputs.length !== 1) {
    throw new ModelError('wrong number of inputs', {
      where,
      expected: merges ? '2 or more' : '1',
      got: inputs.length,
    });
  }
  if (merges) return mergedShape(className, where, inputs);
  const { filters, units, padding, depth_multiplier: each = 1 } = /** @type {any} */ (config);
  const window = /** @type {[number, number] | undefined} */ (
    config.kernel_size ?? config.pool_size
  );
  const isGlobal = className.startsWith('Global');
  if (window || isGlobal || className === 'ZeroPadding2D') {
    if (input.length !== 3) {
      throw new ModelError('it needs an image', {
        where,
        got: input,
        todo: 'Put it before Flatten.',
      });
    }
  }
  if (window) {
    const strides = /** @type {[number, number]} */ (config.strides);
    const places = [0, 1].map((axis) =>
      padding === 'same'
        ? Math.ceil(input[axis] / strides[axis])
        : Math.floor((input[axis] - window[axis]) / strides[axis]) + 1,
    );
    if (Math.min(...places) < 1) {
      throw new ModelError('its window is larger than its input', {
        where,
        expected: `an input of at least ${window.join('×')}`,
        got: `${input[0]}×${input[1]}`,
      });
    }
    return [...places, filters ?? input[2] * each];
  }
  if (isGlobal) return [input[2]];
  if (className === 'ZeroPadding2D') {
    const [[top, bottom], [left, right]] = /** @type {number[][]} */ (config.padding);
    return [input[0] + top + bottom, input[1] + left + right, input[2]];
  }
  if (className === 'Flatten') return [size(input)];
  if (className === 'Dense') {
    if (input.length !== 1) {
      throw new ModelError('it needs a vector', {
        where,
        got: input,
        todo: 'Put Flatten before it.',
      });
    }
    return [units];
  }
  return input;
}

/**
 * Returns the output shape of a layer of several inputs.
 *
 * @param {string} className
 * @param {string} where
 * @param {readonly Shape[]} inputs
 * @returns {Shape}
 */
function mergedShape(className, where, inputs) {
  const [first] = inputs;
  const joins = className === 'Concatenate';
  const equal = joins ? first.length - 1 : first.length; // sides that must be equal
  for (const other of inputs) {
    if (
      other.length !== first.length ||
      String(other.slice(0, equal)) !== String(first.slice(0, equal))
    ) {
      throw new ModelError('its inputs have different shapes', {
        where,
        expected: joins ? 'shapes that differ in their channels only' : 'one shape',
        got: `${first.join('×')} and ${other.join('×')}`,
      });
    }
  }
  if (!joins) return first;
  return [...first.slice(0, equal), inputs.reduce((sum, shape) => sum + shape[equal], 0)];
}

/**
 * Returns the weights of a layer, kernel before bias, in the core's order.
 *
 * @param {Layer} layer
 * @param {readonly Shape[]} inputs
 * @returns {Weight[]}
 */
export function weightsOf({ className, config }, [input]) {
  const {
    kernel_size: window,
    filters,
    units,
    use_bias: bias,
    depth_multiplier: each,
  } = /** @type {any} */ (config);
  if (className === 'BatchNormalization') {
    const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'].filter(
      (name) => (name !== 'gamma' || config.scale) && (name !== 'beta' || config.center),
    );
    return names.map((name) => ({
      name,
      shape: input.slice(-1),
      initializer: config[`${name}_initializer`],
    }));
  }
  if (className === 'DepthwiseConv2D') {
    const depthwise = {
      name: 'depthwise_kernel',
      shape: [...window, input[2], each],
      initializer: config.depthwise_initializer,
    };
    return bias
      ? [
          depthwise,
          { name: 'bias', shape: [input[2] * each], initializer: config.bias_initializer },
        ]
      : [depthwise];
  }
  if (className !== 'Conv2D' && className !== 'Dense') return [];
  const shape = className === 'Conv2D' ? [...window, input[2], filters] : [input[0], units];
  const kernel = { name: 'kernel', shape, initializer: config.kernel_initializer };
  return bias
    ? [kernel, { name: 'bias', shape: shape.slice(-1), initializer: config.bias_initializer }]
    : [kernel];
}

/**
 * Returns the number of values of a shape.
 *
 * @param {Shape} shape
 */
export function size(shape) {
  return shape.reduce((product, side) => product * side, 1);
}
