// Git LFS pointers: three lines that stand in a repository, and at its raw addresses, for a large file.

import { DataError } from './errors.js';

const BEGINNING = new TextEncoder().encode('version https://git-lfs.github.com/spec/');

/**
 * Refuses the bytes of a Git LFS pointer.
 *
 * @param {Uint8Array} bytes
 * @param {string} where
 * @param {typeof DataError} [kind]
 */
export function refusePointer(bytes, where, kind = DataError) {
  if (!BEGINNING.every((value, i) => bytes[i] === value)) return;
  throw new kind('is a Git LFS pointer, not the file itself, which has not been fetched', {
    where,
    todo: 'Type in its repository, with Git LFS installed: git lfs pull',
  });
}
