// Live predictions for the camera, a drawing or an image, and their correction.

import { element } from '../ui/dom.js';
import { drawPixels } from '../ui/pictures.js';
import { Verdict } from '../draw/verdict.js';
import { decodePicture, pictureFile } from '../draw/picture.js';
import { View } from '../ui/camera.js';
import { inputOf, squareOf } from './pixels.js';
import { Sketch, button } from './sketch.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {import('../ui/camera.js').Camera} Camera */
/** @typedef {import('./pixels.js').Cut} Cut */
/** @typedef {import('./project.js').Class} Class */
/** @typedef {import('./project.js').Source} Source */
/** @typedef {{ cut: Cut, source: Source }} Seen */

const EVERY = 90; // milliseconds between two looks at the camera
const GUESS = 0.5; // until the images are checked: less is not sure

export class Live {
  /**
   * @param {HTMLElement} place
   * @param {Camera} camera
   * @param {(seen: Seen, label: number) => unknown} correct
   * @param {(error: unknown) => unknown} failed
   */
  constructor(place, camera, correct, failed) {
    this.camera = camera;
    this.correct = correct;
    this.failed = failed;
    /** @type {RemoteModel | null} */
    this.model = null;
    this.least = GUESS;
    this.kind = 'drawing';
    /** @type {Seen | null} */
    this.seen = null;
    this.asking = false;
    this.again = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.view = new View();
    this.sketch = new Sketch({ hint: 'Draw here', changed: () => this.drawn() });
    this.drawButton = button('Drawing', () => this.choose('drawing'));
    this.cameraButton = button('Camera', () => this.choose('camera'));
    this.file = /** @type {HTMLInputElement} */ (element('input', 'visually-hidden'));
    this.file.type = 'file';
    this.file.accept = 'image/*';
    this.file.tabIndex = -1;
    this.file.setAttribute('aria-label', 'An image to try');
    this.file.addEventListener('change', () => void this.openFile());
    const ways = element('div', 'row ways');
    ways.setAttribute('role', 'group');
    ways.setAttribute('aria-label', 'What to try it on');
    ways.append(
      this.drawButton,
      this.cameraButton,
      button('Image …', () => this.file.click()),
      this.file,
    );
    this.finder = element('div', 'viewfinder');
    this.finder.append(this.view.video);
    this.shown = /** @type {HTMLCanvasElement} */ (element('canvas', 'shown'));
    this.shown.setAttribute('role', 'img');
    this.shown.setAttribute('aria-label', 'The image');
    this.input = /** @type {HTMLCanvasElement} */ (element('canvas', 'input'));
    this.input.setAttribute('role', 'img');
    this.input.setAttribute('aria-label', 'Input of the network');
    const clear = element('div', 'row');
    clear.append(this.sketch.clearButton, this.sketch.undoButton);
    this.clear = clear;
    const stage = element('div', 'try-stage');
    stage.append(this.sketch.place, this.finder, this.shown, clear);
    this.sign = element('p', 'sign');
    this.sign.setAttribute('aria-hidden', 'true');
    this.line = element('p', 'line');
    this.spoken = element('p', 'visually-hidden');
    this.spoken.setAttribute('role', 'status');
    this.bars = element('div', 'odds');
    const figure = element('figure', 'seen');
    figure.append(this.input, element('figcaption', 'small faint', 'As the network sees it'));
    this.figure = figure;
    const answer = element('div', 'try-answer');
    answer.append(this.sign, this.line, this.spoken, this.bars);
    this.fixes = element('div', 'fixes');
    this.fixes.setAttribute('role', 'group');
    this.fixes.setAttribute('aria-label', 'Add this image to a class');
    const body = element('div', 'try-body');
    body.append(stage, answer);
    place.append(
      ways,
      body,
      figure,
      element('p', 'small fix-words', 'Wrong, or not sure? Add it to:'),
      this.fixes,
    );
    this.place = place;
    /** @type {Verdict | null} */
    this.verdict = null;
    this.choose('drawing');
  }

  /**
   * Takes a network.
   *
   * @param {RemoteModel | null} model
   * @param {number} [least]  confidence from which on it is sure
   */
  take(model, least = GUESS) {
    this.model = model;
    this.least = least;
    this.bars.replaceChildren();
    const { sign, line, bars, spoken } = this;
    this.verdict = model && new Verdict({ sign, line, bars, spoken }, model.classNames);
    void this.ask();
  }

