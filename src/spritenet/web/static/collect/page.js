// The Collect page: classes, images, a network of them, and what a person takes home.

import { Core, useCore } from '../lib/index.js';
import { digest } from '../lib/sha256.js';
import { Camera } from '../ui/camera.js';
import { Database } from './database.js';
import { at, attempt, metaOf, report, speak } from './elements.js';
import { Filling } from './filling.js';
import { Gallery } from './gallery.js';
import { ofSprite } from './intake.js';
import { Live } from './live.js';
import { Inputs } from './pixels.js';
import { isProject, readProject } from './project-file.js';
import * as edits from './project.js';
import { Selection } from './selection.js';
import { Store } from './store.js';
import { TakePanel } from './take-panel.js';
import { Trainer } from './trainer.js';
import { TrainingPanel } from './training-panel.js';

/** @typedef {import('./project.js').Entry} Entry */
/** @typedef {import('./project.js').Project} Project */

const SIZES = [8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 112, 128];
const { counted } = edits;

class Page {
  /** @param {Database | null} database */
  constructor(database) {
    this.database = database;
    this.store = new Store();
    this.inputs = new Inputs();
    this.trainer = new Trainer();
    this.selection = new Selection(() => this.gallery?.select());
    this.camera = new Camera(() => {
      this.filling?.follow();
      this.live?.follow();
    });
    this.gallery = new Gallery(at('classes'), at('selected'), this.hands());
    this.filling = new Filling(this.store, this.gallery, this.camera);
    this.live = new Live(
      at('try'),
      this.camera,
      ({ cut, source }, label) => this.filling.take(cut, source, '', label),
      report,
    );
    this.training = new TrainingPanel(
      this.store,
      this.inputs,
      this.trainer,
      {
        move: (ids, label) => this.move(ids, label),
        select: (ids) => this.show(ids),
        accept: () => {},
        look: (id) => {
          const entry = this.store.project.images.find((one) => one.id === id);
          return entry ? this.look(entry) : null;
        },
      },
      {
        trained: (least) => this.trained(least),
        found: () => {
          for (const card of this.gallery.cards.values()) card.describe();
        },
      },
    );
    this.store.subscribe((project) => this.update(project));
    this.listen();
  }

  /** @returns {import('./gallery.js').Keeping} */
  hands() {
    const { store, selection } = this;
    return {
      selection,
      rename: (id, name) => {
        void attempt(() =>
          store.change('the name of a class', (project) => edits.renameClass(project, id, name)),
        );
        return store.project.classes.find((one) => one.id === id)?.name ?? name;
      },
      remove: (id) => this.removeClass(id),
      capture: (id, kind) => {
        report(null);
        this.filling.open(id, kind);
      },
      choose: (id, kind) => this.filling.choose(id, kind),
      drop: (id, transfer) => this.filling.drop(id, transfer),
      discard: (ids) => {
        const words = counted(ids.size, 'image');
        store.change(`deleting ${words}`, (project) => edits.removeImages(project, ids));
        speak(`${words} deleted`);
      },
      move: (ids, label) => this.move(ids, label),
      look: (entry) => this.look(entry),
      remark: (entry) => this.remark(entry),
    };
  }

  /** @param {ReadonlySet<number>} ids @param {number} label */
  move(ids, label) {
    const name = this.store.project.classes.find(({ id }) => id === label)?.name;
    const words = counted(ids.size, 'image');
    this.store.change(`moving ${words}`, (project) => edits.relabel(project, ids, label));
    speak(`${words} moved to ${name}`);
  }

  /** @param {number} id */
  removeClass(id) {
    const { classes } = this.store.project;
    const place = classes.findIndex((one) => one.id === id);
    const { name } = classes[place];
    this.store.change(`removing ${name}`, (project) => edits.removeClass(project, id));
    speak(`${name} removed`);
    const next = this.store.project.classes[Math.min(place, classes.length - 2)];
    if (next) this.gallery.card(next.id)?.field.focus();
    else at('add-class').focus();
  }

  /** Selects images and brings the first into view. @param {readonly number[]} ids */
  show(ids) {
    for (const card of this.gallery.cards.values()) {
      if (ids.some((id) => !card.thumbs.has(id) && card.entries.some((one) => one.id === id))) {
        card.all = true;
        card.update(card.entries);
      }
    }
    this.selection.set(ids);
    this.gallery.reveal(ids[0]);
  }

