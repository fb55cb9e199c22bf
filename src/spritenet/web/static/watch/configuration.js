// The configuration of a run: its title, its network.

import { layerTable } from '../ui/layertable.js';
import { at, write } from './elements.js';
import { config } from './files.js';
import { count } from './formatting.js';

/**
 * Fetches and shows the configuration of a run.
 *
 * @param {string} name
 * @param {() => boolean} isWanted  false once another run is
 * @returns {Promise<string[] | null>}  the names of its classes; null if there is none, or it isn't wanted
 */
export async function showConfiguration(name, isWanted) {
  write(at('title'), name);
  write(at('about'), '');
  at('network').hidden = true;
  for (let tries = 0; tries < 20; tries += 1) {
    const found = await config(name).catch(() => null);
    if (!isWanted()) return null;
    if (found?.layers) {
      explain(found);
      return Array.isArray(found.class_names) ? found.class_names.map(String) : [];
    }
    await new Promise((resolve) => setTimeout(resolve, 500)); // its training has only begun
  }
  return null;
}

/** @param {any} found  a config.json */
function explain(found) {
  const optimizer = found.optimizer?.class_name ? `, ${found.optimizer.class_name}` : '';
  const batch = found.plan?.batch_size ? `, ${count(found.plan.batch_size)} images a step` : '';
  const seed = found.plan?.seed !== undefined ? `, seed ${found.plan.seed}` : '';
  write(
    at('about'),
    `${found.model ?? 'a network'} on ${found.data || 'images'}${optimizer}${batch}${seed}`,
  );
  if (
    Array.isArray(found.table) &&
    Array.isArray(found.layers) &&
    found.table.length === found.layers.length
  ) {
    layerTable(at('layers'), {
      layers: found.table.map((/** @type {any} */ row, /** @type {number} */ i) => ({
        name: row.name,
        className: found.layers[i].class_name,
        config: found.layers[i].config,
      })),
      outputShapes: found.table.map((/** @type {any} */ row) => row.output_shape),
      parameters: found.table.map((/** @type {any} */ row) => row.parameters),
    });
    at('network').hidden = false;
  }
}
