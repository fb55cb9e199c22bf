// node again.mjs FROM TO: TensorFlow.js loads the model in one folder and saves it in another.
import * as tf from '@tensorflow/tfjs';
import { folder, writer } from './files.mjs';

await tf.setBackend('cpu');
const [from, to] = process.argv.slice(2);
const model = await tf.loadLayersModel(folder(from));
await model.save(writer(to, {}));
