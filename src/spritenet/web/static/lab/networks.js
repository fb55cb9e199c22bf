// Networks by name and by hand: rows of a small table, and the layers they stand for. No DOM.

import { ModelError } from '../lib/errors.js';
import { isChain } from '../lib/graph.js';
import { layers } from '../lib/index.js';
import { infer, size } from '../lib/shapes.js';
import { TABLE } from './network-table.js';

/** @typedef {import('../lib/layers.js').Layer} Layer */
/** @typedef {import('./network-table.js').Row} Row  its kind, and the arguments of KINDS */
/** @typedef {{ key: string, label: string, least?: number, most?: number, step?: number, choices?: string[], flag?: boolean }} Argument */

const ACTIVATIONS = ['relu', 'linear', 'leaky_relu', 'elu', 'gelu', 'sigmoid', 'tanh'];
const activation = { key: 'activation', label: 'activation', choices: ACTIVATIONS };
const window = { key: 'poolSize', label: 'pool size', least: 1, most: 64 };
/** @type {Argument[]} */
const CONVOLUTION = [
  { key: 'filters', label: 'filters', least: 1, most: 1024 },
  { key: 'kernelSize', label: 'kernel size', least: 1, most: 64 },
  { key: 'strides', label: 'stride', least: 1, most: 64 },
  { key: 'padding', label: 'padding', choices: ['valid', 'same'] },
  activation,
  { key: 'useBias', label: 'bias', flag: true },
];
const FILTERS = {
  filters: 16,
  kernelSize: 3,
  strides: 1,
  padding: 'valid',
  activation: 'relu',
  useBias: true,
};

/**
 * The kinds of rows, and the arguments of each.
 *
 * @type {Record<string, { name: string, standard: Record<string, any>, arguments: Argument[] }>}
 */
export const KINDS = {
  conv2d: { name: 'Convolution', standard: FILTERS, arguments: CONVOLUTION },
  separableConv2d: { name: 'Separable convolution', standard: FILTERS, arguments: CONVOLUTION },
  batchNormalization: {
    name: 'Batch normalization',
    standard: { momentum: 0.99, epsilon: 0.001, scale: true },
    arguments: [
      { key: 'momentum', label: 'momentum', least: 0, most: 0.999, step: 0.001 },
      { key: 'epsilon', label: 'epsilon', least: 0.000001, most: 1, step: 0.000001 },
      { key: 'scale', label: 'scale', flag: true },
    ],
  },
  activation: { name: 'Activation', standard: { activation: 'relu' }, arguments: [activation] },
  maxPooling2d: { name: 'Max pooling', standard: { poolSize: 2 }, arguments: [window] },
  averagePooling2d: { name: 'Average pooling', standard: { poolSize: 2 }, arguments: [window] },
  globalAveragePooling2d: { name: 'Global average pooling', standard: {}, arguments: [] },
  globalMaxPooling2d: { name: 'Global max pooling', standard: {}, arguments: [] },
  flatten: { name: 'Flatten', standard: {}, arguments: [] },
  dense: {
    name: 'Dense',
    standard: { units: 64, activation: 'relu' },
    arguments: [{ key: 'units', label: 'units', least: 1, most: 65536 }, activation],
  },
  dropout: {
    name: 'Dropout',
    standard: { rate: 0.25 },
    arguments: [{ key: 'rate', label: 'rate', least: 0, most: 0.95, step: 0.05 }],
  },
};

/** @param {string} kind @param {Record<string, any>} [values] @returns {Row} */
export const row = (kind, values = {}) => ({ kind, ...KINDS[kind].standard, ...values });

/**
 * What the page says of Python's networks.
 *
 * @type {Record<string, [label: string, about: string]>}
 */
