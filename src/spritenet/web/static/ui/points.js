// Points of lines, before they are drawn: thinned to what a screen can show, smoothed, joined.
//
// Knows numbers only. What is drawn of 100,000 points looks the same, pixel by pixel, as all of them.

/** @typedef {ArrayLike<number>} Numbers  NaN is a gap */
/** @typedef {{x: number[], y: (number | null)[]}} Thin  null is a gap */

/**
 * First place whose number is not below `value`.
 *
 * @param {Numbers} sorted  ascending
 * @param {number} value
 */
export function lowerBound(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The place of the number nearest to `value`; -1 if there is none.
 *
 * @param {Numbers} sorted  ascending
 * @param {number} value
 */
export function nearest(sorted, value) {
  const after = lowerBound(sorted, value);
  if (after === 0) return sorted.length ? 0 : -1;
  if (after === sorted.length) return after - 1;
  return value - sorted[after - 1] <= sorted[after] - value ? after - 1 : after;
}

/**
 * Of each column of the screen only the first, the lowest, the highest and the last point: a line
 * drawn through these covers the same pixels. Uwe Jugel and others, "M4: a visualization-oriented time
 * series data aggregation", 2014.
 *
 * @param {Numbers} x  ascending
 * @param {Numbers} y
 * @param {number} from  the left edge; one more point on either side is kept, so that lines go on
 * @param {number} to  the right edge
 * @param {number} columns  of the screen
 * @returns {Thin}
 */
export function thin(x, y, from, to, columns) {
  const count = Math.min(x.length, y.length);
  const first = Math.max(0, lowerBound(x, from) - 1);
  let end = lowerBound(x, to);
  while (end < count && x[end] <= to) end += 1;
  end = Math.min(count, end + 1);
  const made = /** @type {Thin} */ ({ x: [], y: [] });
  const keep = (/** @type {number} */ at) => {
    made.x.push(x[at]);
    made.y.push(y[at]);
  };
  if (end - first <= 4 * columns) {
    for (let at = first; at < end; at += 1) {
      made.x.push(x[at]);
      made.y.push(Number.isNaN(y[at]) ? null : y[at]);
    }
    return made;
  }
  const scale = columns / (to - from || 1);
  let column = NaN;
  let [start, low, high, last] = [-1, -1, -1, -1];
  const flush = () => {
    if (start < 0) return;
    const [one, other] = low < high ? [low, high] : [high, low];
    keep(start);
    if (one > start) keep(one);
    if (other > one) keep(other);
    if (last > other) keep(last);
    start = -1;
  };
  for (let at = first; at < end; at += 1) {
    const value = y[at];
    if (Number.isNaN(value)) {
      flush();
      if (made.y.length && made.y[made.y.length - 1] !== null) {
        made.x.push(x[at]);
        made.y.push(null);
      }
      continue;
    }
    const here = Math.floor((x[at] - from) * scale);
    if (start < 0 || here !== column) {
      flush();
      column = here;
      start = low = high = at;
    }
    if (value < y[low]) low = at;
    if (value > y[high]) high = at;
    last = at;
  }
  flush();
  return made;
}

/**
 * The mean of each point and its neighbours on both sides, `window` in all, fewer at the ends. So it
 * doesn't lag behind, as means of the past do. Gaps stay gaps.
 *
 * @param {Numbers} y
 * @param {number} window  points; odd
 * @returns {Float64Array}
 */
export function smooth(y, window) {
  const count = y.length;
  const half = Math.floor((window - 1) / 2);
  const sums = new Float64Array(count + 1);
  const known = new Uint32Array(count + 1);
  for (let at = 0; at < count; at += 1) {
    const there = Number.isFinite(y[at]);
    sums[at + 1] = sums[at] + (there ? y[at] : 0);
    known[at + 1] = known[at] + (there ? 1 : 0);
  }
  const means = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    const [from, to] = [Math.max(0, at - half), Math.min(count, at + half + 1)];
    means[at] = Number.isFinite(y[at]) ? (sums[to] - sums[from]) / (known[to] - known[from]) : NaN;
  }
  return means;
}

/**
 * One row of x for all lines, as uPlot wants it: where a line has no point there it gets `undefined`,
 * which is no gap.
 *
 * @param {Thin[]} lines
 * @returns {[number[], ...(number | null | undefined)[][]]}
 */
export function join(lines) {
  if (lines.length === 1) return [lines[0].x, lines[0].y];
  const every = Float64Array.from(lines.flatMap((line) => line.x)).sort();
  /** @type {number[]} */
  const x = [];
  for (const value of every) if (x[x.length - 1] !== value) x.push(value);
  const rows = lines.map((line) => {
    const row = /** @type {(number | null | undefined)[]} */ (new Array(x.length).fill(undefined));
    let at = 0;
    for (let own = 0; own < line.x.length; own += 1) {
      while (x[at] !== line.x[own]) at += 1;
      row[at] = line.y[own];
    }
    return row;
  });
  return [x, ...rows];
}

/**
 * Returns the lowest and the highest finite number.
 *
 * @param {Numbers} y
 * @returns {{low: number, high: number, lowAt: number, highAt: number}}  -1 where there is none
 */
export function extremes(y) {
  let [lowAt, highAt] = [-1, -1];
  for (let at = 0; at < y.length; at += 1) {
    if (!Number.isFinite(y[at])) continue;
    if (lowAt < 0 || y[at] < y[lowAt]) lowAt = at;
    if (highAt < 0 || y[at] > y[highAt]) highAt = at;
  }
  return { low: lowAt < 0 ? NaN : y[lowAt], high: highAt < 0 ? NaN : y[highAt], lowAt, highAt };
}
