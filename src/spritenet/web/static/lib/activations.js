// Activation functions: Keras's names, and the parameter of each.

/** @typedef {import('./layers.js').Layer} Layer */

/** The activations by name, with the parameter of Keras 3's string form. */
export const ACTIVATIONS = /** @type {Record<string, number>} */ ({
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

/**
 * Returns the activation a layer applies last, and its parameter.
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
