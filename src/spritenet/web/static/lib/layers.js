// What a network is: layers with Keras's names, arguments, defaults and meaning.
//
// A layer is a frozen description, made by the functions here or read from a model file; the core
// computes. Arguments are written as in TensorFlow.js (`kernelSize`), and kept as in the file
// (`kernel_size`).

import { ModelError, shown } from './errors.js';

/** @typedef {number[]} Shape  [height, width, channels] of an image, or [units]; never the batch. */
/** @typedef {Record<string, unknown>} Config  Keras 2's, as in the model file. */
/** @typedef {{ name: string, shape: Shape, initializer: unknown }} Weight  name is "kernel", "bias", … */
/**
 * @typedef {object} Layer
 * @property {string} className
 * @property {string} name  what messages and files call it; '' until a network names it
 * @property {Config} config  without the name
 */

/** The activations and the parameter Keras 3 gives the string form. */
const ACTIVATIONS = /** @type {Record<string, number>} */ ({
  linear: 0,
  relu: 0,
  relu6: 0,
  leaky_relu: 0.2,
  elu: 1,
  gelu: 0,
  sigmoid: 0,
  tanh: 0,
  softmax: 0,
});

const LEARNT = {
  activation: 'linear',
  use_bias: true,
  kernel_initializer: 'glorot_uniform',
  bias_initializer: 'zeros',
  kernel_regularizer: null,
  bias_regularizer: null,
};
const POOLING = { pool_size: [2, 2], strides: null, padding: 'valid' };

/**
 * Every class and its arguments with their defaults; `undefined` must be given.
 *
 * @type {Record<string, Config>}
 */
const CLASSES = {
  Rescaling: { scale: undefined, offset: 0 },
  Conv2D: {
    filters: undefined,
    kernel_size: undefined,
    strides: [1, 1],
    padding: 'valid',
    ...LEARNT,
  },
  MaxPooling2D: POOLING,
  AveragePooling2D: POOLING,
  BatchNormalization: {
    axis: -1,
    momentum: 0.99,
    epsilon: 0.001,
    center: true,
    scale: true,
    beta_initializer: 'zeros',
    gamma_initializer: 'ones',
    moving_mean_initializer: 'zeros',
    moving_variance_initializer: 'ones',
    beta_regularizer: null,
    gamma_regularizer: null,
  },
  GlobalAveragePooling2D: {},
  GlobalMaxPooling2D: {},
  ZeroPadding2D: { padding: [1, 1] },
  Flatten: {},
  Dense: { units: undefined, ...LEARNT },
  DepthwiseConv2D: {
    kernel_size: undefined,
    strides: [1, 1],
    padding: 'valid',
    depth_multiplier: 1,
    activation: 'linear',
    use_bias: true,
    depthwise_initializer: 'glorot_uniform',
    bias_initializer: 'zeros',
    depthwise_regularizer: null,
    bias_regularizer: null,
  },
  Dropout: { rate: undefined },
  Activation: { activation: undefined },
  ReLU: { max_value: null, negative_slope: 0 },
  LeakyReLU: { alpha: 0.3 },
  ELU: { alpha: 1 },
  Softmax: { axis: -1 },
};

/** Arguments of Keras's layers that exist here only with their harmless values. */
const FIXED = /** @type {Record<string, unknown[]>} */ ({
  data_format: [null, 'channels_last', 'channelsLast'],
  dilation_rate: [null, 1, '1,1'],
  dtype: [null, 'float32'],
  groups: [null, 1],
  keepdims: [null, false],
  noise_shape: [null],
  renorm: [null, false],
  synchronized: [null, false],
  threshold: [null, 0],
});

/** What Keras and TensorFlow.js also write, and what changes no output; training's, too. */
const NO_MATTER = new Set([
  'activity_regularizer',
  'autocast',
  'batch_input_shape',
  'batch_shape',
  'batch_size',
  'beta_constraint',
  'bias_constraint',
  'depthwise_constraint',
  'gamma_constraint',
  'input_dim',
  'input_dtype',
  'input_shape',
  'kernel_constraint',
  'name',
  'seed',
  'trainable',
]);

/** Whether there is such a layer. @param {string} className */
export function hasClass(className) {
  return Object.hasOwn(CLASSES, className);
}

/**
 * A layer, its arguments checked.
 *
 * @param {string} className
 * @param {Config} config  names as in the file; what only concerns other programs is left out
 * @param {string} [name]
 * @returns {Layer}
 */
