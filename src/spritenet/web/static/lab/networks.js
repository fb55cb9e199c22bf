// Networks by hand: rows of a small table, and the layers they stand for. No DOM.

import { ModelError } from '../lib/errors.js';
import { isChain } from '../lib/graph.js';
import { layers } from '../lib/index.js';
import { ACTIVATIONS, LAYERS } from '../lib/layer-table.js';
import { infer, size } from '../lib/shapes.js';

/** @typedef {import('../lib/layers.js').Layer} Layer */
/** @typedef {Record<string, any> & { kind: string }} Row  its kind, and the arguments of KINDS */
/**
 * An argument in the editor.
 *
 * @typedef {object} Argument
 * @property {string} key
 * @property {string} label
 * @property {any} standard  the default
 * @property {number} [least]
 * @property {number} [most]
 * @property {number} [step]
 * @property {boolean} [whole]
 * @property {boolean} [optional]  may be left empty
 * @property {string[]} [choices]
 * @property {boolean} [flag]
 * @property {boolean} [more]  shown on demand
 */

/** The layers that most people know, with the arguments to begin with; the others follow below them. */
const COMMON = /** @type {Record<string, [name: string, standard: Record<string, any>]>} */ ({
  conv2d: ['Convolution', { filters: 16, kernelSize: 3, activation: 'relu' }],
  separableConv2d: ['Separable convolution', { filters: 16, kernelSize: 3, activation: 'relu' }],
  depthwiseConv2d: ['Depthwise convolution', { kernelSize: 3, activation: 'relu' }],
  batchNormalization: ['Batch normalization', {}],
  activation: ['Activation', { activation: 'relu' }],
  maxPooling2d: ['Max pooling', {}],
  averagePooling2d: ['Average pooling', {}],
  globalAveragePooling2d: ['Global average pooling', {}],
  globalMaxPooling2d: ['Global max pooling', {}],
  flatten: ['Flatten', {}],
  dense: ['Dense', { units: 64, activation: 'relu' }],
  dropout: ['Dropout', { rate: 0.25 }],
});
/** Others whose names aren't the class's, or that require an argument. */
const OTHERS = /** @type {typeof COMMON} */ ({
  alphaDropout: ['Alpha dropout', { rate: 0.1 }],
  centerCrop: ['Center crop', { height: 24, width: 24 }],
  conv2dTranspose: ['Transposed convolution', { filters: 16, kernelSize: 3, activation: 'relu' }],
  cropping2D: ['Cropping', { cropping: 1 }],
  elu: ['ELU', {}],
  gaussianDropout: ['Gaussian dropout', { rate: 0.1 }],
  gaussianNoise: ['Gaussian noise', { stddev: 0.1 }],
  groupNormalization: ['Group normalization', { groups: 4 }],
  leakyReLU: ['Leaky ReLU', {}],
  prelu: ['PReLU', {}],
  reLU: ['ReLU', {}],
  resizing: ['Resizing', { height: 32, width: 32 }],
  rMSNormalization: ['RMS normalization', {}],
  spatialDropout2d: ['Spatial dropout', { rate: 0.25 }],
  upSampling2d: ['Upsampling', {}],
  zeroPadding2d: ['Zero padding', {}],
});
/** Augmentation has a choice of its own; the others have arguments that are lists, or do nothing. */
const HIDDEN = /^(random|cutMix|mixUp|rescaling|identity|permute|reshape)/;
/** Arguments of the common layers that are folded away, and of others. */
const FOLDED = ['dilation_rate', 'groups', 'depth_multiplier', 'center', 'keepdims'];
const LISTS = ['axis', 'shared_axes']; // not shown
const MOST = 65_536;
const FILE_NAMES = /** @type {Record<string, string>} */ ({ negative_slope: 'alpha' }); // LeakyReLU's

/** @param {string} key */
export const camel = (key) => key.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** @param {unknown} value  of the table @returns {any}  the number that stands for all sides */
const single = (value) => (Array.isArray(value) ? single(value[0]) : value);

/**
 * Returns an argument as the editor shows it; null if it doesn't.
 *
 * @param {string} kind
 * @param {string} key  as in the core's table
 * @param {import('../lib/layer-table.js').Argument} argument
 * @returns {Argument | null}
 */
