// The lab: brings the images, the network, its training and what is shown of them together.

import { Advice } from './advice.js';
import { listenToLinks, offerToGiveUp, showControls } from './controls.js';
import { at, counted, on, percent, tell } from './elements.js';
import { Form } from './form.js';
import { Images } from './images.js';
import { Inside } from './inside.js';
import { offerDeviceFiles } from './device-files.js';
import { loadedText, onChoice, save, unlike } from './model-files.js';
import { toRows } from './networks.js';
import { makePad } from './pad.js';
import { imageAt, preparationFor, textOf } from './parts.js';
import { Progress } from './progress.js';
import { Results } from './results.js';
import { Session, imagesKey } from './session.js';
import { Trainer, within } from './trainer.js';
import { DivergedError } from '../lib/index.js';
import { defaultCore } from '../lib/core.js';

/** @typedef {import('./parts.js').Lesson} Lesson */
/** @typedef {import('./trainer.js').State} State */
/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {import('../lib/training.js').Evaluated} Evaluated */

const LOOK_EVERY = 700; // milliseconds between two looks inside during training
const KEEP_EVERY = 5000; // milliseconds between two copies that outlive a reload
const PATIENCE = 1000; // milliseconds that a step may go on after Stop
const LONG_TEST = 10; // seconds; a longer one isn't made unasked

class Lab {
  constructor() {
    /** @type {Lesson | null} */
    this.lesson = null;
    /** @type {import('../lib/prepare.js').Preparation | null} */
    this.preparation = null;
    this.stale = true; // the network described is another than the one that is there
    this.trained = false;
    this.looked = 0;
    this.keptAt = 0;
    this.attempts = 0; // networks that were there, and given up ones
    this.work = 0; // multiplications for an image of the network that is there
    /** @type {import('./pad.js').Pad | null} */
    this.pad = null;
    this.session = new Session();
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
    this.advice = new Advice(this.form, this.progress, (rate) => this.startAfresh(rate));
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
    on('stop', 'click', () => void this.stop());
    on('reset', 'click', () => void this.reset());
    on('test', 'click', () => trainer.test().catch((error) => tell('learning-problem', error)));
    on('save', 'click', () => void this.save());
    offerDeviceFiles(trainer);
    on('shuffle', 'click', () => results.sort('random'));
    on('unfilter', 'click', () => results.all());
    onChoice(at('load'), at('model-files'), (files) => this.load(files));
    listenToLinks();
    addEventListener('beforeunload', (event) => {
      if (this.trained && !this.session.lasting) event.preventDefault(); // nothing is kept
    });
  }

  /** Takes other images: the network before is dropped. @param {Lesson} lesson */
  async teach(lesson) {
    await this.trainer.teach(lesson);
    await defaultCore(); // the form asks it for shapes
    // Only what was there before the page was loaded comes back.
    const kept = this.attempts ? null : await this.session.kept(imagesKey(lesson));
    const form = this.attempts ? null : this.session.form;
    this.lesson = lesson;
    this.advice.begin(lesson);
    this.preparation = preparationFor(lesson);
    this.pad?.close();
    this.pad = makePad(lesson, this.preparation);
    this.left();
    this.form.begin(lesson);
    this.look(0);
    if (form?.images === imagesKey(lesson)) this.form.restore(form);
    if (kept) await this.restore(kept).catch(() => this.session.forget());
  }

  /** Goes on with what was there before a reload. @param {import('./session.js').Kept} kept */
  async restore({ files, curves }) {
    const model = await this.trainer.load(files);
    await this.trainer.replace(model);
    this.attempts++;
    const { form } = this.session;
    this.left();
    if (form) this.form.restore(form);
    if (!form || (!this.form.named && !toRows(model.layers))) this.form.take(model);
    this.progress.curves.restore(curves);
    this.trained = true;
    this.arrived(model);
    this.enter('idle');
    this.progress.say(`Restored, after ${counted(model.step)} steps.`);
    await this.trainer.test();
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
    this.enter(state);
    if (!model || (state !== 'running' && state !== 'paused')) return;
    model.setLearningRate(this.form.rate).catch((error) => tell('learning-problem', error));
  }

  // Training

  async start() {
    const { lesson, trainer, form, progress } = this;
    if (!lesson || trainer.state !== 'idle') return;
    this.advice.show(null);
    tell('learning-problem', null);
    const { plan } = form;
    const attempt = ++this.attempts;
    let { model } = trainer;
    try {
      if (this.stale || !model) {
        this.left();
        this.enter('starting');
        this.work = form.work;
        model = await trainer.make(form.layers, plan.seed, this.preparation);
        this.arrived(model);
      }
      this.trained = true;
      progress.begin(model.step, plan.steps);
      progress.choose(plan.metric);
      const history = await trainer.run(plan);
      form.speed.measure(this.work, history);
      form.count();
      const short = form.speed.evaluation(this.work, lesson.test.count) < LONG_TEST;
      if (model === trainer.model && history.aborted && short) await trainer.test();
      if (model !== trainer.model) return; // left behind meanwhile
      progress.say(
        history.aborted
          ? `Stopped after ${counted(model.step)} steps; the weights are kept.`
          : `Done: ${counted(model.step)} steps.`,
      );
      this.advice.judge();
      void this.calibrate(history.images);
    } catch (error) {
      if (attempt !== this.attempts || model !== trainer.model) return;
      tell('learning-problem', error);
      progress.say('');
      if (error instanceof DivergedError) this.advice.show('diverged');
      if (await trainer.isLost()) {
        trainer.recover();
        this.left();
        this.stale = true;
      }
    }
    this.enter(trainer.state);
    progress.schedule();
    void this.keep();
    void this.inside.refresh();
  }

