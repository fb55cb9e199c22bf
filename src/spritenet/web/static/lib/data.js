// A data set: images, what they are, and its parts. Read from a sprite, a folder of sprites, or the
// tutorials' PNG with its label file.

import { DataError } from './errors.js';
import { download } from './download.js';
import { isFolder, readFolder } from './folder.js';
import { readForeign } from './foreign.js';
import { Inflater } from './inflater.js';
import { readSprite } from './sprite.js';

/** @typedef {import('./sprite.js').Head} Head */
/** @typedef {import('./download.js').Source} Source */
/**
 * @typedef {object} LoadOptions
 * @property {(loaded: number, total: number) => unknown} [onProgress]  bytes loaded, and of how many
 *     (0 if the server doesn't say)
 * @property {AbortSignal} [signal]
 * @property {Source} [labels]  the file of labels of a picture that is no sprite
 * @property {[number, number]} [imageSize]  height and width of its images, of which each is a row
 * @property {number} [train]  how many of them, from the first on, are for training; the others are test images
 */

/** Images with what they are. */
export class SpriteData {
  /**
   * Use `SpriteData.load`.
   *
   * @param {Head} head
   * @param {Uint8Array} images
   * @param {Int32Array} labels
   * @param {Uint8Array | null} [rows]
   */
  constructor(head, images, labels, rows = null) {
    /** The file's header. */
    this.head = head;
    /** All images, n h w c. */
    this.images = images;
    /** The class of each; empty if it is multi-label. */
    this.labels = labels;
    /** Of a multi-label data set n × classes of 0 and 1, else null. */
    this.rows = rows;
  }

  /** Height, width, channels. */
  get imageShape() {
    return [this.head.height, this.head.width, this.head.channels];
  }

  get classNames() {
    return this.head.classes;
  }

  /** True if an image may have several classes or none. */
  get isMultiLabel() {
    return this.rows !== null;
  }

  /** Its parts' names: train, test, … */
  get splits() {
    return Object.keys(this.head.splits);
  }

  /**
   * One part, as `fit` and `evaluate` take it: its images without copying, with labels, or with
   * targets of 0 and 1 if it is multi-label.
   *
   * @param {string} name
   * @returns {import('./examples.js').Examples}
   */
  split(name) {
    if (!Object.hasOwn(this.head.splits, name)) {
      throw new DataError('unknown split', {
        where: name,
        expected: this.splits.join(', '),
      });
    }
    const [first, last] = this.head.splits[name];
    const size = this.images.length / this.head.count;
    const images = this.images.subarray(first * size, last * size);
    const classes = this.classNames.length;
    return this.rows
      ? { images, targets: Float32Array.from(this.rows.subarray(first * classes, last * classes)) }
      : { images, labels: this.labels.subarray(first, last) };
  }

  /**
   * Reads a sprite; a folder of them; or, with `labels` and `imageSize`, a picture whose row i is
   * image i.
   *
   * @param {Source | Iterable<File>} source  an address, a file a person chose, or bytes; of a folder
   *     of sprites, the address of its dataset.json, or all its files
   * @param {LoadOptions} [options]
   * @returns {Promise<SpriteData>}
   */
  static async load(source, { labels, imageSize, train, ...options } = {}) {
    /** @type {import('./sprite.js').Content} */
    let read;
    if (isFolder(source)) {
      read = await readFolder(source, options);
    } else {
      const { bytes, where } = await download(/** @type {Source} */ (source), options);
      if (labels !== undefined && imageSize) {
        const theirs = await download(labels, { signal: options.signal });
        read = await readForeign(bytes, where, theirs, imageSize, train);
      } else {
        read = await readSprite(bytes, where, await Inflater.for(bytes));
      }
    }
    return new SpriteData(read.head, read.images, read.labels, read.rows);
  }
}
