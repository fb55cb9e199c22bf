// The panel that teaches: lessons added, undone, stored and downloaded.

import { defaultCore } from '../lib/index.js';
import { readSprite } from '../lib/sprite.js'; // not all of SpriteData, for the page that is one small file
import { sha256 } from '../lib/sha256.js';
import { element } from '../ui/dom.js';
import { download, zipped } from '../ui/zip.js';
import { Familiar } from './familiar.js';
import { Shelf } from './shelf.js';
import { Teacher } from './teacher.js';

/** @typedef {import('../lib/model.js').Model} Model */
/** @typedef {import('./reader.js').Reader} Reader */
/** @typedef {import('./shelf.js').StoredLesson} StoredLesson */
/** @typedef {import('./stroke.js').Stroke} Stroke */
/** @typedef {import('./teacher.js').Result} Result */
/** @typedef {import('./teacher.js').Stored} Stored */
/**
 * @typedef {object} Drawing  the lesson
 * @property {Uint8Array} input
 * @property {readonly Stroke[]} strokes  none of a picture
 */
/**
 * @typedef {object} Places
 * @property {HTMLElement} classes
 * @property {HTMLElement} line
 * @property {HTMLButtonElement} undo
 * @property {HTMLButtonElement} forget
 * @property {HTMLButtonElement} save
 */

const MOST_BYTES = 64e6; // of stored examples

