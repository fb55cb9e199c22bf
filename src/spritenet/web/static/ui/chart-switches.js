// The switches of a chart: smoothing, zoom to the data, log scale, and the way back from a zoom.

import { element } from './dom.js';

const WINDOWS = [0, 11, 51, 201, 1001]; // points of a mean

export class Switches {
  constructor() {
    this.root = element('div', 'chart-switches');
    /** @type {(() => void)[]} brings each switch in line with the chart */
    this.total = [];
  }

  /** Brings the switches in line with the chart. */
  update() {
    for (const update of this.total) update();
  }

  /**
   * Adds a button that is there only while it is of use.
   *
   * @param {string} text
   * @param {() => boolean} useful
   * @param {() => void} act
   */
  button(text, useful, act) {
    const button = /** @type {HTMLButtonElement} */ (element('button', '', text));
    button.type = 'button';
    button.onclick = act;
    this.total.push(() => (button.hidden = !useful()));
    this.root.append(button);
  }

  /**
   * Adds a checkbox.
   *
   * @param {string} text
   * @param {() => boolean} get
   * @param {(on: boolean) => void} set
   */
  checkbox(text, get, set) {
    const label = element('label', '', '');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.onchange = () => set(box.checked);
    label.append(box, text);
    this.total.push(() => (box.checked = get()));
    this.root.append(label);
  }

  /**
   * Adds the choice of means of neighbouring points.
   *
   * @param {() => number} get
   * @param {(points: number) => void} set
   */
  smoothing(get, set) {
    const label = element('label', '', 'smoothing');
    const choice = document.createElement('select');
    for (const points of WINDOWS) {
      const text = points ? `mean of ${points.toLocaleString('en')}` : 'none';
      choice.append(new Option(text, `${points}`));
    }
    choice.onchange = () => set(Number(choice.value));
    this.total.push(() => (choice.value = `${get()}`));
    label.append(choice);
    this.root.append(label);
  }
}
