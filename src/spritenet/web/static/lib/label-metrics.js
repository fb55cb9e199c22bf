// Metrics of multi-label predictions: an image has several classes or none. As spritenet/metrics in Python.

/**
 * Metrics of each class, and of the images.
 *
 * @typedef {object} LabelMetrics
 * @property {Float64Array} thresholds  the probability from which on a class is predicted
 * @property {Float64Array} precision  0 where nothing is predicted
 * @property {Float64Array} recall  0 without images
 * @property {Float64Array} f1
 * @property {Int32Array} support  images with the class
 * @property {Int32Array} predicted  images predicted as the class
 * @property {number} exactMatch  the fraction of images of which all classes are right
 * @property {number} binaryAccuracy  the fraction of right answers
 */

/**
 * @param {ArrayLike<number>} rows  n × k of 0 and 1
 * @param {ArrayLike<number>} probabilities  n × k
 * @param {ArrayLike<number>} thresholds  k
 * @returns {LabelMetrics}
 */
export function labelMetrics(rows, probabilities, thresholds) {
  const k = thresholds.length;
  const n = rows.length / k;
  const [support, predicted, right] = [0, 1, 2].map(() => new Int32Array(k));
  let exact = 0;
  let same = 0;
  for (let i = 0; i < n; i++) {
    let wrong = 0;
    for (let j = 0; j < k; j++) {
      const there = rows[i * k + j] === 1;
      const found = probabilities[i * k + j] >= thresholds[j];
      support[j] += Number(there);
      predicted[j] += Number(found);
      right[j] += Number(there && found);
      wrong += Number(there !== found);
    }
    exact += Number(wrong === 0);
    same += k - wrong;
  }
  /** @param {(j: number) => number} part @param {(j: number) => number} whole */
  const fractions = (part, whole) =>
    Float64Array.from(support, (_, j) => (whole(j) ? part(j) / whole(j) : 0));
  return {
    thresholds: Float64Array.from(thresholds),
    precision: fractions(
      (j) => right[j],
      (j) => predicted[j],
    ),
    recall: fractions(
      (j) => right[j],
      (j) => support[j],
    ),
    f1: fractions(
      (j) => 2 * right[j],
      (j) => predicted[j] + support[j],
    ),
    support,
    predicted,
    exactMatch: exact / Math.max(1, n),
    binaryAccuracy: same / Math.max(1, n * k),
  };
}

/**
 * The threshold of each class that maximizes its F1: halfway between two probabilities, of several the
 * one nearest to 0.5. A class without images keeps 0.5.
 *
 * @param {ArrayLike<number>} rows  n × k of 0 and 1
 * @param {ArrayLike<number>} probabilities  n × k
 * @param {number} k
 * @returns {Float64Array}
 */
export function bestThresholds(rows, probabilities, k) {
  const n = rows.length / k;
  return Float64Array.from({ length: k }, (_, j) => {
    const order = Array.from({ length: n }, (__, i) => i * k + j).sort(
      (a, b) => probabilities[b] - probabilities[a],
    );
    const positives = order.reduce((sum, at) => sum + rows[at], 0);
    let [best, threshold, right] = [-1, 0.5, 0];
    order.forEach((at, place) => {
      right += rows[at];
      const here = probabilities[at];
      const below = place + 1 < n ? probabilities[order[place + 1]] : 0;
      if (!positives || (below === here && place + 1 < n)) return;
      const f1 = (2 * right) / (place + 1 + positives);
      const halfway = (here + below) / 2;
      const nearer = Math.abs(halfway - 0.5) < Math.abs(threshold - 0.5);
      if (f1 > best || (f1 === best && nearer)) [best, threshold] = [f1, halfway];
    });
    return threshold;
  });
}

/**
 * Returns the classes in a row of 0 and 1, in words.
 *
 * @param {ArrayLike<number>} row
 * @param {readonly string[]} names
 */
export function labelText(row, names) {
  return names.filter((_, j) => row[j]).join(', ') || 'no label';
}
