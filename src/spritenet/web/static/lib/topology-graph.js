// The graph of a `modelTopology`: its layers as the file has them, each after its inputs.
//
// Knows how TensorFlow.js, Keras 2 and Keras 3 nest and connect layers; knows nothing of what each
// computes. Models inside the model are flattened.

import { appliedOnce } from './applications.js';
import { ModelError, shown } from './errors.js';
import { IMAGE } from './graph.js';

// Layers whose every call Keras 3 writes down with training=True.
const RECORDED_TRAINING = /^(CenterCrop|Resizing|Random[A-Z]\w*|MixUp|CutMix|AugMix|RandAugment)$/;

/** @typedef {import('./layers.js').Config} Config */
/**
 * A layer as the file has it.
 *
 * @typedef {object} Entry
 * @property {string} id  its name, unless another has it
 * @property {string} className
 * @property {Config & { name: string }} config
 * @property {string[]} inputs  ids of entries, or IMAGE
 */
/** @typedef {Record<string, any>} Content  of an entry of the file, its keys in snake case */

const MAXIMAL_LAYERS = 1000;
const MAXIMAL_DEPTH = 8; // of models inside models
const GRAPHS = ['Functional', 'Model'];
const MODELS = ['Sequential', ...GRAPHS];

/**
 * Returns the layers of a `modelTopology`, each after its inputs, without InputLayers; and the config
 * of the layer that tells the shape of the image.
 *
 * @param {unknown} topology
 * @returns {{ input: Config, entries: Entry[], output: string }}
 */
export function graphOf(topology) {
  let model = /** @type {any} */ (topology);
  if (isObject(model?.model_config)) model = model.model_config; // of Keras's .h5 files
  if (Array.isArray(model?.node)) {
    throw new ModelError('it is a graph model, which has operations in place of layers', {
      expected: 'a layers model',
      todo: 'Convert it to layers with Python: spritenet convert MODEL FOLDER.',
    });
  }
  model = isObject(model) ? snakeKeys(model) : {};
  if (typeof model.class_name !== 'string') {
    throw new ModelError('modelTopology is missing or damaged', { todo: 'Is it a layers model?' });
  }
  if (!MODELS.includes(model.class_name)) {
    throw new ModelError('unsupported kind of model', {
      expected: MODELS.join(' or '),
      got: model.class_name,
    });
  }
  const flat = new FlatGraph();
  const outputs = flat.model(model, [IMAGE], { depth: 0, trainable: true });
  if (outputs.length !== 1) {
    throw new ModelError(`the network has ${outputs.length} outputs`, { expected: 'one output' });
  }
  const { entries } = flat;
  const [output] = outputs;
  const read = new Set(entries.flatMap(({ inputs }) => inputs));
  const idle = entries.find(({ id }) => id !== output && !read.has(id));
  if (idle) {
    throw new ModelError('there is no path to the output', {
      where: idle.config.name,
      expected: 'layers that all lead to the output',
    });
  }
  return { input: flat.input ?? {}, entries, output };
}

/**
 * Returns the config with `poolSize` as `pool_size`: TensorFlow.js takes an argument under both names.
 *
 * @param {Record<string, any>} config
 * @param {string} [where]
 * @returns {Record<string, any>}
 */
export function snakeKeys(config, where = '') {
  /** @type {Record<string, any>} */
  const result = {};
  for (const [key, value] of Object.entries(config)) {
    const snake = key.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
    if (Object.hasOwn(result, snake) && JSON.stringify(result[snake]) !== JSON.stringify(value)) {
      throw new ModelError(`${shown(snake)} is given twice, with different values`, {
        where,
        got: [result[snake], value],
      });
    }
    if (snake !== '__proto__') result[snake] = value;
  }
  return result;
}

/** @param {unknown} value @returns {value is Record<string, any>} */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The layers of a model and of the models inside it. */
class FlatGraph {
  constructor() {
    /** @type {Entry[]} */
    this.entries = [];
    this.ids = new Set();
    /** @type {Config | null} */
    this.input = null;
  }

  /**
   * Adds a model's layers.
   *
   * @param {Content} model
   * @param {string[]} inputs
   * @param {{ depth: number, trainable: boolean }} how
   * @returns {string[]}  its outputs
   */
  model(model, inputs, { depth, trainable }) {
    if (depth > MAXIMAL_DEPTH) {
      throw new ModelError('models are nested too deep', {
        expected: `at most ${MAXIMAL_DEPTH} in each other`,
      });
    }
    const given = Array.isArray(model.config)
      ? { layers: model.config }
      : snakeKeys(model.config ?? {});
    const listed = given.layers;
    if (!Array.isArray(listed) || listed.length < 1 || listed.length > MAXIMAL_LAYERS) {
      throw new ModelError('invalid list of layers', {
        expected: `a list of 1 to ${MAXIMAL_LAYERS}`,
      });
    }
    const { layers, content } = appliedOnce(listed.map(entryOf), given);
    const inside = { depth: depth + 1, trainable: trainable && content.trainable !== false };
    if (GRAPHS.includes(model.class_name)) return this.graph(layers, content, inputs, inside);
    let tensors = inputs;
    for (const layer of layers) tensors = this.layer(layer, tensors, inside);
    return tensors;
  }

