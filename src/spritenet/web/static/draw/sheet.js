// The sheet: strokes and images on it, with undo and redo.
//
// Knows neither a canvas nor a model.

import { Stroke } from './stroke.js';

/** @typedef {{ data: Uint8Array | Uint8ClampedArray, width: number, height: number }} Picture  1, 3 or 4 bytes a pixel */
/** @typedef {{ kind: 'stroke', stroke: Stroke } | { kind: 'picture', picture: Picture } | { kind: 'clear' }} Item */

const MOST_POINTS = 60_000; // of all strokes: a quarter of an hour without lifting
const MOST_PICTURES = 4;

export class Sheet {
  constructor() {
    /** @type {Item[]} */
    this.items = [];
    /** @type {Item[]} */
    this.undone = [];
  }

  /** The strokes to be seen. @returns {Stroke[]} */
  get strokes() {
    const strokes = [];
    for (let i = this.items.length - 1; i >= 0; i--) {
      const item = this.items[i];
      if (item.kind !== 'stroke') break;
      strokes.push(item.stroke);
      if (item.stroke.fresh) break;
    }
    return strokes.reverse();
  }

  /** The picture to be seen, if no stroke covers it. @returns {Picture | null} */
  get picture() {
    const last = this.items[this.items.length - 1];
    return last?.kind === 'picture' ? last.picture : null;
  }

  get isEmpty() {
    return this.strokes.length === 0 && !this.picture;
  }

  get canUndo() {
    return this.items.length > 0;
  }

  /** Returns true if no stroke can be added. */
  get isFull() {
    return pointsOf(this.strokes) >= MOST_POINTS;
  }

  /**
   * A new stroke; the first after a picture begins a drawing of its own.
   *
   * @param {number} width
   */
  begin(width) {
    const stroke = new Stroke(width, this.picture !== null);
    this.push({ kind: 'stroke', stroke });
    return stroke;
  }

  /** @param {Picture} picture  instead of what is there */
  show(picture) {
    this.push({ kind: 'picture', picture });
  }

  /** Shows a picture in place of the one that is seen. @param {Picture} picture */
  replace(picture) {
    const last = this.items[this.items.length - 1];
    if (last?.kind === 'picture') last.picture = picture;
    else this.show(picture);
  }

  clear() {
    if (!this.isEmpty) this.push({ kind: 'clear' });
  }

  /** Takes back the last stroke, picture or clearing. */
  undo() {
    const item = this.items.pop();
    if (item) this.undone.push(item);
    return item !== undefined;
  }

  redo() {
    const item = this.undone.pop();
    if (item) this.items.push(item);
    return item !== undefined;
  }

  /** @param {Item} item */
  push(item) {
    this.items.push(item);
    this.undone = [];
    // Visible strokes stay; the oldest that can be undone goes.
    const seen = Math.max(1, this.strokes.length);
    while (
      this.items.length > seen &&
      (this.points > MOST_POINTS || this.pictures > MOST_PICTURES)
    ) {
      this.items.shift();
    }
  }

  /** The number of points of all strokes that can be undone. */
  get points() {
    return pointsOf(this.items.flatMap((item) => (item.kind === 'stroke' ? item.stroke : [])));
  }

  get pictures() {
    return this.items.filter(({ kind }) => kind === 'picture').length;
  }
}

/** @param {readonly Stroke[]} strokes */
function pointsOf(strokes) {
  return strokes.reduce((sum, stroke) => sum + stroke.count, 0);
}
