// A data set that is a PNG, read whole: one download, no canvas, every byte checked.
//
// The format is docs/reference/sprite-format.md's. Canvas pixels aren't exact for every visitor; these are.

import { room } from './download.js';
import { DataError } from './errors.js';
import { adler32, chunksOf, inflate, joinAdler, wrongFilter } from './png.js';
import { digest } from './sha256.js';
import { readLabels } from './sprite-labels.js';

/** @typedef {import('./png.js').Chunk} Chunk */
/**
 * @typedef {object} Head
 * @property {number} [version]  1, or 2 if it is multi-label
 * @property {number} height  of an image
 * @property {number} width
 * @property {number} channels
 * @property {number} count
 * @property {string} layout
 * @property {number} columns
 * @property {string[]} classes
 * @property {number[]} class_counts
 * @property {Record<string, [number, number]>} splits
 * @property {string} sha256
 * @property {string} [name]
 * @property {boolean} [multi_label]  true if an image may have several classes or none
 */
/**
 * The content of a sprite.
 *
 * @typedef {object} Content
 * @property {Head} head
 * @property {Uint8Array} images  n h w c
 * @property {Int32Array} labels  the class of each; of a multi-label sprite empty
 * @property {Uint8Array | null} rows  of a multi-label sprite n × classes of 0 and 1
 */
/** @typedef {{ row: number, rows: number, at: number, length: number, hash: string }} Segment */

const CHANNELS = /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 6: 4 }); // by PNG's colour type
const FORBIDDEN = ['PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'mDCV', 'cLLI', 'sBIT'];
const OURS = ['IHDR', 'iTXt', 'snLB', 'snIX'];
const MOST_PIXELS = 2 ** 26;
const MOST_COLUMNS = 4096; // of multi-label rows
const MOST_LABEL_BYTES = 2 ** 28;
const AT_ONCE = 8; // segments inflated side by side

/**
 * @param {Uint8Array} bytes
 * @param {string} where
 * @param {import('./inflater.js').Inflater | null} [inflater]  null: the browser's own
 * @returns {Promise<Content>}
 */
export async function readSprite(bytes, where, inflater = null) {
  const chunks = chunksOf(bytes, where, inflater ? (part) => inflater.crc32(part) : undefined);
  const first = chunks.findIndex(({ type }) => type === 'IDAT');
  const before = chunks.slice(0, Math.max(0, first));
  const data = chunks.slice(first, -1);
  if (first < 1 || data.some(({ type }) => type !== 'IDAT') || chunks[0].type !== 'IHDR') {
    throw new DataError('its chunks are in the wrong order', { where });
  }
  const [header, text, packedLabels, index] = OURS.map((type) => {
    const found = before.filter((chunk) => chunk.type === type);
    if (found.length !== 1) {
      const todo = 'Is it a sprite? `spritenet pack` makes one of any data set.';
      throw new DataError(`it must have one chunk ${type} before its pixels`, {
        where,
        got: found.length,
        todo,
      });
    }
    return found[0];
  });
  const wrong = before.find(
    ({ type, length }) =>
      FORBIDDEN.includes(type) ||
      (!OURS.includes(type) && (/^[A-Z]/.test(type) || length > 2 ** 20)),
  );
  if (wrong || before.length > 68) {
    throw new DataError('it has a chunk that no sprite may have', {
      where,
      got: wrong?.type ?? before.length,
    });
  }
  const head = readHead(bytes, header, text, where);
  const { labels, rows } = await readLabels(bytes, packedLabels, head, where);
  const height = new DataView(bytes.buffer, bytes.byteOffset + header.at, 8).getUint32(4);
  const segments = readIndex(bytes, index, data, height, head, where);
  const picture = await readRows(bytes, segments, data, height, head, where, inflater);
  return { head, images: head.layout === 'rows' ? picture : untiled(picture, head), labels, rows };
}

/**
 * @param {Uint8Array} bytes
 * @param {Chunk} header
 * @param {Chunk} text
 * @param {string} where
 * @returns {Head}
 */
function readHead(bytes, header, text, where) {
  const prefix = 'spritenet\0\0\0\0\0';
  const begin = String.fromCharCode(...bytes.subarray(text.at, text.at + prefix.length));
  /** @type {any} */
  let head;
  try {
    if (begin !== prefix || text.length > 2 ** 22) throw new SyntaxError('another keyword');
    const json = bytes.subarray(text.at + prefix.length, text.at + text.length);
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    throw new DataError('its metadata is damaged', {
      where,
      got: error instanceof Error ? error.message : error,
    });
  }
  checkHead(head, where);
  const { height, width, channels, count, layout, columns } = head;
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.at, header.length);
  const bands = Math.ceil(count / columns);
  const expected = layout === 'rows' ? [height * width, count] : [columns * width, bands * height];
  const size = header.length === 13 ? [view.getUint32(0), view.getUint32(4)] : [];
  if (String(size) !== String(expected) || size[0] * size[1] > MOST_PIXELS || size[1] > 65000) {
    throw new DataError("the PNG's size doesn't fit its images", {
      where,
      expected: expected.join('×'),
      got: size.join('×'),
    });
  }
  const kind = [...bytes.subarray(header.at + 8, header.at + 13)];
  if (kind[0] !== 8 || CHANNELS[kind[1]] !== channels || kind[2] || kind[3] || kind[4]) {
    throw new DataError("the PNG's colour type doesn't fit its images", {
      where,
      expected: `8 bits, ${channels} channels`,
      got: kind,
    });
  }
  return head;
}

