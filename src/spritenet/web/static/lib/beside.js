// `metadata.json`, which Teachable Machine and others put beside a model: labels and pixel range.

import { ModelError } from './errors.js';

/** @typedef {{ labels: string[], isTeachableMachine: boolean }} Beside */

const METADATA_JSON = 'metadata.json';
const MAXIMAL_BYTES = 2 ** 20;
const PACKAGES = '@teachablemachine/'; // begins packageName

/** The range of Teachable Machine's pixels: divided by 127, minus 1. */
export const TEACHABLE_MACHINE = 'teachable machine';
export const TEACHABLE_PIXELS =
  "its metadata.json is Teachable Machine's, so pixels are divided by 127, minus 1: -1..1. If they are others, give pixels";

/**
 * The content of a metadata.json among the files of a model; nothing where there is none, or at an
 * address, where asking for it would be an error in the console.
 *
 * @param {import('./files.js').Folder} folder
 * @returns {Promise<Beside>}
 */
export async function readBeside(folder) {
  if (!folder.has?.(METADATA_JSON)) return { labels: [], isTeachableMachine: false };
  const where = METADATA_JSON;
  let content;
  try {
    content = JSON.parse(new TextDecoder().decode(await folder.read(where, MAXIMAL_BYTES)));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('not JSON', {
      where,
      got: error instanceof Error ? error.message : error,
    });
  }
  const name = String(content?.packageName ?? '');
  if (name.startsWith(PACKAGES) && name !== `${PACKAGES}image`) {
    throw new ModelError("the model doesn't take images", {
      where,
      expected: `Teachable Machine's ${PACKAGES}image`,
      got: name,
    });
  }
  const labels = content?.labels ?? [];
  const isWord = (/** @type {unknown} */ label) =>
    typeof label === 'string' && label.length > 0 && label.length <= 200;
  if (!Array.isArray(labels) || !labels.every(isWord)) {
    throw new ModelError('invalid class names', { where, expected: 'a list of words' });
  }
  const isTeachableMachine = name.startsWith(PACKAGES) || typeof content?.tmVersion === 'string';
  return { labels, isTeachableMachine };
}
