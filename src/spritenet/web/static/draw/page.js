// The drawing page: brings the sheet, the model and what is shown of them together.

import { Core, Model, SpritenetError, useCore } from '../lib/index.js';
import { Frame } from '../ui/frame.js';
import { drawPixels } from '../ui/pictures.js';
import { LayerPictures } from './layers.js';
import { Lessons } from './lessons.js';
import { Paper } from './paper.js';
import { decodePicture, pictureFile } from './picture.js';
import { Reader } from './reader.js';
import { Sheet } from './sheet.js';
import { Verdict } from './verdict.js';
import { Viewfinder } from './viewfinder.js';

/** @typedef {import('./reader.js').Answer} Answer */
/** @typedef {import('./stroke.js').Stroke} Stroke */
/**
 * The data of a page that carries it inside: `window.SPRITENET`, or what it is a promise of.
 *
 * @typedef {object} Embedded
 * @property {Record<string, string | ArrayBuffer | Uint8Array>} [model]  the model's files by name
 * @property {ArrayBuffer | Uint8Array} [examples]  a sprite of stored examples
 * @property {ArrayBuffer | Uint8Array} [core]  core.wasm
 */

/** @param {string} id @returns {any} */
const at = (id) => document.getElementById(id);

class Page {
  /** @param {Model} model @param {Embedded} embedded */
  constructor(model, embedded) {
    this.model = model;
    this.names = model.classNames.length
      ? model.classNames
      : Array.from({ length: model.outputs }, (_, i) => String(i));
    this.sheet = new Sheet();
    this.reader = new Reader(model);
    /** The stroke that is being drawn. @type {Stroke | null} */
    this.stroke = null;
    this.frame = new Frame(() => this.show());
    /** @type {Answer | null} */
    this.answer = null;
    this.verdict = new Verdict(
      { sign: at('sign'), line: at('line'), bars: at('bars'), spoken: at('spoken') },
      this.names,
      model.isMultiLabel ? thresholdsOf(model) : null,
    );
    this.viewfinder = new Viewfinder(
      {
        paper: at('paper'),
        toggle: at('camera'),
        tools: at('camera-tools'),
        mirror: at('mirror'),
        turn: at('turn'),
      },
      !hasSigns(this.names),
      {
        frame: (frame, first) => this.look(frame, first),
        closed: () => this.redraw(),
        failed: (error) => report(error),
      },
    );
    this.layers = new LayerPictures(at('layers'), model);
    /** None for a model of several classes: a drawing is taught as one class. @type {Lessons | null} */
    this.lessons = model.isMultiLabel ? null : this.makeLessons(embedded);
    at('teach').hidden = model.isMultiLabel;
    const { ink } = this.reader;
    this.paper = new Paper(
      at('canvas'),
      at('pen'),
      { width: ink.width, height: ink.height },
      {
        begin: (x, y, share) => this.begin(x, y, share),
        move: (x, y, share) => this.move(x, y, share),
        end: () => this.end(),
        cancel: () => this.cancel(),
      },
    );
    this.listen();
  }

  /** @param {Embedded} embedded */
  makeLessons(embedded) {
    const { model } = this;
    return new Lessons({
      model,
      names: this.names,
      reader: this.reader,
      places: {
        classes: at('classes'),
        line: at('lesson'),
        undo: at('unlearn'),
        forget: at('forget'),
        save: at('download'),
      },
      examples: () => storedExamples(embedded),
      drawing: () => this.drawing(),
      changed: () => this.schedule(),
    });
  }

  get width() {
    return Number(at('width').value);
  }

  /** @param {number} x @param {number} y @param {number} share */
  begin(x, y, share) {
    this.viewfinder.close();
    if (this.sheet.isFull) return;
    const covered = this.sheet.picture;
    this.stroke = this.sheet.begin(this.width);
    this.stroke.add(x, y, share);
    if (covered) this.redrawEnded();
    this.schedule();
  }

  /** @param {number} x @param {number} y @param {number} share */
  move(x, y, share) {
    if (!this.stroke || this.sheet.isFull) return;
    if (this.stroke.add(x, y, share)) this.schedule();
  }

