// Layers out of a file that Spritenet writes, for a page that holds nothing else: takes the place of
// lib/layers.js. The file has every argument, and each was checked before it was written.

import { canonical } from '../lib/activations.js';
import { Layer } from '../lib/layer.js';

export { baseName, Layer } from '../lib/layer.js';

// Keys that layers have in files alone.
const OF_FILES = [
  'batch_input_shape',
  'data_format',
  'dtype',
  'name',
  'noise_shape',
  'seed',
  'trainable',
];

/** Returns true: the file has no others. */
export function hasClass() {
  return true;
}

/**
 * Returns a layer.
 *
 * @param {string} className
 * @param {Record<string, any>} config
 * @param {string} [name]
 */
export function makeLayer(className, config, name = '') {
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => !OF_FILES.includes(key)));
  if ('activation' in own) own.activation = canonical(own.activation);
  const trainable = config.trainable !== false;
  return new Layer({ className, name, config: Object.freeze(own), trainable });
}
