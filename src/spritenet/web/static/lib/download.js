// Bytes of a data set: from an address, with progress; from a file a person chose; or from memory.

import { fileBytes } from './address.js';
import { DataError } from './errors.js';

/** @typedef {string | URL | Blob | Uint8Array | ArrayBuffer} Source  in Node.js a text may be a path */
/** @typedef {{ onProgress?: ((loaded: number, total: number) => unknown) | undefined, signal?: AbortSignal | undefined, limit?: number }} Options */

const MOST_BYTES = 2 ** 31; // of a file; browsers hold no array that is much longer

/**
 * @param {Source} source
 * @param {Options} [options]  `limit`: bytes at most
 * @returns {Promise<{ bytes: Uint8Array, where: string }>}  `where` for messages
 */
export async function download(source, { onProgress, signal, limit = MOST_BYTES } = {}) {
  if (source instanceof Uint8Array) return { bytes: source, where: 'data' };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), where: 'data' };
  if (source instanceof Blob) {
    const where = source instanceof File ? source.name : 'data';
    if (source.size > limit) throw tooLong(where, limit, source.size);
    const buffer = await source.arrayBuffer().catch((error) => {
      throw new DataError("it can't be read", { where, got: error.message });
    });
    onProgress?.(source.size, source.size);
    return { bytes: new Uint8Array(buffer), where };
  }
  const where = source instanceof URL ? source.href : source;
  const file = await fileBytes(source).catch((error) => {
    throw new DataError("it can't be read", { where, got: error.message });
  });
  if (file) {
    if (file.length > limit) throw tooLong(where, limit, file.length);
    onProgress?.(file.length, file.length);
    return { bytes: file, where };
  }
  const response = await fetch(source, { signal: signal ?? null }).catch((error) => {
    if (signal?.aborted) throw error;
    const todo =
      'If it is on another site, the browser may not allow the request: download it, and choose the file.';
    throw new DataError("it can't be read", { where, got: error.message, todo });
  });
  if (!response.ok || !response.body) {
    throw new DataError("it can't be read", { where, got: `HTTP status ${response.status}` });
  }
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    throw new DataError('there is a web page in place of the file', { where });
  }
  const total = Number(response.headers.get('content-length') ?? 0);
  if (total > limit) throw tooLong(where, limit, total);
  const parts = [];
  let loaded = 0;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      if (loaded > limit) throw tooLong(where, limit, loaded);
      onProgress?.(loaded, total);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (signal?.aborted || error instanceof DataError) throw error;
    throw new DataError('its transfer was interrupted', {
      where,
      got: error instanceof Error ? error.message : error,
    });
  }
  const bytes = room(loaded, where);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, where };
}

/**
 * So many bytes of memory, or one line that there are not.
 *
 * @param {number} bytes
 * @param {string} where
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function room(bytes, where) {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw tooLarge(bytes, where);
  }
}

/** @param {number} bytes @param {string} where */
export function tooLarge(bytes, where) {
  return new DataError('it is too large for this tab', {
    where,
    expected: 'less than the limit of this browser',
    got: `${(bytes / 1e9).toFixed(1)} GB`,
    todo: 'Pack fewer images with `spritenet pack`.',
  });
}

/**
 * @param {string} where
 * @param {number} limit
 * @param {number} got
 */
function tooLong(where, limit, got) {
  return new DataError('it is too long', { where, expected: `at most ${limit} bytes`, got });
}
