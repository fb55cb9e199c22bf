// LineChart: lines against steps, epochs or seconds, live, with labelled axes and nothing hidden.
//
// A page that uses it links ../vendor/uplot.css and ../ui/chart.css beside ../ui/theme.css. Colours are
// the theme's, in light and dark; a dashed line is told from a whole one without its colour.

import uPlot from '../vendor/uplot.js';
import { extremes, join, nearest, smooth, thin } from './points.js';

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

const LINE = 1.25; // pixels
const WINDOWS = [0, 11, 51, 201, 1001];
const SUMMARY_EVERY = 2000; // milliseconds: for screen readers, which nobody shall interrupt
let charts = 0;

/** A chart that is given data again and again. */
export class LineChart {
  root = element('figure', 'chart');
  legend = element('ul', 'chart-legend');
  box = element('div', 'chart-plot');
  nothing = element('p', 'chart-empty small');
  summary = element('p', 'visually-hidden chart-summary');
  spoken = element('p', 'visually-hidden');
  /** @type {(() => void)[]} what brings the switches in line with the chart */
  reflect = [];
  /** @type {[number, number]} of the x axis */
  limits = [0, 1];
  named = '';
  /** @type {ReturnType<typeof setTimeout> | 0} */
  later = 0;

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
    /** @type {Set<string>} */
    this.hidden = new Set();
    this.log = false;
    this.fitted = false;
    this.window = 0;
    /** @type {[number, number] | null} what the reader zoomed in on */
    this.zoom = null;
    /** @type {uPlot | null} */
    this.plot = null;
    this.shape = '';
    this.asked = 0;
    this.summarised = -Infinity;
    /** @type {Map<string, {y: Numbers, window: number, mean: Float64Array}>} */
    this.means = new Map();
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
   * Show these lines from now on. Cheap: it is drawn once a frame, however often it is called.
   *
   * @param {Numbers} x  ascending; for all lines without their own
   * @param {Line[]} lines
   */
  setData(x, lines) {
    this.x = x;
    this.lines = lines;
    this.draw();
  }

  /** Another x axis; the lines follow with `setData`. @param {XAxis} axis */
  setX(axis) {
    if (axis.label === this.options.x.label) return;
    this.options = { ...this.options, x: axis };
    this.zoom = null;
    this.shape = '';
  }

  /** Loss by powers of ten, or not. @param {boolean} on */
  setLog(on) {
    this.log = on;
    this.#inputs();
    this.draw();
  }

  /** Means of so many points; 0 or 1 for none. @param {number} points */
  setSmoothing(points) {
    this.window = points > 1 ? points : 0;
    this.#inputs();
    this.draw();
  }