const WORDS = {
  tutorial: ['Tutorial: two convolutions', 'The network of TensorFlow.js’s first MNIST tutorial.'],
  fast: [
    'Fast: normalized convolutions',
    'Learns soonest: 99 % on MNIST after 600 steps. It has a training of its own, below.',
  ],
  tiny: [
    'Tiny: separable convolutions',
    'Needs the fewest parameters, and more epochs. It has a training of its own, below.',
  ],
  convnet: ['Convnet: three convolutions', 'Larger, slower, and slightly more accurate.'],
  'mnist-node': [
    'MNIST for Node.js: four convolutions',
    'TensorFlow.js’s example for servers: ten times the work of the convnet.',
  ],
  dense: [
    'Dense: no convolution',
    'Has no convolutions: it sees pixels, not shapes. For comparison.',
  ],
};

/** Networks with a name, as in Python, without their last layer: an output for each class. */
export const NETWORKS = Object.fromEntries(
  Object.entries(WORDS).map(([name, [label, about]]) => [name, { label, about, ...TABLE[name] }]),
);

/**
 * The layers of some rows, with an output for each class.
 *
 * @param {readonly Row[]} rows
 * @param {number} classes
 * @param {string} [last]  the activation of the last layer: softmax, or sigmoid for several classes an image
 * @returns {Layer[]}
 */
export function toLayers(rows, classes, last = 'softmax') {
  const makers = /** @type {Record<string, (options: Record<string, any>) => Layer>} */ (layers);
  const made = rows.map(({ kind, ...values }) => makers[kind](values));
  return [...made, layers.dense({ units: classes, activation: last })];
}

/**
 * Returns the rows of a network's layers; null if it has branches, frozen layers or others than these.
 *
 * @param {readonly Layer[]} all
 * @returns {Row[] | null}
 */
export function toRows(all) {
  if (!isChain(all) || all.some(({ trainable }) => !trainable)) return null;
  const own = all.filter(({ className }, i) => !(i === 0 && className === 'Rescaling'));
  const last = own.pop();
  const ending = String(last?.config.activation);
  if (last?.className !== 'Dense' || !['softmax', 'sigmoid'].includes(ending)) return null;
  const rows = [];
  for (const layer of own) {
    const kind =
      layer.className.charAt(0).toLowerCase() + layer.className.slice(1).replace(/2D$/, '2d');
    if (!Object.hasOwn(KINDS, kind)) return null;
    /** @type {Row} */
    const made = { kind };
    for (const { key } of KINDS[kind].arguments) {
      const value = /** @type {any} */ (
        layer.config[key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
      );
      if (Array.isArray(value) && value[0] !== value[1]) return null;
      made[key] = Array.isArray(value) ? value[0] : value;
    }
    const again = toLayers([made], 2)[0].config;
    const same = Object.keys(again).every(
      (key) =>
        JSON.stringify(again[key]) === JSON.stringify(layer.config[key]) ||
        key.endsWith('_initializer'),
    );
    if (!same) return null;
    rows.push(made);
  }
  return rows;
}

/**
 * Returns the output shape and the number of parameters of each row and of the last layer, up to the
 * first that is refused.
 *
 * @param {readonly Row[]} rows
 * @param {readonly number[]} inputShape
 * @param {number} classes
 * @returns {{ shape?: number[], parameters?: number, error?: string }[]}
 */
export function measured(rows, inputShape, classes) {
  const results = [];
  let shape = [...inputShape];
  const last = /** @type {Row} */ ({ kind: 'dense', units: classes, activation: 'softmax' });
  for (const one of [...rows, last]) {
    try {
      const [layer] = toLayers([one], 1);
      const made = infer(layer, [shape]);
      if (one === last && made.shape.length > 1) {
        throw new ModelError('it needs a vector', {
          todo: 'Put Flatten or Global average pooling before it.',
        });
      }
      shape = made.shape;
      const parameters = made.weights.reduce((sum, weight) => sum + size(weight.shape), 0);
      results.push({ shape, parameters });
    } catch (error) {
      results.push({ error: error instanceof Error ? error.message : String(error) });
      break;
    }
  }
  return results;
}

/**
 * The first network by name that such images are large enough for.
 *
 * @param {readonly number[]} inputShape
 * @param {number} classes
 */
export function fitting(inputShape, classes) {
  const names = Object.keys(NETWORKS);
  return (
    names.find((name) =>
      measured(NETWORKS[name].rows, inputShape, classes).every(({ error }) => !error),
    ) ?? 'dense'
  );
}