  /**
   * Adds the layers of a Functional.
   *
   * @param {Content[]} layers
   * @param {Content} content
   * @param {string[]} given  a tensor for each input
   * @param {{ depth: number, trainable: boolean }} inside
   * @returns {string[]}
   */
  graph(layers, content, given, inside) {
    const inputs = inputNames(layers, content);
    if (inputs.length !== given.length) {
      throw new ModelError(`the network has ${inputs.length} inputs`, {
        where: inside.depth > 1 ? content.name : '',
        expected: given.length === 1 ? 'one input' : `${given.length} inputs`,
        got: inputs.join(', '),
      });
    }
    /** @type {Map<string, string[]>} */
    const outputs = new Map();
    /** @param {Tensor} tensor @param {string} where */
    const output = ({ layer, place }, where) => {
      const name = outputs.get(layer)?.[place];
      if (name === undefined) {
        throw new ModelError('it takes an output that no layer has', {
          where,
          got: `output ${place} of ${shown(layer)}`,
        });
      }
      return name;
    };
    for (const layer of sorted(layers, inputs)) {
      const place = inputs.indexOf(layer.name);
      const tensors = place < 0 ? tensorsOf(layer) : [];
      const from = place < 0 ? tensors.map((each) => output(each, layer.name)) : [given[place]];
      outputs.set(layer.name, this.layer(layer, from, inside));
    }
    const ends = tensorList(content.output_layers);
    if (!ends?.length) {
      throw new ModelError('invalid output_layers', { got: content.output_layers ?? null });
    }
    return ends.map((end) => output(end, 'output_layers'));
  }

  /**
   * Adds a layer, or a model that is one.
   *
   * @param {Content} layer
   * @param {string[]} inputs
   * @param {{ depth: number, trainable: boolean }} inside
   * @returns {string[]}
   */
  layer(layer, inputs, inside) {
    if (MODELS.includes(layer.class_name)) return this.model(layer, inputs, inside);
    if (inputs.includes(IMAGE)) this.input ??= layer.config;
    if (layer.class_name === 'InputLayer') return inputs;
    if (this.entries.length === MAXIMAL_LAYERS) {
      throw new ModelError('invalid list of layers', { expected: `at most ${MAXIMAL_LAYERS}` });
    }
    const { name } = layer.config;
    const id = this.ids.has(name) ? `${name} ${this.entries.length}` : name;
    this.ids.add(id);
    const config = inside.trainable ? layer.config : { ...layer.config, trainable: false };
    this.entries.push({ id, className: layer.class_name, config, inputs });
    return [id];
  }
}

/**
 * A layer or model of a list: its class, its config and how it is connected.
 *
 * @param {unknown} value
 * @returns {Record<string, any>}
 */
function entryOf(value) {
  const entry = isObject(value) ? snakeKeys(value) : {};
  const isList = MODELS.includes(entry.class_name) && Array.isArray(entry.config);
  if (typeof entry.class_name !== 'string' || !(isObject(entry.config) || isList)) {
    throw new ModelError('a layer has no class_name or config', { got: value ?? null });
  }
  if (isList) return { ...entry, name: entry.name ?? '' };
  const name = entry.config.name ?? entry.class_name.toLowerCase();
  if (typeof name !== 'string' || name.length < 1 || name.length > 200) {
    throw new ModelError('invalid layer name', { got: name });
  }
  const config = { ...snakeKeys(entry.config, name), name };
  return { ...entry, config, name: entry.name ?? name };
}

/** @typedef {{ layer: string, place: number }} Tensor  an output of a layer of the same model */

/**
 * Returns the names of a Functional's inputs.
 *
 * @param {Content[]} layers
 * @param {Content} content
 */
function inputNames(layers, content) {
  const listed = tensorList(content.input_layers);
  const names = layers
    .filter(({ class_name: kind }) => kind === 'InputLayer')
    .map(({ name }) => name);
  if (!listed) return names;
  const order = listed.map(({ layer }) => layer);
  return [
    ...order.filter((name) => names.includes(name)),
    ...names.filter((name) => !order.includes(name)),
  ];
}

