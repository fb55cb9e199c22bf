// The progress of a training: metrics, bar, text and charts. Drawn once a frame, while it is visible.

import { Frame } from '../ui/frame.js';
import { Curves } from './curves.js';
import { duration } from './cost.js';
import { at, counted, percent } from './elements.js';
import { METRICS } from './objectives.js';

/** @typedef {import('../lib/training.js').Step} Step */
/** @typedef {import('../lib/training.js').Evaluated} Evaluated */

const SOME = 20; // batches whose mean is shown
const SPAN = 2000; // milliseconds over which speed is measured

export class Progress {
  constructor() {
    this.curves = new Curves(at('chart-loss'), at('chart-accuracy'));
    this.frame = new Frame(() => this.show());
    /** @type {Step | null} */
    this.last = null;
    this.from = 0;
    this.steps = 1;
    this.isRunning = false;
    /** Times, and images until then. @type {[number, number][]} */
    this.recent = [];
    document.addEventListener('visibilitychange', () => this.schedule());
  }

  /** Clears the charts and metrics. */
  clear() {
    this.last = null;
    this.curves.clear();
    for (const id of ['now-loss', 'now-accuracy', 'now-test', 'now-metric', 'now-speed']) {
      at(id).textContent = '–';
    }
    at('progress').value = 0;
  }

  /**
   * A training begins.
   *
   * @param {number} from  steps done before
   * @param {number} steps
   */
  begin(from, steps) {
    this.from = from;
    this.steps = steps;
    this.recent = [];
    at('now-speed').textContent = '–'; // not another network's
  }

  /** Shows a metric besides the accuracy. @param {string} name  of METRICS; '' for none */
  choose(name) {
    at('metric-figure').hidden = !name;
    at('metric-name').textContent = `test ${METRICS[name] ?? ''}`;
    at('now-metric').textContent = '–';
  }

  /** @param {Step} step */
  step(step) {
    this.last = step;
    this.curves.step(step);
    const now = performance.now();
    this.recent.push([now, (this.recent.at(-1)?.[1] ?? 0) + step.images]);
    while (this.recent.length > 2 && now - this.recent[0][0] > SPAN) this.recent.shift();
    this.schedule();
  }

  /** @param {Evaluated} evaluated */
  tested(evaluated) {
    this.curves.test(evaluated);
    at('now-test').textContent = percent(evaluated.accuracy);
    at('now-test').title = `of ${counted(evaluated.images)} test images`;
    const [metric] = Object.values(evaluated.metrics ?? {});
    if (metric !== undefined) at('now-metric').textContent = percent(metric);
    this.schedule();
  }

  /** @param {string} words  the progress, read aloud too */
  say(words) {
    this.write(words);
    at('spoken').textContent = words;
  }

  /** @param {string} words */
  write(words) {
    for (const id of ['progress-text', 'bar-text']) at(id).textContent = words;
  }

  /** The loss and the accuracy in %, means over the last batches. */
  get lately() {
    const { loss, accuracy } = this.curves.training;
    return { loss: mean(loss.slice(-SOME)), accuracy: mean(accuracy.slice(-SOME)) };
  }

  schedule() {
    if (document.hidden) return;
    this.frame.schedule();
  }

  show() {
    const { last, curves, from, steps, recent } = this;
    curves.draw();
    if (!last) return;
    const { loss, accuracy } = this.lately;
    at('now-loss').textContent = loss.toFixed(4);
    at('now-accuracy').textContent = percent(accuracy / 100);
    const done = last.step - from;
    at('progress').value = done / steps;
    const seconds = recent.length ? (recent[recent.length - 1][0] - recent[0][0]) / 1000 : 0;
    if (!this.isRunning || seconds < 0.05) return;
    const speed = (recent[recent.length - 1][1] - recent[0][1]) / seconds;
    at('now-speed').textContent = counted(Math.round(speed));
    const left = ((steps - done) * last.images) / speed;
    this.write(
      `Step ${counted(done)} of ${counted(steps)}, epoch ${last.epoch + 1}, about ${duration(left)} left`,
    );
  }

  /** It stands still. */
  pause() {
    this.recent = [];
    this.say(
      `Paused at step ${counted((this.last?.step ?? this.from) - this.from)} of ${counted(this.steps)}`,
    );
  }
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
