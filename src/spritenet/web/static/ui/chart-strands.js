// Strands: lines as a chart draws them. A smoothed one has its raw self, faint, behind it.

import { smooth } from './points.js';

/** @typedef {import('./chart.js').Line} Line */
/** @typedef {import('./chart-plot.js').Strand} Strand */
/** @typedef {import('./points.js').Numbers} Numbers */

/** Means of neighbouring points, kept until a line grows. */
export class Means {
  /** @type {Map<string, {y: Numbers, window: number, mean: Float64Array}>} */
  kept = new Map();

  /**
   * Returns the means of a line.
   *
   * @param {Line} line
   * @param {number} window  points of a mean
   */
  of({ name, values }, window) {
    const kept = this.kept.get(name);
    const isSame = kept && kept.y === values && kept.window === window;
    if (isSame && kept.mean.length === values.length) return kept.mean;
    const mean = smooth(values, window);
    this.kept.set(name, { y: values, window, mean });
    return mean;
  }
}

/**
 * Returns the strands of the lines that aren't hidden.
 *
 * @param {readonly Line[]} lines
 * @param {ReadonlySet<string>} hidden  names
 * @param {(line: Line) => Float64Array | null} meanOf  null for a line that isn't smoothed
 * @returns {Strand[]}
 */
export function strandsOf(lines, hidden, meanOf) {
  return lines.flatMap((line, place) => {
    if (hidden.has(line.name)) return [];
    const raw = { line, place, y: line.values, raw: false };
    const y = meanOf(line);
    return y
      ? [
          { ...raw, raw: true },
          { line, place, y, raw: false },
        ]
      : [raw];
  });
}
