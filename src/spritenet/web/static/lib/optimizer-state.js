// The state of an optimizer in a model's file: its slots beside the weights, and an entry of the metadata.

import { located, ModelError } from './errors.js';
import { makeOptimizer, slotsOf, suffixOf } from './optimizers.js';
import { readRate, savedRate } from './schedules.js';
import { sha256 } from './sha256.js';
import { size } from './shapes.js';
import { compareHash, join } from './weights.js';

/** @typedef {import('./optimizers.js').Optimizer} Optimizer */
/**
 * The state of an optimizer after some steps.
 *
 * @typedef {object} OptimizerState
 * @property {Optimizer} optimizer
 * @property {number} steps  updates done
 * @property {Float32Array} slots  slot after slot, each as long as the parameters
 * @property {any} loss  as in the file, or null
 */

const COUNTER = 'iter';

/**
 * Reads the state from the values of a file's weights.
 *
 * @param {any} entry  of its metadata
 * @param {Map<string, Float32Array | Int32Array>} values
 * @param {{ name: string, shape: number[] }[]} wanted
 * @param {{ name: string, group: string }[]} promised
 * @param {string} where
 * @returns {OptimizerState}
 */
export function readState(entry, values, wanted, promised, where) {
  const slots = promised.filter(({ group }) => group).map(({ name }) => values.get(name));
  compareHash(entry.sha256, join(/** @type {Float32Array[]} */ (slots)), where);
  return located(where, () => {
    const { class_name: className, config = {} } = entry.optimizer ?? {};
    const { learning_rate: rate, ...rest } = config;
    const optimizer = makeOptimizer(className, rest, readRate(rate));
    const counter = values.get(COUNTER);
    const count = wanted.reduce((sum, { shape }) => sum + size(shape), 0);
    const parts = slotsOf(optimizer).flatMap((slot) => {
      const scalar = slot.scalar && values.get(slot.name);
      if (scalar) return [new Float32Array(count).fill(scalar[0], 0, 1)];
      return wanted.map(({ name, shape }) => {
        const part = values.get(`${name}/${suffixOf(slot)}`);
        if (!(part instanceof Float32Array) || part.length !== size(shape)) {
          throw new ModelError('invalid optimizer state', { got: `${name}/${suffixOf(slot)}` });
        }
        return part;
      });
    });
    return {
      optimizer,
      steps: counter ? Number(counter[0]) : 0,
      slots: new Float32Array(join(parts).buffer),
      loss: entry.loss ?? null,
    };
  });
}

/**
 * The arrays of a state, and what the metadata says of it.
 *
 * @param {OptimizerState} state
 * @param {{ name: string, shape: number[] }[]} wanted
 * @param {number} count  of parameters
 */
export function savedState(state, wanted, count) {
  const arrays = stateArrays(state, wanted, count);
  const { className, learningRate, config } = state.optimizer;
  const described = {
    optimizer: {
      class_name: className,
      config: { learning_rate: savedRate(learningRate, state.steps), ...config },
    },
    loss: state.loss,
    sha256: sha256(join(arrays.map(({ values }) => values))),
  };
  return { arrays, described };
}

/**
 * The step counter, then slot after slot an array for each weight; RMSprop always with a momentum.
 *
 * @param {OptimizerState} state
 * @param {{ name: string, shape: number[] }[]} wanted
 * @param {number} count  of parameters
 */
function stateArrays({ optimizer, steps, slots }, wanted, count) {
  const group = 'optimizer';
  /** @type {{ name: string, shape: number[], dtype: string, group: string, values: Float32Array | Int32Array }[]} */
  const arrays = [
    { name: COUNTER, shape: [], dtype: 'int32', group, values: Int32Array.of(steps) },
  ];
  /** @type {[import('./optimizer-table.js').Slot, Float32Array][]} */
  const written = slotsOf(optimizer).map((slot, i) => [
    slot,
    slots.subarray(i * count, (i + 1) * count),
  ]);
  if (optimizer.className === 'RMSprop' && !optimizer.config.momentum) {
    written.splice(1, 0, [{ name: 'momentum' }, new Float32Array(count)]);
  }
  for (const [slot, whole] of written) {
    if (slot.scalar) {
      const values = whole.slice(0, 1);
      arrays.push({ name: slot.name, shape: [], dtype: 'float32', group, values });
      continue;
    }
    let at = 0;
    for (const { name, shape } of wanted) {
      const values = whole.slice(at, at + size(shape));
      arrays.push({ name: `${name}/${suffixOf(slot)}`, shape, dtype: 'float32', group, values });
      at += size(shape);
    }
  }
  return arrays;
}
