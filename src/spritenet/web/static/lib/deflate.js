// Deflate data that may go on: segments that end with an empty stored block, as sprites have them.
//
// A browser's CompressionStream only ends its data. Of so few bytes it makes one block, whose mark as
// the last is taken away; the empty stored block behind it begins in the last byte's padding if there
// is room for its three bits, else in a byte of its own. What inflates to the same bytes is used, and
// stored blocks where neither does. RFC 1951.

import { inflate } from './png.js';

const PIECE = 16_000; // bytes: zlib begins a new block after 16,383 symbols
const STORED = 65_535; // bytes of a stored block at most
const FLUSHED = [
  [0, 0, 255, 255],
  [0, 0, 0, 255, 255],
]; // with and without room in the padding
const LAST = [3, 0]; // an empty last block

/**
 * Raw deflate data without a last block, ended with 00 00 FF FF.
 *
 * @param {Uint8Array} raw
 * @returns {Promise<Uint8Array>}
 */
export async function segmentOf(raw) {
  const parts = [];
  for (let at = 0; at < raw.length; at += PIECE) {
    parts.push(await flushed(raw.subarray(at, at + PIECE)));
  }
  return joined(parts);
}

/**
 * zlib data, RFC 1950.
 *
 * @param {Uint8Array} raw
 * @returns {Promise<Uint8Array>}
 */
export async function zlibOf(raw) {
  return packed('deflate', raw);
}

/** @param {readonly ArrayLike<number>[]} parts */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} raw */
async function flushed(raw) {
  const plain = stored(raw);
  const block = await packed('deflate-raw', raw);
  if (block.length + 5 >= plain.length) return plain;
  block[0] &= 254;
  for (const end of FLUSHED) {
    const made = joined([block, end]);
    if (await inflatesTo(joined([made, LAST]), raw)) return made;
  }
  return plain;
}

/** @param {Uint8Array} data @param {Uint8Array} raw */
async function inflatesTo(data, raw) {
  try {
    const got = await inflate('deflate-raw', data, raw.length, '');
    return got.every((value, i) => value === raw[i]);
  } catch {
    return false;
  }
}

/** @param {Uint8Array} raw */
function stored(raw) {
  const parts = [];
  for (let at = 0; at < raw.length; at += STORED) {
    const part = raw.subarray(at, at + STORED);
    const [low, high] = [part.length & 255, part.length >> 8];
    parts.push([0, low, high, low ^ 255, high ^ 255], part);
  }
  return joined([...parts, FLUSHED[1]]);
}

/** @param {'deflate' | 'deflate-raw'} format @param {Uint8Array} raw */
async function packed(format, raw) {
  const stream = new Blob([/** @type {BlobPart} */ (raw)])
    .stream()
    .pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
