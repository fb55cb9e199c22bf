// Initializers of weights: Keras's, drawn from NumPy's generator (SeedSequence and PCG64).
//
// Constant and uniform rules, Keras's default among them, give the same numbers as Spritenet in
// Python with the same seed. Normal rules have the same distribution but other numbers: NumPy draws
// them from tables.

import { ModelError } from './errors.js';
import { size } from './shapes.js';

const WORD32 = 0xffffffffn;
const WORD64 = (1n << 64n) - 1n;
const WORD128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n; // of PCG64 (M. E. O'Neill, 2014)
const CUT_DEVIATION = 0.87962566103423978; // of a standard normal distribution cut at ±2

/**
 * NumPy's SeedSequence: entropy and spawn key mixed into 64-bit words.
 *
 * @param {bigint} seed
 * @param {number} key
 * @param {number} count  of 64-bit words
 * @returns {bigint[]}
 */
function seedWords(seed, key, count) {
  /** @type {number[]} */
  const entropy = [];
  for (let rest = seed; rest > 0n; rest >>= 32n) entropy.push(Number(rest & WORD32));
  if (!entropy.length) entropy.push(0);
  while (entropy.length < 4) entropy.push(0); // with a spawn key the entropy fills the pool
  entropy.push(key);
  let constant = 0x43b0d7e5;
  /** @param {number} value */
  const hash = (value) => {
    let mixed = value ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    mixed = Math.imul(mixed, constant);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  /** @param {number} x @param {number} y */
  const mix = (x, y) => {
    const mixed = (Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715)) | 0;
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const pool = [0, 1, 2, 3].map((i) => hash(entropy[i]));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (const word of entropy.slice(4)) {
    for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(word));
  }
  constant = 0x8b51f9dd;
  const halves = Array.from({ length: 2 * count }, (_, i) => {
    let value = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    return BigInt((value ^ (value >>> 16)) >>> 0);
  });
  return Array.from({ length: count }, (_, i) => halves[2 * i] | (halves[2 * i + 1] << 32n));
}

/** The random stream of weight array number `index` of a network made with `seed`. */
export class Stream {
  /**
   * @param {number | bigint} seed
   * @param {number} index
   */
  constructor(seed, index) {
    const [stateHigh, stateLow, stepHigh, stepLow] = seedWords(BigInt(seed) & WORD64, index, 4);
    this.increment = ((((stepHigh << 64n) | stepLow) << 1n) | 1n) & WORD128;
    this.state =
      (((this.increment + ((stateHigh << 64n) | stateLow)) & WORD128) * MULTIPLIER +
        this.increment) &
      WORD128;
  }

  /** Uniform in 0 ≤ x < 1, 53 bits. */
  uniform() {
    this.state = (this.state * MULTIPLIER + this.increment) & WORD128;
    const turn = this.state >> 122n;
    const folded = (this.state >> 64n) ^ (this.state & WORD64);
    const word = ((folded >> turn) | (folded << (64n - turn))) & WORD64;
    return Number(word >> 11n) / 2 ** 53;
  }

  /** Standard normal, by Box and Muller. */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Standard normal, drawn again beyond ±2. */
  cutNormal() {
    let value = this.normal();
    while (Math.abs(value) > 2) value = this.normal();
    return value;
  }
}

/** @type {Record<string, [number, string, string]>} */
const SCALED = {
  glorotuniform: [1, 'fan_avg', 'uniform'],
  glorotnormal: [1, 'fan_avg', 'truncated_normal'],
  heuniform: [2, 'fan_in', 'uniform'],
  henormal: [2, 'fan_in', 'truncated_normal'],
  lecununiform: [1, 'fan_in', 'uniform'],
  lecunnormal: [1, 'fan_in', 'truncated_normal'],
};

/**
 * New values for a weight array.
 *
 * @param {unknown} rule  a Keras name, or { class_name, config }
 * @param {number[]} shape
 * @param {Stream} stream
 * @returns {Float32Array}
 */
export function initial(rule, shape, stream) {
  const { class_name: given = rule, config = {} } = /** @type {any} */ (rule) ?? {};
  const name = String(given).toLowerCase().replace(/_/g, '');
  const values = new Float32Array(size(shape));
  /** @param {() => number} draw */
  const fill = (draw) => {
    for (let i = 0; i < values.length; i++) values[i] = draw();
    return values;
  };
  if (name === 'zeros') return values;
  if (name === 'ones') return values.fill(1);
  if (name === 'values') {
    const each = /** @type {any} */ (config).values; // one for each channel, or one for all
    return values.map((_, i) => each[i % each.length]);
  }
  if (name === 'constant') return values.fill(config.value ?? 0);
  if (name === 'randomuniform') {
    const low = config.minval ?? -0.05;
    const span = (config.maxval ?? 0.05) - low;
    return fill(() => low + span * stream.uniform());
  }
  if (name === 'randomnormal') {
    return fill(() => (config.mean ?? 0) + (config.stddev ?? 0.05) * stream.normal());
  }
  if (name === 'truncatednormal') {
    return fill(() => (config.mean ?? 0) + (config.stddev ?? 0.05) * stream.cutNormal());
  }
  const [scale, mode, distribution] =
    name === 'variancescaling'
      ? [config.scale ?? 1, config.mode ?? 'fan_in', config.distribution ?? 'truncated_normal']
      : (SCALED[name] ?? refuse(given));
  const field = size(shape.slice(0, -2));
  const fanIn = shape.length > 1 ? field * shape[shape.length - 2] : size(shape);
  const fanOut = shape.length > 1 ? field * shape[shape.length - 1] : size(shape);
  const fans = /** @type {Record<string, number>} */ ({ fan_in: fanIn, fan_out: fanOut });
  const variance = scale / Math.max(1, fans[mode] ?? (fanIn + fanOut) / 2);
  if (distribution === 'uniform') {
    const limit = Math.sqrt(3 * variance);
    return fill(() => -limit + 2 * limit * stream.uniform());
  }
  const deviation = Math.sqrt(variance);
  if (distribution === 'untruncated_normal') return fill(() => deviation * stream.normal());
  return fill(() => (deviation / CUT_DEVIATION) * stream.cutNormal());
}

/** @param {unknown} name @returns {never} */
function refuse(name) {
  throw new ModelError('unknown initializer', {
    expected:
      'zeros, ones, constant, random_uniform, random_normal, truncated_normal, variance_scaling, glorot_…, he_… or lecun_…',
    got: name,
  });
}
