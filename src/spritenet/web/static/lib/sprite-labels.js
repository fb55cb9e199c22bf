// The chunk snLB of a sprite: the class of each image, or a row of 0 and 1. See docs/reference/sprite-format.md.

import { DataError } from './errors.js';
import { inflate } from './png.js';

/** @typedef {import('./png.js').Chunk} Chunk */
/** @typedef {import('./sprite.js').Head} Head */

/**
 * @param {Uint8Array} bytes
 * @param {Chunk} chunk
 * @param {Head} head
 * @param {string} where
 * @returns {Promise<{ labels: Int32Array, rows: Uint8Array | null }>}
 */
export async function readLabels(bytes, chunk, head, where) {
  const { classes, class_counts: counts, count } = head;
  if (head.multi_label) {
    return { labels: new Int32Array(0), rows: await readLabelRows(bytes, chunk, head, where) };
  }
  const size = classes.length <= 256 ? 1 : classes.length <= 65536 ? 2 : 4;
  const packed = bytes.subarray(chunk.at, chunk.at + chunk.length);
  const raw = await inflate('deflate', packed, size * count, `${where}: labels`);
  const labels = new Int32Array(count);
  const seen = new Float64Array(classes.length);
  const view = new DataView(raw.buffer);
  for (let i = 0; i < count; i++) {
    const label =
      size === 1 ? raw[i] : size === 2 ? view.getUint16(2 * i, true) : view.getUint32(4 * i, true);
    if (label >= classes.length) {
      throw new DataError(`the label of image ${i} is no class`, { where, got: label });
    }
    labels[i] = label;
    seen[label]++;
  }
  if (counts.some((n, k) => n !== seen[k])) {
    throw new DataError('the labels are not as many as class_counts says', { where });
  }
  return { labels, rows: null };
}

/**
 * The labels of a multi-label sprite: a byte, 0 or 1, for each class of each image.
 *
 * @param {Uint8Array} bytes
 * @param {Chunk} chunk
 * @param {Head} head
 * @param {string} where
 */
async function readLabelRows(bytes, chunk, { classes, class_counts: counts, count }, where) {
  const packed = bytes.subarray(chunk.at, chunk.at + chunk.length);
  const rows = await inflate('deflate', packed, classes.length * count, `${where}: labels`);
  const wrong = rows.findIndex((value) => value > 1);
  if (wrong >= 0) {
    const image = Math.floor(wrong / classes.length);
    throw new DataError(`a label of image ${image} is neither 0 nor 1`, {
      where,
      got: rows[wrong],
    });
  }
  checkRowCounts(rows, counts, where);
  return rows;
}

/**
 * Throws unless so many images have each class.
 *
 * @param {Uint8Array} rows  n × classes
 * @param {readonly number[]} counts
 * @param {string} where
 */
export function checkRowCounts(rows, counts, where) {
  const seen = new Float64Array(counts.length);
  rows.forEach((value, i) => {
    seen[i % counts.length] += value;
  });
  if (counts.some((n, k) => n !== seen[k])) {
    throw new DataError('the labels are not as many as class_counts says', { where });
  }
}
