// node few.mjs JOB: the training for few images. Input and result are JSON, arrays are files.
import fs from 'node:fs';
import path from 'node:path';
import {
  FEW,
  Remote,
  SpritenetError,
  trainFew,
  useFewWeights,
} from '../../src/spritenet/web/static/lib/index.js';
import { createFew } from '../../src/spritenet/web/static/lib/few.js';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const bytes = (name) => new Uint8Array(fs.readFileSync(path.join(input.folder, name)));
const { imageShape, classNames } = input;
const examples = () => ({
  images: bytes('images.bin'),
  labels: new Int32Array(bytes('labels.bin').buffer),
});
const told = (error) =>
  error instanceof SpritenetError ? `${error.name} ${error.message}` : `BUG ${error.stack}`;

const jobs = {
  /** The network before its training. */
  async create() {
    const model = await createFew(examples(), { imageShape, classNames });
    fs.writeFileSync(path.join(input.folder, 'parameters.bin'), model.getParameters());
    return { names: model.weights.map(({ name }) => name), options: FEW };
  },

  /** Trains here and in a worker's stead; what each predicts of the test images. */
  async train() {
    const remote = await Remote.start({ worker: false });
    const results = [];
    for (const where of [{}, { remote }]) {
      const seen = [];
      const { model, history } = await trainFew(examples(), {
        ...where,
        imageShape,
        classNames,
        steps: input.steps,
        seed: 3,
        onProgress: (progress) => void seen.push(progress),
      });
      const outputs = await model.predict(bytes('test.bin'));
      const files = await model.toFiles();
      for (const [name, content] of Object.entries(files)) {
        fs.writeFileSync(path.join(input.folder, name), content);
      }
      results.push({
        outputs: [...outputs],
        losses: history.losses.length,
        first: seen[0],
        last: seen.at(-1),
        calls: seen.length,
      });
    }
    remote.close();
    return results;
  },

  /** An abort keeps the weights. */
  async abort() {
    const control = new AbortController();
    const { model, history } = await trainFew(examples(), {
      imageShape,
      classNames,
      signal: control.signal,
      onProgress: ({ step }) => void (step === 2 && control.abort()),
    });
    return { aborted: history.aborted, step: model.step };
  },

  /** What a person reads. */
  async refuse() {
    const good = examples();
    const four = { ...good, images: new Uint8Array(good.labels.length * 28 * 28 * 4) };
    const cases = {
      'four channels': () => trainFew(four, { imageShape: [28, 28, 4], classNames }),
      'no labels': () => trainFew({ images: good.images }, { imageShape, classNames }),
      'one class': () => trainFew(good, { imageShape, classNames: ['all'] }),
      'damaged weights': () => {
        useFewWeights(bytes('images.bin'));
        return trainFew(good, { imageShape, classNames });
      },
    };
    const messages = {};
    for (const [name, work] of Object.entries(cases)) {
      messages[name] = await work().then(() => 'trained', told);
    }
    return messages;
  },
};

process.stdout.write(JSON.stringify(await jobs[process.argv[2]]()));
