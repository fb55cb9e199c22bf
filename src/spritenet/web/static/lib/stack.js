// The layers of a `modelTopology` in a row: a Sequential's, or a Functional's that is a stack.
//
// Knows how TensorFlow.js, Keras 2 and Keras 3 nest and connect layers; knows nothing of what each
// computes. Models inside the model are unfolded, as they are stacks too.

import { ModelError, shown } from './errors.js';

/** @typedef {import('./layers.js').Config} Config */
/** @typedef {{ className: string, config: Config & { name: string } }} Entry  a layer as the file has it */

const MAXIMAL_LAYERS = 1000;
const MAXIMAL_DEPTH = 8; // of models inside models
const GRAPHS = ['Functional', 'Model'];
const MODELS = ['Sequential', ...GRAPHS];

/**
 * The layers of a `modelTopology`, first to last; a model inside it as its layers.
 *
 * @param {unknown} topology
 * @returns {Entry[]}
 */
export function stackOf(topology) {
  let model = /** @type {any} */ (topology);
  if (isObject(model?.model_config)) model = model.model_config; // of Keras's .h5 files
  if (Array.isArray(model?.node)) {
    throw new ModelError('it is a graph model, which has operations in place of layers', {
      expected: 'a layers model',
      todo: 'Convert the Keras model it was made from: tensorflowjs_converter --input_format keras --output_format tfjs_layers_model model.h5 FOLDER.',
    });
  }
  model = isObject(model) ? snakeKeys(model) : {};
  if (typeof model.class_name !== 'string') {
    throw new ModelError('modelTopology is missing or broken', { todo: 'Is it a layers model?' });
  }
  if (!MODELS.includes(model.class_name)) throw noStack(model.class_name);
  return unfolded(model, 0);
}

/**
 * The config with `poolSize` as `pool_size`: TensorFlow.js takes an argument under both names.
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
      throw new ModelError(`${shown(snake)} is there twice, with two values`, {
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

/** @param {unknown} got @param {string} [where] */
function noStack(got, where = '') {
  return new ModelError('the network is not a plain stack of layers', {
    where,
    expected: 'layers that each take what the one before makes',
    got,
  });
}

/**
 * @param {Record<string, any>} model
 * @param {number} depth
 * @returns {Entry[]}
 */
function unfolded(model, depth) {
  if (depth > MAXIMAL_DEPTH) {
    throw new ModelError('models are nested too deep', {
      expected: `at most ${MAXIMAL_DEPTH} in each other`,
    });
  }
  const content = Array.isArray(model.config)
    ? { layers: model.config }
    : snakeKeys(model.config ?? {});
  const listed = content.layers;
  if (!Array.isArray(listed) || listed.length < 1 || listed.length > MAXIMAL_LAYERS) {
    throw new ModelError('its layers are wrong', { expected: `a list of 1 to ${MAXIMAL_LAYERS}` });
  }
  let layers = listed.map(entryOf);
  if (GRAPHS.includes(model.class_name)) layers = inARow(layers, content);
  const entries = layers.flatMap((layer) =>
    MODELS.includes(layer.class_name)
      ? unfolded(layer, depth + 1)
      : [{ className: layer.class_name, config: layer.config }],
  );
  if (entries.length > MAXIMAL_LAYERS) {
    throw new ModelError('its layers are wrong', { expected: `at most ${MAXIMAL_LAYERS}` });
  }
  return entries;
}

/**
 * A layer or model of a list: its class, its config and how it is connected.
 *
 * @param {unknown} value
 * @returns {Record<string, any>}
 */
function entryOf(value) {
  const entry = isObject(value) ? snakeKeys(value) : {};
  const isStack = MODELS.includes(entry.class_name) && Array.isArray(entry.config);
  if (typeof entry.class_name !== 'string' || !(isObject(entry.config) || isStack)) {
    throw new ModelError('a layer has no class_name or config', { got: value ?? null });
  }
  if (isStack) return { ...entry, name: entry.name ?? '' };
  const name = entry.config.name ?? entry.class_name.toLowerCase();
  if (typeof name !== 'string' || name.length < 1 || name.length > 200) {
    throw new ModelError('the name of a layer is wrong', { got: name });
  }
  const config = { ...snakeKeys(entry.config, name), name };
  return { ...entry, config, name: entry.name ?? name };
}

/**
 * The layers of a Functional by what each takes, input first.
 *
 * @param {Record<string, any>[]} layers
 * @param {Record<string, any>} content
 */
function inARow(layers, content) {
  /** @type {Map<string, Record<string, any>>} */
  const after = new Map();
  const inputs = layers.filter((layer) => layer.class_name === 'InputLayer');
  if (inputs.length !== 1) throw noStack(`${inputs.length} inputs`);
  for (const layer of layers) {
    if (layer === inputs[0]) continue;
    const source = sourceOf(layer);
    const other = after.get(source);
    if (other) throw noStack(`${source} goes into ${other.name} and ${layer.name}`, layer.name);
    after.set(source, layer);
  }
  const row = [inputs[0]];
  for (let next = after.get(row[0].name); next; next = after.get(next.name)) {
    after.delete(row[row.length - 1].name);
    row.push(next);
  }
  if (after.size) {
    throw noStack('layers that take nothing of the input', [...after.values()][0].name);
  }
  const last = row[row.length - 1].name;
  let outputs = content.output_layers;
  if (Array.isArray(outputs) && typeof outputs[0] === 'string') outputs = [outputs]; // Keras 3, for a single one
  if (!Array.isArray(outputs) || outputs.length !== 1 || outputs[0]?.[0] !== last) {
    throw noStack(`outputs of ${shown(outputs ?? null)}`, last);
  }
  return row;
}

/**
 * The name of the one layer whose output a layer takes.
 *
 * @param {Record<string, any>} layer
 * @returns {string}
 */
function sourceOf({ class_name: className, name, inbound_nodes: nodes }) {
  if (!Array.isArray(nodes) || nodes.length !== 1) {
    throw noStack(`${className} used ${Array.isArray(nodes) ? nodes.length : 0} times`, name);
  }
  const [node] = nodes;
  let tensors = Array.isArray(node) ? node : []; // Keras 2 and TensorFlow.js
  let extra = {};
  if (isObject(node)) {
    // Keras 3
    tensors = Array.isArray(node.args)
      ? node.args.map((tensor) => tensor?.config?.keras_history ?? tensor)
      : [];
    extra = node.kwargs ?? {};
  } else if (tensors.length === 1 && tensors[0]?.length === 4) {
    extra = tensors[0][3] ?? {};
    tensors = [tensors[0].slice(0, 3)];
  }
  if (tensors.length !== 1) throw noStack(`${className} of ${tensors.length} inputs`, name);
  const [tensor] = tensors;
  if (
    !Array.isArray(tensor) ||
    typeof tensor[0] !== 'string' ||
    tensor.length !== 3 ||
    tensor[1] !== 0 ||
    tensor[2] !== 0
  ) {
    throw noStack(`${className} of ${shown(tensor ?? null)}`, name);
  }
  if (Object.values(extra).some(Boolean)) {
    throw noStack(`${className} called with ${shown(extra)}`, name);
  }
  return tensor[0];
}
