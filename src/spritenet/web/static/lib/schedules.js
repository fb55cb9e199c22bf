// Learning rates that change with the step: Keras's schedules and Smith's one-cycle, as in
// spritenet/schedules.py, with the same numbers.
//
// A schedule is a frozen description as in a model's file, so that it can be saved and sent to a
// worker. `cosineDecay` and `oneCycle` may be made without a length: they then span the training they
// are used in.

import { ModelError } from './errors.js';

/** @typedef {Readonly<{ className: string, config: Readonly<Record<string, any>> }>} Schedule */
/** @typedef {import('./rates.js').Rate} Rate */

/**
 * Every schedule's arguments with their defaults; `undefined` must be given.
 *
 * @type {Record<string, Record<string, unknown>>}
 */
const CLASSES = {
  Constant: { learning_rate: undefined },
  CosineDecay: {
    initial_learning_rate: undefined,
    decay_steps: null,
    alpha: 0,
    warmup_target: null,
    warmup_steps: 0,
  },
  Delayed: { schedule: undefined, first_step: undefined },
  ExponentialDecay: {
    initial_learning_rate: undefined,
    decay_steps: undefined,
    decay_rate: undefined,
    staircase: false,
  },
  OneCycle: {
    max_learning_rate: undefined,
    total_steps: null,
    rise: 0.3,
    div_factor: 25,
    final_div_factor: 1e4,
  },
  PiecewiseConstantDecay: { boundaries: undefined, values: undefined },
};
const LENGTHS = /** @type {Record<string, string>} */ ({
  CosineDecay: 'decay_steps',
  OneCycle: 'total_steps',
});
const MOST_BOUNDARIES = 10_000;

/**
 * A schedule, its arguments checked.
 *
 * @param {unknown} className
 * @param {any} config  names as in the file
 * @returns {Schedule}
 */
export function makeSchedule(className, config) {
  const known =
    typeof className === 'string' && Object.hasOwn(CLASSES, className)
      ? CLASSES[className]
      : undefined;
  if (!known || typeof className !== 'string') {
    throw new ModelError('unknown schedule', {
      expected: `one of ${Object.keys(CLASSES).join(', ')}`,
      got: className,
    });
  }
  /** @type {Record<string, any>} */
  const own = {};
  for (const [key, standard] of Object.entries(known)) {
    const value = config?.[key] === undefined ? standard : config[key];
    if (value === undefined) throw new ModelError(`it lacks ${key}`, { where: className });
    own[key] = checked(className, key, value);
  }
  if (className === 'PiecewiseConstantDecay') {
    const { boundaries, values } = own;
    if (values.length !== boundaries.length + 1) {
      throw new ModelError('there must be one value more than boundaries', {
        where: className,
        expected: `${boundaries.length + 1} values`,
        got: values.length,
      });
    }
    if (
      boundaries.some(
        (/** @type {number} */ b, /** @type {number} */ i) => i > 0 && boundaries[i - 1] >= b,
      )
    ) {
      throw new ModelError('the boundaries must increase', { where: className, got: boundaries });
    }
  }
  return Object.freeze({ className, config: Object.freeze(own) });
}

/**
 * @param {string} where
 * @param {string} key
 * @param {any} value
 */
function checked(where, key, value) {
  /** @param {boolean} good @param {string} expected */
  const check = (good, expected) => {
    if (!good) throw new ModelError(`invalid ${key}`, { where, expected, got: value });
  };
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  switch (key) {
    case 'schedule':
      return value?.className ? value : makeSchedule(value?.class_name, value?.config);
    case 'boundaries':
    case 'values': {
      const good =
        Array.isArray(value) &&
        value.length <= MOST_BOUNDARIES &&
        value.every((one) => Number.isFinite(one) && one >= 0);
      check(good, 'a list of numbers ≥ 0');
      return Object.freeze([...value]);
    }
    case 'staircase':
      return Boolean(value);
    case 'warmup_target':
      check(value === null || (isNumber && value >= 0), 'a number ≥ 0');
      return value;
    case 'decay_steps':
    case 'total_steps':
      if (value === null && LENGTHS[where]) return null;
      check(Number.isInteger(value) && value >= 1, 'a whole number ≥ 1');
      return value;
    case 'warmup_steps':
    case 'first_step':
      check(Number.isInteger(value) && value >= 0, 'a whole number ≥ 0');
      return value;
    case 'rise':
      check(isNumber && value >= 0 && value < 1, '0 <= rise < 1');
      return value;
    case 'div_factor':
    case 'final_div_factor':
      check(isNumber && value >= 1, 'a number ≥ 1');
      return value;
    default:
      check(isNumber && value >= 0, 'a number ≥ 0');
      return value;
  }
}

/**
 * The learning rate of a step.
 *
 * @param {Schedule} schedule
 * @param {number} step  steps done, from 0
 * @returns {number}
 */
