// The predictions of several classes an image: what is wrong about each, and the metrics of each class.

import { labelText } from '../lib/label-metrics.js';
import { percent } from './elements.js';

/** @typedef {import('../lib/evaluation.js').Examination} Examination */
/** @typedef {import('../lib/label-metrics.js').LabelMetrics} LabelMetrics */

/** The predictions for test images with several classes each. */
export class LabelAnswers {
  /**
   * @param {Examination} examination  with classes
   * @param {Uint8Array} rows  n × classes of 0 and 1
   * @param {readonly string[]} names
   */
  constructor({ classes, probabilities }, rows, names) {
    this.thresholds = classes?.thresholds ?? [];
    this.probabilities = probabilities ?? new Float32Array(0);
    this.rows = rows;
    this.names = names;
  }

  /** @param {number} place */
  row(place) {
    const k = this.names.length;
    return this.rows.subarray(place * k, (place + 1) * k);
  }

  /** Returns 1 for each class that is predicted. @param {number} place */
  predicted(place) {
    const k = this.names.length;
    const found = this.probabilities.subarray(place * k, (place + 1) * k);
    return Uint8Array.from(found, (p, j) => Number(p >= this.thresholds[j]));
  }

  /** Returns true if all classes are right. @param {number} place */
  right(place) {
    const row = this.row(place);
    return this.predicted(place).every((value, j) => value === row[j]);
  }

  /** Returns the classes that are predicted, in words. @param {number} place */
  text(place) {
    return labelText(this.predicted(place), this.names);
  }

  /**
   * The distance of the worst answer from its threshold; below 0, that of the nearest right answer.
   *
   * @param {number} place
   */
  badness(place) {
    const k = this.names.length;
    const row = this.row(place);
    const away = Array.from(row, (there, j) => {
      const beyond = this.probabilities[place * k + j] - this.thresholds[j];
      return there ? -beyond : beyond;
    });
    return Math.max(...away);
  }
}

/**
 * Shows the metrics of each class as a table.
 *
 * @param {HTMLElement} container
 * @param {LabelMetrics} classes
 * @param {readonly string[]} names
 */
export function classTable(container, classes, names) {
  const table = document.createElement('table');
  table.className = 'label-classes';
  table.createCaption().textContent = 'Each class, from its threshold on';
  const head = table.createTHead().insertRow();
  for (const word of ['class', 'images', 'threshold', 'precision', 'recall', 'F1']) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = word;
    head.append(cell);
  }
  const body = table.createTBody();
  names.forEach((name, j) => {
    const line = body.insertRow();
    const first = document.createElement('th');
    first.scope = 'row';
    first.textContent = name;
    line.append(first);
    for (const words of [
      classes.support[j].toLocaleString('en'),
      percent(classes.thresholds[j]),
      classes.predicted[j] ? percent(classes.precision[j]) : '–',
      classes.support[j] ? percent(classes.recall[j]) : '–',
      classes.f1[j].toFixed(3),
    ]) {
      const cell = line.insertCell();
      cell.className = 'number';
      cell.textContent = words;
    }
  });
  container.replaceChildren(table);
}
