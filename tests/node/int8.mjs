// node int8.mjs FOLDER…: each folder holds `model.int8` and `pixels.bin`; writes the integers as
// `integers.bin`, and the outputs as `outputs.bin`.
import fs from 'node:fs';
import path from 'node:path';
import { QuantizedModel } from '../../src/spritenet/web/static/lib/index.js';

for (const where of process.argv.slice(2)) {
  const pixels = new Uint8Array(fs.readFileSync(path.join(where, 'pixels.bin')));
  const bytes = new Uint8Array(fs.readFileSync(path.join(where, 'model.int8')));
  const model = await QuantizedModel.load(bytes);
  fs.writeFileSync(path.join(where, 'integers.bin'), model.integers(pixels));
  fs.writeFileSync(path.join(where, 'outputs.bin'), model.predict(pixels));
}
try {
  await QuantizedModel.load(new Uint8Array(20));
} catch (error) {
  console.log(error.message);
}
