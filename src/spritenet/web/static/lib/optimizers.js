// How weights move, and what becomes small: Keras 3's optimizers and losses, defaults and formulas.

import { ModelError } from './errors.js';

/** @typedef {import('./schedules.js').Rate} Rate */

/**
 * @typedef {object} Optimizer
 * @property {string} className
 * @property {Rate} learningRate  a number, one of `schedules`, or a function of the updates done, from 0
 * @property {Record<string, number | boolean | null>} config  without the learning rate, as in the file
 */
/** @typedef {{ name: string, fromLogits: boolean, smoothing: number }} Loss */

const SHARED = { weight_decay: null, global_clipnorm: null };

/** @type {Record<string, { kind: number, rate: number, config: Record<string, number | boolean | null> }>} */
const CLASSES = {
  SGD: { kind: 0, rate: 0.01, config: { momentum: 0, nesterov: false, ...SHARED } },
  RMSprop: { kind: 1, rate: 0.001, config: { rho: 0.9, momentum: 0, epsilon: 1e-7, ...SHARED } },
  Adam: { kind: 2, rate: 0.001, config: { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, ...SHARED } },
  AdamW: {
    kind: 2,
    rate: 0.001,
    config: {
      weight_decay: 0.004,
      beta_1: 0.9,
      beta_2: 0.999,
      epsilon: 1e-7,
      global_clipnorm: null,
    },
  },
};
const SHARES = ['momentum', 'rho', 'beta_1', 'beta_2']; // 0 ≤ share < 1

/**
 * @param {string} className
 * @param {Record<string, unknown>} config  as in the file
 * @param {Rate} [learningRate]
 * @returns {Optimizer}
 */
export function makeOptimizer(className, config, learningRate) {
  const known = Object.hasOwn(CLASSES, className) ? CLASSES[className] : undefined;
  if (!known) {
    throw new ModelError('the optimizer is not known', {
      expected: `one of ${Object.keys(CLASSES).join(', ')}`,
      got: className,
    });
  }
  const rate = checkRate(learningRate ?? known.rate, className);
  /** @type {Record<string, number | boolean | null>} */
  const own = {};
  for (const [key, standard] of Object.entries(known.config)) {
    const value = config[key] ?? standard;
    const good =
      value === null ||
      typeof value === 'boolean' ||
      (typeof value === 'number' && value >= 0 && value < (SHARES.includes(key) ? 1 : Infinity));
    if (!good) throw new ModelError(`${key} is wrong`, { where: className, got: value });
    own[key] = /** @type {number | boolean | null} */ (value);
  }
  return Object.freeze({ className, learningRate: rate, config: Object.freeze(own) });
}

/**
 * @param {Rate} rate
 * @param {string} where
 * @returns {Rate}
 */
function checkRate(rate, where) {
  const isSchedule = typeof rate === 'object' && typeof rate?.className === 'string';
  if (!isSchedule && typeof rate !== 'function' && !(Number.isFinite(rate) && Number(rate) >= 0)) {
    throw new ModelError('the learning rate is wrong', {
      where,
      expected: 'a number ≥ 0, one of schedules, or a function of the step',
      got: rate,
    });
  }
  return rate;
}

/**
 * The same optimizer with another learning rate: its memory stays good.
 *
 * @param {Optimizer} optimizer
 * @param {Rate} rate
 * @returns {Optimizer}
 */
export function withRate(optimizer, rate) {
  return Object.freeze({ ...optimizer, learningRate: checkRate(rate, optimizer.className) });
}

/**
 * @param {string} className
 * @returns {(options?: Record<string, any>) => Optimizer}
 */
function maker(className) {
  return ({ learningRate, ...rest } = {}) => {
    /** @type {Record<string, unknown>} */
    const config = {};
    for (const [key, value] of Object.entries(rest)) {
      const name = key
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .toLowerCase()
        .replace(/^beta([12])$/, 'beta_$1');
      if (!(name in CLASSES[className].config)) {
        throw new ModelError(`it has no argument ${key}`, { where: className });
      }
      config[name] = value;
    }
    return makeOptimizer(className, config, learningRate);
  };
}

/** The optimizers: `optimizers.sgd({ learningRate: 0.15 })`. */
export const optimizers = Object.freeze({
  sgd: maker('SGD'),
  rmsprop: maker('RMSprop'),
  adam: maker('Adam'),
  adamw: maker('AdamW'),
});

/**
 * The optimizer as the fields of sn_optimizer.
 *
 * @param {Optimizer} optimizer
 * @returns {Record<string, number>}
 */
export function describeOptimizer({ className, config }) {
  const { global_clipnorm: clip, ...rest } = config;
  const fields = { ...rest, kind: CLASSES[className].kind, clip_norm: clip };
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [`optimizer.${key}`, Number(value)]),
  );
}

/**
 * The names of the memories an optimizer needs, in the core's order.
 *
 * @param {Optimizer} optimizer
 * @returns {string[]}
 */
export function slotNames({ className, config }) {
  if (className === 'SGD') return config.momentum ? ['momentum'] : [];
  if (className === 'RMSprop') return config.momentum ? ['rms', 'momentum'] : ['rms'];
  return ['m', 'v'];
}

/**
 * The loss of a Keras name, checked against the last activation.
 *
 * @param {string | { name: string, fromLogits?: boolean, labelSmoothing?: number }} loss
 * @param {string} lastActivation
 * @returns {Loss}
 */
export function makeLoss(loss, lastActivation) {
  const given = typeof loss === 'string' ? { name: loss } : loss;
  const word = String(given.name)
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
  const name = word === 'mse' ? 'mean_squared_error' : word;
  const { fromLogits = false, labelSmoothing: smoothing = 0 } = /** @type {any} */ (given);
  const known = [
    'categorical_crossentropy',
    'sparse_categorical_crossentropy',
    'mean_squared_error',
  ];
  if (!known.includes(name)) {
    throw new ModelError('the loss is not known', {
      expected: `one of ${known.join(', ')}`,
      got: given.name,
    });
  }
  const wanted = fromLogits ? 'linear' : 'softmax';
  if (name !== 'mean_squared_error' && lastActivation !== wanted) {
    throw new ModelError(`it can't follow the activation ${lastActivation}`, {
      where: name,
      expected: fromLogits ? 'no activation' : 'softmax',
    });
  }
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new ModelError('labelSmoothing is wrong', {
      where: name,
      expected: '0 <= s < 1',
      got: smoothing,
    });
  }
  return { name, fromLogits, smoothing };
}