export function makeLayer(className, config, name = '') {
  const known = Object.hasOwn(CLASSES, className) ? CLASSES[className] : undefined;
  if (!known) {
    throw new ModelError(`unsupported layer ${shown(className)}`, {
      where: name,
      todo: `Supported: ${Object.keys(CLASSES).join(', ')}.`,
    });
  }
  const where = name || className;
  if (
    className === 'LeakyReLU' &&
    config.negative_slope !== undefined &&
    config.alpha === undefined
  ) {
    config = { ...config, alpha: config.negative_slope };
  }
  for (const key of Object.keys(config)) {
    const value = config[key] ?? null; // null: an argument not given
    if (
      Object.hasOwn(known, key) ||
      NO_MATTER.has(key) ||
      value === null ||
      (key === 'negative_slope' && className === 'LeakyReLU')
    ) {
      continue;
    }
    const allowed = Object.hasOwn(FIXED, key) ? FIXED[key] : undefined;
    if (!allowed) {
      const expected = Object.keys(known).join(', ') || 'no arguments';
      throw new ModelError(`${className} has no argument ${shown(key)}`, { where, expected });
    }
    if (!allowed.includes(Array.isArray(value) ? String(value) : value)) {
      throw new ModelError(`${key} can't be changed here`, {
        where,
        expected: allowed.at(-1),
        got: value,
      });
    }
  }
  /** @type {Config} */
  const own = {};
  for (const [key, standard] of Object.entries(known)) {
    const value = config[key] === undefined ? standard : config[key];
    if (value === undefined) throw new ModelError(`its configuration lacks ${key}`, { where });
    own[key] = checked(className, key, value, where);
  }
  if (className.endsWith('Pooling2D') && 'strides' in own) own.strides ??= own.pool_size;
  if (className === 'ReLU' && own.max_value && own.negative_slope) {
    throw new ModelError("this ReLU doesn't exist here", {
      where,
      expected: 'max_value without negative_slope',
    });
  }
  return Object.freeze({ className, name, config: Object.freeze(own) });
}

/**
 * One argument in the form it is kept in.
 *
 * @param {string} className
 * @param {string} key
 * @param {unknown} value
 * @param {string} where
 * @returns {unknown}
 */
function checked(className, key, value, where) {
  /** @param {string} expected @returns {never} */
  const refuse = (expected) => {
    throw new ModelError(`${key} is wrong`, { where, expected, got: value });
  };
  if (key.endsWith('_initializer')) return value;
  if (key.endsWith('_regularizer')) return regularizer(value, refuse);
  if (className === 'ZeroPadding2D') return sidesOf(value, refuse);
  if (className === 'BatchNormalization' && (key === 'center' || key === 'scale')) {
    return Boolean(value);
  }
  switch (key) {
    case 'depth_multiplier':
    case 'filters':
    case 'units':
      if (!isCount(value)) refuse('a whole number ≥ 1');
      return value;
    case 'kernel_size':
    case 'pool_size':
    case 'strides': {
      if (value === null && className.endsWith('Pooling2D')) return null;
      const pair = Array.isArray(value) ? value : [value, value];
      if (pair.length !== 2 || !pair.every(isCount)) refuse('one or two whole numbers ≥ 1');
      return pair;
    }
    case 'padding':
      if (value !== 'valid' && value !== 'same') refuse('valid or same');
      return value;
    case 'use_bias':
      return Boolean(value);
    case 'activation': {
      const word = typeof value === 'string' ? snake(value) : (value ?? 'linear');
      if (typeof word !== 'string' || !Object.hasOwn(ACTIVATIONS, word)) {
        refuse(`one of ${Object.keys(ACTIVATIONS).join(', ')}`);
      }
      return word;
    }
    case 'max_value':
      if (value !== null && value !== 6) refuse('null or 6');
      return value;
    case 'axis':
      if (value !== -1) refuse('-1, the last');
      return value;
    default:
      if (typeof value !== 'number' || !Number.isFinite(value)) return refuse('a finite number');
      if (key === 'rate' && !(value >= 0 && value < 1)) refuse('0 <= rate < 1');
      if (key === 'momentum' && !(value >= 0 && value < 1)) refuse('0 <= momentum < 1');
      if (['negative_slope', 'alpha', 'epsilon'].includes(key) && value < 0) {
        refuse('a number ≥ 0');
      }
      return value;
  }
}

/**
 * Padding as [[top, bottom], [left, right]].
 *
 * @param {unknown} value
 * @param {(expected: string) => never} refuse
 * @returns {number[][]}
 */
function sidesOf(value, refuse) {
  const both = Array.isArray(value) ? value : [value, value];
  const sides = both.map((side) => (Array.isArray(side) ? side : [side, side]));
  const whole = sides.flat().every((end) => end === 0 || isCount(end));
  if (!whole || sides.length !== 2 || sides.some((side) => side.length !== 2)) {
    refuse('a whole number, [rows, columns] or [[top, bottom], [left, right]]');
  }
  return sides;
}

/** @param {unknown} value */
function isCount(value) {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65536;
}

/**
 * Null, or L2 in the file's form. L1 exists nowhere here; it concerns training only and is left out.
 *
 * @param {unknown} value
 * @param {(expected: string) => never} refuse
 */