/**
 * Returns the layers in the order of the file, but each after its inputs.
 *
 * @param {Content[]} layers
 * @param {string[]} inputs
 * @returns {Content[]}
 */
function sorted(layers, inputs) {
  const names = new Set();
  for (const { name } of layers) {
    if (names.has(name)) throw new ModelError(`two layers are called ${shown(name)}`);
    names.add(name);
  }
  /** @type {Map<string, Content[]>} */
  const readers = new Map();
  const missing = new Map();
  for (const layer of layers) {
    const from = inputs.includes(layer.name) ? [] : tensorsOf(layer).map((tensor) => tensor.layer);
    const unknown = from.find((name) => !names.has(name));
    if (unknown !== undefined) {
      throw new ModelError('it takes the output of a layer that is missing', {
        where: layer.name,
        got: unknown,
      });
    }
    missing.set(layer, new Set(from).size);
    for (const name of new Set(from)) readers.set(name, [...(readers.get(name) ?? []), layer]);
  }
  const places = new Map(layers.map((layer, i) => [layer, i]));
  const ready = layers.filter((layer) => !missing.get(layer));
  const order = [];
  while (ready.length) {
    ready.sort((a, b) => Number(places.get(a)) - Number(places.get(b)));
    const layer = /** @type {Content} */ (ready.shift());
    order.push(layer);
    for (const reader of readers.get(layer.name) ?? []) {
      missing.set(reader, missing.get(reader) - 1);
      if (!missing.get(reader)) ready.push(reader);
    }
  }
  if (order.length < layers.length) {
    const left = layers.filter((layer) => missing.get(layer));
    throw new ModelError('the layers form a cycle', {
      where: left[0].name,
      expected: 'a graph without cycles',
      got: left
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', '),
    });
  }
  return order;
}

/**
 * Returns the tensors that a layer takes.
 *
 * @param {Content} layer
 * @returns {Tensor[]}
 */
function tensorsOf({ class_name: className, name, inbound_nodes: nodes }) {
  if (!Array.isArray(nodes) || nodes.length < 1) {
    throw new ModelError('there is no path from the input', {
      where: name,
      expected: 'inbound_nodes',
      got: nodes ?? null,
    });
  }
  if (nodes.length > 1) {
    throw new ModelError('unsupported: a layer applied twice, whose weights would be shared', {
      where: name,
      expected: 'a layer for each application',
      got: `${className} applied ${nodes.length} times`,
    });
  }
  const [node] = nodes;
  /** @param {unknown} got @returns {never} */
  const refuse = (got) => {
    throw new ModelError('invalid inbound_nodes', { where: name, got });
  };
  let tensors = Array.isArray(node) ? node : []; // Keras 2 and TensorFlow.js
  /** @type {Record<string, any>[]} */
  let extra = tensors.map((tensor) => (Array.isArray(tensor) ? (tensor[3] ?? {}) : {}));
  if (isObject(node)) {
    // Keras 3
    tensors = Array.isArray(node.args)
      ? node.args.flatMap((/** @type {any} */ each) =>
          Array.isArray(each) && isObject(each[0]) ? each : [each],
        )
      : [];
    tensors = tensors.map((tensor) => tensor?.config?.keras_history ?? tensor);
    extra = [node.kwargs ?? {}];
  }
  const called = extra.find((values) => Object.values(values).some(Boolean));
  const recorded = called?.training === true && Object.keys(called).length === 1;
  if (called && !(recorded && RECORDED_TRAINING.test(className))) {
    throw new ModelError('unsupported arguments of a call', { where: name, got: called });
  }
  const found = tensors.map((tensor) => tensorOf(tensor) ?? refuse(tensor));
  return found.length ? found : refuse(node ?? null);
}

/**
 * Returns the tensors of `input_layers` or `output_layers`; null if they are wrong.
 *
 * @param {unknown} value
 * @returns {Tensor[] | null}
 */
function tensorList(value) {
  if (!Array.isArray(value)) return null;
  const list = typeof value[0] === 'string' ? [value] : value; // Keras 3, for a single one
  const tensors = list.map(tensorOf);
  return tensors.every((tensor) => tensor !== null) ? /** @type {Tensor[]} */ (tensors) : null;
}

/**
 * Reads a tensor. As each layer is applied once, its node says nothing: TensorFlow.js counts from 1
 * where the layer is a model.
 *
 * @param {unknown} value  [layer, node, output]
 * @returns {Tensor | null}
 */
function tensorOf(value) {
  if (!Array.isArray(value)) return null;
  const [layer, node, place] = value;
  const whole = [node, place].every((each) => Number.isInteger(each) && each >= 0);
  return typeof layer === 'string' && whole ? { layer, place } : null;
}
