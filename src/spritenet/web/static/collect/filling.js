// The ways images come in: camera and paper inside a class, files that are chosen, dropped or pasted.

import { CameraCapture, DrawingCapture } from './capture.js';
import { at, attempt, report, speak } from './elements.js';
import { chosen, dropped, read } from './intake.js';
import { LONGEST_NAME, MOST_IMAGES, addClass, addImages, counted } from './project.js';
import { framesOf } from './video.js';

/** @typedef {import('../ui/camera.js').Camera} Camera */
/** @typedef {import('./gallery.js').Gallery} Gallery */
/** @typedef {import('./intake.js').Arrival} Arrival */
/** @typedef {import('./intake.js').Found} Found */
/** @typedef {import('./pixels.js').Cut} Cut */
/** @typedef {import('./project.js').Project} Project */
/** @typedef {import('./project.js').Source} Source */
/** @typedef {import('./store.js').Store} Store */

export class Filling {
  /** @param {Store} store @param {Gallery} gallery @param {Camera} camera */
  constructor(store, gallery, camera) {
    this.store = store;
    this.gallery = gallery;
    this.camera = camera;
    /** The class that pasted and chosen files go to. */
    this.target = 0;
    this.kind = '';
    /** @type {AbortController | null} */
    this.reading = null;
    const close = () => this.close();
    const take = (
      /** @type {Cut} */ cut,
      /** @type {Source} */ source,
      /** @type {string} */ burst,
    ) => this.take(cut, source, burst);
    this.captures = {
      camera: new CameraCapture(camera, take, close, report),
      drawing: new DrawingCapture(take, close),
    };
    for (const name of /** @type {const} */ (['files', 'folder'])) {
      at(name).addEventListener('change', () => {
        const files = chosen([...at(name).files]);
        at(name).value = '';
        void attempt(() => this.readAll(files, this.target));
      });
    }
    at('reading-stop').onclick = () => this.reading?.abort();
    this.listen();
  }