  /** An image as it is to be seen. @param {Entry} entry */
  look(entry) {
    const { project, pixels } = this.store;
    if (at('as-seen').checked) {
      const { height, width, channels } = edits.preparationOf(project);
      return { pixels: this.inputs.of(project, pixels, entry), shape: [height, width, channels] };
    }
    const { height, width, channels } = entry;
    return {
      pixels: /** @type {Uint8Array} */ (pixels.get(entry.id)),
      shape: [height, width, channels],
    };
  }

  /** Returns the findings on an image, in words. @param {Entry} entry */
  remark(entry) {
    const { suspects, groups } = this.training?.shown ?? { suspects: [], groups: [] };
    const suspect = suspects.find(({ id }) => id === entry.id);
    if (suspect) {
      const looks = this.store.project.classes.find(({ id }) => id === suspect.looks);
      return `looks like ${looks?.name}`;
    }
    const group = groups.find(({ ids }) => ids.includes(entry.id));
    if (group && group.classes.length > 1) return 'in two classes at once';
    return '';
  }

  /** @param {number} least */
  trained(least) {
    at('try-empty').hidden = true;
    const isFirst = at('try').hidden;
    at('try').hidden = false;
    this.live.take(this.trainer.model, least);
    const drawings = this.store.project.images.every(({ source }) => source === 'drawing');
    if (isFirst && drawings) this.live.choose('drawing');
    void this.keepNetwork(least).catch(() => {}); // it can be trained again
    this.taking?.update();
  }

  /** @param {number} least */
  async keepNetwork(least) {
    const { model } = this.trainer;
    const { taught } = this.training;
    const files = await model?.toFiles();
    if (files && model === this.trainer.model) {
      await this.database?.keepNetwork({ files, least, taught });
    }
  }

  /** @param {Project} project */
  update(project) {
    if (at('as-seen').checked) {
      const key = JSON.stringify(edits.preparationOf(project));
      if (key !== this.seenKey) this.gallery.redraw();
      this.seenKey = key;
    }
    this.gallery.update(project);
    this.filling.follow();
    this.live.update(project.classes);
    this.training.update(project);
    const { undoWords, redoWords } = this.store;
    for (const [id, verb, words] of /** @type {const} */ ([
      ['undo', 'Undo', undoWords],
      ['redo', 'Redo', redoWords],
    ])) {
      at(id).disabled = !words;
      at(id).title = words ? `${verb} ${words}` : '';
    }
    at('size').value = project.size === null ? '' : String(project.size);
    at('tones').value = project.tones ?? '';
    if (document.activeElement !== at('title')) at('title').value = project.title;
    this.taking?.update();
    this.database?.save(
      () => ({ project: this.store.project, pixels: this.store.pixels }),
      () =>
        report(
          new Error('This browser has no room to keep the images: save the project as a file.'),
        ),
    );
  }

  seenKey = '';

  /** Begins with another project. @param {Project} project @param {Map<number, Uint8Array>} pixels */
  replace(project, pixels) {
    this.filling.close();
    this.selection.clear();
    this.training.reset();
    this.live.take(null);
    at('try').hidden = true;
    at('try-empty').hidden = false;
    this.inputs.made.clear();
    void this.database?.keepNetwork(null).catch(() => {});
    this.store.replace(project, pixels);
  }

