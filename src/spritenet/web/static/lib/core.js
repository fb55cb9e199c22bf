// The compiled core: which build runs here, and its memory as an arena.
//
// Knows WebAssembly; knows nothing of layers. Each network has an instance of its own, so that its
// memory is its own and goes when it goes.

import { fileBytes } from './address.js';
import { CoreError } from './errors.js';
import { canShareMemory, importsOf, sharedMemory } from './shared-memory.js';
import { Team, defaultThreads } from './team.js';

const INTERFACE_VERSION = 9;
const PAGE = 65536; // bytes, of WebAssembly
const PNG = 'core-png.wasm';
const DECODER = new TextDecoder(); // making one takes longer than decoding a name

/**
 * The exports of core.wasm; those that begin with sn_integer are of core-int8.wasm, sn_draw_glyphs is of
 * core-glyphs.wasm, and the last four are of core-png.wasm.
 *
 * @typedef {object} Exports
 * @property {WebAssembly.Memory} [memory]
 * @property {WebAssembly.Global} __heap_base
 * @property {() => number} sn_interface_version
 * @property {() => number} sn_lanes
 * @property {(threads: number) => number} sn_pool_create
 * @property {(spec: number, error: number) => bigint} sn_network_bytes
 * @property {(memory: number, bytes: bigint, spec: number, error: number) => number} sn_network_init
 * @property {(network: number) => bigint} sn_parameter_count
 * @property {(network: number, layer: number, shape: number) => void} sn_output_shape
 * @property {(network: number) => number} sn_weight_count
 * @property {(network: number, index: number, weight: number) => void} sn_network_weight
 * @property {() => number} sn_operator_count
 * @property {(index: number) => number} sn_operator_at
 * @property {(node: number, inputs: number, output: number, weights: number, most: number, error: number) => number} sn_infer
 * @property {(optimizer: number, error: number) => number} sn_slot_count
 * @property {() => number} sn_loss_count
 * @property {(index: number) => number} sn_loss_at
 * @property {(network: number, pool: number, training: number, error: number) => number} sn_train
 * @property {(network: number, pool: number, training: number, gradient: number, error: number) => number} sn_gradient
 * @property {(network: number, pool: number, evaluation: number, error: number) => number} sn_evaluate
 * @property {(network: number, pool: number, parameters: number, images: number, count: bigint, outputs: number, error: number) => number} sn_predict
 * @property {(network: number, parameters: number, image: number, outputs: number, error: number) => number} sn_activations
 * @property {(network: number, images: number, count: bigint, seed: bigint, epoch: bigint, identities: number, out: number, error: number) => number} sn_augment
 * @property {(network: number, threads: number, error: number) => bigint} sn_integer_bytes
 * @property {(memory: number, bytes: bigint, network: number, threads: number, error: number) => number} sn_integer_init
 * @property {(state: number, pool: number, images: number, count: bigint, outputs: number) => number} sn_integer_predict
 * @property {(seed: bigint, kind: number, count: bigint, pictures: number, error: number) => number} sn_draw_glyphs
 * @property {(crc: number, bytes: number, size: bigint) => number} sn_crc32
 * @property {(adler: number, bytes: number, size: bigint) => number} sn_adler32
 * @property {(packed: number, size: bigint, out: number, bytes: bigint) => bigint} sn_inflate
 * @property {(filtered: number, rows: bigint, rowBytes: bigint, pixelBytes: number, highest: number, out: number) => bigint} sn_png_rows
 */

// A module with one function of `f32x4.relaxed_madd`: valid only where that is known.
const RELAXED = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0,
  32, 0, 32, 1, 32, 2, 253, 133, 2, 11,
]);
// The same with `i32x4.splat`, which every engine since 2021 knows (Safari since 2023).
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 17,
  11,
]);

/** The builds beside this file. Bundlers copy what is written like this. */
const BUILDS = {
  'core.wasm': () => new URL('./core.wasm', import.meta.url),
  'core-relaxed.wasm': () => new URL('./core-relaxed.wasm', import.meta.url),
  'core-int8.wasm': () => new URL('./core-int8.wasm', import.meta.url),
  'core-glyphs.wasm': () => new URL('./core-glyphs.wasm', import.meta.url),
  'core-png.wasm': () => new URL('./core-png.wasm', import.meta.url),
  'core-threads.wasm': () => new URL('./core-threads.wasm', import.meta.url),
  'core-threads-relaxed.wasm': () => new URL('./core-threads-relaxed.wasm', import.meta.url),
};

