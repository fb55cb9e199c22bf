// node library.mjs JOB: one job of the JavaScript library, its input a JSON object on standard
// input, its result one on standard output. Arrays travel as files in the folder that `folder` names.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  augmentation,
  augmented,
  Core,
  Model,
  Order,
  Remote,
  SpriteData,
  SpritenetError,
  hasRelaxedSimd,
  input as imageInput,
  layers,
  model as makeModel,
  optimizers,
  prepare,
  rateAt,
  schedules,
  stepIndices,
} from '../../src/spritenet/web/static/lib/index.js';
import { pngCore } from '../../src/spritenet/web/static/lib/core.js';
import { Inflater } from '../../src/spritenet/web/static/lib/inflater.js';
import { readSprite } from '../../src/spritenet/web/static/lib/sprite.js';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const file = (name) => path.join(input.folder, name);
const bytes = (name) => new Uint8Array(fs.readFileSync(file(name)));
const words = (name) => new Int32Array(bytes(name).buffer);
const address = (name) => pathToFileURL(file(name));

/** A message the person would read, or a stack that shows the bug. */
const told = (error) =>
  error instanceof SpritenetError ? `${error.name} ${error.message}` : `BUG ${error.stack}`;

const jobs = {
  /** Places of orders: [seed, epoch, size, places]. */
  order: () =>
    input.orders.map(([seed, epoch, size, places]) => {
      const order = new Order(BigInt(seed), epoch, size);
      return places.map((place) => order.place(place));
    }),

  /** Steps' images: [seed, step, size, batch size]. */
  steps: () => input.steps.map(([seed, ...rest]) => [...stepIndices(BigInt(seed), ...rest)]),

  /** The layers of each augmentation, and what they make of `images.bin`, as `seen.bin`. */
  async augment() {
    const core = await Core.load({ relaxed: input.relaxed });
    const seen = [];
    for (const text of input.augments) {
      const how = { seed: BigInt(input.seed), epoch: input.epoch, core };
      seen.push(await augmented(bytes('images.bin'), input.shape, text, how));
    }
    fs.writeFileSync(file('seen.bin'), Buffer.concat(seen));
    return input.augments.map((text) =>
      augmentation(text).map(({ className, config }) => [className, config]),
    );
  },

  /** What the library says of each augmentation that it refuses. */
  refusals: () =>
    input.augments.map((text) => {
      try {
        return JSON.stringify(augmentation(text));
      } catch (error) {
        return told(error);
      }
    }),

  /** The losses of a training with an augmentation, and the model's files. */
  async augmentedFit() {
    const core = await Core.load({});
    const network = [
      layers.randomCrop({ height: 9, width: 8 }),
      layers.randomFlip(),
      layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.flatten(),
      layers.dense({ units: 3, activation: 'softmax' }),
    ];
    const model = await Model.create({ inputShape: input.shape, layers: network, core, seed: 0 });
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.05 }) });
    const examples = { images: bytes('images.bin'), labels: words('labels.bin') };
    const { losses } = await model.fit(examples, { ...input.options, augment: input.augment });
    fs.mkdirSync(file('made'), { recursive: true });
    for (const [name, content] of Object.entries(model.toFiles())) {
      fs.writeFileSync(path.join(file('made'), name), content);
    }
    return { losses, kinds: model.layers.map(({ className }) => className) };
  },

  /** What each saved model makes of `pixels.bin` beside it, as `javascript.bin`; both ways of predicting. */
  async predict() {
    const core = await Core.load({ relaxed: input.relaxed });
    for (const name of input.models) {
      const model = await Model.load(address(name), { core });
      const pixels = bytes(`${name}/pixels.bin`);
      fs.writeFileSync(file(`${name}/javascript.bin`), model.predict(pixels));
      const one = pixels.subarray(0, model.network.imageBytes);
      fs.writeFileSync(file(`${name}/one.bin`), model.predict(one));
      fs.writeFileSync(file(`${name}/last.bin`), model.activations(one).at(-1).values);
      for (const [key, content] of Object.entries(model.toFiles())) {
        fs.mkdirSync(file(`${name} again`), { recursive: true });
        fs.writeFileSync(path.join(file(`${name} again`), key), content);
      }
    }
    return hasRelaxedSimd();
  },

  /** Goes on with a saved model in each of these ways; saves what came of the last one. */
  async train() {
    const core = await Core.load({ relaxed: input.relaxed });
    const [name, options] = input.optimizer;
    const examples = { images: bytes('images.bin'), labels: words('labels.bin') };
    const results = [];
    for (const fit of input.fits) {
      const model = await Model.load(address(input.model), { core });
      if (name) model.compile({ optimizer: optimizers[name](options) });
      const history = await model.fit(examples, {
        ...fit,
        validation: input.validate ? examples : undefined,
      });
      results.push({
        ...history,
        evaluated: input.validate ? await model.evaluate(examples) : null,
      });
      for (const [key, content] of Object.entries(model.toFiles({ includeOptimizer: true }))) {
        fs.mkdirSync(file('trained'), { recursive: true });
        fs.writeFileSync(path.join(file('trained'), key), content);
      }
    }
    return results;
  },

  /** The first weights of new networks. */
  async create() {
    const made = [];
    for (const { seed, shape, rows } of input.networks) {
      const model = await Model.create({
        inputShape: shape,
        seed: BigInt(seed),
        layers: rows.map(([name, options]) => layers[name](options)),
      });
      made.push({
        names: model.layers.map(({ name }) => name),
        parameters: [...model.getParameters()],
      });
    }
    return made;
  },

  /** Trains for long and says how much memory there was before and after. */
  async memory() {
    const model = await Model.load(address(input.model));
    model.compile({ optimizer: optimizers.adam() });
    const examples = { images: bytes('images.bin'), labels: words('labels.bin') };
    const sizes = [];
    for (let round = 0; round < 4; round++) {
      await model.fit(examples, { steps: input.steps / 4, batchSize: 16, validation: examples });
      for (let i = 0; i < 50; i++) model.activations(examples.images.subarray(0, 64));
      globalThis.gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      sizes.push([model.network.arena.bytes, heapUsed + arrayBuffers]);
    }
    return { sizes, step: model.step };
  },

  /** What models of other programs make of pixels: [source, options, pixels, out]; their notes and class names. */
  async foreign() {
    const results = [];
    for (const { names, options = {}, pixels, out } of input.models) {
      const source = Array.isArray(names)
        ? names.map((name) => new File([bytes(name)], path.basename(name)))
        : address(names);
      results.push(
        await Model.load(source, options).then((model) => {
          if (out) fs.writeFileSync(file(out), model.predict(bytes(pixels)));
          const classified = pixels
            ? new Promise((done) =>
                done(model.classify(bytes(pixels).subarray(0, model.network.imageBytes)).label),
              ).catch(told)
            : null;
          return Promise.resolve(classified).then((label) => ({
            notes: model.notes,
            classNames: model.classNames,
            label,
            calibrated: model.calibrated,
          }));
        }, told),
      );
    }
    return results;
  },

  /** What a person reads when each of these folders is loaded. */
  async refuse() {
    const messages = [];
    for (const name of input.models) {
      messages.push(await Model.load(address(name)).then(() => 'loaded', told));
    }
    return messages;
  },

  /** What goes wrong in use, by name. */
  async misuse() {
    const load = async () => {
      const model = await Model.load(address(input.model));
      model.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }) });
      return model;
    };
    const images = bytes('images.bin');
    const labels = words('labels.bin');
    const cases = {
      floats: async () => (await load()).predict(new Float32Array(64)),
      'half an image': async () => (await load()).predict(images.subarray(0, 100)),
      'no labels': async () => (await load()).fit({ images }),
      'too few labels': async () => (await load()).fit({ images, labels: labels.subarray(1) }),
      'an unknown label': async () => (await load()).fit({ images, labels: labels.map(() => 4) }),
      'no batch': async () => (await load()).fit({ images, labels }, { batchSize: 0 }),
      'no loss': async () => (await Model.load(address(input.model))).fit({ images, labels }),
      twice: async () => {
        const model = await load();
        const first = model.fit({ images, labels }, { epochs: 3, sliceMilliseconds: 1 });
        const second = model.fit({ images, labels }).then(() => 'trained', told);
        await first;
        return second;
      },
      'an unknown optimizer argument': () => optimizers.sgd({ momentun: 1 }),
      'an unknown layer argument': () => layers.dense({ unit: 1 }),
      'a negative alpha': () => layers.elu({ alpha: -0.5 }),
      'a window too large': () =>
        Model.create({
          inputShape: [4, 4, 1],
          layers: [layers.conv2d({ filters: 1, kernelSize: 5 })],
        }),
      'a loss after relu': async () =>
        (
          await Model.create({
            inputShape: [4, 4, 1],
            layers: [layers.flatten(), layers.dense({ units: 2, activation: 'relu' })],
          })
        ).compile({ optimizer: optimizers.adam() }),
      'files without weights': () =>
        Model.load({ 'model.json': bytes(`${input.model}/model.json`) }),
      'no address': () => Model.load('https://'),
      diverging: async () => {
        const model = await load();
        model.compile({ optimizer: optimizers.sgd({ learningRate: 1e30 }) });
        const message = await model
          .fit({ images, labels }, { epochs: 3 })
          .then(() => 'trained', told);
        return `${model.getParameters().every(Number.isFinite) ? 'kept' : 'BUG lost'}: ${message}`;
      },
    };
    const messages = {};
    for (const [name, work] of Object.entries(cases)) {
      messages[name] = await new Promise((resolve) => resolve(work())).catch(told);
    }
    return messages;
  },

  /** Prepares pictures: [name, height, width, preparation]; what comes out is beside them. */
  prepare() {
    return input.pictures.map(([name, height, width, preparation]) => {
      try {
        fs.writeFileSync(
          file(`${name}.out`),
          prepare({ data: bytes(name), height, width }, preparation),
        );
        return null;
      } catch (error) {
        return told(error);
      }
    });
  },

  /** What each sprite holds, its pixels in `.out` beside it, or why it is refused. */
  async sprites() {
    const results = [];
    const byCore = async (name) => {
      const inflater = new Inflater(await pngCore());
      const { head, images, labels, rows } = await readSprite(bytes(name), 'data', inflater);
      return new SpriteData(head, images, labels, rows);
    };
    const load = input.core ? byCore : (name) => SpriteData.load(bytes(name));
    for (const name of input.sprites) {
      const result = await load(name).then((data) => {
        fs.writeFileSync(file(`${name}.out`), data.images);
        const splits = Object.fromEntries(
          Object.entries(data.head.splits).map(([key, [first, last]]) => [key, last - first]),
        );
        return {
          classes: data.classNames,
          shape: data.imageShape,
          splits,
          labels: [...(data.rows ?? data.labels)],
        };
      }, told);
      results.push(result);
    }
    return results;
  },

  /** What folders of sprites hold, and pictures with their labels: [files, options with `labels` a name]. */
  async sets() {
    const results = [];
    for (const [names, { labels, ...options }, out] of input.sets) {
      const files = names.map((name) => new File([bytes(name)], path.basename(name)));
      const result = await SpriteData.load(names.length > 1 ? files : files[0], {
        ...options,
        ...(labels ? { labels: bytes(labels) } : {}),
      }).then((data) => {
        fs.writeFileSync(file(out), data.images);
        const splits = Object.fromEntries(
          Object.entries(data.head.splits).map(([key, [first, last]]) => [key, last - first]),
        );
        return {
          classes: data.classNames,
          shape: data.imageShape,
          splits,
          labels: [...(data.rows ?? data.labels)],
        };
      }, told);
      results.push(result);
    }
    return results;
  },

  /** Learning rates of schedules: [name, options, steps]. */
  rates: () =>
    input.schedules.map(([name, options, steps]) => {
      try {
        const schedule = schedules[name](options);
        return steps.map((step) => rateAt(schedule, step));
      } catch (error) {
        return told(error);
      }
    }),

  /** The same training twice: here, and at the other side of a channel, with all that is told of it. */
  async remote() {
    const examples = { images: bytes('images.bin'), labels: words('labels.bin') };
    const how = {
      inputShape: [8, 8, 1],
      seed: 5,
      layers: [
        layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
        layers.flatten(),
        layers.dense({ units: 4, activation: 'softmax' }),
      ],
    };
    const remote = await Remote.start();
    const results = [];
    for (const [make, given] of [
      [(options) => Model.create(options), examples],
      [(options) => remote.create(options), await remote.keep(examples)],
    ]) {
      const model = await make(how);
      await model.compile({
        optimizer: optimizers.adam({ learningRate: schedules.oneCycle({ maxLearningRate: 0.01 }) }),
      });
      const events = [];
      const history = await model.fit(given, {
        epochs: 2,
        batchSize: 32,
        validation: given,
        testEvery: 3,
        testSize: 50,
        onStep: (event) => events.push(['step', event]),
        onEvaluate: (event) => events.push(['evaluate', event]),
        onEpoch: (event) => events.push(['epoch', event]),
      });
      const { seconds: _, ...rest } = history;
      const control = new AbortController();
      const seen = [];
      const aborted = await model.fit(given, {
        epochs: 1000,
        batchSize: 32,
        signal: control.signal,
        onStep: () => {},
        onEpoch: ({ epoch }) => (seen.push(epoch), epoch === 2 && control.abort()),
      });
      const files = await model.toFiles({ includeOptimizer: true });
      const examination = await model.examine(given);
      results.push({
        events,
        history: rest,
        aborted: [aborted.aborted, seen, model.step],
        json: files['model.json'],
        bytes: [...files['weights.bin']],
        outputs: [...(await model.predict(examples.images.subarray(0, 128)))],
        classified: await Promise.resolve(model.classify(examples.images.subarray(0, 64))).then(
          ({ probabilities, ...others }) => [...probabilities, others],
        ),
        activations: (await model.activations(examples.images.subarray(0, 64))).map(
          ({ name, shape, values }) => [name, shape, [...values]],
        ),
        weights: (await model.weights).map(({ name, values }) => [name, [...values]]),
        examination: {
          ...examination,
          predicted: [...examination.predicted],
          confidences: [...examination.confidences],
          matrix: examination.matrix.map((row) => [...row]),
        },
        evaluated: await model.evaluate(given),
        refused: await Promise.resolve()
          .then(() => model.predict(new Uint8Array(3)))
          .catch(told),
        missing: await make({
          ...how,
          layers: [layers.conv2d({ filters: 4, kernelSize: 30 })],
        }).then(() => '', told),
      });
    }
    const isWorker = remote.isWorker;
    remote.close();
    const closed = await remote.create(how).then(() => '', told);
    return { results, isWorker, closed };
  },

  /** A residual network by the functional API: here, at the other side of a channel, and frozen. */
  async graph() {
    const examples = { images: bytes('images.bin'), labels: words('labels.bin') };
    const network = () => {
      const inputs = imageInput({ shape: [8, 8, 1] });
      const conv = (x, name) =>
        layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name }).apply(x);
      const x = conv(inputs, 'first');
      let y = layers.batchNormalization().apply(conv(x));
      y = layers.add().apply([layers.reLU().apply(y), x]);
      y = layers
        .multiply()
        .apply([layers.concatenate().apply([y, x]), layers.concatenate().apply([x, x])]);
      y = layers.globalAveragePooling2d().apply(y);
      return {
        inputs,
        outputs: layers.dense({ units: 4, activation: 'softmax' }).apply(y),
        seed: 3,
      };
    };
    const remote = await Remote.start();
    const results = [];
    for (const make of [makeModel, (how) => remote.create(how)]) {
      const model = await make(network());
      await model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }) });
      const first = await model.fit(examples, { epochs: 2, batchSize: 16 });
      await model.setTrainable(false, ['first', 'batch_normalization']);
      const before = await model.weights;
      const second = await model.fit(examples, { epochs: 1, batchSize: 16 });
      const after = await model.weights;
      const files = await model.toFiles();
      await model.setTrainable(false);
      results.push({
        layers: model.layers.map(({ name, inputs, trainable }) => [name, inputs, trainable]),
        losses: [...first.losses, ...second.losses],
        moved: after
          .filter(({ values }, i) => values.some((value, k) => value !== before[i].values[k]))
          .map(({ name }) => name),
        weights: after.map(({ name, values }) => [name, [...values]]),
        json: files['model.json'],
        again: (await Model.load(files)).layers.map((layer) => [layer.inputs, layer.trainable]),
        frozen: await Promise.resolve()
          .then(() => model.fit(examples))
          .then(() => '', told),
        unknown: await Promise.resolve()
          .then(() => model.setTrainable(true, ['second']))
          .then(() => '', told),
      });
    }
    remote.close();
    return results;
  },

  /** New networks of the functional API, and one of Python's: read, and written again. */
  async functional() {
    const made = [];
    for (const seed of input.seeds) {
      const image = imageInput({ shape: [8, 8, 1] });
      const conv = (x, options) => layers.conv2d({ padding: 'same', ...options }).apply(x);
      const x = conv(image, { filters: 4, kernelSize: 3, activation: 'tanh' });
      let y = conv(x, { filters: 4, kernelSize: 3, useBias: false });
      y = layers.batchNormalization().apply(y);
      y = layers.add().apply([y, conv(x, { filters: 4, kernelSize: 1 })]);
      y = layers.globalAveragePooling2d().apply(layers.concatenate().apply([y, x]));
      const outputs = layers.dense({ units: 4, activation: 'softmax' }).apply(y);
      const model = await makeModel({ inputs: image, outputs, seed: BigInt(seed) });
      made.push({
        names: model.layers.map(({ name }) => name),
        parameters: [...model.getParameters()],
      });
    }
    const model = await Model.load(address(input.model));
    fs.mkdirSync(file('again'));
    for (const [key, content] of Object.entries(model.toFiles())) {
      fs.writeFileSync(path.join(file('again'), key), content);
    }
    return { made, outputs: [...model.predict(bytes('images.bin'))] };
  },

  /** What is said of graphs that can't be. */
  async graphs() {
    const image = () => imageInput({ shape: [8, 8, 1] });
    const dense = (units = 2) => layers.dense({ units });
    const flat = (x) => layers.flatten().apply(x);
    const cases = {
      'two inputs': () => {
        const inputs = [image(), image()];
        return { inputs, outputs: dense().apply(flat(layers.add().apply(inputs))) };
      },
      'another input': () => ({
        inputs: image(),
        outputs: dense().apply(flat(image())),
      }),
      'two outputs': () => {
        const inputs = image();
        return { inputs, outputs: [flat(inputs), flat(inputs)] };
      },
      'an output in place of an input': () => {
        const inputs = flat(image());
        return { inputs, outputs: dense().apply(inputs) };
      },
      shapes: () => {
        const inputs = image();
        const pooled = layers.maxPooling2d({ name: 'small' }).apply(inputs);
        return { inputs, outputs: layers.add({ name: 'sum' }).apply([inputs, pooled]) };
      },
      'shapes of a concatenation': () => {
        const inputs = image();
        const outputs = layers.concatenate().apply([inputs, flat(inputs)]);
        return { inputs, outputs };
      },
      'one for a sum': () => {
        const inputs = image();
        return { inputs, outputs: layers.add().apply(inputs) };
      },
      'two for a Dense': () => {
        const inputs = image();
        return { inputs, outputs: dense().apply([flat(inputs), flat(inputs)]) };
      },
      'a layer twice': () => {
        const inputs = image();
        const shared = layers.conv2d({ filters: 1, kernelSize: 3, padding: 'same', name: 'one' });
        return { inputs, outputs: shared.apply(shared.apply(inputs)) };
      },
      'no tensor': () => ({ inputs: image(), outputs: dense().apply(/** @type {any} */ (7)) }),
      'no shape': () => imageInput({ shape: [2, 28, 28, 1] }),
      'a name twice': () => {
        const inputs = image();
        const named = () => layers.reLU({ name: 'one' });
        return { inputs, outputs: named().apply(named().apply(inputs)) };
      },
      'ten thousand layers': () => {
        const inputs = image();
        let outputs = inputs;
        for (let i = 0; i < 10_000; i++) outputs = layers.add().apply([outputs, inputs]);
        return { inputs, outputs: dense().apply(flat(outputs)) };
      },
    };
    const messages = {};
    for (const [name, make] of Object.entries(cases)) {
      messages[name] = await new Promise((resolve) => resolve(makeModel(make()))).then(
        () => 'made',
        told,
      );
    }
    return messages;
  },

  /** Pauses, goes on, and changes the learning rate from outside. */
  async control() {
    const model = await Model.load(address(input.model));
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.01 }) });
    const rates = [];
    let during = 0;
    const history = await model.fit(
      { images: bytes('images.bin'), labels: words('labels.bin') },
      {
        epochs: 4,
        batchSize: 16,
        onStep: ({ learningRate }) => rates.push(learningRate),
        onEpoch: ({ epoch }) => {
          if (epoch === 1) {
            model.pause();
            const before = rates.length;
            setTimeout(() => {
              during = rates.length - before;
              model.setLearningRate(0.5);
              model.resume();
            }, 60);
          }
        },
      },
    );
    const control = new AbortController();
    model.pause();
    setTimeout(() => control.abort(), 20);
    const aborted = await model.fit(
      { images: bytes('images.bin'), labels: words('labels.bin') },
      { epochs: 2, signal: control.signal },
    );
    return {
      rates,
      during,
      updates: history.losses.length,
      aborted: [aborted.aborted, aborted.losses.length],
    };
  },

  /** Stops a training from its callback. */
  async abort() {
    const model = await Model.load(address(input.model));
    model.compile({ optimizer: optimizers.adam() });
    const control = new AbortController();
    const steps = [];
    const history = await model.fit(
      { images: bytes('images.bin'), labels: words('labels.bin') },
      {
        epochs: 10_000,
        signal: control.signal,
        onStep: ({ step }) => steps.push(step),
        onEpoch: ({ epoch }) => epoch === 2 && control.abort(),
      },
    );
    return {
      aborted: history.aborted,
      steps: steps.length,
      step: model.step,
      epochs: history.epochs.length,
    };
  },
};

console.log(JSON.stringify(await jobs[process.argv[2]]()));
