// Networks by name: their words, and their training as the form has it. No DOM.

import { networks } from '../lib/index.js';
import { TABLE } from '../lib/network-table.js';
import { camel, measured, toRows } from './networks.js';

/** @typedef {import('../lib/layers.js').Layer} Layer */
/** @typedef {import('../lib/network-table.js').Entry} Entry */
/**
 * A training, as the form has it.
 *
 * @typedef {object} NamedTraining
 * @property {string} optimizer  the page's name
 * @property {Record<string, unknown>} options  of the optimizer, but its rate
 * @property {number} rate  the highest one of a schedule
 * @property {string} schedule  the page's name
 * @property {Record<string, unknown>} scheduleOptions  of it, but the rate
 * @property {number} batchSize
 * @property {number} length  in the unit
 * @property {string} unit  epochs or steps
 * @property {number} smoothing  of labels
 * @property {string} augment
 */
/**
 * @typedef {object} Words
 * @property {string} label
 * @property {string} about
 * @property {import('./networks.js').Row[] | null} rows  null for a network with branches
 */

const OWN_TRAINING = 'It has a training of its own, below.';
const WORDS = /** @type {Record<string, [label: string, about: string]>} */ ({
  tutorial: ['Tutorial: two convolutions', 'The network of TensorFlow.js’s first MNIST tutorial.'],
  fast: [
    'Fast: normalized convolutions',
    `Learns soonest: 99 % on MNIST after 600 steps. ${OWN_TRAINING}`,
  ],
  tiny: [
    'Tiny: separable convolutions',
    `Needs the fewest parameters, and more epochs. ${OWN_TRAINING}`,
  ],
  convnet: ['Convnet: three convolutions', 'Larger, slower, and slightly more accurate.'],
  accurate: [
    'Accurate: residual blocks',
    `Makes the fewest mistakes on digits; it adds what skips a block to the block’s output. ${OWN_TRAINING}`,
  ],
  mobile: [
    'Mobile: inverted residual blocks',
    `MobileNetV2 for small images: for photos in colour, and slow. ${OWN_TRAINING}`,
  ],
  'mnist-node': [
    'MNIST for Node.js: four convolutions',
    'TensorFlow.js’s example for servers: ten times the work of the convnet.',
  ],
  dense: [
    'Dense: no convolution',
    'Has no convolutions: it sees pixels, not shapes. For comparison.',
  ],
});
const SCHEDULES = /** @type {Record<string, string>} */ ({
  OneCycle: 'one-cycle',
  CosineDecay: 'cosine',
  ExponentialDecay: 'exponential',
});
const TWO = { imageShape: [28, 28, 1], classNames: ['0', '1'] }; // rows don't depend on them

/** The networks of Python's `sn.networks`, by name. */
export const NETWORKS = Object.fromEntries(
  Object.entries(WORDS).map(([name, [label, about]]) => {
    const rows = toRows(layersOf(name, TWO));
    return [name, { label, about, rows, ...trainingOf(TABLE[name]) }];
  }),
);

/**
 * Returns the layers of a network by name.
 *
 * @param {string} name
 * @param {import('../lib/networks.js').DataForm} data
 * @returns {Layer[]}
 */
export function layersOf(name, data) {
  const key = /** @type {keyof typeof networks} */ (camel(name.replaceAll('-', '_')));
  return networks[key](data).create.layers;
}

/** @param {Entry} entry @returns {NamedTraining} */
function trainingOf({ optimizer, config, rate, smoothing, fit }) {
  const { epochs, steps, batchSize, augment = 'none' } = fit;
  const training = {
    optimizer: optimizer.toLowerCase(),
    options: inCamelCase(config),
    schedule: 'constant',
    scheduleOptions: {},
    batchSize,
    length: steps ?? epochs ?? 1,
    unit: steps ? 'steps' : 'epochs',
    smoothing,
    augment,
  };
  if (typeof rate === 'number') return { ...training, rate };
  const [[kind, { max_learning_rate: peak, ...options }]] = Object.entries(rate);
  const scheduleOptions = inCamelCase(options);
  return { ...training, rate: peak, schedule: SCHEDULES[kind], scheduleOptions };
}

/** @param {Readonly<Record<string, unknown>>} values */
function inCamelCase(values) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [camel(key), value]));
}

/**
 * Returns the first network by name that such images are large enough for.
 *
 * @param {readonly number[]} inputShape
 * @param {number} classes
 */
export function fitting(inputShape, classes) {
  const fits = Object.keys(NETWORKS).find((name) => {
    const { rows } = NETWORKS[name];
    return rows && measured(rows, inputShape, classes).every(({ error }) => !error);
  });
  return fits ?? 'dense';
}
