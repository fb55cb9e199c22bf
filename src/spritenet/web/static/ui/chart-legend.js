// The legend of a chart: names, colours and values of its lines, at the crosshair or the last ones.

import { element } from './dom.js';
import { plain } from './numbers.js';
import { nearest } from './points.js';

/** @typedef {import('./chart.js').Line} Line */
/** @typedef {import('./points.js').Numbers} Numbers */
/** @typedef {{ values: Numbers, x: Numbers, mean: Float64Array | null }} Curve  of a line */

export class Legend {
  /** @param {(name: string) => unknown} changed  a line was hidden, or shown again */
  constructor(changed) {
    this.changed = changed;
    this.root = element('ul', 'chart-legend');
    /** @type {Set<string>} */
    this.hidden = new Set();
    this.named = '';
  }

  /** The values as text, for those who hear them. */
  get text() {
    return [...this.root.querySelectorAll('li')].map((item) => item.textContent).join(', ');
  }

  /**
   * Shows the lines' values.
   *
   * @param {readonly Line[]} lines
   * @param {object} options
   * @param {(line: Line) => Curve} options.curve
   * @param {number | null} options.at  the crosshair's x; null for the last values
   * @param {import('./chart.js').XAxis} options.x
   * @param {import('./chart.js').YAxis} options.y
   */
  show(lines, { curve, at, x, y }) {
    const names = JSON.stringify(
      lines.map((line) => [line.name, line.color, line.dashed, line.dots]),
    );
    if (this.named !== names) this.build(lines);
    this.named = names;
    const format = y.format ?? plain;
    /** @type {number | null} */
    let place = null;
    lines.forEach((line, index) => {
      const { values, x: own, mean } = curve(line);
      const near = at === null ? lastKnown(values) : nearest(own, at);
      const value = near < 0 ? NaN : values[near];
      if (at !== null && near >= 0 && place === null) place = own[near];
      const words = Number.isFinite(value) ? format(value) : '–';
      const text = mean && Number.isFinite(mean[near]) ? `mean ${format(mean[near])}` : words;
      write(this.root.children[index]?.querySelector('.chart-value'), text);
    });
    const text = place === null ? '' : x.format ? x.format(place) : `at ${plain(place)} ${x.label}`;
    write(this.root.lastElementChild, text);
  }

  /** @param {readonly Line[]} lines */
  build(lines) {
    const items = lines.map((line, place) => {
      const item = element('li', '');
      const button = /** @type {HTMLButtonElement} */ (element('button', ''));
      button.type = 'button';
      button.title = 'Show or hide this line';
      const dots = line.dots && !line.dashed ? ' dots' : '';
      const swatch = element('span', `chart-line${line.dashed ? ' dashed' : ''}${dots}`);
      swatch.style.borderColor = `var(--series-${series(line, place)})`;
      const pressed = () => button.setAttribute('aria-pressed', `${!this.hidden.has(line.name)}`);
      button.onclick = () => {
        if (!this.hidden.delete(line.name)) this.hidden.add(line.name);
        pressed();
        this.changed(line.name);
      };
      pressed();
      button.append(
        swatch,
        element('span', 'chart-name', line.name),
        element('span', 'chart-value'),
      );
      item.append(button);
      return item;
    });
    this.root.replaceChildren(...items, element('li', 'chart-x'));
  }
}

/** Returns the number of a line's colour. @param {Line} line @param {number} place */
export function series(line, place) {
  return line.color ?? (place % 6) + 1;
}

/** Returns the place of the last known value; -1 if there is none. @param {Numbers} values */
export function lastKnown(values) {
  for (let at = values.length - 1; at >= 0; at -= 1) if (Number.isFinite(values[at])) return at;
  return -1;
}

/** @param {Element | null | undefined} place @param {string} text */
function write(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}
