// The part of test_worker.py that runs in a page. `site` is its address; model/, images.bin and labels.bin are
// the test's files.

import { DataError, Model, Remote, optimizers, schedules } from '../lib/index.js';

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function given() {
  const bytes = async (name) => (await fetch(`../files/${name}`)).arrayBuffer();
  return {
    images: new Uint8Array(await bytes('images.bin')),
    labels: new Int32Array(await bytes('labels.bin')),
  };
}

/** The same training here and there. */
export async function same(worker) {
  const examples = await given();
  const remote = await Remote.start(worker === null ? {} : { worker });
  const there = await remote.load(new URL('../files/model/', document.baseURI));
  const here = await Model.load('../files/model/');
  const results = [];
  for (const model of [here, there]) {
    await model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }) });
    const steps = [];
    const kept = model === there ? await remote.keep(examples) : examples;
    const options = {
      epochs: 3,
      batchSize: 16,
      seed: 4,
      onStep: ({ step, loss }) => steps.push([step, loss]),
    };
    const { losses } = await model.fit(kept, options);
    const refuse = async () => model.predict(new Uint8Array(2));
    const error = await refuse().catch((e) => [e instanceof DataError, e.message]);
    results.push({ losses, steps, error, outputs: [...(await model.predict(examples.images))] });
  }
  const { isWorker } = remote;
  remote.close();
  return { results, isWorker };
}

/** The requests of a page while a training runs. */
export async function meanwhile(worker) {
  const examples = await given();
  const remote = await Remote.start(worker === null ? {} : { worker });
  const model = await remote.load('../files/model/');
  await model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }) });
  const control = new AbortController();
  let last = 0;
  const until = async (step) => {
    while (last < step) await wait(10);
  };
  const onStep = ({ step }) => {
    last = step;
  };
  const training = model.fit(examples, {
    epochs: 1e6,
    batchSize: 16,
    signal: control.signal,
    onStep,
  });
  const predicted = (await model.predict(examples.images.subarray(0, 64))).length;
  await until(200);
  await model.pause();
  await wait(20);
  const stood = last;
  await wait(120);
  const still = last === stood;
  await model.setLearningRate(0.125);
  await model.resume();
  await until(stood + 100);
  control.abort();
  const { aborted, losses } = await training;
  const files = await model.toFiles({ includeOptimizer: true });
  remote.close();
  const { optimizer } = JSON.parse(files['model.json']).userDefinedMetadata.spritenet.optimizer;
  const rate = optimizer.config.learning_rate;
  return { predicted, still, aborted, rate, counted: model.step === losses.length };
}

/** Tells of a worker whose script is broken. */
export async function broken() {
  window.SPRITENET = { worker: '../files/gone.js' };
  const remote = await Remote.start();
  remote.close();
  return remote.isWorker;
}

let model;
let kept;
let examples;

/** 2000 updates; the size of the core's memory and the updates heard of. */
export async function round() {
  if (!model) {
    examples = await given();
    const remote = await Remote.start();
    model = await remote.load('../files/model/');
    await model.compile({ optimizer: optimizers.adam() });
    kept = await remote.keep(examples);
  }
  let seen = 0;
  const onStep = () => {
    seen++;
  };
  await model.fit(kept, { steps: 2000, batchSize: 16, validation: kept, testEvery: 100, onStep });
  for (let i = 0; i < 50; i++) await model.activations(examples.images.subarray(0, 64));
  return [model.memoryBytes, seen];
}

/** Trains, saves, and goes on from the file. */
export async function saved() {
  const remote = await Remote.start();
  const here = await given();
  const first = await remote.load('../files/model/');
  const learningRate = schedules.exponentialDecay({
    initialLearningRate: 0.05,
    decaySteps: 10,
    decayRate: 0.7,
  });
  await first.compile({ optimizer: optimizers.adam({ learningRate }) });
  await first.fit(here, { epochs: 1, batchSize: 16, seed: 1 });
  const files = await first.toFiles({ includeOptimizer: true });
  const again = await remote.load(files);
  const { losses } = await again.fit(here, { epochs: 1, batchSize: 16, seed: 1 });
  remote.close();
  return { json: files['model.json'], weights: [...files['weights.bin']], losses };
}
