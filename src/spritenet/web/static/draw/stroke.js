// A pen line: the points a hand gave, and the smooth line through them.
//
// Lengths are in units of the sheet, whose longer side has 280. Everything shown or recognised is made
// from these points, so undoing, resizing and another screen give the same line again.

const STEP = 2; // units: how long the straight pieces of a curve are
const NEAREST = 0.35; // units: nearer points say nothing new

/** @typedef {(x0: number, y0: number, x1: number, y1: number, radius: number) => void} Draw */

export class Stroke {
  /**
   * @param {number} width  of the pen, in units
   * @param {boolean} [fresh]  whether it begins a new drawing
   */
  constructor(width, fresh = false) {
    this.width = width;
    this.fresh = fresh;
    /** @type {number[]} x, y and the fraction of the width, of point after point */
    this.points = [];
  }

  /** The number of points. */
  get count() {
    return this.points.length / 3;
  }

  /**
   * The next point; one that is where the last was is left out.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} [share]  of the width: the pen's pressure
   * @returns {boolean}  whether it was taken
   */
  add(x, y, share = 1) {
    const { points } = this;
    const last = points.length - 3;
    if (last >= 0 && Math.hypot(x - points[last], y - points[last + 1]) < NEAREST) return false;
    points.push(x, y, share);
    return true;
  }

  /**
   * Draws the parts of the line from number `first` on that no further point will change: quadratic
   * curves from middle to middle of neighbouring points.
   *
   * @param {number} first
   * @param {Draw} draw
   * @returns {number}  the number of the next part
   */
  drawParts(first, draw) {
    const { points } = this;
    const parts = this.count - 1;
    for (let i = first; i < parts; i++) {
      const [x0, y0, s0] = this.middle(i - 1);
      const [x2, y2, s2] = this.middle(i);
      const x1 = points[3 * i];
      const y1 = points[3 * i + 1];
      const length = Math.hypot(x1 - x0, y1 - y0) + Math.hypot(x2 - x1, y2 - y1);
      const steps = i === 0 ? 1 : Math.max(1, Math.min(64, Math.ceil(length / STEP)));
      let fromX = x0;
      let fromY = y0;
      for (let k = 1; k <= steps; k++) {
        const t = k / steps;
        const u = 1 - t;
        const x = u * u * x0 + 2 * u * t * x1 + t * t * x2;
        const y = u * u * y0 + 2 * u * t * y1 + t * t * y2;
        draw(fromX, fromY, x, y, (this.width * (u * s0 + t * s2)) / 2);
        fromX = x;
        fromY = y;
      }
    }
    return Math.max(first, parts);
  }

  /**
   * Draws the line's end, to where the pen is now; a dot, if it hasn't moved.
   *
   * @param {Draw} draw
   */
  drawEnd(draw) {
    const last = this.points.length - 3;
    if (last < 0) return;
    const [x, y, share] = this.middle(this.count - 2);
    const end = this.points[last + 2];
    draw(x, y, this.points[last], this.points[last + 1], (this.width * (share + end)) / 4);
  }

  /**
   * The middle between points i and i + 1; the first point for -1.
   *
   * @param {number} i
   */
  middle(i) {
    const { points } = this;
    if (i < 0) return [points[0], points[1], points[2]];
    const at = 3 * i;
    return [
      (points[at] + points[at + 3]) / 2,
      (points[at + 1] + points[at + 4]) / 2,
      (points[at + 2] + points[at + 5]) / 2,
    ];
  }
}
