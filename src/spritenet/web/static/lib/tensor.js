// Symbolic tensors: the image that a network takes, and the outputs of layers applied to others.
//
//   const image = input({ shape: [28, 28, 1] });
//   const x = layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same' }).apply(image);
//   const y = layers.add().apply([x, layers.conv2d({ filters: 8, kernelSize: 1 }).apply(x)]);

import { ModelError } from './errors.js';

/** @typedef {import('./layers.js').Layer} Layer */

/** The output of a layer, or the image that a network takes. */
export class SymbolicTensor {
  /**
   * Use `input` or `layer.apply`.
   *
   * @param {Layer | null} layer  null for the image
   * @param {readonly SymbolicTensor[]} inputs  of the layer
   * @param {readonly number[]} [shape]  of the image: height, width, channels, or fewer sides
   */
  constructor(layer, inputs, shape) {
    const where = layer ? layer.name || layer.className : 'input';
    if (layer && !inputs.length) {
      throw new ModelError('missing inputs', { where, expected: 'one symbolic tensor or more' });
    }
    const other = inputs.find((tensor) => !(tensor instanceof SymbolicTensor));
    if (other !== undefined || inputs.includes(/** @type {any} */ (undefined))) {
      throw new ModelError('unsupported input', {
        where,
        expected: 'symbolic tensors, of input() or apply()',
        got: typeof other,
      });
    }
    this.layer = layer;
    this.inputs = inputs;
    this.shape = shape;
  }
}

/**
 * Returns the image that a network takes.
 *
 * @param {{ shape: readonly number[] }} options  [height, width, channels], [height, width] or [values]
 */
export function input({ shape }) {
  checkInputShape(shape);
  return new SymbolicTensor(null, [], [...shape]);
}

/**
 * Throws a ModelError unless it is the shape of an input.
 *
 * @param {readonly number[]} shape
 */
export function checkInputShape(shape) {
  if (
    !Array.isArray(shape) ||
    shape.length < 1 ||
    shape.length > 3 ||
    !shape.every((side) => Number.isInteger(side) && side > 0)
  ) {
    throw new ModelError('invalid input shape', {
      expected: '[height, width, channels], [height, width] or [values]',
      got: shape,
    });
  }
}

/**
 * Returns the tensors between an input and an output, each after those it is computed from.
 *
 * @param {SymbolicTensor | readonly SymbolicTensor[]} inputs  one
 * @param {SymbolicTensor | readonly SymbolicTensor[]} outputs  one
 * @returns {{ image: SymbolicTensor, tensors: SymbolicTensor[] }}  without the image
 */
export function pathOf(inputs, outputs) {
  const image = single(inputs, 'input');
  const output = single(outputs, 'output');
  if (image.layer) {
    throw new ModelError('the input of the network is the output of a layer', {
      where: image.layer.name || image.layer.className,
      expected: 'a tensor of input()',
    });
  }
  /** @type {SymbolicTensor[]} */
  const tensors = [];
  const seen = new Set();
  const used = new Map();
  const open = [output];
  while (open.length) {
    const tensor = /** @type {SymbolicTensor} */ (open.at(-1));
    const next = tensor.inputs.find((each) => !seen.has(each));
    if (next) {
      seen.add(next); // an input may be open already: tensors can't form a cycle
      open.push(next);
      continue;
    }
    open.pop();
    if (tensor.layer) {
      tensors.push(tensor);
      used.set(tensor.layer, (used.get(tensor.layer) ?? 0) + 1);
    } else if (tensor !== image) {
      throw new ModelError('the output is computed from another input', {
        expected: 'a network of one input',
      });
    }
  }
  for (const [layer, times] of used) {
    if (times > 1) {
      throw new ModelError('unsupported: a layer applied twice, whose weights would be shared', {
        where: layer.name || layer.className,
        expected: 'a layer for each application',
        got: `${times} applications`,
      });
    }
  }
  if (!seen.has(image)) {
    throw new ModelError('there is no path from the input to the output', {
      expected: 'an output computed from the input',
    });
  }
  return { image, tensors };
}

/**
 * @param {SymbolicTensor | readonly SymbolicTensor[]} value
 * @param {string} what
 * @returns {SymbolicTensor}
 */
function single(value, what) {
  const list = Array.isArray(value) ? value : [value];
  if (list.length !== 1 || !(list[0] instanceof SymbolicTensor)) {
    throw new ModelError(`unsupported ${what}s`, {
      expected: `one ${what}, a symbolic tensor`,
      got: Array.isArray(value) ? `${list.length} ${what}s` : typeof value,
    });
  }
  return list[0];
}
