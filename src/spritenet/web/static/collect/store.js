// The project of the page, its pixels, and the way back: undo and redo of every change. No DOM.

import { newProject } from './project.js';

/** @typedef {import('./project.js').Project} Project */
/** @typedef {import('./project.js').Entry} Entry */
/** @typedef {{ words: string, before: Project, after: Project, merge: string }} Change */

const MOST_CHANGES = 200;

export class Store {
  /**
   * @param {Project} [project]
   * @param {Map<number, Uint8Array>} [pixels]  of its images, by id
   */
  constructor(project = newProject(), pixels = new Map()) {
    this.project = project;
    /** Pixels of the images, and of those that undo brings back. */
    this.pixels = pixels;
    /** @type {Change[]} */
    this.done = [];
    /** @type {Change[]} */
    this.undone = [];
    /** @type {((project: Project) => unknown)[]} */
    this.listeners = [];
    this.last = [...pixels.keys()].reduce((a, b) => Math.max(a, b), 0);
  }

  /** @param {(project: Project) => unknown} listener  called after each change */
  subscribe(listener) {
    this.listeners.push(listener);
  }

  tell() {
    for (const listener of this.listeners) listener(this.project);
  }

  /**
   * Changes the project.
   *
   * @param {string} words  of the change, for the buttons: "delete 3 images"
   * @param {(project: Project) => Project} make
   * @param {string} [merge]  changes in a row with the same are undone together; '' for none
   */
  change(words, make, merge = '') {
    const before = this.project;
    const after = make(before);
    if (after === before) return;
    this.project = after;
    const last = this.done[this.done.length - 1];
    if (merge && last?.merge === merge && !this.undone.length) {
      this.done[this.done.length - 1] = { words, before: last.before, after, merge };
    } else {
      this.done.push({ words, before, after, merge });
      if (this.done.length > MOST_CHANGES) this.done.shift();
    }
    this.undone = [];
    this.tell();
  }

  /** The change that undo takes back, in words; '' if there is none. */
  get undoWords() {
    return this.done[this.done.length - 1]?.words ?? '';
  }

  get redoWords() {
    return this.undone[this.undone.length - 1]?.words ?? '';
  }

  /** Takes back the last change. Returns its words. */
  undo() {
    const change = this.done.pop();
    if (!change) return '';
    this.undone.push(change);
    this.project = change.before;
    this.tell();
    return change.words;
  }

  redo() {
    const change = this.undone.pop();
    if (!change) return '';
    this.done.push(change);
    this.project = change.after;
    this.tell();
    return change.words;
  }

  /** Returns a number that no image has, and keeps its pixels. @param {Uint8Array} pixels */
  keep(pixels) {
    this.pixels.set(++this.last, pixels);
    return this.last;
  }

  /**
   * Begins again with another project. It can't be undone.
   *
   * @param {Project} project
   * @param {Map<number, Uint8Array>} pixels
   */
  replace(project, pixels) {
    this.project = project;
    this.pixels = pixels;
    this.last = [...pixels.keys()].reduce((a, b) => Math.max(a, b), this.last);
    this.done = [];
    this.undone = [];
    this.tell();
  }
}
