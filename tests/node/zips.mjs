// Reads ZIPs that may be bombs: standard input has a task, standard output what a person reads.

import { Blob } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Model } from '../../src/spritenet/web/static/lib/index.js';
import { crc32 } from '../../src/spritenet/web/static/lib/png.js';
import { unzipped } from '../../src/spritenet/web/static/lib/unzip.js';
import { packProject, readProject } from '../../src/spritenet/web/static/collect/project-file.js';
import { zipped } from '../../src/spritenet/web/static/ui/zip.js';

const task = JSON.parse(readFileSync(0, 'utf8'));

/** The message of an error, or the answer. @template T @param {Promise<T>} promise */
const told = (promise) => promise.catch((error) => `${error.name}: ${error.message}`);

/** Memory in use. */
function used() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const answers = {
  /** Returns the message of loading, and the growth of memory at its peak. */
  async models() {
    const results = [];
    for (const name of task.names) {
      const where = path.join(task.folder, name);
      const source = task.byAddress
        ? where
        : [new File([readFileSync(where)], path.basename(name))];
      const before = used();
      let most = before;
      const original = globalThis.Uint8Array;
      globalThis.Uint8Array = new Proxy(original, {
        construct(target, given, caller) {
          const made = Reflect.construct(target, given, caller);
          most = Math.max(most, before + made.byteLength);
          return made;
        },
      });
      const said = await told(Model.load(source).then(() => 'read'));
      globalThis.Uint8Array = original;
      results.push({ said, bytes: Math.max(most, used()) - before });
    }
    return results;
  },

  /** Pictures and projects with files of zeros. */
  async pictures() {
    const bomb = new Blob([Buffer.from(task.zip, 'base64')]);
    const image = { id: 1, label: 1, source: 'file', height: 4, width: 4, channels: 1 };
    const classes = [{ id: 1, name: 'a' }];
    const project = { title: 'T', size: 8, tones: null, classes, images: [image] };
    const file = await packProject(project, new Map([[1, new Uint8Array(16)]]));
    const parts = await unzipped(file, 'p.zip', { files: 9, bytes: 2 ** 20 });
    const zeros = new Uint8Array(2 ** 21);
    const wide = parts['images-4x4x1.png'].slice();
    new DataView(wide.buffer).setUint32(16, 2 ** 20);
    new DataView(wide.buffer).setInt32(29, crc32(wide.subarray(12, 29)));
    const read = (/** @type {Record<string, Uint8Array>} */ changed) =>
      told(
        readProject(zipped({ ...parts, ...changed }), 'p.zip').then(
          ({ project: got }) => got.images.length,
        ),
      );
    return {
      pictures: await told(unzipped(bomb, 'b.zip', { files: 9, bytes: 2 ** 29 })),
      json: await read({ 'project.json': zeros }),
      sprite: await read({ 'images-4x4x1.png': zeros }),
      pixels: await read({ 'images-4x4x1.png': wide }),
      project: await read({}),
    };
  },
};

process.stdout.write(JSON.stringify(await answers[process.argv[2]]()));
