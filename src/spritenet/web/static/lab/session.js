// The form and the network of a tab, kept over a reload: the form in the tab's own storage, the network
// in the browser's database. Where the browser forbids it, nothing is kept, and `lasting` is false.

/** @typedef {Record<string, Uint8Array | string>} Files */
/**
 * A network that is kept.
 *
 * @typedef {object} Kept
 * @property {string} images  what it was trained on, as `imagesKey` has it
 * @property {Files} files  model.json and weights.bin
 * @property {unknown} curves
 */

const NAME = 'spritenet-lab';
const STORE = 'networks';
const MOST_BYTES = 100e6; // of a network
const LONGEST = 7 * 24 * 3600e3; // milliseconds that a closed tab's network is kept
const PATIENCE = 2000; // milliseconds: some browsers never answer in private windows

/** Tells data sets apart. @param {import('./parts.js').Lesson} lesson */
export function imagesKey({ hash, name, train, test, imageShape }) {
  return [hash || name, train.count, test.count, ...imageShape].join(' ');
}

export class Session {
  constructor() {
    this.tab = tabName();
    /** @type {Promise<IDBDatabase | null>} */
    this.database = this.tab ? openDatabase().catch(() => null) : Promise.resolve(null);
    /** False once the network could not be kept. */
    this.lasting = Boolean(this.tab);
    void this.database.then((database) => (this.lasting &&= Boolean(database)));
  }

  /** @param {unknown} state */
  keepForm(state) {
    try {
      sessionStorage.setItem(`${NAME}-form`, JSON.stringify(state));
    } catch {
      // Without storage, the form begins anew.
    }
  }

  /** Returns the form's state, which the page checks; null if there is none. @returns {any} */
  get form() {
    try {
      return JSON.parse(sessionStorage.getItem(`${NAME}-form`) ?? 'null');
    } catch {
      return null;
    }
  }

  /** @param {Kept} kept */
  async keep({ images, files, curves }) {
    const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    try {
      if (bytes > MOST_BYTES) throw new RangeError('too large');
      const when = Date.now();
      await this.work('readwrite', (store) => {
        const old = IDBKeyRange.upperBound(when - LONGEST);
        store.index('when').openCursor(old).onsuccess = ({ target }) => {
          const cursor = /** @type {IDBRequest<IDBCursorWithValue | null>} */ (target).result;
          cursor?.delete();
          cursor?.continue();
        };
        return store.put({ tab: this.tab, when, images, files, curves });
      });
      this.lasting = true;
    } catch {
      this.lasting = false;
    }
  }

  /** Returns this tab's network for these images; null if there is none. @param {string} images @returns {Promise<Kept | null>} */
  async kept(images) {
    const found = await this.work('readonly', (store) => store.get(this.tab)).catch(() => null);
    return found?.images === images ? found : null;
  }

  /** Forgets the network. */
  async forget() {
    await this.work('readwrite', (store) => store.delete(this.tab)).catch(() => null);
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} ask
   * @returns {Promise<any>}
   */
  async work(mode, ask) {
    const database = await this.database;
    if (!database) throw new RangeError('no database');
    const transaction = database.transaction(STORE, mode);
    const request = ask(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** A name of this tab that outlives a reload; '' where nothing may be stored. */
function tabName() {
  try {
    const name =
      sessionStorage.getItem(`${NAME}-tab`) ?? crypto.randomUUID?.() ?? `${Math.random()}`;
    sessionStorage.setItem(`${NAME}-tab`, name);
    return name;
  } catch {
    return '';
  }
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    setTimeout(reject, PATIENCE);
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore(STORE, { keyPath: 'tab' });
      store.createIndex('when', 'when');
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = reject;
    request.onblocked = reject;
  });
}
