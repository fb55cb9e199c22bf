// The whole project as one file: a ZIP of project.json and a sprite for each size of its images.

import { DataError, SpriteData, writeSprite } from '../lib/index.js';
import { zipEntries } from '../lib/unzip.js';
import { zipped } from '../ui/zip.js';
import { LEAST_SIZE, LONGEST_NAME, MOST_CLASSES, MOST_IMAGES, MOST_SIZE } from './project.js';

/** @typedef {import('./project.js').Project} Project */
/** @typedef {import('./project.js').Entry} Entry */
/** @typedef {import('../lib/unzip.js').ZipEntry} ZipEntry */

const FORMAT = 'spritenet collect';
const VERSION = 1;
const JSON_NAME = 'project.json';
const MOST_FILES = 600;
const MOST_JSON = 2 ** 20; // bytes; 4,000 images take 400 kB
const MOST_PIXELS = 2 * MOST_SIZE ** 2; // of a sprite for each image that it is for: its last row may be empty
const SPARE = 2 ** 16; // bytes of a sprite beside its pixels
const SOURCES = ['camera', 'drawing', 'file', 'video'];

/**
 * Returns the project as a file.
 *
 * @param {Project} project
 * @param {Map<number, Uint8Array>} pixels
 * @returns {Promise<Blob>}
 */
export async function packProject(project, pixels) {
  const { title, size, tones, classes, images } = project;
  /** @type {Map<string, Entry[]>} */
  const shapes = new Map();
  for (const entry of images) {
    const key = `${entry.height}x${entry.width}x${entry.channels}`;
    shapes.set(key, [...(shapes.get(key) ?? []), entry]);
  }
  const places = new Map(classes.map(({ id }, k) => [id, k]));
  const entries = images.map(({ label, source, height, width, channels }) => ({
    class: places.get(label),
    source,
    sprite: `images-${height}x${width}x${channels}.png`,
  }));
  /** @type {Record<string, string | Uint8Array>} */
  const files = {
    [JSON_NAME]: JSON.stringify(
      {
        format: FORMAT,
        version: VERSION,
        title,
        size,
        tones,
        classes: classes.map(({ name }) => name),
        images: entries,
      },
      null,
      1,
    ),
  };
  for (const [key, some] of shapes) {
    const [height, width, channels] = key.split('x').map(Number);
    const length = height * width * channels;
    const joined = new Uint8Array(length * some.length);
    some.forEach(({ id }, i) => {
      joined.set(/** @type {Uint8Array} */ (pixels.get(id)), i * length);
    });
    files[`images-${key}.png`] = await writeSprite({
      images: joined,
      labels: some.map(({ label }) => places.get(label) ?? 0),
      imageShape: [height, width, channels],
      classNames: classes.map(({ name }) => name),
      name: title || 'collected images',
    });
  }
  return zipped(files);
}

/**
 * Returns true for a project's file, by the name of what is inside.
 *
 * @param {Blob} file
 */
export async function isProject(file) {
  const start = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  return new TextDecoder('latin1').decode(start.subarray(30)).startsWith(JSON_NAME);
}

/**
 * Reads a project's file; whatever is wrong with it is one error that says where.
 *
 * @param {Blob} file
 * @param {string} where
 * @returns {Promise<{ project: Project, pixels: Map<number, Uint8Array> }>}
 */
export async function readProject(file, where) {
  const files = await zipEntries(file, where, { files: MOST_FILES });
  const content = parse(await bytesOf(files[JSON_NAME], MOST_JSON), where);
  const counts = new Map();
  for (const { sprite } of content.images) counts.set(sprite, (counts.get(sprite) ?? 0) + 1);
  /** @type {Map<string, { data: SpriteData, next: number, size: number }>} */
  const sprites = new Map();
  const pixels = new Map();
  const images = /** @type {Entry[]} */ ([]);
  for (const [i, { class: label, source, sprite }] of content.images.entries()) {
    let from = sprites.get(sprite);
    if (!from) {
      if (!Object.hasOwn(files, sprite)) {
        throw new DataError('a file of the project is missing', { where, got: sprite });
      }
      const data = await SpriteData.load(await spriteOf(files[sprite], counts.get(sprite)));
      const [height, width, channels] = data.imageShape;
      if (Math.max(height, width) > MOST_SIZE || ![1, 3].includes(channels)) {
        throw new DataError('its images have another size', {
          where: `${where}, ${sprite}`,
          expected: `at most ${MOST_SIZE} pixels a side, grey or colour`,
          got: data.imageShape.join('×'),
        });
      }
      from = { data, next: 0, size: height * width * channels };
      sprites.set(sprite, from);
    }
    const { data, next, size } = from;
    if (data.labels[next] !== label) {
      throw new DataError("the images don't fit the list of the project", {
        where: `${where}, ${sprite}`,
        got: `image ${next}`,
      });
    }
    pixels.set(i + 1, data.images.slice(next * size, (next + 1) * size));
    from.next++;
    const [height, width, channels] = data.imageShape;
    images.push({ id: i + 1, label: label + 1, source, height, width, channels });
  }
  const { title, size, tones } = content;
  const classes = content.classes.map((name, k) => ({ id: k + 1, name }));
  return { project: { title, size, tones, classes, images }, pixels };
}

