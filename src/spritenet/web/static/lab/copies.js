// The choice of an augmentation, and what training will see of some images.

import { SpritenetError, augmentation, augmented } from '../lib/index.js';
import { at, on, tell } from './elements.js';
import { imageAt, textOf } from './parts.js';
import { Tiles } from './tiles.js';

/** @typedef {import('./parts.js').Lesson} Lesson */

const SHOWN = 3; // images
const COPIES = 5;
const FLIPPED = 'Flipped letters and digits look like others, or like none: better without flip.';

export class Copies {
  /**
   * @param {() => number} seed  of the training
   * @param {() => unknown} changed  another augmentation is described
   */
  constructor(seed, changed) {
    this.seed = seed;
    /** @type {Lesson | null} */
    this.lesson = null;
    this.problem = '';
    this.asked = 0;
    this.tiles = new Tiles(at('copies'), null);
    const update = () => {
      this.check();
      void this.show();
      changed();
    };
    on('augment', 'change', update);
    on('amounts', 'change', update);
    on('seed', 'change', () => void this.show());
    on('copies-shown', 'toggle', () => void this.show());
  }

  /** The words of the augmentation, as `fit` takes them. */
  get words() {
    return [at('augment').value, at('amounts').value.trim()].filter(Boolean).join(',');
  }

  /** Other images. @param {Lesson} lesson */
  begin(lesson) {
    this.lesson = lesson;
    this.check();
    void this.show();
  }

  /** Says what is wrong with the words, or unwise. */
  check() {
    this.problem = '';
    at('augment-note').hidden = true;
    try {
      const flips = augmentation(this.words).some(({ className }) => className === 'RandomFlip');
      at('augment-note').hidden = !(flips && this.lesson && areSigns(this.lesson.classNames));
      at('augment-note').textContent = FLIPPED;
      tell('augment-problem', null);
    } catch (error) {
      this.problem = error instanceof SpritenetError ? error.message : String(error);
      tell('augment-problem', error);
    }
  }

  /** Shows images beside copies, as training with this seed sees them in its first epochs. */
  async show() {
    const { lesson, words } = this;
    if (!lesson || this.problem || !at('copies-shown').open) return;
    const asked = ++this.asked;
    const places = firstOfClasses(lesson);
    const images = places.map((place) => imageAt(lesson.train, place));
    const size = images[0].length;
    const joined = new Uint8Array(size * places.length);
    images.forEach((image, i) => joined.set(image, i * size));
    const made = /** @type {Uint8Array[]} */ ([]);
    for (let epoch = 0; epoch < COPIES; epoch++) {
      const how = { seed: this.seed(), epoch, identities: places };
      made.push(await augmented(joined, lesson.imageShape, words, how));
    }
    if (asked !== this.asked) return;
    const tiles = places.flatMap((place, i) => {
      const name = textOf(lesson.train, place, lesson.classNames);
      const original = { pixels: images[i], caption: name, label: `a ${name}, original`, place };
      const copies = made.map((pixels, epoch) => ({
        pixels: pixels.subarray(i * size, (i + 1) * size),
        caption: String(epoch + 1),
        label: `the ${name}, augmented, epoch ${epoch + 1}`,
        place,
      }));
      return [original, ...copies];
    });
    this.tiles.show(tiles, lesson.imageShape);
  }
}

/** The first training images of the first classes. @param {Lesson} lesson */
function firstOfClasses({ train: { count, labels, rows }, classNames }) {
  const k = classNames.length;
  const places = /** @type {Set<number>} */ (new Set());
  for (let c = 0; c < k && places.size < SHOWN; c++) {
    let place = 0;
    while (place < count && (rows ? rows[place * k + c] !== 1 : labels?.[place] !== c)) place++;
    if (place < count) places.add(place);
  }
  return [...places];
}

/** True of letters and digits, as Python tells them. @param {readonly string[]} names */
function areSigns(names) {
  const signs = names.filter((name) => /^[\p{L}\p{N}]$/u.test(name)).length;
  return signs > 0 && 2 * signs >= names.length;
}
