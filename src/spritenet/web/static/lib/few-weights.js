// The convolutions that `trainFew` begins with: trained on drawn images, kept in few-images.bin.
//
// spritenet/networks/pretrained.py describes the file, and tools/pretrain_few.py writes it.

import { fileBytes } from './address.js';
import { CoreError, DataError } from './errors.js';

/** @typedef {{ shape: number[], kernel: Float32Array, bias: Float32Array }} Convolution */

const MAGIC = 0x31464e53; // "SNF1"
const FILE = 'few-images.bin';

/** @type {Promise<Uint8Array> | undefined} */
let shared;

/**
 * Makes these the weights that `trainFew` begins with: for pages that carry them inside.
 *
 * @param {Uint8Array | Promise<Uint8Array>} content  of few-images.bin
 */
export function useFewWeights(content) {
  shared = Promise.resolve(content);
}

/** Returns the content of few-images.bin, on first use: what the page carries, or what lies beside this file. */
export function fewWeights() {
  shared ??= found().catch((error) => {
    shared = undefined;
    throw error;
  });
  return shared;
}

/** @returns {Promise<Uint8Array>} */
async function found() {
  const inside = await /** @type {any} */ (globalThis).SPRITENET?.file?.(FILE);
  if (inside) return inside;
  const url = new URL('./few-images.bin', import.meta.url); // as bundlers know it
  try {
    const own = await fileBytes(url);
    if (own) return own;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new CoreError('the weights for few images could not be loaded', {
      where: String(url),
      got: error instanceof Error ? error.message : String(error),
    });
  }
}

/**
 * Returns the convolutions of a file.
 *
 * @param {Uint8Array} content
 * @returns {Convolution[]}
 */
export function readFewWeights(content) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const count =
    content.length > 8 && view.getUint32(0, true) === MAGIC ? view.getUint32(4, true) : 0;
  let at = 8 + 16 * count;
  const shapes = Array.from({ length: at <= content.length ? count : 0 }, (_, k) =>
    [0, 1, 2, 3].map((side) => view.getUint32(8 + 16 * k + 4 * side, true)),
  );
  const sizes = shapes.map((shape) => shape.reduce((all, side) => all * side, 1));
  const bytes = shapes.reduce((sum, shape, k) => sum + 8 * shape[3] + sizes[k], at);
  if (!count || bytes !== content.length) {
    throw new DataError('damaged weights for few images', {
      where: FILE,
      expected: `${bytes} bytes`,
      got: content.length,
    });
  }
  return shapes.map((shape, k) => {
    const filters = shape[3];
    const [scale, bias] = [0, 1].map((part) =>
      Float32Array.from({ length: filters }, (_, i) =>
        view.getFloat32(at + 4 * (part * filters + i), true),
      ),
    );
    at += 8 * filters;
    const kernel = Float32Array.from({ length: sizes[k] }, (_, i) =>
      Math.fround(view.getInt8(at + i) * scale[i % filters]),
    );
    at += sizes[k];
    return { shape, kernel, bias };
  });
}
