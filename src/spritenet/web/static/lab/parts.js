// The training set, the test set, and the preprocessing of drawings. No DOM.

import { Order } from '../lib/index.js';

/** @typedef {import('../lib/data.js').SpriteData} SpriteData */
/** @typedef {{ images: Uint8Array, labels: Int32Array }} Part */
/** @typedef {{ name: string, title: string, imageShape: number[], classNames: string[], train: Part, test: Part, note: string, hash: string }} Lesson */

const HELD_OUT = 0.1;
// As spritenet/prepare/inference.py has them.
const CHARACTERS = ['kmnist', 'mnist', 'strokes', 'tfjs-mnist'];
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
  const filled = splits.filter((key) => data.split(key).labels.length);
  const first = filled.includes('train') ? 'train' : filled[0];
  const second = ['test', 'validation', ...filled].find(
    (key) => key !== first && filled.includes(key),
  );
  const title = head.name ?? '';
  const own = { name: name || title || 'data', title, imageShape, classNames, hash: head.sha256 };
  if (second) return { ...own, train: data.split(first), test: data.split(second), note: '' };
  const whole = data.split(first);
  const count = whole.labels.length;
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
 * @param {Part} part
 * @param {number[]} places
 * @returns {Part}
 */
function picked({ images, labels }, places) {
  const size = images.length / labels.length;
  const chosen = {
    images: new Uint8Array(size * places.length),
    labels: new Int32Array(places.length),
  };
  places.forEach((place, i) => {
    chosen.images.set(images.subarray(place * size, (place + 1) * size), i * size);
    chosen.labels[i] = labels[place];
  });
  return chosen;
}

/**
 * One image of a part.
 *
 * @param {Part} part
 * @param {number} i
 */
export function imageAt({ images, labels }, i) {
  const size = images.length / labels.length;
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
export function classCounts({ labels }, classes) {
  const counts = new Array(classes).fill(0);
  for (const label of labels) counts[label]++;
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
  const count = Math.min(LOOKED_AT, part.labels.length);
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
