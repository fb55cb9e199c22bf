// node calibrate.mjs JOB: one job on calibration, its input a JSON object on standard input, its result
// one on standard output. Arrays travel as files in the folder that `folder` names.
import fs from 'node:fs';
import path from 'node:path';

import {
  Core,
  Model,
  optimizers,
  Remote,
  SpritenetError,
} from '../../src/spritenet/web/static/lib/index.js';
import { initial } from '../../src/spritenet/web/static/lib/initializers.js';
import { makeOutliers } from '../../src/spritenet/web/static/lib/outliers.js';
import { Stream } from '../../src/spritenet/web/static/lib/random.js';
import { bestTemperature } from '../../src/spritenet/web/static/lib/temperature.js';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const file = (name) => path.join(input.folder, name);
const bytes = (name) => new Uint8Array(fs.readFileSync(file(name)));
const examples = (name) => ({
  images: bytes(`${name}.images`),
  labels: new Int32Array(bytes(`${name}.labels`).buffer),
});

const jobs = {
  /** Of a stream: whole numbers, normal and uniform ones, in this order. */
  random: () =>
    input.streams.map(([seed, index]) => {
      const stream = new Stream(BigInt(seed), index);
      const draw = (count, next) => Array.from({ length: count }, next);
      return [
        draw(51, () => stream.integer(0, 256)),
        draw(20_000, () => stream.normal()),
        draw(7, () => stream.integer(-3, 1000)),
        draw(20, () => stream.uniform()),
        draw(9, () => stream.integer(5, 6)),
        draw(9, () => stream.integer(0, 3)),
      ];
    }),

  /** Weights of each rule. */
  weights: () =>
    input.rules.map((rule) => [...initial(rule, input.shape, new Stream(BigInt(input.seed), 3))]),

  /** Outliers of `<name>.images`, as `<name>.made`. */
  async outliers() {
    for (const { name, shape, count, seed } of input.sets) {
      const [height, width, channels] = shape;
      const form = { height, width, channels };
      const made = await makeOutliers(bytes(`${name}.images`), form, count, BigInt(seed));
      fs.writeFileSync(file(`${name}.made`), made);
    }
    return 'made';
  },

  temperature: () => bestTemperature(Float64Array.from(input.logits), input.labels),

  /** Calibrates a model, here or at the other side of a channel; its files, and what it says of images. */
  async calibrate() {
    const core = await Core.load({ relaxed: false });
    const remote = input.remote ? await Remote.start({ core }) : null;
    const model = remote ? await remote.load(files()) : await Model.load(files(), { core });
    const before = model.calibrated;
    const start = performance.now();
    await model.calibrate(examples('held'), examples('training'), { seed: input.seed });
    const seconds = (performance.now() - start) / 1000;
    const saved = await model.toFiles();
    fs.writeFileSync(file('calibrated.json'), saved['model.json']);
    const seen = bytes('seen.images');
    const one = seen.length / input.count;
    const said = [];
    for (let i = 0; i < input.count; i++) {
      const { label, sure, score, probabilities } = await model.classify(
        seen.subarray(i * one, (i + 1) * one),
      );
      said.push([label, sure, score, [...probabilities]]);
    }
    const calibrated = [before, model.calibrated];
    remote?.close();
    return { said, seconds, calibrated };
  },

  /** Trains with validation images, again with others, with none and without; what it is calibrated on. */
  async fit() {
    const core = await Core.load({ relaxed: false });
    const remote = input.remote ? await Remote.start({ core }) : null;
    const model = remote ? await remote.load(files()) : await Model.load(files(), { core });
    const training = examples('training');
    const validation = examples('held');
    const imageBytes = validation.images.length / validation.labels.length;
    const part = (count) => ({
      images: validation.images.slice(0, count * imageBytes),
      labels: validation.labels.slice(0, count),
    });
    const found = [];
    for (const options of [
      { validation },
      {},
      { validation, calibrateOn: part(30) },
      { validation, calibrateOn: false },
      { validation: part(19) },
    ]) {
      await model.compile({ optimizer: optimizers.sgd(0.01) });
      await model.fit(training, { steps: 2, ...options });
      const { 'model.json': text } = await model.toFiles();
      const { rejection } = JSON.parse(text).userDefinedMetadata.spritenet;
      found.push([model.calibrated, rejection?.images ?? 0]);
    }
    remote?.close();
    return found;
  },

  /** Trains a multi-label network; its thresholds, and those of `tuneThresholds`. */
  async tune() {
    const model = await Model.load(files());
    const rows = { images: bytes('held.images') };
    rows.targets = new Float32Array(bytes('held.targets').buffer);
    model.compile({ optimizer: optimizers.sgd(0.01), loss: 'binary_crossentropy' });
    await model.fit(rows, { steps: 2, validation: rows });
    const { thresholds } = model;
    return { found: thresholds, tuned: await model.tuneThresholds(rows) };
  },

  /** The thresholds of a multi-label network. */
  async thresholds() {
    const model = await Model.load(files());
    const targets = new Float32Array(bytes('held.targets').buffer);
    const found = await model.tuneThresholds({ images: bytes('held.images'), targets });
    return { found, same: String(found) === String(model.thresholds) };
  },

  /** The errors for models and examples that can't be calibrated. */
  async refusals() {
    const told = (error) =>
      error instanceof SpritenetError ? `${error.name} ${error.message}` : `BUG ${error.stack}`;
    const model = await Model.load(files());
    const { images, labels } = examples('held');
    const few = {
      images: images.subarray(0, (images.length / labels.length) * 5),
      labels: labels.slice(0, 5),
    };
    const rows = { images, targets: new Float32Array(labels.length * model.outputs) };
    const attempts = [
      () => model.calibrate(few, examples('training')),
      () => model.calibrate(rows, examples('training')),
      () => model.tuneThresholds(rows),
      async () => {
        const control = new AbortController();
        control.abort();
        return model.calibrate(examples('held'), examples('training'), { signal: control.signal });
      },
    ];
    const said = [];
    for (const attempt of attempts) said.push(await attempt().then(String, told));
    return [...said, String(model.calibrated)];
  },
};

function files() {
  return {
    'model.json': fs.readFileSync(file('model/model.json'), 'utf8'),
    'weights.bin': bytes('model/weights.bin'),
  };
}

console.log(JSON.stringify(await jobs[process.argv[2]]()));
