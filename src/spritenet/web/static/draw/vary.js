// Variations of a drawing: as the same hand would draw it again. No DOM.

import { prepare } from '../lib/index.js';
import { Raster } from './raster.js';
import { pictureOf } from './reader.js';
import { Stroke } from './stroke.js';

/** @typedef {import('../lib/prepare.js').Preparation} Preparation */
/** @typedef {() => number} Chance  a number from 0 to 1 */
/** @typedef {{ width: number, points: number[] }} Line  of a stroke: x, y, fraction of the width */

const SMALL = 84; // pixels of the sheet a variation is drawn on: thrice MNIST's, so that it is soon done
const DIGIT = 60; // of which a character's longer side takes as many

/**
 * Chance from a seed: the same lesson is the same everywhere. (Mulberry32, by Tommy Ettinger.)
 *
 * @param {number} seed
 * @returns {Chance}
 */
export function chanceOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Evenly from -most to most. @param {Chance} chance @param {number} most */
const around = (chance, most) => (2 * chance() - 1) * most;

/**
 * A drawing drawn again: turned, slanted, stretched and bent a little, with another pen.
 *
 * @param {readonly Line[]} lines
 * @param {{ width: number, height: number }} sheet  their units
 * @param {Preparation} preparation
 * @param {Chance} chance
 * @returns {Uint8Array}  a model's input
 */
export function redrawn(lines, sheet, preparation, chance) {
  const digit = preparation.mode === 'digit';
  const box = boundsOf(lines);
  const longest = Math.max(box.width, box.height, 1);
  const scale = digit ? DIGIT / longest : SMALL / Math.max(sheet.width, sheet.height);
  const small = new Raster(
    digit ? SMALL : Math.round(sheet.width * scale),
    digit ? SMALL : Math.round(sheet.height * scale),
  );
  const angle = around(chance, 0.2);
  const slant = around(chance, 0.2);
  const [wide, tall] = [1 + around(chance, 0.14), 1 + around(chance, 0.14)];
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const bend = Array.from({ length: 8 }, () => around(chance, 0.05));
  const pen = 0.7 + 0.8 * chance();
  const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
  const shift = digit
    ? [0, 0]
    : [around(chance, 0.06) * small.width, around(chance, 0.06) * small.height];
  const toX = (digit ? small.width / 2 : middleX * scale) + shift[0];
  const toY = (digit ? small.height / 2 : middleY * scale) + shift[1];
  const line = small.line.bind(small);
  for (const { width, points } of lines) {
    const stroke = new Stroke(width * scale * pen);
    for (let i = 0; i < points.length; i += 3) {
      // -1 to 1 in the drawing's box
      const u = (2 * (points[i] - middleX)) / longest;
      const v = (2 * (points[i + 1] - middleY)) / longest;
      const x =
        wide * (u - slant * v) +
        bend[0] * u * v +
        bend[1] * v * v +
        bend[2] * Math.sin(3 * v + 9 * bend[3]);
      const y =
        tall * v + bend[4] * u * u + bend[5] * u * v + bend[6] * Math.sin(3 * u + 9 * bend[7]);
      const half = (longest * scale) / 2;
      stroke.add(
        toX + half * (cosine * x - sine * y),
        toY + half * (sine * x + cosine * y),
        points[i + 2],
      );
    }
    stroke.drawParts(0, line);
    stroke.drawEnd(line);
  }
  const input = prepare(pictureOf(small, preparation), preparation);
  return digit
    ? moved(input, preparation, Math.round(around(chance, 1.2)), Math.round(around(chance, 1.2)))
    : input;
}

/** @param {readonly Line[]} lines */
function boundsOf(lines) {
  let [x, y, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points } of lines) {
    for (let i = 0; i < points.length; i += 3) {
      x = Math.min(x, points[i]);
      right = Math.max(right, points[i]);
      y = Math.min(y, points[i + 1]);
      bottom = Math.max(bottom, points[i + 1]);
    }
  }
  return { x, y, width: right - x, height: bottom - y };
}

/**
 * An input moved by whole pixels, black coming in.
 *
 * @param {Uint8Array} input
 * @param {Preparation} preparation  of one channel
 * @param {number} across
 * @param {number} down
 */
function moved(input, { height, width }, across, down) {
  if (!across && !down) return input;
  const result = new Uint8Array(input.length);
  for (let r = Math.max(0, down); r < Math.min(height, height + down); r++) {
    for (let c = Math.max(0, across); c < Math.min(width, width + across); c++) {
      result[r * width + c] = input[(r - down) * width + c - across];
    }
  }
  return result;
}

/**
 * A picture's input turned, scaled and moved a little. What comes in from beyond its edges repeats them.
 *
 * @param {Uint8Array} input  height × width × channels
 * @param {Preparation} preparation
 * @param {Chance} chance
 */
export function warped(input, { height, width, channels }, chance) {
  const angle = around(chance, 0.16);
  const scale = 1 + around(chance, 0.1);
  const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const moveX = around(chance, 0.06) * width;
  const moveY = around(chance, 0.06) * height;
  const result = new Uint8Array(input.length);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const dx = c - middleX - moveX;
      const dy = r - middleY - moveY;
      const x = Math.max(0, Math.min(width - 1, middleX + cosine * dx + sine * dy));
      const y = Math.max(0, Math.min(height - 1, middleY - sine * dx + cosine * dy));
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
      const [fx, fy] = [x - left, y - top];
      for (let k = 0; k < channels; k++) {
        const value = (/** @type {number} */ row, /** @type {number} */ column) =>
          input[(row * width + column) * channels + k];
        const upper = (1 - fx) * value(top, left) + fx * value(top, right);
        const lower = (1 - fx) * value(bottom, left) + fx * value(bottom, right);
        result[(r * width + c) * channels + k] = Math.round((1 - fy) * upper + fy * lower);
      }
    }
  }
  return result;
}
