// A data set written as a sprite, which Python and `SpriteData` read. See docs/reference/sprite-format.md.

import { joined, segmentOf, zlibOf } from './deflate.js';
import { DataError } from './errors.js';
import { adler32, crc32, joinAdler } from './png.js';
import { digest } from './sha256.js';

/**
 * The content of a sprite to be written.
 *
 * @typedef {object} Draft
 * @property {Uint8Array} images  n h w c
 * @property {ArrayLike<number>} labels  n class indices
 * @property {readonly number[]} imageShape  height, width, channels
 * @property {readonly string[]} classNames  different, none empty
 * @property {Record<string, readonly [number, number]>} [splits]  first image and the one after the last
 *     of each; all are "train" by default
 * @property {string} [name]
 */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const COLOUR_TYPES = /** @type {Record<number, number>} */ ({ 1: 0, 3: 2, 4: 6 });
const MOST_ROWS = 65_000;
const MOST_PIXELS = 2 ** 26;
const SEGMENT = 2 ** 17; // bytes of rows, about
const FRAME = 12; // bytes of a chunk beside its data
const KEYWORD = 'spritenet\0\0\0\0\0';

/**
 * Writes a sprite.
 *
 * @param {Draft} draft
 * @returns {Promise<Uint8Array>}
 */
