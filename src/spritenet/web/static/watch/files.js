// Files of a run's folder, fetched from the page's server.

/**
 * A snapshot, or the images that are followed.
 *
 * @param {string} run
 * @param {string} file
 * @returns {Promise<any>}
 */
export async function json(run, file) {
  return fetched(`runs/${encodeURIComponent(run)}/snapshots/${encodeURIComponent(file)}`);
}

/** A run's config.json. @param {string} run @returns {Promise<any>} */
export async function config(run) {
  return fetched(`runs/${encodeURIComponent(run)}/config`);
}

/** All runs. @returns {Promise<{chosen: string, runs: import('./run.js').State[]}>} */
export async function runs() {
  return fetched('runs');
}

/** @param {string} address */
async function fetched(address) {
  const answer = await fetch(address);
  // 204: a run that was discarded a moment ago.
  if (!answer.ok || answer.status === 204) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/** Bytes of base64. @param {string} text */
export function bytes(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}
