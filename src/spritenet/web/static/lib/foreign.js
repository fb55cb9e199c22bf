// PNGs of images in rows that other programs made, such as the tutorials' `mnist_images.png`.
//
// They hold no labels and no image size, so both are given. 8-bit grey, RGB and RGBA, not interlaced.

import { room } from './download.js';
import { DataError } from './errors.js';
import { Inflater } from './inflater.js';
import { chunksOf, inflate, unknownFilter } from './png.js';

/** @typedef {import('./sprite.js').Head} Head */
/** @typedef {{ bytes: Uint8Array, where: string }} File */

const CHANNELS = /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 6: 4 }); // by PNG's colour type
const MOST_BYTES = 2 ** 30; // of a decoded picture
const MOST_CLASSES = 65536;
const RATIO = 1032; // deflate's highest: 258 bytes from two bits

/**
 * @param {Uint8Array} bytes
 * @param {string} where
 * @param {File} labelFile  one-hot rows of bytes, a byte an image, or IDX
 * @param {[number, number]} imageSize  height, width
 * @param {number} [train]
 * @returns {Promise<import('./sprite.js').Content>}
 */
export async function readForeign(bytes, where, labelFile, [height, width], train) {
  const { pixels, width: across, height: count, channels } = await readRows(bytes, where);
  if (across !== height * width) {
    throw new DataError(
      `rows are ${across} pixels wide, but a ${height}×${width} image needs ${height * width}`,
      {
        where,
        todo: 'Was it made for another size?',
      },
    );
  }
  const { labels, classes } = readLabels(labelFile, count);
  const first = train ?? count;
  if (!(Number.isInteger(first) && first >= 1 && first <= count)) {
    throw new DataError('out of range', {
      where: 'train',
      expected: `1 to ${count}`,
      got: first,
    });
  }
  const counts = Array.from({ length: classes }, () => 0);
  for (const label of labels) counts[label]++;
  /** @type {Head} */
  const head = {
    height,
    width,
    channels,
    count,
    layout: 'rows',
    columns: 1,
    classes: counts.map((_, k) => String(k)),
    class_counts: counts,
    splits: first < count ? { train: [0, first], test: [first, count] } : { train: [0, count] },
    sha256: '',
  };
  return { head, images: pixels, labels, rows: null };
}

/**
 * All pixels; one channel if all of them are grey and opaque.
 *
 * @param {Uint8Array} bytes
 * @param {string} where
 */
async function readRows(bytes, where) {
  const chunks = chunksOf(bytes, where);
  const [header] = chunks;
  if (header.type !== 'IHDR' || header.length !== 13) {
    throw new DataError('it is no PNG', { where, expected: 'IHDR first' });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.at, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, , , interlaced] = bytes.subarray(header.at + 8, header.at + 13);
  const channels = CHANNELS[colour];
  if (depth !== 8 || !channels || interlaced || chunks.some(({ type }) => type === 'tRNS')) {
    throw new DataError('unsupported kind of PNG', {
      where,
      expected: '8 bits; grey, RGB or RGBA; not interlaced',
      got: `${depth} bits, colour type ${colour}${interlaced ? ', interlaced' : ''}`,
      todo: 'Convert it to a sprite with `spritenet pack`.',
    });
  }
  const rowBytes = width * channels;
  const size = height * (rowBytes + 1);
  if (!width || !height || size > Math.min(MOST_BYTES, RATIO * bytes.length)) {
    throw new DataError('its header states more data than the file can hold or than is supported', {
      where,
      got: `${width}×${height} pixels`,
    });
  }
  const data = chunks.filter(({ type }) => type === 'IDAT');
  const packed = new Uint8Array(data.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of data) {
    packed.set(bytes.subarray(chunk.at, chunk.at + chunk.length), at);
    at += chunk.length;
  }
  const pixels = room(height * rowBytes, where);
  const inflater = await Inflater.for(bytes);
  if (inflater) {
    inflater.picture(packed, height, channels, pixels, where);
  } else {
    const raw = await inflate('deflate', packed, size, where);
    for (let row = 0; row < height; row++) undo(raw, row, pixels, rowBytes, channels, where);
  }
  return plainest(pixels, width, height, channels);
}

/**
 * One row out of its filter (ISO/IEC 15948, clause 9).
 *
 * @param {Uint8Array} raw
 * @param {number} row
 * @param {Uint8Array} to
 * @param {number} rowBytes
 * @param {number} channels
 * @param {string} where
 */
function undo(raw, row, to, rowBytes, channels, where) {
  const from = row * (rowBytes + 1) + 1;
  const at = row * rowBytes;
  const filter = raw[from - 1];
  if (filter > 4) throw unknownFilter(filter, where, row);
  to.set(raw.subarray(from, from + rowBytes), at);
  if (filter === 0) return;
  for (let i = 0; i < rowBytes; i++) {
    const left = i < channels ? 0 : to[at + i - channels];
    const above = row ? to[at + i - rowBytes] : 0;
    if (filter === 1) to[at + i] += left;
    else if (filter === 2) to[at + i] += above;
    else if (filter === 3) to[at + i] += (left + above) >> 1;
    else {
      const corner = row && i >= channels ? to[at + i - rowBytes - channels] : 0;
      const [a, b, c] = [
        Math.abs(above - corner),
        Math.abs(left - corner),
        Math.abs(left + above - 2 * corner),
      ];
      to[at + i] += a <= b && a <= c ? left : b <= c ? above : corner;
    }
  }
}

/**
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} channels
 */
function plainest(pixels, width, height, channels) {
  for (let i = 0; channels > 1 && i < pixels.length; i += channels) {
    const grey = pixels[i] === pixels[i + 1] && pixels[i] === pixels[i + 2];
    if (!grey || (channels === 4 && pixels[i + 3] !== 255)) {
      return { pixels, width, height, channels };
    }
  }
  const plain = channels === 1 ? pixels : new Uint8Array(width * height);
  if (channels > 1) for (let i = 0; i < plain.length; i++) plain[i] = pixels[i * channels];
  return { pixels: plain, width, height, channels: 1 };
}

/**
 * @param {File} file
 * @param {number} count
 */
function readLabels({ bytes, where }, count) {
  const isIdx =
    bytes[0] === 0 &&
    bytes[1] === 0 &&
    bytes[2] === 8 &&
    bytes[3] === 1 &&
    bytes.length === count + 8;
  const values = isIdx ? bytes.subarray(8) : bytes;
  const width = values.length / count;
  if (!Number.isInteger(width) || width < 1 || width > MOST_CLASSES) {
    throw new DataError("labels don't match the images", {
      where,
      expected: `${count} labels: one-hot rows of bytes, a byte each, or IDX`,
      got: `${bytes.length} bytes`,
    });
  }
  const labels = new Int32Array(count);
  let most = 0;
  for (let i = 0; i < count; i++) {
    if (width === 1) {
      labels[i] = values[i];
      most = Math.max(most, values[i]);
      continue;
    }
    const row = values.subarray(i * width, (i + 1) * width);
    labels[i] = row.indexOf(1);
    if (labels[i] < 0 || row.some((value, k) => value !== (k === labels[i] ? 1 : 0))) {
      throw new DataError(`the labels of image ${i} are not one-hot`, {
        where,
        expected: 'one 1 among zeros',
      });
    }
  }
  return { labels, classes: width === 1 ? most + 1 : width };
}