export function scheduledAt({ className, config: c }, step) {
  const length = LENGTHS[className];
  if (length && c[length] === null) {
    throw new ModelError(`${length} is not given, and there is no training to span`, {
      where: className,
    });
  }
  switch (className) {
    case 'Constant':
      return c.learning_rate;
    case 'Delayed':
      return scheduledAt(c.schedule, Math.max(step - c.first_step, 0));
    case 'CosineDecay': {
      const warm = c.warmup_target !== null && c.warmup_steps;
      const top = c.warmup_target ?? c.initial_learning_rate;
      if (warm && step < c.warmup_steps) {
        return (top - c.initial_learning_rate) * (step / c.warmup_steps) + c.initial_learning_rate;
      }
      const done = Math.min(1, Math.max(0, (step - (warm || 0)) / c.decay_steps));
      return top * ((1 - c.alpha) * 0.5 * (1 + Math.cos(Math.PI * done)) + c.alpha);
    }
    case 'ExponentialDecay': {
      const power = step / c.decay_steps;
      return c.initial_learning_rate * c.decay_rate ** (c.staircase ? Math.floor(power) : power);
    }
    case 'PiecewiseConstantDecay': {
      const place = c.boundaries.findIndex((/** @type {number} */ boundary) => step <= boundary);
      return c.values[place < 0 ? c.boundaries.length : place];
    }
    default: {
      const low = c.max_learning_rate / c.div_factor;
      const last = low / c.final_div_factor;
      // PyTorch counts the turn and the end in whole steps: hence the two -1.
      const turn = Math.max(c.rise * c.total_steps - 1, 0);
      const end = Math.max(c.total_steps - 1, turn + 1);
      if (step <= turn) return halfCosine(low, c.max_learning_rate, turn ? step / turn : 1);
      return halfCosine(c.max_learning_rate, last, Math.min((step - turn) / (end - turn), 1));
    }
  }
}

/** @param {number} start @param {number} stop @param {number} done  0 to 1 */
function halfCosine(start, stop, done) {
  return stop + ((start - stop) / 2) * (1 + Math.cos(Math.PI * done));
}

/**
 * A schedule with its length filled in, where it has none: those steps of training.
 *
 * @param {Schedule} schedule
 * @param {number} firstStep
 * @param {number} steps
 * @returns {Schedule}
 */
export function scheduledOver(schedule, firstStep, steps) {
  const { className, config } = schedule;
  const length = LENGTHS[className];
  if (!length || config[length] !== null) return schedule;
  const warmup =
    className === 'CosineDecay' && config.warmup_target !== null ? config.warmup_steps : 0;
  const whole = makeSchedule(className, { ...config, [length]: Math.max(1, steps - warmup) });
  return makeSchedule('Delayed', { schedule: whole, first_step: firstStep });
}

/**
 * A learning rate as in a model's file: a number, or { class_name, config }.
 *
 * @param {Rate} rate
 * @param {number} step  a function can't be saved: its rate at this step is
 * @returns {unknown}
 */
export function savedRate(rate, step) {
  if (typeof rate === 'function') return rate(step);
  if (typeof rate === 'number') return rate;
  const { className, config } = rate;
  const own = config.schedule ? { ...config, schedule: savedRate(config.schedule, step) } : config;
  return { class_name: className, config: own };
}

/**
 * The other way round.
 *
 * @param {any} saved
 * @returns {Rate | undefined}  undefined if nothing usable was saved
 */
export function readRate(saved) {
  if (typeof saved === 'number') return saved;
  if (typeof saved !== 'object' || !saved) return undefined;
  const schedule = makeSchedule(saved.class_name, saved.config);
  return schedule.className === 'Constant' ? schedule.config.learning_rate : schedule;
}

/**
 * A maker of one class, its arguments in camel case.
 *
 * @param {string} className
 * @returns {(options: Record<string, unknown>) => Schedule}
 */
function maker(className) {
  return (options) => {
    /** @type {Record<string, unknown>} */
    const config = {};
    for (const [key, value] of Object.entries(options)) {
      const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (!(name in CLASSES[className])) {
        throw new ModelError(`unknown argument ${key}`, {
          where: className,
          expected: Object.keys(CLASSES[className]).join(', '),
        });
      }
      config[name] = value;
    }
    return makeSchedule(className, config);
  };
}

/** The schedules: `optimizers.adam({ learningRate: schedules.oneCycle({ maxLearningRate: 0.01 }) })`. */
export const schedules = /* @__PURE__ */ Object.freeze({
  cosineDecay: /* @__PURE__ */ maker('CosineDecay'),
  exponentialDecay: /* @__PURE__ */ maker('ExponentialDecay'),
  oneCycle: /* @__PURE__ */ maker('OneCycle'),
  piecewiseConstantDecay: /* @__PURE__ */ maker('PiecewiseConstantDecay'),
});
