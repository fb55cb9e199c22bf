// LineChart: lines against steps, epochs or seconds, live, with labelled axes and nothing hidden.
//
// A page that uses it links ../vendor/uplot.css and ../ui/chart.css beside ../ui/theme.css. Colours are
// the theme's, in light and dark; a dashed line differs from a solid one without its colour.

import uPlot from '../vendor/uplot.js';
import { axisLabel } from './chart-axis.js';
import { moveCursor } from './chart-cursor.js';
import { Legend } from './chart-legend.js';
import { HEIGHT, plotOptions } from './chart-plot.js';
import { Means, strandsOf } from './chart-strands.js';
import { sentence, Summary } from './chart-summary.js';
import { Switches } from './chart-switches.js';
import { element } from './dom.js';
import { Frame } from './frame.js';
import { plain } from './numbers.js';
import { join, thin } from './points.js';

/** @typedef {import('./points.js').Numbers} Numbers */
/**
 * @typedef {object} Line
 * @property {string} name  in the legend; lines are the same from one `setData` to the next by name
 * @property {Numbers} values  NaN where there is none
 * @property {Numbers} [x]  its own x, ascending, instead of the chart's
 * @property {number} [color]  1 to 6: the theme's `--series-…`; by place if not given
 * @property {boolean} [dashed]
 * @property {boolean} [dots]  each point is marked too
 * @property {boolean} [smoothed]  false leaves it as it is when others are smoothed; true
 */
/**
 * @typedef {object} XAxis
 * @property {string} label  what it is, with its unit: "steps", "time, seconds"
 * @property {(x: number) => string} [format]  one value in words, for the legend
 */
/**
 * @typedef {object} YAxis
 * @property {string} label  what it is, with its unit: "loss", "accuracy, %"
 * @property {(y: number) => string} [format]  one value in words, for the legend
 * @property {(y: number) => string} [tick]  one value beside the axis
 * @property {number} [from]  where the axis begins unless the reader zooms in; the data's lowest if not
 *   given
 * @property {number} [to]  where it ends at least
 * @property {boolean} [log]  offers a logarithmic scale
 * @property {boolean} [fit]  offers to leave `from` and `to` and show only where there is data
 */
/**
 * @typedef {object} ChartOptions
 * @property {string} title
 * @property {XAxis} x
 * @property {YAxis} y
 * @property {number} [height]  of the plot, in pixels; 260
 * @property {boolean} [smoothing]  offers means of neighbouring points
 * @property {string} [empty]  what stands there while there is no data
 */

let charts = 0;

/** A chart that is given data again and again. */
export class LineChart {
  root = element('figure', 'chart');
  box = element('div', 'chart-plot');
  nothing = element('p', 'chart-empty small');
  summary = new Summary();
  spoken = element('p', 'visually-hidden');
  legend = new Legend(() => this.draw());
  switches = new Switches();
  frame = new Frame(() => this.#draw());
  /** @type {[number, number]} of the x axis */
  limits = [0, 1];

  /**
   * @param {HTMLElement} container  is filled
   * @param {ChartOptions} options
   */
  constructor(container, options) {
    this.options = options;
    /** @type {Line[]} */
    this.lines = [];
    /** @type {Numbers} */
    this.x = [];
    this.log = false;
    this.fitted = false;
    this.window = 0;
    /** @type {[number, number] | null} what the reader zoomed in on */
    this.zoom = null;
    /** @type {uPlot | null} */
    this.plot = null;
    this.shape = '';
    this.means = new Means();
    this.#build(container);
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.box);
    this.repaint = () => {
      this.shape = '';
      this.draw();
    };
    this.media = matchMedia('(prefers-color-scheme: dark)');
    this.media.addEventListener('change', this.repaint);
  }

  /**
   * Shows these lines from now on. Cheap: it draws once a frame, however often it is called.
   *
   * @param {Numbers} x  ascending; for all lines without their own
   * @param {Line[]} lines
   */
  setData(x, lines) {
    this.x = x;
    this.lines = lines;
    this.draw();
  }

  /** Sets another x axis; the lines follow with `setData`. @param {XAxis} axis */
  setX(axis) {
    if (axis.label === this.options.x.label) return;
    this.options = { ...this.options, x: axis };
    this.zoom = null;
    this.shape = '';
  }

  /** Sets a logarithmic y axis, or a linear one. @param {boolean} on */
  setLog(on) {
    this.log = on;
    this.switches.update();
    this.draw();
  }

  /** Shows means of so many points; 0 or 1 for none. @param {number} points */
  setSmoothing(points) {
    this.window = points > 1 ? points : 0;
    this.switches.update();
    this.draw();
  }

  /** Draws at the next frame. */
  draw() {
    this.frame.schedule();
  }

  /** Takes the chart off the page. */
  destroy() {
    this.frame.cancel();
    this.summary.cancel();
    this.observer.disconnect();
    this.media.removeEventListener('change', this.repaint);
    this.plot?.destroy();
    this.root.remove();
  }

