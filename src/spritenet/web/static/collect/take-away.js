// Downloads: the images as a sprite, the network's files, one HTML page.

import { toBase64 } from '../lib/base64.js';
import { ModelError, writeSprite } from '../lib/index.js';
import { zipped } from '../ui/zip.js';
import { withoutOperators } from './page-core.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {ReturnType<import('./pixels.js').Inputs['examples']>} Examples */

const TEST = 5; // every fifth image of a class is for tests, the last ones
const FLOAT_BYTES = 4;

/**
 * Returns the images as a sprite with a training and a test set: of each class, the last fifth is for
 * tests, so that those of one recording stay together.
 *
 * @param {Examples} examples
 * @param {string} name
 * @returns {Promise<Blob>}
 */
export async function spriteOf({ images, labels, classNames, imageShape }, name) {
  const counts = classNames.map((_, k) => labels.filter((label) => label === k).length);
  const seen = counts.map(() => 0);
  const isTest = [...labels].map((label) => {
    const place = seen[label]++;
    return place >= counts[label] - Math.floor(counts[label] / TEST);
  });
  const train = [...labels.keys()].filter((i) => !isTest[i]);
  const test = [...labels.keys()].filter((i) => isTest[i]);
  const order = [...train, ...test];
  const size = images.length / labels.length;
  const sorted = new Uint8Array(images.length);
  order.forEach((from, i) => sorted.set(images.subarray(from * size, (from + 1) * size), i * size));
  /** @type {Record<string, [number, number]>} */
  const splits = { train: [0, train.length] };
  if (test.length) splits.test = [train.length, order.length];
  const bytes = await writeSprite({
    images: sorted,
    labels: order.map((i) => labels[i]),
    imageShape,
    classNames,
    splits,
    name,
  });
  return new Blob([/** @type {BlobPart} */ (bytes)], { type: 'image/png' });
}

/**
 * Returns the network's two files as a ZIP.
 *
 * @param {RemoteModel} model
 */
export async function modelZip(model) {
  return zipped(await model.toFiles());
}

/**
 * Returns the drawing page with the network inside, as one HTML file.
 *
 * @param {RemoteModel} model
 * @param {string} served  the version that the server says; a page in one file has its own
 * @returns {Promise<Blob>}
 */
export async function pageOf(model, served) {
  const inPage = await /** @type {any} */ (globalThis).SPRITENET?.file?.('version.txt');
  const version = served || new TextDecoder().decode(inPage ?? new Uint8Array(0));
  const [page, core, files] = await Promise.all([
    ownFile('draw.html', '../export/draw.html'),
    ownFile('core.wasm', '../lib/core-page.wasm'),
    model.toFiles(),
  ]);
  const { layers } = JSON.parse(files['model.json']).modelTopology.config;
  const wanted = new Set(layers.map((/** @type {any} */ layer) => layer.class_name));
  const inside = [
    await inElement('core.wasm', withoutOperators(core, wanted)),
    await inElement('model.json', new TextEncoder().encode(files['model.json'])),
    await inElement('weights.bin', planes(files['weights.bin'])),
  ];
  const text = new TextDecoder()
    .decode(page)
    .replace(slot('VERSION'), () => version)
    .replace(slot('FILES'), () => inside.join('\n'))
    .replace(slot('DATA'), '');
  return new Blob([text], { type: 'text/html' });
}

/** The place of something in a built page. Not written out: this program lies in one. @param {string} name */
const slot = (name) => `{{${name}}}`;

/**
 * Returns a file of the page: out of the page itself if it is one file, or from beside it.
 *
 * @param {string} name
 * @param {string} address
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function ownFile(name, address) {
  const inside = await /** @type {any} */ (globalThis).SPRITENET?.file?.(name);
  if (inside) return inside;
  const response = await fetch(new URL(address, document.baseURI));
  if (!response.ok) {
    throw new ModelError("it can't be read", {
      where: name,
      got: `HTTP status ${response.status}`,
    });
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** First bytes of all weights, then second ones, …: they compress better. @param {Uint8Array} bytes */
function planes(bytes) {
  const count = bytes.length / FLOAT_BYTES;
  return bytes.map((_, i) => bytes[(i % count) * FLOAT_BYTES + Math.floor(i / count)]);
}

/** @param {string} name @param {Uint8Array} bytes */
async function inElement(name, bytes) {
  const stream = new Blob([/** @type {BlobPart} */ (bytes)])
    .stream()
    .pipeThrough(new CompressionStream('gzip'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  const kind = name === 'weights.bin' ? ` data-planes="${FLOAT_BYTES}"` : '';
  return `<script type="application/gzip"${kind} id="${name}">${toBase64(packed)}</script>`;
}

/**
 * Returns a file's name of a title.
 *
 * @param {string} title
 */
export function fileName(title) {
  const plain = title.normalize('NFKD').replace(/[^A-Za-z0-9]+/g, '-');
  return plain.replace(/^-+|-+$/g, '').toLowerCase() || 'collected';
}
