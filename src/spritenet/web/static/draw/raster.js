// Ink on a grid of grey pixels, drawn by arithmetic: a canvas's pixels are not the same for every
// visitor (some browsers change what a page may read back), these are.

export class Raster {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    /** 0 where there is no ink, 255 where there is. */
    this.data = new Uint8Array(width * height);
  }

  clear() {
    this.data.fill(0);
  }

  /** @param {Raster} other  of the same size */
  copy(other) {
    this.data.set(other.data);
  }

  /**
   * A line with round ends, its edge one pixel soft. Where lines cross, the darker one counts, so the
   * order of lines doesn't matter.
   *
   * @param {number} x0
   * @param {number} y0
   * @param {number} x1
   * @param {number} y1
   * @param {number} radius
   */
  line(x0, y0, x1, y1, radius) {
    const { width, height, data } = this;
    const outer = radius + 0.5;
    const inner = Math.max(0, radius - 0.5);
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - outer));
    const right = Math.min(width - 1, Math.ceil(Math.max(x0, x1) + outer));
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - outer));
    const bottom = Math.min(height - 1, Math.ceil(Math.max(y0, y1) + outer));
    const dx = x1 - x0;
    const dy = y1 - y0;
    const squared = dx * dx + dy * dy;
    for (let r = top; r <= bottom; r++) {
      const py = r + 0.5 - y0;
      for (let c = left, at = r * width + left; c <= right; c++, at++) {
        if (data[at] === 255) continue;
        const px = c + 0.5 - x0;
        const along = squared > 0 ? Math.max(0, Math.min(1, (px * dx + py * dy) / squared)) : 0;
        const ex = px - along * dx;
        const ey = py - along * dy;
        const distance = ex * ex + ey * ey;
        if (distance >= outer * outer) continue;
        const ink =
          distance <= inner * inner
            ? 255
            : Math.round(255 * Math.min(1, outer - Math.sqrt(distance)));
        if (ink > data[at]) data[at] = ink;
      }
    }
  }
}
