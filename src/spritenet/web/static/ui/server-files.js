// Files that the server of a page makes of a model: C code, int8.

import { ModelError, writeSprite } from '../lib/index.js';
import { zipped } from './zip.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */

const CALIBRATING = 300; // images

/** Returns true where the page has such a server, which wrote its version into it. */
export function hasServer() {
  const meta = /** @type {HTMLMetaElement | null} */ (
    document.querySelector('meta[name="spritenet-version"]')
  );
  return Boolean(meta?.content);
}

/**
 * Returns a file that the server makes.
 *
 * @param {'c' | 'int8'} kind  a ZIP of C code, or an .int8 file
 * @param {RemoteModel} model
 * @param {{ images: Uint8Array, imageShape: readonly number[] }} examples  some of them calibrate int8
 * @returns {Promise<Blob>}
 */
export async function fileByServer(kind, model, { images, imageShape }) {
  const [height, width, channels] = imageShape;
  const size = height * width * channels;
  const count = images.length / size;
  const step = Math.ceil(count / CALIBRATING);
  const chosen = new Uint8Array(size * Math.ceil(count / step));
  for (let from = 0, to = 0; from < count; from += step, to++) {
    chosen.set(images.subarray(from * size, (from + 1) * size), to * size);
  }
  const labels = new Array(chosen.length / size).fill(0);
  const sprite = await writeSprite({ images: chosen, labels, imageShape, classNames: ['any'] });
  const body = zipped({ ...(await model.toFiles()), 'images.png': sprite });
  const response = await fetch(kind, { method: 'POST', body });
  if (!response.ok) throw new ModelError((await response.text()).trim());
  return response.blob();
}
