// node labels.mjs JOB: multi-label jobs of the JavaScript library; see library.mjs.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Model, SpriteData } from '../../src/spritenet/web/static/lib/index.js';
import { bestThresholds, labelMetrics } from '../../src/spritenet/web/static/lib/label-metrics.js';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const bytes = (name) => new Uint8Array(fs.readFileSync(path.join(input.folder, name)));

const load = () => {
  const files = input.names.map((name) => new File([bytes(name)], path.basename(name)));
  return SpriteData.load(files.length > 1 ? files : files[0]);
};

const jobs = {
  /** The rows of a sprite, or of a folder of them, and the targets of its test images. */
  read: () =>
    load().then(
      (data) => ({
        rows: [...data.rows],
        targets: [...data.split('test').targets],
        labels: data.labels.length,
      }),
      (error) => ({ error: `${error.name} ${error.message}` }),
    ),

  /** Thresholds of the highest F1, and the metrics at them. */
  metrics() {
    const { rows, p, classes } = input;
    const found = labelMetrics(rows, p, bestThresholds(rows, p, classes));
    return Object.fromEntries(
      Object.entries(found).map(([key, value]) => [key, value.length ? [...value] : value]),
    );
  },

  /** The classes of each test image, and the metrics of all. */
  async classify() {
    const model = await Model.load(pathToFileURL(path.join(input.folder, 'model/')));
    const data = await load();
    const examples = data.split('test');
    const size = model.network.imageBytes;
    const present = [];
    for (let at = 0; at < examples.images.length; at += size) {
      present.push(model.classify(examples.images.subarray(at, at + size)).present);
    }
    const { accuracy, classes } = await model.examine(examples);
    const files = model.toFiles();
    return {
      thresholds: model.thresholds,
      present,
      accuracy,
      f1: [...classes.f1],
      files: { ...files, 'weights.bin': [...files['weights.bin']] },
    };
  },
};

console.log(JSON.stringify(await jobs[process.argv[2]]()));
