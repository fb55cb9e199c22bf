// The camera: asked for only while something shows it, and off as soon as nothing does.

import { DataError } from '../lib/index.js';
import { element } from './dom.js';

/** @typedef {{ data: Uint8ClampedArray, width: number, height: number }} Frame  4 bytes a pixel */

const SIDE = 256; // pixels of the square that is cut from a frame
const ADVICE = /** @type {Record<string, string>} */ ({
  NotAllowedError:
    'The browser does not allow the camera. Allow it beside the address, then open it again.',
  NotFoundError: 'No camera was found. Connect one, then open it again.',
  NotReadableError: 'Another program uses the camera. Close that, then open it again.',
  OverconstrainedError: 'This camera gives no such images.',
});

/** A square that shows the camera. */
export class View {
  constructor() {
    this.video = /** @type {HTMLVideoElement} */ (element('video', 'camera-video'));
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.setAttribute('aria-label', 'What the camera sees');
  }
}

export class Camera {
  /** @param {() => unknown} changed  it went on or off, or is mirrored or turned */
  constructor(changed) {
    this.changed = changed;
    /** @type {Set<View>} */
    this.views = new Set();
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {Promise<MediaStream> | null} */
    this.opening = null;
    this.mirrored = true;
    /** @type {'user' | 'environment'} */
    this.facing = 'user';
    /** Reads frames; made for the first one. @type {CanvasRenderingContext2D | null} */
    this.context = null;
  }

  get isOn() {
    return this.stream !== null;
  }

  /** Shows the camera in a view; the first view turns it on. @param {View} view */
  async open(view) {
    this.views.add(view);
    this.opening ??= this.start();
    try {
      const stream = await this.opening;
      if (!this.views.has(view)) return;
      view.video.srcObject = stream;
      await view.video.play().catch(() => {}); // it was taken off the page meanwhile
    } catch (error) {
      this.views.delete(view);
      throw error;
    } finally {
      this.opening = null;
      if (!this.views.size) this.stop();
      this.changed();
    }
  }

  async start() {
    if (this.stream) return this.stream;
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new DataError('the browser gives this page no camera', {
        todo: 'It does so on this machine (127.0.0.1), over https, and to a file opened from disk.',
      });
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: this.facing, width: { ideal: 640 }, height: { ideal: 480 } },
      });
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      throw new Error(ADVICE[name] ?? `The camera can't be opened: ${error}`, { cause: error });
    }
    const [track] = this.stream.getVideoTracks();
    track.addEventListener('ended', () => this.stop());
    return this.stream;
  }

  /** Shows it no longer in a view; the last one turns it off. @param {View} view */
  close(view) {
    this.views.delete(view);
    view.video.srcObject = null;
    if (!this.views.size) this.stop();
  }

  /** Turns it off, and its light. */
  stop() {
    if (!this.stream && !this.views.size) return;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    for (const view of this.views) view.video.srcObject = null;
    this.views.clear();
    this.changed();
  }

  mirror() {
    this.mirrored = !this.mirrored;
    this.changed();
  }

  /** The camera on the other side of a phone. */
  async turn() {
    this.facing = this.facing === 'user' ? 'environment' : 'user';
    this.mirrored = this.facing === 'user';
    const views = [...this.views];
    this.stop();
    for (const view of views) await this.open(view);
  }

  /** Returns the square in the middle of what a view shows; null before there is a frame. @param {View} view @returns {Frame | null} */
  frame({ video }) {
    const context = (this.context ??= surface());
    const { videoWidth, videoHeight } = video;
    const side = Math.min(videoWidth, videoHeight);
    if (!context || !side || !this.stream) return null;
    context.setTransform(this.mirrored ? -1 : 1, 0, 0, 1, this.mirrored ? SIDE : 0, 0);
    context.imageSmoothingQuality = 'high';
    const [left, top] = [(videoWidth - side) / 2, (videoHeight - side) / 2];
    context.drawImage(video, left, top, side, side, 0, 0, SIDE, SIDE);
    return context.getImageData(0, 0, SIDE, SIDE);
  }
}

/** A canvas of a frame's size, to be read often. */
function surface() {
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  return canvas.getContext('2d', { willReadFrequently: true });
}
