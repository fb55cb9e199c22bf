// Files as one ZIP, not compressed, and a download of it: one click, on a phone too.
//
// PKWARE's APPNOTE 6.3.10: local headers, central directory, end record. Names are plain ASCII.

import { crc32 } from '../lib/png.js';

const DAY = 0x21; // 1 January 1980, the first there is: the same files give the same bytes
const UTF8 = 0x800;

/**
 * @param {Record<string, string | Uint8Array>} files  contents by name
 * @returns {Blob}
 */
export function zipped(files) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes =
      typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
    const title = new TextEncoder().encode(name);
    // version, flags, method, time, day, CRC, packed size, size, name's length, extra's length
    const shared = numbers([
      [2, 20],
      [2, UTF8],
      [2, 0],
      [2, 0],
      [2, DAY],
      [4, crc32(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, title.length],
      [2, 0],
    ]);
    const local = [numbers([[4, 0x04034b50]]), shared, title, bytes];
    // … comment's length, disk, attributes, where its local header is
    directory.push(
      numbers([
        [4, 0x02014b50],
        [2, 20],
      ]),
      shared,
      numbers([
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, at],
      ]),
      title,
    );
    parts.push(...local);
    at += lengthOf(local);
  }
  const count = Object.keys(files).length;
  const end = numbers([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, lengthOf(directory)],
    [4, at],
    [2, 0],
  ]);
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}

/** @param {Uint8Array[]} parts */
const lengthOf = (parts) => parts.reduce((sum, part) => sum + part.length, 0);

/**
 * Numbers as ZIP has them, little-endian.
 *
 * @param {[bytes: number, value: number][]} values
 */
function numbers(values) {
  const bytes = new Uint8Array(values.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of values) {
    for (let k = 0; k < size; k++) bytes[at++] = (value >>> (8 * k)) & 255;
  }
  return bytes;
}

/**
 * Has the browser keep a file, as if a link to it had been followed.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