  end() {
    const { stroke } = this;
    if (!stroke) return;
    this.stroke = null;
    this.paper.extend(stroke);
    this.paper.part = 0;
    this.reader.finish(stroke);
    this.schedule();
  }

  cancel() {
    if (!this.stroke) return;
    this.stroke = null;
    this.sheet.items.pop();
    this.redraw();
  }

  /** Draws all strokes but the one that is being drawn. */
  redrawEnded() {
    const strokes = this.sheet.strokes.filter((stroke) => stroke !== this.stroke);
    this.paper.redraw(strokes, this.sheet.picture);
    this.reader.redraw(strokes);
  }

  /** After anything but a stroke's growth. */
  redraw() {
    this.redrawEnded();
    this.schedule();
  }

  schedule() {
    this.frame.schedule();
  }

  /** Draws one frame: the new ink, and the prediction. */
  show() {
    const { stroke, sheet, model } = this;
    if (stroke) {
      this.paper.extend(stroke);
      this.reader.extend(stroke);
    }
    const answer = this.reader.read(sheet);
    this.answer = answer;
    drawPixels(at('seen'), answer.input, model.imageShape);
    this.verdict.show(answer);
    this.layers.show(answer.input, answer.state === 'empty');
    at('undo').disabled = !sheet.canUndo;
    at('clear').disabled = sheet.isEmpty;
    at('hint').hidden = !sheet.isEmpty;
    this.lessons?.enable(answer.state !== 'empty');
  }

  /** Returns the drawing to be taught. */
  drawing() {
    this.show();
    const { answer, sheet } = this;
    if (!answer || answer.state === 'empty' || this.stroke) return null;
    return { input: answer.input, strokes: sheet.strokes };
  }

  /** Classifies a frame of the camera. @param {import('../ui/camera.js').Frame} frame @param {boolean} first  since it was opened */
  look(frame, first) {
    if (first) {
      this.sheet.show(frame);
      report(null);
    } else this.sheet.replace(frame);
    this.schedule();
  }

  undo() {
    this.viewfinder.close();
    if (!this.stroke && this.sheet.undo()) this.redraw();
  }

  redo() {
    this.viewfinder.close();
    if (!this.stroke && this.sheet.redo()) this.redraw();
  }

  clear() {
    this.viewfinder.close();
    if (this.stroke) return;
    this.sheet.clear();
    this.redraw();
  }

  /** @param {File | null} file */
  async open(file) {
    if (!file) return;
    this.viewfinder.close();
    try {
      this.sheet.show(await decodePicture(file));
      report(null);
      this.redraw();
    } catch (error) {
      report(error);
    }
  }

  listen() {
    at('undo').onclick = () => this.undo();
    at('clear').onclick = () => this.clear();
    at('open').onclick = () => at('file').click();
    at('file').onchange = async () => {
      await this.open(pictureFile(at('file').files));
      at('file').value = ''; // so that the same file may be chosen again
    };
    document.addEventListener('keydown', (event) => this.key(event));
    document.addEventListener('paste', (event) => {
      const file = pictureFile(event.clipboardData);
      if (!file) return;
      event.preventDefault();
      this.open(file);
    });
    for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
      document.addEventListener(kind, (event) => this.drag(/** @type {DragEvent} */ (event)));
    }
    new ResizeObserver(() => {
      if (!this.paper.fit()) return;
      this.redrawEnded();
      if (this.stroke) this.schedule();
    }).observe(at('paper'));
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.redraw());
  }

  /** @param {DragEvent} event */
  drag(event) {
    event.preventDefault();
    at('paper').classList.toggle('over', event.type === 'dragenter' || event.type === 'dragover');
    if (event.type === 'drop') this.open(pictureFile(event.dataTransfer));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const done = () => event.preventDefault();
    if (command && !event.altKey && key === 'z') {
      if (event.shiftKey) this.redo();
      else this.undo();
      done();
    } else if (command && !event.altKey && key === 'y') {
      this.redo();
      done();
    } else if (!command && !event.altKey && (key === 'delete' || key === 'backspace')) {
      this.clear();
      done();
    } else if (key === 'escape') {
      this.viewfinder.close();
    } else if (!command && !event.altKey && (key === '[' || key === ']')) {
      at('width').value = String(this.width + (key === ']' ? 3 : -3));
      done();
    }
  }
}

