// The summary of a chart: its lines in words, for screen readers.

import { lastKnown } from './chart-legend.js';
import { element } from './dom.js';
import { plain } from './numbers.js';
import { extremes } from './points.js';

/** @typedef {import('./points.js').Numbers} Numbers */

const EVERY = 2000; // milliseconds, so that nobody is interrupted

export class Summary {
  constructor() {
    this.root = element('p', 'visually-hidden chart-summary');
    this.written = -Infinity;
    /** @type {ReturnType<typeof setTimeout> | 0} */
    this.later = 0;
  }

  /**
   * Writes a text, now or when it is time for the next one.
   *
   * @param {() => string} text
   */
  show(text) {
    const early = this.written + EVERY - performance.now();
    if (early > 0) {
      this.later ||= setTimeout(() => {
        this.later = 0;
        this.show(text);
      }, early + 1);
      return;
    }
    this.written = performance.now();
    this.root.textContent = text();
  }

  cancel() {
    clearTimeout(this.later);
  }
}

/**
 * Returns a sentence about a line: its last, lowest and highest value.
 *
 * @param {string} name
 * @param {Numbers} x
 * @param {Numbers} values
 * @param {string} label  of the x axis
 * @param {(value: number) => string} format
 */
export function sentence(name, x, values, label, format) {
  const last = lastKnown(values);
  if (last < 0) return `${name}: no data.`;
  const { low, high, lowAt, highAt } = extremes(values);
  const where = (/** @type {number} */ at) => `at ${plain(x[at])} ${label}`;
  return (
    `${name}: ${values.length.toLocaleString('en')} points, last ${format(values[last])} ` +
    `${where(last)}, lowest ${format(low)} ${where(lowAt)}, highest ${format(high)} ${where(highAt)}.`
  );
}
