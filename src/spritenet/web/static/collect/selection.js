// The images that are selected, and how keys and clicks change that. No DOM.

export class Selection {
  /** @param {() => unknown} changed */
  constructor(changed) {
    /** @type {Set<number>} */
    this.ids = new Set();
    /** The image at which a range begins. @type {number | null} */
    this.anchor = null;
    this.changed = changed;
  }

  get size() {
    return this.ids.size;
  }

  /** @param {number} id */
  has(id) {
    return this.ids.has(id);
  }

  /** Selects an image, or no longer. @param {number} id */
  toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = id;
    this.changed();
  }

  /**
   * Selects everything from the anchor to an image.
   *
   * @param {number} id
   * @param {readonly number[]} order  of the images that are shown
   */
  extend(id, order) {
    const [a, b] = [order.indexOf(this.anchor ?? id), order.indexOf(id)];
    if (a < 0) return this.toggle(id);
    for (let i = Math.min(a, b); i <= Math.max(a, b); i++) this.ids.add(order[i]);
    return this.changed();
  }

  /** @param {Iterable<number>} ids */
  set(ids) {
    this.ids = new Set(ids);
    this.anchor = [...this.ids].at(-1) ?? null;
    this.changed();
  }

  clear() {
    if (this.ids.size) this.set([]);
  }

  /** Forgets images that are there no longer. @param {ReadonlySet<number>} there */
  keepOnly(there) {
    const before = this.ids.size;
    for (const id of this.ids) if (!there.has(id)) this.ids.delete(id);
    if (this.ids.size !== before) this.changed();
  }
}
