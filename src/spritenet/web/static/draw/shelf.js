// The store of lessons from one visit to the next: the browser's database, where it lets us; else
// memory, until the page is closed.
//
// Lessons are added and taken away one by one, so two tabs never write over each other's.

/** @typedef {import('./teacher.js').Lesson} Lesson */
/** @typedef {Lesson & { id: number }} StoredLesson */

const NAME = 'spritenet-draw';
const MOST = 60; // lessons of a model; the oldest go
const MOST_NUMBERS = 200_000; // of a lesson's strokes
const PATIENCE = 2000; // milliseconds: some browsers never answer in private windows

export class Shelf {
  /**
   * @param {string} model  tells models apart: the SHA-256 of its weights
   * @param {IDBDatabase | null} database
   * @param {{ inputBytes: number, outputs: number }} sizes  of the model
   */
  constructor(model, database, sizes) {
    this.model = model;
    this.database = database;
    this.sizes = sizes;
    /** @type {StoredLesson[]} */
    this.memory = [];
    this.channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(NAME) : null;
  }

  /**
   * @param {string} model
   * @param {{ inputBytes: number, outputs: number }} sizes
   */
  static async open(model, sizes) {
    return new Shelf(model, await openDatabase().catch(() => null), sizes);
  }

  /** Returns true if lessons outlive the page. */
  get lasting() {
    return this.database !== null;
  }

  /** Calls back when another tab has changed the lessons. @param {() => unknown} changed */
  watch(changed) {
    this.channel?.addEventListener('message', ({ data }) => {
      if (data === this.model) changed();
    });
  }

  tell() {
    this.channel?.postMessage(this.model);
  }

  /** All lessons of this model, oldest first; what is no lesson is left out. @returns {Promise<StoredLesson[]>} */
  async all() {
    if (!this.database) return this.memory;
    const found = await this.work('readonly', (lessons) =>
      lessons.index('model').getAll(this.model),
    );
    return found.flatMap((/** @type {unknown} */ entry) => readLesson(entry, this.sizes) ?? []);
  }

  /** @param {Lesson} lesson */
  async add(lesson) {
    const { label, input, lines } = lesson;
    const entry = {
      model: this.model,
      label,
      input,
      lines: lines.map(({ width, points }) => ({ width, points: Float32Array.from(points) })),
    };
    if (!this.database) {
      this.memory.push({ ...lesson, id: (this.memory[this.memory.length - 1]?.id ?? 0) + 1 });
      this.memory = this.memory.slice(-MOST);
      return;
    }
    await this.work('readwrite', (lessons) => lessons.add(entry));
    const all = await this.all();
    for (const { id } of all.slice(0, -MOST)) {
      await this.work('readwrite', (lessons) => lessons.delete(id));
    }
    this.tell();
  }

  /** @param {number[]} ids */
  async remove(ids) {
    this.memory = this.memory.filter(({ id }) => !ids.includes(id));
    if (!this.database) return;
    for (const id of ids) await this.work('readwrite', (lessons) => lessons.delete(id));
    this.tell();
  }

  /**
   * One request in a transaction of its own.
   *
   * @param {IDBTransactionMode} mode
   * @param {(lessons: IDBObjectStore) => IDBRequest} ask
   * @returns {Promise<any>}
   */
  work(mode, ask) {
    const transaction = /** @type {IDBDatabase} */ (this.database).transaction('lessons', mode);
    const request = ask(transaction.objectStore('lessons'));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
  }
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    setTimeout(reject, PATIENCE);
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const lessons = request.result.createObjectStore('lessons', {
        keyPath: 'id',
        autoIncrement: true,
      });
      lessons.createIndex('model', 'model');
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = reject;
    request.onblocked = reject;
  });
}

/**
 * A lesson out of the database, which others may have written to.
 *
 * @param {any} entry
 * @param {{ inputBytes: number, outputs: number }} sizes
 * @returns {StoredLesson | null}
 */
function readLesson(entry, { inputBytes, outputs }) {
  const { id, label, input, lines } = entry ?? {};
  const good =
    Number.isInteger(id) &&
    Number.isInteger(label) &&
    label >= 0 &&
    label < outputs &&
    input instanceof Uint8Array &&
    input.length === inputBytes &&
    Array.isArray(lines);
  if (!good) return null;
  let numbers = 0;
  for (const line of lines) {
    const points = line?.points;
    if (
      !(points instanceof Float32Array) ||
      points.length < 3 ||
      points.length % 3 ||
      !points.every(Number.isFinite)
    ) {
      return null;
    }
    if (!(line.width > 0 && line.width < 1000)) return null;
    numbers += points.length;
  }
  if (numbers > MOST_NUMBERS) return null;
  return {
    id,
    label,
    input,
    lines: lines.map(({ width, points }) => ({ width, points: Array.from(points) })),
  };
}
