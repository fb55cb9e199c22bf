// Activation functions: Keras's names, and the parameter of each, as the core's table lists them.

import { ACTIVATIONS } from './layer-table.js';

/** @typedef {import('./layers.js').Layer} Layer */

/** Every name, Keras's other names (swish) last. */
export const NAMES = Object.freeze([
  ...Object.keys(ACTIVATIONS),
  ...Object.values(ACTIVATIONS).flatMap(({ also }) => also ?? []),
]);

/** Names in files. TensorFlow.js's hard_sigmoid is Keras 2's, which is steeper than Keras 3's. */
export const FILE_NAMES = /** @type {Readonly<Record<string, string>>} */ (
  Object.freeze({ silu: 'swish', hard_sigmoid: 'hard_sigmoid_3' })
);

/**
 * Returns the name by which the core knows an activation; undefined if there is none of that name.
 *
 * @param {unknown} word
 * @returns {string | undefined}
 */
export function canonical(word) {
  return Object.keys(ACTIVATIONS).find((name) => name === word || ACTIVATIONS[name].also === word);
}

/**
 * Returns the activation a layer applies last, and its parameter; of layers without a name of their own
 * the nearest.
 *
 * @param {Layer} layer
 * @returns {{ name: string, alpha: number }}
 */
export function activationOf(layer) {
  const { className, config } = layer;
  if (className === 'ReLU') {
    const named = isNamedReLU(config);
    const slope = Number(config.negative_slope);
    if (named && slope) return { name: 'leaky_relu', alpha: slope };
    return { name: named && config.max_value ? 'relu6' : 'relu', alpha: 0 };
  }
  if (className === 'LeakyReLU') return { name: 'leaky_relu', alpha: Number(config.alpha) };
  if (className === 'ELU') return { name: 'elu', alpha: Number(config.alpha) };
  if (className === 'Softmax') return { name: 'softmax', alpha: 0 };
  const name = /** @type {string} */ (config.activation ?? 'linear');
  return { name, alpha: ACTIVATIONS[name].alpha };
}

/**
 * Returns the name that means the same as an activation layer; null if none does.
 *
 * @param {Layer} layer
 * @returns {string | null}
 */
export function asName(layer) {
  const { className, config } = layer;
  if (className === 'ReLU' && !isNamedReLU(config)) return null;
  if (className === 'Softmax' && config.axis !== -1) return null;
  const { name, alpha } = activationOf(layer);
  return ACTIVATIONS[name].alpha === alpha ? name : null;
}

/** Returns true for a relu, a relu6 or a leaky_relu. @param {import('./layers.js').Config} config */
function isNamedReLU({ max_value: most, negative_slope: slope, threshold }) {
  return !threshold && ((most ?? null) === null || (most === 6 && !slope));
}
