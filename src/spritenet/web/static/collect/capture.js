// The two ways to make images inside a class: hold a button while the camera looks, or draw.

import { element } from '../ui/dom.js';
import { View } from '../ui/camera.js';
import { squareOf } from './pixels.js';
import { Sketch, button } from './sketch.js';

/** @typedef {import('../ui/camera.js').Camera} Camera */
/** @typedef {import('./pixels.js').Cut} Cut */
/** @typedef {(cut: Cut, source: 'camera' | 'drawing', burst: string) => boolean} Take  false if there is no room */

const EVERY = 125; // milliseconds between two images while the button is held

/** Records from the camera. */
export class CameraCapture {
  /**
   * @param {Camera} camera
   * @param {Take} take
   * @param {() => unknown} close
   * @param {(error: unknown) => unknown} failed
   */
  constructor(camera, take, close, failed) {
    this.camera = camera;
    this.take = take;
    this.failed = failed;
    this.view = new View();
    this.bursts = 0;
    this.taken = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.place = element('div', 'capture camera-capture');
    const frame = element('div', 'viewfinder');
    frame.append(this.view.video);
    this.record = button('Hold to record', () => {}, 'primary record');
    this.record.disabled = true;
    this.mirror = button('Mirror', () => camera.mirror());
    const turn = button('Other camera', () => void camera.turn().catch(failed));
    this.told = element('p', 'small faint', 'Starting the camera …');
    this.told.setAttribute('role', 'status');
    const tools = element('div', 'row tools');
    tools.append(this.mirror, turn, button('Close the camera', close));
    const side = element('div', 'beside');
    side.append(this.record, this.told, tools);
    this.place.append(frame, side);
    this.listen();
  }

  listen() {
    const { record } = this;
    record.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      record.setPointerCapture(event.pointerId);
      this.begin();
    });
    for (const kind of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) {
      record.addEventListener(kind, () => this.end());
    }
    record.addEventListener('contextmenu', (event) => event.preventDefault()); // of a long press
    record.addEventListener('keydown', (event) => {
      if (event.repeat || (event.key !== ' ' && event.key !== 'Enter')) return;
      event.preventDefault();
      this.begin();
    });
    record.addEventListener('keyup', (event) => {
      if (event.key === ' ' || event.key === 'Enter') this.end();
    });
    // A screen reader presses without a pointer or a key.
    record.addEventListener('click', (event) => {
      if (event.detail === 0 && !this.timer && performance.now() - this.ended > 400) {
        this.begin();
        this.end();
      }
    });
  }

  ended = -1e6;

  begin() {
    if (this.timer) return;
    this.bursts++;
    this.taken = 0;
    this.record.classList.add('recording');
    this.timer = setInterval(() => this.shoot(), EVERY);
    this.shoot();
  }

  end() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.ended = performance.now();
    this.record.classList.remove('recording');
    this.told.textContent = `${this.taken} taken`;
  }

  shoot() {
    const frame = this.camera.frame(this.view);
    if (!frame) return;
    if (!this.take(squareOf(frame), 'camera', `burst ${this.bursts}`)) return this.end();
    this.taken++;
    this.record.dataset.count = String(this.taken);
    return undefined;
  }

  async open() {
    try {
      await this.camera.open(this.view);
      this.told.textContent = 'Hold the button, or the space bar: 8 images a second.';
    } catch (error) {
      this.told.textContent = '';
      this.failed(error);
    }
    this.show();
  }

  /** Shows whether the camera is on and mirrored. */
  show() {
    const isOn = this.camera.views.has(this.view) && this.camera.isOn;
    this.record.disabled = !isOn;
    if (!isOn) this.end();
    this.mirror.setAttribute('aria-pressed', String(this.camera.mirrored));
    this.view.video.classList.toggle('mirrored', this.camera.mirrored);
  }

  close() {
    this.end();
    this.camera.close(this.view);
  }
}

/** Takes drawings. */
export class DrawingCapture {
  /** @param {Take} take @param {() => unknown} close */
  constructor(take, close) {
    this.take = take;
    this.sketch = new Sketch({ hint: 'Draw here', changed: () => this.show() });
    this.place = element('div', 'capture drawing-capture');
    this.add = button('Add the drawing', () => this.keep(), 'primary');
    const tools = element('div', 'row tools');
    tools.append(this.sketch.undoButton, this.sketch.clearButton, button('Close the paper', close));
    const side = element('div', 'beside');
    const help =
      'Add it, and draw the next: different sizes, places and hands. Enter adds it, too.';
    side.append(this.add, element('p', 'small faint', help), tools);
    this.place.append(this.sketch.place, side);
    this.sketch.canvas.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.keep();
    });
  }

  async open() {
    this.sketch.paper.fit();
    this.sketch.redraw();
  }

  show() {
    this.add.disabled = this.sketch.isEmpty;
  }

  keep() {
    this.sketch.end();
    if (this.sketch.isEmpty) return;
    const hadFocus = document.activeElement === this.add;
    if (!this.take(squareOf(this.sketch.picture()), 'drawing', '')) return;
    this.sketch.empty();
    if (hadFocus) this.sketch.canvas.focus({ preventScroll: true });
  }

  close() {
    this.sketch.empty();
  }
}
