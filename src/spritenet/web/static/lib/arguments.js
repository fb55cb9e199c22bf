// Arguments of layers: Keras's names and defaults, and the check of each.

import { ACTIVATIONS } from './activations.js';
import { ModelError } from './errors.js';

/** @typedef {import('./layers.js').Config} Config */

const PARAMETRIC = {
  activation: 'linear',
  use_bias: true,
  kernel_initializer: 'glorot_uniform',
  bias_initializer: 'zeros',
  kernel_regularizer: null,
  bias_regularizer: null,
};
const POOLING = { pool_size: [2, 2], strides: null, padding: 'valid' };

/**
 * Every class and its arguments with their defaults; `undefined` is required.
 *
 * @type {Record<string, Config>}
 */
export const CLASSES = {
  Rescaling: { scale: undefined, offset: 0 },
  Conv2D: {
    filters: undefined,
    kernel_size: undefined,
    strides: [1, 1],
    padding: 'valid',
    ...PARAMETRIC,
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
  Dense: { units: undefined, ...PARAMETRIC },
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
  Add: {},
  Concatenate: { axis: -1 },
  Multiply: {},
  Dropout: { rate: undefined },
  Activation: { activation: undefined },
  ReLU: { max_value: null, negative_slope: 0 },
  LeakyReLU: { alpha: 0.3 },
  ELU: { alpha: 1 },
  Softmax: { axis: -1 },
};

/** Arguments of Keras's layers of which only these values are supported. */
export const FIXED = /** @type {Record<string, unknown[]>} */ ({
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

/** Arguments in files that change no output: ignored. */
export const NO_MATTER = new Set([
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

/**
 * Returns one argument as a layer's config holds it.
 *
 * @param {string} className
 * @param {string} key
 * @param {unknown} value
 * @param {string} where
 * @returns {unknown}
 */
export function checked(className, key, value, where) {
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
 * Returns padding as [[top, bottom], [left, right]].
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
 * Returns null, or L2 in the file's form. L1 is unsupported; it concerns training only and is left out.
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
 * Converts to snake case: kernelSize -> kernel_size, leakyReLU -> leaky_relu.
 *
 * @param {string} word
 */
export function snake(word) {
  return word.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