/**
 * Returns the bytes of a file in the ZIP, unless it is longer than it needs to be.
 *
 * @param {ZipEntry | undefined} entry
 * @param {number} most
 */
async function bytesOf(entry, most) {
  if (!entry) return undefined;
  if (entry.size > most) throw tooLong(entry, `at most ${most} bytes`, entry.size);
  return new Uint8Array(await entry.arrayBuffer());
}

/**
 * Returns the bytes of a sprite that has no more pixels than its images may have.
 *
 * @param {ZipEntry} entry
 * @param {number} count  of its images
 */
async function spriteOf(entry, count) {
  const most = MOST_PIXELS * count;
  const bytes = /** @type {Uint8Array} */ (await bytesOf(entry, 3 * most + SPARE));
  if (bytes.length >= 24) {
    const view = new DataView(bytes.buffer);
    const pixels = view.getUint32(16) * view.getUint32(20); // of the PNG's header
    if (pixels > most) throw tooLong(entry, `at most ${most} pixels`, pixels);
  }
  return bytes;
}

/** @param {ZipEntry} entry @param {string} expected @param {number} got */
function tooLong({ where }, expected, got) {
  return new DataError('the file holds more than the project', { where, expected, got });
}

/**
 * @typedef {object} Content
 * @property {string} title
 * @property {number | null} size
 * @property {Project['tones']} tones
 * @property {string[]} classes
 * @property {{ class: number, source: Entry['source'], sprite: string }[]} images
 */

/** @param {Uint8Array | undefined} bytes @param {string} where @returns {Content} */
function parse(bytes, where) {
  if (!bytes) {
    throw new DataError('it is no project', { where, expected: `a ZIP with ${JSON_NAME}` });
  }
  /** @type {any} */
  let content;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new DataError('not JSON', {
      where: `${where}, ${JSON_NAME}`,
      got: error instanceof Error ? error.message : error,
    });
  }
  /** @param {string} key @param {boolean} good @param {string} expected */
  const check = (key, good, expected) => {
    if (!good) {
      const got = JSON.stringify(content?.[key] ?? null).slice(0, 80);
      throw new DataError(`invalid ${key}`, { where: `${where}, ${JSON_NAME}`, expected, got });
    }
  };
  check('format', content?.format === FORMAT, FORMAT);
  check('version', content.version === VERSION, String(VERSION));
  const { title, size, tones, classes, images } = content;
  check('title', typeof title === 'string' && title.length <= LONGEST_NAME, 'a text');
  const isSize = Number.isInteger(size) && size >= LEAST_SIZE && size <= MOST_SIZE;
  check('size', size === null || isSize, `null, or ${LEAST_SIZE} to ${MOST_SIZE}`);
  check('tones', [null, 'colour', 'grey'].includes(tones), 'null, colour or grey');
  const isName = (/** @type {unknown} */ name) =>
    typeof name === 'string' && name.trim() === name && name && [...name].length <= LONGEST_NAME;
  check(
    'classes',
    Array.isArray(classes) &&
      classes.length <= MOST_CLASSES &&
      classes.every(isName) &&
      new Set(classes).size === classes.length,
    `at most ${MOST_CLASSES} different names`,
  );
  const isImage = (/** @type {any} */ one) =>
    Number.isInteger(one?.class) &&
    one.class >= 0 &&
    one.class < classes.length &&
    SOURCES.includes(one.source) &&
    typeof one.sprite === 'string';
  check(
    'images',
    Array.isArray(images) && images.length <= MOST_IMAGES && images.every(isImage),
    `at most ${MOST_IMAGES} with class, source and sprite`,
  );
  return content;
}
