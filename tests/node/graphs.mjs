// node graphs.mjs FOLDER: networks with branches, made by TensorFlow.js. For each, a line of JSON: how
// far the outputs, the losses and the weights of this library are from TensorFlow.js's, before and after
// steps of SGD, and after the way back through files.
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Model, optimizers } from '../../src/spritenet/web/static/lib/index.js';
import { folder, writer } from './files.mjs';

await tf.setBackend('cpu');
const root = process.argv[2];
const { layers } = tf;
const [SIDE, CLASSES, COUNT, STEPS] = [10, 3, 16, 4];

const conv = (filters, kernelSize = 3, options = {}) =>
  layers.conv2d({
    filters,
    kernelSize,
    padding: 'same',
    biasInitializer: 'randomNormal',
    ...options,
  });

/** Two convolutions with batch normalisation around a shortcut. */
function block(x, filters, strides = 1) {
  let y = layers.batchNormalization().apply(conv(filters, 3, { strides, useBias: false }).apply(x));
  y = layers.reLU().apply(y);
  y = layers.batchNormalization().apply(conv(filters, 3, { useBias: false }).apply(y));
  const same = strides === 1 && x.shape[3] === filters;
  return layers
    .reLU()
    .apply(layers.add().apply([y, same ? x : conv(filters, 1, { strides }).apply(x)]));
}

function head(x) {
  const pooled = layers.globalAveragePooling2d({}).apply(x);
  return layers.dense({ units: CLASSES, activation: 'softmax' }).apply(pooled);
}

// Weights and pixels from one seed: where an activation has a kink, others may differ by a step.
let seed = 1;
Math.random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const networks = {
  residual(x) {
    let y = conv(4, 3, { activation: 'relu' }).apply(x);
    for (const [filters, strides] of [
      [4, 1],
      [6, 2],
      [8, 2],
    ]) {
      y = block(y, filters, strides);
    }
    return head(y);
  },
  branches(x) {
    const a = conv(3, 3, { activation: 'relu' }).apply(x);
    const b = conv(3, 1, { activation: 'tanh' }).apply(a);
    const c = layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }).apply(a);
    const joined = layers.concatenate().apply([a, b, c, a]);
    const gate = conv(12, 1, { activation: 'sigmoid' }).apply(joined);
    const gated = layers.multiply().apply([joined, gate]);
    return head(layers.add().apply([gated, joined, conv(12).apply(b)]));
  },
  'the image twice'(x) {
    return head(
      layers
        .concatenate()
        .apply([
          conv(4).apply(x),
          layers.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }).apply(x),
        ]),
    );
  },
  'vectors in branches'(x) {
    const flat = layers.flatten().apply(conv(2, 3, { strides: 3 }).apply(x));
    const a = layers.dense({ units: 5, activation: 'relu' }).apply(flat);
    const b = layers.dense({ units: 5, activation: 'tanh' }).apply(flat);
    const joined = layers.concatenate().apply([layers.add().apply([a, b]), a, flat]);
    return layers.dense({ units: CLASSES, activation: 'softmax' }).apply(joined);
  },
  'a model in a model'(x) {
    const inner = tf.input({ shape: [SIDE, SIDE, 4] });
    const model = tf.model({ inputs: inner, outputs: block(inner, 4), name: 'inner' });
    const stack = tf.sequential({
      name: 'stack',
      layers: [conv(5, 3, { inputShape: [SIDE, SIDE, 4], strides: 2 }), layers.reLU()],
    });
    return head(stack.apply(model.apply(conv(4).apply(x))));
  },
  'other operators'(x) {
    const dilated = conv(4, 3, { dilationRate: 2, activation: 'relu', trainable: false }).apply(x);
    const separable = layers
      .separableConv2d({
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        biasInitializer: 'randomNormal',
      })
      .apply(x);
    let y = layers.maximum().apply([dilated, separable, conv(4).apply(x)]);
    y = layers.average().apply([y, layers.minimum().apply([dilated, separable])]);
    y = layers.prelu({ alphaInitializer: 'randomNormal', sharedAxes: [1, 2] }).apply(y);
    y = layers.maxPooling2d({ poolSize: 2 }).apply(y);
    let z = layers
      .conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' })
      .apply(y);
    z = layers
      .cropping2D({
        cropping: [
          [1, 0],
          [0, 1],
        ],
      })
      .apply(z);
    z = layers
      .zeroPadding2d({
        padding: [
          [0, 1],
          [1, 0],
        ],
      })
      .apply(z);
    // of a frozen layer: TensorFlow.js's gradient through it is not that of finite differences
    const w = layers
      .upSampling2d({ size: [2, 2] })
      .apply(layers.maxPooling2d({ poolSize: 2 }).apply(dilated));
    z = layers.concatenate().apply([z, w]);
    z = layers.permute({ dims: [2, 3, 1] }).apply(z);
    z = layers.reshape({ targetShape: [SIDE, SIDE, 7] }).apply(z);
    return head(layers.prelu({ alphaInitializer: 'randomNormal' }).apply(z));
  },
  'frozen layers'(x) {
    let y = conv(4, 3, { activation: 'relu', trainable: false }).apply(x);
    const z = conv(4, 3, { trainable: false }).apply(y);
    y = layers.add().apply([y, z]);
    return head(conv(4, 3, { activation: 'relu' }).apply(y));
  },
};

