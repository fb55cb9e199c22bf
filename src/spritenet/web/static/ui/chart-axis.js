// The y axis of a chart: its label, its range and the numbers beside it.

import { plain } from './numbers.js';

/** @typedef {import('./chart.js').YAxis} YAxis */
/** @typedef {{ log: boolean, fitted: boolean }} Scale  what the reader chose */

/**
 * Returns the label, with the scale if that is not what one expects.
 *
 * @param {YAxis} axis
 * @param {Scale} scale
 */
export function axisLabel({ label }, { log, fitted }) {
  if (log) return `${label}, log scale`;
  return fitted ? `${label} (zoomed in)` : label;
}

/**
 * Returns the lowest and highest value of the axis.
 *
 * @param {YAxis} axis
 * @param {Scale} scale
 * @param {number | null} low  of the data that is seen
 * @param {number | null} high
 * @returns {[number, number]}
 */
export function axisRange({ from, to }, { log, fitted }, low, high) {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) {
    return log ? [0.1, 1] : [from ?? 0, to ?? 1];
  }
  if (log) {
    const least = Math.max(low, 1e-12);
    return [least / 1.2, 1.2 * Math.max(high, 2 * least)];
  }
  const room = 0.05 * (high - low || Math.abs(high) || 1);
  const bottom = fitted || from === undefined ? low - room : Math.min(from, low);
  const top = fitted || to === undefined ? high + room : Math.max(to, high);
  return [bottom, top > bottom ? top : bottom + 1];
}

/**
 * Returns the numbers beside the axis; on a log scale only those there is room for.
 *
 * @param {YAxis} axis
 * @param {Scale} scale
 * @param {(number | null)[]} ticks
 */
export function tickTexts({ tick }, { log }, ticks) {
  return ticks.map((value) => {
    if (value === null || (log && !isRound(value))) return '';
    return tick ? tick(value) : plain(value);
  });
}

/** Returns true for 1, 2 or 5 times a power of ten. @param {number} value */
function isRound(value) {
  return ['1', '2', '5'].includes(value.toExponential(2).replace(/\.?0*e.*/, ''));
}

/**
 * Returns the pixels that texts beside the axis take.
 *
 * @param {string[] | null} texts
 * @param {string} font
 */
export function axisWidth(texts, font) {
  measuring ??= document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (measuring.getContext('2d'));
  context.font = font;
  const widths = (texts ?? []).map((text) => context.measureText(text ?? '').width);
  return 10 + Math.ceil(Math.max(16, ...widths));
}

/** @type {HTMLCanvasElement | undefined} */
let measuring; // text
