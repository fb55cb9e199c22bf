// Teaches a model odd digits in Node.js, with the drawing page's own modules: node teaching.mjs STATIC DATA LESSONS
//
// DATA holds a model's two files and `train` and `test` as plain bytes. For each odd digit, what the
// model reads of it and of the test images before and after; one JSON object on standard output.

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [statics, folder, lessonCount] = process.argv.slice(2);
const part = (name) => import(pathToFileURL(`${statics}/${name}`).href);
const { Model, defaultCore, prepare } = await part('lib/index.js');
const { Familiar } = await part('draw/familiar.js');
const { Raster } = await part('draw/raster.js');
const { Stroke } = await part('draw/stroke.js');
const { Teacher } = await part('draw/teacher.js');
const { chanceOf } = await part('draw/vary.js');

const SHEET = { width: 280, height: 280 };
const TRIED = 200; // drawings of an odd digit that it is not taught

/** Points on an ellipse, from an angle to another, in degrees. */
const arc = (x, y, wide, tall, from, to, count = 14) =>
  Array.from({ length: count }, (_, i) => {
    const angle = ((from + ((to - from) * i) / (count - 1)) * Math.PI) / 180;
    return [x + wide * Math.cos(angle), y + tall * Math.sin(angle)];
  });

// Strokes of points in a box of 100 × 100.
const ODD = {
  '7, mirrored': [
    7,
    [
      [
        [80, 5],
        [15, 5],
        [60, 100],
      ],
    ],
  ],
  '2, mirrored': [2, [[...arc(50, 28, 32, 28, -10, -200), [80, 95], [15, 95]]]],
  '6, mirrored': [6, [[[40, 0], [65, 25], [80, 60], ...arc(50, 75, 30, 24, 0, 350)]]],
  '3, mirrored': [3, [[...arc(55, 25, 30, 25, -20, -270), ...arc(55, 75, 33, 25, -90, -350)]]],
  '0 with a slash': [
    0,
    [
      arc(50, 50, 32, 48, -90, -450, 24),
      [
        [80, 8],
        [20, 92],
      ],
    ],
  ],
  '4 like lightning': [
    4,
    [
      [
        [65, 0],
        [20, 55],
        [80, 50],
        [45, 100],
      ],
    ],
  ],
  '1 with flag and foot': [
    1,
    [
      [
        [20, 35],
        [50, 5],
        [50, 95],
      ],
      [
        [15, 95],
        [85, 95],
      ],
    ],
  ],
  '7 with a bar': [
    7,
    [
      [
        [15, 8],
        [85, 8],
        [45, 100],
      ],
      [
        [30, 52],
        [80, 48],
      ],
    ],
  ],
  '9 with corners': [
    9,
    [
      [
        [80, 10],
        [25, 10],
        [25, 50],
        [80, 50],
        [80, 10],
        [80, 100],
      ],
    ],
  ],
};

/** A hand that draws it: other tremble, slant, size, pen and place each time. Not the page's variations. */
function drawn(strokes, chance) {
  const bell = () => 1.73 * (chance() + chance() + chance() + chance() - 2);
  const [turn, slant, wide, tall] = [
    0.1 * bell(),
    0.12 * bell(),
    1 + 0.12 * bell(),
    1 + 0.12 * bell(),
  ];
  const [pen, size] = [10 + 16 * chance(), 110 + 90 * chance()];
  const [left, top] = [0, 1].map(() => size / 2 + 20 + chance() * (SHEET.width - size - 40));
  return strokes.map((points) => {
    const stroke = new Stroke(pen);
    const shaken = points.map(([x, y]) => [x + 2.5 * bell(), y + 2.5 * bell()]);
    const add = ([x, y]) => {
      const v = ((y - 50) / 100) * tall;
      const u = ((x - 50) / 100) * wide - slant * v;
      stroke.add(
        left + size * (Math.cos(turn) * u - Math.sin(turn) * v),
        top + size * (Math.sin(turn) * u + Math.cos(turn) * v),
      );
    };
    shaken.slice(1).forEach(([x, y], i) => {
      const [x0, y0] = shaken[i];
      const steps = Math.max(2, Math.ceil(Math.hypot(x - x0, y - y0) / 2));
      for (let k = 0; k < steps; k++) {
        add([x0 + ((x - x0) * k) / steps, y0 + ((y - y0) * k) / steps]);
      }
    });
    add(shaken[shaken.length - 1]);
    return stroke;
  });
}

function inputOf(strokes, preparation) {
  const raster = new Raster(SHEET.width, SHEET.height);
  for (const stroke of strokes) {
    stroke.drawParts(0, raster.line.bind(raster));
    stroke.drawEnd(raster.line.bind(raster));
  }
  return prepare(raster, preparation);
}

const bytes = async (name) => new Uint8Array(await readFile(`${folder}/${name}`));
const examples = async (name) => ({
  images: await bytes(`${name}.images`),
  labels: new Int32Array((await bytes(`${name}.labels`)).slice().buffer),
});
const files = {
  'model.json': await bytes('model.json'),
  'weights.bin': await bytes('weights.bin'),
};
const core = await defaultCore();
const model = await Model.load(files, { core });
const base = model.getParameters();
const [train, test] = [await examples('train'), await examples('test')];
const preparation = model.preparation;

const accuracy = async () =>
  (await model.evaluate(test, { loss: 'sparse_categorical_crossentropy' })).accuracy;
const shareOf = (inputs, holds) => inputs.filter(holds).length / inputs.length;
const some = Array.from({ length: 1000 }, (_, i) => test.images.subarray(784 * i, 784 * (i + 1)));

const rows = [];
for (const [name, [label, strokes]] of Object.entries(ODD)) {
  const chance = chanceOf(77);
  const inputs = Array.from({ length: TRIED }, () => inputOf(drawn(strokes, chance), preparation));
  const reads = (input) => model.classify(input).label === label;
  model.setParameters(base);
  const before = { read: shareOf(inputs, reads), test: await accuracy() };
  const other = chanceOf(5);
  const lessons = Array.from({ length: Number(lessonCount) }, () => {
    const drawing = drawn(strokes, other);
    return {
      label,
      input: inputOf(drawing, preparation),
      lines: drawing.map(({ width, points }) => ({ width, points })),
    };
  });
  const teacher = new Teacher({
    model,
    base,
    core,
    preparation,
    sheet: SHEET,
    stored: train,
    plan: { seconds: 60 },
  });
  const { parameters, seconds } = await teacher.learn(lessons, new AbortController().signal);
  model.setParameters(parameters);
  const familiar = new Familiar(teacher.witness(), lessons, preparation, SHEET);
  rows.push({
    name,
    seconds,
    before,
    after: {
      read: shareOf(inputs, reads),
      sure: shareOf(inputs, (input) => familiar.sure(input, model.classify(input).label)),
      test: await accuracy(),
      refused: shareOf(some, (input) => !familiar.sure(input, model.classify(input).label)),
    },
  });
}
model.setParameters(base);
console.log(
  JSON.stringify({ rows, refused: shareOf(some, (input) => !model.classify(input).sure) }),
);