  /** The classes that an image may be added to. @param {readonly Class[]} classes */
  update(classes) {
    const key = JSON.stringify(classes);
    if (this.fixes.dataset.key === key) return;
    this.fixes.dataset.key = key;
    this.fixes.replaceChildren(
      ...classes.map(({ id, name }) => button(name, () => this.add(id), 'fix')),
    );
    this.enable();
  }

  enable() {
    const nothing = !this.seen;
    for (const one of this.fixes.querySelectorAll('button')) one.disabled = nothing;
    this.figure.hidden = nothing || !this.model;
  }

  /** @param {number} label */
  add(label) {
    if (this.seen) this.correct(this.seen, label);
  }

  /** @param {'drawing' | 'camera' | 'image'} kind */
  choose(kind) {
    const wasCamera = this.kind === 'camera';
    this.kind = kind;
    if (wasCamera && kind !== 'camera') this.closeCamera();
    this.drawButton.setAttribute('aria-pressed', String(kind === 'drawing'));
    this.cameraButton.setAttribute('aria-pressed', String(kind === 'camera'));
    this.sketch.place.hidden = kind !== 'drawing';
    this.clear.hidden = kind !== 'drawing';
    this.finder.hidden = kind !== 'camera';
    this.shown.hidden = kind !== 'image';
    this.see(null);
    if (kind === 'drawing') {
      this.sketch.paper.fit();
      this.sketch.redraw();
    }
    if (kind === 'camera') void this.openCamera();
  }

  async openCamera() {
    try {
      await this.camera.open(this.view);
      this.look();
    } catch (error) {
      this.failed(error);
      if (this.kind === 'camera') this.choose('drawing');
    }
  }

  closeCamera() {
    clearTimeout(this.timer);
    this.camera.close(this.view);
  }

  /** Follows the camera: it may have been turned off elsewhere. */
  follow() {
    this.view.video.classList.toggle('mirrored', this.camera.mirrored);
    if (this.kind === 'camera' && !this.camera.isOn && !this.camera.opening) this.choose('drawing');
  }

  look() {
    clearTimeout(this.timer);
    if (this.kind !== 'camera') return;
    const frame = this.camera.frame(this.view);
    if (frame) this.see({ cut: squareOf(frame), source: 'camera' });
    this.timer = setTimeout(() => this.look(), EVERY);
  }

  drawn() {
    if (this.kind !== 'drawing') return;
    const cut = this.sketch.isEmpty ? null : squareOf(this.sketch.picture());
    this.see(cut && { cut, source: 'drawing' });
  }

  async openFile() {
    const file = pictureFile(this.file.files);
    this.file.value = '';
    if (!file) return;
    try {
      const cut = squareOf(await decodePicture(file));
      this.choose('image');
      drawPixels(this.shown, cut.data, [cut.height, cut.width, cut.channels]);
      this.see({ cut, source: 'file' });
    } catch (error) {
      this.failed(error);
    }
  }

  /** @param {Seen | null} seen */
  see(seen) {
    this.seen = seen;
    this.enable();
    void this.ask();
  }

  /** Asks the network, one question at a time; the last one counts. */
  async ask() {
    const { model, verdict, seen } = this;
    if (!model || !verdict) return;
    if (!seen) {
      verdict.show({ state: 'empty', best: -1, probabilities: [], input: new Uint8Array(0) });
      if (this.kind !== 'drawing') this.line.textContent = '';
      return;
    }
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      const preparation = /** @type {any} */ (model.metadata.preparation);
      const { cut, source } = seen;
      const entry = { id: 0, label: 0, source, ...cut };
      const input = inputOf(entry, cut.data, preparation);
      drawPixels(this.input, input, model.imageShape);
      const { label, probabilities, sure } = await model.classify(input);
      if (model !== this.model || !this.seen) return;
      const isSure = (sure || !model.calibrated) && probabilities[label] >= this.least;
      verdict.show({ input, state: isSure ? 'sure' : 'unsure', best: label, probabilities });
    } catch {
      // The network was replaced meanwhile.
    } finally {
      this.asking = false;
      if (this.again) {
        this.again = false;
        void this.ask();
      }
    }
  }
}
