// Pixels of a project's images: cut from pictures of any size, and made the network's input. No DOM.

import { prepare } from '../lib/index.js';
import { stretched } from '../lib/resample.js';
import { MOST_SIZE, preparationOf } from './project.js';

/** @typedef {import('./project.js').Entry} Entry */
/** @typedef {import('./project.js').Project} Project */
/** @typedef {import('../lib/prepare.js').Preparation} Preparation */
/** @typedef {{ data: Uint8Array | Uint8ClampedArray, height: number, width: number }} Picture  1, 3 or 4 bytes a pixel */
/** @typedef {{ data: Uint8Array, height: number, width: number, channels: number }} Cut */

/**
 * Returns the square in the middle of a picture, of at most 128 pixels a side, without opacity; with
 * one channel if all of it is grey.
 *
 * @param {Picture} picture
 * @returns {Cut}
 */
export function squareOf(picture) {
  const { data, height, width } = picture;
  const side = Math.min(MOST_SIZE, height, width);
  const channels = data.length === height * width ? 1 : 3;
  const cut = prepare(picture, {
    mode: 'crop',
    height: side,
    width: side,
    channels,
    background: 255,
  });
  return greyed({ data: cut, height: side, width: side, channels });
}

/**
 * Returns an image with one channel if all of its pixels are grey, else the image. Pictures are decoded
 * to colours, those of grey files too.
 *
 * @param {Cut} cut
 * @returns {Cut}
 */
function greyed(cut) {
  const { data, channels } = cut;
  if (channels !== 3) return cut;
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return cut;
  }
  const grey = Uint8Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]);
  return { ...cut, data: grey, channels: 1 };
}

/**
 * Returns an image of a data set as it is kept: in its own size, unless it is too large; with one
 * channel if all of it is grey.
 *
 * @param {Uint8Array} data
 * @param {readonly number[]} shape  height, width, channels
 * @returns {Cut}
 */
export function imageOf(data, [height, width, channels]) {
  if (channels === 4) return squareOf({ data, height, width });
  const scale = Math.min(1, MOST_SIZE / Math.max(height, width));
  const image = greyed({ data, height, width, channels });
  if (scale === 1) return image;
  const [h, w] = [height, width].map((side) => Math.max(1, Math.round(side * scale)));
  return stretched(image, h, w);
}

/**
 * Returns an image as the network sees it. Ink is light; where the background is light, it is dark.
 *
 * @param {Entry} entry
 * @param {Uint8Array} data
 * @param {Preparation} preparation
 * @returns {Uint8Array}
 */
export function inputOf({ source, height, width }, data, preparation) {
  const dark =
    source === 'drawing' && preparation.mode !== 'digit' && preparation.background >= 128;
  return prepare({ data: dark ? data.map((v) => 255 - v) : data, height, width }, preparation);
}

/** The images of a project as a training takes them. */
export class Inputs {
  constructor() {
    /** @type {Map<number, Uint8Array>} */
    this.made = new Map();
    this.key = '';
  }

  /**
   * Returns one image as the network sees it; kept until the preprocessing changes.
   *
   * @param {Project} project
   * @param {Map<number, Uint8Array>} pixels
   * @param {Entry} entry
   */
  of(project, pixels, entry) {
    const preparation = preparationOf(project);
    const key = JSON.stringify(preparation);
    if (key !== this.key) this.made.clear();
    this.key = key;
    let input = this.made.get(entry.id);
    if (!input) {
      input = inputOf(entry, /** @type {Uint8Array} */ (pixels.get(entry.id)), preparation);
      this.made.set(entry.id, input);
    }
    return input;
  }

  /**
   * Returns images with labels, class after class; the classes without images are left out.
   *
   * @param {Project} project
   * @param {Map<number, Uint8Array>} pixels
   */
  examples(project, pixels) {
    const classes = project.classes.filter(({ id }) =>
      project.images.some(({ label }) => label === id),
    );
    const entries = classes.flatMap(({ id }) => project.images.filter(({ label }) => label === id));
    const preparation = preparationOf(project);
    const { height, width, channels } = preparation;
    const size = height * width * channels;
    const images = new Uint8Array(size * entries.length);
    entries.forEach((entry, i) => images.set(this.of(project, pixels, entry), i * size));
    const places = new Map(classes.map(({ id }, k) => [id, k]));
    const labels = Int32Array.from(entries, ({ label }) => places.get(label) ?? 0);
    const classNames = classes.map(({ name }) => name);
    return {
      images,
      labels,
      entries,
      classes,
      classNames,
      preparation,
      imageShape: [height, width, channels],
    };
  }
}
