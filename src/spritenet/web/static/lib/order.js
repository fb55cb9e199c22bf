// Order is arithmetic: which image comes at which place of which epoch, from a seed alone.
//
// The same integers as spritenet/order.py and core/order.h: a keyed permutation by eight Feistel
// rounds over just enough bits, walked along its cycle until it lands inside the data set.
// 64-bit arithmetic is needed once an epoch, for the keys; places are 32-bit words.

import { DataError } from './errors.js';

const WORD = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n; // 2^64 / golden ratio, as in splitmix64
const ROUNDS = 8;
const FEWEST_BITS = 8; // with halves of less than 4 bits, few places are ordered with a bias
const LARGEST_SIZE = 2 ** 32; // more images than a browser can hold

/**
 * splitmix64's finaliser.
 *
 * @param {bigint} word
 */
function mix64(word) {
  let z = word & WORD;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & WORD;
  return z ^ (z >> 31n);
}

/** The order of one epoch: `place(i)` is the image at place i. */
export class Order {
  /**
   * @param {number | bigint} seed  any integer, taken modulo 2⁶⁴
   * @param {number} epoch  0 for the first
   * @param {number} size  how many images there are, 1 to 2³²
   */
  constructor(seed, epoch, size) {
    if (!Number.isInteger(size) || size < 1 || size > LARGEST_SIZE) {
      throw new DataError('invalid number of images', {
        where: 'size',
        expected: '1 to 2^32',
        got: size,
      });
    }
    this.size = size;
    const key = mix64(mix64(BigInt(seed) + GOLDEN) + BigInt(epoch) * GOLDEN + GOLDEN);
    this.keys = new Int32Array(ROUNDS);
    for (let r = 0; r < ROUNDS; r++) {
      this.keys[r] = Number(BigInt.asIntN(32, mix64(key + BigInt(r + 1) * GOLDEN) >> 32n));
    }
    let bits = FEWEST_BITS;
    while ((size - 1) / 2 ** bits >= 1) bits++;
    this.highBits = bits >> 1;
    this.lowBits = bits - this.highBits;
  }

  /**
   * The image at a place.
   *
   * @param {number} place  0 to size - 1
   * @returns {number}
   */
  place(place) {
    if (this.size === 1) return 0;
    const { keys, highBits, lowBits } = this;
    const width = 2 ** lowBits;
    const highShift = 32 - highBits;
    const lowShift = 32 - lowBits;
    let x = place;
    do {
      let high = Math.floor(x / width);
      let low = x % width;
      for (let r = 0; r < ROUNDS; r += 2) {
        high ^= mix32(low ^ keys[r]) >>> highShift;
        low ^= mix32(high ^ keys[r + 1]) >>> lowShift;
      }
      x = high * width + low;
    } while (x >= this.size);
    return x;
  }
}

/**
 * The finaliser of xxHash32 behind one odd multiplication.
 *
 * @param {number} word
 */
function mix32(word) {
  let h = Math.imul(word, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca77);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae3d);
  return h ^ (h >>> 16);
}

/**
 * Indices of the images at places `start` to `stop` of an epoch.
 *
 * @param {number | bigint} seed
 * @param {number} epoch
 * @param {number} size
 * @param {number} [start]
 * @param {number} [stop]
 * @returns {Float64Array}  `stop - start` whole numbers
 */
export function permutation(seed, epoch, size, start = 0, stop = size) {
  const order = new Order(seed, epoch, size);
  if (!(start >= 0 && start <= stop && stop <= size)) {
    throw new DataError('positions out of range', {
      expected: `0 <= start <= stop <= ${size}`,
      got: `start ${start}, stop ${stop}`,
    });
  }
  const indices = new Float64Array(stop - start);
  for (let i = 0; i < indices.length; i++) indices[i] = order.place(start + i);
  return indices;
}

/**
 * Indices of the images that training's step number `step`, counted from 0, sees.
 *
 * @param {number | bigint} seed
 * @param {number} step
 * @param {number} size
 * @param {number} batchSize
 */
export function stepIndices(seed, step, size, batchSize) {
  const parts = Math.ceil(size / batchSize);
  const start = (step % parts) * batchSize;
  return permutation(
    seed,
    Math.floor(step / parts),
    size,
    start,
    Math.min(size, start + batchSize),
  );
}
