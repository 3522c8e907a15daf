// This machine's clock, and timers for waits of any length: setTimeout fires at once over 2^31-1 ms.

const LONGEST = 2 ** 31 - 1;

/** Calls f after a delay in milliseconds, Infinity for never. Returns what calls it off. */
export function after(delay: number, f: () => void): () => void {
  let handle: ReturnType<typeof setTimeout> | undefined;
  const wait = (left: number): void => {
    if (left === Infinity) return;
    const piece = Math.min(left, LONGEST);
    handle = setTimeout(() => (left > piece ? wait(left - piece) : f()), piece);
  };
  wait(delay);
  return () => clearTimeout(handle);
}

/** Timers by their names: one that is set again begins anew. */
export class Timers {
  readonly #off = new Map<string, () => void>();

  set(name: string, delay: number, f: () => void): void {
    this.stop(name);
    this.#off.set(
      name,
      after(delay, () => {
        this.#off.delete(name);
        f();
      }),
    );
  }

  has(name: string): boolean {
    return this.#off.has(name);
  }

  stop(...names: string[]): void {
    for (const name of names) {
      this.#off.get(name)?.();
      this.#off.delete(name);
    }
  }

  stopAll(): void {
    this.stop(...this.#off.keys());
  }
}

/** This machine's clock: milliseconds since 1970, with a fraction, never set back while the page lives. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** This machine's clock in microseconds, as the wire has it. */
export function micros(): number {
  return Math.round(now() * 1000);
}
