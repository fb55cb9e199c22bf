// Networks by name, as in Python: layers, compilation and training that suit each other.

import { ModelError } from './errors.js';
import { Layer, makeLayer } from './layers.js';
import { TABLE } from './network-table.js';
import { makeOptimizer } from './optimizers.js';
import { schedules } from './schedules.js';

/** @typedef {import('./network-table.js').Entry} Entry */
/**
 * The data that a network is made for: a `SpriteData`, or anything with its form.
 *
 * @typedef {object} DataForm
 * @property {readonly number[]} imageShape  height, width, channels
 * @property {readonly string[]} classNames
 * @property {boolean} [isMultiLabel]  true if an image may have several classes or none
 */
/**
 * A network by name, made for a data set.
 *
 * @typedef {object} NamedNetwork
 * @property {{ inputShape: number[], layers: Layer[], classNames: string[] }} create  for `Model.create`
 *     or `remote.create`
 * @property {{ optimizer: import('./optimizers.js').Optimizer, loss: import('./losses.js').LossOption }} compile
 * @property {{ epochs?: number, steps?: number, batchSize: number, augment?: string }} fit
 */

/**
 * The networks of Python's `sn.networks`, each a function of the data.
 *
 *   const fast = networks.fast(data);
 *   const model = await Model.create(fast.create);
 *   model.compile(fast.compile);
 *   await model.fit(data.split('train'), fast.fit);
 *
 * @type {Readonly<Record<'tutorial' | 'convnet' | 'mnistNode' | 'dense' | 'fast' | 'tiny' | 'accurate' |
 *     'mobile', (data: DataForm) => NamedNetwork>>}
 */
export const networks = /* @__PURE__ */ byName();

/** Apart, so that a bundler drops the table where it isn't used. @returns {any} */
function byName() {
  const found = Object.entries(TABLE).map(([name, entry]) => [
    camel(name),
    (/** @type {DataForm} */ data) => networkFor(entry, data),
  ]);
  return Object.freeze(Object.fromEntries(found));
}

/** @param {string} name */
function camel(name) {
  const [first, ...rest] = name.split(/[-_]/);
  return first + rest.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
}

/**
 * @param {Entry} entry
 * @param {DataForm} data
 * @returns {NamedNetwork}
 */
function networkFor(entry, { imageShape, classNames, isMultiLabel = false }) {
  if (!classNames.length) {
    throw new ModelError('the data has no classes', { todo: 'Give classNames.' });
  }
  const ending = {
    units: classNames.length,
    activation: isMultiLabel ? 'sigmoid' : 'softmax',
  };
  const layers = entry.layers.map(({ className, config, name, inputs }, i, { length }) => {
    const own = i === length - 1 ? { ...config, ...ending } : config;
    const layer = makeLayer(className, own, name);
    return inputs ? new Layer({ ...layer, inputs: [...inputs] }) : layer;
  });
  const { optimizer, config, smoothing } = entry;
  const loss = isMultiLabel ? 'binary_crossentropy' : 'sparse_categorical_crossentropy';
  return {
    create: { inputShape: [...imageShape], layers, classNames: [...classNames] },
    compile: {
      optimizer: makeOptimizer(optimizer, config, rateOf(entry.rate)),
      loss: smoothing ? { name: loss.replace('sparse_', ''), label_smoothing: smoothing } : loss,
    },
    fit: { ...entry.fit },
  };
}

/** @param {Entry['rate']} rate @returns {import('./rates.js').Rate} */
function rateOf(rate) {
  if (typeof rate === 'number') return rate;
  const [[kind, values]] = Object.entries(rate);
  const makers = /** @type {Record<string, (options: any) => import('./rates.js').Rate>} */ (
    /** @type {unknown} */ (schedules)
  );
  const options = Object.entries(values).map(([key, value]) => [camel(key), value]);
  return makers[kind[0].toLowerCase() + kind.slice(1)](Object.fromEntries(options));
}