export class Lessons {
  /**
   * @param {object} how
   * @param {Model} how.model
   * @param {readonly string[]} how.names  of its classes
   * @param {Reader} how.reader
   * @param {Places} how.places
   * @param {() => Promise<Uint8Array | null>} how.examples  a sprite's bytes
   * @param {() => Drawing | null} how.drawing  what is on the sheet
   * @param {() => unknown} how.changed  the model answers otherwise from now on
   */
  constructor({ model, names, reader, places, examples, drawing, changed }) {
    this.model = model;
    this.names = names;
    this.reader = reader;
    this.places = places;
    this.examples = examples;
    this.drawing = drawing;
    this.changed = changed;
    this.base = model.getParameters();
    /** @type {StoredLesson[]} */
    this.taught = [];
    this.ready = false; // whether there is something to teach
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.soon = undefined;
    /** @type {Promise<Teacher> | null} */
    this.teacher = null;
    /** The learning that is under way. @type {AbortController | null} */
    this.running = null;
    this.buttons = names.map((name, label) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.disabled = true;
      button.onclick = () => this.guarded(this.teach(label));
      places.classes.append(button);
      return button;
    });
    places.undo.onclick = () => this.guarded(this.takeBack(this.taught.slice(-1)));
    places.forget.onclick = () => this.guarded(this.takeBack(this.taught));
    places.save.onclick = () => this.save();
    this.shelf = shown().then(() =>
      Shelf.open(sha256(new Uint8Array(this.base.buffer)), {
        inputBytes: model.network.imageBytes,
        outputs: model.outputs,
      }),
    );
    this.label();
    this.guarded(this.recall());
  }

  /** Takes the lessons of an earlier visit. */
  async recall() {
    const shelf = await this.shelf;
    shelf.watch(() => this.guarded(this.refresh()));
    this.taught = await shelf.all();
    if (this.taught.length) await this.learn();
  }

  /** Takes the lessons of another tab. */
  async refresh() {
    this.taught = await (await this.shelf).all();
    await this.learn();
  }

  /** @param {boolean} ready  whether there is something to teach */
  enable(ready) {
    if (ready && !this.teacher) this.soon ??= setTimeout(() => this.guarded(this.prepare()), 400);
    if (ready === this.ready) return;
    this.ready = ready;
    for (const button of this.buttons) button.disabled = !ready;
  }

  /** @param {number} label */
  async teach(label) {
    const drawing = this.drawing();
    if (!drawing) return;
    const shelf = await this.shelf;
    await shelf.add({
      label,
      input: drawing.input.slice(),
      lines: drawing.strokes.map(({ width, points }) => ({ width, points: points.slice() })),
    });
    this.taught = await shelf.all();
    await this.learn();
  }

  /** @param {readonly StoredLesson[]} lessons */
  async takeBack(lessons) {
    const shelf = await this.shelf;
    await shelf.remove(lessons.map(({ id }) => id));
    this.taught = await shelf.all();
    await this.learn();
  }

  /** The teacher, with the stored examples. */
  prepare() {
    this.teacher ??= this.makeTeacher();
    return this.teacher;
  }

  async makeTeacher() {
    const { model, reader, base } = this;
    const { width, height } = reader.ink;
    const stored = await this.stored();
    return new Teacher({
      model,
      base,
      core: await defaultCore(),
      preparation: reader.preparation,
      sheet: { width, height },
      stored,
    });
  }

  /** @returns {Promise<Stored | null>} */
  async stored() {
    const bytes = await this.examples().catch(() => null);
    if (!bytes || !bytes.length || bytes.length > MOST_BYTES) return null;
    const data = await readSprite(bytes, 'examples.png').catch(() => null);
    if (!data) return null;
    const { height, width, channels } = data.head;
    const { imageShape, outputs } = this.model;
    const fits = String([height, width, channels]) === String(imageShape);
    return fits && data.labels.every((label) => label < outputs) ? data : null;
  }

  /** Learns all lessons, from the weights the model came with. */
  async learn() {
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.label();
    this.say(this.taught.length ? 'Learning …' : '');
    const teacher = await this.prepare();
    const result = await teacher.learn(this.taught, running.signal);
    if (this.running !== running || !result) return;
    this.running = null;
    const { model, reader, taught } = this;
    model.setParameters(result.parameters);
    reader.familiar =
      taught.length && model.calibrated
        ? new Familiar(teacher.witness(), taught, reader.preparation, teacher.sheet)
        : null;
    this.say(this.report(result, teacher));
    this.changed();
  }

  /** @param {Result} result @param {Teacher} teacher */
  report({ seconds, right, before, after }, teacher) {
    const { taught } = this;
    if (!taught.length) return 'All lessons are forgotten. The model is as it was.';
    const count = taught.length === 1 ? '1 drawing' : `${taught.length} drawings`;
    const parts = [`Trained on ${count} in ${seconds.toFixed(1)} s.`];
    if (right < taught.length) {
      parts.push(`${taught.length - right} still predicted as another class: draw that again.`);
    }
    if (before !== null && after !== null) {
      const percent = (/** @type {number} */ p) => `${(100 * p).toFixed(1)} %`;
      const same = percent(after) === percent(before);
      parts.push(
        `Accuracy on ${teacher.guardCount} stored examples: ${percent(after)}, ${same ? 'as before' : `${percent(before)} before`}.`,
      );
    } else {
      parts.push(
        'This page has no stored examples, so the model may have forgotten other classes.',
      );
    }
    return parts.join(' ');
  }

  /** The model with what it was taught, as one file. */
  save() {
    const { model, taught } = this;
    const { metadata, step } = model;
    if (taught.length) {
      // Its scores were those of other weights.
      model.metadata = {
        ...metadata,
        scores: {},
        trainedOn: { ...metadata.trainedOn, lessons: taught.length },
      };
    }
    model.step = metadata.trainedOn?.steps ?? step;
    download(zipped(model.toFiles()), taught.length ? 'model-taught.zip' : 'model.zip');
    Object.assign(model, { metadata, step });
  }

  /** The buttons' words: how often each class was taught. */
  label() {
    this.buttons.forEach((button, label) => {
      const times = this.taught.filter((lesson) => lesson.label === label).length;
      button.textContent = this.names[label];
      if (!times) return;
      const count = element('span', 'count', `×${times}`);
      button.append(count, element('span', 'visually-hidden', ' taught'));
    });
    const { undo, forget, save } = this.places;
    undo.disabled = forget.disabled = this.taught.length === 0;
    save.textContent = this.taught.length ? 'Download the improved model' : 'Download the model';
  }

  /** @param {string} text */
  say(text) {
    if (this.places.line.textContent !== text) this.places.line.textContent = text;
  }

  /** @param {Promise<unknown>} work */
  guarded(work) {
    work.catch((error) =>
      this.say(`That didn’t work: ${error instanceof Error ? error.message : error}`),
    );
  }
}

/** Resolves after the page's first frame, for which nothing of this panel is needed. */
function shown() {
  return new Promise((resolve) => void requestAnimationFrame(() => setTimeout(resolve)));
}
