// The lab: brings the images, the network, its training and what is shown of them together.

import { at, counted, on, percent, tell } from './elements.js';
import { Form } from './form.js';
import { Images } from './images.js';
import { Inside } from './inside.js';
import { onChoice, save } from './model-files.js';
import { Pad } from './pad.js';
import { imageAt, preparationFor, textOf } from './parts.js';
import { Progress } from './progress.js';
import { Results } from './results.js';
import { Trainer } from './trainer.js';
import { defaultCore } from '../lib/core.js';

/** @typedef {import('./parts.js').Lesson} Lesson */
/** @typedef {import('./trainer.js').State} State */
/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {import('../lib/training.js').Evaluated} Evaluated */

const LOOK_EVERY = 700; // milliseconds between two looks inside during training

class Lab {
  constructor() {
    /** @type {Lesson | null} */
    this.lesson = null;
    /** @type {import('../lib/prepare.js').Preparation | null} */
    this.preparation = null;
    this.stale = true; // the network described is another than the one that is there
    this.trained = false;
    this.looked = 0;
    /** @type {Pad | null} */
    this.pad = null;
    this.progress = new Progress();
    this.trainer = new Trainer({
      state: (state) => this.enter(state),
      step: (step) => this.progress.step(step),
      tested: (evaluated) => this.tested(evaluated),
    });
    this.results = new Results(
      { tiles: at('tiles'), matrix: at('matrix'), said: at('said'), filter: at('filter') },
      (place) => this.look(place),
    );
    this.inside = new Inside({
      table: at('layer-table'),
      filters: at('filters'),
      layers: at('layers'),
      image: at('looked'),
      title: at('looked-title'),
    });
    this.form = new Form({
      network: () => this.described(),
      rate: () => this.rateChanged(),
      plan: () => this.enter(this.trainer.state),
    });
    this.images = new Images(
      (lesson) => this.teach(lesson),
      (files) => this.load(files),
    );
    this.listen();
    this.enter('idle');
  }

  listen() {
    const { trainer, results } = this;
    on('start', 'click', () => void this.start());
    on(
      'pause',
      'click',
      () => void (trainer.state === 'paused' ? trainer.resume() : trainer.pause()),
    );
    on('stop', 'click', () => void trainer.stop());
    on('reset', 'click', () => void this.reset());
    on(
      'test',
      'click',
      () => void trainer.test().catch((error) => tell('learning-problem', error)),
    );
    on('save', 'click', () => void this.save());
    on('shuffle', 'click', () => results.sort('random'));
    on('unfilter', 'click', () => results.all());
    for (const radio of document.querySelectorAll('input[name="order"]')) {
      radio.addEventListener('change', () => {
        const { value } = /** @type {HTMLInputElement} */ (radio);
        at('shuffle').hidden = value !== 'random';
        results.sort(value);
      });
    }
    onChoice(at('load'), at('model-files'), (files) => this.load(files));
  }

  /** The page's own images. */
  begin() {
    this.images.begin();
  }

  /** Takes other images: the network before is dropped. @param {Lesson} lesson */
  async teach(lesson) {
    await this.trainer.teach(lesson);
    await defaultCore(); // the form asks it for shapes
    this.lesson = lesson;
    this.preparation = preparationFor(lesson);
    this.newPad();
    this.left();
    this.form.begin(lesson);
    this.look(0);
  }

  /** Another network is described. */
  described() {
    this.stale = true;
    if (this.trained) {
      at('network-about').textContent += ' Start begins with new weights.';
    }
    this.enter(this.trainer.state);
  }

  /** Sets another learning rate at once, also during training. */
  rateChanged() {
    const { state, model } = this.trainer;
    if (!model || (state !== 'running' && state !== 'paused')) return;
    model.setLearningRate(this.form.rate).catch((error) => tell('learning-problem', error));
  }

  // Training

  async start() {
    const { lesson, trainer, form, progress } = this;
    if (!lesson || trainer.state !== 'idle') return;
    tell('learning-problem', null);
    const { plan } = form;
    let { model } = trainer;
    try {
      if (this.stale || !model) {
        this.left();
        this.enter('starting');
        model = await trainer.make(form.layers, plan.seed, this.preparation);
        this.arrived(model);
      }
      this.trained = true;
      progress.begin(model.step, plan.steps);
      const { aborted } = await trainer.run(plan);
      if (model === trainer.model && aborted) await trainer.test();
      if (model !== trainer.model) return; // left behind meanwhile
      progress.say(
        aborted
          ? `Stopped after ${counted(model.step)} steps; the weights are kept.`
          : `Done: ${counted(model.step)} steps.`,
      );
    } catch (error) {
      if (model !== trainer.model) return;
      tell('learning-problem', error);
      progress.say('');
      if (await trainer.isLost()) {
        trainer.recover();
        this.left();
        this.stale = true;
      }
    }
    this.enter(trainer.state);
    progress.schedule();
    void this.inside.refresh();
  }

  /** A network is there. @param {RemoteModel} model */
  arrived(model) {
    this.stale = false;
    if (this.pad) this.pad.model = model;
    at('inside').hidden = false;
    at('inside-empty').hidden = true;
    at('pad-panel').hidden = !this.pad;
    this.inside.begin(model);
    this.pad?.schedule();
  }

  /** No network is there, or another will come: what was shown of it goes. */
  left() {
    this.trained = false;
    this.progress.clear();
    if (this.lesson) this.results.begin(this.lesson);
    this.inside.begin(null);
    if (this.pad) this.pad.model = null;
    at('inside').hidden = true;
    at('inside-empty').hidden = false;
    at('pad-panel').hidden = true;
    this.progress.say(this.hint);
  }

