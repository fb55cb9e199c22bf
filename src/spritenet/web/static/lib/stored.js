// Models that TensorFlow.js saved in this browser: `indexeddb://name` and `localstorage://name`.

import { fromBase64 } from './base64.js';
import { ModelError } from './errors.js';

const STORED = /^(indexeddb|localstorage):\/\/(.+)$/;

/**
 * The model at an address of this browser; null for other addresses.
 *
 * @param {string} where
 * @returns {Promise<import('./files.js').Folder | null>}
 */
export async function inStore(where) {
  const [, scheme, name] = STORED.exec(where) ?? [];
  if (!name) return null;
  const found =
    scheme === 'indexeddb' ? await fromDatabase(name, where) : fromLocalStorage(name, where);
  if (!found?.modelTopology || !found.weightSpecs) {
    throw new ModelError('this browser has no model of that name', { where });
  }
  const { weightData, weightSpecs, ...rest } = found;
  const parts = Array.isArray(weightData) ? weightData : [weightData ?? new ArrayBuffer(0)];
  const weights = new Uint8Array(await new Blob(parts).arrayBuffer());
  const content = { ...rest, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
  return {
    where,
    readJson: async () => new TextEncoder().encode(JSON.stringify(content)),
    read: async () => weights,
  };
}

/**
 * @param {string} name
 * @param {string} where
 * @returns {Promise<any>}
 */
function fromDatabase(name, where) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new ModelError('this browser has no model of that name', { where }));
    if (typeof indexedDB === 'undefined') return fail();
    const opening = indexedDB.open('tensorflowjs', 1); // TensorFlow.js's own names
    opening.onupgradeneeded = () => opening.transaction?.abort(); // none was there, and none shall be
    opening.onerror = fail;
    opening.onsuccess = () => {
      const database = opening.result;
      try {
        const asking = database.transaction('models_store').objectStore('models_store').get(name);
        asking.onsuccess = () => resolve(asking.result?.modelArtifacts);
        asking.onerror = fail;
      } catch {
        fail();
      } finally {
        database.close();
      }
    };
  });
}

/**
 * @param {string} name
 * @param {string} where
 * @returns {any}
 */
function fromLocalStorage(name, where) {
  const part = (/** @type {string} */ key) =>
    globalThis.localStorage?.getItem(`tensorflowjs_models/${name}/${key}`);
  try {
    const [topology, specs, data] = ['model_topology', 'weight_specs', 'weight_data'].map(part);
    if (!topology || !specs) return null;
    const bytes = fromBase64(data ?? '');
    const metadata = JSON.parse(part('model_metadata') ?? '{}');
    return {
      ...metadata,
      modelTopology: JSON.parse(topology),
      weightSpecs: JSON.parse(specs),
      weightData: bytes.buffer,
    };
  } catch {
    throw new ModelError('what TensorFlow.js saved there is broken', { where });
  }
}
