// The camera in place of the sheet: each frame is classified, the last one stays when it is closed.

import { Camera, View } from '../ui/camera.js';

/** @typedef {import('../ui/camera.js').Frame} Frame */
/**
 * @typedef {object} Places
 * @property {HTMLElement} paper  where the camera is shown
 * @property {HTMLButtonElement} toggle
 * @property {HTMLElement} tools
 * @property {HTMLButtonElement} mirror
 * @property {HTMLButtonElement} turn
 */

const EVERY = 90; // milliseconds between two frames that are classified

export class Viewfinder {
  /**
   * @param {Places} places
   * @param {boolean} mirrored  as in a mirror; letters aren't
   * @param {{ frame: (frame: Frame, first: boolean) => unknown, closed: () => unknown, failed: (error: unknown) => unknown }} ear
   */
  constructor(places, mirrored, ear) {
    this.places = places;
    this.ear = ear;
    this.view = new View();
    this.camera = new Camera(() => this.show());
    this.camera.mirrored = mirrored;
    this.isOpen = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    const { toggle, mirror, turn } = places;
    toggle.hidden = !navigator.mediaDevices;
    toggle.onclick = () => (this.isOpen ? this.close() : void this.open());
    mirror.onclick = () => this.camera.mirror();
    turn.onclick = () => void this.camera.turn().catch(ear.failed);
    document.addEventListener('visibilitychange', () => document.hidden && this.close());
  }

  async open() {
    this.isOpen = true;
    this.show();
    try {
      await this.camera.open(this.view);
    } catch (error) {
      this.close();
      this.ear.failed(error);
      return;
    }
    if (!this.isOpen) return;
    this.places.paper.append(this.view.video);
    let first = true;
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      const frame = this.camera.frame(this.view);
      if (!frame) return;
      this.ear.frame(frame, first);
      first = false;
    }, EVERY);
  }

  /** Turns the camera off; nothing happens if it is. */
  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearInterval(this.timer);
    this.timer = undefined;
    this.view.video.remove();
    this.camera.close(this.view);
    this.show();
    this.ear.closed();
  }

  /** Follows the camera: it may have been unplugged. */
  show() {
    const { camera, view, isOpen, places } = this;
    if (isOpen && this.timer && !camera.isOn && !camera.opening) return this.close();
    places.toggle.textContent = isOpen ? 'Close the camera' : 'Camera';
    places.tools.hidden = !isOpen;
    places.mirror.setAttribute('aria-pressed', String(camera.mirrored));
    view.video.classList.toggle('mirrored', camera.mirrored);
  }
}
