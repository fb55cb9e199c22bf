// Plain images with a class each, from folders, a ZIP or file names, as a data set.
//
// The class is the folder's name, or the beginning of the file's: cat/1.png, cat.0.png. Folders called
// train, test or validation above are splits.

import { DataError, SpriteData } from '../lib/index.js';
import { isZip, unzipped } from '../lib/unzip.js';

/** @typedef {import('../lib/data.js').LoadOptions} LoadOptions */
/** @typedef {{ path: string, file: File }} Entry */
/** @typedef {{ file: File, path: string, split: string, label: string }} Example */

const IMAGES = /\.(png|jpe?g|webp|gif|bmp|avif|ico)$/i;
const HIDDEN = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i;
const SPLITS = /** @type {Record<string, string>} */ ({
  train: 'train',
  training: 'train',
  test: 'test',
  testing: 'test',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
});
const LARGEST = 64; // pixels a side up to which images of one size keep it
const SIDE = 32; // else
const MOST_IMAGES = 100_000;
const MOST_FILES = 65_535; // of a ZIP
const MOST_BYTES = 2 ** 29; // of pixels, and of a ZIP's files when inflated
const LISTED = 3; // files named in a message
const ORDER = new Intl.Collator('en', { numeric: true });

/** The paths of files that came out of a folder. @type {WeakMap<File, string>} */
const paths = new WeakMap();

/** Returns the path of a file in what was chosen. @param {File} file */
const pathOf = (file) => paths.get(file) ?? (file.webkitRelativePath || file.name);

/** Returns true for a file whose name is an image's. @param {File} file */
export const isPicture = (file) => IMAGES.test(file.name) && !HIDDEN.test(pathOf(file));

/**
 * Returns all files of a drop, also those in folders.
 *
 * @param {DataTransfer} transfer  read before the event is over
 * @returns {Promise<File[]>}
 */
