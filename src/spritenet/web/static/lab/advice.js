// Advice about a training that fails: one line, and a button that starts afresh with another rate.

import { at, on } from './elements.js';
import { betterRate, failing, failureText, guessing } from './health.js';
import { usualLoss } from './objectives.js';
import { classCounts } from './parts.js';

export class Advice {
  /**
   * @param {import('./form.js').Form} form
   * @param {import('./progress.js').Progress} progress
   * @param {(rate: number) => unknown} afresh  starts with new weights and this learning rate
   */
  constructor(form, progress, afresh) {
    this.form = form;
    this.progress = progress;
    this.chance = { accuracy: 1, loss: 0 };
    this.rate = 0;
    on('afresh', 'click', () => void afresh(this.rate));
  }

  /** Other images. @param {import('./parts.js').Lesson} lesson */
  begin({ train, classNames }) {
    this.chance = guessing(classCounts(train, classNames.length));
  }

  /** Says if the training fails. Guessing has a known loss with cross-entropy only. */
  judge() {
    if (this.form.plan.loss !== usualLoss(false)) return;
    const { loss, accuracy } = this.progress.curves.training;
    this.show(failing({ loss, accuracy: accuracy.map((percent) => percent / 100) }, this.chance));
  }

  /** @param {import('./health.js').Failure} failure */
  show(failure) {
    const { form, progress } = this;
    at('advice').hidden = !failure;
    if (!failure) return;
    const { rate } = form.plan;
    const usual = form.usualRate;
    const { loss, accuracy } = progress.lately;
    const words = failureText(failure, { loss, accuracy: accuracy / 100, rate, usual });
    at('advice-text').textContent = at('learning-problem').hidden ? words : ''; // the error says it
    this.rate = betterRate(rate, usual, failure);
    at('afresh').textContent = `Start afresh with a learning rate of ${this.rate}`;
  }
}
