// Problems of a set of images: duplicates, labels that look wrong, classes that need more. No DOM.

import { counted } from './project.js';

/** @typedef {import('./project.js').Entry} Entry */
/** @typedef {import('./project.js').Class} Class */
/**
 * A label that looks wrong.
 *
 * @typedef {{ id: number, label: number, looks: number, confidence: number }} Suspect
 */
/**
 * Images that are the same, or nearly.
 *
 * @typedef {{ ids: number[], exact: boolean, classes: number[] }} Group
 */

const ENOUGH = 20; // images of a class
const RECALL = 0.8; // less needs more images
const SINGLE = 2; // classes of which each has a line of its own
const ALIKE = 0.05; // of the contrast: images that differ by less are nearly the same
const CELLS = 8; // a side of the thumbnail by which most pairs are told apart
const CELL_ALIKE = 0.12; // of the contrast of the thumbnail

/**
 * Returns groups of images that are the same or nearly so, as the network sees them.
 *
 * @param {readonly Entry[]} entries
 * @param {readonly Uint8Array[]} inputs
 * @param {readonly number[]} shape  height, width, channels
 * @returns {Group[]}
 */
export function duplicates(entries, inputs, shape) {
  const small = inputs.map((input) => thumbnail(input, shape));
  const contrasts = inputs.map(contrast);
  const smallContrasts = small.map(contrast);
  const parent = entries.map((_, i) => i);
  const exact = entries.map(() => true);
  const root = (/** @type {number} */ i) => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (let i = 1; i < entries.length; i++) {
    for (let j = 0; j < i; j++) {
      const room = CELL_ALIKE * (smallContrasts[i] + smallContrasts[j]);
      if (root(i) === root(j) || distance(small[i], small[j], room) > room) continue;
      const most = ALIKE * (contrasts[i] + contrasts[j]);
      const apart = distance(inputs[i], inputs[j], most);
      if (apart > most) continue;
      const [a, b] = [root(i), root(j)];
      parent[a] = b;
      exact[b] = exact[a] && exact[b] && apart === 0;
    }
  }
  /** @type {Map<number, number[]>} */
  const groups = new Map();
  entries.forEach((_, i) => groups.set(root(i), [...(groups.get(root(i)) ?? []), i]));
  return [...groups.entries()]
    .filter(([, members]) => members.length > 1)
    .map(([key, members]) => ({
      ids: members.map((i) => entries[i].id),
      exact: exact[key],
      classes: [...new Set(members.map((i) => entries[i].label))],
    }));
}

/** The sum of the deviations from the mean. @param {ArrayLike<number>} values */
function contrast(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let all = 0;
  for (let i = 0; i < values.length; i++) all += Math.abs(values[i] - mean);
  return all;
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} most  from which on it doesn't matter */
function distance(a, b, most) {
  let sum = 0;
  for (let i = 0; i < a.length && sum <= most; i++) sum += Math.abs(a[i] - b[i]);
  return sum;
}

/** The means of 8 × 8 parts. @param {Uint8Array} input @param {readonly number[]} shape */
function thumbnail(input, [height, width, channels]) {
  const sums = new Float32Array(CELLS * CELLS);
  const counts = new Float32Array(CELLS * CELLS);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const cell = Math.floor((r * CELLS) / height) * CELLS + Math.floor((c * CELLS) / width);
      for (let k = 0; k < channels; k++) sums[cell] += input[(r * width + c) * channels + k];
      counts[cell] += channels;
    }
  }
  return sums.map((sum, i) => (counts[i] ? sum / counts[i] : 0));
}

/**
 * Returns the fold of each image: neighbours of a class are together, as images of one recording are
 * nearly the same.
 *
 * @param {ArrayLike<number>} labels
 * @param {number} folds
 */
export function foldsOf(labels, folds) {
  const counts = new Map();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  const seen = new Map();
  return Array.from(labels, (label) => {
    const place = seen.get(label) ?? 0;
    seen.set(label, place + 1);
    return Math.floor((place * folds) / counts.get(label));
  });
}

