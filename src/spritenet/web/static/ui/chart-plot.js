// The look of a chart's plot: axes, lines and colours, as options of uPlot.

import { axisLabel, axisRange, axisWidth, tickTexts } from './chart-axis.js';
import { series } from './chart-legend.js';

/** @typedef {import('./chart.js').Line} Line */
/** @typedef {import('../vendor/uplot.js')} Plot */
/**
 * A line as it is drawn: a smoothed one has its raw self, faint, behind it.
 *
 * @typedef {object} Strand
 * @property {Line} line
 * @property {number} place  of the line among all
 * @property {import('./points.js').Numbers} y
 * @property {boolean} raw
 */
/**
 * @typedef {object} Handlers
 * @property {{ left: number, top: number }} cursor  at first, in pixels; below 0 for none
 * @property {() => [number, number]} limits  of the x axis
 * @property {() => void} moved  the cursor did
 * @property {(plot: Plot) => void} selected  a part of the x axis was marked
 * @property {() => null} whole  the plot was clicked twice
 */

/** Of the plot, in pixels, if not given. */
export const HEIGHT = 260;
const LINE = 1.25; // pixels

/**
 * Returns the options of a plot.
 *
 * @param {{ options: import('./chart.js').ChartOptions, log: boolean, fitted: boolean }} chart
 * @param {number} width  in pixels
 * @param {Strand[]} strands
 * @param {Handlers} on
 */
export function plotOptions(chart, width, strands, on) {
  const style = getComputedStyle(document.documentElement);
  const token = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const font = `12px ${token('--sans')}`;
  const { x, y, height = HEIGHT } = chart.options;
  const grid = { stroke: token('--line'), width: 1 };
  const axis = {
    stroke: token('--faint'),
    font,
    labelFont: font,
    grid,
    ticks: { ...grid, size: 4 },
  };
  return /** @type {import('../vendor/uplot.js').Options} */ ({
    width,
    height,
    legend: { show: false },
    padding: [8, 26, 0, 0], // the last number beside the x axis is not clipped
    cursor: {
      ...on.cursor,
      y: false,
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => () => on.whole() },
      hover: { skip: [undefined, null] },
      points: { size: 7, width: 2 },
    },
    scales: {
      x: { time: false, range: () => on.limits() },
      y: {
        distr: chart.log ? 3 : 1,
        range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) =>
          axisRange(y, chart, low, high),
      },
    },
    axes: [
      { ...axis, label: x.label, labelSize: 18, labelGap: 0, size: 28, gap: 4, space: 60 },
      {
        ...axis,
        label: axisLabel(y, chart),
        labelSize: 18,
        labelGap: 2,
        gap: 4,
        size: (/** @type {any} */ _, /** @type {string[] | null} */ ticks) =>
          axisWidth(ticks, font),
        values: (/** @type {any} */ _, /** @type {(number | null)[]} */ ticks) =>
          tickTexts(y, chart, ticks),
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
      setCursor: [() => on.moved()],
      setSelect: [on.selected],
    },
  });
}

/** @param {Line} line @param {number} place @param {(name: string) => string} token */
function color(line, place, token) {
  return token(`--series-${series(line, place)}`);
}
