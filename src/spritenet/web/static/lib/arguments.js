// Arguments of layers: Keras's names and defaults, and the check of each.

import { canonical, NAMES } from './activations.js';
import { ModelError } from './errors.js';
import { LAYERS } from './layer-table.js';

/** @typedef {import('./layers.js').Config} Config */

/** The file's name of an argument. @param {string} className @param {string} key */
const fileName = (className, key) =>
  className === 'LeakyReLU' && key === 'negative_slope' ? 'alpha' : key;

/**
 * Every class and its arguments by the file's names.
 *
 * @type {Record<string, Record<string, import('./layer-table.js').Argument>>}
 */
const ARGUMENTS = Object.fromEntries(
  Object.entries(LAYERS).map(([className, row]) => [
    className,
    Object.fromEntries(
      Object.entries(row.arguments).map(([key, argument]) => [fileName(className, key), argument]),
    ),
  ]),
);

/**
 * Every class and its arguments with their defaults; `undefined` is required.
 *
 * @type {Record<string, Config>}
 */
export const CLASSES = Object.fromEntries(
  Object.entries(ARGUMENTS).map(([className, own]) => [
    className,
    Object.fromEntries(Object.entries(own).map(([key, argument]) => [key, argument.default])),
  ]),
);

/** Arguments of Keras's layers of which only these values are supported. */
export const FIXED = /** @type {Record<string, unknown[]>} */ ({
  antialias: [null, false],
  crop_to_aspect_ratio: [null, false],
  data_format: [null, 'channels_last', 'channelsLast'],
  dilation_rate: [null, 1, '1,1'],
  dtype: [null, 'float32'],
  fill_mode: [null, 'constant'],
  fill_value: [null, 0],
  groups: [null, 1],
  input_axes: [null],
  keepdims: [null, false],
  lora_alpha: [null],
  lora_rank: [null],
  noise_shape: [null],
  pad_to_aspect_ratio: [null, false],
  renorm: [null, false],
  rms_scaling: [null, false],
  synchronized: [null, false],
});

/** Arguments in files that change no output: ignored. */
export const NO_MATTER = new Set([
  'activity_regularizer',
  'autocast',
  'batch_input_shape',
  'batch_shape',
  'batch_size',
  'input_dim',
  'input_dtype',
  'input_shape',
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
    throw new ModelError(`invalid ${key}`, { where, expected, got: value });
  };
  const argument = ARGUMENTS[className][key];
  if (key === 'activation') return activation(value, refuse);
  switch (argument.kind) {
    case 'initializer':
      return value;
    case 'regularizer':
      return regularizer(value, refuse);
    case 'constraint':
      return constraint(value, refuse);
    case 'flag':
      return Boolean(value);
    case 'choice':
      if (!argument.choices?.includes(/** @type {string} */ (value))) {
        refuse(`one of ${argument.choices?.join(', ')}`);
      }
      return value;
    case 'values':
      return values(value, refuse);
    case 'whole':
      return wholes(value, argument, refuse);
    case 'number':
      return value === null && argument.default === null
        ? null
        : number(value, key, argument, refuse);
    default: // the core doesn't know it
      if (value !== argument.default) refuse(`${argument.default}`);
      return value;
  }
}

/**
 * Returns the name of an activation.
 *
 * @param {unknown} value
 * @param {(expected: string) => never} refuse
 */
function activation(value, refuse) {
  const word = typeof value === 'string' ? snake(value) : (value ?? 'linear');
  return canonical(word) ?? refuse(`one of ${NAMES.join(', ')}`);
}

/**
 * Returns a finite number.
 *
 * @param {unknown} value
 * @param {string} key
 * @param {import('./layer-table.js').Argument} argument
 * @param {(expected: string) => never} refuse
 */
function number(value, key, argument, refuse) {
  const { count = 1, least = -Infinity, most = Infinity } = argument;
  if (count !== 1) return numbers(value, -count, { least, most }, refuse);
  if (typeof value !== 'number' || !Number.isFinite(value)) return refuse('a finite number');
  if (['rate', 'momentum'].includes(key) && !(value >= 0 && value < 1)) refuse(`0 <= ${key} < 1`);
  if (value < least) refuse(`a number ≥ ${least}`);
  return value;
}

/**
 * Returns null, or numbers: one for each channel, or one for all.
 *
 * @param {unknown} value
 * @param {(expected: string) => never} refuse
 */
function values(value, refuse) {
  if (value === null || value === undefined) return null;
  const given = [value].flat();
  if (!given.length || !given.every((one) => Number.isFinite(one))) refuse('finite numbers');
  return given;
}

/**
 * Returns one number, or up to so many in ascending order.
 *
 * @param {unknown} value
 * @param {number} count
 * @param {{ least: number, most: number }} limits
 * @param {(expected: string) => never} refuse
 */
