// A project: classes and their images, as values. Every change makes a new one. No DOM.
//
// Pixels lie elsewhere, by the number of the image: a change of the project never copies them.

import { DataError } from '../lib/errors.js';

/** The way an image came in. @typedef {'camera' | 'drawing' | 'file' | 'video'} Source */
/** @typedef {{ id: number, name: string }} Class */
/**
 * @typedef {object} Entry
 * @property {number} id
 * @property {number} label  the id of its class
 * @property {Source} source
 * @property {number} height  of its pixels
 * @property {number} width
 * @property {number} channels  1 or 3
 */
/**
 * @typedef {object} Project
 * @property {string} title
 * @property {number | null} size  pixels a side of what the network sees; null: as the images suggest
 * @property {'colour' | 'grey' | null} tones  null: as the images suggest
 * @property {readonly Class[]} classes
 * @property {readonly Entry[]} images  in the order in which they came
 */

export const MOST_IMAGES = 4000;
export const MOST_CLASSES = 50;
export const LEAST_SIZE = 8;
export const MOST_SIZE = 128;
export const LONGEST_NAME = 60; // letters
const DRAWN = 28; // pixels a side of drawings, unless said otherwise
const TAKEN = 32; // of other images: what the network for few images takes as it is

/** Returns a project with two classes to begin with. @returns {Project} */
export function newProject() {
  const classes = [1, 2].map((id) => ({ id, name: `Class ${id}` }));
  return { title: '', size: null, tones: null, classes, images: [] };
}

/** Returns the next free number. @param {readonly { id: number }[]} all */
function nextId(all) {
  return all.reduce((most, { id }) => Math.max(most, id), 0) + 1;
}

/**
 * Adds a class; without a name it is called by its number.
 *
 * @param {Project} project
 * @param {string} [name]
 * @returns {Project}
 */
export function addClass(project, name) {
  if (project.classes.length >= MOST_CLASSES) {
    throw new DataError('there are too many classes', { expected: `at most ${MOST_CLASSES}` });
  }
  const id = nextId(project.classes);
  const made = { id, name: checkedName(project, name ?? freeName(project), id) };
  return { ...project, classes: [...project.classes, made] };
}

/** @param {Project} project */
function freeName({ classes }) {
  let number = classes.length + 1;
  while (classes.some(({ name }) => name === `Class ${number}`)) number++;
  return `Class ${number}`;
}

/**
 * Returns a name without spaces around it, if no other class has it.
 *
 * @param {Project} project
 * @param {string} name
 * @param {number} id  of the class that gets it
 */
function checkedName({ classes }, name, id) {
  const short = name.trim().replace(/\s+/g, ' ');
  if (!short) throw new DataError('a class needs a name');
  if ([...short].length > LONGEST_NAME) {
    throw new DataError('the name is too long', { expected: `at most ${LONGEST_NAME} letters` });
  }
  if (classes.some((other) => other.id !== id && other.name === short)) {
    throw new DataError('another class has this name', { got: short });
  }
  return short;
}

/** @param {Project} project @param {number} id @param {string} name @returns {Project} */
export function renameClass(project, id, name) {
  const fresh = checkedName(project, name, id);
  const classes = project.classes.map((one) => (one.id === id ? { id, name: fresh } : one));
  return { ...project, classes };
}

/** Removes a class with its images. @param {Project} project @param {number} id @returns {Project} */
export function removeClass(project, id) {
  return {
    ...project,
    classes: project.classes.filter((one) => one.id !== id),
    images: project.images.filter(({ label }) => label !== id),
  };
}

/**
 * Adds images at the end.
 *
 * @param {Project} project
 * @param {readonly Entry[]} entries  with numbers that no image has
 * @returns {Project}
 */
export function addImages(project, entries) {
  const images = [...project.images, ...entries];
  if (images.length > MOST_IMAGES) {
    throw new DataError('there are too many images', {
      expected: `at most ${MOST_IMAGES}`,
      got: images.length,
      todo: 'Delete some first.',
    });
  }
  return { ...project, images };
}

/** @param {Project} project @param {ReadonlySet<number>} ids @returns {Project} */
export function removeImages(project, ids) {
  return { ...project, images: project.images.filter(({ id }) => !ids.has(id)) };
}

/** Gives images another class. @param {Project} project @param {ReadonlySet<number>} ids @param {number} label @returns {Project} */
export function relabel(project, ids, label) {
  const images = project.images.map((one) => (ids.has(one.id) ? { ...one, label } : one));
  return { ...project, images };
}

/** @param {Project} project @param {number | null} size @returns {Project} */
export function setSize(project, size) {
  const fits = size === null || (Number.isInteger(size) && size >= LEAST_SIZE && size <= MOST_SIZE);
  if (!fits) {
    throw new DataError('invalid image size', {
      expected: `a whole number from ${LEAST_SIZE} to ${MOST_SIZE}`,
      got: size,
    });
  }
  return { ...project, size };
}

/** @param {Project} project @param {Project['tones']} tones @returns {Project} */
export function setTones(project, tones) {
  return { ...project, tones };
}

/**
 * Returns the preprocessing of the network's input: as chosen, or as the images suggest. Drawings are
 * centred like digits if there is nothing else.
 *
 * @param {Project} project
 * @returns {import('../lib/prepare.js').Preparation}
 */
export function preparationOf({ size, tones, images }) {
  const drawings = images.length > 0 && images.every(({ source }) => source === 'drawing');
  const grey = images.length > 0 && images.every(({ channels }) => channels === 1);
  const largest = images.reduce((most, { height, width }) => Math.max(most, height, width), 0);
  const suggested = drawings ? DRAWN : largest && largest <= TAKEN ? largest : TAKEN;
  const side = size ?? Math.max(LEAST_SIZE, suggested);
  const channels = tones ? (tones === 'colour' ? 3 : 1) : grey ? 1 : 3;
  const mode = drawings && channels === 1 ? 'digit' : 'crop';
  return { mode, height: side, width: side, channels, background: mode === 'digit' ? 0 : 255 };
}

/** Returns the images of each class. @param {Project} project @returns {Map<number, Entry[]>} */
export function byClass({ classes, images }) {
  const found = new Map(classes.map(({ id }) => [id, /** @type {Entry[]} */ ([])]));
  for (const image of images) found.get(image.label)?.push(image);
  return found;
}

/** Returns the classes that have images: the outputs of a network. @param {Project} project */
export function filledClasses(project) {
  const found = byClass(project);
  return project.classes.filter(({ id }) => found.get(id)?.length);
}

/** Returns a plural in words: 1 image, 2 images. @param {number} count @param {string} noun */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`;
}
