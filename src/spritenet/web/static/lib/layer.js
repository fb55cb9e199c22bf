// One layer: a frozen description, which the core computes.

import { SymbolicTensor } from './tensor.js';

/** @typedef {Record<string, unknown>} Config  Keras 2's, as in the model file. */

/** A frozen description of a layer. */
export class Layer {
  /**
   * Use `layers`.
   *
   * @param {object} values
   * @param {string} values.className
   * @param {Config} values.config  without the name
   * @param {string} [values.name]
   * @param {boolean} [values.trainable]
   * @param {readonly string[]} [values.inputs]
   */
  constructor({ className, config, name = '', trainable = true, inputs }) {
    this.className = className;
    /** The name in messages and files; '' until a network names it. */
    this.name = name;
    this.config = config;
    /** False: its weights are frozen, and a BatchNormalization uses its moving averages. */
    this.trainable = trainable;
    /** The names of the layers whose outputs it takes, '' for the image; set by a network. */
    this.inputs = inputs;
    Object.freeze(this);
  }

  /**
   * Applies the layer to the output of one layer, or of several.
   *
   * @param {SymbolicTensor | readonly SymbolicTensor[]} inputs
   * @returns {SymbolicTensor}
   */
  apply(inputs) {
    return new SymbolicTensor(this, Array.isArray(inputs) ? inputs : [inputs]);
  }
}

/** Returns the class in snake case, from which Keras makes names: Conv2D -> conv2d. @param {string} className */
export function baseName(className) {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
