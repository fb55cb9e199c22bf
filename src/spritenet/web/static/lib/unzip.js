// Files out of a ZIP: what the drawing page downloads, and what people send each other.
//
// PKWARE's APPNOTE 6.3.10: end record, central directory, local headers; stored and deflated files.

import { ModelError } from './errors.js';

const MOST_FILES = 1000;
const MOST_BYTES = 2 ** 30; // of all files together, inflated
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const LONGEST_END = 22 + 65535; // with its comment

/** @param {Blob} file */
export async function isZip(file) {
  const start = new DataView(await file.slice(0, 4).arrayBuffer());
  return start.byteLength === 4 && [LOCAL, END].includes(start.getUint32(0, true));
}

/**
 * The files of a ZIP by their last names, folders left out; or by their paths.
 *
 * @param {Blob} file
 * @param {string} where
 * @param {{ paths?: boolean, files?: number, bytes?: number }} [limits]  most files, and bytes inflated
 * @returns {Promise<Record<string, Uint8Array>>}
 */
export async function unzipped(
  file,
  where,
  { paths = false, files = MOST_FILES, bytes = MOST_BYTES } = {},
) {
  try {
    return await read(file, where, paths, files, bytes);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('the ZIP is damaged', {
      where,
      got: error instanceof Error ? error.message : error,
    });
  }
}

/** @param {Blob} file @param {string} where @param {boolean} paths @param {number} most @param {number} bytes */
async function read(file, where, paths, most, bytes) {
  if (file.size > bytes) throw tooMuch(where, most, bytes);
  const whole = new Uint8Array(await file.arrayBuffer());
  const view = new DataView(whole.buffer);
  let at = whole.length - 22;
  while (at >= 0 && at > whole.length - LONGEST_END && view.getUint32(at, true) !== END) at--;
  if (at < 0 || view.getUint32(at, true) !== END) throw new RangeError('no end');
  const count = view.getUint16(at + 10, true);
  if (count > most) throw tooMuch(where, most, bytes);
  let place = view.getUint32(at + 16, true);
  let room = bytes;
  /** @type {Record<string, Uint8Array>} */
  const files = {};
  for (let i = 0; i < count; i++) {
    if (view.getUint32(place, true) !== CENTRAL) throw new RangeError('no central directory');
    const [method, packed, size] = [
      view.getUint16(place + 10, true),
      view.getUint32(place + 20, true),
      view.getUint32(place + 24, true),
    ];
    const lengths = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
    const path = new TextDecoder().decode(whole.subarray(place + 46, place + 46 + lengths[0]));
    const local = view.getUint32(place + 42, true);
    place += 46 + lengths[0] + lengths[1] + lengths[2];
    const full = path.replaceAll('\\', '/');
    const last = full.split('/').at(-1) ?? '';
    const name = paths ? full : last;
    if (!last || last.startsWith('.')) continue; // folders, and what macOS puts beside files
    if ((room -= size) < 0) throw tooMuch(where, most, bytes);
    if (Object.hasOwn(files, name)) {
      throw new ModelError('unsupported file in the ZIP', { where, got: path });
    }
    if (view.getUint32(local, true) !== LOCAL) throw new RangeError('no local header');
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    files[name] = await content(whole.subarray(start, start + packed), method, size);
  }
  return files;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} method
 * @param {number} size
 * @returns {Promise<Uint8Array>}
 */
async function content(bytes, method, size) {
  if (method === 0 && bytes.length === size) return bytes;
  if (method !== 8) throw new RangeError(`method ${method}`);
  const result = new Uint8Array(size);
  let at = 0;
  const reader = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'))
    .getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length > size) {
      void reader.cancel();
      throw new RangeError('more than it says');
    }
    result.set(part.value, at);
    at += part.value.length;
  }
  if (at !== size) throw new RangeError('less than it says');
  return result;
}

/** @param {string} where @param {number} files @param {number} bytes */
function tooMuch(where, files, bytes) {
  return new ModelError('the ZIP holds too much', {
    where,
    expected: `at most ${files} files and ${bytes} bytes`,
  });
}
