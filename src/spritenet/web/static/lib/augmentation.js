// Augmentation: random changes of the images of a training, by words, by amounts or by layers.
//
// The same words, presets and pixels as in Python: the core computes them from (seed, epoch, image).

import { ModelError, shown } from './errors.js';
import { IMAGE, inputsOf, isRandom, rewired } from './graph.js';
import { Layer, makeLayer } from './layers.js';

/** @typedef {number | string | readonly number[]} Amount */
/** @typedef {string | Record<string, Amount> | readonly Layer[] | null} Augment */

/**
 * Amounts by the name of the preset. "digits" neither flips nor turns far; "photos" flips.
 *
 * @type {Readonly<Record<string, Record<string, Amount>>>}
 */
export const PRESETS = Object.freeze({
  none: {},
  digits: { rotation: 8, translation: 0.08, zoom: 0.1, shear: 0.1, fill: 'nearest' },
  photos: {
    flip: 'horizontal',
    rotation: 5,
    translation: 0.1,
    zoom: 0.1,
    brightness: 0.1,
    contrast: 0.2,
    fill: 'reflect',
  },
});

const FLIPS = /** @type {Record<string, string>} */ ({
  horizontal: 'horizontal',
  vertical: 'vertical',
  both: 'horizontal_and_vertical',
});
const VALUES = [0, 255];
const ERASED = [0.02, 0.2];
const FILLED = ['rotation', 'translation', 'zoom', 'shear', 'elastic'];

/**
 * @param {string} name
 * @param {Amount} value
 * @param {string} expected
 * @returns {never}
 */
function refuse(name, value, expected) {
  throw new ModelError(`invalid ${name}`, { where: 'augment', expected, got: shown(value) });
}

/**
 * Returns a number or two, each within the limits.
 *
 * @param {string} name
 * @param {Amount} value
 * @param {number} most
 * @param {number} [least]  of two; of one it is 0
 * @returns {number[]}
 */
function range(name, value, most, least = -most) {
  const numbers = /** @type {number[]} */ (Array.isArray(value) ? [...value] : [value]);
  const low = Array.isArray(value) ? least : 0;
  const fits = numbers.every((one) => typeof one === 'number' && one >= low && one <= most);
  if (!fits || numbers.length < 1 || numbers.length > 2) {
    refuse(name, value, `${low} to ${most}, or two such numbers`);
  }
  if (numbers[0] > numbers[numbers.length - 1]) {
    throw new ModelError(`${name} is upside down`, {
      where: 'augment',
      expected: 'the lower number first',
      got: shown(value),
    });
  }
  return numbers;
}

/** @param {string} name @param {Amount} value @param {number} most */
function positive(name, value, most) {
  const fits = typeof value === 'number' && value > 0 && value <= most;
  return fits ? value : refuse(name, value, `a number above 0, up to ${most}`);
}

/**
 * The layer of each amount, in the order in which they are applied.
 *
 * @type {Record<string, [string, (value: Amount) => Record<string, unknown>]>}
 */
const STEPS = {
  flip: [
    'RandomFlip',
    (value) => ({
      mode:
        FLIPS[String(value)] ?? refuse('flip', value, `one of ${Object.keys(FLIPS).join(', ')}`),
    }),
  ],
  rotation: [
    'RandomRotation',
    (value) => ({ factor: single(range('rotation', value, 180).map((one) => one / 360)) }),
  ],
  translation: [
    'RandomTranslation',
    (value) => {
      const both = single(range('translation', value, 1));
      return { height_factor: both, width_factor: both };
    },
  ],
  zoom: ['RandomZoom', (value) => ({ height_factor: single(range('zoom', value, 1)) })],
  shear: [
    'RandomShear',
    (value) => {
      const both = single(range('shear', value, 1, 0));
      return { x_factor: both, y_factor: both };
    },
  ],
  elastic: [
    'RandomElasticTransform',
    (value) => ({
      factor: [1, 1],
      scale: single(range('elastic', value, 1, 0)),
      value_range: VALUES,
    }),
  ],
  brightness: [
    'RandomBrightness',
    (value) => ({ factor: single(range('brightness', value, 1)), value_range: VALUES }),
  ],
  contrast: [
    'RandomContrast',
    (value) => ({ factor: single(range('contrast', value, 1, 0)), value_range: VALUES }),
  ],
  erasing: [
    'RandomErasing',
    (value) => {
      const numbers = range('erasing', value, 1, 0);
      return {
        factor: [numbers[0], numbers[numbers.length - 1]],
        scale: ERASED,
        value_range: VALUES,
      };
    },
  ],
  mixup: ['MixUp', (value) => ({ alpha: positive('mixup', value, 100) })],
  cutmix: [
    'CutMix',
    (value) => {
      const alpha = positive('cutmix', value, 1);
      return { factor: [alpha, alpha] };
    },
  ],
};
const NAMES = [...Object.keys(STEPS), 'fill'];