function numbers(value, count, { least, most }, refuse) {
  const given = Array.isArray(value) ? value : [value];
  const fits = given.every((one) => Number.isFinite(one) && one >= least && one <= most);
  if (!fits || given.length < 1 || given.length > count) {
    refuse(`a number of ${least} to ${most}, or two, the lower first`);
  }
  if (given[0] > given[given.length - 1]) refuse('the lower number first');
  return Array.isArray(value) ? [...value] : value;
}

/**
 * Returns one whole number, or as many as the table says.
 *
 * @param {unknown} value
 * @param {import('./layer-table.js').Argument} argument
 * @param {(expected: string) => never} refuse
 */
function wholes(value, argument, refuse) {
  const { count = 1, least = 0, most = 65536 } = argument;
  /** @param {unknown} one */
  const fits = (one) =>
    typeof one === 'number' && Number.isInteger(one) && one >= least && one <= most;
  if (value === null && argument.default === null) return null;
  if (count === 4) return sidesOf(value, refuse);
  if (count === 1) {
    if (!fits(value)) refuse(`a whole number ≥ ${least}`);
    return value;
  }
  const given = Array.isArray(value)
    ? value
    : Array.from({ length: Math.max(1, count) }, () => value);
  const right = count > 0 ? given.length === count : given.length >= 1 && given.length <= -count;
  if (!right || !given.every(fits)) {
    refuse(
      count > 0 ? `one or two whole numbers ≥ ${least}` : `1 to ${-count} whole numbers ≥ ${least}`,
    );
  }
  return given;
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
 * Returns null, or a regularizer in the file's form.
 *
 * @param {unknown} value
 * @param {(expected: string) => never} refuse
 */
function regularizer(value, refuse) {
  if (value === null || value === undefined) return null;
  const word = typeof value === 'string' ? value.toLowerCase().replace('_', '') : '';
  const { class_name: name, config } = /** @type {any} */ (
    word ? { class_name: word.toUpperCase(), config: { [word]: 0.01 } } : value
  );
  if (String(name).toUpperCase() === 'ORTHOGONALREGULARIZER') return orthogonal(config, refuse);
  if (!['L2', 'L1L2', 'L1'].includes(name) || typeof config !== 'object') {
    refuse('L1, L2, L1L2, OrthogonalRegularizer or null');
  }
  const l1 = config?.l1 ?? 0;
  const l2 = config?.l2 ?? 0;
  if (![l1, l2].every((factor) => typeof factor === 'number' && factor >= 0)) {
    refuse('factors ≥ 0');
  }
  return l1 || l2 ? { class_name: 'L1L2', config: { l1, l2 } } : null;
}

/**
 * @param {any} config
 * @param {(expected: string) => never} refuse
 */
function orthogonal(config, refuse) {
  const { factor = 0.01, mode = 'rows' } = config ?? {};
  if (typeof factor !== 'number' || !(factor >= 0)) refuse('a factor ≥ 0');
  if (mode !== 'rows' && mode !== 'columns') refuse("the mode 'rows' or 'columns'");
  return factor ? { class_name: 'OrthogonalRegularizer', config: { factor, mode } } : null;
}

/** Constraints, and their arguments. @type {Record<string, Record<string, number>>} */
const CONSTRAINTS = {
  NonNeg: {},
  MaxNorm: { max_value: 2, axis: 0 },
  UnitNorm: { axis: 0 },
  MinMaxNorm: { min_value: 0, max_value: 1, rate: 1, axis: 0 },
};

/**
 * Returns null, or a constraint in the file's form.
 *
 * @param {any} value
 * @param {(expected: string) => never} refuse
 */
function constraint(value, refuse) {
  if (value === null || value === undefined) return null;
  const given = typeof value === 'string' ? { class_name: value, config: {} } : value;
  const word = String(given.class_name).toLowerCase().replaceAll('_', '');
  const name = Object.keys(CONSTRAINTS).find((known) => known.toLowerCase() === word) ?? '';
  if (!name) refuse(`null, ${Object.keys(CONSTRAINTS).join(', ')}`);
  /** @type {Record<string, any>} */
  const config = {};
  for (const [key, standard] of Object.entries(CONSTRAINTS[name])) {
    const camel = key.replace(/_(.)/, (_, letter) => letter.toUpperCase());
    config[key] = given.config?.[key] ?? given.config?.[camel] ?? standard;
    const parts = [config[key]].flat();
    if (!parts.every((part) => Number.isFinite(part) && part >= 0)) refuse(`${key} ≥ 0`);
    if (key === 'axis' && !parts.every((part) => Number.isInteger(part) && part < 4)) {
      refuse('axes from 0 to 3');
    }
  }
  return { class_name: name, config };
}

/**
 * Converts to snake case: kernelSize -> kernel_size, leakyReLU -> leaky_relu.
 *
 * @param {string} word
 */
export function snake(word) {
  return word.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
