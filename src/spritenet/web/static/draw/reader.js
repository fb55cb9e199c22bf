// From what lies on the sheet to a model's answer. No DOM.

import { prepare } from '../lib/index.js';
import { Raster } from './raster.js';

/** @typedef {import('../lib/model.js').Model} Model */
/** @typedef {import('../lib/prepare.js').Preparation} Preparation */
/** @typedef {{ sure: (input: Uint8Array, label: number) => boolean }} Familiar  see familiar.js */
/** @typedef {import('./sheet.js').Sheet} Sheet */
/** @typedef {import('./stroke.js').Stroke} Stroke */
/**
 * @typedef {object} Answer
 * @property {Uint8Array} input  height × width × channels: what the network sees
 * @property {'empty' | 'unsure' | 'sure' | 'uncalibrated' | 'several'} state  nothing there; nothing
 *     the model was trained on; a class; a class of a model without calibration; any number of classes
 * @property {number} best  the likeliest class
 * @property {ArrayLike<number>} probabilities  of all classes; of length 0 if there is nothing
 * @property {boolean[]} [present]  the classes from their thresholds on, if there may be several
 */

/** The longer side of a sheet, in the units of its strokes and in pixels. */
export const UNITS = 280;

/**
 * Returns the preprocessing of this model's input: as its file says, or else as Python's `spritenet predict`
 * does it.
 *
 * @param {Model} model
 * @returns {Preparation}
 */
export function preparationOf(model) {
  const [height, width, channels] = model.imageShape;
  const likely = String([height, width, channels]) === '28,28,1' ? 'digit' : 'fit';
  return model.preparation ?? { mode: likely, height, width, channels, background: 0 };
}

/**
 * A sheet's width and height: of the proportions of the model's images, within 1 : 2 and 2 : 1.
 *
 * @param {Preparation} preparation
 */
export function sheetSize({ height, width }) {
  const proportion = Math.max(0.5, Math.min(2, width / height));
  return proportion >= 1
    ? { width: UNITS, height: Math.round(UNITS / proportion) }
    : { width: Math.round(UNITS * proportion), height: UNITS };
}

/**
 * Ink as the picture to prepare: light on black, or dark on light where the model's background is
 * light.
 *
 * @param {Raster} raster
 * @param {Preparation} preparation
 */
export function pictureOf({ data, height, width }, { mode, background }) {
  const light = mode !== 'digit' && background >= 128;
  return { data: light ? data.map((v) => 255 - v) : data, height, width };
}

/**
 * Numbers that add up to 1, of outputs that may be a softmax already.
 *
 * @param {Model} model
 * @param {Float32Array} outputs
 */
export function probabilitiesOf(model, outputs) {
  if (model.lastActivation === 'softmax') return outputs;
  const most = outputs.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = outputs.map((v) => Math.exp(v - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => v / sum);
}

export class Reader {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.preparation = preparationOf(model);
    const { width, height } = sheetSize(this.preparation);
    /** All that no further point changes. */
    this.ink = new Raster(width, height);
    /** The same, to where the pen is now. */
    this.seen = new Raster(width, height);
    this.part = 0;
    /** The lessons, once there are any. @type {Familiar | null} */
    this.familiar = null;
    this.line = this.ink.line.bind(this.ink);
    this.end = this.seen.line.bind(this.seen);
  }

  /**
   * Begins again with what lies on the sheet.
   *
   * @param {readonly Stroke[]} strokes  all of them ended
   */
  redraw(strokes) {
    this.ink.clear();
    for (const stroke of strokes) {
      stroke.drawParts(0, this.line);
      stroke.drawEnd(this.line);
    }
    this.seen.copy(this.ink);
    this.part = 0;
  }

  /**
   * Takes in what was added to the stroke that is being drawn.
   *
   * @param {Stroke} stroke
   */
  extend(stroke) {
    this.part = stroke.drawParts(this.part, this.line);
    this.seen.copy(this.ink);
    stroke.drawEnd(this.end);
  }

  /** @param {Stroke} stroke  which is ended now */
  finish(stroke) {
    this.extend(stroke);
    this.ink.copy(this.seen);
    this.part = 0;
  }

  /**
   * Returns the network's input.
   *
   * @param {Sheet} sheet
   * @returns {Uint8Array}
   */
  input(sheet) {
    const { mode, height, width, channels } = this.preparation;
    // No ink is black. The search for it takes 30 ms when it runs for the first time.
    if (mode === 'digit' && sheet.isEmpty) return new Uint8Array(height * width * channels);
    return prepare(sheet.picture ?? pictureOf(this.seen, this.preparation), this.preparation);
  }

  /**
   * Returns the prediction.
   *
   * @param {Sheet} sheet
   * @returns {Answer}
   */
  read(sheet) {
    const input = this.input(sheet);
    const nothing =
      sheet.isEmpty || (this.preparation.mode === 'digit' && !input.some((v) => v > 0));
    if (nothing) return { input, state: 'empty', best: -1, probabilities: new Float32Array(0) };
    return { input, ...judge(this.model, input, this.familiar) };
  }
}

/**
 * Returns the most likely class, rejected unless the image is like the training set or a lesson.
 *
 * @param {Model} model
 * @param {Uint8Array} input
 * @param {Familiar | null} familiar
 * @returns {{ state: 'unsure' | 'sure' | 'uncalibrated' | 'several', best: number, probabilities: ArrayLike<number>, present?: boolean[] }}
 */
export function judge(model, input, familiar) {
  if (model.isMultiLabel) {
    const { label: best, probabilities, present } = model.classify(input);
    return { state: 'several', best, probabilities, present };
  }
  const able = model.outputs > 1 && ['softmax', 'linear'].includes(model.lastActivation);
  const classified = able ? model.classify(input) : null;
  const probabilities = classified?.probabilities ?? probabilitiesOf(model, model.predict(input));
  let best = 0;
  for (let i = 1; i < probabilities.length; i++) {
    if (probabilities[i] > probabilities[best]) best = i;
  }
  if (!classified || !model.calibrated) return { state: 'uncalibrated', best, probabilities };
  const sure = familiar ? familiar.sure(input, best) : classified.sure;
  return { state: sure ? 'sure' : 'unsure', best, probabilities };
}
