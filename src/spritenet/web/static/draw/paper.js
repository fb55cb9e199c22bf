// The canvas a person draws on, and the hand: mouse, finger, pen, or the keyboard's arrows.
//
// Shows strokes and tells of their points; keeps nothing.

/** @typedef {import('./stroke.js').Stroke} Stroke */
/** @typedef {import('./sheet.js').Picture} Picture */
/**
 * @typedef {object} Hand
 * @property {(x: number, y: number, share: number) => unknown} begin
 * @property {(x: number, y: number, share: number) => unknown} move
 * @property {() => unknown} end
 * @property {() => unknown} cancel  the stroke was no stroke: a palm, or the system's gesture
 */

const KEY_STEP = 8; // units of the sheet; with Shift a quarter
const KEY_STEPS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

export class Paper {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} pen  shown where the keyboard's pen is
   * @param {{ width: number, height: number }} size  of the sheet, in units
   * @param {Hand} hand
   */
  constructor(canvas, pen, size, hand) {
    this.canvas = canvas;
    this.pen = pen;
    this.size = size;
    this.hand = hand;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    /** The pointer that draws. @type {number | null} */
    this.pointer = null;
    this.pointerType = '';
    this.keys = { x: size.width / 2, y: size.height / 4, down: false };
    this.part = 0;
    this.fitted = false;
    this.line = this.drawLine.bind(this);
    canvas.style.aspectRatio = `${size.width} / ${size.height}`;
    // Without it, Chromium waits after a fast stroke for a second tap, and drops a tap on a button.
    const still = (/** @type {Event} */ event) => event.cancelable && event.preventDefault();
    canvas.addEventListener('touchstart', still, { passive: false });
    canvas.addEventListener('pointerdown', (event) => this.down(event));
    canvas.addEventListener('pointermove', (event) => this.move(event));
    canvas.addEventListener('pointerup', (event) => this.up(event));
    canvas.addEventListener('pointercancel', (event) => this.cancelled(event));
    canvas.addEventListener('lostpointercapture', (event) => this.up(event));
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('blur', () => {
      this.liftKeys();
      canvas.classList.remove('by-hand');
    });
  }

  /**
   * Gives the canvas as many pixels as the screen shows of it. Returns whether that changed it. Not
   * called before the browser has laid out the page, which takes longer than anything else: a
   * ResizeObserver calls it then.
   */
  fit() {
    const { canvas, size } = this;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const width = Math.max(1, Math.round((canvas.clientWidth || size.width) * ratio));
    const height = Math.max(1, Math.round((width * size.height) / size.width));
    if (this.fitted && canvas.width === width && canvas.height === height) return false;
    this.fitted = true;
    canvas.width = width;
    canvas.height = height;
    return true;
  }

  /** Canvas pixels of one unit. */
  get scale() {
    return this.canvas.width / this.size.width;
  }

  /**
   * Returns the place of an event on the sheet, in units; outside of it too, within reason.
   *
   * @param {PointerEvent} event
   * @param {DOMRect} box
   */
  place(event, box) {
    const { width, height } = this.size;
    const x = ((event.clientX - box.left) / box.width) * width;
    const y = ((event.clientY - box.top) / box.height) * height;
    const share =
      event.pointerType === 'pen' && event.pressure > 0 ? 0.4 + 1.2 * event.pressure : 1;
    return /** @type {const} */ ([
      Math.max(-width, Math.min(2 * width, x)),
      Math.max(-height, Math.min(2 * height, y)),
      share,
    ]);
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0) return;
    if (this.pointer !== null) {
      // A pen takes over from the hand that rests beside it; any other second pointer is ignored.
      if (event.pointerType !== 'pen' || this.pointerType === 'pen') return;
      this.hand.cancel();
    }
    event.preventDefault();
    this.liftKeys();
    this.canvas.classList.add('by-hand'); // no ring around the focus
    this.canvas.focus({ preventScroll: true });
    this.pointer = event.pointerId;
    this.pointerType = event.pointerType;
    try {
      this.canvas.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that is gone already, or a program's.
    }
    this.hand.begin(...this.place(event, this.canvas.getBoundingClientRect()));
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId !== this.pointer) return;
    event.preventDefault();
    const box = this.canvas.getBoundingClientRect();
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.hand.move(...this.place(one, box));
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.hand.end();
  }

  /** @param {PointerEvent} event */
  cancelled(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.hand.cancel();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.pointer !== null) return;
    const { keys, size } = this;
    const direction = KEY_STEPS[event.key];
    if (direction) {
      const step = event.shiftKey ? KEY_STEP / 4 : KEY_STEP;
      keys.x = Math.max(0, Math.min(size.width, keys.x + step * direction[0]));
      keys.y = Math.max(0, Math.min(size.height, keys.y + step * direction[1]));
      if (keys.down) this.hand.move(keys.x, keys.y, 1);
    } else if (event.key === ' ') {
      if (keys.down) {
        this.liftKeys();
      } else {
        keys.down = true;
        this.hand.begin(keys.x, keys.y, 1);
      }
    } else {
      return;
    }
    event.preventDefault();
    this.canvas.classList.remove('by-hand');
    this.showPen();
  }

  /** Ends the stroke that the keyboard draws, if there is one. */
  liftKeys() {
    this.pen.hidden = true;
    if (!this.keys.down) return;
    this.keys.down = false;
    this.hand.end();
  }

  showPen() {
    const { keys, pen, size } = this;
    pen.hidden = false;
    pen.classList.toggle('down', keys.down);
    pen.style.left = `${(100 * keys.x) / size.width}%`;
    pen.style.top = `${(100 * keys.y) / size.height}%`;
  }

  /** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {number} radius */
  drawLine(x0, y0, x1, y1, radius) {
    const { context } = this;
    context.lineWidth = 2 * radius;
    context.beginPath();
    context.moveTo(x0, y0);
    // A line of no length has no ends to be round.
    context.lineTo(x1 === x0 && y1 === y0 ? x1 + 1e-3 : x1, y1);
    context.stroke();
  }

  /**
   * Draws all of it again.
   *
   * @param {readonly Stroke[]} strokes
   * @param {Picture | null} picture
   */
  redraw(strokes, picture) {
    const { context, canvas, scale } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (picture) this.drawPicture(picture);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.lineCap = 'round';
    context.strokeStyle = getComputedStyle(canvas).color;
    for (const stroke of strokes) {
      stroke.drawParts(0, this.line);
      stroke.drawEnd(this.line);
    }
    this.part = 0;
  }

  /** @param {Stroke} stroke  that is being drawn */
  extend(stroke) {
    this.part = stroke.drawParts(this.part, this.line);
    stroke.drawEnd(this.line);
  }

  /** The whole picture, as large as fits. @param {Picture} picture */
  drawPicture({ data, width, height }) {
    const { context, canvas } = this;
    const channels = data.length / (width * height);
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let k = 0; k < 3; k++) {
        image.data[4 * i + k] = data[i * channels + (channels > 2 ? k : 0)];
      }
      image.data[4 * i + 3] = channels === 4 ? data[4 * i + 3] : 255;
    }
    const whole = document.createElement('canvas');
    whole.width = width;
    whole.height = height;
    whole.getContext('2d')?.putImageData(image, 0, 0);
    const scale = Math.min(canvas.width / width, canvas.height / height);
    const [w, h] = [width * scale, height * scale];
    context.imageSmoothingEnabled = scale < 3;
    context.imageSmoothingQuality = 'high';
    context.drawImage(whole, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
  }
}
