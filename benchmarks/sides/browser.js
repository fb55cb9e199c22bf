// What browser.py measures, in a page and in Node.js: each function is one turn.
import { training } from './browser_jax.js';

/** @type {any} */
let library;
/** @type {any} */
let data;
/** @type {any} */
let model;
/** @type {Record<string, any>} */
const peers = {};

/** The networks: their batch size, and their layers as Spritenet's or as TensorFlow.js's functions make them. */
const NETWORKS = {
  tutorial: {
    batch: 64,
    layers: ({ conv2d, maxPooling2d, flatten, dense }, first = {}) => [
      conv2d({ ...first, filters: 8, kernelSize: 5, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 10, activation: 'softmax' }),
    ],
  },
  conv: {
    batch: 250,
    layers: ({ conv2d, maxPooling2d, flatten, dense }, first = {}) => [
      conv2d({ ...first, filters: 24, kernelSize: 5, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 128, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
  },
  mlp: {
    batch: 1000,
    layers: ({ flatten, dense }, first = {}) => [
      flatten(first),
      dense({ units: 256, activation: 'relu' }),
      dense({ units: 128, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
  },
};

/** Takes the library's module and the data: { train, test }, each { images, labels }. */
export async function prepare(module, examples) {
  library = module;
  data = examples;
  model = await create();
}

async function create() {
  const made = await library.Model.create({
    inputShape: [28, 28, 1],
    layers: NETWORKS.tutorial.layers(library.layers),
  });
  made.compile({ optimizer: library.optimizers.sgd({ learningRate: 0.15 }) });
  return made;
}

/** Images per second, pauses for the page included, and without them. */
export async function train(steps, sliceMilliseconds) {
  const start = performance.now();
  const history = await model.fit(data.train, { steps, batchSize: 64, sliceMilliseconds });
  return [(history.images * 1000) / (performance.now() - start), history.images / history.seconds];
}

/** Images per second of a worker with so many threads, pauses included; null if it can't have them. */
export async function threaded(threads, steps, kind = 'tutorial') {
  const name = `${kind} ${threads}`;
  const { batch, layers } = NETWORKS[kind];
  if (!peers[name]) {
    const remote = await library.Remote.start({ threads });
    const own = await remote.create({
      inputShape: [28, 28, 1],
      layers: layers(library.layers),
    });
    await own.compile({ optimizer: library.optimizers.sgd({ learningRate: 0.15 }) });
    peers[name] = { remote, own, train: await remote.keep(data.train) };
    await own.fit(peers[name].train, { steps: Math.ceil(steps / 4), batchSize: batch });
  }
  const { remote, own, train: kept } = peers[name];
  if (remote.threads !== threads) return null;
  const start = performance.now();
  const history = await own.fit(kept, { steps, batchSize: batch });
  return (history.images * 1000) / (performance.now() - start);
}

/** Seconds from nothing to a network trained on 100 batches and tested on all test images. */
export async function tutorial() {
  const start = performance.now();
  const fresh = await create();
  await fresh.fit(data.train, { steps: 100, batchSize: 64 });
  const { accuracy } = await fresh.evaluate(data.test);
  return [(performance.now() - start) / 1000, accuracy];
}

/** Milliseconds for one image, the mean of some. */
export function predict(count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) model.predict(data.test.images.subarray(784 * i, 784 * (i + 1)));
  return (performance.now() - start) / count;
}

/** Images per second of TensorFlow.js on one of its backends; null if it can't run here. */
export async function tensorflow(tf, backend, steps, kind = 'tutorial') {
  const name = `${kind} ${backend}`;
  const { batch, layers } = NETWORKS[kind];
  if (!(await tf.setBackend(backend).catch(() => false))) return null;
  if (!peers[name]) {
    const own = tf.sequential({ layers: layers(tf.layers, { inputShape: [28, 28, 1] }) });
    own.compile({
      optimizer: tf.train.sgd(0.15),
      loss: 'categoricalCrossentropy',
      metrics: ['accuracy'],
    });
    peers[name] = own;
    await step(tf, own, 0, batch); // it compiles its programs
  }
  const start = performance.now();
  for (let i = 0; i < steps; i++) await step(tf, peers[name], i, batch);
  return (batch * steps * 1000) / (performance.now() - start);
}

/** Images per second of jax-js on one of its backends; null if it can't run here. */
export async function jax(backend, steps, kind) {
  const module = globalThis.jax;
  return module ? training(module, backend, steps, kind, data.train) : null;
}

async function step(tf, own, i, batch) {
  const images = data.train.images.subarray(784 * batch * i, 784 * batch * (i + 1));
  const xs = tf.tidy(() => tf.tensor4d(Float32Array.from(images), [batch, 28, 28, 1]).div(255));
  const ys = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(data.train.labels.subarray(batch * i, batch * (i + 1)), 'int32'), 10),
  );
  const result = await own.trainOnBatch(xs, ys);
  tf.dispose([xs, ys]);
  return result;
}
