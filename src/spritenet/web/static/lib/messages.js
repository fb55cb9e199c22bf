// Messages between a page and a worker: examples, sources and errors as they travel.

import { absolute } from './address.js';
import { CoreError, DataError, DivergedError, ModelError } from './errors.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./remote.js').Remote} Remote */

const ERRORS = /** @type {Record<string, typeof ModelError>} */ ({
  CoreError,
  DataError,
  DivergedError,
  ModelError,
});

/** Examples in a worker. */
export class RemoteExamples {
  /**
   * Use `remote.keep`.
   *
   * @param {Remote} remote
   * @param {number} number
   */
  constructor(remote, number) {
    this.remote = remote;
    this.number = number;
  }

  /** Releases them. */
  drop() {
    return this.remote.ask('drop', [this.number]);
  }
}

/**
 * Returns examples as they travel: only what is used of their buffers, copied once.
 *
 * @param {Examples | RemoteExamples} examples
 * @param {ArrayBuffer[]} transfer  gets the copies, which move
 */
export function plain(examples, transfer) {
  if (examples instanceof RemoteExamples) return { kept: examples.number };
  const { images, labels, targets, weights } = examples;
  /** @param {any} array */
  const own = (array) => {
    if (!array?.buffer || array.byteLength === array.buffer.byteLength) return array;
    const copy = array.slice();
    transfer.push(copy.buffer);
    return copy;
  };
  return { images: own(images), labels: own(labels), targets: own(targets), weights: own(weights) };
}

/**
 * Returns a source whose relative addresses are the page's.
 *
 * @param {import('./files.js').Source} source
 */
export function sendable(source) {
  if (typeof source === 'string') {
    try {
      return absolute(source).href;
    } catch {
      return source; // refused where it is read
    }
  }
  if (source instanceof URL) return source.href;
  return Symbol.iterator in source ? [.../** @type {Iterable<File>} */ (source)] : source;
}

/** Returns an error that has travelled. @param {any} error @returns {Error} */
export function unpacked({ name, message, stack, ours }) {
  const type = ours && Object.hasOwn(ERRORS, name) ? ERRORS[name] : undefined;
  const error = type
    ? new type(ours.what, { where: ours.where, todo: ours.todo })
    : new Error(message);
  error.message = message;
  error.stack = stack;
  return error;
}

/** Returns the text of an error. @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
