// Training and what follows: the network that answers, and the check of the images.

import { FEW } from '../lib/index.js';
import { calibrateLike } from './calibration.js';
import { crossValidate, FOLDS } from './cross-validation.js';
import { at, attempt, speak } from './elements.js';
import { duplicates, mislabelled, needs, recalls } from './findings.js';
import { FindingsPanel } from './findings-panel.js';
import { byClass, counted, filledClasses, preparationOf } from './project.js';

/** @typedef {import('./findings.js').Suspect} Suspect */
/** @typedef {import('./findings-panel.js').Found} Found */
/** @typedef {import('./project.js').Project} Project */
/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./trainer.js').Trainer} Trainer */

const MOST_COMPARED = 2500; // images among which duplicates are looked for

export class TrainingPanel {
  /**
   * @param {Store} store
   * @param {import('./pixels.js').Inputs} inputs
   * @param {Trainer} trainer
   * @param {import('./findings-panel.js').Mending} hands
   * @param {{ trained: (least: number) => unknown, found: () => unknown }} ear
   */
  constructor(store, inputs, trainer, hands, ear) {
    this.store = store;
    this.inputs = inputs;
    this.trainer = trainer;
    this.ear = ear;
    /** The images of the last training: see `keyOf`; '' before the first. */
    this.taught = '';
    /** @type {Found} */
    this.found = { accuracy: null, suspects: [], groups: [], needs: [] };
    /** Labels that a person said are right. @type {Set<string>} */
    this.accepted = new Set();
    /** @type {Map<number, number>} */
    this.recall = new Map();
    /** @type {AbortController | null} */
    this.checking = null;
    this.panel = new FindingsPanel(at('findings'), {
      ...hands,
      accept: (suspect) => {
        this.accepted.add(`${suspect.id} ${suspect.label}`);
        this.update(store.project);
      },
    });
    at('train').onclick = () => void attempt(() => this.train());
    at('stop').onclick = () => trainer.stop();
  }

  /** The options of the form. */
  get plan() {
    return {
      augment: at('augment').value || FEW.augment,
      length: Number(at('length').value),
      seed: Math.max(0, Math.floor(Number(at('seed').value) || 0)),
    };
  }

  /** Returns why no network can be trained; '' if one can. */
  get obstacle() {
    const { project } = this.store;
    const filled = filledClasses(project);
    if (filled.length < 2) return 'Fill two classes first.';
    const images = byClass(project);
    const single = filled.find(({ id }) => (images.get(id)?.length ?? 0) < 2);
    return single ? `${single.name} needs a second image.` : '';
  }

  /** Follows the project. @param {Project} project */
  update(project) {
    const { obstacle, trainer, taught } = this;
    at('train').disabled = Boolean(obstacle);
    const { height, channels } = preparationOf(project);
    const images = counted(project.images.length, 'image');
    const classes = counted(filledClasses(project).length, 'class');
    const shape = `${height}×${height}, ${channels === 1 ? 'grey' : 'colour'}`;
    at('train-about').textContent = obstacle || `${images}, ${classes}, ${shape}`;
    const isStale = taught && !trainer.busy && taught !== keyOf(project);
    at('train').textContent = taught ? 'Train again' : 'Train';
    at('train-text').classList.toggle('warn', Boolean(isStale));
    if (isStale) at('train-text').textContent = 'The images have changed since: train again.';
    else if (this.told) at('train-text').textContent = this.told;
    this.showFindings(project);
  }

  told = '';

  async train() {
    const { store, trainer } = this;
    if (trainer.busy || this.obstacle) return;
    this.checking?.abort();
    const { project } = store;
    const lesson = this.inputs.examples(project, store.pixels);
    const { plan } = this;
    this.running(true);
    speak('Training');
    try {
      const { seconds, accuracy, aborted } = await trainer.train(lesson, plan, (moment) => {
        at('train-bar').value = moment.fraction;
        const percent = Math.round(100 * moment.accuracy);
        at('train-text').textContent =
          `Epoch ${moment.epoch} of ${moment.epochs}: ${percent} % of the training images right (loss ${moment.loss.toFixed(2)})`;
      });
      this.taught = keyOf(project);
      const right = Number.isFinite(accuracy)
        ? `, ${Math.round(100 * accuracy)} % of the training images right`
        : '';
      this.told = `${aborted ? 'Stopped after' : 'Trained in'} ${seconds.toFixed(1)} s${right}.`;
      speak(this.told);
      this.ear.trained(this.least);
    } finally {
      this.running(false);
    }
    await this.check(project, lesson, plan);
  }

  least = 0.5;

