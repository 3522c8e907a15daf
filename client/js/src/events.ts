import { HandlerError, messageOf } from "./errors.js";

type Listener<A extends unknown[]> = (...args: A) => void;

/** Tells listeners of events, in the order in which they were added. */
export class Emitter<E extends { [K in keyof E]: unknown[] }> {
  readonly #listeners = new Map<keyof E, Listener<any>[]>();

  /** Calls listener at every event of that name, and returns what undoes it. */
  on<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return () => this.off(event, listener);
  }

  /** Calls listener at the next event of that name only. */
  once<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    const off = this.on(event, (...args: E[K]) => {
      off();
      listener(...args);
    });
    return off;
  }

  /** Undoes on. */
  off<K extends keyof E>(event: K, listener: Listener<E[K]>): void {
    const all = this.#listeners.get(event) ?? [];
    const i = all.indexOf(listener);
    if (i >= 0) this.#listeners.set(
      event,
      all.filter((_, j) => j !== i),
    );
  }

  /** @internal Calls the listeners; what one throws is an error event, never an exception here. */
  protected emit<K extends keyof E>(event: K, ...args: E[K]): void {
    const all = this.#listeners.get(event) ?? [];
    if (event === "error" && all.length === 0) console.warn("peerage:", ...args);
    for (const listener of all) {
      try {
        listener(...args);
      } catch (e) {
        const error = new HandlerError(`a listener of ${String(event)} threw: ${messageOf(e)}`, { cause: e });
        if (event === "error") console.error("peerage:", error);
        else this.emit("error" as K, ...([error] as unknown[] as E[K]));
      }
    }
  }
}
