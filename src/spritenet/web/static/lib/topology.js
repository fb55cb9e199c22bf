// Networks from and to `modelTopology`, as TensorFlow.js, Keras 2 and Keras 3 write it.

import { inputShapeOf, squareNote } from './image-shape.js';
import { ModelError, shown } from './errors.js';
import { activationOf, asName, FILE_NAMES } from './activations.js';
import {
  connected,
  IMAGE,
  inputsOf,
  isChain,
  isRandom,
  rewired,
  isRescaledLater,
  startsWithRescaling,
} from './graph.js';
import { hasClass, Layer, makeLayer } from './layers.js';
import { infer, inferShapes } from './shapes.js';
import { rescalingTo } from './pixel-range.js';
import { graphOf, isObject, snakeKeys } from './topology-graph.js';

/** @typedef {import('./layers.js').Config} Config */

/** @typedef {import('./topology-graph.js').Entry} Entry */

const LEAKY = '_leaky_relu'; // ends the name of a LeakyReLU that is the activation of the layer before
const KEPT = '_keepdims'; // ends the name of a Reshape that is the keepdims of the pooling before
const GLOBAL = ['GlobalAveragePooling2D', 'GlobalMaxPooling2D'];
const IDLE = /^(ActivityRegularization|AugMix|CutMix|MixUp|RandAugment|Random(?!Crop$)[A-Z]\w*)$/; // but while training
const PLAIN = ['ReLU', 'LeakyReLU', 'ELU', 'Softmax', 'Activation']; // activations as layers

/**
 * Returns the network of a `modelTopology`.
 *
 * @param {unknown} topology
 * @param {string | undefined} [pixels]  the range it was fed with, where it doesn't begin with a Rescaling
 * @returns {{ layers: Layer[], inputShape: number[], assumed: boolean, notes: string[] }}
 *     the connected layers; the shape of its images; whether the range of pixels is assumed; and a
 *     line for each assumption
 */
export function readTopology(topology, pixels) {
  const graph = graphOf(topology);
  const inputShape = inputShapeOf(graph.input);
  const { entries } = graph;
  /** @type {Map<string, { name: string, shape: number[] }>} */
  const outputs = new Map([[IMAGE, { name: IMAGE, shape: inputShape }]]); // by the file's ids
  /** @type {Map<string, Layer>} */
  const found = new Map();
  const readers = new Map();
  for (const name of entries.flatMap(({ inputs }) => inputs)) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  for (const entry of entries) {
    let inputs = entry.inputs.map(
      (name) => /** @type {{ name: string, shape: number[] }} */ (outputs.get(name)),
    );
    for (const layer of readLayers(entry, inputs[0].shape)) {
      const before = found.get(inputs[0].name);
      const alone = entry.inputs.length === 1 && readers.get(entry.inputs[0]) === 1;
      const joined =
        before && alone && (withActivation(before, layer) ?? withKeepdims(before, layer));
      if (joined) {
        found.set(before.name, new Layer({ ...joined, inputs: before.inputs }));
        inputs = [{ name: before.name, shape: infer(layer, [inputs[0].shape]).shape }];
        continue;
      }
      const { shape } = infer(
        layer,
        inputs.map((each) => each.shape),
      );
      const names = inputs.map(({ name }) => name);
      if (found.has(layer.name)) throw new ModelError(`two layers are called ${shown(layer.name)}`);
      found.set(layer.name, new Layer({ ...layer, inputs: names }));
      inputs = [{ name: layer.name, shape }];
    }
    outputs.set(entry.id, inputs[0]);
  }
  const layers = [...found.values()];
  const own = startsWithRescaling(layers) || isRescaledLater(layers);
  if (own && pixels !== undefined) {
    throw new ModelError('the model itself says what its pixels are', {
      where: layers[0].name,
      expected: 'no pixels',
      got: pixels,
    });
  }
  const assumed = !own && pixels === undefined;
  const arranged = own || layers.some(({ className }) => className === 'Reshape');
  const note = arranged ? '' : squareNote(inputShape);
  return {
    layers: connected(layers, pixels === undefined ? undefined : rescalingTo(pixels)),
    inputShape,
    assumed,
    notes: note ? [note] : [],
  };
}

/**
 * Returns the layers of an entry: one; two if its activation is a layer; none if it does nothing.
 *
 * @param {Entry} entry
 * @param {number[]} inputShape  of its first input
 * @returns {Layer[]}
 */
