import type { TransferMode } from "./wire.js";

/** How a packet travels. */
export interface Delivery {
  readonly channel: number;
  readonly mode: TransferMode;
  /** Tells unreliable ordered packets of one channel apart: one replaces only those of its own key. */
  readonly key: string;
}

/** A message that waits for the connection. */
export interface Queued extends Delivery {
  readonly message: Uint8Array;
}

/** Holds what a congested connection could not take yet. */
export class Outbox {
  #queue: Queued[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Puts q in the place of an older unreliable ordered packet of its channel and key: last, so order holds. */
  replace(q: Queued): boolean {
    const i = this.#queue.findIndex((o) => o.mode === "unreliable_ordered" && o.channel === q.channel && o.key === q.key);
    if (i < 0) return false;
    this.#remove(i);
    this.push(q);
    return true;
  }

  /** Makes room by the oldest packet that is not reliable, and tells whether there was one. */
  dropOldest(): boolean {
    const i = this.#queue.findIndex((o) => o.mode !== "reliable");
    if (i < 0) return false;
    this.#remove(i);
    return true;
  }

  push(q: Queued): void {
    this.#queue.push(q);
    this.#bytes += q.message.length;
  }

  /** Hands messages to send, lower channels first, until it says no. */
  drain(send: (q: Queued) => boolean): void {
    this.#queue.sort((a, b) => a.channel - b.channel);
    let n = 0;
    while (n < this.#queue.length && send(this.#queue[n]!)) this.#bytes -= this.#queue[n++]!.message.length;
    this.#queue.splice(0, n);
  }

  clear(): void {
    this.#queue = [];
    this.#bytes = 0;
  }

  #remove(i: number): void {
    this.#bytes -= this.#queue[i]!.message.length;
    this.#queue.splice(i, 1);
  }
}
