// node networks.mjs: makes each network by name, trains it if asked to, and writes its files into a folder.
import fs from 'node:fs';
import path from 'node:path';

import { Model, networks } from '../../src/spritenet/web/static/lib/index.js';

const { folder, forms, train } = JSON.parse(fs.readFileSync(0, 'utf8'));
const made = {};
for (const [name, form] of Object.entries(forms)) {
  const network = networks[name](form);
  const model = await Model.create(network.create);
  model.compile(network.compile);
  const losses = [];
  if (train.includes(name)) {
    const [height, width, channels] = form.imageShape;
    const images = new Uint8Array(fs.readFileSync(path.join(folder, 'images.bin')));
    const count = images.length / (height * width * channels);
    const labels = Array.from({ length: count }, (_, i) => i % form.classNames.length);
    const history = await model.fit({ images, labels }, { ...network.fit, epochs: 1, steps: 3 });
    losses.push(...history.losses);
  }
  fs.mkdirSync(path.join(folder, name));
  for (const [file, content] of Object.entries(model.toFiles({ includeOptimizer: true }))) {
    fs.writeFileSync(path.join(folder, name, file), content);
  }
  made[name] = { fit: network.fit, losses };
}
console.log(JSON.stringify({ names: Object.keys(networks), made }));
