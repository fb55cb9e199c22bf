// node predict.mjs FOLDER…: each folder holds a model and `pixels.bin` (float32, n h w c); writes
// what TensorFlow.js predicts as `outputs.bin`, and its optimizer's state, if any, to standard output.
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { floats, folder } from './files.mjs';

await tf.setBackend('cpu');
const states = [];
for (const where of process.argv.slice(2)) {
  const { format } = JSON.parse(fs.readFileSync(path.join(where, 'model.json'), 'utf8'));
  const load = format === 'graph-model' ? tf.loadGraphModel : tf.loadLayersModel;
  const model = await load(folder(where));
  const shape = model.inputs[0].shape.slice(1);
  const outputs = tf.tidy(() => {
    const pixels = floats(path.join(where, 'pixels.bin'));
    const count = pixels.length / tf.util.sizeFromShape(shape);
    return model.predict(tf.tensor(pixels, [count, ...shape])).dataSync();
  });
  fs.writeFileSync(path.join(where, 'outputs.bin'), outputs);
  const state = (await model.optimizer?.getWeights()) ?? [];
  states.push({
    metadata: model.getUserDefinedMetadata?.() ?? null,
    loss: model.loss ?? null,
    optimizer: model.optimizer?.getClassName() ?? null,
    config: model.optimizer?.getConfig() ?? null,
    weights: state.map(({ name, tensor }) => [name, tensor.shape, [...tensor.dataSync()]]),
  });
  model.dispose();
}
console.log(JSON.stringify(states));