  listen() {
    const { store } = this;
    const on = (/** @type {string} */ id, /** @type {() => unknown} */ act) => {
      at(id).addEventListener('click', () => void attempt(act));
    };
    on('undo', () => this.back('undo'));
    on('redo', () => this.back('redo'));
    on('add-class', () => {
      store.change('a new class', (project) => edits.addClass(project));
      const made = store.project.classes.at(-1);
      const field = made && this.gallery.card(made.id)?.field;
      field?.focus();
      field?.select();
    });
    on('new-project', () => {
      if (
        store.project.images.length &&
        !confirm('Start a new project? The images here are deleted.')
      ) {
        return;
      }
      this.replace(edits.newProject(), new Map());
      speak('A new project');
    });
    on('open-project', () => at('project-file').click());
    at('project-file').addEventListener('change', () => {
      const [file] = at('project-file').files;
      at('project-file').value = '';
      if (file) void attempt(() => this.openProject(file));
    });
    this.taking = new TakePanel(this.store, this.inputs, this.trainer);
    at('as-seen').addEventListener('change', () => this.gallery.redraw());
    this.form();
    addEventListener('keydown', (event) => this.key(event));
    addEventListener('pagehide', () => {
      this.camera.stop();
      void this.database?.flush();
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) return;
      this.camera.stop();
      void this.database?.flush();
    });
  }

  form() {
    const { store } = this;
    for (const size of ['', ...SIZES]) {
      const option = document.createElement('option');
      option.value = String(size);
      option.textContent = size ? `${size}×${size}` : 'automatic';
      at('size').append(option);
    }
    at('size').addEventListener('change', () => {
      const size = at('size').value ? Number(at('size').value) : null;
      store.change('the image size', (project) => edits.setSize(project, size));
    });
    at('tones').addEventListener('change', () => {
      store.change('the colours', (project) => edits.setTones(project, at('tones').value || null));
    });
    at('title').addEventListener('change', () => {
      const title = at('title').value.trim();
      store.change('the name', (project) => ({ ...project, title }));
    });
  }

  /** @param {'undo' | 'redo'} way */
  back(way) {
    const words = way === 'undo' ? this.store.undo() : this.store.redo();
    if (words) speak(`${way === 'undo' ? 'Undone' : 'Done again'}: ${words}`);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const isText = event.target instanceof HTMLInputElement && event.target.type === 'text';
    if (!command || event.altKey || isText) return;
    if (key === 'z') this.back(event.shiftKey ? 'redo' : 'undo');
    else if (key === 'y') this.back('redo');
    else return;
    event.preventDefault();
  }

  /** @param {File} file */
  async openProject(file) {
    if (!(await isProject(file))) {
      const words = `${file.name}: it is no project. Drop images on the page instead.`;
      throw new Error(words);
    }
    const { project, pixels } = await readProject(file, file.name);
    if (this.store.project.images.length && !confirm('Open it? The images here are replaced.')) {
      return;
    }
    this.replace(project, pixels);
    speak(`Opened: ${counted(project.images.length, 'image')}`);
  }

  /** Begins with what was kept, or with what the page came with. */
  async begin() {
    const kept = await this.database?.load().catch(() => null);
    if (kept) this.store.replace(kept.project, kept.pixels);
    else await this.beginWithGiven();
    this.update(this.store.project);
    if (kept) await this.resume().catch(() => {}); // it can be trained again
    document.body.dataset.state = 'idle';
  }

  /** Goes on with the network that was kept. */
  async resume() {
    const network = await this.database?.network();
    if (!network) return;
    await this.trainer.load(network.files);
    this.training.resume(network.taught, network.least);
  }

  async beginWithGiven() {
    const bytes = await givenBytes();
    if (!bytes) return;
    if (await isProject(bytes)) {
      const { project, pixels } = await readProject(bytes, 'project');
      this.store.replace(project, pixels);
      return;
    }
    const arrivals = await ofSprite(new Uint8Array(await bytes.arrayBuffer()));
    const project = this.filling.added(edits.newProject(), arrivals, 0);
    this.store.replace(project, this.store.pixels);
  }
}

/** The images that the page came with: inside of it, or beside it. @returns {Promise<Blob | null>} */
async function givenBytes() {
  const inside = await /** @type {any} */ (globalThis).SPRITENET?.file?.('images');
  if (inside) return new Blob([inside]);
  const given = metaOf('start');
  if (!given) return null;
  const response = await fetch(new URL(given.split(' ')[0], document.baseURI));
  return response.blob();
}

/** The name under which the browser keeps the project: that of the images that it began with. */
async function keptName() {
  const inside = await /** @type {any} */ (globalThis).SPRITENET?.file?.('images');
  return inside ? `file ${await digest(inside)}` : metaOf('start');
}

async function start() {
  const core = /** @type {any} */ (globalThis).SPRITENET?.core;
  if (core) useCore(await Core.fromBytes(core));
  const name = await keptName();
  const isOurs = await Database.claim(name);
  const page = new Page(isOurs ? await Database.open(name) : null);
  await page.begin();
  if (!isOurs) {
    report(new Error('Collect is open in another tab, too: what you change here is not kept.'));
  }
  // For those who look behind the page, and for tests.
  Object.assign(window, { spritenetCollect: page });
}

start().catch(report);
