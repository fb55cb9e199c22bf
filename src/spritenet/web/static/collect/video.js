// Images out of a video file: frames at even distances.

import { DataError } from '../lib/index.js';
import { squareOf } from './pixels.js';

/** @typedef {import('./pixels.js').Cut} Cut */

const MOST_FRAMES = 60;
const EVERY = 0.25; // seconds between two frames of a short video
const SIDE = 256; // pixels of the square that is cut from a frame
const PATIENCE = 8000; // milliseconds for a frame to come

/**
 * Resolves at an event, and rejects at an error or after a while.
 *
 * @param {HTMLVideoElement} video
 * @param {string} name
 * @param {string} where
 */
function reached(video, name, where) {
  return new Promise((resolve, reject) => {
    const fail = () =>
      reject(
        new DataError("it can't be played as a video", {
          where,
          todo: 'Take an MP4 or a WebM that this browser plays.',
        }),
      );
    const timer = setTimeout(fail, PATIENCE);
    const end = (/** @type {(value?: any) => void} */ act) => () => {
      clearTimeout(timer);
      act();
    };
    video.addEventListener(name, end(resolve), { once: true });
    video.addEventListener('error', end(fail), { once: true });
  });
}

/**
 * Returns frames of a video.
 *
 * @param {File} file
 * @param {AbortSignal} signal
 * @returns {Promise<Cut[]>}
 */
export async function framesOf(file, signal) {
  const video = document.createElement('video');
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const address = URL.createObjectURL(file);
  video.muted = true;
  video.playsInline = true;
  video.preload = 'auto';
  try {
    const ready = reached(video, 'loadeddata', file.name);
    video.src = address;
    await ready;
    const length = await lengthOf(video, file.name);
    const count = Math.max(1, Math.min(MOST_FRAMES, Math.floor(length / EVERY)));
    const cuts = [];
    for (let i = 0; i < count && !signal.aborted; i++) {
      const there = reached(video, 'seeked', file.name);
      video.currentTime = ((i + 0.5) * length) / count;
      await there;
      const { videoWidth, videoHeight } = video;
      const side = Math.min(videoWidth, videoHeight);
      if (!side || !context) throw new DataError('it has no images', { where: file.name });
      const [left, top] = [(videoWidth - side) / 2, (videoHeight - side) / 2];
      context.imageSmoothingQuality = 'high';
      context.drawImage(video, left, top, side, side, 0, 0, SIDE, SIDE);
      const { data, width, height } = context.getImageData(0, 0, SIDE, SIDE);
      cuts.push(squareOf({ data, width, height }));
    }
    return cuts;
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(address);
  }
}

/**
 * Returns the length in seconds. A recording of a browser doesn't state it: its end is looked for.
 *
 * @param {HTMLVideoElement} video
 * @param {string} where
 */
async function lengthOf(video, where) {
  if (Number.isFinite(video.duration)) return video.duration;
  const there = reached(video, 'seeked', where);
  video.currentTime = 1e7;
  await there;
  return Number.isFinite(video.duration) ? video.duration : video.currentTime;
}
