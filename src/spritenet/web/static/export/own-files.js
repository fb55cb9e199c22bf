// The files inside a page: takes the place of lib/files.js, which also fetches and opens others.

/**
 * Returns the folder of a model.
 *
 * @param {Record<string, string | Uint8Array>} files
 * @returns {Promise<import('../lib/files.js').Folder>}
 */
export async function folderOf(files) {
  const where = 'model.json';
  const read = async (/** @type {string} */ name) => {
    const file = files[name];
    return typeof file === 'string' ? new TextEncoder().encode(file) : file;
  };
  return { where, readJson: () => read(where), read };
}
