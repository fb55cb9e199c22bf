// A drawn character found in a picture: ink light on black, at MNIST's size and place.
//
// The same bytes as spritenet/prepare/ink.py; the steps and their reasons are in docs/reference/prepare.md.

import { meanOver } from './resample.js';

/** @typedef {import('./resample.js').Picture} Picture */

const TILES = 8; // along a side, in each of which the paper's brightness is measured
const FAINTEST = 24; // grey levels between paper and ink, under which there is no ink
const BOX_LEVEL = 48; // ink counts for the box from here on, of 255

/**
 * Returns the ink of a grey image of a page, dark on light or light on dark: 0 for paper, 255 for
 * full ink; null if there is none.
 *
 * @param {Picture} grey
 * @returns {Picture | null}
 */
export function findInk(grey) {
  const dark = isDarkOnLight(grey);
  // Plain loops: `map` takes four times as long, and drawings are prepared at every frame.
  const ink = new Uint8Array(grey.data.length);
  for (let i = 0; i < ink.length; i++) ink[i] = dark ? 255 - grey.data[i] : grey.data[i];
  const paper = paperOf({ ...grey, data: ink });
  for (let i = 0; i < ink.length; i++) ink[i] = Math.max(ink[i] - paper[i], 0);
  return toned({ ...grey, data: ink });
}

/**
 * Returns true if what differs most from the image's frame is darker than it.
 *
 * @param {Picture} grey
 */
function isDarkOnLight({ data, height, width }) {
  const frame = Math.max(1, Math.floor(Math.min(height, width) / 16));
  const counts = new Float64Array(256);
  for (let r = 0; r < height; r++) {
    const edge = r < frame || r >= height - frame;
    for (let c = 0; c < width; c++) {
      if (edge || c < frame || c >= width - frame) counts[data[r * width + c]]++;
    }
  }
  const paper = leastWithHalf(counts);
  let below = 0;
  let above = 0;
  histogram(data).forEach((count, level) => {
    const weight = count * (level - paper) ** 2;
    if (level < paper) below += weight;
    else above += weight;
  });
  return below >= above;
}

/**
 * The paper's level at each pixel: a smooth surface under the ink.
 *
 * @param {Picture} ink  high where there is ink
 * @returns {Uint8Array}
 */
function paperOf({ data, height, width }) {
  const rows = Math.min(TILES, Math.ceil(height / 3));
  const columns = Math.min(TILES, Math.ceil(width / 3));
  const levels = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      levels[i * columns + j] = quarter(
        data,
        width,
        part(height, rows, i),
        part(width, columns, j),
      );
    }
  }
  // A tile full of ink takes its neighbours' word.
  const lowest = levels.map((_, at) => {
    const i = Math.floor(at / columns);
    const j = at % columns;
    let least = 255;
    for (let y = Math.max(0, i - 1); y < Math.min(rows, i + 2); y++) {
      for (let x = Math.max(0, j - 1); x < Math.min(columns, j + 2); x++) {
        least = Math.min(least, levels[y * columns + x]);
      }
    }
    return least;
  });
  const whole = 4 * height * width;
  const paper = new Uint8Array(height * width);
  // Even paper, as drawings on a screen have it, blends to itself: weights add up to 1.
  if (lowest.every((level) => level === lowest[0])) return paper.fill(lowest[0]);
  const down = Array.from({ length: height }, (_, k) => weights(k, height, rows));
  const across = Array.from({ length: width }, (_, k) => weights(k, width, columns));
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      let sum = whole / 2;
      for (const [i, weight] of down[r]) {
        for (const [j, other] of across[c]) sum += weight * other * lowest[i * columns + j];
      }
      paper[r * width + c] = Math.floor(sum / whole);
    }
  }
  return paper;
}

/** @param {number} pixels @param {number} parts @param {number} i @returns {[number, number]} */
function part(pixels, parts, i) {
  return [Math.floor((i * pixels) / parts), Math.floor(((i + 1) * pixels) / parts)];
}

/**
 * The value a quarter of the way up those of a tile.
 *
 * @param {Uint8Array} data
 * @param {number} width
 * @param {[number, number]} rows
 * @param {[number, number]} columns
 */
function quarter(data, width, rows, columns) {
  const counts = new Float64Array(256);
  for (let r = rows[0]; r < rows[1]; r++) {
    for (let c = columns[0]; c < columns[1]; c++) counts[data[r * width + c]]++;
  }
  let left = Math.floor(((rows[1] - rows[0]) * (columns[1] - columns[0])) / 4);
  let level = 0;
  while (left >= counts[level]) left -= counts[level++];
  return level;
}

/**
 * Returns the tiles that cover a pixel, in straight lines from middle to middle.
 *
 * @param {number} k
 * @param {number} pixels
 * @param {number} tiles
 * @returns {[number, number][]}  tile and weight, of 2 · pixels
 */
