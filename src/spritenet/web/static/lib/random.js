// NumPy's random numbers: SeedSequence, PCG64, and the distributions that Python draws from them.
//
// The same numbers as `numpy.random.Generator` for the same seed; those of the normal distribution to
// the last bit or two, by which logarithms differ between machines.

const WORD32 = 0xffffffffn;
const WORD64 = (1n << 64n) - 1n;
const WORD128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n; // of PCG64 (M. E. O'Neill, 2014)

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

/** The stream `spritenet.initializers.stream(seed, index)`. */
export class Stream {
  /** Half a word that is left of the last one. @type {number | undefined} */
  #half;

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

  /** A word of 64 bits. */
  word() {
    this.state = (this.state * MULTIPLIER + this.increment) & WORD128;
    const turn = this.state >> 122n;
    const folded = (this.state >> 64n) ^ (this.state & WORD64);
    return ((folded >> turn) | (folded << (64n - turn))) & WORD64;
  }

  /** 32 bits: the lower half of a word, then the upper one. */
  #bits() {
    const kept = this.#half;
    if (kept !== undefined) {
      this.#half = undefined;
      return kept;
    }
    const word = this.word();
    this.#half = Number(word >> 32n);
    return Number(word & WORD32);
  }

  /** Uniform in 0 ≤ x < 1, 53 bits. */
  uniform() {
    return Number(this.word() >> 11n) / 2 ** 53;
  }

  /**
   * A whole number from `low` to `high` - 1, by Lemire's method (Fast Random Integer Generation in an
   * Interval, 2019).
   *
   * @param {number} low
   * @param {number} high  at most 2^21 above: products are exact
   */
  integer(low, high) {
    const count = high - low;
    if (count === 1) return low;
    let product = this.#bits() * count;
    if (product % 2 ** 32 < count) {
      const least = (2 ** 32 - count) % count;
      while (product % 2 ** 32 < least) product = this.#bits() * count;
    }
    return low + Math.floor(product / 2 ** 32);
  }

  /** Standard normal, by Marsaglia and Tsang's ziggurat (2000) of 256 layers. */
  normal() {
    for (;;) {
      const word = this.word();
      const layer = Number(word & 255n);
      const sign = word & 256n ? -1 : 1;
      const place = Number((word >> 9n) & 0xfffffffffffffn);
      const x = place * ZIGGURAT.width[layer];
      if (place < ZIGGURAT.inside[layer]) return sign * x;
      if (layer === 0) {
        const beyond = this.#tail();
        return Math.floor(place / 256) % 2 ? -beyond : beyond;
      }
      const { height } = ZIGGURAT;
      const y = (height[layer - 1] - height[layer]) * this.uniform() + height[layer];
      if (y < Math.exp(-0.5 * x * x)) return sign * x;
    }
  }

  /** A number beyond the lowest layer. */
  #tail() {
    for (;;) {
      const x = -Math.log1p(-this.uniform()) / FARTHEST;
      const y = -Math.log1p(-this.uniform());
      if (2 * y > x * x) return FARTHEST + x;
    }
  }
}

const FARTHEST = 3.6541528853610088; // where the lowest layer's tail begins
const AREA = 0.004928673233974658; // of a layer
const ZIGGURAT = ziggurat();

/** The layers' edges: of 52 bits those that are inside, the width of one, and the height. */
function ziggurat() {
  const [inside, width, height] = [0, 1, 2].map(() => new Float64Array(256));
  let x = FARTHEST;
  const density = (/** @type {number} */ at) => Math.exp(-0.5 * at * at);
  width[255] = x / 2 ** 52;
  height[255] = density(x);
  inside[0] = Math.floor(((x * height[255]) / AREA) * 2 ** 52);
  width[0] = AREA / height[255] / 2 ** 52;
  height[0] = 1;
  for (let i = 254; i > 0; i--) {
    const next = Math.sqrt(-2 * Math.log(AREA / x + density(x)));
    inside[i + 1] = Math.floor((next / x) * 2 ** 52);
    width[i] = next / 2 ** 52;
    height[i] = density(next);
    x = next;
  }
  return { inside, width, height };
}