function shownArgument(kind, key, { kind: type, choices, least, most, default: standard }) {
  if (LISTS.includes(key)) return null;
  const own = {
    key: camel((kind === 'leakyReLU' && FILE_NAMES[key]) || key),
    standard: single(standard),
  };
  const pooling = kind.endsWith('Pooling2d') && key !== 'pool_size';
  const more = kind in COMMON && (pooling || FOLDED.includes(key));
  const label = key.replace(/^use_/, '').replaceAll('_', ' ');
  if (key === 'activation') return { ...own, label, choices: Object.keys(ACTIVATIONS), more };
  if (type === 'choice') return { ...own, label, choices: [...(choices ?? [])], more };
  if (type === 'flag') return { ...own, label, flag: true, more };
  if (type !== 'number' && type !== 'whole') return null;
  const fraction = ['rate', 'momentum'].includes(key) ? 0.999 : Infinity;
  const step = type === 'whole' ? 1 : key === 'rate' ? 0.05 : 0.001;
  const optional = standard === null;
  const limits = { least: least ?? -Infinity, most: most ?? (type === 'whole' ? MOST : fraction) };
  return { ...own, ...limits, label, step, whole: type === 'whole', optional, more };
}

/**
 * The kinds of rows, and the arguments of each: every layer of the core's table that has one input.
 *
 * @type {Record<string, { name: string, common: boolean, standard: Record<string, any>, arguments: Argument[] }>}
 */
export const KINDS = Object.fromEntries(
  Object.entries(LAYERS)
    .filter(([, { maker, inputs }]) => inputs[0] === 1 && inputs[1] === 1 && !HIDDEN.test(maker))
    .map(([className, { maker: kind, arguments: given }]) => {
      const [name = spaced(className), standard = {}] = COMMON[kind] ?? OTHERS[kind] ?? [];
      const own = Object.entries(given).flatMap(
        ([key, argument]) => shownArgument(kind, key, argument) ?? [],
      );
      const isTrained = Object.values(given).some(({ kind: type }) => type === 'initializer');
      if (isTrained) {
        const label = 'trainable';
        own.push({ key: label, label, flag: true, standard: true, more: true });
      }
      const standards = Object.fromEntries(own.map((one) => [one.key, one.standard]));
      const all = { ...standards, ...standard };
      return [kind, { name, common: kind in COMMON, standard: all, arguments: own }];
    })
    .sort(([a], [b]) => place(String(a)) - place(String(b))),
);

/** @param {string} kind */
function place(kind) {
  const at = Object.keys(COMMON).indexOf(kind);
  return at < 0 ? Infinity : at;
}

/** Returns a class's name as words: GaussianNoise -> Gaussian noise. @param {string} className */
function spaced(className) {
  const words = className.replace(
    /([a-z])([A-Z])/g,
    (_, end, start) => `${end} ${start.toLowerCase()}`,
  );
  return words.replace(/^(.)/, (letter) => letter.toUpperCase());
}

/** @param {string} kind @param {Record<string, any>} [values] @returns {Row} */
export const row = (kind, values = {}) => ({ kind, ...KINDS[kind].standard, ...values });

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
 * Returns the rows of a network's layers; null if it has branches or others than these.
 *
 * @param {readonly Layer[]} all
 * @returns {Row[] | null}
 */
export function toRows(all) {
  if (!isChain(all)) return null;
  const own = all.filter(({ className }, i) => !(i === 0 && className === 'Rescaling'));
  const last = own.pop();
  const ending = String(last?.config.activation);
  if (last?.className !== 'Dense' || !['softmax', 'sigmoid'].includes(ending)) return null;
  if (!last.trainable) return null;
  const rows = own.map(rowOf);
  return rows.every((one) => one !== null) ? rows : null;
}

/**
 * Returns a layer's row; null if it has arguments that the editor doesn't show.
 *
 * @param {Layer} layer
 * @returns {Row | null}
 */
function rowOf({ className, config, trainable }) {
  const kind = LAYERS[className]?.maker;
  if (!kind || !Object.hasOwn(KINDS, kind)) return null;
  /** @type {Row} */
  const made = { kind };
  for (const { key } of KINDS[kind].arguments) {
    made[key] = key === 'trainable' ? trainable : single(config[snake(key)]);
  }
  if ('pool_size' in config && String(config.strides) === String(config.pool_size)) {
    made.strides = null; // the default
  }
  const again = toLayers([made], 2)[0].config;
  const same = Object.keys(again).every(
    (key) =>
      JSON.stringify(again[key]) === JSON.stringify(config[key]) || key.endsWith('_initializer'),
  );
  return same ? made : null;
}

/** @param {string} key */
const snake = (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

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
