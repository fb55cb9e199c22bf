// Files to and from the person's computer, and whether a model fits the images.

import { droppedFiles } from './pictures.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {import('./parts.js').Lesson} Lesson */

/**
 * Why a model can't see these images; '' if it can.
 *
 * @param {RemoteModel} model
 * @param {Lesson} lesson
 */
export function unlike(model, { imageShape, classNames, isMultiLabel }) {
  if (String(model.imageShape) !== String(imageShape)) {
    return `The model takes images of ${model.imageShape.join('×')}, these are ${imageShape.join('×')}. Load the images it was trained on.`;
  }
  if (model.outputs !== classNames.length) {
    return `The model has ${model.outputs} classes, these images have ${classNames.length}.`;
  }
  const last = model.layers[model.layers.length - 1];
  const end = last.className === 'Softmax' ? 'softmax' : last.config.activation;
  const wanted = isMultiLabel ? 'sigmoid' : 'softmax';
  if (end !== wanted) {
    return `The model's last layer ends with ${end ?? 'no activation'}, not with ${wanted}: it can't be trained on these images.`;
  }
  return '';
}

/**
 * Returns what was loaded, and what was assumed of it.
 *
 * @param {readonly File[]} files
 * @param {readonly string[]} notes
 */
export function loadedText(files, notes) {
  return `${[`Loaded: ${files.map(({ name }) => name).join(', ')}`, ...notes].join('. ')}.`;
}

/**
 * Gives files to the person: the browser saves each.
 *
 * @param {Record<string, string | Uint8Array>} files
 */
export function save(files) {
  for (const [name, content] of Object.entries(files)) {
    const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    const url = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (content)], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

/**
 * Files dropped anywhere on the page.
 *
 * @param {(files: File[]) => unknown} take
 */
export function onDrop(take) {
  let inside = 0;
  /** @param {number} change */
  const mark = (change) => {
    inside = Math.max(0, inside + change);
    document.body.classList.toggle('dropping', inside > 0);
  };
  addEventListener('dragenter', () => mark(1));
  addEventListener('dragleave', () => mark(-1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    mark(-inside);
    if (!event.dataTransfer) return;
    void droppedFiles(event.dataTransfer).then((files) => {
      if (files.length) take(files);
    });
  });
}

/**
 * A button that opens the browser's choice of files.
 *
 * @param {HTMLElement} button
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => unknown} take
 */
export function onChoice(button, input, take) {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = ''; // the same files may be chosen again
    if (files.length) take(files);
  });
}
