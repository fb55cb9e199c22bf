// The model file: TensorFlow.js's layers format, `model.json` and `weights.bin`. See docs/reference/model-format.md.

import { readBeside, TEACHABLE_MACHINE, TEACHABLE_PIXELS } from './beside.js';
import { checkRejection, readRejection } from './rejection.js';
import { differences } from './differences.js';
import { located, ModelError } from './errors.js';
import { folderOf } from './files.js';
import { imageShapeOf } from './image-shape.js';
import { match, parseManifest } from './manifest.js';
import { inferShapes, namedWeights, size } from './shapes.js';
import { readState, savedState } from './optimizer-state.js';
import { sha256 } from './sha256.js';
import { readTopology, writeTopology } from './topology.js';
import { compareHash, join, readGroup } from './weights.js';

/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./optimizer-state.js').OptimizerState} OptimizerState */
const KEPT = ['augmentation', 'random_layers'];

/**
 * @typedef {object} Metadata
 * @property {string[]} classNames  one for each output, or none
 * @property {Record<string, any> | null} preparation  how a person's picture becomes an input
 * @property {Record<string, any> | null} trainedOn
 * @property {Record<string, number>} scores
 * @property {import('./rejection.js').Rejection | null} [rejection]  null if it is not calibrated
 * @property {number[] | null} [thresholds]  the probability from which on a multi-label network
 *     predicts each class; null if they were not tuned
 * @property {Record<string, unknown>} [kept]  entries for Python's training, written as they were read
 */
/**
 * @typedef {object} Saved
 * @property {Layer[]} layers  named; the first is a Rescaling
 * @property {number[]} inputShape  height, width, channels, or fewer sides
 * @property {Float32Array} parameters
 * @property {Metadata} metadata
 * @property {OptimizerState | null} state
 * @property {string[]} [notes]  a line for each assumption about its file
 */
/**
 * The facts that files of other programs lack.
 *
 * @typedef {object} Unsaid
 * @property {string} [pixels]  what pixels became before the network saw them: '0..1' (assumed),
 *     '0..255', '-1..1'; or, dark on light, '1..0', '255..0', '1..-1'
 * @property {readonly string[]} [classNames]  what its outputs mean, in place of those in the file
 */

const VERSION = 1;
const MAXIMAL_MODEL_JSON = 16 * 2 ** 20; // bytes
const STILL_TRUE = ['version', 'class_names', 'input']; // whatever the weights are
const TRAINED_ON_ELSEWHERE =
  'TensorFlow.js has changed its weights since Spritenet saved them: their hash, the scores, the calibration, the optimizer state and the description of the training set are dropped';
const ASSUMED =
  "its file doesn't state the pixel range: 0..1 is assumed. If it is another, give pixels: '0..255' or '-1..1'";

/**
 * Reads a model; whatever is wrong with it is one ModelError that says where.
 *
 * @param {import('./files.js').Source} source
 * @param {Unsaid} [unsaid]
 * @returns {Promise<Saved>}
 */