export async function droppedFiles(transfer) {
  const plain = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  /** @type {File[]} */
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

/** @param {FileSystemEntry} entry @param {File[]} found */
async function walk(entry, found) {
  if (found.length > MOST_IMAGES) return;
  if (entry.isDirectory) {
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    for (;;) {
      /** @type {FileSystemEntry[]} */
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return;
      for (const one of some) await walk(one, found);
    }
  }
  /** @type {File} */
  const file = await new Promise((resolve, reject) =>
    /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
  );
  paths.set(file, entry.fullPath.replace(/^\//, ''));
  found.push(file);
}

/**
 * Returns the files inside of a ZIP; the same files if there is none.
 *
 * @param {File[]} files
 * @returns {Promise<File[]>}
 */
export async function unpacked(files) {
  const [first] = files;
  if (files.length !== 1 || !(await isZip(first))) return files;
  const inside = await unzipped(first, first.name, { files: MOST_FILES, bytes: MOST_BYTES });
  return Object.entries(inside).map(([path, bytes]) => {
    const file = new File([/** @type {BlobPart} */ (bytes)], path.split('/').at(-1) ?? path);
    paths.set(file, path);
    return file;
  });
}

/**
 * Reads images as a data set.
 *
 * @param {readonly File[]} files  others than images are left out
 * @param {LoadOptions} options
 * @returns {Promise<{ data: SpriteData, note: string }>}  note: what was assumed or left out
 */
export async function readPictures(files, { onProgress, signal } = {}) {
  const examples = examplesOf(files.filter(isPicture));
  const classes = [...new Set(examples.map(({ label }) => label))].sort(ORDER.compare);
  if (classes.length < 2) {
    throw new DataError('images of at least two classes are needed', {
      expected: 'a folder for each class (cat/1.png), or names that begin with it (cat.0.png)',
      got: classes.length ? `only ${classes[0]}` : 'none',
    });
  }
  const { height, width, note } = await sizeOf(examples);
  if (examples.length > MOST_IMAGES || examples.length * height * width * 4 > MOST_BYTES) {
    throw new DataError('too many images for this tab', {
      got: examples.length,
      todo: 'Pack them with `spritenet pack`.',
    });
  }
  const whole = files.reduce((sum, { size }) => sum + size, 0);
  /** @type {Example[]} */
  const good = [];
  /** @type {string[]} */
  const broken = [];
  const pixels = new Uint8Array(examples.length * height * width * 4);
  const painter = new Painter(height, width);
  let loaded = 0;
  for (const example of examples) {
    if (signal?.aborted) break;
    const image = await painter.read(example.file).catch(() => null);
    if (image) {
      pixels.set(image, good.length * image.length);
      good.push(example);
    } else {
      broken.push(example.path);
    }
    loaded += example.file.size;
    onProgress?.(loaded, whole);
  }
  const others = files.filter((file) => !isPicture(file) && !HIDDEN.test(pathOf(file)));
  const notes = [
    note,
    broken.length && `Unreadable: ${listed(broken)}.`,
    others.length && `Unused: ${listed(others.map(pathOf))}.`,
  ];
  const data = dataOf(good, pixels, { height, width, classes });
  return { data, note: notes.filter(Boolean).join(' ') };
}

/**
 * Returns the class and the split of each image, splits one after the other.
 *
 * @param {readonly File[]} files
 * @returns {Example[]}
 */
function examplesOf(files) {
  const flat = new Set(files.map((file) => folderOf(pathOf(file)))).size < 2;
  const examples = files.map((file) => {
    const path = pathOf(file);
    const folders = path.split('/').slice(0, -1);
    const split = folders.map((name) => SPLITS[name.toLowerCase()]).find(Boolean) ?? 'train';
    const own = folders.at(-1) ?? '';
    const label = flat || SPLITS[own.toLowerCase()] ? beginning(file.name) : own;
    return { file, path, split, label };
  });
  const order = ['train', 'validation', 'test'];
  return examples
    .filter(({ label }) => label)
    .sort(
      (a, b) => order.indexOf(a.split) - order.indexOf(b.split) || ORDER.compare(a.path, b.path),
    );
}

/** @param {string} path */
const folderOf = (path) => path.split('/').slice(0, -1).join('/');

/** Returns the class that a file's name begins with: cat.0.png, cat_12.png, cat-3.png; else ''. @param {string} name */
function beginning(name) {
  return /^(.+?)[ ._-]*\(?\d+\)?\.[a-z]+$/i.exec(name)?.[1] ?? '';
}

/**
 * Returns the size of the data set's images.
 *
 * @param {readonly Example[]} examples
 */
async function sizeOf(examples) {
  const sizes = new Set();
  const step = Math.max(1, Math.floor(examples.length / 50));
  for (let i = 0; i < examples.length; i += step) {
    const bitmap = await createImageBitmap(examples[i].file).catch(() => null);
    if (!bitmap) continue;
    sizes.add(`${bitmap.height} ${bitmap.width}`);
    bitmap.close();
  }
  const [height, width] = [...sizes].join(' ').split(' ').map(Number);
  if (sizes.size === 1 && Math.max(height, width) <= LARGEST) return { height, width, note: '' };
  return { height: SIDE, width: SIDE, note: `Scaled to ${SIDE}×${SIDE} pixels.` };
}

/** Decodes images to one size: as they are, or scaled to fit on black. */
class Painter {
  /** @param {number} height @param {number} width */
  constructor(height, width) {
    this.canvas = document.createElement('canvas');
    this.canvas.width = width;
    this.canvas.height = height;
    this.context = /** @type {CanvasRenderingContext2D} */ (
      this.canvas.getContext('2d', { willReadFrequently: true, alpha: false })
    );
  }

  /** @param {File} file @returns {Promise<Uint8ClampedArray>}  RGBA */
  async read(file) {
    const { canvas, context } = this;
    const { width, height } = canvas;
    const whole = await createImageBitmap(file, { colorSpaceConversion: 'none' });
    const scale = Math.min(width / whole.width, height / whole.height);
    const size = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
    const fits = scale === 1;
    const bitmap = fits
      ? whole
      : await createImageBitmap(whole, {
          resizeWidth: size[0],
          resizeHeight: size[1],
          resizeQuality: 'high',
        });
    context.fillStyle = 'black';
    context.fillRect(0, 0, width, height);
    context.drawImage(
      bitmap,
      Math.floor((width - size[0]) / 2),
      Math.floor((height - size[1]) / 2),
    );
    whole.close();
    bitmap.close();
    return context.getImageData(0, 0, width, height).data;
  }
}

/**
 * @param {readonly Example[]} examples  splits one after the other
 * @param {Uint8Array} rgba
 * @param {{ height: number, width: number, classes: string[] }} shape
 */
function dataOf(examples, rgba, { height, width, classes }) {
  const count = examples.length;
  const places = count * height * width;
  let grey = true;
  for (let i = 0; i < 4 * places && grey; i += 4) {
    grey = rgba[i] === rgba[i + 1] && rgba[i] === rgba[i + 2];
  }
  const channels = grey ? 1 : 3;
  const images = new Uint8Array(places * channels);
  for (let i = 0; i < places; i++) {
    for (let k = 0; k < channels; k++) images[i * channels + k] = rgba[4 * i + k];
  }
  const labels = Int32Array.from(examples, ({ label }) => classes.indexOf(label));
  /** @type {Record<string, [number, number]>} */
  const splits = {};
  examples.forEach(({ split }, i) => {
    splits[split] = [splits[split]?.[0] ?? i, i + 1];
  });
  const head = {
    height,
    width,
    channels,
    count,
    layout: 'rows',
    columns: 1,
    classes,
    class_counts: classes.map((_, k) => labels.filter((label) => label === k).length),
    splits,
    sha256: '',
  };
  return new SpriteData(head, images, labels);
}

/** @param {readonly string[]} names */
function listed(names) {
  const rest = names.length - LISTED;
  return names.slice(0, LISTED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
