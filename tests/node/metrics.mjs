// node metrics.mjs < JSON: trainings with metrics, of models of Python's.
// A JSON array: of each its epochs and its evaluation, or the refusal.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Model, SpritenetError, optimizers } from '../../src/spritenet/web/static/lib/index.js';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const file = (name) => path.join(input.folder, name);

const results = [];
for (const { model: name, loss, metrics, targets, labels, weights, ...more } of input.jobs) {
  const model = await Model.load(pathToFileURL(file(name)));
  const examples = {
    images: new Uint8Array(fs.readFileSync(file('images.bin'))),
    ...(targets && { targets: Float32Array.from(targets) }),
    ...(labels && { labels: Int32Array.from(labels) }),
    ...(weights && { weights: Float32Array.from(weights) }),
  };
  try {
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.05 }), loss, metrics });
    const options = { epochs: 2, batchSize: 8, seed: 3, validation: examples };
    const { epochs } = await model.fit(examples, { ...options, ...more });
    results.push({ epochs, evaluated: (await model.evaluate(examples)).metrics });
  } catch (error) {
    const told = error instanceof SpritenetError;
    results.push({ refused: told ? `${error.name} ${error.message}` : `BUG ${error.stack}` });
  }
}
console.log(JSON.stringify(results));
