// Where a model's files come from: an address, files a person chose, or memory.

import { ModelError } from './errors.js';

/** @typedef {string | URL} Address  of model.json or its folder */
/** @typedef {Record<string, string | ArrayBuffer | Uint8Array | Blob>} InMemory  by file name */
/** @typedef {Address | Iterable<File> | InMemory} Source */
/** @typedef {{ where: string, read: (name: string, limit: number) => Promise<Uint8Array> }} Folder */

const MODEL_JSON = 'model.json';

/**
 * The folder meant by a source.
 *
 * @param {Source} source
 * @returns {Folder}
 */
export function folderOf(source) {
  if (typeof source === 'string' || source instanceof URL) return atAddress(source);
  /** @type {InMemory} */
  const files = {};
  if (Symbol.iterator in source) {
    for (const file of /** @type {Iterable<File>} */ (source)) files[file.name] = file;
  } else {
    Object.assign(files, source);
  }
  return {
    where: MODEL_JSON,
    async read(name, limit) {
      if (!Object.hasOwn(files, name)) {
        throw new ModelError('the file is missing', {
          where: name,
          got: Object.keys(files).join(', ') || 'no files',
          todo: `Choose ${MODEL_JSON} and its weights together.`,
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
    },
  };
}

/**
 * @param {Address} address
 * @returns {Folder}
 */
function atAddress(address) {
  const base = typeof document === 'object' ? document.baseURI : undefined;
  let url;
  try {
    url = new URL(address, base);
  } catch {
    throw new ModelError('this is no address', { where: String(address), expected: 'a URL of model.json or its folder' });
  }
  if (!url.pathname.endsWith('.json')) url.pathname = `${url.pathname.replace(/\/$/, '')}/${MODEL_JSON}`;
  return {
    where: url.href,
    read(name, limit) {
      const file = new URL(url);
      if (name !== MODEL_JSON) file.pathname = file.pathname.replace(/[^/]*$/, encodeURIComponent(name));
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
  /** @type {Response} */
  let response;
  try {
    if (url.protocol === 'file:' && 'process' in globalThis) {
      const { readFile } = await import(/* @vite-ignore */ 'node:fs/promises');
      return new Uint8Array(await readFile(url));
    }
    response = await fetch(url);
  } catch (error) {
    throw new ModelError("it can't be read", { where, got: error instanceof Error ? error.message : error });
  }
  if (!response.ok) throw new ModelError("it can't be read", { where, got: `HTTP status ${response.status}` });
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
    throw new ModelError('it is too long', { where, expected: `at most ${limit} bytes`, got: bytes });
  }
}
