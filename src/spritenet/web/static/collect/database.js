// The project in the browser's own database, so that it is there after a reload.

/** @typedef {import('./project.js').Project} Project */
/** @typedef {{ project: Project, pixels: Map<number, Uint8Array> }} Kept */

/**
 * A trained network.
 *
 * @typedef {object} Network
 * @property {Record<string, string | Uint8Array>} files
 * @property {number} least  the confidence from which on it is sure
 * @property {string} taught  the images and labels that it was trained on
 */

const NAME = 'spritenet-collect';
const CALM = 250; // milliseconds without change before it is written

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Database {
  /**
   * Use `Database.open`.
   *
   * @param {IDBDatabase} database
   * @param {string} name  of the project: the data that the page came with
   */
  constructor(database, name) {
    this.database = database;
    this.name = name;
    /** Images whose pixels are written. @type {Set<number>} */
    this.written = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Promise<unknown>} */
    this.writing = Promise.resolve();
    /** @type {(() => Promise<unknown>) | null} */
    this.waiting = null;
  }

  /**
   * Takes the project for this tab, until it is closed; false if another tab has it.
   *
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  static claim(name) {
    if (!navigator.locks) return Promise.resolve(true); // a page that isn't secure
    return new Promise((resolve) => {
      const forever = new Promise(() => {});
      void navigator.locks.request(`${NAME} ${name}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? forever : undefined;
      });
    });
  }

  /**
   * @param {string} name
   * @returns {Promise<Database | null>}  null where the browser keeps nothing, as in private windows
   */
  static async open(name) {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore('projects');
        request.result.createObjectStore('pixels');
      };
      return new Database(await answer(request), name);
    } catch {
      return null;
    }
  }

  /** Returns what was written last; null if there is nothing, or not all of it. @returns {Promise<Kept | null>} */
  async load() {
    const stores = this.database.transaction(['projects', 'pixels']);
    const project = await answer(stores.objectStore('projects').get(this.name));
    if (!project) return null;
    const range = IDBKeyRange.bound([this.name, 0], [this.name, Infinity]);
    const pixels = stores.objectStore('pixels');
    const [keys, values] = await Promise.all([
      answer(pixels.getAllKeys(range)),
      answer(pixels.getAll(range)),
    ]);
    const found = new Map(
      keys.map((key, i) => [/** @type {[string, number]} */ (key)[1], values[i]]),
    );
    this.written = new Set(found.keys());
    const images = project.images.filter((/** @type {{ id: number }} */ { id }) => found.has(id));
    return { project: { ...project, images }, pixels: found };
  }

  /**
   * Keeps a trained network, or none.
   *
   * @param {Network | null} network
   */
  async keepNetwork(network) {
    const store = this.database.transaction('projects', 'readwrite').objectStore('projects');
    if (network) await answer(store.put(network, this.networkName));
    else await answer(store.delete(this.networkName));
  }

  /** Returns the network that was kept; null if there is none. @returns {Promise<Network | null>} */
  async network() {
    const store = this.database.transaction('projects').objectStore('projects');
    return (await answer(store.get(this.networkName))) ?? null;
  }

  get networkName() {
    return `${this.name} network`;
  }

  /**
   * Writes the project soon, and pixels that are not written yet; those of no image go.
   *
   * @param {() => Kept} current
   * @param {(error: unknown) => unknown} failed
   */
  save(current, failed) {
    this.waiting = () => this.write(current()).catch(failed);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), CALM);
  }

  /** Writes what waits to be written. */
  flush() {
    clearTimeout(this.timer);
    const { waiting } = this;
    this.waiting = null;
    if (waiting) this.writing = this.writing.then(waiting);
    return this.writing;
  }

  /** @param {Kept} kept */
  async write({ project, pixels }) {
    const used = new Set(project.images.map(({ id }) => id));
    const transaction = this.database.transaction(['projects', 'pixels'], 'readwrite');
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    transaction.objectStore('projects').put(project, this.name);
    const store = transaction.objectStore('pixels');
    for (const id of this.written) if (!used.has(id)) store.delete([this.name, id]);
    for (const id of used) {
      if (!this.written.has(id)) {
        store.put(/** @type {Uint8Array} */ (pixels.get(id)), [this.name, id]);
      }
    }
    await done;
    this.written = used;
  }
}