/** Returns true for an engine with relaxed SIMD, whose fused multiply-add makes training 1.2 times as fast. */
export function hasRelaxedSimd() {
  return WebAssembly.validate(RELAXED);
}

/** The last that was compiled. @type {Core | undefined} */
let loaded;

/**
 * Returns a core that is compiled already: for what can't wait.
 *
 * @returns {Core}
 */
export function loadedCore() {
  if (!loaded) {
    throw new CoreError('the core is not loaded', { todo: 'await defaultCore() first.' });
  }
  return loaded;
}

/** The core, compiled once for all models of a page. */
export class Core {
  /**
   * @param {WebAssembly.Module} module
   * @param {{ whole?: boolean, team?: Team }} [options]  `whole: false` for a build without layers; `team` for the build for several threads
   */
  constructor(module, { whole = true, team } = {}) {
    this.module = module;
    this.team = team;
    if (whole) loaded = this;
  }

  /**
   * The core of these bytes: for pages that carry it inside.
   *
   * @param {BufferSource} bytes  of core.wasm or core-relaxed.wasm
   */
  static async fromBytes(bytes) {
    return new Core(await WebAssembly.compile(bytes));
  }

  /**
   * The best build that runs here, from beside this file.
   *
   * @param {{ relaxed?: boolean, base?: string | URL }} [options]  `relaxed: false` takes the build
   *     whose results are the same on every machine; `base` is another folder
   */
  static async load({ relaxed = true, base } = {}) {
    requireSimd();
    const name = relaxed && hasRelaxedSimd() ? 'core-relaxed.wasm' : 'core.wasm';
    return new Core(await compile(base ? new URL(name, base) : BUILDS[name]()));
  }

  /**
   * The build for models in int8, from beside this file.
   *
   * @param {{ base?: string | URL }} [options]  `base` is another folder
   */
  static async loadInt8({ base } = {}) {
    return part('core-int8.wasm', base);
  }

  /**
   * The build that draws pseudo-characters, from inside the page or beside this file.
   *
   * @param {{ base?: string | URL }} [options]  `base` is another folder
   */
  static async loadGlyphs({ base } = {}) {
    return part('core-glyphs.wasm', base);
  }

  /**
   * The build for several threads, with their workers; null where memory can't be shared: in a page's
   * own thread, and in workers of pages that aren't cross-origin isolated.
   *
   * @param {{ threads?: number, relaxed?: boolean, base?: string | URL }} [options]  `threads`: as many
   *     as the processor runs, up to 8; the others are those of `load`
   * @returns {Promise<Core | null>}
   */
  static async loadThreads({ threads = defaultThreads(), relaxed = true, base } = {}) {
    if (!canShareMemory()) return null;
    requireSimd();
    const name = relaxed && hasRelaxedSimd() ? 'core-threads-relaxed.wasm' : 'core-threads.wasm';
    const module = await compile(base ? new URL(name, base) : BUILDS[name]());
    return new Core(module, { team: await Team.start(module, threads) });
  }

  /** The number of threads that its networks train with. */
  get threads() {
    return this.team?.threads ?? 1;
  }

  /** A new instance with its own memory. */
  instantiate() {
    return new Arena(this.module, this.team);
  }
}

/** Throws where the core can't run. */
function requireSimd() {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD)) {
    throw new CoreError('this browser has no WebAssembly SIMD', {
      todo: 'Use Chrome or Edge 91, Firefox 89, Safari 16.4, or anything newer.',
    });
  }
}

/**
 * A build without layers, from inside the page or beside this file.
 *
 * @param {string} name
 * @param {string | URL} [base]  another folder
 */
async function part(name, base) {
  requireSimd();
  const inside = base ? null : await inPage()?.file?.(name);
  const url = base ? new URL(name, base) : BUILDS[/** @type {keyof BUILDS} */ (name)]();
  const module = inside ? await WebAssembly.compile(inside) : await compile(url);
  return new Core(module, { whole: false });
}

/** An exported page's files; undefined elsewhere. */
function inPage() {
  return /** @type {any} */ (globalThis).SPRITENET;
}

/** @type {Promise<Core> | undefined} */
let shared;
/** @type {Promise<Core> | undefined} */
let sharedInt8;
/** @type {Promise<Core> | undefined} */
let sharedGlyphs;
/** @type {Promise<Core | null> | undefined} */
let sharedPng;

/** Returns the core that draws pseudo-characters, loaded on first use. */
export function glyphCore() {
  sharedGlyphs ??= Core.loadGlyphs().catch((error) => {
    sharedGlyphs = undefined;
    throw error;
  });
  return sharedGlyphs;
}

