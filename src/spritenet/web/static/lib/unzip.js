// Files out of a ZIP: what the drawing page downloads, and what people send each other.
//
// PKWARE's APPNOTE 6.3.10: end record, central directory, local headers; stored and deflated files.
// The directory is read first. Nothing is inflated whose size it doesn't state within bounds.

import { ModelError } from './errors.js';
import { crc32 } from './png.js';

const MOST_FILES = 1000;
const HIGHEST_RATIO = 1032; // deflate's: 258 bytes from two bits; zlib's technical notes
const USUAL_RATIO = 200; // of many files: images of one colour without compression are packed so
const SMALL = 2 ** 26; // bytes that may be inflated from anything
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const ENCRYPTED = 1;
const LONGEST_END = 22 + 65535; // with its comment

/** @param {Blob} file */
export async function isZip(file) {
  const start = new DataView(await file.slice(0, 4).arrayBuffer());
  return start.byteLength === 4 && [LOCAL, END].includes(start.getUint32(0, true));
}

/** A file in a ZIP, which is inflated when it is read, as a Blob is. */
export class ZipEntry {
  /**
   * @param {Blob} archive
   * @param {string} where  the archive's name and the file's, for messages
   * @param {{ method: number, flags: number, crc: number, packed: number, size: number, local: number }} record
   */
  constructor(archive, where, record) {
    this.archive = archive;
    this.where = where;
    this.record = record;
  }

  /** The bytes that it states to have, inflated. */
  get size() {
    return this.record.size;
  }

  /** @returns {Promise<ArrayBuffer>} */
  async arrayBuffer() {
    const { method, flags, crc, packed, size, local } = this.record;
    const { where } = this;
    if (flags & ENCRYPTED) throw new ModelError('the file is encrypted', { where });
    if (![0, 8].includes(method)) {
      const got = `method ${method}`;
      throw new ModelError('unsupported compression', {
        where,
        expected: 'stored or deflated',
        got,
      });
    }
    try {
      const head = new DataView(await part(this.archive, local, 30).arrayBuffer());
      if (head.getUint32(0, true) !== LOCAL) throw new RangeError('no local header');
      const start = local + 30 + head.getUint16(26, true) + head.getUint16(28, true);
      const data = part(this.archive, start, packed);
      const bytes = await (method ? inflated(data, size) : data.arrayBuffer());
      if (bytes.byteLength !== size) throw new RangeError('another size than it says');
      if (crc32(new Uint8Array(bytes)) >>> 0 !== crc) throw new RangeError('CRC mismatch');
      return bytes;
    } catch (error) {
      throw damaged(where, error);
    }
  }

  async text() {
    return new TextDecoder().decode(await this.arrayBuffer());
  }
}

/**
 * The files of a ZIP by their last names, folders left out; or by their paths. None is inflated yet.
 *
 * @param {Blob} file
 * @param {string} where
 * @param {{ paths?: boolean, files?: number }} [options]  files: the most of them
 * @returns {Promise<Record<string, ZipEntry>>}
 */
export async function zipEntries(file, where, { paths = false, files = MOST_FILES } = {}) {
  try {
    return await readDirectory(file, where, paths, files);
  } catch (error) {
    throw damaged(where, error);
  }
}

/**
 * The same files, inflated: many of them, all needed.
 *
 * @param {Blob} file
 * @param {string} where
 * @param {{ files: number, bytes: number }} limits  the most of both
 * @returns {Promise<Record<string, Uint8Array>>}
 */
export async function unzipped(file, where, { files, bytes }) {
  const entries = Object.entries(await zipEntries(file, where, { paths: true, files }));
  const most = Math.min(bytes, Math.max(SMALL, USUAL_RATIO * file.size));
  const size = entries.reduce((sum, [, entry]) => sum + entry.size, 0);
  if (size > most) throw tooMuch(where, `at most ${most} bytes when inflated`, size);
  /** @type {Record<string, Uint8Array>} */
  const found = {};
  for (const [path, entry] of entries) found[path] = new Uint8Array(await entry.arrayBuffer());
  return found;
}

/** @param {Blob} file @param {string} where @param {boolean} paths @param {number} most */
async function readDirectory(file, where, paths, most) {
  const tail = new DataView(await file.slice(Math.max(0, file.size - LONGEST_END)).arrayBuffer());
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new RangeError('no end');
  const count = tail.getUint16(end + 10, true);
  if (count > most) throw tooMuch(where, `at most ${most} files`, count);
  const first = tail.getUint32(end + 16, true);
  const data = await part(file, first, tail.getUint32(end + 12, true)).arrayBuffer();
  const view = new DataView(data);
  /** @type {Record<string, ZipEntry>} */
  const entries = {};
  let [place, packedBytes] = [0, 0];
  for (let i = 0; i < count; i++) {
    if (view.getUint32(place, true) !== CENTRAL) throw new RangeError('no central directory');
    const [crc, packed, size] = [16, 20, 24].map((offset) => view.getUint32(place + offset, true));
    const lengths = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
    const path = new TextDecoder().decode(new Uint8Array(data, place + 46, lengths[0]));
    const full = path.replaceAll('\\', '/');
    const last = full.split('/').at(-1) ?? '';
    const record = {
      ...{ method: view.getUint16(place + 10, true), flags: view.getUint16(place + 8, true) },
      ...{ crc, packed, size, local: view.getUint32(place + 42, true) },
    };
    place += 46 + lengths[0] + lengths[1] + lengths[2];
    if (size > HIGHEST_RATIO * packed) throw new RangeError('a file claims more than it can hold');
    if ((packedBytes += packed) > file.size) throw new RangeError('files overlap');
    if (!last || last.startsWith('.')) continue; // folders, and what macOS puts beside files
    const name = paths ? full : last;
    if (Object.hasOwn(entries, name)) {
      throw new ModelError('two files of the ZIP have the same name', { where, got: path });
    }
    entries[name] = new ZipEntry(file, `${where}/${full}`, record);
  }
  return entries;
}

/** Bytes of a file, fewer at its end. @param {Blob} file @param {number} start @param {number} length */
function part(file, start, length) {
  const [from, to] = [start, start + length].map((place) => Math.min(place, file.size));
  return file.slice(from, to);
}

/**
 * Inflates bytes, no more than a size.
 *
 * @param {Blob} data
 * @param {number} size
 */
async function inflated(data, size) {
  const result = new Uint8Array(size);
  let at = 0;
  const reader = data.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    if (at + piece.value.length > size) {
      void reader.cancel().catch(() => {});
      throw new RangeError('more than it says');
    }
    result.set(piece.value, at);
    at += piece.value.length;
  }
  if (at !== size) throw new RangeError('less than it says');
  return result.buffer;
}

/** @param {string} where @param {unknown} error */
function damaged(where, error) {
  if (error instanceof ModelError) return error;
  const got = error instanceof Error ? error.message : error;
  return new ModelError('the ZIP is damaged', { where, got });
}

/** @param {string} where @param {string} expected @param {number} got */
function tooMuch(where, expected, got) {
  return new ModelError('the ZIP holds too much', { where, expected, got });
}