function readLayers({ className, config }, inputShape) {
  const { name } = config;
  if (IDLE.test(className)) return [];
  if (className === 'RandomCrop') {
    throw new ModelError("unsupported layer 'RandomCrop', which resizes images when predicting", {
      where: name,
      todo: 'Put Resizing or CenterCrop in its place.',
    });
  }
  /** @type {Config} */
  const own = { ...config };
  const policy = /** @type {any} */ (own.dtype);
  if (isObject(policy)) own.dtype = policy.config?.name; // Keras 3's policy
  if (String(own.axis) === String(inputShape.length)) own.axis = -1; // counted with the batch
  for (const key of Object.keys(own).filter((argument) => argument.endsWith('_initializer'))) {
    const rule = own[key];
    if (isObject(rule)) {
      own[key] = { class_name: rule.class_name ?? rule.className, config: rule.config ?? {} };
    }
  }
  /** @type {Layer[]} */
  const after = [];
  if (isObject(own.activation)) own.activation = activationLayer(own.activation, name, after);
  if (/^hard_?sigmoid$/i.test(String(own.activation)) && !isObject(policy)) {
    throw new ModelError('unsupported activation', {
      where: name,
      expected: "Keras 3's hard_sigmoid, x / 6 + 0.5",
      got: "Keras 2's, x / 5 + 0.5",
    });
  }
  if (own.activation === FILE_NAMES.hard_sigmoid) own.activation = 'hard_sigmoid';
  return [makeLayer(className, own, name), ...after];
}

/**
 * The name of an activation that is an object; or "linear", and the layer that it is put into `after`.
 *
 * @param {Record<string, any>} value
 * @param {string} name
 * @param {Layer[]} after
 * @returns {unknown}
 */
function activationLayer(value, name, after) {
  const { class_name: className, config } = snakeKeys(value, name);
  if (typeof className !== 'string') {
    throw new ModelError('invalid activation', { where: name, got: value });
  }
  if (className === 'function') return config; // Keras 3
  if (!hasClass(className)) return className; // "relu", as Keras writes functions
  if (!PLAIN.includes(className)) {
    throw new ModelError('unsupported activation', { where: name, got: className });
  }
  const inner = isObject(config) ? snakeKeys(config, name) : {};
  if (className === 'Softmax' && inner.axis === 1) inner.axis = -1;
  const layer = makeLayer(className, inner, `${name}_activation`);
  const same = asName(layer);
  if (same === null) after.push(layer);
  return same ?? 'linear';
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
    ['Conv2D', 'DepthwiseConv2D', 'Dense'].includes(layer.className) &&
    Math.abs(Number(after.config.alpha) - 0.2) < 1e-9;
  return split
    ? new Layer({
        ...layer,
        config: Object.freeze({ ...layer.config, activation: 'leaky_relu' }),
      })
    : null;
}

/**
 * The pooling with the `keepdims` that `writeTopology` split off it, if `after` is that.
 *
 * @param {Layer} layer
 * @param {Layer} after
 * @returns {Layer | null}
 */
function withKeepdims(layer, after) {
  const split =
    after.className === 'Reshape' &&
    after.name === `${layer.name}${KEPT}` &&
    GLOBAL.includes(layer.className) &&
    !layer.config.keepdims &&
    /^1,1,/.test(String(after.config.target_shape));
  return split
    ? new Layer({ ...layer, config: Object.freeze({ ...layer.config, keepdims: true }) })
    : null;
}

/**
 * Returns the layers as they predict: without random ones, a RandomCrop as a Cropping2D behind
 * Rescaling, which still comes first.
 *
 * @param {readonly Layer[]} layers  connected
 * @param {readonly number[]} inputShape
 * @returns {readonly Layer[]}
 */
