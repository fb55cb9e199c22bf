// node round_trips.mjs FOLDER…: each folder holds a model and `pixels.bin` (float32, n h w c); writes
// what TensorFlow.js predicts as `outputs.bin`, and the model as TensorFlow.js saves it to `again`.
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { floats, folder, writer } from './files.mjs';

await tf.setBackend('cpu');
for (const where of process.argv.slice(2)) {
  const model = await tf.loadLayersModel(folder(where));
  const shape = model.inputs[0].shape.slice(1);
  const pixels = floats(path.join(where, 'pixels.bin'));
  const images = tf.tensor(pixels, [pixels.length / tf.util.sizeFromShape(shape), ...shape]);
  const outputs = model.predict(images);
  fs.writeFileSync(path.join(where, 'outputs.bin'), outputs.dataSync());
  await model.save(writer(path.join(where, 'again'), {}));
  tf.dispose([images, outputs]);
  model.dispose();
}