function weights(k, pixels, tiles) {
  const place = Math.min(Math.max((2 * k + 1) * tiles - pixels, 0), 2 * pixels * (tiles - 1));
  /** @type {[number, number][]} */
  const found = [];
  for (let t = 0; t < tiles; t++) {
    const weight = 2 * pixels - Math.abs(place - 2 * pixels * t);
    if (weight > 0) found.push([t, weight]);
  }
  return found;
}

/**
 * Levels over the paper stretched so that the paper's noise is 0 and usual ink is 255.
 *
 * @param {Picture} over
 * @returns {Picture | null}
 */
function toned(over) {
  const counts = histogram(over.data);
  const full = usualInk(counts, Math.floor(over.data.length / 2000));
  const noise = Math.min(4 * leastWithHalf(counts), Math.floor(full / 2));
  if (full - noise < FAINTEST) return null;
  return { ...over, data: stretchedLevels(over.data, noise, full) };
}

/** Levels with low at 0 and high at 255. @param {Uint8Array} data @param {number} low @param {number} high */
function stretchedLevels(data, low, high) {
  const span = high - low;
  const half = Math.floor(span / 2);
  const levels = Uint8Array.from({ length: 256 }, (_, v) =>
    Math.min(Math.max(Math.floor(((v - low) * 255 + half) / span), 0), 255),
  );
  const result = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = levels[data[i]];
  return result;
}

/**
 * The middle level of the pixels with more than half of the strongest ink.
 *
 * @param {Float64Array} counts
 * @param {number} outliers  as many of the strongest pixels are left out of it
 */
function usualInk(counts, outliers) {
  let strongest = 255;
  for (let above = counts[255]; above <= outliers; above += counts[strongest]) strongest--;
  const strong = counts.slice().fill(0, 0, Math.floor(strongest / 2) + 1);
  return strong.some((count) => count > 0) ? leastWithHalf(strong) : 0;
}

/** The least level at or under which lies at least half of what is counted. @param {Float64Array} counts */
function leastWithHalf(counts) {
  const whole = counts.reduce((sum, count) => sum + count, 0);
  let level = 0;
  let below = counts[0];
  while (2 * below < whole) below += counts[++level];
  return level;
}

/** @param {Uint8Array} data */
function histogram(data) {
  const counts = new Float64Array(256);
  for (let i = 0; i < data.length; i++) counts[data[i]]++;
  return counts;
}

/**
 * Ink scaled and moved as in MNIST: a box of 20/28, its centre of mass in the middle.
 *
 * @param {Picture} ink  with some ink
 * @param {number} height  of the result
 * @param {number} width
 * @returns {Picture}
 */
export function placeInk(ink, height, width) {
  const rows = { mass: new Float64Array(ink.height), first: -1, last: -1 };
  const columns = { mass: new Float64Array(ink.width), first: ink.width, last: -1 };
  for (let r = 0; r < ink.height; r++) {
    for (let c = 0; c < ink.width; c++) {
      const v = ink.data[r * ink.width + c];
      rows.mass[r] += v;
      columns.mass[c] += v;
      if (v < BOX_LEVEL) continue;
      if (rows.first < 0) rows.first = r;
      rows.last = r;
      columns.first = Math.min(columns.first, c);
      columns.last = Math.max(columns.last, c);
    }
  }
  const longest = Math.max(rows.last - rows.first, columns.last - columns.first) + 1;
  const box = Math.max(1, Math.floor((Math.min(height, width) * 20 + 14) / 28));
  const placed = meanOver(
    ink,
    placedAlong(rows, longest, box, height),
    placedAlong(columns, longest, box, width),
  );
  const full = usualInk(histogram(placed.data), 0);
  return full ? { ...placed, data: stretchedLevels(placed.data, 0, full) } : placed;
}

/**
 * Returns the places of the new pixels along one axis: the character begins on a whole one.
 *
 * @param {{ mass: Float64Array, first: number, last: number }} along  ink in each row, and the character's
 * @param {number} longest  how many rows become `box` pixels
 * @param {number} box
 * @param {number} size  pixels of the result
 * @returns {import('./resample.js').Axis}
 */
function placedAlong({ mass, first, last }, longest, box, size) {
  let whole = 0;
  let twice = 0;
  mass.forEach((m, k) => {
    whole += m;
    twice += m * (2 * (k - first) + 1);
  });
  const extent = last - first + 1;
  // (size + 1) / 2 is the middle of pixel number 14 of 28, where MNIST has it; rounded half up.
  const middle = Math.floor(((size + 2) * whole * longest - twice * box) / (2 * whole * longest));
  const offset = Math.min(Math.max(middle, 0), size - Math.ceil((extent * box) / longest));
  return { start: first * box - offset * longest, step: longest, count: size, pixel: box };
}
