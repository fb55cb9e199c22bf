// Metrics besides loss and accuracy: sums over images, and the values that follow, as in Python.
// measures.js adds them up.

import { areaUnderCurve } from './auc.js';
import { ModelError } from './errors.js';

/**
 * A metric as `compile` takes it: a name, or an object with arguments,
 * `{ name: 'top_k_categorical_accuracy', k: 3 }`.
 *
 * @typedef {string | ({ name: string } & Arguments)} MetricOption
 */
/**
 * A metric.
 *
 * @typedef {object} Metric
 * @property {string} name  Keras's
 * @property {number} size  of its sums
 * @property {(sums: Float64Array, image: Judged) => void} add  what an image adds to them
 * @property {(sums: Float64Array) => number} value
 */
/**
 * An image's outputs beside what they should be.
 *
 * @typedef {object} Judged
 * @property {Float32Array} row  its outputs, or the probabilities they are logits of
 * @property {Float32Array} truth  its targets; of a label, 1 at its place
 * @property {number} label  its class
 * @property {boolean} several  each output is a yes or no
 */
/**
 * @typedef {object} Options
 * @property {number} [k]  of the accuracy of the k most probable classes
 * @property {number} [threshold]  from which on an answer is yes
 * @property {number} [classId]  the class that precision and recall look at; all of them by default
 */
/** @typedef {Options & import('./auc.js').AreaArguments} Arguments */

const HALF = 0.5;
const EPSILON = 1e-7; // Keras's, added to what is divided by
const NOTHING = 1e-9; // outputs this small are not taken for the largest, as in Keras

/** @param {number} part @param {number} whole */
const ratio = (part, whole) => (whole ? part / whole : 0);

/** @param {string} name @param {number} outputs @param {Arguments} how @returns {Metric} */
function topK(name, outputs, { k = 5 }) {
  if (!Number.isInteger(k) || k < 1 || k > outputs) {
    throw new ModelError('invalid k', { where: name, expected: `1 to ${outputs}`, got: k });
  }
  return {
    name,
    size: 2,
    add(sums, { row, label }) {
      const larger = row.reduce((count, value) => count + Number(value > row[label]), 0);
      sums[0] += Number(larger < k);
      sums[1] += 1;
    },
    value: ([right, count]) => ratio(right, count),
  };
}

/** @param {string} name @param {number} outputs @param {Arguments} how @returns {Metric} */
function precisionOrRecall(name, outputs, { threshold = HALF, classId }) {
  if (classId !== undefined && !(Number.isInteger(classId) && classId >= 0 && classId < outputs)) {
    throw new ModelError('classId is out of range', {
      where: name,
      expected: `0 … ${outputs - 1}`,
      got: classId,
    });
  }
  return {
    name,
    size: 3, // right, said to be yes, that are yes
    add(sums, { row, truth }) {
      row.forEach((value, c) => {
        if (classId !== undefined && c !== classId) return;
        const said = Number(value > Math.fround(threshold));
        const yes = Number(truth[c] !== 0);
        sums[0] += said * yes;
        sums[1] += said;
        sums[2] += yes;
      });
    },
    value: (sums) => ratio(sums[0], sums[name === 'precision' ? 1 : 2]),
  };
}

/** The macro average. @param {string} name @param {number} outputs @param {Arguments} how @returns {Metric} */
function f1(name, outputs, { threshold }) {
  return {
    name,
    size: 3 * outputs, // of each class: right, wrong, all that are of it
    add(sums, { row, truth, several }) {
      const least = threshold ?? (several || outputs === 1 ? HALF : undefined);
      const most = Math.max(...row);
      row.forEach((value, c) => {
        const said =
          least === undefined
            ? value >= most && Math.abs(value) > NOTHING
            : value > Math.fround(least);
        if (said) {
          sums[3 * c] += truth[c];
          sums[3 * c + 1] += 1 - truth[c];
        }
        sums[3 * c + 2] += truth[c];
      });
    },
    value(sums) {
      let whole = 0;
      for (let c = 0; c < outputs; c++) {
        const [right, wrong, all] = sums.subarray(3 * c, 3 * c + 3);
        const precision = right / (right + wrong + EPSILON);
        const recall = right / (all + EPSILON);
        whole += (2 * precision * recall) / (precision + recall + EPSILON);
      }
      return whole / outputs;
    },
  };
}

/** The mean recall of the classes that occur. @param {string} name @param {number} outputs @returns {Metric} */
function balancedAccuracy(name, outputs) {
  const classes = Math.max(2, outputs);
  return {
    name,
    size: 2 * classes, // of each class: right, all
    add(sums, { row, truth, label }) {
      const one = outputs === 1;
      const known = one ? Number(truth[0] > HALF) : label;
      const found = one ? Number(row[0] > HALF) : row.indexOf(Math.max(...row));
      sums[2 * known] += Number(found === known);
      sums[2 * known + 1] += 1;
    },
    value(sums) {
      let whole = 0;
      let there = 0;
      for (let c = 0; c < classes; c++) {
        if (!sums[2 * c + 1]) continue;
        whole += sums[2 * c] / sums[2 * c + 1];
        there++;
      }
      return ratio(whole, there);
    },
  };
}

/** @type {Record<string, (name: string, outputs: number, how: Arguments) => Metric>} */
const KINDS = {
  precision: precisionOrRecall,
  recall: precisionOrRecall,
  f1_score: f1,
  balanced_accuracy: balancedAccuracy,
  auc: (name, _, how) => areaUnderCurve(name, how),
  top_k_categorical_accuracy: topK,
  sparse_top_k_categorical_accuracy: topK,
};

/** A name as all spellings of it have it. @param {unknown} name */
const plain = (name) => String(name).toLowerCase().replaceAll('_', '');

/**
 * Returns the metrics of `compile`; the accuracy is always there.
 *
 * @param {readonly MetricOption[]} given
 * @param {number} outputs  of the network
 * @returns {Metric[]}
 */
export function makeMetrics(given, outputs) {
  const wanted = given.map((one) => (typeof one === 'string' ? { name: one } : one));
  return wanted
    .filter(({ name }) => !['accuracy', 'acc'].includes(name))
    .map(({ name, ...how }) => {
      const known = Object.keys(KINDS).find((one) => plain(one) === plain(name));
      if (!known) {
        throw new ModelError('unknown metric', {
          expected: `one of accuracy, ${Object.keys(KINDS).join(', ')}`,
          got: name,
        });
      }
      return KINDS[known](known, outputs, how);
    });
}
