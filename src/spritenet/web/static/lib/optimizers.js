// Optimizers: Keras 3's names, arguments, defaults and formulas.

import { ModelError } from './errors.js';

/** @typedef {import('./schedules.js').Rate} Rate */

/**
 * @typedef {object} Optimizer
 * @property {string} className
 * @property {Rate} learningRate  a number, one of `schedules`, or a function of the completed steps
 * @property {Record<string, number | boolean | null>} config  without the learning rate, as in the file
 */

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
const FRACTIONS = ['momentum', 'rho', 'beta_1', 'beta_2']; // 0 ≤ value < 1

/**
 * @param {string} className
 * @param {Record<string, unknown>} config  as in the file
 * @param {Rate} [learningRate]
 * @returns {Optimizer}
 */
export function makeOptimizer(className, config, learningRate) {
  const known = Object.hasOwn(CLASSES, className) ? CLASSES[className] : undefined;
  if (!known) {
    throw new ModelError('unknown optimizer', {
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
      (typeof value === 'number' && value >= 0 && value < (FRACTIONS.includes(key) ? 1 : Infinity));
    if (!good) throw new ModelError(`invalid ${key}`, { where: className, got: value });
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
    throw new ModelError('invalid learning rate', {
      where,
      expected: 'a number ≥ 0, one of schedules, or a function of the step',
      got: rate,
    });
  }
  return rate;
}

/**
 * Returns the optimizer with another learning rate; its state stays valid.
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
        throw new ModelError(`unknown argument ${key}`, { where: className });
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
 * Returns the optimizer as the fields of sn_optimizer.
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
 * Returns the names of an optimizer's state arrays, in the core's order.
 *
 * @param {Optimizer} optimizer
 * @returns {string[]}
 */
export function slotNames({ className, config }) {
  if (className === 'SGD') return config.momentum ? ['momentum'] : [];
  if (className === 'RMSprop') return config.momentum ? ['rms', 'momentum'] : ['rms'];
  return ['m', 'v'];
}
