// A network as a graph: layers in an order in which each comes after its inputs.

import { ModelError, shown } from './errors.js';
import { baseName, Layer, makeLayer } from './layers.js';
import { pathOf } from './tensor.js';

/** @typedef {import('./tensor.js').SymbolicTensor} SymbolicTensor */

/** The name of the image among a layer's inputs. */
export const IMAGE = '';

// Layers whose outputs are pixels as their inputs are, in other places.
const ARRANGING = [
  'CenterCrop',
  'Cropping2D',
  'Flatten',
  'Identity',
  'Permute',
  'Reshape',
  'Resizing',
  'UpSampling2D',
  'ZeroPadding2D',
];

/**
 * Names the layers as Keras does (conv2d, conv2d_1, …), connects each that has no inputs to the one
 * before, and puts a Rescaling between the image and what reads it, unless there is one: a network
 * takes raw pixels.
 *
 * @param {readonly Layer[]} layers  each after its inputs
 * @param {{ scale: number, offset?: number }} [rescaling]  1/255; or 1, if a Rescaling comes later
 * @returns {Layer[]}
 */
export function connected(layers, rescaling = undefined) {
  const whole = named(layers).map((layer, i, all) =>
    layer.inputs ? layer : new Layer({ ...layer, inputs: [i ? all[i - 1].name : IMAGE] }),
  );
  if (startsWithRescaling(whole)) return whole;
  const scale = isRescaledLater(whole) ? 1 : 1 / 255;
  const [first] = named([makeLayer('Rescaling', rescaling ?? { scale }), ...whole]);
  const head = headOf(whole);
  const source = head.length ? head[head.length - 1].name : IMAGE;
  return [
    ...head,
    new Layer({ ...first, inputs: [source] }),
    ...whole
      .filter((layer) => !head.includes(layer))
      .map((layer) => rewired(layer, (name) => (name === source ? first.name : name))),
  ];
}

/** Returns true for a layer that changes images in training alone. @param {Layer} layer */
export function isRandom({ className }) {
  return /^(Random[A-Z]|MixUp$|CutMix$)/.test(className);
}

/**
 * Returns the random layers that the image goes through first.
 *
 * @param {readonly Layer[]} layers  connected
 * @returns {Layer[]}
 */
function headOf(layers) {
  const readers = readersOf(layers);
  const head = [];
  for (let name = IMAGE; ; name = head[head.length - 1].name) {
    const [first, ...others] = readers.get(name) ?? [];
    if (!first || others.length || !isRandom(first) || layers.length === head.length + 1) {
      return head;
    }
    head.push(first);
  }
}

/**
 * Returns true if a Rescaling is all that reads the image, or what random layers make of it.
 *
 * @param {readonly Layer[]} layers  connected
 */
export function startsWithRescaling(layers) {
  const head = headOf(layers);
  const readers = readersOf(layers).get(head.length ? head[head.length - 1].name : IMAGE) ?? [];
  return readers.length === 1 && readers[0].className === 'Rescaling';
}

/**
 * Returns true if the image reaches a Rescaling through layers that only arrange pixels.
 *
 * @param {readonly Layer[]} layers  connected
 */
export function isRescaledLater(layers) {
  const readers = readersOf(layers);
  for (let name = IMAGE, seen = 1; ; seen++) {
    const [next, ...others] = readers.get(name) ?? [];
    if (!next || others.length) return false;
    if (next.className === 'Rescaling') return seen > 1;
    if (!ARRANGING.includes(next.className)) return false;
    ({ name } = next);
  }
}

/**
 * Returns the layers with a name each.
 *
 * @param {readonly Layer[]} layers
 * @returns {Layer[]}
 */
function named(layers) {
  const taken = new Set();
  for (const { name } of layers) {
    if (name && taken.has(name)) throw new ModelError(`two layers are called ${shown(name)}`);
    if (name) taken.add(name);
  }
  return layers.map((layer) => {
    if (layer.name) return layer;
    const base = baseName(layer.className);
    let name = base;
    for (let number = 1; taken.has(name); number++) name = `${base}_${number}`;
    taken.add(name);
    return new Layer({ ...layer, name });
  });
}

/**
 * Returns the layer with other inputs.
 *
 * @param {Layer} layer
 * @param {(name: string) => string} source  of each input
 */
export function rewired(layer, source) {
  return new Layer({ ...layer, inputs: inputsOf(layer).map(source) });
}

/**
 * Returns the names of a connected layer's inputs.
 *
 * @param {Layer} layer
 * @returns {readonly string[]}
 */
export function inputsOf({ inputs }) {
  return inputs ?? [IMAGE];
}

/**
 * Returns the layers that read each output, by its name.
 *
 * @param {readonly Layer[]} layers  connected
 * @returns {Map<string, Layer[]>}
 */
export function readersOf(layers) {
  /** @type {Map<string, Layer[]>} */
  const readers = new Map();
  for (const layer of layers) {
    for (const name of new Set(inputsOf(layer))) {
      readers.set(name, [...(readers.get(name) ?? []), layer]);
    }
  }
  return readers;
}

/**
 * Returns true if each layer takes the output of the one before, and nothing else.
 *
 * @param {readonly Layer[]} layers  connected
 */
export function isChain(layers) {
  return layers.every((layer, i) => {
    const inputs = inputsOf(layer);
    return inputs.length === 1 && inputs[0] === (i ? layers[i - 1].name : IMAGE);
  });
}

/**
 * Returns the places of each layer's inputs among the layers; -1 is the image.
 *
 * @param {readonly Layer[]} layers  connected
 * @returns {number[][]}
 */
export function inputPlaces(layers) {
  const places = new Map([
    [IMAGE, -1],
    ...layers.map(({ name }, i) => /** @type {[string, number]} */ ([name, i])),
  ]);
  return layers.map((layer, i) =>
    inputsOf(layer).map((name) => {
      const place = places.get(name);
      if (place === undefined || place >= i) {
        throw new ModelError('its input is not a layer before it', {
          where: layer.name,
          got: name,
        });
      }
      return place;
    }),
  );
}

/**
 * Returns the network between an input and an output.
 *
 * @param {SymbolicTensor | readonly SymbolicTensor[]} inputs  one
 * @param {SymbolicTensor | readonly SymbolicTensor[]} outputs  one
 * @returns {{ inputShape: number[], layers: Layer[] }}
 */
export function networkOf(inputs, outputs) {
  const { image, tensors } = pathOf(inputs, outputs);
  if (!tensors.length) throw new ModelError('the network has no layers');
  const layers = named(tensors.map(({ layer }) => /** @type {Layer} */ (layer)));
  const names = new Map([[image, IMAGE]]);
  tensors.forEach((tensor, i) => names.set(tensor, layers[i].name));
  return {
    inputShape: [.../** @type {readonly number[]} */ (image.shape)],
    layers: layers.map(
      (layer, i) =>
        new Layer({
          ...layer,
          inputs: tensors[i].inputs.map((tensor) => /** @type {string} */ (names.get(tensor))),
        }),
    ),
  };
}
