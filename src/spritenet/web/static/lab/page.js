// The lab: brings the images, the network, its training and what is shown of them together.

import { SpriteData, SpritenetError } from '../lib/index.js';
import { Curves } from './curves.js';
import { LayerEditor } from './editor.js';
import { Inside } from './inside.js';
import { onChoice, onDrop, save } from './keep.js';
import { NETWORKS, fitting, toLayers, toRows } from './networks.js';
import { Pad } from './pad.js';
import { classCounts, imageAt, lessonOf, preparationFor, somePlaces } from './parts.js';
import { Results } from './results.js';
import { isPng, kindOf, ownData, shortName } from './source.js';
import { Tiles } from './tiles.js';
import { SCHEDULES, Trainer, nameOf, scheduled } from './trainer.js';

/** @typedef {import('./parts.js').Lesson} Lesson */
/** @typedef {import('./trainer.js').State} State */
/** @typedef {import('./trainer.js').Plan} Plan */
/** @typedef {import('../lib/training.js').Step} Step */
/** @typedef {import('../lib/training.js').Evaluated} Evaluated */
/** @typedef {import('../lib/data.js').LoadOptions} LoadOptions */

const OWN = 'own';
const EXAMPLES = 20;
const LOOK_EVERY = 700; // milliseconds between two looks inside while it learns
const RATES = /** @type {Record<string, number>} */ ({ sgd: 0.15, momentum: 0.03, rmsprop: 0.001, adam: 0.001, adamw: 0.001 });

