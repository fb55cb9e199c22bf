// Predictions of test images: a few, always the same ones, and the confusion matrix.

import { confusionMatrix } from '../ui/confusion.js';
import { imageTile } from '../ui/pictures.js';
import { bytes, json } from './files.js';
import { Replay } from './replay.js';
import { count, percent } from './formatting.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Entry} Entry */

const SIDE = 56; // CSS pixels of a tile's picture

/** Both panels. */
export class Predictions {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} predictions
   * @param {HTMLElement} confusion
   */
  constructor(root, predictions, confusion) {
    this.root = root;
    /** @type {Run | null} */
    this.record = null;
    /** @type {{shape: number[], pixels: Uint8Array, labels: number[]} | null} */
    this.samples = null;
    /** @type {string[]} */
    this.names = [];
    this.replay = new Replay(predictions, 'Which evaluation', (place) => this.#predictions(place));
    this.right = paragraph(predictions);
    this.tiles = document.createElement('div');
    this.tiles.className = 'tiles';
    predictions.append(this.tiles);
    this.confusions = new Replay(confusion, 'Which evaluation', (place) => this.#confusion(place));
    this.matrix = document.createElement('div');
    this.matrix.className = 'scroll';
    this.of = paragraph(confusion);
    confusion.append(this.matrix);
  }

  /**
   * Shows what is known of a run.
   *
   * @param {Run} record
   * @param {string[]} names  of the classes
   */
  show(record, names) {
    const other = this.record !== record;
    this.record = record;
    this.names = names;
    if (other) {
      this.samples = null;
      this.tiles.replaceChildren();
      this.matrix.replaceChildren();
      this.replay.show([]);
      this.confusions.show([]);
    }
    this.root.hidden = !record.predictions.length && !record.confusions.length;
    this.replay.show(record.predictions.map(({ step }) => step));
    this.confusions.show(record.confusions.map(({ step }) => step));
    if (!record.confusions.length) {
      this.of.textContent =
        'There is none, because it takes as long as an evaluation and no page was open. spritenet report makes one.';
    }
  }

  /** @param {number} place */
  async #predictions(place) {
    const record = this.record;
    const entry = record?.predictions[place];
    if (!record || !entry) return;
    if (!this.samples) {
      const document = await json(record.name, 'samples.json').catch(() => null);
      const fits = document && Array.isArray(document.shape) && document.shape.length === 4;
      if (this.record !== record || !fits) return;
      this.samples = {
        shape: document.shape,
        labels: document.labels,
        pixels: bytes(document.pixels),
      };
    }
    const { shape, pixels, labels } = this.samples;
    const [images, height, width, channels] = shape;
    const size = height * width * channels;
    const shown = Math.min(images, entry.predicted.length);
    const name = (/** @type {number} */ label) => this.names[label] ?? String(label);
    const tiles = Array.from({ length: shown }, (_, i) => {
      const right = entry.predicted[i] === labels[i];
      const sure = percent(entry.probabilities?.[i]);
      const tile = imageTile({
        pixels: pixels.subarray(i * size, (i + 1) * size),
        shape: [height, width, channels],
        caption: right
          ? name(entry.predicted[i])
          : `${name(entry.predicted[i])}, is ${name(labels[i])}`,
        right,
        scale: SIDE / Math.max(height, width),
      });
      tile.title = `predicted as ${name(entry.predicted[i])} with ${sure}; it is ${name(labels[i])}`;
      return tile;
    });
    const good = labels.slice(0, shown).filter((label, i) => label === entry.predicted[i]).length;
    this.right.textContent = `${good} of these ${shown} are correct. They are always the same test images.`;
    this.tiles.replaceChildren(...tiles);
  }

  /** @param {number} place */
  #confusion(place) {
    const entry = this.record?.confusions[place];
    if (!entry) return;
    const { matrix } = entry;
    const classNames = matrix.map(
      (/** @type {number[]} */ _, /** @type {number} */ i) => this.names[i] ?? String(i),
    );
    this.of.textContent = `${count(entry.images)} test images.`;
    confusionMatrix(this.matrix, { matrix, classNames });
  }
}

/** @param {HTMLElement} container */
function paragraph(container) {
  const made = document.createElement('p');
  made.className = 'faint small said';
  container.append(made);
  return made;
}
