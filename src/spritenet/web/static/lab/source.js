// Sources of images: the page's own, files a person chose or dropped, or an address.

import { SpriteData } from '../lib/index.js';
import { isPicture } from './pictures.js';

/** @typedef {import('../lib/data.js').LoadOptions} LoadOptions */

const MODELS = /\.(json|bin|zip|h5|hdf5|keras|onnx|pt|pth|safetensors|tflite)$/; // read, or refused by name

/** The kind of the files of one choice. @typedef {'data' | 'model' | 'foreign' | 'pictures' | 'unknown'} Kind */

/**
 * The page's own images: what it carries inside, or what lies beside it, data.png unless its <meta>
 * names another file.
 *
 * @param {LoadOptions} options
 * @returns {Promise<SpriteData | null>}  null if there are none
 */
export async function ownData(options) {
  const inside = /** @type {any} */ (globalThis).SPRITENET?.data;
  if (inside) return SpriteData.load(inside, options);
  const name = /** @type {HTMLMetaElement | null} */ (
    document.querySelector('meta[name="spritenet-data"]')
  )?.content;
  if (!name) return null;
  return SpriteData.load(new URL(name, document.baseURI), options);
}

/**
 * Returns the kind of the files that a person chose, by names and first bytes.
 *
 * @param {readonly File[]} files
 * @returns {Promise<Kind>}
 */
export async function kindOf(files) {
  const names = files.map(({ name }) => name.toLowerCase());
  if (names.includes('dataset.json')) return 'data';
  const pictures = files.filter(isPicture).length;
  if (pictures < 2 && names.some((name) => MODELS.test(name))) return 'model';
  if (files.length === 1 && (await isPng(files[0]))) return 'data';
  if (files.length === 2 && (await isPng(files[0])) !== (await isPng(files[1]))) return 'foreign';
  return pictures ? 'pictures' : 'unknown';
}

/** @param {File} file */
export async function isPng(file) {
  const start = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  return String(start) === '137,80,78,71,13,10,26,10';
}

/**
 * A name for people: the file's, without its folder and ending.
 *
 * @param {string} address
 */
export function shortName(address) {
  const last =
    address
      .replace(/[?#].*$/, '')
      .split('/')
      .filter(Boolean)
      .at(-1) ?? 'images';
  return decodeURIComponent(last).replace(/\.(png|json)$/i, '');
}
