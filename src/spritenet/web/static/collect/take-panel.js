// The buttons for what a person takes home.

import { download } from '../ui/zip.js';
import { at, attempt, metaOf, speak } from './elements.js';
import { fileByServer, hasServer } from '../ui/server-files.js';
import { packProject } from './project-file.js';
import { filledClasses } from './project.js';
import { fileName, modelZip, pageOf, spriteOf } from './take-away.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */

export class TakePanel {
  /**
   * @param {import('./store.js').Store} store
   * @param {import('./pixels.js').Inputs} inputs
   * @param {import('./trainer.js').Trainer} trainer
   */
  constructor(store, inputs, trainer) {
    this.store = store;
    this.inputs = inputs;
    this.trainer = trainer;
    this.on('save-project', '-project.zip', () => packProject(store.project, store.pixels));
    this.on('take-sprite', '.png', () => spriteOf(this.examples, store.project.title));
    this.on('take-model', '-model.zip', (model) => modelZip(model));
    this.on('take-page', '.html', (model) => pageOf(model, metaOf('version')));
    this.on('take-c', '-c.zip', (model) => fileByServer('c', model, this.examples));
    this.on('take-int8', '.int8', (model) => fileByServer('int8', model, this.examples));
  }

  get examples() {
    return this.inputs.examples(this.store.project, this.store.pixels);
  }

  /**
   * Gives a file at a click.
   *
   * @param {string} id  of the button
   * @param {string} ending  of the file's name
   * @param {(model: RemoteModel) => Promise<Blob>} make
   */
  on(id, ending, make) {
    at(id).addEventListener('click', () => {
      void attempt(async () => {
        const name = `${fileName(this.store.project.title)}${ending}`;
        const file = await make(/** @type {RemoteModel} */ (this.trainer.model));
        download(file, name);
        speak(`${name}: ${Math.ceil(file.size / 1000)} kB`);
      });
    });
  }

  /** Enables what can be taken. */
  update() {
    const { project } = this.store;
    const { model } = this.trainer;
    at('save-project').disabled = project.images.length === 0;
    at('take-sprite').disabled = filledClasses(project).length === 0;
    for (const id of ['take-model', 'take-page']) at(id).disabled = !model;
    for (const id of ['take-c', 'take-int8']) at(id).disabled = !model || !hasServer();
  }
}