export async function writeSprite({ images, labels, imageShape, classNames, splits, name = '' }) {
  const [height, width, channels] = imageShape;
  const count = labels.length;
  if (!count || images.length !== count * height * width * channels) {
    throw new DataError("the images don't fit their labels", {
      expected: `${count} of ${imageShape.join('×')}`,
      got: `${images.length} pixels`,
    });
  }
  const columns = columnsFor(count, height, width);
  const bands = Math.ceil(count / columns);
  const ranges = splits ?? { train: [0, count] };
  const head = {
    version: 1,
    height,
    width,
    channels,
    count,
    layout: 'grid',
    columns,
    classes: classNames,
    class_counts: classNames.map((_, k) => Array.from(labels).filter((one) => one === k).length),
    splits: ranges,
    sha256: await contentHash(images, labels, imageShape, ranges),
    name,
  };
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, columns * width);
  view.setUint32(4, bands * height);
  header.set([8, COLOUR_TYPES[channels]], 8);
  const text = new TextEncoder().encode(KEYWORD + JSON.stringify(head));
  const { segments, adler } = await packedRows(images, imageShape, columns, count);
  const before = joined([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('iTXt', text),
    chunk('snLB', await zlibOf(labelBytes(labels, classNames.length))),
  ]);
  const index = await indexOf(segments, before.length + FRAME + 32 * segments.length);
  const end = new Uint8Array(6);
  new DataView(end.buffer).setUint16(0, 0x300);
  new DataView(end.buffer).setUint16(2, adler[1]);
  new DataView(end.buffer).setUint16(4, adler[0]);
  return joined([
    before,
    chunk('snIX', index),
    chunk('IDAT', Uint8Array.of(0x78, 0x9c)),
    ...segments.map(({ data }) => chunk('IDAT', data)),
    chunk('IDAT', end),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/**
 * About as many columns as make the PNG square.
 *
 * @param {number} count
 * @param {number} height
 * @param {number} width
 */
function columnsFor(count, height, width) {
  const least = Math.ceil(count / Math.floor(MOST_ROWS / height));
  const columns = Math.max(least, 1, Math.round(Math.sqrt((count * height) / width)));
  const pixels = columns * width * Math.ceil(count / columns) * height;
  if (pixels > MOST_PIXELS) {
    throw new DataError('too many images for one sprite', {
      expected: `at most ${MOST_PIXELS} pixels`,
      got: pixels,
      todo: 'Take smaller or fewer images.',
    });
  }
  return Math.min(columns, count);
}

/** @param {ArrayLike<number>} labels @param {number} classes */
function labelBytes(labels, classes) {
  const size = classes <= 256 ? 1 : classes <= 65_536 ? 2 : 4;
  const bytes = new Uint8Array(size * labels.length);
  for (let i = 0; i < labels.length; i++) {
    for (let k = 0; k < size; k++) bytes[size * i + k] = labels[i] >>> (8 * k);
  }
  return bytes;
}

/**
 * The rows with their filters, in segments of whole bands: Sub for colours, None for grey.
 *
 * @param {Uint8Array} images
 * @param {readonly number[]} shape
 * @param {number} columns
 * @param {number} count
 */
async function packedRows(images, [height, width, channels], columns, count) {
  const tile = width * channels;
  const row = 1 + columns * tile;
  const bands = Math.ceil(count / columns);
  const each = Math.max(1, Math.round(SEGMENT / (height * row)));
  const segments = [];
  let adler = /** @type {[number, number]} */ ([1, 0]);
  for (let band = 0; band < bands; band += each) {
    const rows = Math.min(each, bands - band) * height;
    const raw = new Uint8Array(rows * row);
    for (let r = 0; r < rows; r++) {
      const first = (band + Math.floor(r / height)) * columns;
      const line = raw.subarray(r * row + 1, (r + 1) * row);
      for (let c = 0; c < columns && first + c < count; c++) {
        const from = ((first + c) * height + (r % height)) * tile;
        line.set(images.subarray(from, from + tile), c * tile);
      }
      if (channels === 1) continue;
      raw[r * row] = 1;
      for (let i = line.length - 1; i >= channels; i--) line[i] -= line[i - channels];
    }
    adler = joinAdler(adler, adler32(raw), raw.length);
    segments.push({ row: band * height, data: await segmentOf(raw) });
  }
  return { segments, adler };
}

/** @param {{ row: number, data: Uint8Array }[]} segments @param {number} at  of the first IDAT chunk */
async function indexOf(segments, at) {
  const index = new Uint8Array(32 * segments.length);
  const view = new DataView(index.buffer);
  let offset = at + 22;
  for (const [i, { row, data }] of segments.entries()) {
    view.setUint32(32 * i, row);
    view.setUint32(32 * i + 4, Math.floor(offset / 2 ** 32));
    view.setUint32(32 * i + 8, offset % 2 ** 32);
    view.setUint32(32 * i + 12, data.length);
    const hash = await digest(data);
    for (let k = 0; k < 16; k++) {
      index[32 * i + 16 + k] = Number.parseInt(hash.slice(2 * k, 2 * k + 2), 16);
    }
    offset += data.length + FRAME;
  }
  return index;
}

/**
 * The hash of the content, whatever the layout: SHA-256 in hexadecimal.
 *
 * @param {Uint8Array} images
 * @param {ArrayLike<number>} labels
 * @param {readonly number[]} shape
 * @param {Record<string, readonly [number, number]>} splits
 */
export async function contentHash(images, labels, shape, splits) {
  const size = images.length / labels.length;
  let lines = '';
  for (const name of Object.keys(splits).sort()) {
    const [first, stop] = splits[name];
    const line = `${[stop - first, ...shape].join(' ')}\n`;
    const words = new DataView(new ArrayBuffer(4 * (stop - first)));
    for (let i = first; i < stop; i++) words.setInt32(4 * (i - first), labels[i], true);
    const pixels = images.subarray(first * size, stop * size);
    const parts = [new TextEncoder().encode(line), pixels, new Uint8Array(words.buffer)];
    lines += `${name} ${await digest(joined(parts))}\n`;
  }
  return digest(new TextEncoder().encode(lines));
}

/** @param {string} type @param {Uint8Array} data */
function chunk(type, data) {
  const whole = new Uint8Array(FRAME + data.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  whole.set(new TextEncoder().encode(type), 4);
  whole.set(data, 8);
  view.setInt32(8 + data.length, crc32(whole.subarray(4, 8 + data.length)));
  return whole;
}
