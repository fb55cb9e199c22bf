// Asks the Collect page's modules without a page: standard input has a task, standard output the answer.

import { readFileSync } from 'node:fs';
import { SpriteData, writeSprite } from '../../src/spritenet/web/static/lib/index.js';
import {
  duplicates,
  foldsOf,
  mislabelled,
  needs,
  recalls,
} from '../../src/spritenet/web/static/collect/findings.js';
import { imageOf, squareOf } from '../../src/spritenet/web/static/collect/pixels.js';
import { packProject, readProject } from '../../src/spritenet/web/static/collect/project-file.js';
import * as edits from '../../src/spritenet/web/static/collect/project.js';
import { Selection } from '../../src/spritenet/web/static/collect/selection.js';
import { Store } from '../../src/spritenet/web/static/collect/store.js';
import { unzipped } from '../../src/spritenet/web/static/lib/unzip.js';
import { zipped } from '../../src/spritenet/web/static/ui/zip.js';

const task = JSON.parse(readFileSync(0, 'utf8'));
const entry = (id, label, source = 'file', side = 2, channels = 1) => ({
  id,
  label,
  source,
  height: side,
  width: side,
  channels,
});
const message = (act) => {
  try {
    return act();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

const answers = {
  /** Random edits, undone one by one, and done again: each state comes back as it was. */
  undo({ seed, count }) {
    const store = new Store();
    let state = seed;
    const random = (n) => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return Math.floor(state / 65536) % n;
    };
    const states = [JSON.stringify(store.project)];
    for (let i = 0; i < count; i++) {
      const { classes, images } = store.project;
      const some = new Set(images.filter(() => random(3) === 0).map(({ id }) => id));
      const label = classes.length ? classes[random(classes.length)].id : 0;
      const ways = [
        (p) => edits.addClass(p),
        (p) => edits.addImages(p, [entry(store.keep(new Uint8Array(4)), label)]),
        (p) => edits.removeImages(p, some),
        (p) => edits.relabel(p, some, label),
        (p) => edits.renameClass(p, label, `Name ${i}`),
        (p) => edits.setSize(p, 8 + random(121)),
        (p) => edits.setTones(p, ['colour', 'grey', null][random(3)]),
        (p) => (classes.length > 2 ? edits.removeClass(p, label) : edits.addClass(p)),
      ];
      store.change(`step ${i}`, ways[label ? random(ways.length) : 0]);
      states.push(JSON.stringify(store.project));
    }
    const back = [];
    const words = [];
    while (store.undoWords) {
      words.push(store.undo());
      back.push(JSON.stringify(store.project));
    }
    const again = [];
    while (store.redoWords) {
      store.redo();
      again.push(JSON.stringify(store.project));
    }
    return { states, back: back.reverse(), again, words: words.reverse() };
  },

  /** A burst is one change; anything else in between begins another. */
  merge() {
    const store = new Store();
    const take = (merge) =>
      store.change(
        'burst',
        (p) => edits.addImages(p, [entry(store.keep(new Uint8Array(4)), 1)]),
        merge,
      );
    for (const merge of ['a', 'a', 'a', 'b', '', '']) take(merge);
    const counts = [];
    while (store.undoWords) {
      store.undo();
      counts.push(store.project.images.length);
    }
    return counts;
  },

  names() {
    const project = edits.newProject();
    return ['', '  ', 'Class 2', 'x'.repeat(61), '  A   b ', 'Ω'].map((name) =>
      message(() => edits.renameClass(project, 1, name).classes[0].name),
    );
  },

  limits() {
    const project = edits.newProject();
    const many = Array.from({ length: 4001 }, (_, i) => entry(i, 1));
    return [
      message(() => edits.addImages(project, many)),
      message(() => edits.setSize(project, 7)),
      message(() => edits.setSize(project, 129)),
      message(() => edits.setSize(project, 8.5)),
    ];
  },

  /** The preprocessing that images suggest. */
  preparation() {
    const project = edits.newProject();
    const of = (...entries) => edits.preparationOf({ ...project, images: entries });
    return [
      of(),
      of(entry(1, 1, 'drawing', 128)),
      of(entry(1, 1, 'drawing', 128), entry(2, 1, 'camera', 128, 3)),
      of(entry(1, 1, 'file', 28)),
      of(entry(1, 1, 'file', 128, 3)),
      edits.preparationOf({
        ...edits.setSize(project, 20),
        tones: 'grey',
        images: [entry(1, 1, 'camera', 128, 3)],
      }),
    ].map(({ mode, height, channels, background }) => [mode, height, channels, background]);
  },

  /** The channels of squares of pictures and of images of a data set. */
  greys({ pictures, images, shape }) {
    const [height, width] = shape;
    return [
      ...pictures.map((data) => squareOf({ data: Uint8Array.from(data), height, width })),
      ...images.map((data) => imageOf(Uint8Array.from(data), [height, width, 3])),
    ].map(({ channels, data }) => [channels, [...data]]);
  },

  selection() {
    const selection = new Selection(() => {});
    const order = [5, 4, 3, 2, 1];
    selection.toggle(4);
    selection.extend(2, order);
    const range = [...selection.ids].sort();
    selection.toggle(3);
    const less = [...selection.ids].sort();
    selection.keepOnly(new Set([4, 9]));
    return [range, less, [...selection.ids]];
  },

  /** Of images n h w c, by their classes. */
  duplicates({ images, labels, shape }) {
    const entries = labels.map((label, i) => entry(i, label));
    return duplicates(
      entries,
      images.map((one) => Uint8Array.from(one)),
      shape,
    );
  },

  folds: ({ labels, folds }) => foldsOf(labels, folds),

  judged({ labels, probabilities, names }) {
    const classes = names.map((name, k) => ({ id: k + 1, name }));
    const entries = labels.map((label, i) => entry(i, label + 1));
    const flat = probabilities.flat();
    const { accuracy, each, least } = recalls(labels, flat, names.length);
    const images = new Map(
      classes.map(({ id }) => [id, entries.filter(({ label }) => label === id)]),
    );
    return {
      suspects: mislabelled(entries, classes, labels, flat),
      accuracy,
      each: [...each],
      least,
      needs: needs(classes, images, new Map(classes.map(({ id }, k) => [id, each[k]]))),
    };
  },

  /** A sprite as it is written, as base64; and read again. */
  async sprite({ pixels, labels, shape, names, splits }) {
    const images = Uint8Array.from(Buffer.from(pixels, 'base64'));
    const how = { images, labels, imageShape: shape, classNames: names, splits, name: 'written' };
    const bytes = await writeSprite(how);
    const read = await SpriteData.load(bytes);
    const same = read.images.every((value, i) => value === images[i]);
    return { bytes: Buffer.from(bytes).toString('base64'), same, labels: [...read.labels] };
  },

  /** A project's file, read again; and variants of it that are refused. */
  async project() {
    const classes = [
      { id: 3, name: 'ä' },
      { id: 7, name: 'empty' },
      { id: 9, name: 'b' },
    ];
    const images = [
      entry(1, 9, 'camera', 4, 3),
      entry(2, 3, 'drawing', 8),
      entry(5, 9, 'video', 4, 3),
    ];
    const project = { title: 'T', size: 16, tones: 'grey', classes, images };
    const pixels = new Map(
      images.map(({ id, height, channels }) => [
        id,
        Uint8Array.from({ length: height * height * channels }, (_, i) => (id * 31 + i * 7) % 256),
      ]),
    );
    const file = await packProject(project, pixels);
    const read = await readProject(file, 'p.zip');
    const bytes = new Uint8Array(await file.arrayBuffer());
    const refused = [];
    const parts = await unzipped(file, 'p.zip', { files: 9, bytes: 2 ** 20 });
    const texts = Object.entries(parts).map(([name, part]) => [
      name,
      Buffer.from(part).toString('latin1'),
    ]);
    for (const [from, to] of task.changes) {
      const changed = Object.fromEntries(
        texts.map(([name, text]) => [name, Buffer.from(text.replace(from, to), 'latin1')]),
      );
      refused.push(
        await readProject(zipped(changed), 'p.zip').then(
          () => 'read',
          (error) => `${error.name}: ${error.message}`,
        ),
      );
    }
    for (const length of [0, 40, bytes.length - 30]) {
      refused.push(
        await readProject(new Blob([bytes.subarray(0, length)]), 'p.zip').then(
          () => 'read',
          (error) => `${error.name}: ${error.message}`,
        ),
      );
    }
    const again = read.project.images.map(({ id, label, source }) => [
      source,
      read.project.classes.find((one) => one.id === label).name,
      [...read.pixels.get(id)],
    ]);
    const before = images.map(({ id, label, source }) => [
      source,
      classes.find((one) => one.id === label).name,
      [...pixels.get(id)],
    ]);
    const { title, size, tones } = read.project;
    return {
      again,
      before,
      rest: [title, size, tones, read.project.classes.map(({ name }) => name)],
      refused,
    };
  },
};

console.log(JSON.stringify(await answers[task.do](task)));
