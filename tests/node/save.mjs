// node save.mjs FOLDER: TensorFlow.js makes networks, saves each in a folder of its own beside
// `pixels.bin` (float32 n h w c) and `outputs.bin` (what it predicts).
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { writer } from './files.mjs';

await tf.setBackend('cpu');
const root = process.argv[2];

/** The network of TensorFlow.js's MNIST tutorial: pixels are 0 to 1. */
function tutorial() {
  const model = tf.sequential();
  const conv = {
    kernelSize: 5,
    strides: 1,
    activation: 'relu',
    kernelInitializer: 'varianceScaling',
  };
  model.add(tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 8, ...conv }));
  model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }));
  model.add(tf.layers.conv2d({ filters: 16, ...conv }));
  model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }));
  model.add(tf.layers.flatten());
  model.add(
    tf.layers.dense({ units: 10, kernelInitializer: 'varianceScaling', activation: 'softmax' }),
  );
  return model;
}

/** Every layer class that both sides have, pixels 0 to 255. */
function mixed() {
  return tf.sequential({
    layers: [
      tf.layers.rescaling({ inputShape: [9, 8, 3], scale: 1 / 127.5, offset: -1 }),
      tf.layers.conv2d({
        filters: 4,
        kernelSize: [3, 2],
        padding: 'same',
        strides: [2, 1],
        useBias: false,
        kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
      }),
      tf.layers.leakyReLU({ alpha: 0.1 }),
      tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      tf.layers.conv2d({ filters: 5, kernelSize: 2, activation: 'gelu', biasInitializer: 'ones' }),
      tf.layers.reLU({ maxValue: 6 }),
      tf.layers.dropout({ rate: 0.25 }),
      tf.layers.elu(),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 7, activation: 'tanh', kernelInitializer: 'leCunNormal' }),
      tf.layers.activation({ activation: 'sigmoid' }),
      tf.layers.dense({ units: 3, kernelConstraint: 'nonNeg' }),
      tf.layers.softmax(),
    ],
  });
}

/** Trains a step, so that biases and the optimizer's memory are not zero; then saves. */
async function save(name, model, scale, how) {
  const where = path.join(root, name);
  const shape = model.inputs[0].shape.slice(1);
  const units = model.outputs[0].shape[1];
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
  const xs = tf.randomUniform([8, ...shape], 0, scale);
  await model.fit(
    xs,
    tf.oneHot(
      tf.tensor1d(
        [...Array(8).keys()].map((i) => i % units),
        'int32',
      ),
      units,
    ),
    { verbose: 0 },
  );
  await model.save(writer(where, how), { includeOptimizer: how.optimizer });
  const pixels = tf.randomUniform([5, ...shape], 0, 256).floor();
  fs.writeFileSync(path.join(where, 'pixels.bin'), pixels.dataSync());
  const outputs = model.predict(pixels.mul(scale / 255));
  fs.writeFileSync(path.join(where, 'outputs.bin'), outputs.dataSync());
}

await save('tutorial', tutorial(), 1, {});
await save('sharded', tutorial(), 1, { shardBytes: 5000, groups: 2 });
await save('optimizer', tutorial(), 1, { optimizer: true });
await save('mixed', mixed(), 255, {});