/**
 * Says in one line what went wrong; null takes it away.
 *
 * @param {unknown} error
 * @param {string} [before]
 * @param {string} [after]
 */
function report(error, before = '', after = '') {
  const place = at('problem');
  place.hidden = error === null;
  if (error === null) return;
  const line =
    error instanceof SpritenetError
      ? error.message
      : `${error instanceof Error ? error.message : error}`;
  place.textContent = `${before}${line}${after}`;
}

/**
 * Describes the model in a line.
 *
 * @param {Model} model
 */
function about({ metadata, parameterCount, isMultiLabel }) {
  // The first toLocaleString of a page takes 20 ms.
  const count = String(parameterCount).replace(/\B(?=(\d{3})+$)/g, ',');
  const parts = [`${count} parameters`];
  const { dataset } = metadata.trainedOn ?? {};
  if (typeof dataset === 'string') parts.push(`trained on ${dataset}`);
  const accuracy = metadata.scores.test_accuracy;
  const what = isMultiLabel ? 'answers on test images' : 'test images';
  if (accuracy) parts.push(`${(100 * accuracy).toFixed(1)} % of the ${what} correct`);
  return parts.join(' · ');
}

/** @param {Model} model */
function thresholdsOf(model) {
  return model.metadata.thresholds ?? new Array(model.outputs).fill(0.5);
}

/** Returns true for letters and digits, which a mirror changes. @param {readonly string[]} names */
function hasSigns(names) {
  return names.some((name) => /^[\p{L}\p{N}]$/u.test(name));
}

/** @param {readonly string[]} names */
function subject(names) {
  return names.length === 10 && names.every((name, i) => name === String(i)) ? 'a digit' : '';
}

/**
 * The sprite of stored examples; none for a page that carries its data inside and has none.
 *
 * @param {Embedded} embedded
 * @returns {Promise<Uint8Array | null>}
 */
async function storedExamples({ model, examples }) {
  if (examples) return new Uint8Array(examples);
  if (model) return null;
  const response = await fetch('examples.png');
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

/** The shortcuts, as this machine's keys are called. */
function shortcuts() {
  const command = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl+';
  const keys = [
    [`${command}Z`, 'undo'],
    [`${command}Shift+Z`, 'again'],
    ['Delete', 'clear'],
    ['[ ]', 'thinner, thicker'],
    [`${command}V`, 'paste an image'],
    ['Tab, arrows, space', 'draw with the keyboard'],
  ];
  for (const [key, meaning] of keys) {
    const shown = document.createElement('kbd');
    shown.textContent = key;
    at('keys').append(shown, ` ${meaning}  `);
  }
}

async function start() {
  const embedded = /** @type {Embedded} */ ((await /** @type {any} */ (window).SPRITENET) ?? {});
  if (embedded.core) useCore(await Core.fromBytes(/** @type {BufferSource} */ (embedded.core)));
  const model = await Model.load(embedded.model ?? 'model/');
  const what = subject(model.classNames);
  at('title').textContent = what ? `Draw ${what}` : 'Draw';
  document.title = what ? `Draw ${what} · Spritenet` : 'Draw · Spritenet';
  at('about').textContent = about(model);
  const [height, width, channels] = model.imageShape;
  at('size').textContent = `${width}×${height}${channels > 1 ? `, ${channels} channels` : ''}`;
  at('hint').append(what ? `Draw ${what} here` : 'Draw here');
  const other = document.createElement('span');
  other.className = 'small';
  other.textContent = 'or drop or paste an image';
  at('hint').append(other);
  at('stage').hidden = false;
  at('footer').hidden = false;
  shortcuts();
  const page = new Page(model, embedded);
  // For those who look behind the page, and for tests.
  Object.assign(window, { spritenetDraw: page });
  page.frame.now(); // the browser's next frame may be a while off
}

start().catch((error) => {
  at('about').textContent = '';
  const advice =
    error instanceof SpritenetError && error.todo
      ? ''
      : ' “spritenet draw MODEL” opens this page with a model.';
  report(error, 'The model can’t be shown. ', advice);
});