/**
 * The header of a sprite, or of a folder of them.
 *
 * @param {any} head
 * @param {string} where
 * @returns {{ head: Head, ranges: [string, number, number][] }}  its splits, in the order of their images
 */
export function checkHead(head, where) {
  /** @param {string} key @param {boolean} good @param {unknown} [expected] */
  const check = (key, good, expected = '') => {
    if (!good) {
      throw new DataError(`invalid ${key} in its metadata`, {
        where,
        expected,
        got: head?.[key] ?? null,
      });
    }
  };
  /** @param {any} n */
  const isCount = (n) => Number.isInteger(n) && n >= 1 && n < 2 ** 31;
  if (Number.isInteger(head?.version) && head.version > 2) {
    throw new DataError('it was made by a newer Spritenet', {
      where,
      expected: 'version 1 or 2',
      got: head.version,
    });
  }
  check('version', head?.version === 1 || head?.version === 2, '1 or 2');
  check('multi_label', head.version === 1 || head.multi_label === true, true);
  for (const key of ['height', 'width', 'count', 'columns']) {
    check(key, isCount(head[key]), 'a whole number ≥ 1');
  }
  const { channels, count, layout, columns, classes, class_counts: counts, splits } = head;
  check('channels', [1, 3, 4].includes(channels), '1, 3 or 4');
  check('layout', layout === 'grid' || (layout === 'rows' && columns === 1), 'rows or grid');
  const words = Array.isArray(classes) && classes.every((name) => typeof name === 'string' && name);
  check(
    'classes',
    words && classes.length > 0 && new Set(classes).size === classes.length,
    'different names',
  );
  if (head.version === 2) {
    check('classes', classes.length <= MOST_COLUMNS, `at most ${MOST_COLUMNS}`);
    check('count', count * classes.length <= MOST_LABEL_BYTES, 'fewer labels');
  }
  check(
    'class_counts',
    Array.isArray(counts) && counts.length === classes.length,
    'a number for each class',
  );
  const parts = splits && typeof splits === 'object' ? Object.entries(splits) : [];
  const ranges = parts.map(([, range]) => /** @type {any} */ (range));
  const whole = ranges.every(
    (r) =>
      Array.isArray(r) &&
      r.length === 2 &&
      r.every((n) => Number.isInteger(n) && n >= 0) &&
      r[0] <= r[1],
  );
  check('splits', whole, 'ranges of images');
  let next = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    check('splits', from === next, `ranges from 0 to ${count}`);
    next = to;
  }
  check('splits', next === count, `ranges from 0 to ${count}`);
  check('sha256', /^[0-9a-f]{64}$/.test(head.sha256), '64 hexadecimal digits');
  for (const key of ['name', 'source', 'licence']) {
    check(key, ['string', 'undefined'].includes(typeof head[key]), 'a text');
  }
  return { head, ranges: parts.map(([name, [from, to]]) => [name, from, to]) };
}

/**
 * The segments: they must be the pixels' chunks, exactly, whole band after whole band.
 *
 * @param {Uint8Array} bytes
 * @param {Chunk} chunk
 * @param {Chunk[]} data
 * @param {number} height
 * @param {Head} head
 * @param {string} where
 * @returns {Segment[]}
 */