  listen() {
    let inside = 0;
    const mark = (/** @type {number} */ change) => {
      inside = Math.max(0, inside + change);
      document.body.classList.toggle('dropping', inside > 0);
    };
    addEventListener('dragenter', () => mark(1));
    addEventListener('dragleave', () => mark(-1));
    addEventListener('dragover', (event) => event.preventDefault());
    addEventListener('drop', () => mark(-inside), true);
    addEventListener('drop', (event) => {
      event.preventDefault();
      if (event.dataTransfer) this.drop(0, event.dataTransfer);
    });
    addEventListener('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      void attempt(() => this.readAll(chosen(files), this.targetOf()));
    });
  }

  /** The class that things go to: the open one, the one with the focus, or the last. */
  targetOf() {
    const { classes } = this.store.project;
    const focused = document.activeElement?.closest('.class-card');
    const wanted = focused instanceof HTMLElement ? Number(focused.dataset.class) : this.target;
    return classes.find(({ id }) => id === wanted)?.id ?? classes.at(-1)?.id ?? 0;
  }

  /** Opens a way of filling inside a class, or closes it. @param {number} id @param {'camera' | 'drawing'} kind */
  open(id, kind) {
    const isSame = this.target === id && this.kind === kind;
    this.close();
    this.target = id;
    if (isSame) return;
    this.kind = kind;
    const card = this.gallery.card(id);
    if (!card) return;
    const capture = this.captures[kind];
    card.slot.replaceChildren(capture.place);
    card.open(kind);
    void capture.open();
    card.slot.scrollIntoView({ block: 'nearest' });
  }

  close() {
    const { kind } = this;
    if (!kind) return;
    this.kind = '';
    const card = this.gallery.card(this.target);
    const hadFocus = card?.slot.contains(document.activeElement);
    this.captures[/** @type {'camera' | 'drawing'} */ (kind)].close();
    card?.slot.replaceChildren();
    card?.open('');
    const source = card?.sources.querySelector(`.${kind}`);
    if (hadFocus && source instanceof HTMLElement) source.focus();
  }

  /** Follows the camera, and classes that were removed. */
  follow() {
    this.captures.camera.show();
    if (this.kind && !this.gallery.card(this.target)) {
      this.captures[/** @type {'camera' | 'drawing'} */ (this.kind)].close();
      this.kind = '';
    }
    if (this.kind === 'camera' && !this.camera.isOn && !this.camera.opening) this.close();
  }

  /** @param {Cut} cut @param {Source} source @param {string} burst @param {number} [label] */
  take(cut, source, burst, label = this.target) {
    try {
      const name = this.store.project.classes.find(({ id }) => id === label)?.name ?? '';
      const count = this.store.project.images.filter((one) => one.label === label).length + 1;
      const words = burst ? `the recording for ${name}` : `an image of ${name}`;
      this.store.change(
        words,
        (project) => this.added(project, [{ cut, source, className: '' }], label),
        burst && `${burst} of ${label}`,
      );
      speak(`${name}: ${counted(count, 'image')}`);
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  }

  /**
   * Returns the project with more images; classes that are named and missing are made.
   *
   * @param {Project} before
   * @param {readonly Arrival[]} arrivals
   * @param {number} label  of the class of those without a name
   */
  added(before, arrivals, label) {
    let project = before;
    const place = (/** @type {string} */ wanted) => {
      const name = [...wanted.trim().replace(/\s+/g, ' ')].slice(0, LONGEST_NAME).join('');
      if (!name) return label || project.classes.at(-1)?.id || 0;
      const there = project.classes.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (there) return there.id;
      project = addClass(project, name);
      return /** @type {{ id: number }} */ (project.classes.at(-1)).id;
    };
    if (before.images.length + arrivals.length > MOST_IMAGES) {
      addImages(before, new Array(arrivals.length));
    }
    const entries = arrivals.map(({ cut: { data, ...shape }, source, className }) => ({
      id: this.store.keep(data),
      label: place(className),
      source,
      ...shape,
    }));
    // The two classes of the beginning make way for those of folders.
    const isFresh =
      !before.images.length && before.classes.every(({ name }) => /^Class \d$/.test(name));
    const used = new Set(entries.map((entry) => entry.label));
    const classes =
      isFresh && arrivals.some(({ className }) => className)
        ? project.classes.filter(({ id }) => used.has(id))
        : project.classes;
    return addImages({ ...project, classes }, entries);
  }

  /** @param {number} label  0: none in particular @param {DataTransfer} transfer */
  drop(label, transfer) {
    const files = dropped(transfer); // its items are gone after this event
    void attempt(async () => this.readAll(await files, label));
  }

  /**
   * Reads files into the project. Folders give classes their names; if all lie in one folder, or in
   * none, a class that was aimed at gets them.
   *
   * @param {readonly Found[]} files
   * @param {number} label  0: none in particular
   */
  async readAll(files, label) {
    if (!files.length) return;
    this.reading?.abort();
    const control = new AbortController();
    this.reading = control;
    at('reading').hidden = false;
    try {
      const { arrivals, refused } = await read(files, {
        signal: control.signal,
        video: framesOf,
        progress: (done, all) => {
          at('reading-text').textContent = `Reading ${done + 1} of ${counted(all, 'file')} …`;
          at('reading-bar').value = done / all;
        },
      });
      const names = new Set(arrivals.map(({ className }) => className));
      const aimed = label && names.size < 2;
      const all = aimed ? arrivals.map((one) => ({ ...one, className: '' })) : arrivals;
      if (all.length) {
        const where = label || this.targetOf();
        this.store.change(`adding ${counted(all.length, 'image')}`, (project) =>
          this.added(project, all, where),
        );
        speak(`${counted(all.length, 'image')} added`);
      }
      if (refused.length) {
        const rest = refused.length > 1 ? ` And ${counted(refused.length - 1, 'other file')}.` : '';
        report(new Error(`Left out: ${refused[0]}${rest}`));
      }
    } finally {
      if (this.reading === control) {
        this.reading = null;
        at('reading').hidden = true;
      }
    }
  }

  /** Lets a person choose files for a class. @param {number} id @param {'files' | 'folder'} kind */
  choose(id, kind) {
    this.target = id;
    at(kind).click();
  }
}