  /** Calibrates the network: the pad then says "not sure". @param {number} images  that training used */
  async calibrate(images) {
    const { trainer } = this;
    const { model } = trainer;
    at('pad-note').textContent = 'Calibrating …';
    const done = await trainer.calibrate(images).catch(() => false); // the model is closed
    if (model !== trainer.model) return;
    this.pad?.schedule();
    if (!done) return;
    void this.keep();
  }

  /** Ends the training; a step that takes long can be ended too, with the network. */
  async stop() {
    const { trainer, progress } = this;
    if (trainer.state === 'idle' || trainer.state === 'stopping') {
      await this.giveUp(); // no network yet; or the second press
      return;
    }
    const fresh = trainer.isFresh;
    if (await within(trainer.stop(), PATIENCE)) return;
    if (fresh) {
      await this.giveUp();
      return;
    }
    progress.say('Stopping after this step …');
    offerToGiveUp();
  }

  /** Ends the worker in the middle of what it does. */
  async giveUp() {
    this.attempts++;
    this.trainer.recover();
    await within(this.trainer.over, PATIENCE);
    this.left();
    this.stale = true;
    this.enter('idle');
    this.progress.say('Stopped in the middle of a step. Start begins with new weights.');
  }

  /** New weights, and another learning rate. @param {number} rate */
  async startAfresh(rate) {
    await this.reset();
    this.form.fields.set('rate', rate);
    void this.start();
  }

  /** A network is there. @param {RemoteModel} model */
  arrived(model) {
    this.stale = false;
    if (this.pad) this.pad.model = model;
    at('inside').hidden = false;
    at('inside-empty').hidden = true;
    at('pad-panel').hidden = at('pad-link').hidden = !this.pad;
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
    at('pad-panel').hidden = at('pad-link').hidden = true;
    this.advice.show(null);
    this.progress.say(this.form.hint);
  }

  async reset() {
    tell('learning-problem', null);
    await this.trainer.forget();
    void this.session.forget();
    this.left();
    this.stale = true;
    this.enter('idle');
    at('start').focus();
  }

  /** @param {State} state */
  enter(state) {
    const { lesson, trained, stale, progress } = this;
    const idle = state === 'idle';
    showControls(state, {
      ready: Boolean(lesson) && !this.form.problem,
      images: Boolean(lesson),
      trained,
      goesOn: trained && !stale,
      network: Boolean(this.trainer?.model),
    });
    this.form.lock(!idle);
    progress.isRunning = state === 'running';
    if (idle && !trained) progress.say(this.form.hint);
    if (state === 'starting') progress.say('Starting …');
    if (state === 'paused') progress.pause();
    if (state === 'stopping') progress.say('Stopping …');
    if (lesson) this.session.keepForm({ images: imagesKey(lesson), ...this.form.state });
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
    if (this.trainer.state === 'running') this.advice.judge();
    if (now - this.keptAt > KEEP_EVERY) void this.keep();
  }

  /** @param {number} place  of the test image to look at */
  look(place) {
    const { lesson } = this;
    if (!lesson) return;
    const truth = textOf(lesson.test, place, lesson.classNames);
    const title = `Test image ${counted(place)}${lesson.isMultiLabel ? ':' : ', a'} ${truth}`;
    this.inside.look(imageAt(lesson.test, place), lesson.imageShape, title);
  }

  // Files

  /** Keeps the network over a reload. */
  async keep() {
    const { lesson, progress } = this;
    const { model } = this.trainer;
    this.keptAt = performance.now();
    if (!lesson || !model?.step) return;
    const files = await model.toFiles({ includeOptimizer: true }).catch(() => null);
    if (!files || model !== this.trainer.model) return;
    await this.session.keep({ images: imagesKey(lesson), files, curves: progress.curves.points });
  }

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
      this.attempts++;
      model.metadata.preparation ??= this.preparation;
      if (!model.metadata.classNames.length) model.metadata.classNames = [...lesson.classNames];
      this.left();
      this.work = 0;
      this.form.take(model);
      this.trained = true;
      this.arrived(model);
      this.enter('idle');
      this.progress.say(`Loaded, after ${counted(model.step)} steps.`);
      at('keep-note').textContent = loadedText(files, model.notes);
      await trainer.test();
      void this.keep();
    } catch (error) {
      tell('keep-problem', error);
    }
  }
}

try {
  new Lab().images.begin(); // the page's own
} catch (error) {
  tell('problem', error);
}
