// What test_threads.py does in Node.js: the same training on so many threads, as one JSON object.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [library, threads] = process.argv.slice(2);
const { Core, Model, layers, optimizers } = await import(
  pathToFileURL(path.join(library, 'index.js')).href
);
const { conv2d, maxPooling2d, flatten, dense, dropout, batchNormalization } = layers;

const count = 400;
const images = new Uint8Array(count * 144);
let state = 1;
for (let i = 0; i < images.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  images[i] = state >>> 24;
}
const labels = Int32Array.from({ length: count }, (_, i) => (images[144 * i] >> 6) % 4);

/** @param {any} core @param {boolean} normalized */
async function trained(core, normalized) {
  const model = await Model.create({
    core,
    inputShape: [12, 12, 1],
    layers: [
      conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }),
      ...(normalized ? [batchNormalization()] : []),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dropout({ rate: 0.3 }),
      dense({ units: 64, activation: 'relu' }),
      dense({ units: 4, activation: 'softmax' }),
    ],
    seed: 3,
  });
  model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }) });
  const { losses } = await model.fit({ images, labels }, { epochs: 6, batchSize: 48, seed: 7 });
  const { loss } = await model.evaluate({ images, labels });
  return { losses, loss, outputs: [...model.predict(images)] };
}

const one = await Core.load();
const several = await Core.loadThreads({ threads: Number(threads) });
const results = [];
for (const normalized of [false, true]) {
  results.push([await trained(one, normalized), await trained(several, normalized)]);
}
const unread = () => several.team.called.some((value) => value !== 0);
while (unread()) await new Promise((resolve) => void setTimeout(resolve, 10));
console.log(JSON.stringify({ threads: several.threads, results }));
