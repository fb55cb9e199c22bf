// Files of a model: at an address, chosen by a person, or in memory.

import { absolute, fileBytes } from './address.js';
import { ModelError } from './errors.js';
import { inStore } from './stored.js';
import { isZip, unzipped } from './unzip.js';

/** @typedef {string | URL} Address  of model.json or its folder; in Node.js also a path */
/** @typedef {Record<string, string | ArrayBuffer | Uint8Array | Blob>} InMemory  by file name */
/** @typedef {Address | Iterable<File> | InMemory} Source */

/**
 * @typedef {object} Folder
 * @property {string} where  what messages call the JSON file
 * @property {(limit: number) => Promise<Uint8Array>} readJson  the JSON file that describes the model
 * @property {(name: string, limit: number) => Promise<Uint8Array>} read  a file beside it
 * @property {(name: string) => boolean} [has]  whether there is a file beside it, if that is known
 */

const MODEL_JSON = 'model.json';
const MOST_JSON = 16 * 2 ** 20; // bytes of a JSON file that is looked into
const FOREIGN = /** @type {Record<string, string>} */ ({
  h5: 'a Keras model (HDF5)',
  hdf5: 'a Keras model (HDF5)',
  keras: 'a Keras model',
  onnx: 'an ONNX model',
  pt: 'a PyTorch file',
  pth: 'a PyTorch file',
  safetensors: 'a safetensors file: weights without a network',
  tflite: 'a TensorFlow Lite model, whose layers are compiled',
});

/**
 * The folder meant by a source.
 *
 * @param {Source} source
 * @returns {Promise<Folder>}
 */
export async function folderOf(source) {
  if (typeof source === 'string' || source instanceof URL) {
    return (await inStore(String(source))) ?? atAddress(source);
  }
  /** @type {InMemory} */
  const files = {};
  if (Symbol.iterator in source) {
    for (const file of /** @type {Iterable<File>} */ (source)) files[file.name] = file;
  } else {
    Object.assign(files, source);
  }
  const [[name, only] = [], other] = Object.entries(files);
  if (
    name?.toLowerCase().endsWith('.zip') &&
    only instanceof Blob &&
    !other &&
    (await isZip(only))
  ) {
    return inFiles(await unzipped(only, name));
  }
  return inFiles(files);
}

/**
 * @param {InMemory} files
 * @returns {Promise<Folder>}
 */
async function inFiles(files) {
  const where = await jsonOf(files);
  return {
    where,
    readJson: (limit) => inMemory(files, where, limit),
    read: (name, limit) => inMemory(files, name, limit),
    has: (name) => Object.hasOwn(files, name),
  };
}

/**
 * The name of the JSON file among files: model.json, or the one that speaks of a topology.
 *
 * @param {InMemory} files
 * @returns {Promise<string>}
 */
async function jsonOf(files) {
  if (Object.hasOwn(files, MODEL_JSON)) return MODEL_JSON;
  const names = Object.keys(files);
  const found = [];
  for (const name of names.filter((each) => /\.json$/i.test(each))) {
    const file = files[name];
    if (file instanceof Blob && file.size > MOST_JSON) continue;
    const start = file instanceof Blob ? await file.text() : file;
    const text = typeof start === 'string' ? start : new TextDecoder().decode(start);
    if (text.includes('"modelTopology"')) found.push(name);
  }
  if (found.length > 1) {
    throw new ModelError('several models were given', {
      got: found.join(', '),
      todo: 'Choose one of them with its weights.',
    });
  }
  const kind = names
    .map((name) => [name, FOREIGN[name.toLowerCase().split('.').at(-1) ?? '']])
    .find(([, word]) => word);
  if (!found.length && kind) {
    throw new ModelError(`it is ${kind[1]}`, {
      where: kind[0],
      expected: "TensorFlow.js's layers model, a JSON file and its weights",
      todo: 'docs/reference/model-format.md says how to convert it.',
    });
  }
  return found[0] ?? MODEL_JSON;
}

/**
 * @param {InMemory} files
 * @param {string} name
 * @param {number} limit
 * @returns {Promise<Uint8Array>}
 */
async function inMemory(files, name, limit) {
  if (!Object.hasOwn(files, name)) {
    throw new ModelError('the file is missing', {
      where: name,
      got: Object.keys(files).join(', ') || 'no files',
      todo: 'Choose the JSON file and its weights together.',
    });
  }
  const file = files[name];
  if (file instanceof Blob) checkSize(name, file.size, limit);
  const bytes =
    typeof file === 'string'
      ? new TextEncoder().encode(file)
      : new Uint8Array(file instanceof Blob ? await file.arrayBuffer() : file);
  checkSize(name, bytes.length, limit);
  return bytes;
}

/**
 * @param {Address} address
 * @returns {Folder}
 */
function atAddress(address) {
  /** @type {URL} */
  let url;
  try {
    url = absolute(address);
  } catch {
    throw new ModelError('invalid address', {
      where: String(address),
      expected: 'a URL of model.json or its folder',
    });
  }
  if (!url.pathname.endsWith('.json')) {
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${MODEL_JSON}`;
  }
  return {
    where: url.href,
    readJson: (limit) => fetchBytes(url, limit),
    read(name, limit) {
      const file = new URL(url);
      file.pathname = file.pathname.replace(/[^/]*$/, encodeURIComponent(name));
      return fetchBytes(file, limit);
    },
  };
}

/**
 * @param {URL} url
 * @param {number} limit
 * @returns {Promise<Uint8Array>}
 */
async function fetchBytes(url, limit) {
  const where = url.href;
  const unread = (/** @type {unknown} */ error) => {
    const got = error instanceof Error ? error.message : error;
    throw new ModelError("it can't be read", { where, got });
  };
  const file = await fileBytes(url).catch(unread);
  if (file) {
    checkSize(where, file.length, limit);
    return file;
  }
  const response = await fetch(url).catch(unread);
  if (!response.ok) {
    throw new ModelError("it can't be read", { where, got: `HTTP status ${response.status}` });
  }
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    throw new ModelError('there is a web page in place of the file', { where });
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  checkSize(where, bytes.length, limit);
  return bytes;
}

/**
 * @param {string} where
 * @param {number} bytes
 * @param {number} limit
 */
function checkSize(where, bytes, limit) {
  if (bytes > limit) {
    throw new ModelError('it is too long', {
      where,
      expected: `at most ${limit} bytes`,
      got: bytes,
    });
  }
}
