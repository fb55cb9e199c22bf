// node int8.mjs FOLDER…: each folder holds `model.int8` and `pixels.bin`; writes the integers of both
// builds of the core as `integers.bin` and `integers-relaxed.bin`, and `outputs.bin`.
import fs from 'node:fs';
import path from 'node:path';
import { Core, QuantizedModel } from '../../src/spritenet/web/static/lib/index.js';

const builds = { 'integers.bin': false, 'integers-relaxed.bin': true };
for (const where of process.argv.slice(2)) {
  const pixels = new Uint8Array(fs.readFileSync(path.join(where, 'pixels.bin')));
  const bytes = new Uint8Array(fs.readFileSync(path.join(where, 'model.int8')));
  for (const [name, relaxed] of Object.entries(builds)) {
    const core = await Core.load({ relaxed });
    const model = await QuantizedModel.load(bytes, { core });
    fs.writeFileSync(path.join(where, name), model.integers(pixels));
    if (!relaxed) fs.writeFileSync(path.join(where, 'outputs.bin'), model.predict(pixels));
  }
}
try {
  await QuantizedModel.load(new Uint8Array(20));
} catch (error) {
  console.log(error.message);
}
