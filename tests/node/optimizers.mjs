// Trains a saved model with each optimizer of a list: optimizers.mjs < { folder, cases, batchSize, epochs }.

import fs from 'node:fs';
import path from 'node:path';

const library = new URL('../../src/spritenet/web/static/lib/index.js', import.meta.url);
const { Model, optimizers } = await import(library.href);
const { folder, cases, batchSize, epochs } = JSON.parse(fs.readFileSync(0, 'utf8'));

/** @param {string} where */
function filesOf(where) {
  const names = fs.readdirSync(where);
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(where, name))]));
}

const images = new Uint8Array(fs.readFileSync(path.join(folder, 'images.bin')));
const bytes = new Uint8Array(fs.readFileSync(path.join(folder, 'labels.bin')));
const labels = new Int32Array(bytes.buffer, 0, bytes.length / 4);
const found = [];
for (const [name, options, at] of cases) {
  const model = await Model.load(filesOf(path.join(folder, 'start')));
  try {
    model.compile({ optimizer: optimizers[name](options) });
    const data = { images, labels };
    const { losses } = await model.fit(data, { epochs, batchSize, shuffle: false });
    const where = path.join(folder, at);
    fs.mkdirSync(where);
    for (const [file, content] of Object.entries(model.toFiles({ includeOptimizer: true }))) {
      fs.writeFileSync(path.join(where, file), content);
    }
    const again = await Model.load(filesOf(where));
    const more = { epochs: 1, batchSize, shuffle: false };
    const one = await model.fit(data, more);
    const two = await again.fit(data, more);
    found.push({ losses, same: one.losses.every((loss, i) => loss === two.losses[i]) });
  } catch (error) {
    found.push({ error: error.message });
  }
}
console.log(JSON.stringify(found));