export async function readModel(source, { pixels, classNames: given } = {}) {
  const folder = await folderOf(source);
  const content = parse(await folder.readJson(MAXIMAL_MODEL_JSON), folder.where);
  const { where } = folder;
  const beside = await readBeside(folder);
  const isStated = pixels === undefined && beside.isTeachableMachine;
  const { layers, inputShape, assumed, notes } = located(where, () =>
    readTopology(content.modelTopology, isStated ? TEACHABLE_MACHINE : pixels),
  );
  notes.push(...differences(content.generatedBy, layers));
  if (isStated) notes.push(TEACHABLE_PIXELS);
  const wanted = located(where, () => namedWeights(layers, inputShape));
  const groups = parseManifest(content.weightsManifest, where);
  const promised = groups.flatMap((group) => group.entries);
  const sources = match(wanted, promised, where);
  /** @type {Map<string, Float32Array | Int32Array>} */
  const values = new Map();
  for (const group of groups) {
    const files = [];
    for (const path of group.paths) files.push(await folder.read(path, group.bytes));
    for (const [name, value] of readGroup(group, files, where)) values.set(name, value);
  }
  const arrays = sources.map((name) => /** @type {Float32Array} */ (values.get(name)));
  const parameters = new Float32Array(join(arrays).buffer);
  const whole = content.userDefinedMetadata?.spritenet ?? {};
  const all = readMetadata(whole, where);
  const entry = stillTrue(whole, content.generatedBy, parameters, notes);
  const metadata = entry === whole ? all : readMetadata(entry, where);
  const labels = metadata.classNames.length ? [] : beside.labels;
  const outputs = inferShapes(layers, inputShape).output;
  if (given) metadata.classNames = [...given];
  else if (labels.length && String(outputs) === String(labels.length)) metadata.classNames = labels;
  compareHash(entry.weights_sha256, join([parameters]), where);
  wanted.forEach(({ name }, i) => {
    if (!arrays[i].every(Number.isFinite)) {
      throw new ModelError('a weight is not a finite number', { where: name });
    }
  });
  const { classNames } = metadata;
  if (classNames.length && String(outputs) !== String(classNames.length)) {
    throw new ModelError("the class names don't fit the outputs", {
      where,
      expected: outputs,
      got: classNames.length,
    });
  }
  const { thresholds } = metadata;
  if (thresholds && String(outputs) !== String(thresholds.length)) {
    throw new ModelError("the thresholds don't fit the outputs", {
      where,
      expected: outputs,
      got: thresholds.length,
    });
  }
  compareRejection(metadata, layers, inputShape, where);
  const state = entry.optimizer
    ? readState(entry.optimizer, values, wanted, promised, where)
    : null;
  if (assumed) notes.push(ASSUMED);
  return { layers, inputShape, parameters, metadata, state, notes };
}

/**
 * Our metadata as far as it is true of these weights. TensorFlow.js keeps it when it saves a model
 * of ours, also of one that it has trained on; it never keeps the optimizer's state as it was.
 *
 * @param {any} entry
 * @param {unknown} generatedBy
 * @param {Float32Array} parameters
 * @param {string[]} notes  a line is added if something is dropped
 * @returns {any}
 */
function stillTrue(entry, generatedBy, parameters, notes) {
  if (!String(generatedBy).startsWith('TensorFlow.js')) return entry;
  const { optimizer: _, ...rest } = entry;
  if (!rest.weights_sha256 || rest.weights_sha256 === sha256(join([parameters]))) return rest;
  notes.push(TRAINED_ON_ELSEWHERE);
  return Object.fromEntries(Object.entries(entry).filter(([key]) => STILL_TRUE.includes(key)));
}

/**
 * @param {Uint8Array} bytes
 * @param {string} where
 * @returns {any}
 */
function parse(bytes, where) {
  let content;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ModelError('not JSON', {
      where,
      got: error instanceof Error ? error.message : error,
    });
  }
  if (typeof content !== 'object' || !content || Array.isArray(content)) {
    throw new ModelError('not a JSON object', { where });
  }
  return content;
}

/**
 * @param {any} entry
 * @param {string} where
 * @returns {Metadata}
 */
