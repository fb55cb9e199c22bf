// node classify.mjs: what a saved model's `classify` says of each image of `pixels.bin`, as JSON.
// Its input, on standard input, is a JSON object: the model's address, the file and, to see what is
// refused, an entry `doubt` to be put in the place of the model's own.
import fs from 'node:fs';
import { Model, SpritenetError } from '../../src/spritenet/web/static/lib/index.js';

const { folder, pixels, doubt } = JSON.parse(fs.readFileSync(0, 'utf8'));
const content = JSON.parse(fs.readFileSync(`${folder}/model.json`, 'utf8'));
if (doubt !== undefined) content.userDefinedMetadata.spritenet.doubt = doubt;
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
    JSON.parse(model.toFiles()['model.json']).userDefinedMetadata.spritenet.doubt ?? null;
  process.stdout.write(JSON.stringify({ answers, calibrated: model.calibrated, doubt: again }));
} catch (error) {
  if (!(error instanceof SpritenetError)) throw error;
  process.stdout.write(JSON.stringify({ error: error.message }));
}
