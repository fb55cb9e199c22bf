// The functional API: a model from symbolic tensors.
//
//   const image = input({ shape: [28, 28, 1] });
//   const x = layers.flatten().apply(image);
//   const y = layers.dense({ units: 10, activation: 'softmax' }).apply(x);
//   const net = await model({ inputs: image, outputs: y });

import { Model } from './model.js';

export { input } from './tensor.js';

/** @typedef {import('./tensor.js').SymbolicTensor} SymbolicTensor */

/**
 * Makes the network between an input and an output, as `Model.create` does.
 *
 * @param {{ inputs: SymbolicTensor | readonly SymbolicTensor[], outputs: SymbolicTensor | readonly
 *     SymbolicTensor[], classNames?: string[], seed?: number | bigint,
 *     preparation?: import('./prepare.js').Preparation | null, core?: import('./core.js').Core }} how
 */
export function model(how) {
  return Model.create(how);
}