/** @param {string} id @returns {any} */
const at = (id) => document.getElementById(id);
/** @param {number} n */
const counted = (n) => n.toLocaleString('en');
/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(share > 0.99 ? 2 : 1)} %`;

class Lab {
  constructor() {
    /** @type {Lesson | null} */
    this.lesson = null;
    /** @type {import('../lib/prepare.js').Preparation | null} */
    this.preparation = null;
    this.seed = 0; // of the examples shown
    this.stale = true; // the network described is another than the one that is there
    this.trained = false;
    this.reading = new AbortController();
    /** @type {File[]} */
    this.foreign = [];
    /** @type {Step | null} */
    this.last = null;
    this.plan = { from: 0, updates: 0 };
    /** Time and images of the last second. @type {[number, number][]} */
    this.recent = [];
    this.frame = 0;
    this.looked = 0;
    /** @type {Pad | null} */
    this.pad = null;
    this.trainer = new Trainer({ state: (state) => this.enter(state), step: (step) => this.step(step), tested: (evaluated) => this.tested(evaluated) });
    this.curves = new Curves(at('chart-loss'), at('chart-accuracy'));
    this.examples = new Tiles(at('examples'), null);
    this.results = new Results({ tiles: at('tiles'), matrix: at('matrix'), said: at('said'), filter: at('filter') }, (place) => this.look(place));
    this.inside = new Inside({ table: at('layer-table'), filters: at('filters'), layers: at('layers'), image: at('looked'), title: at('looked-title') });
    this.editor = new LayerEditor(at('editor'), () => {
      at('network').value = OWN;
      this.describe(false);
    });
    this.choices();
    this.listen();
    this.enter('idle');
  }

  choices() {
    for (const [name, { label }] of Object.entries(NETWORKS)) at('network').append(new Option(label, name));
    at('network').append(new Option('My own', OWN));
    for (const [name, words] of Object.entries(SCHEDULES)) at('schedule').append(new Option(words, name));
  }

  listen() {
    /** @param {string} id @param {string} event @param {(event: any) => unknown} act */
    const on = (id, event, act) => at(id).addEventListener(event, act);
    on('network', 'change', () => {
      const { value } = at('network');
      if (value !== OWN) this.choose(value);
      else at('edit').open = true;
      this.describe(value !== OWN);
    });
    on('optimizer', 'change', () => {
      at('rate').value = RATES[at('optimizer').value];
      this.rateChanged();
    });
    for (const id of ['rate', 'schedule']) on(id, 'change', () => this.rateChanged());
    for (const id of ['batch', 'length', 'unit']) on(id, 'input', () => this.describePlan());
    on('seed', 'change', () => this.describe(false));
    on('start', 'click', () => void this.start());
    on('pause', 'click', () => void (this.trainer.state === 'paused' ? this.trainer.resume() : this.trainer.pause()));
    on('stop', 'click', () => void this.trainer.stop());
    on('reset', 'click', () => void this.reset());
    on('test', 'click', () => void this.trainer.test().catch((error) => this.tell('learning-problem', error)));
    on('save', 'click', () => void this.save());
    on('other-examples', 'click', () => this.showExamples(++this.seed));
    on('shuffle', 'click', () => this.results.sort('random'));
    on('unfilter', 'click', () => {
      this.results.cell = null;
      this.results.show();
    });
    for (const radio of document.querySelectorAll('input[name="order"]')) {
      radio.addEventListener('change', () => {
        const { value } = /** @type {HTMLInputElement} */ (radio);
        at('shuffle').hidden = value !== 'random';
        this.results.sort(value);
      });
    }
    onChoice(at('choose-data'), at('data-files'), (files) => this.take(files));
    onChoice(at('load'), at('model-files'), (files) => this.loadModel(files));
    onDrop((files) => this.take(files));
    on('address', 'submit', (event) => {
      event.preventDefault();
      const address = at('url').value.trim();
      if (address) void this.read((options) => SpriteData.load(new URL(address, document.baseURI).href, options), shortName(address));
    });
    on('foreign-load', 'click', () => void this.readForeign());
    document.addEventListener('visibilitychange', () => this.schedule());
  }

  // Images

  /** The page's own images. */
  begin() {
    void this.read(async (options) => ownData(options), '');
  }

  /** @param {File[]} files */
  async take(files) {
    const kind = await kindOf(files);
    this.tell('data-problem', null);
    at('foreign').hidden = kind !== 'foreign';
    if (kind === 'model') void this.loadModel(files);
    else if (kind === 'data') void this.read((options) => SpriteData.load(files.length === 1 ? files[0] : files, options), shortName(files[0].name));
    else if (kind === 'foreign') {
      this.foreign = files;
      at('other').open = true;
      at('foreign-height').focus();
    } else {
      const names = files.map(({ name }) => name).join(', ');
      this.tell('data-problem', `${names}: neither images nor a model. Choose a sprite, a picture with its file of labels, or model.json with weights.bin.`);
    }
  }

  async readForeign() {
    const [first, second] = this.foreign;
    if (!second) return;
    const [picture, labels] = (await isPng(first)) ? [first, second] : [second, first];
    /** @type {[number, number]} */
    const imageSize = [at('foreign-height').valueAsNumber, at('foreign-width').valueAsNumber];
    const train = at('foreign-train').value ? at('foreign-train').valueAsNumber : undefined;
    void this.read((options) => SpriteData.load(picture, { ...options, labels, imageSize, train }), shortName(picture.name));
  }

  /**
   * Reads images, shows how far it is, and takes them.
   *
   * @param {(options: LoadOptions) => Promise<SpriteData | null>} load
   * @param {string} name
   */
  async read(load, name) {
    this.reading.abort();
    const reading = new AbortController();
    this.reading = reading;
    this.tell('data-problem', null);
    at('loading').hidden = false;
    at('loading-bar').removeAttribute('value');
    at('loading-text').textContent = 'Loading images …';
    try {
      const data = await load({
        signal: reading.signal,
        onProgress: (loaded, total) => {
          if (total) at('loading-bar').value = loaded / total;
          at('loading-text').textContent = `Loading images: ${(loaded / 1e6).toFixed(1)}${total ? ` of ${(total / 1e6).toFixed(1)}` : ''} MB`;
        },
      });
      if (reading.signal.aborted) return;
      if (!data) {
        at('loading-text').textContent = 'Choose the images to learn from.';
        at('loading-bar').hidden = true;
        at('other').open = true;
        return;
      }
      await this.teach(lessonOf(data, name));
      at('loading').hidden = true;
    } catch (error) {
      if (reading.signal.aborted) return;
      at('loading').hidden = Boolean(this.lesson);
      at('loading-bar').hidden = true;
      at('loading-text').textContent = 'Choose the images to learn from.';
      at('other').open = true;
      this.tell('data-problem', error);
    }
  }

  /** @param {Lesson} lesson */
  async teach(lesson) {
    await this.trainer.teach(lesson);
    this.lesson = lesson;
    this.preparation = preparationFor(lesson);
    const { imageShape, classNames, train, test, note } = lesson;
    const [height, width, channels] = imageShape;
    const kind = channels === 1 ? 'grey' : channels === 3 ? 'colour' : `${channels} channels`;
    at('data').hidden = false;
    at('loading-bar').hidden = false;
    at('other').open = false;
    at('data-about').textContent = `${counted(train.labels.length)} images to learn from and ${counted(test.labels.length)} to test on, ${width}×${height}, ${kind}, of ${classNames.length} classes.`;
    at('data-note').textContent = note;
    at('data-note').hidden = !note;
    at('test-size').value = Math.min(1000, test.labels.length);
    this.showExamples(this.seed);
    this.showBalance();
    this.results.begin(lesson);
    this.choose(fitting(imageShape, classNames.length));
    this.newPad();
    this.left();
    this.describe(true);
    this.look(0);
  }

  /** @param {number} seed */
  showExamples(seed) {
    const { lesson } = this;
    if (!lesson) return;
    const { train, classNames, imageShape } = lesson;
    const tiles = somePlaces(train.labels.length, EXAMPLES, seed).map((place) => {
      const caption = classNames[train.labels[place]];
      return { pixels: imageAt(train, place), caption, label: `a ${caption}`, place };
    });
    this.examples.show(tiles, imageShape);
  }

  showBalance() {
    const { lesson } = this;
    if (!lesson) return;
    const { train, test, classNames } = lesson;
    const counts = classCounts(train, classNames.length);
    const tests = classCounts(test, classNames.length);
    const most = Math.max(1, ...counts);
    const table = document.createElement('table');
    table.createCaption().textContent = 'Images of each class, to learn from and to test on';
    counts.forEach((count, k) => {
      const line = table.insertRow();
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = classNames[k];
      const bar = document.createElement('td');
      const fill = document.createElement('span');
      fill.className = 'fill';
      fill.style.width = `${(100 * count) / most}%`;
      bar.className = 'track';
      bar.append(fill);
      const numbers = document.createElement('td');
      numbers.className = 'number';
      numbers.textContent = `${counted(count)} + ${counted(tests[k])}`;
      line.append(head, bar, numbers);
    });
    at('balance').replaceChildren(table);
  }

  // The network and how it learns

  /** A network by name, with the optimizer it goes with. @param {string} name */
  choose(name) {
    const { lesson } = this;
    const { rows, optimizer, rate } = NETWORKS[name];
    at('network').value = name;
    at('optimizer').value = optimizer;
    at('rate').value = rate;
    if (lesson) this.editor.set(rows, lesson.imageShape, lesson.classNames.length);
  }

  /**
   * The network that is described is another now.
   *
   * @param {boolean} named  by its name, not by hand
   */
  describe(named) {
    const { value } = at('network');
    this.stale = true;
    at('network-about').textContent = value === OWN ? 'Change the layers below.' : NETWORKS[value].about;
    if (!named && this.trained) at('network-about').textContent += ' Start makes it anew: what was learnt is left behind.';
    this.describePlan();
    this.enter(this.trainer.state);
  }

  describePlan() {
    const { lesson } = this;
    if (!lesson) return;
    const plan = this.planned();
    const parts = Math.ceil(lesson.train.labels.length / Math.min(plan.batchSize, lesson.train.labels.length));
    const epochs = plan.updates / parts;
    at('plan-note').textContent = `${counted(plan.updates)} updates: each image is seen ${epochs < 10 ? Number(epochs.toFixed(2)) : Math.round(epochs)} times.`;
  }

  /** What the form says. @returns {Plan} */
  planned() {
    const count = this.lesson?.train.labels.length ?? 1;
    /** @param {string} id @param {number} least @param {number} standard */
    const whole = (id, least, standard) => {
      const value = Math.round(at(id).valueAsNumber);
      return Number.isFinite(value) ? Math.max(least, Math.min(Number(at(id).max), value)) : standard;
    };
    const batchSize = Math.min(whole('batch', 1, 64), count);
    const length = whole('length', 1, 1);
    const rate = at('rate').valueAsNumber;
    return {
      optimizer: at('optimizer').value,
      rate: Number.isFinite(rate) && rate >= 0 ? rate : RATES[at('optimizer').value],
      schedule: at('schedule').value,
      batchSize,
      updates: at('unit').value === 'epochs' ? length * Math.ceil(count / batchSize) : length,
      seed: whole('seed', 0, 0),
      testEvery: whole('test-every', 0, 100),
      testSize: whole('test-size', 1, 1000),
    };
  }

  /** Another rate counts at once, also while it learns. */
  rateChanged() {
    const { state, model } = this.trainer;
    if (!model || (state !== 'running' && state !== 'paused')) return;
    const { schedule, rate, updates } = this.planned();
    model.setLearningRate(scheduled(schedule, rate, updates)).catch((error) => this.tell('learning-problem', error));
  }

  // Training

  async start() {
    const { lesson, trainer } = this;
    if (!lesson || trainer.state !== 'idle') return;
    this.tell('learning-problem', null);
    const plan = this.planned();
    let model = trainer.model;
    try {
      if (this.stale || !model) {
        this.left();
        this.enter('starting');
        model = await trainer.make(toLayers(this.editor.rows, lesson.classNames.length), plan.seed, this.preparation);
        this.arrived(model);
      }
      this.trained = true;
      this.recent = [];
      this.plan = { from: model.step, updates: plan.updates };
      const history = await trainer.run(plan);
      if (model === trainer.model && history.aborted) await trainer.test();
      if (model !== trainer.model) return; // left behind meanwhile
      const { step } = model;
      this.say(history.aborted ? `Stopped after ${counted(step)} updates; the weights are kept.` : `Done: ${counted(step)} updates.`);
    } catch (error) {
      if (model !== trainer.model) return;
      this.tell('learning-problem', error);
      this.say('');
    }
    this.enter(trainer.state);
    this.schedule();
    void this.inside.refresh();
  }

  /** A network is there. @param {import('../lib/remote.js').RemoteModel} model */
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
    this.last = null;
    this.curves.clear();
    if (this.lesson) this.results.begin(this.lesson);
    this.inside.begin(null);
    if (this.pad) this.pad.model = null;
    at('inside').hidden = true;
    at('inside-empty').hidden = false;
    at('pad-panel').hidden = true;
    for (const id of ['now-loss', 'now-accuracy', 'now-test', 'now-speed']) at(id).textContent = '–';
    at('progress').value = 0;
    this.say(this.hint);
  }

  async reset() {
    this.tell('learning-problem', null);
    await this.trainer.forget();
    this.left();
    this.describe(at('network').value !== OWN);
    at('start').focus();
  }

  /** @param {State} state */
  enter(state) {
    const idle = state === 'idle';
    const { lesson, trained, stale } = this;
    const ready = Boolean(lesson) && !this.editor.problem;
    at('start').disabled = !idle || !ready;
    at('start').textContent = idle ? (trained && !stale ? 'Train on' : 'Start') : 'Learning …';
    at('pause').disabled = state !== 'running' && state !== 'paused';
    at('pause').textContent = state === 'paused' ? 'Go on' : 'Pause';
    at('stop').disabled = idle || state === 'stopping';
    at('reset').disabled = !trained || state === 'stopping';
    at('test').disabled = !idle || !this.trainer?.model;
    at('save').disabled = !this.trainer?.model || state === 'starting';
    at('load').disabled = !idle || !lesson;
    for (const id of ['network', 'optimizer', 'batch', 'length', 'unit', 'test-every', 'test-size', 'seed']) at(id).disabled = !idle;
    this.editor.lock(!idle);
    document.body.dataset.state = state;
    if (state === 'paused') {
      this.schedule();
      at('spoken').textContent = 'Paused.';
    }
    if (idle && !trained) this.say(this.hint);
    if (state === 'starting') this.say('Starting …');
    if (state === 'stopping') this.say('Stopping …');
  }

  /** What is to be done before anything is learnt. */
  get hint() {
    if (!this.lesson) return 'First, images.';
    return this.editor.problem ? 'First, layers that fit: see Network.' : 'Press Start.';
  }

  /** @param {Step} step */
  step(step) {
    this.last = step;
    this.curves.step(step);
    const now = performance.now();
    const images = (this.recent.at(-1)?.[1] ?? 0) + step.images;
    this.recent.push([now, images]);
    while (this.recent.length > 2 && now - this.recent[0][0] > 2000) this.recent.shift();
    this.schedule();
  }

  /** @param {Evaluated} evaluated */
  tested(evaluated) {
    this.curves.test(evaluated);
    at('now-test').textContent = percent(evaluated.accuracy);
    at('now-test').title = `of ${counted(evaluated.images)} test images`;
    this.tests = evaluated;
    const now = performance.now();
    const whole = evaluated.images === this.lesson?.test.labels.length;
    if (evaluated.examination && (whole || now - this.looked > LOOK_EVERY)) {
      this.looked = now;
      this.results.set(evaluated.examination);
      void this.inside.refresh();
      this.pad?.schedule();
    }
    if (whole) at('spoken').textContent = `Test accuracy ${percent(evaluated.accuracy)}`;
    this.schedule();
  }

  schedule() {
    if (document.hidden) return;
    this.frame ||= requestAnimationFrame(() => this.show());
  }

  /** One frame: figures, progress, charts. */
  show() {
    this.frame = 0;
    const { last, trainer, plan } = this;
    this.curves.draw();
    if (!last) return;
    const { learnt } = this.curves;
    const some = learnt.loss.slice(-20);
    const right = learnt.accuracy.slice(-20);
    const mean = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0) / values.length;
    at('now-loss').textContent = mean(some).toFixed(4);
    at('now-accuracy').textContent = percent(mean(right) / 100);
    const done = last.step - plan.from;
    at('progress').value = done / plan.updates;
    const [from, to] = [this.recent[0], this.recent[this.recent.length - 1]];
    const seconds = (to[0] - from[0]) / 1000;
    if (trainer.state === 'running' && seconds > 0.05) {
      const speed = (to[1] - from[1]) / seconds;
      at('now-speed').textContent = counted(Math.round(speed));
      const left = ((plan.updates - done) * last.images) / speed;
      at('progress-text').textContent = `Update ${counted(done)} of ${counted(plan.updates)}, epoch ${last.epoch + 1}, about ${duration(left)} left`;
    } else if (trainer.state === 'paused') {
      at('progress-text').textContent = `Paused at update ${counted(done)} of ${counted(plan.updates)}`;
    }
  }

  /** @param {number} place  of the test image to look at */
  look(place) {
    const { lesson } = this;
    if (!lesson) return;
    const truth = lesson.classNames[lesson.test.labels[place]];
    this.inside.look(imageAt(lesson.test, place), lesson.imageShape, `Test image ${counted(place)}, a ${truth}`);
  }

  newPad() {
    const { lesson, preparation } = this;
    this.pad?.close();
    this.pad = null;
    const old = at('pad');
    const canvas = old.cloneNode(true);
    old.replaceWith(canvas); // without the hands of the sheet before
    at('pad-panel').hidden = true;
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
    this.pad = new Pad(places, { inputShape: lesson.imageShape, preparation, classNames: lesson.classNames });
  }

  // Files

  async save() {
    const { model } = this.trainer;
    if (!model) return;
    this.tell('keep-problem', null);
    try {
      save(await model.toFiles({ includeOptimizer: true }));
      at('keep-note').textContent = `Saved after ${counted(model.step)} updates: model.json and weights.bin.`;
    } catch (error) {
      this.tell('keep-problem', error);
    }
  }

  /** @param {File[]} files */
  async loadModel(files) {
    const { lesson, trainer } = this;
    this.tell('keep-problem', null);
    if (!lesson) {
      this.tell('keep-problem', 'Load images first, then the model that is to see them.');
      return;
    }
    try {
      const model = await trainer.load(files);
      const wrong = unlike(model, lesson);
      if (wrong) {
        void model.close();
        this.tell('keep-problem', wrong);
        return;
      }
      await trainer.replace(model);
      model.metadata.preparation ??= this.preparation;
      if (!model.metadata.classNames.length) model.metadata.classNames = [...lesson.classNames];
      this.left();
      const rows = toRows(model.layers);
      if (rows) {
        at('network').value = OWN;
        this.editor.set(rows, lesson.imageShape, lesson.classNames.length);
        at('network-about').textContent = 'As it was loaded.';
      } else {
        at('network-about').textContent = 'A loaded network with layers that are not in this list. Reset goes back to the one below.';
      }
      this.takeOptimizer(model);
      this.trained = true;
      this.arrived(model);
      this.enter('idle');
      this.say(`Loaded, after ${counted(model.step)} updates.`);
      at('keep-note').textContent = `Loaded: ${files.map(({ name }) => name).join(', ')}.`;
      await trainer.test();
    } catch (error) {
      this.tell('keep-problem', error);
    }
  }

  /** The optimizer of a loaded model, in the form. @param {import('../lib/remote.js').RemoteModel} model */
  takeOptimizer({ optimizer }) {
    if (!optimizer) return;
    at('optimizer').value = nameOf(optimizer);
    if (typeof optimizer.learningRate === 'number') at('rate').value = optimizer.learningRate;
  }

  /** @param {string} words  where the progress is told */
  say(words) {
    at('progress-text').textContent = words;
    at('spoken').textContent = words;
  }

  /**
   * One line in the page about what went wrong; null for nothing.
   *
   * @param {string} id
   * @param {unknown} error
   */
  tell(id, error) {
    at(id).hidden = error === null;
    at(id).textContent = error instanceof Error ? error.message : (error ?? '');
    // A bug is told to whoever looks for bugs, too.
    if (error instanceof Error && !(error instanceof SpritenetError)) reportError(error);
  }
}

/**
 * Why a model can't see these images; '' if it can.
 *
 * @param {import('../lib/remote.js').RemoteModel} model
 * @param {Lesson} lesson
 */
function unlike(model, { imageShape, classNames }) {
  if (String(model.inputShape) !== String(imageShape)) {
    return `The model takes images of ${model.inputShape.join('×')}, these are ${imageShape.join('×')}. Load the images it was trained on.`;
  }
  if (model.outputs !== classNames.length) return `The model tells ${model.outputs} classes apart, these images have ${classNames.length}.`;
  const last = model.layers[model.layers.length - 1];
  const end = last.className === 'Softmax' ? 'softmax' : last.config.activation;
  if (end !== 'softmax') return `The model's last layer ends with ${end ?? 'no activation'}, not with softmax: it can't be trained here.`;
  return '';
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 1) return 'a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

try {
  new Lab().begin();
} catch (error) {
  at('problem').hidden = false;
  at('problem').textContent = error instanceof Error ? error.message : String(error);
  throw error;
}
