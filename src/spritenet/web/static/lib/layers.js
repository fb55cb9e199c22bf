// Layers: Keras's names, arguments, defaults and meaning.
//
// A layer is a frozen description, made by the functions here or read from a model file; the core
// computes. Arguments are written as in TensorFlow.js (`kernelSize`), and kept as in the file
// (`kernel_size`).

import { checked, CLASSES, FIXED, NO_MATTER, snake } from './arguments.js';
import { ModelError, shown } from './errors.js';
import { Layer } from './layer.js';
import { LAYERS } from './layer-table.js';

export { baseName, Layer } from './layer.js';

/** @typedef {import('./layer.js').Config} Config */

/** Returns true for a supported layer. @param {string} className */
export function hasClass(className) {
  return Object.hasOwn(CLASSES, className);
}

/**
 * Makes a layer of arguments, each checked.
 *
 * @param {string} className
 * @param {Config} config  names as in the file; those that change no output are left out
 * @param {string} [name]
 * @returns {Layer}
 */
export function makeLayer(className, config, name = '') {
  const known = Object.hasOwn(CLASSES, className) ? CLASSES[className] : undefined;
  if (!known) {
    throw new ModelError(`unsupported layer ${shown(className)}`, {
      where: name,
      todo: `Supported: ${Object.keys(CLASSES).join(', ')}.`,
    });
  }
  const where = name || className;
  if (
    className === 'LeakyReLU' &&
    config.negative_slope !== undefined &&
    config.alpha === undefined
  ) {
    config = { ...config, alpha: config.negative_slope };
  }
  for (const key of Object.keys(config)) {
    const value = config[key] ?? null; // null: an argument not given
    if (
      Object.hasOwn(known, key) ||
      NO_MATTER.has(key) ||
      key.endsWith('_constraint') ||
      value === null ||
      (key === 'negative_slope' && className === 'LeakyReLU')
    ) {
      continue;
    }
    const allowed = Object.hasOwn(FIXED, key) ? FIXED[key] : undefined;
    if (!allowed) {
      const expected = Object.keys(known).join(', ') || 'no arguments';
      throw new ModelError(`${className} has no argument ${shown(key)}`, { where, expected });
    }
    if (!allowed.includes(Array.isArray(value) ? String(value) : value)) {
      throw new ModelError(`${key} can't be changed here`, {
        where,
        expected: allowed.at(-1),
        got: value,
      });
    }
  }
  /** @type {Config} */
  const own = {};
  for (const [key, standard] of Object.entries(known)) {
    const value = config[key] === undefined ? standard : config[key];
    if (value === undefined) throw new ModelError(`its configuration lacks ${key}`, { where });
    own[key] = checked(className, key, value, where);
  }
  if (className.endsWith('Pooling2D') && 'strides' in own) own.strides ??= own.pool_size;
  return new Layer({
    className,
    name,
    config: Object.freeze(own),
    trainable: config.trainable !== false,
  });
}

/**
 * Returns the maker of one class, its arguments in camel case.
 *
 * @param {string} className
 * @returns {(options?: Record<string, unknown>) => Layer}
 */
function maker(className) {
  return (options = {}) => {
    const { name = '', ...rest } = options;
    /** @type {Config} */
    const config = {};
    for (const [key, value] of Object.entries(rest)) {
      if (key !== 'trainable' && !Object.hasOwn(CLASSES[className], snake(key))) {
        throw new ModelError(`unknown argument ${key}`, {
          where: String(name) || className,
          expected: Object.keys(CLASSES[className]).join(', ') || 'none',
        });
      }
      config[snake(key)] = value;
    }
    return makeLayer(className, config, String(name));
  };
}

/**
 * The layers by TensorFlow.js's names: `layers.conv2d({ filters: 8, kernelSize: 5, activation: 'relu' })`.
 *
 * @type {Readonly<Record<import('./layer-table.js').LayerName, ReturnType<typeof maker>>>}
 */
export const layers = Object.freeze(
  /** @type {any} */ (
    Object.fromEntries(Object.entries(LAYERS).map(([name, row]) => [row.maker, maker(name)]))
  ),
);

/**
 * Returns layers of which some are frozen, or trained again.
 *
 * @param {readonly Layer[]} all
 * @param {readonly string[]} names
 * @param {boolean} trainable
 * @returns {Layer[]}
 */
export function withTrainable(all, names, trainable) {
  for (const name of names) {
    if (!all.some((layer) => layer.name === name)) {
      throw new ModelError('unknown layer', {
        expected: `one of ${all.map((layer) => layer.name).join(', ')}`,
        got: name,
      });
    }
  }
  return all.map((layer) =>
    names.includes(layer.name) ? new Layer({ ...layer, trainable }) : layer,
  );
}
