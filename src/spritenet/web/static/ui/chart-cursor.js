// A chart's cursor by keyboard: arrows, page keys, Home and End move it, Escape takes it away.

/** @typedef {import('../vendor/uplot.js')} Plot */

const STEP = 4; // pixels
const STEPS = /** @type {Record<string, number>} */ ({
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -20,
  PageDown: 20,
  Home: -1e9,
  End: 1e9,
});

/**
 * Moves the cursor of a plot; nothing happens at other keys.
 *
 * @param {Plot} plot
 * @param {KeyboardEvent} event
 * @returns {boolean}  true if it stands at other values now
 */
export function moveCursor(plot, event) {
  const isAway = event.key === 'Escape';
  if (!isAway && !Object.hasOwn(STEPS, event.key)) return false;
  event.preventDefault();
  const width = plot.over.clientWidth;
  const { left = -1 } = plot.cursor;
  if (isAway) plot.setCursor({ left: -10, top: -10 });
  else {
    const to = (left >= 0 ? left : width) + STEP * STEPS[event.key];
    plot.setCursor({ left: Math.min(width - 1, Math.max(0, to)), top: 1 });
  }
  return !isAway;
}