function readMetadata(entry, where) {
  /** @param {string} key @param {string} expected @returns {never} */
  const refuse = (key, expected) => {
    throw new ModelError(`invalid ${key} in its metadata`, {
      where,
      expected,
      got: entry?.[key] ?? null,
    });
  };
  /** @param {any} value */
  const isObject = (value) => typeof value === 'object' && !Array.isArray(value);
  if (!isObject(entry) || entry === null) {
    throw new ModelError('its metadata is not an object', { where });
  }
  if (Object.keys(entry).length) {
    if (!Number.isInteger(entry.version) || entry.version < 1) {
      refuse('version', 'a whole number ≥ 1');
    }
    if (entry.version > VERSION) {
      throw new ModelError('the model was saved by a newer Spritenet', {
        where,
        expected: `metadata version ${VERSION}`,
        got: entry.version,
        todo: 'Update Spritenet.',
      });
    }
  }
  const names = entry.class_names ?? [];
  const isWord = (/** @type {unknown} */ name) => typeof name === 'string' && name.length <= 200;
  if (!Array.isArray(names) || !names.every(isWord)) refuse('class_names', 'a list of words');
  for (const key of ['input', 'trained_on', 'scores', 'rejection', 'doubt']) {
    if (entry[key] !== undefined && !isObject(entry[key])) refuse(key, 'an object');
  }
  const preparation = entry.input?.preparation ?? null;
  if (!isObject(preparation)) refuse('input', 'preparation as an object');
  const scores = entry.scores ?? {};
  if (!Object.values(scores).every(Number.isFinite)) refuse('scores', 'numbers by name');
  const calibration = entry.rejection ?? entry.doubt; // its name in earlier files
  const rejection = calibration ? readRejection(calibration, where) : null;
  const thresholds = entry.thresholds ?? null;
  const isFraction = (/** @type {any} */ one) => typeof one === 'number' && one >= 0 && one <= 1;
  if (thresholds && !(Array.isArray(thresholds) && thresholds.every(isFraction))) {
    refuse('thresholds', 'numbers from 0 to 1');
  }
  const trainedOn = entry.trained_on ?? null;
  const kept = Object.fromEntries(KEPT.filter((key) => entry[key]).map((key) => [key, entry[key]]));
  return { classNames: names, preparation, trainedOn, scores, rejection, thresholds, kept };
}

/**
 * Throws if the OOD detector belongs to another network.
 *
 * @param {Metadata} metadata
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 * @param {string} where
 */
function compareRejection({ rejection }, layers, inputShape, where) {
  const sizes = inferShapes(layers, inputShape).shapes.map(size);
  if (rejection) located(where, () => checkRejection(rejection, layers, sizes, inputShape));
}

/**
 * The two files of a model, which Python and TensorFlow.js load.
 *
 * @param {Saved} model
 * @returns {{ 'model.json': string, 'weights.bin': Uint8Array }}
 */
export function writeModel({ layers, inputShape, parameters, metadata, state }) {
  if (!parameters.every(Number.isFinite)) throw new ModelError('a weight is not a finite number');
  const wanted = namedWeights(layers, inputShape);
  const entries = wanted.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const [height, width, channels] = imageShapeOf(inputShape);
  /** @type {Record<string, any>} */
  const entry = {
    version: VERSION,
    class_names: metadata.classNames,
    input: { height, width, channels, range: [0, 255], preparation: metadata.preparation },
    weights_sha256: sha256(join([parameters])),
    trained_on: metadata.trainedOn,
    scores: metadata.scores,
    ...(metadata.rejection && { rejection: metadata.rejection.entry }),
    ...(metadata.thresholds && { thresholds: [...metadata.thresholds] }),
    ...metadata.kept,
  };
  const data = [/** @type {Float32Array | Int32Array} */ (parameters)];
  if (state) {
    const { arrays, described } = savedState(state, wanted, parameters.length);
    entries.push(...arrays.map(({ values: _, ...rest }) => rest));
    data.push(...arrays.map(({ values }) => values));
    entry.optimizer = described;
  }
  const content = {
    format: 'layers-model',
    generatedBy: 'Spritenet (JavaScript)',
    convertedBy: null,
    modelTopology: writeTopology(layers, inputShape),
    weightsManifest: [{ paths: ['weights.bin'], weights: entries }],
    userDefinedMetadata: { spritenet: entry },
  };
  return { 'model.json': JSON.stringify(content, null, 1), 'weights.bin': join(data) };
}
