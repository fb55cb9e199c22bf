// A model's files: its state as they hold it, and what they restore.

import { lossConfig, makeLoss, savedLoss } from './losses.js';
import { writeModel } from './saved.js';

/** @typedef {import('./model.js').Model} Model */

/**
 * Returns the two files of a model, which Python and TensorFlow.js load.
 *
 * @param {Model} model
 * @param {{ includeOptimizer?: boolean }} [options]  saves the optimizer's state, too
 */
export function filesOf(model, { includeOptimizer = false } = {}) {
  const { layers, inputShape, metadata, network, optimizer, loss, step } = model;
  const { trainedOn } = metadata;
  return writeModel({
    layers: [...layers],
    inputShape: [...inputShape],
    parameters: model.getParameters(),
    metadata: { ...metadata, trainedOn: trainedOn && { ...trainedOn, steps: step } },
    state:
      includeOptimizer && optimizer
        ? {
            optimizer,
            steps: step,
            slots: network.slots.slice(),
            loss: loss && lossConfig(loss),
          }
        : null,
  });
}

/**
 * Gives a model what its files have: parameters, and the optimizer's state if it was saved.
 *
 * @param {Model} model
 * @param {import('./saved.js').Saved} saved
 */
export function restore(model, { parameters, notes = [], state }) {
  model.network.parameters.set(parameters);
  model.notes = notes;
  if (!state) return;
  const { optimizer, loss, steps, slots } = state;
  model.optimizer = optimizer;
  model.loss = loss && makeLoss(model.network.arena, savedLoss(loss), model.lastActivation);
  model.step = steps;
  model.network.beginSlots(optimizer);
  model.network.slots.set(slots);
}