/**
 * Returns the core that reads pixels, loaded on first use; null where it isn't to be had, as in an exported
 * page without it: the browser can inflate, too, but slower.
 */
export function pngCore() {
  const load = async () => {
    const page = inPage();
    return page && !(await page.file?.(PNG)) ? null : part(PNG);
  };
  sharedPng ??= load().catch(() => null);
  return sharedPng;
}

/** Returns the core of models in int8, loaded on first use. */
export function int8Core() {
  sharedInt8 ??= Core.loadInt8().catch((error) => {
    sharedInt8 = undefined;
    throw error;
  });
  return sharedInt8;
}

/** Returns the core that models use by default, loaded on first use. */
export function defaultCore() {
  shared ??= Core.load().catch((error) => {
    shared = undefined;
    throw error;
  });
  return shared;
}

/**
 * Makes this the core all models use: for pages that carry it inside.
 *
 * @param {Core | Promise<Core>} core
 */
export function useCore(core) {
  shared = Promise.resolve(core);
}

/**
 * @param {URL} url
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(url) {
  try {
    const bytes = await fileBytes(url);
    if (bytes) return await WebAssembly.compile(bytes);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new CoreError('the compiled core could not be loaded', {
      where: String(url),
      got: error instanceof Error ? error.message : error,
    });
  }
}

/** An instance of the core and its memory, given out piece after piece. */
export class Arena {
  /**
   * @param {WebAssembly.Module} module
   * @param {Team} [team]  whose threads share its memory
   */
  constructor(module, team) {
    const given = team && sharedMemory();
    this.module = module;
    const instance = new WebAssembly.Instance(module, given ? importsOf(given) : {});
    this.core = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    this.memory = given ?? /** @type {WebAssembly.Memory} */ (this.core.memory);
    this.team = team;
    this.member = 0;
    const version = this.core.sn_interface_version();
    if (version !== INTERFACE_VERSION) {
      throw new CoreError('the compiled core has another version', {
        expected: INTERFACE_VERSION,
        got: version,
      });
    }
    this.top = /** @type {number} */ (this.core.__heap_base.value);
  }

  /**
   * Lets all threads work for this arena's networks.
   *
   * @returns {number}  how many they are
   */
  enlist() {
    if (this.team && !this.member) this.member = this.team.enlist(this);
    return this.team?.threads ?? 1;
  }

  /** Wakes the threads for the call of the core that follows. */
  call() {
    if (this.member) this.team?.call(this.member);
  }

  /** The size of the memory in bytes; it never shrinks. */
  get bytes() {
    return this.memory.buffer.byteLength;
  }

  /**
   * The address of so many fresh bytes, a multiple of 128.
   *
   * @param {number} bytes
   * @returns {number}
   */
  take(bytes) {
    const at = Math.ceil(this.top / 128) * 128;
    const missing = at + bytes - this.bytes;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch {
        throw new CoreError('there is not enough memory', {
          expected: `${Math.ceil(missing / 1e6)} MB more`,
          todo: 'Use a smaller batch or a smaller network.',
        });
      }
    }
    this.top = at + bytes;
    return at;
  }

  /**
   * Gives back everything taken since `top` had this value.
   *
   * @param {number} top
   */
  release(top) {
    this.top = top;
  }

  // Views end when memory grows, so they are made each time.

  get view() {
    return new DataView(this.memory.buffer);
  }

  /** @param {number} at @param {number} count */
  u8(at, count) {
    return new Uint8Array(this.memory.buffer, at, count);
  }

  /** @param {number} at @param {number} count */
  i32(at, count) {
    return new Int32Array(this.memory.buffer, at, count);
  }

  /** @param {number} at @param {number} count */
  i64(at, count) {
    return new BigInt64Array(this.memory.buffer, at, count);
  }

  /** @param {number} at @param {number} count */
  f32(at, count) {
    return new Float32Array(this.memory.buffer, at, count);
  }

  /** @param {number} at @param {number} count */
  f64(at, count) {
    return new Float64Array(this.memory.buffer, at, count);
  }

  /** The address of a text ended by 0. @param {string} text */
  write(text) {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const at = this.take(bytes.length);
    this.u8(at, bytes.length).set(bytes);
    return at;
  }

  /** @param {number} at  of a line of text ended by 0 */
  text(at) {
    const bytes = this.u8(at, Math.min(256, this.bytes - at));
    return DECODER.decode(bytes.slice(0, Math.max(0, bytes.indexOf(0))));
  }
}