/**
 * Returns the labels that look wrong, the likeliest first: another class is predicted with at least the
 * mean confidence that its own images have (confident learning, Northcutt et al. 2021).
 *
 * @param {readonly Entry[]} entries
 * @param {readonly Class[]} classes
 * @param {ArrayLike<number>} labels  class indices
 * @param {ArrayLike<number>} probabilities  n × classes, of networks that had not seen the image
 * @returns {Suspect[]}
 */
export function mislabelled(entries, classes, labels, probabilities) {
  const k = classes.length;
  const sums = new Float64Array(k);
  const counts = new Float64Array(k);
  for (let i = 0; i < labels.length; i++) {
    sums[labels[i]] += probabilities[i * k + labels[i]];
    counts[labels[i]]++;
  }
  const suspects = /** @type {Suspect[]} */ ([]);
  entries.forEach(({ id, label }, i) => {
    const best = bestOf(probabilities, i, k);
    const confidence = probabilities[i * k + best];
    if (best === labels[i] || confidence < Math.max(0.5, sums[best] / counts[best])) return;
    suspects.push({ id, label, looks: classes[best].id, confidence });
  });
  return suspects.sort((a, b) => b.confidence - a.confidence);
}

/** The index of the likeliest class. @param {ArrayLike<number>} probabilities @param {number} i @param {number} k */
export function bestOf(probabilities, i, k) {
  let best = 0;
  for (let c = 1; c < k; c++) {
    if (probabilities[i * k + c] > probabilities[i * k + best]) best = c;
  }
  return best;
}

/**
 * Returns the fraction of images predicted correctly, of all and of each class, and the confidence that
 * all but a twentieth of these have.
 *
 * @param {ArrayLike<number>} labels
 * @param {ArrayLike<number>} probabilities  n × classes
 * @param {number} k  classes
 */
export function recalls(labels, probabilities, k) {
  const right = new Float64Array(k);
  const counts = new Float64Array(k);
  const confidences = [];
  for (let i = 0; i < labels.length; i++) {
    counts[labels[i]]++;
    const best = bestOf(probabilities, i, k);
    if (best !== labels[i]) continue;
    right[best]++;
    confidences.push(probabilities[i * k + best]);
  }
  confidences.sort((a, b) => a - b);
  return {
    accuracy: confidences.length / labels.length,
    each: right.map((count, c) => count / counts[c]),
    least: confidences[Math.floor(confidences.length / 20)] ?? 0.5,
  };
}

/**
 * Returns what each class needs, in words.
 *
 * @param {readonly Class[]} classes
 * @param {ReadonlyMap<number, readonly Entry[]>} images
 * @param {ReadonlyMap<number, number>} recall  of classes that were tested
 * @returns {{ id: number, words: string }[]}
 */
export function needs(classes, images, recall) {
  const sizes = classes.map(({ id }) => images.get(id)?.length ?? 0);
  const most = Math.max(...sizes, 0);
  const few = sizes.filter((count) => count > 0 && count < ENOUGH).length;
  if (few > SINGLE && classes.length === few) {
    const least = Math.min(...sizes);
    const range = least === most ? `${most}` : `${least} to ${most}`;
    const words = `Each class has ${range} images: ${ENOUGH} or more are better.`;
    return [{ id: classes[0].id, words }];
  }
  return classes.flatMap(({ id, name }, k) => {
    const count = sizes[k];
    const rate = recall.get(id);
    if (!count) {
      return most ? [{ id, words: `${name} has no images yet: the network leaves it out.` }] : [];
    }
    const has = `${name} has ${counted(count, 'image')}`;
    if (count < ENOUGH) return [{ id, words: `${has}: ${ENOUGH} or more are better.` }];
    if (rate !== undefined && rate < RECALL) {
      const percent = Math.round(100 * rate);
      return [
        { id, words: `${name} needs more, and more varied images: ${percent} % are recognised.` },
      ];
    }
    if (2 * count < most) return [{ id, words: `${has}, less than half of another class.` }];
    return [];
  });
}
