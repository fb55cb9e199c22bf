// The panel of images: reads them from wherever they come, and shows some of them.

import { SpriteData } from '../lib/index.js';
import { onChoice, onDrop } from './model-files.js';
import { at, counted, on, tell } from './elements.js';
import { classCounts, imageAt, lessonOf, somePlaces, textOf } from './parts.js';
import { readPictures, unpacked } from './pictures.js';
import { isPng, kindOf, ownData, shortName } from './source.js';
import { Tiles } from './tiles.js';

/** @typedef {import('./parts.js').Lesson} Lesson */
/** @typedef {import('../lib/data.js').LoadOptions} LoadOptions */

const EXAMPLES = 20;
const NEITHER =
  'neither images nor a model. Choose a sprite, a PNG with its label file, images in a folder for each class, or model.json with weights.bin.';

export class Images {
  /**
   * @param {(lesson: Lesson) => Promise<unknown>} teach  takes other images; they are shown when it resolves
   * @param {(files: File[]) => unknown} model  files that were dropped are a model
   */
  constructor(teach, model) {
    this.teach = teach;
    this.model = model;
    /** @type {Lesson | null} */
    this.lesson = null;
    this.seed = 0; // of the examples shown
    this.note = ''; // what was assumed of the images that are read
    this.reading = new AbortController();
    /** A picture and its file of labels, until it is known how large its images are. @type {File[]} */
    this.foreign = [];
    this.examples = new Tiles(at('examples'), null);
    on('other-examples', 'click', () => {
      this.seed++;
      this.showExamples();
    });
    onChoice(at('choose-data'), at('data-files'), (files) => this.take(files));
    onChoice(at('choose-folder'), at('data-folder'), (files) => this.take(files));
    // An exported page requests nothing from anywhere.
    at('address').hidden = Boolean(document.querySelector('template'));
    onDrop((files) => this.take(files));
    on('address', 'submit', (event) => {
      event.preventDefault();
      const address = at('url').value.trim();
      if (address) {
        void this.read(
          async (options) => SpriteData.load(new URL(address, document.baseURI).href, options),
          shortName(address),
        );
      }
    });
    on('foreign-load', 'click', () => void this.readForeign());
  }

  /** The page's own images. */
  begin() {
    void this.read(ownData, '');
  }

  /** @param {File[]} given */
  async take(given) {
    tell('data-problem', null);
    /** @type {File[]} */
    let files = [];
    try {
      files = await unpacked(given);
    } catch (error) {
      tell('data-problem', error);
      return;
    }
    const kind = await kindOf(files);
    at('foreign').hidden = kind !== 'foreign';
    if (kind === 'model') this.model(given);
    else if (kind === 'pictures') {
      void this.read(
        async (options) => {
          const { data, note } = await readPictures(files, options);
          this.note = note;
          return data;
        },
        shortName(given[0].webkitRelativePath.split('/')[0] || given[0].name),
      );
    } else if (kind === 'data') {
      void this.read(
        (options) => SpriteData.load(files.length === 1 ? files[0] : files, options),
        shortName(files[0].name),
      );
    } else if (kind === 'foreign') {
      this.foreign = files;
      at('other').open = true;
      at('foreign-height').focus();
    } else {
      const names = files.map(({ name }) => name).join(', ');
      tell('data-problem', `${names}: ${NEITHER}`);
    }
  }

  async readForeign() {
    const [first, second] = this.foreign;
    if (!second) return;
    const [picture, labels] = (await isPng(first)) ? [first, second] : [second, first];
    /** @type {[number, number]} */
    const imageSize = [at('foreign-height').valueAsNumber, at('foreign-width').valueAsNumber];
    const train = at('foreign-train').value ? at('foreign-train').valueAsNumber : undefined;
    void this.read(
      (options) => SpriteData.load(picture, { ...options, labels, imageSize, train }),
      shortName(picture.name),
    );
  }

  /**
   * Reads images, shows how far it is, and takes them.
   *
   * @param {(options: LoadOptions) => Promise<SpriteData | null>} load
   * @param {string} name
   */
  async read(load, name) {
    this.reading.abort();
    this.note = '';
    const reading = new AbortController();
    this.reading = reading;
    tell('data-problem', null);
    at('other').open = false; // now, not when it ends: by then somebody may be typing in it
    at('loading').hidden = false;
    at('loading-bar').removeAttribute('value');
    at('loading-text').textContent = 'Loading images …';
    try {
      const data = await load({
        signal: reading.signal,
        onProgress: (loaded, total) => {
          if (total) at('loading-bar').value = loaded / total;
          at('loading-text').textContent =
            `Loading images: ${(loaded / 1e6).toFixed(1)}${total ? ` of ${(total / 1e6).toFixed(1)}` : ''} MB`;
        },
      });
      if (reading.signal.aborted) return;
      if (!data) {
        at('loading-text').textContent = 'Choose the training images.';
        at('loading-bar').hidden = true;
        at('other').open = true;
        return;
      }
      const lesson = lessonOf(data, name);
      lesson.note = [lesson.note, this.note].filter(Boolean).join(' ');
      await this.teach(lesson);
      this.show(lesson);
      at('loading').hidden = true;
    } catch (error) {
      if (reading.signal.aborted) return;
      at('loading').hidden = Boolean(this.lesson);
      at('loading-bar').hidden = true;
      at('loading-text').textContent = 'Choose the training images.';
      at('other').open = true;
      tell('data-problem', error);
    }
  }

  /** @param {Lesson} lesson */
  show(lesson) {
    this.lesson = lesson;
    const { imageShape, classNames, isMultiLabel, train, test, note } = lesson;
    const [height, width, channels] = imageShape;
    const kind = channels === 1 ? 'grey' : channels === 3 ? 'colour' : `${channels} channels`;
    at('data').hidden = false;
    at('loading-bar').hidden = false;
    at('data-about').textContent =
      `${counted(train.count)} training and ${counted(test.count)} test images, ${width}×${height}, ${kind}, of ${classNames.length} classes${isMultiLabel ? ', several or none an image' : ''}.`;
    at('data-note').textContent = note;
    at('data-note').hidden = !note;
    this.showExamples();
    this.showBalance();
  }

  showExamples() {
    const { lesson } = this;
    if (!lesson) return;
    const { train, classNames, imageShape } = lesson;
    const tiles = somePlaces(train.count, EXAMPLES, this.seed).map((place) => {
      const caption = textOf(train, place, classNames);
      const label = train.rows ? `image: ${caption}` : `a ${caption}`;
      return { pixels: imageAt(train, place), caption, label, place };
    });
    this.examples.show(tiles, imageShape);
  }

  showBalance() {
    const { lesson } = this;
    if (!lesson) return;
    const { train, test, classNames } = lesson;
    const counts = classCounts(train, classNames.length);
    const tests = classCounts(test, classNames.length);
    const most = Math.max(1, ...counts);
    const table = document.createElement('table');
    table.createCaption().textContent = 'Images of each class, for training and test';
    counts.forEach((count, k) => {
      const line = table.insertRow();
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = classNames[k];
      const bar = document.createElement('td');
      const fill = document.createElement('span');
      fill.className = 'fill';
      fill.style.width = `${(100 * count) / most}%`;
      bar.className = 'track';
      bar.append(fill);
      const numbers = document.createElement('td');
      numbers.className = 'number';
      numbers.textContent = `${counted(count)} + ${counted(tests[k])}`;
      line.append(head, bar, numbers);
    });
    at('balance').replaceChildren(table);
  }
}
