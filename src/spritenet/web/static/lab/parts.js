// The training set, the test set, and the preprocessing of drawings. No DOM.

import { Order } from '../lib/index.js';
import { labelText } from '../lib/label-metrics.js';

/** @typedef {import('../lib/data.js').SpriteData} SpriteData */
/**
 * The images of a split, as a worker keeps them.
 *
 * @typedef {object} Part
 * @property {Uint8Array} images  n h w c
 * @property {number} count  n
 * @property {ArrayLike<number>} [labels]  the class of each
 * @property {Float32Array} [targets]  n × classes, where an image may have several
 * @property {Uint8Array | null} rows  the same as bytes, else null
 */
/** @typedef {{ isMultiLabel: boolean, name: string, title: string, imageShape: number[], classNames: string[], train: Part, test: Part, note: string, hash: string }} Lesson */

const HELD_OUT = 0.1;
// As spritenet/prepare/inference.py has them.
const CHARACTERS = ['kmnist', 'mnist', 'strokes', 'strokes2', 'tfjs-mnist'];
const LOOKED_AT = 500; // images
const CENTRED = 0.9;
const NEAR = 1; // pixel

/**
 * Returns the training set and the test set: the splits of these names, or else a tenth held out.
 *
 * @param {SpriteData} data
 * @param {string} name
 * @returns {Lesson}
 */
export function lessonOf(data, name) {
  const { imageShape, classNames, splits, head } = data;
  const filled = splits.filter((key) => head.splits[key][1] > head.splits[key][0]);
  const first = filled.includes('train') ? 'train' : filled[0];
  const second = ['test', 'validation', ...filled].find(
    (key) => key !== first && filled.includes(key),
  );
  const title = head.name ?? '';
  const { isMultiLabel } = data;
  const hash = head.sha256;
  const own = { name: name || title || 'data', title, imageShape, classNames, isMultiLabel, hash };
  if (second) return { ...own, train: partOf(data, first), test: partOf(data, second), note: '' };
  const whole = partOf(data, first);
  const { count } = whole;
  const held = Math.min(count - 1, Math.max(1, Math.round(HELD_OUT * count)));
  const order = new Order(0, 0, count);
  const places = Array.from({ length: count }, (_, i) => order.place(i));
  const note = held
    ? `It has no test images: ${held.toLocaleString('en')} of its images are held out.`
    : 'It has one image only.';
  const test = held ? places.slice(0, held) : places;
  return { ...own, train: picked(whole, places.slice(held)), test: picked(whole, test), note };
}

/**
 * @param {SpriteData} data
 * @param {string} name
 * @returns {Part}
 */
function partOf(data, name) {
  const [first, last] = data.head.splits[name];
  const classes = data.classNames.length;
  const rows = data.rows?.subarray(first * classes, last * classes) ?? null;
  return { ...data.split(name), count: last - first, rows };
}

/**
 * @param {Part} part
 * @param {number[]} places
 * @returns {Part}
 */
function picked({ images, labels, targets, rows, count }, places) {
  /**
   * @template {Uint8Array | Float32Array} Values
   * @param {Values} all
   * @returns {Values}
   */
  const some = (all) => {
    const size = all.length / count;
    const chosen = all.slice(0, size * places.length);
    places.forEach((place, i) =>
      chosen.set(all.subarray(place * size, (place + 1) * size), i * size),
    );
    return /** @type {Values} */ (chosen);
  };
  return {
    images: some(images),
    count: places.length,
    labels: labels && Int32Array.from(places, (place) => labels[place]),
    targets: targets && some(targets),
    rows: rows && some(rows),
  };
}

/**
 * Returns the class of an image, or its classes, in words.
 *
 * @param {Part} part
 * @param {number} i
 * @param {readonly string[]} names
 */
export function textOf({ labels, rows }, i, names) {
  if (!rows) return names[labels?.[i] ?? 0];
  return labelText(rows.subarray(i * names.length, (i + 1) * names.length), names);
}

/**
 * One image of a part.
 *
 * @param {Part} part
 * @param {number} i
 */
export function imageAt({ images, count }, i) {
  const size = images.length / count;
  return images.subarray(i * size, (i + 1) * size);
}

/**
 * Some places of a part, any seed others.
 *
 * @param {number} count  of all
 * @param {number} some
 * @param {number} seed
 */
export function somePlaces(count, some, seed) {
  const order = new Order(seed, 0, count);
  return Array.from({ length: Math.min(count, some) }, (_, i) => order.place(i));
}

/**
 * Returns the number of images of each class.
 *
 * @param {Part} part
 * @param {number} classes
 */
export function classCounts({ labels, rows }, classes) {
  const counts = new Array(classes).fill(0);
  if (rows) rows.forEach((value, i) => (counts[i % classes] += value));
  else for (const label of Array.from(labels ?? [])) counts[label]++;
  return counts;
}

/**
 * Returns the preprocessing of a drawing: "digit" for data sets of characters, and where images are light
 * on black and centred by their mass, as MNIST's are; else "fit". `spritenet train` chooses alike.
 *
 * @param {Lesson} lesson
 * @returns {import('../lib/prepare.js').Preparation | null}  null where no picture has so many channels
 */
export function preparationFor({ title, imageShape: [height, width, channels], train }) {
  if (![1, 3, 4].includes(channels)) return null;
  const character =
    channels === 1 && (CHARACTERS.includes(title) || isCentred(train, height, width));
  return { mode: character ? 'digit' : 'fit', height, width, channels, background: 0 };
}

/** @param {Part} part @param {number} height @param {number} width */
function isCentred(part, height, width) {
  const count = Math.min(LOOKED_AT, part.count);
  let black = 0;
  let inked = 0;
  let centred = 0;
  for (let n = 0; n < count; n++) {
    const image = imageAt(part, n);
    for (const corner of [0, width - 1, (height - 1) * width, height * width - 1]) {
      if (!image[corner]) black++;
    }
    let [mass, x, y] = [0, 0, 0];
    for (let i = 0; i < image.length; i++) {
      mass += image[i];
      x += image[i] * ((i % width) + 0.5);
      y += image[i] * (Math.floor(i / width) + 0.5);
    }
    if (!mass) continue;
    inked++;
    if (Math.max(Math.abs(x / mass - width / 2), Math.abs(y / mass - height / 2)) <= NEAR) {
      centred++;
    }
  }
  return inked > 0 && black >= CENTRED * 4 * count && centred >= CENTRED * inked;
}
