// Losses: Keras's names and arguments, as the core and the files take them.

import { ModelError } from './errors.js';

/** @typedef {{ name: string, fromLogits: boolean, smoothing: number }} Loss */

/**
 * Returns the loss of a Keras name, checked against the last activation.
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
    throw new ModelError('unknown loss', {
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
    throw new ModelError('invalid labelSmoothing', {
      where: name,
      expected: '0 <= s < 1',
      got: smoothing,
    });
  }
  return { name, fromLogits, smoothing };
}

/**
 * Returns a loss as Python's files have it.
 *
 * @param {Loss} loss
 */
export function lossConfig({ name, fromLogits, smoothing }) {
  const className = name.replace(/(^|_)([a-z])/g, (_, __, letter) => letter.toUpperCase());
  if (name === 'mean_squared_error') return { class_name: className, config: {} };
  const own = name === 'categorical_crossentropy' ? { label_smoothing: smoothing } : {};
  return { class_name: className, config: { from_logits: fromLogits, ...own } };
}

/**
 * Returns the options of `makeLoss` for a loss in a file.
 *
 * @param {any} entry
 */
export function savedLoss(entry) {
  const { class_name: name, config = {} } = entry;
  return {
    name,
    fromLogits: Boolean(config.from_logits),
    labelSmoothing: config.label_smoothing ?? 0,
  };
}

/** Returns the loss as a number of sn_loss. @param {Loss} loss */
export function lossKind(loss) {
  return loss.name === 'mean_squared_error' ? 1 : 0;
}
