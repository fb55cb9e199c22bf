// Frame: one drawing at the next animation frame, however often it is asked for.

export class Frame {
  /** @param {() => unknown} draw */
  constructor(draw) {
    this.draw = draw;
    this.request = 0;
  }

  /** Draws at the next frame. */
  schedule() {
    this.request ||= requestAnimationFrame(() => {
      this.request = 0;
      this.draw();
    });
  }

  /** Draws at once, and not at the next frame. */
  now() {
    this.cancel();
    this.draw();
  }

  /** Drops what is scheduled. */
  cancel() {
    cancelAnimationFrame(this.request);
    this.request = 0;
  }
}
