// Losses: Keras 3's names and arguments, as the core's table has them, read at run time.

import { ModelError } from './errors.js';
import { writeAttributes } from './operators.js';
import { ATTRIBUTE_INFO, LOSS_INFO, read } from './structs.js';

/** @typedef {import('./core.js').Arena} Arena */

/**
 * An argument of a loss.
 *
 * @typedef {object} LossArgument
 * @property {string} name  Keras's
 * @property {boolean} flag  true or false; else a number
 * @property {number} value  the default
 * @property {number} least
 * @property {number} most
 */

/**
 * A row of the table.
 *
 * @typedef {object} LossRow
 * @property {string} name  Keras's class name
 * @property {readonly string[]} words  the names it goes by
 * @property {readonly LossArgument[]} arguments
 * @property {'' | 'softmax' | 'sigmoid'} activation  in whose place it comes
 * @property {boolean} required  it can follow no other activation
 * @property {'any' | 'fractions' | 'distributions' | 'labels'} targets  those that make sense
 * @property {'none' | 'largest' | 'each'} accuracy  which outputs are decisions
 * @property {boolean} byOutput  it is a mean over the outputs, whose parts may have factors
 */

/**
 * A loss, checked against the last activation.
 *
 * @typedef {object} Loss
 * @property {LossRow} row
 * @property {Readonly<Record<string, number | boolean>>} config  as in the file
 */

/**
 * A loss as `compile` takes it: a name, or an object with its arguments, such as
 * `{ name: 'huber', delta: 2 }`.
 *
 * @typedef {string | ({ name: string } & Record<string, unknown>)} LossOption
 */

const SOFTMAX_OR_OTHER = 3;
const ACTIVATIONS = /** @type {const} */ (['', 'softmax', 'sigmoid', 'softmax']);
const TARGETS = /** @type {const} */ (['any', 'fractions', 'distributions', 'labels']);
const ACCURACIES = /** @type {const} */ (['none', 'largest', 'each']);
const FLAG = 2; // sn_attribute_kind

/**
 * Reads the core's table.
 *
 * @param {Arena} arena
 * @returns {LossRow[]}
 */
export function readLosses(arena) {
  const { core, view } = arena;
  return Array.from({ length: core.sn_loss_count() }, (_, i) => {
    const at = core.sn_loss_at(i);
    /** @param {string} key */
    const field = (key) => read(view, at, LOSS_INFO, key);
    return {
      name: arena.text(field('name')),
      words: arena.text(field('words')).split('|'),
      arguments: Array.from({ length: field('attribute_count') }, (__, k) => {
        const own = field('attributes') + k * ATTRIBUTE_INFO.bytes;
        /** @param {string} key */
        const of = (key) => read(view, own, ATTRIBUTE_INFO, key);
        return {
          name: arena.text(of('name')),
          flag: of('kind') === FLAG,
          value: of('value'),
          least: of('least'),
          most: of('most'),
        };
      }),
      activation: ACTIVATIONS[field('activation')],
      required: ![0, SOFTMAX_OR_OTHER].includes(field('activation')),
      targets: TARGETS[field('targets')],
      accuracy: ACCURACIES[field('accuracy')],
      byOutput: field('by_output') !== 0,
    };
  });
}

/** A name as all spellings of it have it. @param {unknown} name */
const plain = (name) => String(name).toLowerCase().replaceAll('_', '');

/** Keras's name of an argument. @param {string} key */
const snake = (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Returns the loss of a Keras name, checked against the last activation.
 *
 * @param {Arena} arena
 * @param {LossOption} loss
 * @param {string} lastActivation
 * @returns {Loss}
 */
export function makeLoss(arena, loss, lastActivation) {
  const { name, ...given } = typeof loss === 'string' ? { name: loss } : loss;
  const rows = readLosses(arena);
  const row = rows.find((one) => [one.name, ...one.words].some((w) => plain(w) === plain(name)));
  if (!row) {
    throw new ModelError('unknown loss', {
      expected: `one of ${rows.map(({ words }) => words[0]).join(', ')}`,
      got: name,
    });
  }
  const config = checkedArguments(row, given);
  checkActivation(row, config.from_logits === true, lastActivation);
  return Object.freeze({ row, config: Object.freeze(config) });
}

/**
 * @param {LossRow} row
 * @param {Record<string, unknown>} given  camelCase, or as in the file
 */
function checkedArguments(row, given) {
  const where = row.words[0];
  /** @type {Record<string, number | boolean>} */
  const config = {};
  for (const { name, flag, value } of row.arguments) config[name] = flag ? value !== 0 : value;
  for (const [key, value] of Object.entries(given)) {
    const argument = row.arguments.find(({ name }) => name === snake(key));
    if (!argument) throw new ModelError(`it has no argument ${key}`, { where });
    const { name, flag, least, most } = argument;
    const fits = flag
      ? typeof value === 'boolean'
      : Number.isFinite(value) && Number(value) >= least && Number(value) <= most;
    if (!fits) {
      const range = `${least} ≤ ${name} ${most < 1 ? '< 1' : '≤ 1'}`;
      const expected = most <= 1 ? range : `${least} or more`;
      throw new ModelError(`invalid ${key}`, {
        where,
        expected: flag ? 'true or false' : expected,
        got: value,
      });
    }
    config[name] = /** @type {number | boolean} */ (value);
  }
  return config;
}

/**
 * @param {LossRow} row
 * @param {boolean} fromLogits
 * @param {string} last
 */
function checkActivation({ activation, required, words }, fromLogits, last) {
  if (!required || last === (fromLogits ? 'linear' : activation)) return;
  throw new ModelError(`it can't follow the activation ${last}`, {
    where: words[0],
    expected: fromLogits ? 'no activation' : activation,
  });
}

/**
 * Returns a loss as files have it.
 *
 * @param {Loss} loss
 */
export function lossConfig({ row, config }) {
  return { class_name: row.name, config: { ...config } };
}

/**
 * Returns the option of `makeLoss` for a loss in a file.
 *
 * @param {any} entry
 * @returns {LossOption}
 */
export function savedLoss({ class_name: name, config = {} }) {
  return { name, ...config };
}

/**
 * Writes a loss, as the fields of sn_training and sn_evaluation.
 *
 * @param {Arena} arena
 * @param {Loss} loss
 * @returns {Record<string, number>}
 */
export function writeLoss(arena, { row, config }) {
  /** @type {[string, number[]][]} */
  const given = Object.entries(config).map(([name, value]) => [name, [Number(value)]]);
  return {
    'loss.name': arena.write(row.name),
    'loss.attributes': writeAttributes(arena, given),
    'loss.attribute_count': given.length,
  };
}
