// Plot: lines and dots against two axes, as SVG in the theme's colours.

import { element } from '../ui/dom.js';

/**
 * @typedef {object} Mark
 * @property {[number, number][]} points  one for a dot, several for a line
 * @property {string} kind  "", "early", "best" or "seed": its look
 * @property {string} text  in words
 */
/**
 * @typedef {object} Axis
 * @property {string} label
 * @property {boolean} [log]
 * @property {boolean} [whole]  ticks at whole numbers only
 * @property {string[]} [words]  names of 0, 1, …
 * @property {(value: number) => string} format
 */

const HEIGHT = 250;
const [TOP, RIGHT, BOTTOM] = [8, 14, 40];
const ORDER = ['early', '', 'seed', 'best'];

/** A chart that is given marks again and again. */
export class Plot {
  root = element('figure', 'plot');
  /** @type {Mark[]} */
  marks = [];
  drawn = '';

  /**
   * @param {HTMLElement} container  is filled
   * @param {string} title
   */
  constructor(container, title) {
    this.svg = make('svg', { height: HEIGHT, role: 'img' });
    this.root.append(element('h2', '', title), this.svg);
    container.append(this.root);
    this.title = title;
    new ResizeObserver(() => this.#draw()).observe(this.root);
  }

  /** @param {Mark[]} marks @param {Axis} x @param {Axis} y */
  show(marks, x, y) {
    this.marks = marks;
    this.x = x;
    this.y = y;
    this.#draw();
  }

  #draw() {
    const width = Math.floor(this.root.clientWidth);
    const { x, y, marks } = this;
    if (width < 80 || !x || !y) return;
    const key = JSON.stringify([width, marks, x.words, x.label]);
    if (key === this.drawn) return;
    this.drawn = key;
    const all = marks.flatMap(({ points }) => points).filter((p) => p.every(Number.isFinite));
    this.svg.replaceChildren();
    this.svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    this.svg.setAttribute('aria-label', `${this.title}: ${count(marks.length)}`);
    if (!all.length) {
      this.svg.append(label('No data yet', width / 2, HEIGHT / 2, 'middle'));
      return;
    }
    const across = scale(
      x,
      all.map(([value]) => value),
    );
    const up = scale(
      y,
      all.map(([, value]) => value),
    );
    const ticksUp = ticks(up, y, 5);
    const left = 14 + 7 * Math.max(...ticksUp.map((tick) => y.format(tick).length));
    const px = (/** @type {number} */ v) => left + across.at(v) * (width - left - RIGHT);
    const py = (/** @type {number} */ v) => HEIGHT - BOTTOM - up.at(v) * (HEIGHT - BOTTOM - TOP);
    for (const tick of ticksUp) {
      this.svg.append(
        make('line', { class: 'grid', x1: left, x2: width - RIGHT, y1: py(tick), y2: py(tick) }),
        label(y.format(tick), left - 6, py(tick) + 4, 'end'),
      );
    }
    const room = Math.max(2, Math.floor((width - left) / 90));
    for (const tick of ticks(across, x, room)) {
      this.svg.append(
        label(x.words ? (x.words[tick] ?? '') : x.format(tick), px(tick), HEIGHT - 22, 'middle'),
      );
    }
    this.svg.append(label(x.label, (left + width - RIGHT) / 2, HEIGHT - 5, 'middle'));
    const ordered = [...marks].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
    for (const mark of ordered) {
      const points = mark.points.filter((p) => p.every(Number.isFinite));
      if (points.length) {
        this.svg.append(
          drawn(
            mark,
            points.map(([a, b]) => [px(a), py(b)]),
          ),
        );
      }
    }
  }
}

/** @param {Mark} mark @param {number[][]} points  in pixels */
function drawn(mark, points) {
  const [[x, y]] = points;
  const shape =
    points.length > 1
      ? make('polyline', { class: mark.kind, points: points.map((p) => p.join(',')).join(' ') })
      : make('circle', { class: mark.kind, cx: x, cy: y, r: mark.kind === 'best' ? 6 : 4 });
  const title = make('title', {});
  title.textContent = mark.text;
  shape.append(title);
  return shape;
}

/** @param {Axis} axis @param {number[]} values */
function scale(axis, values) {
  const move = axis.log ? Math.log10 : (/** @type {number} */ v) => v;
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (axis.words) [low, high] = [-0.5, axis.words.length - 0.5];
  else if (low === high) [low, high] = axis.log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  const [from, to] = [move(low), move(high)];
  const margin = axis.words ? 0 : 0.03 * (to - from);
  const at = (/** @type {number} */ v) => (move(v) - from + margin) / (to - from + 2 * margin);
  return { low, high, at };
}

/** @param {{ low: number, high: number }} range @param {Axis} axis @param {number} most */
function ticks({ low, high }, axis, most) {
  if (axis.words) return axis.words.map((_, place) => place);
  /** @type {number[]} */
  const found = [];
  if (axis.log) {
    const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
    const factors = last - first > 1 ? [1] : [1, 2, 5];
    for (let power = first - 1; power <= last; power += 1) {
      for (const factor of factors) found.push(factor * 10 ** power);
    }
    const inside = found.filter((v) => v >= low * 0.999 && v <= high * 1.001);
    const step = Math.ceil(inside.length / most);
    return inside.length ? inside.filter((_, i) => i % step === 0) : [low, high];
  }
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  if (axis.whole) step = Math.max(1, Math.round(step));
  for (let v = Math.ceil(low / step) * step; v <= high + step / 1e6; v += step) found.push(v);
  return found;
}

/** @param {string} name @param {{[name: string]: string | number}} attributes */
function make(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== '') made.setAttribute(key, String(value));
  }
  return /** @type {SVGElement} */ (made);
}

/** @param {string} text @param {number} x @param {number} y @param {string} anchor */
function label(text, x, y, anchor) {
  const made = make('text', { x, y, 'text-anchor': anchor });
  made.textContent = text;
  return made;
}

/** @param {number} many */
function count(many) {
  return `${many} ${many === 1 ? 'trial' : 'trials'}`;
}
