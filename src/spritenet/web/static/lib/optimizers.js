// Optimizers: Keras 3's names, arguments, defaults and formulas, as the core's table has them.

import { ModelError } from './errors.js';
import { writeAttributes } from './operators.js';
import { OPTIMIZERS } from './optimizer-table.js';

/** @typedef {import('./core.js').Arena} Arena */
/** @typedef {import('./optimizer-table.js').OptimizerName} OptimizerName */
/** @typedef {import('./optimizer-table.js').Slot} Slot */
/** @typedef {import('./rates.js').Rate} Rate */
/** @typedef {number | boolean | null | readonly string[]} Value  of an argument */

/**
 * @typedef {object} Optimizer
 * @property {string} className
 * @property {Rate} learningRate  a number, one of `schedules`, or a function of the completed steps
 * @property {Readonly<Record<string, Value>>} config  without the learning rate, as in the file
 */

const CLIPS = ['clipnorm', 'clipvalue', 'global_clipnorm'];
const NO_DECAY = 1;
const PLAIN = 2;
/** TensorFlow.js's names of the slots in files; others keep theirs. */
const SUFFIXES = /** @type {Record<string, string>} */ ({
  momentum: 'momentum',
  mean_square: 'rms',
  first_moment: 'm',
  second_moment: 'v',
  mean_gradient: 'mg',
});

/**
 * @param {string} className
 * @param {Record<string, unknown>} config  as in the file
 * @param {Rate} [learningRate]
 * @returns {Optimizer}
 */
export function makeOptimizer(className, config, learningRate) {
  if (!Object.hasOwn(OPTIMIZERS, className)) {
    throw new ModelError('unknown optimizer', {
      expected: `one of ${Object.keys(OPTIMIZERS).join(', ')}`,
      got: className,
    });
  }
  const row = OPTIMIZERS[className];
  const rate = checkRate(learningRate ?? row.learningRate, className);
  /** @type {Record<string, Value>} */
  const own = {};
  for (const [key, argument] of Object.entries(row.arguments)) {
    const value = config[key] === undefined ? argument.default : config[key];
    const fits = value === argument.default || isGood(value, argument);
    if (!fits) throw new ModelError(`invalid ${key}`, { where: className, got: value });
    own[key] = Array.isArray(value) ? Object.freeze([...value]) : /** @type {Value} */ (value);
  }
  const clips = CLIPS.filter((key) => own[key] !== null);
  if (clips.length > 1) {
    throw new ModelError(`${clips[1]} is mutually exclusive with ${clips[0]}`, {
      where: className,
      expected: `one of ${CLIPS.join(', ')}`,
      got: 'both',
    });
  }
  return Object.freeze({ className, learningRate: rate, config: Object.freeze(own) });
}

/**
 * @param {unknown} value
 * @param {import('./optimizer-table.js').Argument} argument
 * @returns {boolean}
 */
function isGood(value, { kind, least = -Infinity, most = Infinity, default: standard }) {
  if (kind === 'flag') return typeof value === 'boolean';
  if (kind === 'texts') return Array.isArray(value) && value.every((v) => typeof v === 'string');
  if (value === null) return standard === null || least === 0;
  const inside = Number.isFinite(value) && Number(value) >= least && Number(value) <= most;
  return inside && (kind === 'number' || Number.isInteger(value));
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
 * @param {Record<string, Value>} [standard]  arguments where they are not given
 * @returns {(options?: Record<string, any>) => Optimizer}
 */
function maker(className, standard = {}) {
  return ({ learningRate, ...rest } = {}) => {
    /** @type {Record<string, unknown>} */
    const config = { ...standard };
    for (const [key, value] of Object.entries(rest)) {
      const name = key
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .toLowerCase()
        .replace(/(^|_)beta([12])(?=$|_)/, '$1beta_$2')
        .replace(/^use_nesterov$/, 'nesterov');
      if (!(name in OPTIMIZERS[className].arguments)) {
        throw new ModelError(`unknown argument ${key}`, { where: className });
      }
      config[name] = value;
    }
    return makeOptimizer(className, config, learningRate);
  };
}

const makers = /** @type {Record<OptimizerName, ReturnType<typeof maker>>} */ (
  Object.fromEntries(Object.keys(OPTIMIZERS).map((name) => [name.toLowerCase(), maker(name)]))
);

/** The optimizers: `optimizers.sgd({ learningRate: 0.15 })`. Momentum is TensorFlow.js's name of SGD with it. */
export const optimizers = Object.freeze({ ...makers, momentum: maker('SGD', { momentum: 0.9 }) });

/**
 * Writes an optimizer and its exceptions for weights of these names, as the fields of sn_training.
 *
 * @param {Arena} arena
 * @param {Optimizer} optimizer
 * @param {readonly string[]} weights
 * @returns {Record<string, number>}
 */
export function writeOptimizer(arena, { className, config }, weights) {
  /** @type {[string, number[]][]} */
  const given = Object.entries(config)
    .filter(([key]) => OPTIMIZERS[className].arguments[key].kind !== 'texts')
    .map(([key, value]) => [key, [Number(value)]]);
  /** @param {string} key @param {string} weight */
  const has = (key, weight) => {
    const parts = config[key];
    return Array.isArray(parts) && parts.some((part) => weight.includes(part));
  };
  const excluded = weights.map(
    (weight) =>
      (has('no_weight_decay', weight) ? NO_DECAY : 0) + (has('exclude_layers', weight) ? PLAIN : 0),
  );
  const fields = {
    'optimizer.name': arena.write(className),
    'optimizer.attributes': writeAttributes(arena, given),
    'optimizer.attribute_count': given.length,
    excluded: 0,
  };
  if (excluded.some(Boolean)) {
    fields.excluded = arena.take(excluded.length);
    arena.u8(fields.excluded, excluded.length).set(excluded);
  }
  return fields;
}

/**
 * Returns an optimizer's slots, in the core's order.
 *
 * @param {Optimizer} optimizer
 * @returns {Slot[]}
 */
export function slotsOf({ className, config }) {
  return OPTIMIZERS[className].slots.filter(({ when }) => !when || Number(config[when]) > 0);
}

/** The arrays, as long as the parameters, that a step works in. @param {Optimizer} optimizer */
export const scratchOf = ({ className }) => OPTIMIZERS[className].scratch;

/** The value a slot begins with. @param {Optimizer} optimizer @param {Slot} slot */
export const initialOf = ({ config }, { initial, value = 0 }) =>
  initial ? Number(config[initial]) : value;

/** A slot's name in files. @param {Slot} slot */
export const suffixOf = ({ name }) => SUFFIXES[name] ?? name;
