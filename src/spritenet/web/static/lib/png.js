// A sprite's chunks: walked, checked, and inflated. See docs/reference/sprite-format.md and ISO/IEC 15948.
//
// Knows PNG and deflate; knows nothing of images and labels.

import { DataError } from './errors.js';
import { refusePointer } from './lfs-pointer.js';

/** @typedef {{ type: string, at: number, length: number }} Chunk  `at` is its data's first byte */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
// Row k is the CRC-32 of a byte with k zero bytes behind it: eight bytes are then taken at a time (Intel's
// "slicing by 8", Kounavis and Berry 2005).
const TABLE = new Int32Array(8 * 256);
for (let n = 0; n < 256; n++) {
  let word = n;
  for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ 0xedb88320 : word >>> 1;
  TABLE[n] = word;
}
for (let n = 256; n < TABLE.length; n++) {
  TABLE[n] = (TABLE[n - 256] >>> 8) ^ TABLE[TABLE[n - 256] & 255];
}

/**
 * All chunks, their CRCs checked; the file must end with IEND.
 *
 * @param {Uint8Array} bytes
 * @param {string} where
 * @param {(bytes: Uint8Array) => number} [crc]
 * @returns {Chunk[]}
 */
export function chunksOf(bytes, where, crc = crc32) {
  if (!SIGNATURE.every((value, i) => bytes[i] === value)) {
    refusePointer(bytes, where);
    throw new DataError('it is no PNG', { where });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks = [];
  let at = 8;
  let type = '';
  while (type !== 'IEND') {
    if (at + 12 > bytes.length) {
      throw new DataError('it ends too early', { where, got: `${bytes.length} bytes` });
    }
    const length = view.getUint32(at);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) {
      throw new DataError('it ends too early', { where, got: `${bytes.length} bytes` });
    }
    if (crc(bytes.subarray(at + 4, at + 8 + length)) !== view.getInt32(at + 8 + length)) {
      throw new DataError(`the chunk at byte ${at} is damaged`, { where });
    }
    if (!/^[A-Za-z]{4}$/.test(type)) {
      throw new DataError(`the chunk at byte ${at} has no type`, { where });
    }
    chunks.push({ type, at: at + 8, length });
    at += 12 + length;
  }
  if (at !== bytes.length) throw new DataError('data after its end', { where });
  return chunks;
}

/** @param {Uint8Array} bytes @returns {number} of 32 bits, with sign */
export function crc32(bytes) {
  const table = TABLE;
  let crc = -1;
  let i = 0;
  for (const whole = bytes.length - 7; i < whole; i += 8) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc =
      table[1792 + (crc & 255)] ^
      table[1536 + ((crc >>> 8) & 255)] ^
      table[1280 + ((crc >>> 16) & 255)] ^
      table[1024 + (crc >>> 24)] ^
      table[768 + bytes[i + 4]] ^
      table[512 + bytes[i + 5]] ^
      table[256 + bytes[i + 6]] ^
      table[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc;
}

/**
 * Adler-32 as its two sums.
 *
 * @param {Uint8Array} bytes
 * @returns {[number, number]}
 */
export function adler32(bytes) {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    for (const end = Math.min(at + 3800, bytes.length); at < end; at++) {
      a += bytes[at];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return [a, b];
}

/**
 * The Adler-32 of two pieces, one after the other.
 *
 * @param {[number, number]} first
 * @param {[number, number]} second
 * @param {number} length  of the second
 * @returns {[number, number]}
 */
export function joinAdler([a, b], [c, d], length) {
  return [(a + c + 65520) % 65521, (b + d + (length % 65521) * (a + 65520)) % 65521];
}

/**
 * Inflates to exactly `size` bytes.
 *
 * @param {'deflate' | 'deflate-raw'} format
 * @param {Uint8Array} packed  in one piece: a stream's every write costs
 * @param {number} size
 * @param {string} where
 * @returns {Promise<Uint8Array>}
 */
export async function inflate(format, packed, size, where) {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const result = new Uint8Array(size);
  let done = 0;
  try {
    const written = [writer.write(/** @type {Uint8Array<ArrayBuffer>} */ (packed)), writer.close()];
    for (const promise of written) promise.catch(() => {}); // the reader gets it too
    const reader = stream.readable.getReader();
    for (;;) {
      const { value, done: end } = await reader.read();
      if (end) break;
      if (done + value.length > size) {
        reader.cancel().catch(() => {});
        done = size + 1;
        break;
      }
      result.set(value, done);
      done += value.length;
    }
  } catch (error) {
    throw damagedData(where, error instanceof Error ? error.message : error);
  }
  if (done !== size) throw wrongSize(done < size, size, where);
  return result;
}

/** @param {string} where @param {unknown} [got] */
export function damagedData(where, got) {
  return new DataError('its compressed data are damaged', { where, got });
}

/** @param {boolean} short @param {number} size @param {string} where */
export function wrongSize(short, size, where) {
  return new DataError(`its compressed data are too ${short ? 'short' : 'long'}`, {
    where,
    expected: `${size} bytes`,
  });
}

/** @param {number} got @param {string} where */
export function wrongFilter(got, where) {
  return new DataError('a row has a filter that needs the row above', {
    where,
    expected: '0 or 1',
    got,
  });
}

/** @param {number} got @param {string} where @param {number} row */
export function unknownFilter(got, where, row) {
  return new DataError(`row ${row} has an unknown filter`, { where, got });
}
