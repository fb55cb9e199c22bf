// Outliers: images of no class, made from the data itself, and pseudo-characters, as spritenet/ood/outliers
// in Python makes them, byte for byte. See docs/explanation/ood.md.

import { glyphCore } from './core.js';
import { ModelError } from './errors.js';
import { Stream } from './random.js';
import { stretched } from './resample.js';

/** @typedef {{ height: number, width: number, channels: number }} Form  Of an image. */
/**
 * The material of an outlier.
 *
 * @typedef {object} Data
 * @property {Uint8Array} images  n h w c
 * @property {Form} form
 * @property {number[]} paper  the usual colour at the images' edge
 */
/** @typedef {(data: Data, count: number, random: Stream) => Uint8Array} Maker */

/** The fraction of each kind; the rest are characters of random strokes. */
const FRACTIONS = {
  mixed: 0.07,
  cut: 0.06,
  turned: 0.05,
  overlaid: 0.03,
  noise: 0.03,
  inverted: 0.02,
  blank: 0.01,
  composed: 0.3,
  signs: 0.3,
};
const GLYPHS = { random: 0, composed: 1, signs: 2 }; // kinds of the core's
const GLYPH = 28; // side of a pseudo-character in pixels
const EDGES_OF = 256; // images whose edges are looked at

/**
 * Returns outliers of the size and colours of the training images, n h w c.
 *
 * @param {Uint8Array} images  the training images, n h w c
 * @param {Form} form
 * @param {number} count  of outliers
 * @param {number | bigint} seed
 * @param {import('./core.js').Core} [glyphs]  as `Core.loadGlyphs` returns it
 */
export async function makeOutliers(images, form, count, seed, glyphs) {
  const data = { images, form, paper: paperOf(images, form) };
  const arena = (glyphs ?? (await glyphCore())).instantiate();
  /** @param {keyof typeof GLYPHS} kind @returns {Maker} */
  const characters = (kind) => (from, some, random) => {
    const at = arena.take(some * GLYPH * GLYPH);
    const error = arena.take(256);
    const whole = BigInt.asUintN(64, BigInt(seed));
    if (arena.core.sn_draw_glyphs(whole, GLYPHS[kind], BigInt(some), at, error)) {
      throw new ModelError(arena.text(error));
    }
    return inked(from, arena.u8(at, some * GLYPH * GLYPH), random);
  };
  /** @type {Record<keyof typeof FRACTIONS, Maker>} */
  const makers = {
    mixed,
    cut,
    turned,
    overlaid,
    noise,
    inverted,
    blank,
    composed: characters('composed'),
    signs: characters('signs'),
  };
  const size = form.height * form.width * form.channels;
  const result = new Uint8Array(count * size);
  let done = 0;
  Object.entries(FRACTIONS).forEach(([kind, fraction], number) => {
    const some = rounded(count * fraction);
    const make = makers[/** @type {keyof typeof FRACTIONS} */ (kind)];
    result.set(make(data, some, new Stream(seed, number)), done * size);
    done += some;
  });
  const last = new Stream(seed, Object.keys(FRACTIONS).length);
  result.set(characters('random')(data, count - done, last), done * size);
  return result;
}

/** The nearest whole number, halves to even. @param {number} x */
export function rounded(x) {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2) ? floor + 1 : floor;
}

/**
 * The usual colour at the images' edge.
 *
 * @param {Uint8Array} images
 * @param {Form} form
 */
function paperOf(images, { height, width, channels }) {
  const size = height * width * channels;
  const count = Math.min(EDGES_OF, images.length / size);
  return Array.from({ length: channels }, (_, k) => {
    const values = [];
    for (let i = 0; i < count; i++) {
      /** @param {number} row @param {number} column */
      const at = (row, column) => images[i * size + (row * width + column) * channels + k];
      for (let c = 0; c < width; c++) values.push(at(0, c), at(height - 1, c));
      for (let r = 0; r < height; r++) values.push(at(r, 0), at(r, width - 1));
    }
    values.sort((a, b) => a - b);
    const half = values.length / 2;
    return Math.floor((values[half - 1] + values[half]) / 2); // their number is even
  });
}

/**
 * Returns randomly picked images.
 *
 * @param {Data} data
 * @param {number} count
 * @param {Stream} random
 */
function picked({ images, form }, count, random) {
  const size = form.height * form.width * form.channels;
  const result = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const from = random.integer(0, images.length / size) * size;
    result.set(images.subarray(from, from + size), i * size);
  }
  return result;
}

/**
 * Puts other pixels into images, on one side of a line near their middles.
 *
 * @param {Uint8Array} images  changed in place
 * @param {Form} form
 * @param {Stream} random
 * @param {(at: number, channel: number) => number} other
 */
function onOneSide(images, { height, width, channels }, random, other) {
  const size = height * width * channels;
  const count = images.length / size;
  const angles = Array.from({ length: count }, () => 2 * Math.PI * random.uniform());
  const places = Array.from({ length: count }, () => 0.07 * random.normal());
  for (let i = 0; i < count; i++) {
    const [x, y] = [Math.cos(angles[i]), Math.sin(angles[i])];
    for (let r = 0, at = i * size; r < height; r++) {
      for (let c = 0; c < width; c++, at += channels) {
        if (x * (c / width - 0.5) + y * (r / height - 0.5) > places[i]) continue;
        for (let k = 0; k < channels; k++) images[at + k] = other(at + k, k);
      }
    }
  }
  return images;
}

