// A paper to draw one image on, with undo: the drawing page's paper without a model.

import { Paper } from '../draw/paper.js';
import { Raster } from '../draw/raster.js';
import { Sheet } from '../draw/sheet.js';
import { element } from '../ui/dom.js';
import { Frame } from '../ui/frame.js';

/** @typedef {import('../draw/stroke.js').Stroke} Stroke */

const UNITS = 280; // of a side of the sheet
const PEN = 18;
const HELP = 'Drawing area. The arrow keys move the pen, the space bar lowers and lifts it.';

export class Sketch {
  /** @param {{ hint: string, changed: () => unknown }} options  `changed` is called once a frame */
  constructor({ hint, changed }) {
    this.changed = changed;
    this.sheet = new Sheet();
    this.ink = new Raster(UNITS, UNITS);
    /** @type {Stroke | null} */
    this.stroke = null;
    this.frame = new Frame(() => this.show());
    this.place = element('div', 'sketch paper');
    this.canvas = /** @type {HTMLCanvasElement} */ (element('canvas', ''));
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-roledescription', 'drawing area');
    this.canvas.setAttribute('aria-label', HELP);
    this.hint = element('p', 'hint', hint);
    this.hint.setAttribute('aria-hidden', 'true');
    const pen = element('span', 'pen');
    pen.hidden = true;
    this.place.append(this.canvas, this.hint, pen);
    this.undoButton = button('Undo stroke', () => this.undo());
    this.clearButton = button('Clear', () => this.clear());
    this.paper = new Paper(
      this.canvas,
      pen,
      { width: UNITS, height: UNITS },
      {
        begin: (x, y, share) => {
          if (this.sheet.isFull) return;
          this.stroke = this.sheet.begin(PEN);
          this.stroke.add(x, y, share);
          this.frame.schedule();
        },
        move: (x, y, share) => {
          if (this.stroke?.add(x, y, share)) this.frame.schedule();
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
    new ResizeObserver(() => {
      if (this.paper.fit()) this.redraw();
    }).observe(this.canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
    this.redraw();
  }

  get isEmpty() {
    return this.sheet.isEmpty;
  }

  /** Returns the drawing, light on black. */
  picture() {
    this.ink.clear();
    const line = this.ink.line.bind(this.ink);
    for (const stroke of this.sheet.strokes) {
      stroke.drawParts(0, line);
      stroke.drawEnd(line);
    }
    return { data: this.ink.data.slice(), height: UNITS, width: UNITS };
  }

  end() {
    if (!this.stroke) return;
    this.paper.extend(this.stroke);
    this.stroke = null;
    this.paper.part = 0;
    this.frame.schedule();
  }

  undo() {
    if (!this.stroke && this.sheet.undo()) this.redraw();
  }

  clear() {
    if (this.stroke) return;
    this.sheet.clear();
    this.redraw();
  }

  /** Forgets everything, for the next drawing. */
  empty() {
    this.stroke = null;
    this.sheet = new Sheet();
    this.redraw();
  }

  redraw() {
    this.paper.redraw(this.sheet.strokes, null);
    this.frame.schedule();
  }

  show() {
    if (this.stroke) this.paper.extend(this.stroke);
    this.hint.hidden = !this.isEmpty;
    this.undoButton.disabled = !this.sheet.canUndo;
    this.clearButton.disabled = this.isEmpty;
    this.changed();
  }
}

/**
 * A button.
 *
 * @param {string} text
 * @param {() => unknown} act
 * @param {string} [className]
 */
export function button(text, act, className = '') {
  const made = /** @type {HTMLButtonElement} */ (element('button', className, text));
  made.type = 'button';
  made.addEventListener('click', () => act());
  return made;
}