/** @param {number[]} numbers */
const single = (numbers) => (numbers.length > 1 ? numbers : numbers[0]);

/** @param {string} name @returns {never} */
function unknown(name) {
  const names = NAMES.join(', ');
  throw new ModelError('unknown augmentation', {
    where: 'augment',
    expected: `${Object.keys(PRESETS).join(', ')}, or NAME=VALUE with one of ${names}`,
    got: shown(name),
  });
}

/**
 * Returns the amounts of a text: presets and NAME=VALUE, with commas between.
 *
 * @param {string} text
 * @returns {Record<string, Amount>}
 */
function parse(text) {
  /** @type {Record<string, Amount>} */
  const found = {};
  for (const word of text.split(',').map((part) => part.trim())) {
    if (!word) continue;
    const [name, value] = word.split('=').map((part) => part.trim());
    if (value === undefined) {
      if (!Object.hasOwn(PRESETS, name)) unknown(name);
      Object.assign(found, PRESETS[name]);
    } else if (NAMES.includes(name)) {
      const numbers = value.split(':').map(Number);
      found[name] = numbers.some(Number.isNaN) ? value : /** @type {Amount} */ (single(numbers));
    } else unknown(name);
  }
  return found;
}

/**
 * Returns the random layers of an augmentation.
 *
 * @param {Augment} [augment]  "digits", "photos", "none" or a text such as
 *     "rotation=10,translation=0.1"; amounts by name; or random layers
 * @param {{ mixup?: number, cutmix?: number }} [mixing]
 * @returns {Layer[]}
 */
export function augmentation(augment = null, mixing = {}) {
  if (Array.isArray(augment)) {
    const wrong = augment.find((layer) => !isRandom(layer) || layer.className === 'RandomCrop');
    if (wrong) {
      throw new ModelError('not an augmentation', {
        where: 'augment',
        expected: 'a preset, NAME=VALUE, or layers such as layers.randomRotation({ factor: 0.03 })',
        got: wrong.className ?? shown(wrong),
      });
    }
    return [...augment, ...augmentation(null, mixing)];
  }
  const given =
    typeof augment === 'string'
      ? parse(augment)
      : /** @type {Record<string, Amount>} */ (augment ?? {});
  /** @type {Record<string, Amount | undefined>} */
  const amounts = { ...given, ...mixing };
  for (const name of Object.keys(amounts)) if (!NAMES.includes(name)) unknown(name);
  const fill = amounts.fill === undefined ? {} : { fill_mode: amounts.fill };
  return Object.entries(STEPS).flatMap(([name, [className, describe]]) => {
    const value = amounts[name];
    if (!value) return [];
    const more = FILLED.includes(name) ? fill : {};
    return [makeLayer(className, { ...describe(value), ...more }, `augment_${name}`)];
  });
}

/**
 * Returns a network with random layers before all others.
 *
 * @param {readonly Layer[]} random
 * @param {readonly Layer[]} layers  connected
 * @returns {Layer[]}
 */
export function applied(random, layers) {
  if (!random.length) return [...layers];
  const head = random.map((layer, i) => ({ ...layer, name: `augmentation/${i}` }));
  const last = head[head.length - 1].name;
  return [
    ...head.map((layer, i) => new Layer({ ...layer, inputs: [i ? head[i - 1].name : IMAGE] })),
    ...layers.map((layer) =>
      inputsOf(layer).includes(IMAGE)
        ? rewired(layer, (name) => (name === IMAGE ? last : name))
        : layer,
    ),
  ];
}
