// Many sprites in a folder, and `dataset.json`, which knows each by its hash. See docs/reference/sprite-format.md.

import { absolute } from './address.js';
import { download, room } from './download.js';
import { DataError } from './errors.js';
import { Inflater } from './inflater.js';
import { digest } from './sha256.js';
import { checkRowCounts } from './sprite-labels.js';
import { checkHead, readSprite } from './sprite.js';

/** @typedef {import('./sprite.js').Head} Head */
/** @typedef {import('./download.js').Options} Options */
/** @typedef {{ file: string, count: number, bytes: number, sha256: string }} Shard */

const INDEX = 'dataset.json';
const FORMAT = 'spritenet sprites';
const MOST_BYTES = 64 * 2 ** 20; // of dataset.json

/**
 * Returns true for a folder of sprites: the address of a dataset.json, or more than one file.
 *
 * @param {any} source
 */
export function isFolder(source) {
  if (typeof source === 'string') return /\.json([?#]|$)/.test(source);
  if (source instanceof URL) return source.pathname.endsWith('.json');
  if (source instanceof Blob || source instanceof Uint8Array || source instanceof ArrayBuffer) {
    return false;
  }
  return typeof source === 'object' && source !== null && Symbol.iterator in source;
}

/**
 * @param {any} source  an address, or files
 * @param {Options} options
 * @returns {Promise<import('./sprite.js').Content>}
 */
export async function readFolder(source, { onProgress, signal }) {
  const { where, open } = folderOf(source);
  const index = await download(open(INDEX), { signal, limit: MOST_BYTES });
  /** @type {any} */
  let content;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(index.bytes));
  } catch (error) {
    throw new DataError('not JSON', {
      where,
      got: error instanceof Error ? error.message : error,
    });
  }
  if (content?.format !== FORMAT) {
    throw new DataError('it is no data set', {
      where,
      expected: `format "${FORMAT}"`,
      got: content?.format ?? null,
    });
  }
  const { head, ranges } = checkHead(content, where);
  const shards = checkShards(content, head.count, where);
  const size = head.height * head.width * head.channels;
  const images = room(head.count * size, where);
  const classes = head.classes.length;
  const labels = new Int32Array(head.multi_label ? 0 : head.count);
  const rows = head.multi_label ? room(head.count * classes, where) : null;
  const whole = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  let first = 0;
  for (const { file, count, bytes, sha256 } of shards) {
    const report = (/** @type {number} */ here) => onProgress?.(loaded + here, whole);
    const sprite = await download(open(file), { signal, onProgress: report, limit: bytes });
    loaded += bytes;
    if (sprite.bytes.length !== bytes || (await digest(sprite.bytes)) !== sha256) {
      throw new DataError(`the sprite is not the one that ${INDEX} names`, {
        where: file,
        expected: `${bytes} bytes, SHA-256 ${sha256.slice(0, 12)}…`,
        got: `${sprite.bytes.length} bytes`,
        todo: 'Copy the whole folder again, or pack it again.',
      });
    }
    const part = await readSprite(sprite.bytes, file, await Inflater.for(sprite.bytes));
    /** @param {Head} h */
    const kind = (h) =>
      JSON.stringify([h.height, h.width, h.channels, h.classes, Boolean(h.multi_label)]);
    const expected = within(ranges, first, first + count, head.count);
    const splits = Object.entries(part.head.splits).map(([name, [from, to]]) => [name, from, to]);
    if (
      kind(part.head) !== kind(head) ||
      part.head.count !== count ||
      !sameRanges(splits, expected)
    ) {
      throw new DataError(`the sprite does not fit ${INDEX}`, {
        where: file,
        todo: 'Pack it again.',
      });
    }
    images.set(part.images, first * size);
    labels.set(part.labels, head.multi_label ? 0 : first);
    if (part.rows) rows?.set(part.rows, first * classes);
    first += count;
  }
  if (rows) {
    checkRowCounts(rows, head.class_counts, where);
    return { head, images, labels, rows };
  }
  const seen = new Float64Array(head.classes.length);
  for (const label of labels) seen[label]++;
  if (head.class_counts.some((n, k) => n !== seen[k])) {
    throw new DataError("the labels don't match their counts", { where });
  }
  return { head, images, labels, rows };
}

/**
 * @param {any} source
 * @returns {{ where: string, open: (name: string) => import('./download.js').Source }}
 */
function folderOf(source) {
  if (typeof source === 'string' || source instanceof URL) {
    const index = absolute(source);
    return {
      where: index.href,
      open(name) {
        if (name === INDEX) return index;
        const url = new URL(index);
        url.pathname = url.pathname.replace(/[^/]*$/, encodeURIComponent(name));
        return url;
      },
    };
  }
  /** @type {Map<string, File>} */
  const files = new Map();
  for (const file of /** @type {Iterable<File>} */ (source)) files.set(file.name, file);
  return {
    where: INDEX,
    open(name) {
      const file = files.get(name);
      if (file) return file;
      throw new DataError('a file of the data set is missing', {
        where: name,
        got: [...files.keys()].join(', ') || 'no files',
        todo: `Choose ${INDEX} and all its sprites together.`,
      });
    },
  };
}

/**
 * @param {any} content
 * @param {number} count
 * @param {string} where
 * @returns {Shard[]}
 */
function checkShards({ shards }, count, where) {
  const isCount = (/** @type {unknown} */ n) => Number.isSafeInteger(n) && Number(n) >= 1;
  const good = (/** @type {any} */ s) =>
    typeof s?.file === 'string' &&
    s.file &&
    !/[/\\]|^\.\.?$/.test(s.file) &&
    isCount(s.count) &&
    isCount(s.bytes) &&
    /^[0-9a-f]{64}$/.test(s.sha256);
  if (!Array.isArray(shards) || !shards.every(good)) {
    throw new DataError('its shards are not a list of files with hashes', { where });
  }
  if (new Set(shards.map(({ file }) => file)).size !== shards.length) {
    throw new DataError('a shard is named twice', { where });
  }
  const held = shards.reduce((sum, shard) => sum + shard.count, 0);
  if (held !== count) {
    throw new DataError('the shards have a different number of images', {
      where,
      expected: count,
      got: held,
    });
  }
  return shards;
}

/**
 * The splits' parts in a range of images. Splits without images stay only where the range is all there is.
 *
 * @param {[string, number, number][]} ranges
 * @param {number} first
 * @param {number} stop
 * @param {number} count
 */
function within(ranges, first, stop, count) {
  const whole = first === 0 && stop === count;
  return ranges
    .map(([name, from, to]) => [name, Math.max(from, first) - first, Math.min(to, stop) - first])
    .filter(([, from, to]) => from < to || whole);
}

/**
 * @param {(string | number)[][]} a
 * @param {(string | number)[][]} b
 */
function sameRanges(a, b) {
  const text = (/** @type {(string | number)[][]} */ r) =>
    JSON.stringify(r.map((part) => JSON.stringify(part)).sort());
  return text(a) === text(b);
}
