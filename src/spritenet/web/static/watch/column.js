// Numbers that grow at their end, in one typed array: 100,000 of them take 0.8 MB.

export class Column {
  #data = new Float64Array(1024);
  length = 0;

  /** @param {number} value  NaN for none */
  push(value) {
    if (this.length === this.#data.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.length] = value;
    this.length += 1;
  }

  /** The numbers, as they are now; not a copy. */
  get values() {
    return this.#data.subarray(0, this.length);
  }

  /** The last number; NaN if there is none. */
  get last() {
    return this.length ? this.#data[this.length - 1] : NaN;
  }

  clear() {
    this.length = 0;
  }
}
