// Files of a model: at an address, chosen by a person, or in memory.

import { absolute, fileBytes } from './address.js';
import { ModelError } from './errors.js';
import { refusePointer } from './lfs-pointer.js';
import { inStore } from './stored.js';
import { isZip, ZipEntry, zipEntries } from './unzip.js';

/** @typedef {string | URL} Address  of model.json or its folder; in Node.js also a path */
/** @typedef {Record<string, string | ArrayBuffer | Uint8Array | Blob>} InMemory  by file name */
/** @typedef {Address | Iterable<File> | InMemory} Source */
/** @typedef {Record<string, InMemory[string] | ZipEntry>} Files */

/**
 * @typedef {object} Folder
 * @property {string} where  what messages call the JSON file
 * @property {(limit: number) => Promise<Uint8Array>} readJson  the JSON file that describes the model
 * @property {(name: string, limit: number) => Promise<Uint8Array>} read  a file beside it
 * @property {(name: string) => boolean} [has]  whether there is a file beside it, if that is known
 */

const MODEL_JSON = 'model.json';
const JSON_NAME = /\.json$/i;
const MOST_JSON = 16 * 2 ** 20; // bytes of a JSON file that is looked into
const MOST_ZIP = 2 ** 30; // bytes of a ZIP at an address
const BY_HAND = 'Make the same layers in Python, and give them the weights with set_weights.';
const CONVERT = 'Convert it with Python: spritenet convert FILE FOLDER.';
const FOR_TORCH = 'Load it in PyTorch, and give its nn.Sequential to sn.from_torch in Python.';
const FOREIGN = /** @type {Record<string, readonly [string, string]>} */ ({
  h5: ['an HDF5 file, which only Python reads', CONVERT],
  hdf5: ['an HDF5 file, which only Python reads', CONVERT],
  int8: ['an int8 model', 'Load it with QuantizedModel.load.'],
  keras: ['a Keras model', CONVERT],
  onnx: ['an ONNX model', CONVERT],
  pt: ['a PyTorch file', FOR_TORCH],
  pth: ['a PyTorch file', FOR_TORCH],
  safetensors: ['a safetensors file, weights without a network', BY_HAND],
  tflite: [
    'a TensorFlow Lite model, whose layers are compiled',
    'Convert the Keras or ONNX model that it was made from.',
  ],
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
    return inFiles(await zipEntries(only, name), name);
  }
  return inFiles(files);
}

/**
 * @param {Files} files
 * @param {string} [zip]  the name of the ZIP that they are in
 * @returns {Promise<Folder>}
 */
async function inFiles(files, zip) {
  if (zip) {
    const texts = Object.entries(files).filter(([name]) => JSON_NAME.test(name));
    const bytes = texts.reduce((sum, [, file]) => sum + sizeOf(file), 0);
    checkSize(`the JSON of ${zip}`, bytes, MOST_JSON);
  }
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
 * @param {Files} files
 * @returns {Promise<string>}
 */
async function jsonOf(files) {
  if (Object.hasOwn(files, MODEL_JSON)) return MODEL_JSON;
  const names = Object.keys(files);
  const found = [];
  for (const name of names.filter((each) => JSON_NAME.test(each))) {
    const file = files[name];
    if (isBlob(file) && file.size > MOST_JSON) continue;
    const start = isBlob(file) ? await file.text() : file;
    const text = typeof start === 'string' ? start : new TextDecoder().decode(start);
    if (text.includes('"modelTopology"')) found.push(name);
  }
  if (found.length > 1) {
    throw new ModelError('several models were given', {
      got: found.join(', '),
      todo: 'Choose one of them with its weights.',
    });
  }
  if (!found.length) for (const name of names) refuseForeign(name, name);
  return found[0] ?? MODEL_JSON;
}

/**
 * Refuses files of other kinds by their endings, with the way to convert them.
 *
 * @param {string} name
 * @param {string} where
 */
function refuseForeign(name, where) {
  const [, ending = ''] = /\.(\w+)$/.exec(name.toLowerCase()) ?? [];
  if (!Object.hasOwn(FOREIGN, ending)) return;
  const [kind, todo] = FOREIGN[ending];
  throw new ModelError(`it is ${kind}`, {
    where,
    expected: "TensorFlow.js's layers model, a JSON file and its weights",
    todo,
  });
}

/** @param {Files[string]} file @returns {file is Blob | ZipEntry} */
function isBlob(file) {
  return file instanceof Blob || file instanceof ZipEntry;
}

/** The bytes of a file in a ZIP. @param {Files[string]} file */
function sizeOf(file) {
  return isBlob(file) ? file.size : 0;
}

/**
 * @param {Files} files
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
  if (isBlob(file)) checkSize(file instanceof ZipEntry ? file.where : name, file.size, limit);
  const bytes =
    typeof file === 'string'
      ? new TextEncoder().encode(file)
      : new Uint8Array(isBlob(file) ? await file.arrayBuffer() : file);
  checkSize(name, bytes.length, limit);
  refusePointer(bytes, name, ModelError);
  return bytes;
}

/**
 * @param {Address} address
 * @returns {Promise<Folder>}
 */
async function atAddress(address) {
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
  refuseForeign(url.pathname, url.href);
  if (/\.zip$/i.test(url.pathname)) {
    const zip = new Blob([/** @type {BlobPart} */ (await fetchBytes(url, MOST_ZIP))]);
    if (await isZip(zip)) return inFiles(await zipEntries(zip, url.href), url.href);
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
    refusePointer(file, where, ModelError);
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
  refusePointer(bytes, where, ModelError);
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
