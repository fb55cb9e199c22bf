// The learning rate of a training: a number, a schedule, or a function of the step.

import { scheduledAt, scheduledOver } from './schedules.js';

/** @typedef {number | import('./schedules.js').Schedule | ((step: number) => number)} Rate  a function takes the steps done, from 0 */

/**
 * The learning rate of a step.
 *
 * @param {Rate} rate
 * @param {number} step  steps done, from 0
 * @returns {number}
 */
export function rateAt(rate, step) {
  if (typeof rate === 'number') return rate;
  return typeof rate === 'function' ? rate(step) : scheduledAt(rate, step);
}

/**
 * The rate with its length filled in, where it has none: those steps of training.
 *
 * @param {Rate} rate
 * @param {number} firstStep
 * @param {number} steps
 * @returns {Rate}
 */
export function spanning(rate, firstStep, steps) {
  return typeof rate === 'object' ? scheduledOver(rate, firstStep, steps) : rate;
}
