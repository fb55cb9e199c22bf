// A new network: its layers connected, its input known, its weights drawn.

import { ModelError } from './errors.js';
import { connected, networkOf } from './graph.js';
import { initial } from './initializers.js';
import { readPreparation } from './prepare.js';
import { Stream } from './random.js';
import { inferShapes, namedWeights, size } from './shapes.js';
import { checkInputShape } from './tensor.js';

/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./tensor.js').SymbolicTensor} SymbolicTensor */
/**
 * A network to be made.
 *
 * @typedef {object} NewNetwork
 * @property {readonly number[]} [inputShape]  [height, width, channels], [height, width] or [values]
 * @property {readonly Layer[]} [layers]  first to last, of `layers`
 * @property {SymbolicTensor | readonly SymbolicTensor[]} [inputs]  of `input`, in place of `inputShape`
 * @property {SymbolicTensor | readonly SymbolicTensor[]} [outputs]  of `apply`, in place of `layers`
 * @property {string[]} [classNames]  one for each output
 * @property {number | bigint} [seed]  of the weights; the same as in Python
 * @property {import('./prepare.js').Preparation | null} [preparation]  how a drawing becomes an input
 */

/**
 * Returns its layers, its metadata and what its weights begin with.
 *
 * @param {NewNetwork} how
 */
export function newNetwork({ classNames = [], seed = 0, preparation = null, ...how }) {
  const given = how.outputs ? networkOf(how.inputs ?? [], how.outputs) : how;
  const { inputShape = [], layers = [] } = given;
  checkInputShape(inputShape);
  const whole = connected(layers);
  return {
    layers: whole,
    inputShape,
    metadata: {
      classNames,
      preparation: preparation && readPreparation(preparation),
      trainedOn: null,
      scores: {},
    },
    /** Throws if the class names don't fit. */
    draw() {
      const { output: outputs } = inferShapes(whole, inputShape);
      if (classNames.length && String(outputs) !== String(classNames.length)) {
        throw new ModelError("the class names don't fit the outputs", {
          expected: outputs,
          got: classNames.length,
        });
      }
      const weights = namedWeights(whole, inputShape);
      const parameters = new Float32Array(weights.reduce((sum, { shape }) => sum + size(shape), 0));
      let at = 0;
      weights.forEach(({ shape, initializer }, i) => {
        parameters.set(initial(initializer, shape, new Stream(seed, i)), at);
        at += size(shape);
      });
      return parameters;
    },
  };
}
