// The model for small devices, as int8 or as C code: files that the server of the page makes.

import { fileByServer, hasServer } from '../ui/server-files.js';
import { download } from '../ui/zip.js';
import { at, counted, on, tell } from './elements.js';

/** @typedef {import('./trainer.js').Trainer} Trainer */

const FILES = /** @type {const} */ ({ int8: 'model.int8', c: 'model-c.zip' });

/** Gives the files at a click, where the page has a server. @param {Trainer} trainer */
export function offerDeviceFiles(trainer) {
  at('device').hidden = !hasServer();
  for (const kind of /** @type {(keyof typeof FILES)[]} */ (Object.keys(FILES))) {
    on(`save-${kind}`, 'click', () => void give(trainer, kind));
  }
}

/** @param {Trainer} trainer @param {keyof typeof FILES} kind */
async function give({ model, lesson }, kind) {
  if (!model || !lesson) return;
  tell('keep-problem', null);
  at('keep-note').textContent = 'Calibrating on training images …';
  try {
    const { imageShape, train } = lesson;
    const file = await fileByServer(kind, model, { images: train.images, imageShape });
    download(file, FILES[kind]);
    at('keep-note').textContent = `Saved: ${FILES[kind]}, ${counted(file.size)} bytes.`;
  } catch (error) {
    at('keep-note').textContent = '';
    tell('keep-problem', error);
  }
}