  /** @param {boolean} isRunning */
  running(isRunning) {
    const hadFocus = [at('train'), at('stop')].includes(document.activeElement);
    document.body.dataset.state = isRunning ? 'training' : 'idle';
    at('train').hidden = isRunning;
    at('stop').hidden = !isRunning;
    at('train-bar').hidden = !isRunning;
    at('train-bar').value = 0;
    if (hadFocus) (isRunning ? at('stop') : at('train')).focus();
    this.update(this.store.project);
  }

  /**
   * Looks for labels that may be wrong, with networks that have not seen the images.
   *
   * @param {Project} project
   * @param {ReturnType<import('./pixels.js').Inputs['examples']>} lesson
   * @param {import('./trainer.js').Plan} plan
   */
  async check(project, lesson, plan) {
    const control = new AbortController();
    this.checking = control;
    const { signal } = control;
    at('check-bar').hidden = false;
    at('check-text').textContent =
      `Checking the images: training ${FOLDS} more networks, each without a part of them …`;
    try {
      const remote = await this.trainer.remote();
      const validation = await crossValidate(remote, lesson, plan, signal, (fraction) => {
        at('check-bar').value = fraction;
      });
      if (!validation || signal.aborted) return;
      const { probabilities, calibrations } = validation;
      const { labels, classes, entries } = lesson;
      const { accuracy, each, least } = recalls(labels, probabilities, classes.length);
      this.recall = new Map(classes.map(({ id }, k) => [id, each[k]]));
      this.found = {
        ...this.found,
        accuracy,
        suspects: mislabelled(entries, classes, labels, probabilities),
      };
      this.least = Math.min(0.9, Math.max(0.4, least));
      const { model } = this.trainer;
      if (model) await calibrateLike(model, lesson, calibrations, { seed: plan.seed, signal });
      await model?.setMetadata({ scores: { cross_validation_accuracy: accuracy } });
      at('check-text').textContent = '';
      this.ear.trained(this.least);
      speak(`Images checked: ${Math.round(100 * accuracy)} % recognised`);
      this.update(this.store.project);
      document.body.dataset.checked = 'yes';
    } finally {
      if (this.checking === control) this.checking = null;
      at('check-bar').hidden = true;
      if (signal.aborted) at('check-text').textContent = '';
    }
  }

  /** Shows what holds of the project as it is now. @param {Project} project */
  showFindings(project) {
    const label = new Map(project.images.map((one) => [one.id, one.label]));
    const classes = new Set(project.classes.map(({ id }) => id));
    const suspects = this.found.suspects.filter(
      (one) =>
        label.get(one.id) === one.label &&
        classes.has(one.looks) &&
        !this.accepted.has(`${one.id} ${one.label}`),
    );
    const found = {
      accuracy: this.found.accuracy,
      suspects,
      groups: this.groups(project),
      needs: needs(project.classes, byClass(project), this.recall),
    };
    this.shown = found;
    this.panel.show(found, project);
    this.ear.found();
  }

  /** @type {Found} */
  shown = { accuracy: null, suspects: [], groups: [], needs: [] };

  /** Duplicates, looked for again when the images have changed. @param {Project} project */
  groups(project) {
    if (!this.taught) return [];
    const key = keyOf(project);
    if (this.groupsKey === key) return this.found.groups;
    this.groupsKey = key;
    const entries = project.images.slice(-MOST_COMPARED);
    const inputs = entries.map((entry) => this.inputs.of(project, this.store.pixels, entry));
    const { height, width, channels } = preparationOf(project);
    this.found.groups = duplicates(entries, inputs, [height, width, channels]);
    return this.found.groups;
  }

  groupsKey = '';

  /**
   * Goes on with a network that was trained before.
   *
   * @param {string} taught
   * @param {number} least
   */
  resume(taught, least) {
    this.taught = taught;
    this.least = least;
    this.told = 'Trained before.';
    this.ear.trained(least);
    this.update(this.store.project);
  }

  /** Begins again with another project. */
  reset() {
    this.checking?.abort();
    this.trainer.stop();
    this.trainer.forget();
    this.taught = '';
    this.told = '';
    this.found = { accuracy: null, suspects: [], groups: [], needs: [] };
    this.recall = new Map();
    this.groupsKey = '';
    delete document.body.dataset.checked;
    at('train-text').textContent = '';
    at('check-text').textContent = '';
  }
}

/**
 * Returns what a network is trained on, as a text: images, labels and preprocessing.
 *
 * @param {Project} project
 */
function keyOf(project) {
  return JSON.stringify([
    preparationOf(project),
    project.images.map(({ id, label }) => [id, label]),
  ]);
}
