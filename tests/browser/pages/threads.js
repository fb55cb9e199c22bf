// The part of test_threads.py that runs in a page.

import { Model, Remote, optimizers } from '../lib/index.js';

/** A training in a worker with so many threads. */
export async function train(threads) {
  const bytes = async (name) => (await fetch(`../files/${name}`)).arrayBuffer();
  const examples = {
    images: new Uint8Array(await bytes('images.bin')),
    labels: new Int32Array(await bytes('labels.bin')),
  };
  const remote = await Remote.start({ threads });
  const model = await remote.load(new URL('../files/model/', document.baseURI));
  await model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }) });
  const { losses } = await model.fit(examples, { epochs: 3, batchSize: 16, seed: 4 });
  const outputs = [...(await model.predict(examples.images))];
  const found = { threads: remote.threads, losses, outputs };
  remote.close();
  return found;
}

/** Milliseconds of a training in the page itself, and those of them that the core worked. */
export async function inPage() {
  const bytes = async (name) => (await fetch(`../files/${name}`)).arrayBuffer();
  const examples = {
    images: new Uint8Array(await bytes('images.bin')),
    labels: new Int32Array(await bytes('labels.bin')),
  };
  const model = await Model.load('../files/model/');
  model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }) });
  const start = performance.now();
  const { seconds } = await model.fit(examples, { steps: 4000, batchSize: 128, shuffle: false });
  return [performance.now() - start, 1000 * seconds];
}