function readIndex(bytes, chunk, data, height, head, where) {
  const refuse = () => new DataError('its index is not that of its pixels', { where });
  const count = chunk.length / 32;
  if (!Number.isInteger(count) || count < 1 || data.length !== count + 2) throw refuse();
  const view = new DataView(bytes.buffer, bytes.byteOffset + chunk.at, chunk.length);
  const band = head.layout === 'rows' ? 1 : head.height;
  const start = bytes.subarray(data[0].at, data[0].at + data[0].length);
  if (
    start.length !== 2 ||
    start[0] !== 0x78 ||
    start[1] !== 0x9c ||
    data[count + 1].length !== 6
  ) {
    throw refuse();
  }
  return Array.from({ length: count }, (_, i) => {
    const at = 32 * i;
    const row = view.getUint32(at);
    const end = i + 1 < count ? view.getUint32(at + 32) : height;
    const offset = view.getUint32(at + 4) * 2 ** 32 + view.getUint32(at + 8);
    const length = view.getUint32(at + 12);
    const { at: from, length: has } = data[i + 1];
    if ((i === 0 && row !== 0) || end <= row || row % band || offset !== from || length !== has) {
      throw refuse();
    }
    const hash = [...bytes.subarray(chunk.at + at + 16, chunk.at + at + 32)];
    return {
      row,
      rows: end - row,
      at: from,
      length,
      hash: hash.map((b) => b.toString(16).padStart(2, '0')).join(''),
    };
  });
}

/**
 * The picture's pixels: each segment inflated alone, its hash, its filters and the whole's Adler-32
 * checked.
 *
 * @param {Uint8Array} bytes
 * @param {Segment[]} segments
 * @param {Chunk[]} data
 * @param {number} height
 * @param {Head} head
 * @param {string} where
 * @param {import('./inflater.js').Inflater | null} inflater
 */
async function readRows(bytes, segments, data, height, head, where, inflater) {
  const { channels } = head;
  const rowBytes = channels * head.width * (head.layout === 'rows' ? head.height : head.columns);
  const tooShort = segments.find(({ rows, length }) => length < (rows * (rowBytes + 1)) / 1032);
  if (tooShort) {
    throw new DataError(`the segment at row ${tooShort.row} is too short for its rows`, { where });
  }
  const picture = room(height * rowBytes, where);
  /** @type {[number, number][]} */
  const sums = [];
  /** @param {number} i */
  const work = async (i) => {
    const { row, rows, at, length, hash } = segments[i];
    const place = `${where}: rows ${row} to ${row + rows - 1}`;
    const packed = bytes.subarray(at, at + length);
    const ends =
      length >= 4 &&
      packed[length - 4] === 0 &&
      packed[length - 3] === 0 &&
      packed[length - 2] === 255 &&
      packed[length - 1] === 255;
    if (!ends || !(await digest(packed)).startsWith(hash)) {
      throw new DataError('its bytes are not those of the index', { where: place });
    }
    const to = picture.subarray(row * rowBytes, (row + rows) * rowBytes);
    sums[i] = inflater
      ? inflater.rows(packed, rows, channels, to, place)
      : await inflateRows(packed, rows, channels, to, place);
  };
  let next = 0;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (next < segments.length) await work(next++);
  });
  await Promise.all(workers);
  let whole = /** @type {[number, number]} */ ([1, 0]);
  sums.forEach((sum, i) => {
    whole = joinAdler(whole, sum, segments[i].rows * (rowBytes + 1));
  });
  const last = data[data.length - 1];
  const adler = new DataView(bytes.buffer, bytes.byteOffset + last.at, 6);
  if (
    adler.getUint16(0) !== 0x300 ||
    adler.getUint16(2) !== whole[1] ||
    adler.getUint16(4) !== whole[0]
  ) {
    throw new DataError('checksum mismatch in the pixels', { where });
  }
  return picture;
}

/**
 * The browser's own way to what `Inflater.rows` does.
 *
 * @param {Uint8Array} packed
 * @param {number} rows
 * @param {number} channels
 * @param {Uint8Array} to
 * @param {string} where
 */
async function inflateRows(packed, rows, channels, to, where) {
  const closed = new Uint8Array(packed.length + 2);
  closed.set(packed);
  closed[packed.length] = 3;
  const raw = await inflate('deflate-raw', closed, rows + to.length, where);
  const rowBytes = to.length / rows;
  for (let r = 0; r < rows; r++) {
    const from = r * (rowBytes + 1);
    const filter = raw[from];
    if (filter > 1) throw wrongFilter(filter, where);
    const at = r * rowBytes;
    to.set(raw.subarray(from + 1, from + 1 + rowBytes), at);
    if (filter === 1) {
      for (let i = at + channels; i < at + rowBytes; i++) to[i] += to[i - channels];
    }
  }
  return adler32(raw);
}

/**
 * The images of a grid, one after the other.
 *
 * @param {Uint8Array} picture
 * @param {Head} head
 */
function untiled(picture, { height, width, channels, columns, count }) {
  const tile = width * channels;
  const images = new Uint8Array(count * height * tile);
  for (let i = 0; i < count; i++) {
    const top = Math.floor(i / columns) * height;
    for (let r = 0; r < height; r++) {
      const from = ((top + r) * columns + (i % columns)) * tile;
      images.set(picture.subarray(from, from + tile), (i * height + r) * tile);
    }
  }
  return images;
}