  /** @param {HTMLElement} container */
  #build(container) {
    const { title, y, smoothing, empty } = this.options;
    const id = `chart-${(charts += 1)}`;
    this.root.setAttribute('aria-labelledby', id);
    const head = element('div', 'chart-head');
    const heading = element('h3', '', title);
    heading.id = id;
    const { switches } = this;
    switches.button(
      'Show all',
      () => this.zoom !== null,
      () => this.#whole(),
    );
    if (smoothing) {
      switches.smoothing(
        () => this.window,
        (points) => this.setSmoothing(points),
      );
    }
    if (y.fit) {
      switches.checkbox(
        'zoom to the data',
        () => this.fitted,
        (on) => this.#setFitted(on),
      );
    }
    if (y.log) {
      switches.checkbox(
        'log scale',
        () => this.log,
        (on) => this.setLog(on),
      );
    }
    head.append(heading, switches.root);
    this.box.tabIndex = 0;
    this.box.setAttribute('role', 'application');
    this.box.setAttribute('aria-label', `${title}: arrow keys move along the lines`);
    this.box.onkeydown = (event) => {
      if (this.plot && moveCursor(this.plot, event)) this.spoken.textContent = this.legend.text;
    };
    this.nothing.textContent = empty ?? 'No data yet';
    this.box.append(this.nothing);
    this.spoken.setAttribute('aria-live', 'polite');
    this.root.append(head, this.legend.root, this.box, this.summary.root, this.spoken);
    container.append(this.root);
    this.box.style.minHeight = `${this.options.height ?? HEIGHT}px`;
    this.switches.update();
  }

  /** @param {boolean} on */
  #setFitted(on) {
    this.fitted = on;
    this.draw();
  }

  /** The x values of a line. @param {Line} line */
  #xOf(line) {
    return line.x ?? this.x;
  }

  /** The means of a line's points; null where it isn't smoothed. @param {Line} line */
  #mean(line) {
    return this.window && line.smoothed !== false ? this.means.of(line, this.window) : null;
  }

  #draw() {
    const width = Math.floor(this.box.clientWidth);
    if (width < 40) return; // not laid out yet; the observer will say when
    const strands = strandsOf(this.lines, this.legend.hidden, (line) => this.#mean(line));
    let [from, to] = [Infinity, -Infinity];
    for (const { line } of strands) {
      const x = this.#xOf(line);
      const count = Math.min(x.length, line.values.length);
      if (!count) continue;
      from = Math.min(from, x[0]);
      to = Math.max(to, x[count - 1]);
    }
    const any = from <= to;
    this.nothing.hidden = any || this.lines.some((line) => this.legend.hidden.has(line.name));
    if (this.zoom && any) [from, to] = this.zoom;
    const columns = width * (strands.length > 6 ? 1 : Math.min(2, devicePixelRatio || 1));
    const data = any
      ? join(strands.map(({ line, y }) => thin(this.#xOf(line), y, from, to, columns)))
      : /** @type {[number[]]} */ ([[]]);
    this.limits = any ? [from, to > from ? to : from + 1] : [0, 1];
    const shape = JSON.stringify([
      strands.map(({ line, place, raw }) => [
        line.name,
        place,
        line.color,
        line.dashed,
        line.dots,
        raw,
      ]),
      this.log,
      this.fitted,
    ]);
    if (!this.plot || shape !== this.shape) this.#make(width, strands, data);
    else {
      this.plot.batch(() => {
        this.plot?.setData(/** @type {uPlot.AlignedData} */ (data), false);
        this.plot?.setScale('x', { min: this.limits[0], max: this.limits[1] });
      });
    }
    this.shape = shape;
    this.switches.update();
    this.#legend();
    this.summary.show(() => this.#text());
  }

  /**
   * @param {number} width
   * @param {import('./chart-plot.js').Strand[]} strands
   * @param {(number | null | undefined)[][]} data
   */
  #make(width, strands, data) {
    const { left = -10, top = -10 } = this.plot?.cursor ?? {}; // it stays, at other lines too
    this.plot?.destroy();
    const options = plotOptions(this, width, strands, {
      cursor: { left, top },
      limits: () => this.limits,
      moved: () => this.#legend(),
      selected: (plot) => this.#select(plot),
      whole: () => this.#whole(),
    });
    this.plot = new uPlot(options, /** @type {uPlot.AlignedData} */ (data), this.box);
  }

  /** Zooms in on the part that the reader marked. @param {uPlot} plot */
  #select(plot) {
    if (plot.select.width < 6) return;
    const from = plot.posToVal(plot.select.left, 'x');
    const to = plot.posToVal(plot.select.left + plot.select.width, 'x');
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom = [from, to];
    this.draw();
  }

  #whole() {
    this.zoom = null;
    this.draw();
    return null;
  }

  #resize() {
    const width = Math.floor(this.box.clientWidth);
    if (!this.plot) this.draw();
    else if (width >= 40 && width !== this.plot.width) {
      this.plot.setSize({ width, height: this.options.height ?? HEIGHT });
      this.draw();
    }
  }

  #legend() {
    const left = this.plot?.cursor.left;
    const { x, y } = this.options;
    this.legend.show(this.lines, {
      curve: (line) => ({
        values: line.values,
        x: this.#xOf(line),
        mean: this.#mean(line),
      }),
      at: this.plot && left !== undefined && left >= 0 ? this.plot.posToVal(left, 'x') : null,
      x,
      y,
    });
  }

  /** Describes the chart in words. */
  #text() {
    const { title, x, y } = this.options;
    const sentences = this.lines.map((line) =>
      sentence(line.name, this.#xOf(line), line.values, x.label, y.format ?? plain),
    );
    const means = this.window
      ? ` Lines are means of ${this.window} points; the raw ones are faint.`
      : '';
    return `${title}, ${axisLabel(y, this)} against ${x.label}. ${sentences.join(' ')}${means}`;
  }
}
