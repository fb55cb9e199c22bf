// The predictions of the test images: images in green and red, and the confusion matrix.

import { at } from './elements.js';
import { confusionMatrix } from '../ui/confusion.js';
import { LabelAnswers, classTable } from './label-results.js';
import { imageAt, somePlaces, textOf } from './parts.js';
import { Tiles } from './tiles.js';

/** @typedef {import('../lib/evaluation.js').Examination} Examination */
/** @typedef {import('./parts.js').Lesson} Lesson */
/** @typedef {{ truth: number, predicted: number }} Cell */

const SHOWN = 30;

export class Results {
  /**
   * @param {object} places
   * @param {HTMLElement} places.tiles
   * @param {HTMLElement} places.matrix
   * @param {HTMLElement} places.said  a line: how many images, and which are shown
   * @param {HTMLElement} places.filter  a line about the picked cell, with a button
   * @param {(place: number) => unknown} pick  a test image was clicked
   */
  constructor({ tiles, matrix, said, filter }, pick) {
    this.places = { matrix, said, filter };
    this.tiles = new Tiles(tiles, (place) => {
      this.picked = place;
      pick(place);
      this.show();
    });
    this.order = 'worst';
    this.seed = 0;
    this.picked = -1;
    /** @type {Cell | null} */
    this.cell = null;
    /** @type {Examination | null} */
    this.examination = null;
    /** @type {Lesson | null} */
    this.lesson = null;
    for (const radio of document.querySelectorAll('input[name="order"]')) {
      radio.addEventListener('change', () => {
        const { value } = /** @type {HTMLInputElement} */ (radio);
        at('shuffle').hidden = value !== 'random';
        this.sort(value);
      });
    }
  }

  /** Other images; no answers yet. @param {Lesson} lesson */
  begin(lesson) {
    this.lesson = lesson;
    this.examination = null;
    this.cell = null;
    this.picked = -1;
    this.places.matrix.replaceChildren();
    this.show();
  }

  /** @param {Examination} examination */
  set(examination) {
    this.examination = examination;
    this.show();
  }

  /** @param {string} order  worst or random; random again gives others */
  sort(order) {
    this.order = order;
    if (order === 'random') this.seed++;
    this.show();
  }

  /** No single cell of the matrix any more. */
  all() {
    this.cell = null;
    this.show();
  }

  /** Test images in the order they are shown. @returns {number[]} */
  chosen() {
    const { examination, lesson, cell } = this;
    if (!lesson) return [];
    const { labels = [] } = lesson.test;
    if (!examination) return somePlaces(lesson.test.count, SHOWN, this.seed);
    const { predicted, confidences, count } = examination;
    let places =
      this.order === 'random'
        ? somePlaces(count, count, this.seed)
        : Array.from({ length: count }, (_, i) => i);
    if (cell) {
      places = places.filter((i) => labels[i] === cell.truth && predicted[i] === cell.predicted);
    }
    if (this.order === 'random') return places.slice(0, SHOWN);
    // The mistakes with the highest confidence first, then the predictions with the lowest.
    const several = this.several();
    const badness = (/** @type {number} */ i) => {
      if (several) return several.badness(i);
      return predicted[i] === labels[i] ? -confidences[i] : confidences[i];
    };
    return places.sort((a, b) => badness(b) - badness(a)).slice(0, SHOWN);
  }

  /** The predictions, where an image may have several classes; else null. */
  several() {
    const { lesson, examination } = this;
    if (!lesson?.test.rows || !examination?.classes) return null;
    return new LabelAnswers(examination, lesson.test.rows, lesson.classNames);
  }

  show() {
    const { lesson, examination, cell, places } = this;
    if (!lesson) return;
    const { classNames, imageShape, test } = lesson;
    const several = this.several();
    const tiles = this.chosen().map((place) => {
      const truth = textOf(test, place, classNames);
      const own = { pixels: imageAt(test, place), place };
      if (!examination) return { ...own, caption: truth, label: `a ${truth}` };
      if (several) return { ...own, ...severalTile(several, place, truth) };
      const said = classNames[examination.predicted[place]];
      const right = said === truth;
      const confidence = `${Math.round(100 * examination.confidences[place])} %`;
      const label = right
        ? `${truth}, recognised, ${confidence}`
        : `${truth}, predicted as ${said}, ${confidence}`;
      return { ...own, caption: right ? truth : `${said}, is ${truth}`, right, label };
    });
    this.tiles.show(tiles, imageShape, this.picked);
    places.filter.hidden = !cell;
    if (cell) {
      const [text] = places.filter.children;
      const words = `Only ${classNames[cell.truth]} predicted as ${classNames[cell.predicted]}`;
      text.textContent =
        cell.truth === cell.predicted ? `Only ${classNames[cell.truth]} recognised` : words;
    }
    if (!examination) {
      places.said.textContent = `${test.count.toLocaleString('en')} test images, not evaluated yet.`;
      return;
    }
    if (examination.classes) {
      this.showClasses(examination, examination.classes);
      return;
    }
    const { count, accuracy, matrix } = examination;
    const wrong = Math.round(count * (1 - accuracy));
    places.said.textContent = `Of ${count.toLocaleString('en')} test images ${wrong.toLocaleString('en')} ${wrong === 1 ? 'is' : 'are'} wrong.`;
    confusionMatrix(places.matrix, {
      matrix,
      classNames,
      onPick: (truth, predicted) => {
        const same = this.cell?.truth === truth && this.cell.predicted === predicted;
        this.cell = same ? null : { truth, predicted };
        this.show();
      },
    });
  }

  /**
   * Shows the metrics of each class, where an image may have several.
   *
   * @param {Examination} examination
   * @param {import('../lib/label-metrics.js').LabelMetrics} classes
   */
  showClasses({ count }, classes) {
    const { said, matrix } = this.places;
    const wrong = Math.round(count * (1 - classes.exactMatch));
    const answers = `${(100 * classes.binaryAccuracy).toFixed(1)} % of all answers are right`;
    said.textContent = `Of ${count.toLocaleString('en')} test images ${wrong.toLocaleString('en')} ${wrong === 1 ? 'has' : 'have'} a wrong class; ${answers}.`;
    classTable(matrix, classes, this.lesson?.classNames ?? []);
  }
}

/**
 * The words below an image that may have several classes.
 *
 * @param {LabelAnswers} answers
 * @param {number} place
 * @param {string} truth
 */
function severalTile(answers, place, truth) {
  const right = answers.right(place);
  const said = answers.text(place);
  const label = right ? `${truth}, recognised` : `${truth}, predicted as ${said}`;
  return { caption: right ? truth : `${said}; has ${truth}`, right, label };
}
