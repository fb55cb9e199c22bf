// Spritenet in JavaScript: everything a page or a Node.js program may import.
//
//   import { Model } from './lib/index.js';
//   const model = await Model.load('digits/');
//   const probabilities = model.predict(pixels); // Uint8Array, 28 · 28 of them

/** @typedef {import('./rejection.js').Classified} Classified */
/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./training.js').FitOptions} FitOptions */
/** @typedef {import('./training.js').History} History */
/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./losses.js').LossOption} LossOption */
/** @typedef {import('./metrics.js').MetricOption} MetricOption */
/** @typedef {import('./optimizers.js').Optimizer} Optimizer */
/** @typedef {import('./prepare.js').Preparation} Preparation */
/** @typedef {import('./tensor.js').SymbolicTensor} SymbolicTensor */

export { augmentation, augmented } from './augmented.js';
export { Core, defaultCore, hasRelaxedSimd, useCore } from './core.js';
export { SpriteData } from './data.js';
export { CoreError, DataError, DivergedError, ModelError, SpritenetError } from './errors.js';
export { FEW, trainFew } from './few.js';
export { useFewWeights } from './few-weights.js';
export { input, model } from './functional.js';
export { QuantizedModel } from './int8.js';
export { layers } from './layers.js';
export { Model } from './model.js';
export { networks } from './networks.js';
export { optimizers } from './optimizers.js';
export { Order, permutation, stepIndices } from './order.js';
export { prepare, readPreparation } from './prepare.js';
export { RemoteExamples } from './messages.js';
export { Remote } from './remote.js';
export { RemoteModel } from './remote-model.js';
export { rateAt } from './rates.js';
export { schedules } from './schedules.js';
export { writeSprite } from './sprite-writer.js';
