// The area under a curve through points at thresholds, as in Keras and in Python.

import { ModelError } from './errors.js';

/** @typedef {import('./metrics.js').Metric} Metric */
/** @typedef {{ curve?: string, numThresholds?: number }} AreaArguments */

/** @param {number} part @param {number} whole */
const ratio = (part, whole) => (whole ? part / whole : 0);

/**
 * Returns the metric. Its sums: how many right and wrong answers lie below each threshold.
 *
 * @param {string} name
 * @param {AreaArguments} how  `curve`: 'ROC' (recall against the false positive rate) or 'PR'
 *     (precision against recall)
 * @returns {Metric}
 */
export function areaUnderCurve(name, { curve = 'ROC', numThresholds: count = 200 }) {
  const kind = String(curve).toUpperCase();
  if (!['ROC', 'PR'].includes(kind)) {
    throw new ModelError('unknown curve', { where: name, expected: 'ROC or PR', got: curve });
  }
  if (!Number.isInteger(count) || count < 2) {
    throw new ModelError('invalid numThresholds', {
      where: name,
      expected: '2 or more',
      got: count,
    });
  }
  return {
    name,
    size: 2 * (count + 1),
    add(sums, { row, truth }) {
      row.forEach((value, c) => {
        const within = Math.min(Math.max(value, 0), 1);
        const below = Math.max(1, Math.ceil(Math.fround(within * (count - 1))));
        sums[below + (truth[c] !== 0 ? 0 : count + 1)] += 1;
      });
    },
    value(sums) {
      const right = above(sums.subarray(0, count + 1));
      const wrong = above(sums.subarray(count + 1));
      return kind === 'PR' ? precisionRecall(right, wrong) : operating(right, wrong);
    },
  };
}

/** Returns the number above at least so many thresholds. @param {Float64Array} ended */
function above(ended) {
  const sums = ended.slice();
  for (let t = sums.length - 2; t >= 0; t--) sums[t] += sums[t + 1];
  return sums;
}

/**
 * The area under the receiver operating characteristic, by trapezia.
 *
 * @param {Float64Array} right  all positives, then those above each threshold
 * @param {Float64Array} wrong  likewise of negatives
 */
function operating(right, wrong) {
  let area = 0;
  for (let t = 1; t + 1 < right.length; t++) {
    const step = ratio(wrong[t], wrong[0]) - ratio(wrong[t + 1], wrong[0]);
    area += (step * (ratio(right[t], right[0]) + ratio(right[t + 1], right[0]))) / 2;
  }
  return area;
}

/**
 * The area under the curve of precision and recall. Between points true positives are interpolated, not
 * the precision (Davis and Goadrich, 2006).
 *
 * @param {Float64Array} right
 * @param {Float64Array} wrong
 */
function precisionRecall(right, wrong) {
  let area = 0;
  for (let t = 1; t + 1 < right.length; t++) {
    const [more, fewer] = [right[t] + wrong[t], right[t + 1] + wrong[t + 1]];
    const gained = right[t] - right[t + 1];
    const slope = ratio(gained, more - fewer);
    const offset = right[t + 1] - slope * fewer;
    const growth = more > 0 && fewer > 0 ? more / fewer : 1;
    area += ratio(slope * (gained + offset * Math.log(growth)), right[0]);
  }
  return area;
}
