// Files of a person: pictures, folders and ZIPs of them, sprites. What comes out are square images with
// the name of a class where a folder gives one.

import { DataError, SpriteData } from '../lib/index.js';
import { isZip, unzipped } from '../lib/unzip.js';
import { decodePicture } from '../draw/picture.js';
import { isPng } from '../lab/source.js';
import { MOST_IMAGES } from './project.js';
import { imageOf, squareOf } from './pixels.js';

/** @typedef {import('./pixels.js').Cut} Cut */
/** @typedef {import('./project.js').Source} Source */
/** @typedef {{ cut: Cut, source: Source, className: string }} Arrival  '' of a class that isn't named */
/** @typedef {{ file: File, path: string }} Found */
/**
 * The images in files, and the files without any.
 *
 * @typedef {object} Intake
 * @property {Arrival[]} arrivals
 * @property {string[]} refused  a line for each file that is no image
 */
/**
 * @typedef {object} Hearing
 * @property {(done: number, all: number) => unknown} progress
 * @property {AbortSignal} signal
 * @property {((file: File, signal: AbortSignal) => Promise<Cut[]>)} video
 */

const PICTURES = /\.(png|jpe?g|webp|gif|bmp|avif|ico|svg)$/i;
const VIDEOS = /\.(mp4|m4v|webm|mov|mkv|ogv|avi)$/i;
const UNSEEN = /(^|\/)(\.|__MACOSX|thumbs\.db|desktop\.ini)/i;
const MOST_ZIP = 2 ** 29; // bytes, inflated
const TYPES = /** @type {Record<string, string>} */ ({
  jpg: 'image/jpeg',
  svg: 'image/svg+xml',
  ico: 'image/x-icon',
});

/**
 * Returns the files of a drop, those of dropped folders too, with their paths.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<Found[]>}
 */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...transfer.files].map((file) => ({ file, path: file.name }));
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const found = /** @type {Found[]} */ ([]);
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

/** @param {FileSystemEntry} entry @param {Found[]} found */
async function walk(entry, found) {
  if (found.length > MOST_IMAGES) return;
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const one = /** @type {FileSystemFileEntry} */ (entry);
    const file = await new Promise((resolve, reject) => one.file(resolve, reject));
    found.push({ file, path });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const inner of some) await walk(inner, found);
  }
}

/** Returns chosen files with their paths in a chosen folder. @param {readonly File[]} files @returns {Found[]} */
export function chosen(files) {
  return files.map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** @param {string} path */
function classOf(path) {
  return path.split('/').at(-2) ?? '';
}

/**
 * Reads files. One that can't be read is said and left out.
 *
 * @param {readonly Found[]} found
 * @param {Hearing} hearing
 * @returns {Promise<Intake>}
 */
export async function read(found, hearing) {
  const intake = /** @type {Intake} */ ({ arrivals: [], refused: [] });
  const files = found
    .filter(({ path }) => !UNSEEN.test(path))
    .sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }));
  for (const [i, one] of files.entries()) {
    hearing.progress(i, files.length);
    if (hearing.signal.aborted || intake.arrivals.length > MOST_IMAGES) break;
    try {
      await readOne(one, intake, hearing);
    } catch (error) {
      if (hearing.signal.aborted) break;
      intake.refused.push(error instanceof Error ? error.message : String(error));
    }
  }
  return intake;
}

/** @param {Found} one @param {Intake} intake @param {Hearing} hearing */
async function readOne({ file, path }, intake, hearing) {
  const className = classOf(path);
  const type = file.type;
  if (type.startsWith('video/') || VIDEOS.test(path)) {
    for (const cut of await hearing.video(file, hearing.signal)) {
      intake.arrivals.push({ cut, source: 'video', className });
    }
  } else if (await isZip(file)) {
    const inside = await unzipped(file, file.name, {
      files: 2 * MOST_IMAGES,
      bytes: MOST_ZIP,
    });
    const all = Object.entries(inside).map(([name, bytes]) => unpacked(name, bytes));
    const rest = await read(all, hearing);
    intake.arrivals.push(...rest.arrivals);
    intake.refused.push(...rest.refused);
  } else if ((await isPng(file)) && (await isSprite(file))) {
    intake.arrivals.push(...(await ofSprite(file)));
  } else if (type.startsWith('image/') || PICTURES.test(path)) {
    const cut = squareOf(await decodePicture(file));
    intake.arrivals.push({ cut, source: 'file', className });
  } else {
    throw new DataError('it is no image', {
      where: file.name,
      todo: 'Take PNG, JPEG, WebP or GIF, a video, a ZIP, or a sprite.',
    });
  }
}

/** @param {string} path @param {Uint8Array} bytes @returns {Found} */
function unpacked(path, bytes) {
  const name = path.split('/').at(-1) ?? path;
  const ending = name.split('.').at(-1)?.toLowerCase() ?? '';
  const type = PICTURES.test(name) ? (TYPES[ending] ?? `image/${ending}`) : '';
  return { file: new File([/** @type {BlobPart} */ (bytes)], name, { type }), path };
}

/** Returns true for a PNG with the metadata of a sprite. @param {File} file */
async function isSprite(file) {
  const start = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  return new TextDecoder('latin1').decode(start).includes('iTXtspritenet');
}

/**
 * Returns all images of a sprite.
 *
 * @param {File | Uint8Array} source
 * @returns {Promise<Arrival[]>}
 */
export async function ofSprite(source) {
  const data = await SpriteData.load(source);
  const where = source instanceof File ? source.name : 'data';
  if (data.isMultiLabel) {
    throw new DataError('its images have several classes each', {
      where,
      expected: 'one class for each image',
    });
  }
  if (data.labels.length > MOST_IMAGES) {
    throw new DataError('it has too many images', {
      where,
      expected: `at most ${MOST_IMAGES}`,
      got: data.labels.length,
      todo: 'The lab trains on as many as you like: spritenet lab FILE.',
    });
  }
  const shape = data.imageShape;
  const size = shape[0] * shape[1] * shape[2];
  return Array.from(data.labels, (label, i) => ({
    cut: imageOf(data.images.slice(i * size, (i + 1) * size), shape),
    source: /** @type {Source} */ ('file'),
    className: data.classNames[label],
  }));
}