  /** Draw at the next frame. */
  draw() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.#draw();
    });
  }

  /** Take it off the page. */
  destroy() {
    cancelAnimationFrame(this.asked);
    clearTimeout(this.later);
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
    const switches = element('div', 'chart-switches');
    if (smoothing) switches.append(this.#smoothing());
    if (y.fit) {
      switches.append(
        this.#switch(
          'zoom to the data',
          () => this.fitted,
          (on) => (this.fitted = on),
        ),
      );
    }
    if (y.log) {
      switches.append(
        this.#switch(
          'log scale',
          () => this.log,
          (on) => (this.log = on),
        ),
      );
    }
    const whole = /** @type {HTMLButtonElement} */ (element('button', '', 'Show all'));
    whole.type = 'button';
    whole.onclick = () => {
      this.zoom = null;
      this.draw();
    };
    this.reflect.push(() => (whole.hidden = this.zoom === null));
    switches.prepend(whole);
    head.append(heading, switches);
    this.box.tabIndex = 0;
    this.box.setAttribute('role', 'application');
    this.box.setAttribute('aria-label', `${title}: arrow keys move along the lines`);
    this.box.onkeydown = (event) => this.#key(event);
    this.nothing.textContent = empty ?? 'No data yet';
    this.box.append(this.nothing);
    this.spoken.setAttribute('aria-live', 'polite');
    this.root.append(head, this.legend, this.box, this.summary, this.spoken);
    container.append(this.root);
    this.box.style.minHeight = `${this.options.height ?? 260}px`;
    this.#inputs();
  }

  /**
   * @param {string} words
   * @param {() => boolean} now
   * @param {(on: boolean) => void} set
   */
  #switch(words, now, set) {
    const label = element('label', '', '');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.onchange = () => {
      set(box.checked);
      this.#inputs();
      this.draw();
    };
    label.append(box, words);
    this.reflect.push(() => (box.checked = now()));
    return label;
  }

  #smoothing() {
    const label = element('label', '', 'smoothing');
    const choice = document.createElement('select');
    for (const points of WINDOWS) {
      choice.append(
        new Option(points ? `mean of ${points.toLocaleString('en')}` : 'none', `${points}`),
      );
    }
    choice.onchange = () => this.setSmoothing(Number(choice.value));
    this.reflect.push(() => (choice.value = `${this.window}`));
    label.append(choice);
    return label;
  }

  #inputs() {
    for (const show of this.reflect) show();
  }

  /** The x values of a line. @param {Line} line */
  #xOf(line) {
    return line.x ?? this.x;
  }

  /** Lines as they are drawn: a smoothed one has its raw self, faint, behind it. */
  #strands() {
    /** @type {{line: Line, place: number, y: Numbers, raw: boolean}[]} */
    const strands = [];
    this.lines.forEach((line, place) => {
      if (this.hidden.has(line.name)) return;
      const smoothed = this.window > 0 && line.smoothed !== false;
      if (smoothed) strands.push({ line, place, y: line.values, raw: true });
      const y = smoothed ? this.#mean(line) : line.values;
      strands.push({ line, place, y, raw: false });
    });
    return strands;
  }

  /** @param {Line} line */
  #mean(line) {
    const kept = this.means.get(line.name);
    if (
      kept &&
      kept.y === line.values &&
      kept.window === this.window &&
      kept.mean.length === line.values.length
    ) {
      return kept.mean;
    }
    const mean = smooth(line.values, this.window);
    this.means.set(line.name, { y: line.values, window: this.window, mean });
    return mean;
  }

  #draw() {
    const width = Math.floor(this.box.clientWidth);
    if (width < 40) return; // not laid out yet; the observer will say when
    const strands = this.#strands();
    let [from, to] = [Infinity, -Infinity];
    for (const { line } of strands) {
      const x = this.#xOf(line);
      const count = Math.min(x.length, line.values.length);
      if (!count) continue;
      from = Math.min(from, x[0]);
      to = Math.max(to, x[count - 1]);
    }
    const any = from <= to;
    this.nothing.hidden = any || this.lines.some((line) => this.hidden.has(line.name));
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
    this.#inputs();
    this.#legend();
    this.#summarise();
  }

  /**
   * @param {number} width
   * @param {{line: Line, place: number, y: Numbers, raw: boolean}[]} strands
   * @param {(number | null | undefined)[][]} data
   */
  #make(width, strands, data) {
    this.plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const token = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const font = `12px ${token('--sans')}`;
    const { x, height = 260 } = this.options;
    const grid = { stroke: token('--line'), width: 1 };
    const axis = {
      stroke: token('--faint'),
      font,
      labelFont: font,
      grid,
      ticks: { ...grid, size: 4 },
    };
    const options = /** @type {uPlot.Options} */ ({
      width,
      height,
      legend: { show: false },
      padding: [8, 26, 0, 0], // the last number beside the x axis is not clipped
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => this.#whole() },
        hover: { skip: [undefined, null] },
        points: { size: 7, width: 2 },
      },
      scales: {
        x: { time: false, range: () => this.limits },
        y: {
          distr: this.log ? 3 : 1,
          range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) =>
            this.#range(low, high),
        },
      },
      axes: [
        { ...axis, label: x.label, labelSize: 18, labelGap: 0, size: 28, gap: 4, space: 60 },
        {
          ...axis,
          label: this.#yLabel(),
          labelSize: 18,
          labelGap: 2,
          gap: 4,
          size: (/** @type {any} */ _, /** @type {string[] | null} */ ticks) =>
            this.#room(ticks, font),
          values: (/** @type {any} */ _, /** @type {(number | null)[]} */ ticks) =>
            this.#ticks(ticks),
        },
      ],
      series: [
        {},
        ...strands.map(({ line, place, raw }) => ({
          stroke: color(line, place, token) + (raw ? '55' : ''),
          width: raw ? 1 : line.dashed ? LINE + 0.75 : LINE,
          dash: line.dashed ? [7, 4] : undefined,
          points: { show: Boolean(line.dots) && !raw, size: 6, width: 1.5, fill: token('--panel') },
        })),
      ],
      hooks: {
        setCursor: [() => this.#legend()],
        setSelect: [(/** @type {uPlot} */ plot) => this.#select(plot)],
      },
    });
    this.plot = new uPlot(options, /** @type {uPlot.AlignedData} */ (data), this.box);
  }

  /** The y axis says what it is, and where it begins if that is not what one expects. */
  #yLabel() {
    const { label } = this.options.y;
    if (this.log) return `${label}, log scale`;
    return this.fitted ? `${label} (zoomed in)` : label;
  }

  /**
   * @param {number | null} low  of the data that is seen
   * @param {number | null} high
   * @returns {[number, number]}
   */
  #range(low, high) {
    const { from, to } = this.options.y;
    if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) {
      return this.log ? [0.1, 1] : [from ?? 0, to ?? 1];
    }
    if (this.log) {
      const least = Math.max(low, 1e-12);
      return [least / 1.2, 1.2 * Math.max(high, 2 * least)];
    }
    const room = 0.05 * (high - low || Math.abs(high) || 1);
    const free = this.fitted || from === undefined;
    const bottom = free ? low - room : Math.min(from, low);
    const top = this.fitted || to === undefined ? high + room : Math.max(to, high);
    return [bottom, top > bottom ? top : bottom + 1];
  }

  /** Numbers beside the axis; on a log scale only those there is room for. @param {(number | null)[]} ticks */
  #ticks(ticks) {
    const { tick } = this.options.y;
    return ticks.map((value) => {
      if (value === null || (this.log && !round(value))) return '';
      return tick ? tick(value) : plain(value);
    });
  }

  /** @param {string[] | null} ticks @param {string} font */
  #room(ticks, font) {
    const context = /** @type {CanvasRenderingContext2D} */ (sheet().getContext('2d'));
    context.font = font;
    return (
      10 +
      Math.ceil(Math.max(16, ...(ticks ?? []).map((text) => context.measureText(text ?? '').width)))
    );
  }

  /** The reader marked a part. @param {uPlot} plot */
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
      this.plot.setSize({ width, height: this.options.height ?? 260 });
      this.draw();
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const plot = this.plot;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -1e9, End: 1e9 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!plot || (step === undefined && event.key !== 'Escape')) return;
    event.preventDefault();
    const width = plot.over.clientWidth;
    const left = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? plot.cursor.left : width;
    if (step === undefined) plot.setCursor({ left: -10, top: -10 });
    else plot.setCursor({ left: Math.min(width - 1, Math.max(0, left + 4 * step)), top: 1 });
    const words = [...this.legend.querySelectorAll('li')].map((item) => item.textContent);
    if (step !== undefined) this.spoken.textContent = words.join(', ');
  }

  /** Names, colours and values: at the crosshair, or the last ones. */
  #legend() {
    const left = this.plot?.cursor.left;
    const at = this.plot && left !== undefined && left >= 0 ? this.plot.posToVal(left, 'x') : null;
    const names = JSON.stringify(
      this.lines.map((line) => [line.name, line.color, line.dashed, line.dots]),
    );
    if (this.named !== names) this.#names(names);
    const { x, y } = this.options;
    const format = y.format ?? plain;
    /** @type {number | null} */
    let place = null;
    this.lines.forEach((line, index) => {
      const own = this.#xOf(line);
      const near = at === null ? lastKnown(line.values) : nearest(own, at);
      const value = near < 0 ? NaN : line.values[near];
      if (at !== null && near >= 0 && place === null) place = own[near];
      const mean = this.window && line.smoothed !== false ? this.#mean(line) : null;
      const words = Number.isFinite(value) ? format(value) : '–';
      const also = mean && Number.isFinite(mean[near]) ? `mean ${format(mean[near])}` : words;
      const cell = this.legend.children[index]?.querySelector('.chart-value');
      if (cell && cell.textContent !== also) cell.textContent = also;
    });
    const where = /** @type {HTMLElement} */ (this.legend.lastElementChild);
    const words =
      place === null ? '' : x.format ? x.format(place) : `at ${plain(place)} ${x.label}`;
    if (where && where.textContent !== words) where.textContent = words;
  }

  /** @param {string} names */
  #names(names) {
    this.named = names;
    this.legend.replaceChildren(
      ...this.lines.map((line, place) => {
        const item = element('li', '');
        const button = /** @type {HTMLButtonElement} */ (element('button', ''));
        button.type = 'button';
        button.title = 'Show or hide this line';
        const swatch = element(
          'span',
          `chart-line${line.dashed ? ' dashed' : ''}${line.dots && !line.dashed ? ' dots' : ''}`,
        );
        swatch.style.borderColor = `var(--series-${series(line, place)})`;
        const pressed = () => button.setAttribute('aria-pressed', `${!this.hidden.has(line.name)}`);
        button.onclick = () => {
          if (!this.hidden.delete(line.name)) this.hidden.add(line.name);
          pressed();
          this.draw();
        };
        pressed();
        button.append(
          swatch,
          element('span', 'chart-name', line.name),
          element('span', 'chart-value'),
        );
        item.append(button);
        return item;
      }),
      element('li', 'chart-x'),
    );
  }

  /** What the chart shows, in words. */
  #summarise() {
    const now = performance.now();
    const early = this.summarised + SUMMARY_EVERY - now;
    if (early > 0) {
      this.later ||= setTimeout(() => this.#summarise(), early + 1);
      return;
    }
    this.later = 0;
    this.summarised = now;
    const { title, x, y } = this.options;
    const format = y.format ?? plain;
    const sentences = this.lines.map((line) => {
      const own = this.#xOf(line);
      const last = lastKnown(line.values);
      if (last < 0) return `${line.name}: no data.`;
      const { low, high, lowAt, highAt } = extremes(line.values);
      const where = (/** @type {number} */ at) => `at ${plain(own[at])} ${x.label}`;
      return (
        `${line.name}: ${line.values.length.toLocaleString('en')} points, last ${format(line.values[last])} ` +
        `${where(last)}, lowest ${format(low)} ${where(lowAt)}, highest ${format(high)} ${where(highAt)}.`
      );
    });
    const said = this.window
      ? ` Lines are means of ${this.window} points; the raw ones are faint.`
      : '';
    this.summary.textContent = `${title}, ${this.#yLabel()} against ${x.label}. ${sentences.join(' ')}${said}`;
  }
}

/**
 * A number as short as it may be: 1,234, 0.0123, 1.2e-7.
 *
 * @param {number} value
 */
export function plain(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(1);
  const digits = size >= 100 ? 1 : size >= 1 ? 3 : 4;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** Whether it is 1, 2 or 5 of a power of ten. @param {number} value */
function round(value) {
  return ['1', '2', '5'].includes(value.toExponential(2).replace(/\.?0*e.*/, ''));
}

/** The number of a line's colour. @param {Line} line @param {number} place */
function series(line, place) {
  return line.color ?? (place % 6) + 1;
}

/** @param {Line} line @param {number} place @param {(name: string) => string} token */
function color(line, place, token) {
  return token(`--series-${series(line, place)}`);
}

/** @param {Numbers} values */
function lastKnown(values) {
  for (let at = values.length - 1; at >= 0; at -= 1) if (Number.isFinite(values[at])) return at;
  return -1;
}

/** @type {HTMLCanvasElement | undefined} */
let measuring;

/** A canvas to measure text with. */
function sheet() {
  measuring ??= document.createElement('canvas');
  return measuring;
}

/**
 * @param {string} name
 * @param {string} className
 * @param {string} [text]
 */
function element(name, className, text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
