/** Bounds the reports that one peer causes: a burst, then ten a second. */
export class Notices {
  #used = 0;
  #last = 0;

  allow(): boolean {
    const at = performance.now();
    const back = Math.floor((at - this.#last) / 100);
    if (back > 0) {
      this.#used = Math.max(0, this.#used - back);
      this.#last = at;
    }
    if (this.#used >= 32) return false;
    this.#used++;
    return true;
  }
}
