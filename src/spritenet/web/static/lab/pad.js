// A sheet to draw on, and the prediction for it, during training too.

import { Paper } from '../draw/paper.js';
import { Reader } from '../draw/reader.js';
import { Sheet } from '../draw/sheet.js';
import { labelText } from '../lib/label-metrics.js';
import { Bars } from '../ui/bars.js';
import { Frame } from '../ui/frame.js';
import { drawPixels } from '../ui/pictures.js';
import { at } from './elements.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {import('../lib/prepare.js').Preparation} Preparation */

const PEN = 20; // units of the sheet, whose longer side has 280

/**
 * Makes the page's pad, for images that can be drawn.
 *
 * @param {import('./parts.js').Lesson} lesson
 * @param {Preparation | null} preparation  of a drawing; null if there is none
 * @returns {Pad | null}
 */
export function makePad({ imageShape, classNames }, preparation) {
  const old = at('pad');
  const canvas = old.cloneNode(true);
  old.replaceWith(canvas); // without the hands of the sheet before
  if (!preparation) return null;
  const places = {
    canvas,
    pen: at('pad-pen'),
    hint: at('pad-hint'),
    seen: at('pad-seen'),
    bars: at('pad-bars'),
    verdict: at('pad-verdict'),
    clear: at('pad-clear'),
    undo: at('pad-undo'),
  };
  return new Pad(places, { imageShape, preparation, classNames });
}

/**
 * Returns what is known of a model's confidence.
 *
 * @param {RemoteModel | null} model
 */
function noteOn(model) {
  if (!model || model.isMultiLabel) return '';
  const { rejection } = model.metadata;
  if (!rejection) return 'Not calibrated: how sure it is was never measured.';
  const { images, refused } = rejection.entry;
  const percent = `${(100 * refused).toFixed(1)} %`;
  return `Its confidence is calibrated on ${images} test images, ${percent} of which are rejected as “not sure”.`;
}

export class Pad {
  /**
   * @param {object} places
   * @param {HTMLCanvasElement} places.canvas
   * @param {HTMLElement} places.pen
   * @param {HTMLElement} places.hint
   * @param {HTMLCanvasElement} places.seen
   * @param {HTMLElement} places.bars
   * @param {HTMLElement} places.verdict
   * @param {HTMLButtonElement} places.clear
   * @param {HTMLButtonElement} places.undo
   * @param {{ imageShape: readonly number[], preparation: Preparation | null, classNames: readonly string[] }} input
   */
  constructor(places, input) {
    this.places = places;
    this.input = input;
    this.sheet = new Sheet();
    this.reader = new Reader(/** @type {any} */ (input)); // it asks for no more than these
    /** @type {RemoteModel | null} */
    this.model = null;
    /** @type {import('../draw/stroke.js').Stroke | null} */
    this.stroke = null;
    this.frame = new Frame(() => this.show());
    this.busy = false;
    this.again = false;
    places.bars.replaceChildren();
    this.bars = new Bars(places.bars, {
      names: input.classNames,
      label: 'Prediction: the probability of each class',
    });
    const { ink } = this.reader;
    this.paper = new Paper(
      places.canvas,
      places.pen,
      { width: ink.width, height: ink.height },
      {
        begin: (x, y, share) => {
          if (this.sheet.isFull) return;
          this.stroke = this.sheet.begin(PEN);
          this.stroke.add(x, y, share);
          this.schedule();
        },
        move: (x, y, share) => {
          if (this.stroke?.add(x, y, share)) this.schedule();
        },
        end: () => this.end(),
        cancel: () => {
          if (!this.stroke) return;
          this.stroke = null;
          this.sheet.items.pop();
          this.redraw();
        },
      },
    );
    places.clear.onclick = () => {
      this.sheet.clear();
      this.redraw();
    };
    places.undo.onclick = () => {
      if (!this.stroke && this.sheet.undo()) this.redraw();
    };
    this.observer = new ResizeObserver(() => {
      if (this.paper.fit()) this.redraw();
    });
    this.observer.observe(places.canvas);
    this.redraw();
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

  redraw() {
    this.paper.redraw(this.sheet.strokes, null);
    this.reader.redraw(this.sheet.strokes);
    this.schedule();
  }

  schedule() {
    this.frame.schedule();
  }

  show() {
    const { stroke, places, sheet } = this;
    if (stroke) {
      this.paper.extend(stroke);
      this.reader.extend(stroke);
    }
    places.hint.hidden = !sheet.isEmpty;
    places.clear.disabled = sheet.isEmpty;
    places.undo.disabled = !sheet.canUndo;
    at('pad-note').textContent = noteOn(this.model);
    drawPixels(places.seen, this.reader.input(sheet), this.input.imageShape);
    void this.ask();
  }

  /** Asks the network, one question at a time; the last one counts. */
  async ask() {
    const { model, sheet, places } = this;
    if (!model || sheet.isEmpty) {
      this.bars.clear();
      places.verdict.textContent = model ? 'Draw something.' : 'Train a network first.';
      return;
    }
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const answer = await model.classify(this.reader.input(sheet));
      if (model !== this.model) return;
      const { label, probabilities, present } = answer;
      if (present) {
        this.showSeveral(probabilities, present);
        return;
      }
      const sure = answer.sure || !model.calibrated; // it is soon after a training
      this.bars.set(probabilities, { sure });
      const { classNames } = this.input;
      places.verdict.textContent =
        sure && probabilities[label] >= 0.5
          ? `${classNames[label]}, it says`
          : `Not sure: ${classNames[label]}?`;
    } catch {
      // The model was replaced meanwhile.
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        void this.ask();
      }
    }
  }

  /**
   * Shows the classes from their thresholds on.
   *
   * @param {ArrayLike<number>} probabilities
   * @param {readonly boolean[]} present
   */
  showSeveral(probabilities, present) {
    const { classNames } = this.input;
    const thresholds = this.model?.metadata.thresholds;
    this.bars.thresholds = thresholds ?? new Array(classNames.length).fill(0.5);
    this.bars.set(probabilities);
    const found = labelText(present.map(Number), classNames);
    this.places.verdict.textContent = `${found}, it says`;
  }

  /** Takes it off the page. */
  close() {
    this.observer.disconnect();
    this.frame.cancel();
  }
}
