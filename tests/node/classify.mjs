// node classify.mjs: what a saved model's `classify` says of each image of `pixels.bin`, as JSON.
// Its input, on standard input, is a JSON object: the model's address, the file and, to see what is
// refused, an entry `rejection` that replaces the model's own.
import fs from 'node:fs';
import { Model, SpritenetError } from '../../src/spritenet/web/static/lib/index.js';

const { folder, pixels, rejection } = JSON.parse(fs.readFileSync(0, 'utf8'));
const content = JSON.parse(fs.readFileSync(`${folder}/model.json`, 'utf8'));
if (rejection !== undefined) content.userDefinedMetadata.spritenet.rejection = rejection;
const files = {
  'model.json': JSON.stringify(content),
  'weights.bin': fs.readFileSync(`${folder}/weights.bin`),
};
try {
  const model = await Model.load(files);
  const bytes = new Uint8Array(fs.readFileSync(pixels));
  const size = model.network.imageBytes;
  const answers = [];
  for (let at = 0; at < bytes.length; at += size) {
    const { probabilities, ...rest } = model.classify(bytes.subarray(at, at + size));
    answers.push({ ...rest, probabilities: [...probabilities] });
  }
  const again =
    JSON.parse(model.toFiles()['model.json']).userDefinedMetadata.spritenet.rejection ?? null;
  process.stdout.write(JSON.stringify({ answers, calibrated: model.calibrated, rejection: again }));
} catch (error) {
  if (!(error instanceof SpritenetError)) throw error;
  process.stdout.write(JSON.stringify({ error: error.message }));
}
