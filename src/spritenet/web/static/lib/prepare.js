// A picture of any size → a model's input, the way the model's metadata says.
//
// The same bytes as spritenet/prepare in Python: docs/reference/prepare.md describes every step.

import { DataError, ModelError } from './errors.js';
import { findInk, placeInk } from './ink.js';
import { reduced, stretched } from './resample.js';

/** @typedef {import('./resample.js').Picture} Picture */
/**
 * The preprocessing of a model's input, as in the model's file.
 *
 * @typedef {object} Preparation
 * @property {'digit' | 'fit' | 'crop' | 'stretch'} mode
 * @property {number} height
 * @property {number} width
 * @property {number} channels  1, 3 or 4; 1 for "digit"
 * @property {number} background  0 to 255
 */

const MODES = ['digit', 'fit', 'crop', 'stretch'];
const LARGEST_SIDE = 1024; // larger pictures are made smaller by a whole factor before anything else

/**
 * The preparation in a model's metadata, checked.
 *
 * @param {unknown} values
 * @returns {Preparation}
 */
export function readPreparation(values) {
  const given = /** @type {any} */ (values ?? {});
  const known = ['background', 'channels', 'height', 'mode', 'width'];
  if (String(Object.keys(given).sort()) !== String(known)) {
    throw new ModelError('the preparation has other values than those known here', {
      expected: known.join(', '),
      got: Object.keys(given).sort().join(', '),
      todo: 'Was the model saved by a newer version?',
    });
  }
  /** @param {string} key @param {boolean} good @param {string} expected */
  const check = (key, good, expected) => {
    if (!good) {
      throw new ModelError('invalid value', {
        where: `preparation, ${key}`,
        expected,
        got: given[key],
      });
    }
  };
  check('mode', MODES.includes(given.mode), MODES.join(' or '));
  for (const [key, least, most] of /** @type {const} */ ([
    ['height', 1, 1024],
    ['width', 1, 1024],
    ['background', 0, 255],
  ])) {
    const value = given[key];
    check(
      key,
      Number.isInteger(value) && value >= least && value <= most,
      `a whole number from ${least} to ${most}`,
    );
  }
  const channels = given.mode === 'digit' ? [1] : [1, 3, 4];
  check('channels', channels.includes(given.channels), channels.join(' or '));
  return given;
}

/**
 * Makes a picture a model's input. In mode "digit" it is all zeros exactly if there is no ink.
 *
 * @param {{ data: Uint8Array | Uint8ClampedArray, height: number, width: number }} image  1, 3 or 4
 *     bytes a pixel: a canvas's ImageData, for example
 * @param {Preparation} preparation
 * @returns {Uint8Array}  height × width × channels
 */
export function prepare({ data, height, width }, preparation) {
  const wanted = readPreparation(preparation);
  const channels = data.length / (height * width);
  if (![1, 3, 4].includes(channels)) {
    throw new DataError('not an image', {
      expected: 'height × width × 1, 3 or 4 bytes',
      got: `${data.length} bytes for ${height} × ${width}`,
    });
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  const picture = reduced({ data: bytes, height, width, channels }, LARGEST_SIDE);
  if (wanted.mode === 'digit') return digit(picture, wanted);
  const fitting = withChannels(picture, wanted);
  if (wanted.mode === 'stretch') return stretched(fitting, wanted.height, wanted.width).data;
  if (wanted.mode === 'crop') {
    return stretched(middle(fitting, wanted), wanted.height, wanted.width).data;
  }
  return withBars(fitting, wanted);
}

/** @param {Picture} picture @param {Preparation} wanted */
function digit(picture, wanted) {
  let grey = greyOf(picture);
  if (picture.channels === 4) grey = onPaper(grey, picture.data);
  const ink = findInk(grey);
  if (!ink) return new Uint8Array(wanted.height * wanted.width);
  return placeInk(ink, wanted.height, wanted.width).data;
}

/**
 * A picture's brightness; opacity is left out.
 *
 * @param {Picture} picture
 * @returns {Picture}
 */
function greyOf({ data, height, width, channels }) {
  if (channels === 1) return { data, height, width, channels };
  const grey = new Uint8Array(height * width);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    // ITU-R BT.601, in 1/65536, as Pillow has it.
    grey[i] = (19595 * data[at] + 38470 * data[at + 1] + 7471 * data[at + 2] + 32768) >> 16;
  }
  return { data: grey, height, width, channels: 1 };
}