function regularizer(value, refuse) {
  if (value === null || value === undefined) return null;
  let l2 = /** @type {unknown} */ (0.01);
  if (value !== 'l2') {
    const { class_name: name, config } = /** @type {any} */ (value);
    if (!['L2', 'L1L2', 'L1'].includes(name) || typeof config !== 'object') refuse('L2 or null');
    l2 = config?.l2 ?? 0;
  }
  if (typeof l2 !== 'number' || !(l2 >= 0)) refuse('L2 with a number ≥ 0');
  return l2 ? { class_name: 'L1L2', config: { l1: 0, l2 } } : null;
}

/**
 * kernelSize -> kernel_size, leakyReLU -> leaky_relu
 *
 * @param {string} word
 */
function snake(word) {
  return word.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

/** The class in snake case, from which Keras makes names: Conv2D -> conv2d. @param {string} className */
export function baseName(className) {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * The activation a layer ends with, and its parameter.
 *
 * @param {Layer} layer
 * @returns {{ name: string, alpha: number }}
 */
export function activationOf({ className, config }) {
  if (className === 'ReLU') {
    const slope = Number(config.negative_slope);
    if (slope) return { name: 'leaky_relu', alpha: slope };
    return { name: config.max_value ? 'relu6' : 'relu', alpha: 0 };
  }
  if (className === 'LeakyReLU') return { name: 'leaky_relu', alpha: Number(config.alpha) };
  if (className === 'ELU') return { name: 'elu', alpha: Number(config.alpha) };
  if (className === 'Softmax') return { name: 'softmax', alpha: 0 };
  const name = /** @type {string} */ (config.activation ?? 'linear');
  return { name, alpha: ACTIVATIONS[name] };
}

/**
 * What a layer makes of an input, without the batch.
 *
 * @param {Layer} layer
 * @param {Shape} input
 * @returns {Shape}
 */
export function outputShape({ className, name, config }, input) {
  const where = name || className;
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
 * The arrays a layer has, kernel before bias, in the core's order.
 *
 * @param {Layer} layer
 * @param {Shape} input
 * @returns {Weight[]}
 */
export function weightsOf({ className, config }, input) {
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
 * How many numbers a shape holds.
 *
 * @param {Shape} shape
 */
export function size(shape) {
  return shape.reduce((product, side) => product * side, 1);
}

/**
 * The layers with a name each, made as Keras makes them: conv2d, conv2d_1, …; with Rescaling(1/255)
 * put first unless they begin with a Rescaling, so that the network takes raw pixels.
 *
 * @param {readonly Layer[]} layers
 * @returns {Layer[]}
 */
export function named(layers) {
  const whole = [...layers];
  if (whole[0]?.className !== 'Rescaling') {
    whole.unshift(makeLayer('Rescaling', { scale: 1 / 255 }));
  }
  const taken = new Set();
  for (const { name } of whole) {
    if (name && taken.has(name)) throw new ModelError(`two layers are called ${shown(name)}`);
    if (name) taken.add(name);
  }
  return whole.map((layer) => {
    if (layer.name) return layer;
    const base = baseName(layer.className);
    let name = base;
    for (let number = 1; taken.has(name); number++) name = `${base}_${number}`;
    taken.add(name);
    return Object.freeze({ ...layer, name });
  });
}

/**
 * A maker of one class, its arguments in camel case.
 *
 * @param {string} className
 * @returns {(options?: Record<string, unknown>) => Layer}
 */
function maker(className) {
  return (options = {}) => {
    const { name = '', ...rest } = options;
    /** @type {Config} */
    const config = {};
    for (const [key, value] of Object.entries(rest)) {
      if (!(snake(key) in CLASSES[className])) {
        throw new ModelError(`it has no argument ${key}`, {
          where: String(name) || className,
          expected: Object.keys(CLASSES[className]).join(', ') || 'none',
        });
      }
      config[snake(key)] = value;
    }
    return makeLayer(className, config, String(name));
  };
}

/** The layers by TensorFlow.js's names: `layers.conv2d({ filters: 8, kernelSize: 5, activation: 'relu' })`. */
export const layers = Object.freeze({
  rescaling: maker('Rescaling'),
  conv2d: maker('Conv2D'),
  depthwiseConv2d: maker('DepthwiseConv2D'),
  maxPooling2d: maker('MaxPooling2D'),
  averagePooling2d: maker('AveragePooling2D'),
  globalAveragePooling2d: maker('GlobalAveragePooling2D'),
  globalMaxPooling2d: maker('GlobalMaxPooling2D'),
  batchNormalization: maker('BatchNormalization'),
  zeroPadding2d: maker('ZeroPadding2D'),
  flatten: maker('Flatten'),
  dense: maker('Dense'),
  dropout: maker('Dropout'),
  activation: maker('Activation'),
  reLU: maker('ReLU'),
  leakyReLU: maker('LeakyReLU'),
  elu: maker('ELU'),
  softmax: maker('Softmax'),
});
