// A picture from outside, a file, dropped or pasted, as pixels of a bounded size.

import { DataError } from '../lib/index.js';

/** @typedef {import('./sheet.js').Picture} Picture */

const MOST_BYTES = 40e6; // of a file
const LONGEST = 2048; // pixels a side that are read back; `prepare` needs no more than 1024

/**
 * The first picture of a drop, a paste or a chosen file.
 *
 * @param {DataTransfer | FileList | null} from
 * @returns {File | null}
 */
export function pictureFile(from) {
  const files = from && 'files' in from ? from.files : from;
  return [...(files ?? [])].find(({ type }) => type.startsWith('image/')) ?? files?.[0] ?? null;
}

/**
 * Decodes a picture: upright, its own colours, as large as it is or made smaller to 2048 pixels.
 *
 * @param {Blob & { name?: string }} file
 * @returns {Promise<Picture>}  4 bytes a pixel
 */
export async function decodePicture(file) {
  const where = file.name ?? 'picture';
  if (file.size > MOST_BYTES) {
    throw new DataError('the image is too large', {
      where,
      expected: 'at most 40 MB',
      got: `${Math.round(file.size / 1e6)} MB`,
    });
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {
      imageOrientation: 'from-image',
      colorSpaceConversion: 'none',
    });
  } catch {
    throw new DataError("it can't be opened as an image", {
      where,
      todo: 'Take a PNG, JPEG, WebP or GIF.',
    });
  }
  try {
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new DataError('not enough memory for the image', { where });
    context.drawImage(bitmap, 0, 0, width, height);
    return { data: context.getImageData(0, 0, width, height).data, width, height };
  } finally {
    bitmap.close();
  }
}