function withoutRandom(layers, inputShape) {
  const random = layers.filter(isRandom);
  if (!random.length) return layers;
  const sources = new Map(random.map((layer) => [layer.name, inputsOf(layer)[0]]));
  /** @param {string} name @returns {string} */
  const source = (name) => (sources.has(name) ? source(String(sources.get(name))) : name);
  const [rescaling, ...rest] = layers
    .filter((layer) => !isRandom(layer))
    .map((layer) => rewired(layer, source));
  let [height, width] = inputShape;
  let { name: before } = rescaling;
  const crops = random
    .filter(({ className }) => className === 'RandomCrop')
    .map(({ name, config }) => {
      const sides = [
        [height, Number(config.height)],
        [width, Number(config.width)],
      ].map(([whole, kept]) => [(whole - kept) >> 1, whole - kept - ((whole - kept) >> 1)]);
      [height, width] = [Number(config.height), Number(config.width)];
      const made = makeLayer('Cropping2D', { cropping: sides }, name);
      const layer = new Layer({ ...made, inputs: [before] });
      before = name;
      return layer;
    });
  return [
    rescaling,
    ...crops,
    ...rest.map((layer) => rewired(layer, (name) => (name === rescaling.name ? before : name))),
  ];
}

/**
 * Returns the `modelTopology` of connected layers, in Keras 2's form, as TensorFlow.js 4.22 loads it:
 * a Sequential of a chain, else a Functional.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
export function writeTopology(layers, inputShape) {
  layers = withoutRandom(layers, inputShape);
  const { shapes } = inferShapes(layers, inputShape);
  const batchInputShape = [null, ...inputShape];
  const written = { keras_version: '2.15.0', backend: 'tensorflow' };
  if (isChain(layers)) {
    const list = layers.flatMap((layer, i) => entriesOf(layer, shapes[i]));
    list[0].config.batch_input_shape = batchInputShape;
    return { class_name: 'Sequential', config: { name: 'sequential', layers: list }, ...written };
  }
  const taken = new Set(layers.map(({ name }) => name));
  let input = 'input';
  for (let i = 1; taken.has(input); i++) input = `input_${i}`;
  const outputs = new Map([[IMAGE, input]]);
  /** @param {readonly string[]} names */
  const node = (names) => [names.map((name) => [name, 0, 0, {}])];
  const list = layers.flatMap((layer, i) => {
    let inputs = inputsOf(layer).map((name) => /** @type {string} */ (outputs.get(name)));
    return entriesOf(layer, shapes[i]).map((entry) => {
      const name = String(entry.config.name);
      const whole = { ...entry, name, inbound_nodes: node(inputs) };
      inputs = [name];
      outputs.set(layer.name, name);
      return whole;
    });
  });
  const first = {
    class_name: 'InputLayer',
    config: { name: input, batch_input_shape: batchInputShape, dtype: 'float32', sparse: false },
    name: input,
    inbound_nodes: [],
  };
  const output = outputs.get(layers[layers.length - 1].name);
  const config = {
    name: 'model',
    layers: [first, ...list],
    input_layers: [[input, 0, 0]],
    output_layers: [[output, 0, 0]],
  };
  return { class_name: 'Functional', config, ...written };
}

/**
 * Returns the layer as TensorFlow.js knows it: one, or two for a leaky activation or keepdims, which it lacks.
 *
 * @param {Layer} layer
 * @param {readonly number[]} outputShape
 * @returns {{ class_name: string, config: Config }[]}
 */
function entriesOf(layer, outputShape) {
  const { className, name, config, trainable } = layer;
  /** @type {Config} */
  const own = { name, trainable, dtype: 'float32', ...config };
  for (const key of Object.keys(own)) {
    if (key.endsWith('_initializer')) own[key] = initializerOf(own[key]);
  }
  if (className === 'Identity') {
    return [{ class_name: 'Activation', config: { ...own, activation: 'linear' } }];
  }
  const last = className === 'ReLU' ? activationOf(layer) : null;
  const slope = last?.name === 'leaky_relu' ? last.alpha : 0;
  if (slope || (className === 'Activation' && config.activation === 'leaky_relu')) {
    return [leaky(name, slope || 0.2)];
  }
  if (config.activation === 'leaky_relu') {
    const plain = { class_name: className, config: { ...own, activation: 'linear' } };
    return [plain, leaky(`${name}${LEAKY}`, 0.2)];
  }
  if (GLOBAL.includes(className) && config.keepdims) {
    const shape = { target_shape: [...outputShape] };
    return [
      { class_name: className, config: { ...own, keepdims: false } },
      {
        class_name: 'Reshape',
        config: { name: `${name}${KEPT}`, trainable: true, dtype: 'float32', ...shape },
      },
    ];
  }
  if (className === 'Reshape') own.target_shape = [...outputShape]; // no -1 of batches there
  const written = FILE_NAMES[String(config.activation)];
  if (written) own.activation = written;
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
