// The network's inside as it was at some steps: filters, a picture's way through the layers, and how the
// weights are spread.

import { drawMaps } from '../ui/pictures.js';
import { bytes, json } from './files.js';
import { Replay } from './replay.js';
import { count, small } from './formatting.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {{name: string, shape: number[], of: number, low: number, high: number, pixels: string}} Maps */
/** @typedef {{name: string, shape: number[], low: number, high: number, mean: number, deviation: number, counts: number[]}} Histogram */

const KEPT = 200; // snapshots that stay in memory
const WIDEST = 300; // CSS pixels of a layer's maps
const LONE = 112; // CSS pixels of a single map

/** The panel with the slider. */
export class Inside {
  /** @type {Map<string, any>} snapshots by their file */
  #known = new Map();
  #wanted = '';

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} bar  where the slider goes
   * @param {HTMLElement} seen  where the pictures go
   */
  constructor(root, bar, seen) {
    this.root = root;
    /** @type {Run | null} */
    this.record = null;
    this.replay = new Replay(bar, 'Step', (place) => this.#show(place));
    const left = seen.appendChild(document.createElement('div'));
    this.filters = column(left, 'Filters', 'The kernels of the convolutions. Middle grey is 0.');
    this.weights = column(
      left,
      'Histograms of the weights',
      'From the lowest to the highest weight; the thin line marks 0.',
    );
    this.maps = column(seen, 'Activations: the output of each layer for one image', '');
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      if (this.#known.has(this.#wanted)) this.#draw(this.#known.get(this.#wanted));
    });
    /** @type {Map<string, HTMLElement>} */
    this.figures = new Map();
  }

  /** @param {Run} record */
  show(record) {
    if (this.record !== record) {
      this.#known.clear();
      this.figures.forEach((figure) => figure.remove());
      this.figures.clear();
      this.replay.show([]);
    }
    this.record = record;
    this.root.hidden = !record.snapshots.length;
    this.replay.show(record.snapshots.map(({ step }) => step));
  }

  /** @param {number} place */
  async #show(place) {
    const record = this.record;
    const entry = record?.snapshots[place];
    if (!record || !entry) return;
    const file = String(entry.path);
    this.#wanted = file;
    if (!this.#known.has(file)) {
      const found = await json(record.name, file).catch(() => null);
      if (!found || this.record !== record) return;
      if (this.#known.size > KEPT) this.#known.clear();
      this.#known.set(file, found);
    }
    if (this.#wanted === file) this.#draw(this.#known.get(file));
  }

  /** @param {{filters?: Maps[], activations?: Maps[], weights?: Histogram[]}} snapshot */
  #draw({ filters = [], activations = [], weights = [] }) {
    for (const maps of filters) this.#maps(this.filters, maps, true);
    for (const maps of activations) {
      if (!maps.name.startsWith('flatten')) this.#maps(this.maps, maps, false);
    }
    for (const histogram of weights) this.#histogram(histogram);
    this.filters.hidden = !filters.length;
  }

  /**
   * @param {HTMLElement} where
   * @param {Maps} maps
   * @param {boolean} kernel
   */
  #maps(where, maps, kernel) {
    const { name, shape, of, low, high } = maps;
    const [number, height, width] = shape;
    const grey = bytes(maps.pixels);
    const size = height * width;
    const values = new Float32Array(grey.length);
    for (let map = 0; map < number; map += 1) {
      for (let at = 0; at < size; at += 1) {
        values[at * number + map] = low + ((high - low) * grey[map * size + at]) / 255;
      }
    }
    const figure = this.#figure(where, `${kernel ? 'k' : 'a'} ${name}`);
    const canvas = /** @type {HTMLCanvasElement} */ (figure.querySelector('canvas'));
    const flat = height === 1;
    const columns = flat ? 1 : across(number);
    drawMaps(canvas, values, [height, width, number], { columns, label: `${name} at this step` });
    const scale = Math.max(
      1,
      Math.min(flat ? 12 : 6, Math.floor((number === 1 && !flat ? LONE : WIDEST) / canvas.width)),
    );
    canvas.style.width = `${canvas.width * scale}px`;
    if (flat) canvas.style.height = '14px';
    const shown = !flat && of > number ? `, ${number} of ${count(of)}` : '';
    caption(figure, `${name}${shown}`, `${small(low)} black, ${small(high)} white`);
  }

  /** @param {Histogram} histogram */
  #histogram(histogram) {
    const { name, low, high, mean, deviation, counts } = histogram;
    const figure = this.#figure(this.weights, `w ${name}`);
    const canvas = /** @type {HTMLCanvasElement} */ (figure.querySelector('canvas'));
    canvas.className = 'bars';
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `Histogram of ${name}, from ${small(low)} to ${small(high)}`);
    const style = getComputedStyle(document.documentElement);
    const ratio = Math.min(2, devicePixelRatio || 1);
    const width = Math.max(120, Math.round((canvas.clientWidth || WIDEST) * ratio));
    const height = Math.round(64 * ratio);
    canvas.width = width;
    canvas.height = height;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const most = Math.max(1, ...counts);
    const bar = width / counts.length;
    context.fillStyle = style.getPropertyValue('--series-1');
    counts.forEach((value, i) => {
      const tall = ((height - 2) * value) / most;
      context.fillRect(i * bar + 0.5, height - tall, Math.max(1, bar - 1), tall);
    });
    context.fillStyle = style.getPropertyValue('--faint');
    context.fillRect(0, height - 1, width, 1);
    if (low < 0 && high > 0) {
      context.fillRect(Math.round((-low / (high - low)) * width), 0, 1, height);
    } // zero
    caption(
      figure,
      name,
      `${small(low)} to ${small(high)}; mean ${small(mean)} ± ${small(deviation)}`,
    );
  }

  /** @param {HTMLElement} where @param {string} key */
  #figure(where, key) {
    let figure = this.figures.get(key);
    if (!figure) {
      figure = document.createElement('figure');
      const words = document.createElement('figcaption');
      words.append(document.createElement('strong'), ' ', document.createElement('span'));
      /** @type {HTMLElement} */ (words.lastChild).className = 'faint';
      figure.append(words, document.createElement('canvas'));
      where.append(figure);
      this.figures.set(key, figure);
    }
    return figure;
  }
}

/** Returns the number of columns of so many images: about twice as wide as high, no row half empty. @param {number} number */
function across(number) {
  const ideal = Math.sqrt(2.2 * number);
  let best = Math.ceil(ideal);
  for (let columns = 1; columns <= Math.min(number, 2 * ideal); columns += 1) {
    const even = number % columns === 0;
    if (even && (number % best || Math.abs(columns - ideal) < Math.abs(best - ideal))) {
      best = columns;
    }
  }
  return best < ideal / 2 ? Math.ceil(ideal) : best;
}

/** @param {HTMLElement} figure @param {string} name @param {string} range */
function caption(figure, name, range) {
  const [strong, span] = [figure.querySelector('strong'), figure.querySelector('figcaption span')];
  if (strong && strong.textContent !== name) strong.textContent = name;
  if (span && span.textContent !== range) span.textContent = range;
}

/** @param {HTMLElement} container @param {string} title @param {string} words */
function column(container, title, words) {
  const made = document.createElement('div');
  const heading = document.createElement('h3');
  heading.textContent = title;
  made.append(heading);
  if (words) {
    const said = document.createElement('p');
    said.className = 'faint small said';
    said.textContent = words;
    made.append(said);
  }
  container.append(made);
  return made;
}
