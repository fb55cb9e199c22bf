// node downloads.mjs FOLDER [MODEL]: TensorFlow.js saves a model as a browser does, by a download
// (FOLDER/my-model.json) and by HTTP (FOLDER/http/model.json). With MODEL, a model's folder, it is that
// model after a step of training; else a small one of its own. Beside them `pixels.bin`, `outputs.bin`.
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { folder } from './files.mjs';

await tf.setBackend('cpu');
const [, , where, ours] = process.argv;
fs.mkdirSync(path.join(where, 'http'), { recursive: true });

/** A network of its own; pixels are 0 to 1. */
function own() {
  const model = tf.sequential();
  model.add(
    tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 3, kernelSize: 3, activation: 'relu' }),
  );
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 4, activation: 'softmax' }));
  return model;
}

const model = ours ? await tf.loadLayersModel(folder(ours)) : own();
const shape = model.inputs[0].shape.slice(1);
const units = model.outputs[0].shape[1];
model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
const labels = tf.oneHot(
  tf.tensor1d(
    [...Array(8).keys()].map((i) => i % units),
    'int32',
  ),
  units,
);
if (!process.env.UNTRAINED) {
  await model.fit(tf.randomUniform([8, ...shape], 0, 1), labels, { verbose: 0 });
}

// What a browser has and TensorFlow.js's download uses.
const blobs = new Map();
URL.createObjectURL = (blob) => {
  const name = `blob:${blobs.size}`;
  blobs.set(name, blob);
  return name;
};
globalThis.window = { URL };
const clicked = [];
globalThis.document = {
  createElement() {
    const anchor = {
      download: '',
      href: '',
      dispatchEvent: () => clicked.push([anchor.download, anchor.href]),
    };
    return anchor;
  },
};
globalThis.MouseEvent ??= class {};
tf.env().set('IS_BROWSER', true);
await model.save('downloads://my-model');
for (const [name, blob] of clicked) {
  fs.writeFileSync(path.join(where, name), Buffer.from(await blobs.get(blob).arrayBuffer()));
}
const fetchFunc = async (_, { body }) => {
  for (const [name, file] of body) {
    fs.writeFileSync(path.join(where, 'http', name), Buffer.from(await file.arrayBuffer()));
  }
  return { ok: true, status: 200 };
};
await model.save(tf.io.http('http://localhost/model', { fetchFunc }));

const scale = ours ? 1 : 1 / 255;
const pixels = tf.randomUniform([5, ...shape], 0, 256).floor();
fs.writeFileSync(path.join(where, 'pixels.bin'), pixels.dataSync());
fs.writeFileSync(path.join(where, 'outputs.bin'), model.predict(pixels.mul(scale)).dataSync());