  async reset() {
    tell('learning-problem', null);
    await this.trainer.forget();
    this.left();
    this.stale = true;
    this.enter('idle');
    at('start').focus();
  }

  /** @param {State} state */
  enter(state) {
    const idle = state === 'idle';
    const { lesson, trained, stale, progress } = this;
    const model = this.trainer?.model;
    at('start').disabled = !idle || !lesson || Boolean(this.form.problem);
    at('start').textContent = idle ? (trained && !stale ? 'Train on' : 'Start') : 'Training …';
    at('pause').disabled = state !== 'running' && state !== 'paused';
    at('pause').textContent = state === 'paused' ? 'Go on' : 'Pause';
    at('stop').disabled = idle || state === 'stopping';
    at('reset').disabled = !trained || state === 'stopping';
    at('test').disabled = !idle || !model;
    at('save').disabled = !model || state === 'starting';
    at('load').disabled = !idle || !lesson;
    this.form.lock(!idle);
    document.body.dataset.state = state;
    progress.isRunning = state === 'running';
    if (idle && !trained) progress.say(this.hint);
    if (state === 'starting') progress.say('Starting …');
    if (state === 'paused') progress.pause();
    if (state === 'stopping') progress.say('Stopping …');
  }

  /** Returns what is to be done before training. */
  get hint() {
    if (!this.lesson) return 'First, images.';
    const { problem, copies } = this.form;
    if (problem && problem === copies.problem) {
      return 'Correct the augmentation first: see Training.';
    }
    return problem ? 'Correct the layers first: see Network.' : 'Press Start.';
  }

  /** @param {Evaluated} evaluated */
  tested(evaluated) {
    this.progress.tested(evaluated);
    const now = performance.now();
    const whole = evaluated.images === this.lesson?.test.count;
    if (evaluated.examination && (whole || now - this.looked > LOOK_EVERY)) {
      this.looked = now;
      this.results.set(evaluated.examination);
      void this.inside.refresh();
      this.pad?.schedule();
    }
    if (whole) at('spoken').textContent = `Test accuracy ${percent(evaluated.accuracy)}`;
  }

  /** @param {number} place  of the test image to look at */
  look(place) {
    const { lesson } = this;
    if (!lesson) return;
    const truth = textOf(lesson.test, place, lesson.classNames);
    const title = `Test image ${counted(place)}${lesson.isMultiLabel ? ':' : ', a'} ${truth}`;
    this.inside.look(imageAt(lesson.test, place), lesson.imageShape, title);
  }

  newPad() {
    const { lesson, preparation } = this;
    this.pad?.close();
    this.pad = null;
    const old = at('pad');
    const canvas = old.cloneNode(true);
    old.replaceWith(canvas); // without the hands of the sheet before
    if (!lesson || !preparation) return;
    const places = {
      canvas,
      pen: at('pad-pen'),
      hint: at('pad-hint'),
      seen: at('pad-seen'),
      bars: at('pad-bars'),
      verdict: at('pad-verdict'),
      clear: at('pad-clear'),
      undo: at('pad-undo'),
    };
    this.pad = new Pad(places, {
      imageShape: lesson.imageShape,
      preparation,
      classNames: lesson.classNames,
    });
  }

  // Files

  async save() {
    const { model } = this.trainer;
    if (!model) return;
    tell('keep-problem', null);
    try {
      save(await model.toFiles({ includeOptimizer: true }));
      at('keep-note').textContent =
        `Saved after ${counted(model.step)} steps: model.json and weights.bin.`;
    } catch (error) {
      tell('keep-problem', error);
    }
  }

  /** @param {File[]} files  of a model */
  async load(files) {
    const { lesson, trainer } = this;
    tell('keep-problem', null);
    if (!lesson) {
      tell('keep-problem', 'Load images first, then the model.');
      return;
    }
    try {
      const model = await trainer.load(files);
      const wrong = unlike(model, lesson);
      if (wrong) {
        void model.close();
        tell('keep-problem', wrong);
        return;
      }
      await trainer.replace(model);
      model.metadata.preparation ??= this.preparation;
      if (!model.metadata.classNames.length) model.metadata.classNames = [...lesson.classNames];
      this.left();
      this.form.take(model);
      this.trained = true;
      this.arrived(model);
      this.enter('idle');
      this.progress.say(`Loaded, after ${counted(model.step)} steps.`);
      at('keep-note').textContent = [
        `Loaded: ${files.map(({ name }) => name).join(', ')}`,
        ...model.notes,
      ]
        .join('. ')
        .concat('.');
      await trainer.test();
    } catch (error) {
      tell('keep-problem', error);
    }
  }
}

/**
 * Why a model can't see these images; '' if it can.
 *
 * @param {RemoteModel} model
 * @param {Lesson} lesson
 */
function unlike(model, { imageShape, classNames, isMultiLabel }) {
  if (String(model.imageShape) !== String(imageShape)) {
    return `The model takes images of ${model.imageShape.join('×')}, these are ${imageShape.join('×')}. Load the images it was trained on.`;
  }
  if (model.outputs !== classNames.length) {
    return `The model has ${model.outputs} classes, these images have ${classNames.length}.`;
  }
  const last = model.layers[model.layers.length - 1];
  const end = last.className === 'Softmax' ? 'softmax' : last.config.activation;
  const wanted = isMultiLabel ? 'sigmoid' : 'softmax';
  if (end !== wanted) {
    return `The model's last layer ends with ${end ?? 'no activation'}, not with ${wanted}: it can't be trained on these images.`;
  }
  return '';
}

try {
  new Lab().begin();
} catch (error) {
  tell('problem', error);
}