const distance = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** What TensorFlow.js predicts of values from 0 to 1, or of raw pixels. */
const outputs = (model, pixels, scale) =>
  tf.tidy(() =>
    model
      .predict(tf.tensor(Float32Array.from(pixels), [COUNT, SIDE, SIDE, 1]).mul(scale))
      .dataSync(),
  );

for (const [name, make] of Object.entries(networks)) {
  const image = tf.input({ shape: [SIDE, SIDE, 1] });
  const theirs = tf.model({ inputs: image, outputs: make(image) });
  for (const layer of theirs.layers) {
    // moving averages and factors that are not 0 and 1
    if (layer.getClassName() !== 'BatchNormalization') continue;
    const shape = layer.getWeights()[0].shape;
    layer.setWeights([1, 0, 0, 1].map((mean) => tf.randomUniform(shape, mean - 0.3, mean + 0.3)));
  }
  const pixels = tf.util.createShuffledIndices(COUNT * SIDE * SIDE).map((i) => (i * 7) % 256);
  const images = Uint8Array.from(pixels);
  const labels = Int32Array.from({ length: COUNT }, (_, i) => i % CLASSES);
  const where = path.join(root, name);
  theirs.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy' });
  await theirs.save(writer(where, {}), { includeOptimizer: false });
  const files = {};
  for (const file of fs.readdirSync(where)) files[file] = fs.readFileSync(path.join(where, file));
  const ours = await Model.load(files, { pixels: '0..1' });
  const before = distance(ours.predict(images), outputs(theirs, images, 1 / 255));
  const frozen = ours.layers.filter(({ trainable }) => !trainable).map((layer) => layer.name);
  const fixed = () => ours.weights.filter((weight) => frozen.includes(weight.name.split('/')[0]));
  const kept = fixed();
  const back = ours.toFiles();
  const again = path.join(root, `${name} again`);
  fs.mkdirSync(again);
  for (const [file, content] of Object.entries(back)) {
    fs.writeFileSync(path.join(again, file), content);
  }
  const read = await tf.loadLayersModel(folder(again));
  const returned = distance(outputs(read, images, 1), ours.predict(images));

  ours.compile({ optimizer: optimizers.sgd({ learningRate: 0.05, momentum: 0.9 }) });
  const history = await ours.fit(
    { images, labels },
    { epochs: STEPS, batchSize: COUNT, shuffle: false },
  );
  const xs = tf.tensor(Float32Array.from(images), [COUNT, SIDE, SIDE, 1]).div(255);
  const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES);
  const losses = [];
  for (let step = 0; step < STEPS; step++) losses.push(await theirs.trainOnBatch(xs, ys));
  console.log(
    JSON.stringify({
      name,
      layers: ours.layers.length,
      kind: JSON.parse(back['model.json']).modelTopology.class_name,
      written: JSON.parse(back['model.json']).modelTopology.config.layers.map(({ config }) => [
        config.name,
        config.trainable,
      ]),
      before,
      returned,
      losses: distance(history.losses, losses),
      after: distance(ours.predict(images), outputs(theirs, images, 1 / 255)),
      frozen,
      moved: fixed().some(({ values }, i) => distance(values, kept[i].values) > 0),
    }),
  );
}
