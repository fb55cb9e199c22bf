// node losses.mjs < JSON: a training with each loss that is asked for, of a model of Python's.
// A JSON array: of each the losses of its steps and its evaluation, or the refusal.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Model, SpritenetError, optimizers } from '../../src/spritenet/web/static/lib/index.js';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const file = (name) => path.join(input.folder, name);
const bytes = (name) => new Uint8Array(fs.readFileSync(file(name)));

const results = [];
for (const { model: name, loss, targets, labels } of input.jobs) {
  const model = await Model.load(pathToFileURL(file(name)));
  const examples = {
    images: bytes('images.bin'),
    ...(targets && { targets: Float32Array.from(targets) }),
    ...(labels && { labels: Int32Array.from(labels) }),
  };
  try {
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.05 }), loss });
    const history = await model.fit(examples, { epochs: 2, batchSize: 8, seed: 3 });
    const { loss: value, accuracy } = await model.evaluate(examples);
    results.push({ losses: history.losses, loss: value, accuracy });
    for (const [key, content] of Object.entries(model.toFiles({ includeOptimizer: true }))) {
      fs.mkdirSync(file(`${name} again`), { recursive: true });
      fs.writeFileSync(path.join(file(`${name} again`), key), content);
    }
  } catch (error) {
    const told = error instanceof SpritenetError;
    results.push({ refused: told ? `${error.name} ${error.message}` : `BUG ${error.stack}` });
  }
}
console.log(JSON.stringify(results));
