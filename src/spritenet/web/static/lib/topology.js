// Layers from and to `modelTopology`, as TensorFlow.js, Keras 2 and Keras 3 write it.

import { ModelError } from './errors.js';
import { makeLayer, named, outputShape } from './layers.js';

/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./layers.js').Config} Config */

const MAXIMAL_LAYERS = 1000;
const MAXIMAL_SIDE = 65535; // pixels
const LEAKY = '_leaky_relu'; // ends the name of a LeakyReLU that is the activation of the layer before

/**
 * The named layers of a `modelTopology`, and the [height, width, channels] they take.
 *
 * @param {unknown} topology
 * @returns {{ layers: Layer[], inputShape: number[] }}
 */
export function readTopology(topology) {
  const all = entries(topology);
  const inputShape = imageShape(all[0].config);
  /** @type {Layer[]} */
  const found = [];
  let shape = inputShape;
  for (const { className, config } of all) {
    if (className === 'InputLayer') continue;
    const layer = readLayer(className, config, shape);
    const before = found.at(-1);
    const joined = before && withActivation(before, layer);
    if (joined) {
      found[found.length - 1] = joined;
    } else {
      shape = outputShape(layer, shape);
      found.push(layer);
    }
  }
  return { layers: named(found), inputShape };
}

/**
 * @param {unknown} topology
 * @returns {{ className: string, config: Config }[]}
 */
function entries(topology) {
  let model = /** @type {any} */ (topology);
  if (typeof model?.model_config === 'object') model = model.model_config; // of Keras's .h5 files
  if (typeof model?.class_name !== 'string') {
    throw new ModelError('modelTopology is missing or broken', {
      todo: "Is it a layers model? Graph models can't be read.",
    });
  }
  if (model.class_name !== 'Sequential') {
    throw new ModelError('the network is not a plain stack of layers', {
      expected: 'Sequential',
      got: model.class_name,
    });
  }
  const list = Array.isArray(model.config) ? model.config : model.config?.layers;
  if (!Array.isArray(list) || list.length < 1 || list.length > MAXIMAL_LAYERS) {
    throw new ModelError('its layers are wrong', { expected: `a list of 1 to ${MAXIMAL_LAYERS}` });
  }
  return list.map((entry) => {
    if (typeof entry?.class_name !== 'string' || typeof entry.config !== 'object' || !entry.config) {
      throw new ModelError('a layer has no class_name or config', { got: entry ?? null });
    }
    return { className: entry.class_name, config: entry.config };
  });
}

/**
 * @param {Config} config  of the first layer
 * @returns {number[]}
 */
function imageShape(config) {
  const shape = config.batch_input_shape ?? config.batch_shape;
  const sides = Array.isArray(shape) ? shape.slice(1) : [];
  if (sides.length !== 3 || !sides.every((n) => Number.isInteger(n) && n > 0 && n <= MAXIMAL_SIDE)) {
    throw new ModelError("the network doesn't take images of a known size", {
      expected: 'batch_input_shape [null, height, width, channels]',
      got: shape ?? null,
    });
  }
  return sides;
}

/**
 * @param {string} className
 * @param {Config} config
 * @param {number[]} inputShape
 */
function readLayer(className, config, inputShape) {
  const name = config.name ?? className.toLowerCase();
  if (typeof name !== 'string' || name.length < 1 || name.length > 200) {
    throw new ModelError('the name of a layer is wrong', { got: name });
  }
  const own = { ...config };
  const policy = /** @type {any} */ (own.dtype);
  if (policy && typeof policy === 'object') own.dtype = policy.config?.name; // Keras 3's policy
  if (className === 'Softmax' && own.axis === inputShape.length) own.axis = -1;
  for (const key of ['kernel_initializer', 'bias_initializer']) {
    const rule = /** @type {any} */ (own[key]);
    if (rule && typeof rule === 'object') {
      own[key] = { class_name: rule.class_name, config: rule.config ?? {} };
    }
  }
  return makeLayer(className, own, name);
}

/**
 * The layer with the activation that `writeTopology` split off it, if `after` is that.
 *
 * @param {Layer} layer
 * @param {Layer} after
 * @returns {Layer | null}
 */
function withActivation(layer, after) {
  const split =
    after.className === 'LeakyReLU' &&
    after.name === `${layer.name}${LEAKY}` &&
    layer.config.activation === 'linear' &&
    (layer.className === 'Conv2D' || layer.className === 'Dense') &&
    Math.abs(Number(after.config.alpha) - 0.2) < 1e-9;
  return split
    ? makeLayer(layer.className, { ...layer.config, activation: 'leaky_relu' }, layer.name)
    : null;
}

/**
 * The `modelTopology` of named layers, in Keras 2's form, as TensorFlow.js 4.22 loads it.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
export function writeTopology(layers, inputShape) {
  const list = layers.flatMap(entriesOf);
  list[0].config.batch_input_shape = [null, ...inputShape];
  return {
    class_name: 'Sequential',
    config: { name: 'sequential', layers: list },
    keras_version: '2.15.0',
    backend: 'tensorflow',
  };
}

/**
 * The layer as TensorFlow.js knows it: one, or two for a leaky activation, which it lacks.
 *
 * @param {Layer} layer
 * @returns {{ class_name: string, config: Config }[]}
 */
function entriesOf({ className, name, config }) {
  /** @type {Config} */
  const own = { name, trainable: true, dtype: 'float32', ...config };
  for (const key of ['kernel_initializer', 'bias_initializer']) {
    if (key in own) own[key] = initializerOf(own[key]);
  }
  const slope = className === 'ReLU' ? Number(config.negative_slope) : 0;
  if (slope || (className === 'Activation' && config.activation === 'leaky_relu')) {
    return [leaky(name, slope || 0.2)];
  }
  if (config.activation === 'leaky_relu') {
    const plain = { class_name: className, config: { ...own, activation: 'linear' } };
    return [plain, leaky(`${name}${LEAKY}`, 0.2)];
  }
  return [{ class_name: className, config: own }];
}

/** @param {string} name @param {number} alpha */
function leaky(name, alpha) {
  return { class_name: 'LeakyReLU', config: { name, trainable: true, dtype: 'float32', alpha } };
}

/**
 * An initializer in the form TensorFlow.js reads.
 *
 * @param {unknown} rule
 */
function initializerOf(rule) {
  if (typeof rule !== 'string') return rule;
  const words = rule.split('_').map((word) => word[0].toUpperCase() + word.slice(1));
  return { class_name: words.join('').replace('Lecun', 'LeCun'), config: {} };
}
