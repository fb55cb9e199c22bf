// node page_core.mjs MODULES CORE FOLDER…: each folder holds a model and `pixels.bin`; prints its outputs
// before and after two steps, and its files, made by the modules of lib/ in a folder and that core.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, file, ...folders] = process.argv.slice(2);
const library = pathToFileURL(path.join(modules, 'lib', 'index.js')).href;
const { Core, Model, optimizers } = await import(library);
const core = new Core(new WebAssembly.Module(fs.readFileSync(file)));
const found = [];
for (const folder of folders) {
  const files = Object.fromEntries(
    ['model.json', 'weights.bin'].map((name) => [name, fs.readFileSync(path.join(folder, name))]),
  );
  const model = await Model.load(files, { core });
  const images = new Uint8Array(fs.readFileSync(path.join(folder, 'pixels.bin')));
  const count = images.length / model.network.imageBytes;
  const before = model.predict(images);
  model.activations(images.subarray(0, model.network.imageBytes));
  const targets = new Float32Array(count * model.outputs).fill(0.5);
  model.compile({ optimizer: optimizers.adam(), loss: 'mean_squared_error' });
  await model.fit({ images, targets }, { batchSize: 4, steps: 2 });
  const written = model.toFiles()['model.json'];
  found.push({ before: [...before], after: [...model.predict(images)], written });
}
console.log(JSON.stringify(found));
