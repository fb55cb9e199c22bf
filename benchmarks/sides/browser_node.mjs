// node browser_node.mjs LIBRARY FOLDER ROUNDS: browser.py's figures in Node.js, as one JSON object.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { predict, prepare, train } from './browser.js';

const [library, folder, rounds] = process.argv.slice(2);
const bytes = (name) => new Uint8Array(fs.readFileSync(path.join(folder, name)));
const examples = (name) => ({
  images: bytes(`${name}.images`),
  labels: new Int32Array(bytes(`${name}.labels`).buffer),
});
await prepare(await import(pathToFileURL(path.join(library, 'index.js')).href), {
  train: examples('train'),
  test: examples('test'),
});
await train(100);
const speeds = [];
const milliseconds = [];
for (let i = 0; i < Number(rounds); i++) {
  speeds.push((await train(100))[1]);
  milliseconds.push(predict(500));
}
console.log(JSON.stringify({ version: process.version, speeds, milliseconds }));
