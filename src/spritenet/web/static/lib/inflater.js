// The pixels of large PNGs by the core: inflated, checked and out of their filters while they are in the
// processor's cache. The browser's own DecompressionStream takes several times as long.

import { pngCore } from './core.js';
import { tooLarge } from './download.js';
import { damagedData, unknownFilter, wrongFilter, wrongSize } from './png.js';

const WORTH = 2 ** 18; // bytes of a file: of fewer, the browser inflates before the module has come
const LAST = [3, 0]; // an empty last block

/** Inflates, on memory of its own. */
export class Inflater {
  /** @param {import('./core.js').Core} core  core-png.wasm */
  constructor(core) {
    this.arena = core.instantiate();
  }

  /**
   * Returns one for a file; null where the browser does it, too.
   *
   * @param {Uint8Array} bytes
   * @returns {Promise<Inflater | null>}
   */
  static async for(bytes) {
    const core = bytes.length < WORTH ? null : await pngCore();
    return core && new Inflater(core);
  }

  /** @param {Uint8Array} bytes @returns {number} of 32 bits, with sign */
  crc32(bytes) {
    return this.#alone(bytes, '', (at) => this.arena.core.sn_crc32(0, at, BigInt(bytes.length)));
  }

  /**
   * Rows of a sprite's picture, out of their filters.
   *
   * @param {Uint8Array} packed  deflate data without a last block
   * @param {number} rows
   * @param {number} channels
   * @param {Uint8Array} to  their pixels
   * @param {string} where
   * @returns {[number, number]}  Adler-32 of the filtered rows
   */
  rows(packed, rows, channels, to, where) {
    const how = { last: LAST, highest: 1, refused: wrongFilter };
    return this.#rows(packed, rows, channels, to, where, how);
  }

  /**
   * All rows of any picture, out of their filters.
   *
   * @param {Uint8Array} packed  zlib data (RFC 1950)
   * @param {number} rows
   * @param {number} channels
   * @param {Uint8Array} to  their pixels
   * @param {string} where
   */
  picture(packed, rows, channels, to, where) {
    const [method, flags] = packed;
    const end = packed.length - 4;
    if (end < 2 || (method & 143) !== 8 || (256 * method + flags) % 31 || flags & 32) {
      throw damagedData(where);
    }
    const data = packed.subarray(2, end);
    const how = { last: [], highest: 4, refused: unknownFilter };
    const sums = this.#rows(data, rows, channels, to, where, how);
    const view = new DataView(packed.buffer, packed.byteOffset + end, 4);
    if (sums[1] !== view.getUint16(0) || sums[0] !== view.getUint16(2)) throw damagedData(where);
  }

  /**
   * @param {Uint8Array} packed
   * @param {number} rows
   * @param {number} channels
   * @param {Uint8Array} to
   * @param {string} where
   * @param {{ last: number[], highest: number, refused: (got: number, where: string, row: number) => Error }} how
   *     bytes behind the data; the highest filter, and the error for a higher one
   * @returns {[number, number]}
   */
  #rows(packed, rows, channels, to, where, { last, highest, refused }) {
    const { arena } = this;
    const { core } = arena;
    const size = rows + to.length;
    return this.#alone(packed, where, (at) => {
      arena.u8(at + packed.length, last.length).set(last);
      const raw = this.#take(size, where);
      const length = BigInt(packed.length + last.length);
      const made = Number(core.sn_inflate(at, length, raw, BigInt(size)));
      if (made < 0) throw damagedData(where);
      if (made !== size) throw wrongSize(made < size, size, where);
      const adler = core.sn_adler32(1, raw, BigInt(size));
      const row = to.length / rows;
      const done = Number(core.sn_png_rows(raw, BigInt(rows), BigInt(row), channels, highest, raw));
      if (done !== rows) throw refused(arena.u8(raw + done * (row + 1), 1)[0], where, done);
      to.set(arena.u8(raw, to.length));
      return [adler & 0xffff, adler >>> 16];
    });
  }

  /**
   * Calls with the address of a copy, in memory that is free again afterwards.
   *
   * @template T
   * @param {Uint8Array} bytes
   * @param {string} where
   * @param {(at: number) => T} call
   * @returns {T}
   */
  #alone(bytes, where, call) {
    const { arena } = this;
    const { top } = arena;
    try {
      const at = this.#take(bytes.length + LAST.length, where);
      arena.u8(at, bytes.length).set(bytes);
      return call(at);
    } finally {
      arena.release(top);
    }
  }

  /** @param {number} bytes @param {string} where */
  #take(bytes, where) {
    try {
      return this.arena.take(bytes);
    } catch {
      throw tooLarge(bytes, where);
    }
  }
}