/** Two images, each on one side of a line. @type {Maker} */
function mixed(data, count, random) {
  const one = picked(data, count, random);
  const other = picked(data, count, random);
  return onOneSide(one, data.form, random, (at) => other[at]);
}

/** An image of which one side is missing. @type {Maker} */
function cut(data, count, random) {
  return onOneSide(picked(data, count, random), data.form, random, (_, k) => data.paper[k]);
}

/** An image mirrored, upside down or (where it is square) by a quarter turn. @type {Maker} */
function turned(data, count, random) {
  const { height, width, channels } = data.form;
  const one = picked(data, count, random);
  const result = new Uint8Array(one.length);
  const ways = height === width ? 4 : 2;
  for (let i = 0, at = 0; i < count; i++) {
    const way = random.integer(0, ways);
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++, at += channels) {
        const [row, column] = [
          [r, width - 1 - c],
          [height - 1 - r, c],
          [c, height - 1 - r],
          [width - 1 - c, r],
        ][way];
        const from = ((i * height + row) * width + column) * channels;
        for (let k = 0; k < channels; k++) result[at + k] = one[from + k];
      }
    }
  }
  return result;
}

/** Two images, one of them moved; of two pixels the one farther from the paper shows. @type {Maker} */
function overlaid(data, count, random) {
  const { height, width, channels } = data.form;
  const one = picked(data, count, random);
  const other = picked(data, count, random);
  const reach = Math.max(1, Math.floor(height / 5));
  const distance = distanceFrom(data);
  for (let i = 0, at = 0; i < count; i++) {
    const down = random.integer(-reach, reach + 1);
    const across = random.integer(-reach, reach + 1);
    for (let r = 0; r < height; r++) {
      const row = (r - down + 2 * height) % height;
      for (let c = 0; c < width; c++, at += channels) {
        const column = (((c - across) % width) + width) % width;
        const from = ((i * height + row) * width + column) * channels;
        if (distance(one, at) >= distance(other, from)) continue;
        for (let k = 0; k < channels; k++) one[at + k] = other[from + k];
      }
    }
  }
  return one;
}

/** Random pixels; in half of the images few are set. @type {Maker} */
function noise({ form: { height, width, channels } }, count, random) {
  const size = height * width * channels;
  const made = Uint8Array.from({ length: count * size }, () => random.integer(0, 256));
  for (let i = 0; i < Math.floor(count / 2) * size; i++) if (random.uniform() < 0.8) made[i] = 0;
  return made;
}

/** An image's negative. @type {Maker} */
function inverted(data, count, random) {
  return picked(data, count, random).map((value) => 255 - value);
}

/** One even colour. @type {Maker} */
function blank({ form: { height, width, channels } }, count, random) {
  const made = new Uint8Array(count * height * width * channels);
  for (let i = 0, at = 0; i < count; i++) {
    const colour = Array.from({ length: channels }, () => random.integer(0, 256));
    for (let pixel = 0; pixel < height * width; pixel++, at += channels) made.set(colour, at);
  }
  return made;
}

/**
 * Pseudo-characters in the data's colours and size.
 *
 * @param {Data} data
 * @param {Uint8Array} glyphs
 * @param {Stream} random
 */
function inked(data, glyphs, random) {
  const { height, width, channels } = data.form;
  const count = glyphs.length / (GLYPH * GLYPH);
  const pixels = height * width;
  const made = picked(data, count, random);
  const distance = distanceFrom(data);
  for (let i = 0; i < count; i++) {
    const glyph = glyphs.subarray(i * GLYPH * GLYPH, (i + 1) * GLYPH * GLYPH);
    const own = { data: glyph, height: GLYPH, width: GLYPH, channels: 1 };
    const ink = height === GLYPH && width === GLYPH ? glyph : stretched(own, height, width).data;
    // The colour that stands out most in some image, as the ink of a drawing does.
    const first = i * pixels * channels;
    let strongest = first;
    for (let at = first; at < first + pixels * channels; at += channels) {
      if (distance(made, at) > distance(made, strongest)) strongest = at;
    }
    const colour = made.slice(strongest, strongest + channels);
    for (let p = 0, at = first; p < pixels; p++) {
      for (let k = 0; k < channels; k++, at++) {
        const paper = data.paper[k];
        made[at] = paper + Math.floor(((colour[k] - paper) * ink[p] + 127) / 255);
      }
    }
  }
  return made;
}

/** Returns the distance of the pixel at a place from the paper. @param {Data} data */
function distanceFrom({ paper, form: { channels } }) {
  return (/** @type {Uint8Array} */ images, /** @type {number} */ at) => {
    let sum = 0;
    for (let k = 0; k < channels; k++) sum += Math.abs(images[at + k] - paper[k]);
    return sum;
  };
}