/** Blends a half-transparent colour with the one behind it. @param {number} v @param {number} alpha @param {number} behind */
function over(v, alpha, behind) {
  return Math.floor((v * alpha + behind * (255 - alpha) + 127) / 255);
}

/**
 * A transparent drawing on white paper, or on black if what is drawn is light.
 *
 * @param {Picture} grey
 * @param {Uint8Array} rgba
 * @returns {Picture}
 */
function onPaper(grey, rgba) {
  let light = 0;
  let opaque = 0;
  grey.data.forEach((v, i) => {
    light += v * rgba[4 * i + 3];
    opaque += rgba[4 * i + 3];
  });
  const behind = 2 * light < 255 * opaque ? 255 : 0;
  return { ...grey, data: grey.data.map((v, i) => over(v, rgba[4 * i + 3], behind)) };
}

/**
 * A picture with as many channels as wanted.
 *
 * @param {Picture} picture
 * @param {Preparation} wanted
 * @returns {Picture}
 */
function withChannels(picture, { channels, background }) {
  const { data, height, width, channels: has } = picture;
  if (channels === has) return picture;
  const count = height * width;
  const colours = Math.min(has, 3);
  const colour = new Uint8Array(count * colours);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < colours; k++) {
      const v = data[i * has + k];
      colour[i * colours + k] = has === 4 ? over(v, data[4 * i + 3], background) : v;
    }
  }
  if (channels === 1) return greyOf({ data: colour, height, width, channels: colours });
  const result = new Uint8Array(count * channels).fill(255);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 3; k++) {
      result[i * channels + k] = colour[i * colours + (colours === 1 ? 0 : k)];
    }
  }
  return { data: result, height, width, channels };
}

/**
 * The largest part in the middle that has the input's proportions, in whole pixels.
 *
 * @param {Picture} picture
 * @param {Preparation} wanted
 * @returns {Picture}
 */
function middle({ data, height: h, width: w, channels }, { height, width }) {
  if (h * width > w * height) {
    // too tall
    const tall = Math.max(1, Math.floor((2 * w * height + width) / (2 * width)));
    const top = Math.floor((h - tall) / 2);
    return {
      data: data.subarray(top * w * channels, (top + tall) * w * channels),
      height: tall,
      width: w,
      channels,
    };
  }
  const wide = Math.max(1, Math.floor((2 * h * width + height) / (2 * height)));
  const left = Math.floor((w - wide) / 2);
  const part = new Uint8Array(h * wide * channels);
  for (let r = 0; r < h; r++) {
    const from = (r * w + left) * channels;
    part.set(data.subarray(from, from + wide * channels), r * wide * channels);
  }
  return { data: part, height: h, width: wide, channels };
}

/**
 * The whole picture in the middle of the input, in whole pixels.
 *
 * @param {Picture} picture
 * @param {Preparation} wanted
 */
function withBars(picture, { height, width, background }) {
  const { height: h, width: w, channels } = picture;
  let tall = height;
  let wide = width;
  if (h * width > w * height) {
    wide = Math.max(1, Math.floor((2 * w * height + h) / (2 * h)));
  } // too tall
  else tall = Math.max(1, Math.floor((2 * h * width + w) / (2 * w)));
  const result = new Uint8Array(height * width * channels).fill(background);
  if (channels === 4) for (let i = 3; i < result.length; i += 4) result[i] = 255;
  const top = Math.floor((height - tall) / 2);
  const left = Math.floor((width - wide) / 2);
  const { data } = stretched(picture, tall, wide);
  for (let r = 0; r < tall; r++) {
    result.set(
      data.subarray(r * wide * channels, (r + 1) * wide * channels),
      ((top + r) * width + left) * channels,
    );
  }
  return result;
}
