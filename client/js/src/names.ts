// Node paths and method names are sent once and are numbers from then on (docs/protocol.md, "Names").

import type { Connection } from "./connection.js";
import { ArgumentError, MalformedError, PeerageError } from "./errors.js";
import { pack } from "./msgpack.js";
import { CONTROL } from "./outbox.js";
import { byteLength } from "./values.js";
import { CloseCode, MAX_NAME, MAX_NAMES, PacketOp } from "./wire.js";

/** The names of one session, in both directions. */
export class Names {
  readonly #ours = new Map<string, number>();
  #next = 0;
  readonly #untold = new Map<number, string>();
  #freed: number[] = []; // that the server is still to forget
  readonly #theirs = new Map<number, string>();

  constructor(private readonly connection: Connection) {}

  /** Begins anew, with a session. */
  reset(): void {
    for (const map of [this.#ours, this.#untold, this.#theirs]) map.clear();
    this.#next = 0;
    this.#freed = [];
  }

  /** The number of one of our names. */
  number(name: string): number {
    let n = this.#ours.get(name);
    if (n === undefined) {
      if (this.#ours.size >= MAX_NAMES) {
        throw new PeerageError(`a session has at most ${MAX_NAMES} names of nodes and methods at once: free nodes that are gone`);
      }
      n = this.#next++;
      this.#ours.set(name, n);
      this.#untold.set(n, name);
    }
    return n;
  }

  /** Tells the server those that it does not know yet, in their order. */
  tell(): void {
    for (const [number, name] of this.#untold) {
      this.connection.send(pack(PacketOp.name, number, name), CONTROL);
      this.#untold.delete(number);
    }
  }

  /** Gives a name back, whose number is not used again, and has the server forget it, behind all that was sent with it. */
  free(name: string): void {
    if (!this.connection.knows(PacketOp.forget)) return; // then the server keeps the name for ever
    const n = this.#ours.get(name);
    this.#ours.delete(name);
    if (n !== undefined && !this.#untold.delete(n)) this.#freed.push(n);
    if (this.#freed.length === 0) return;
    try {
      this.connection.send(pack(PacketOp.forget, ...this.#freed), { ...CONTROL, channel: 255 });
      this.#freed = [];
    } catch {
      // There is no room for it: the next one tells it, too.
    }
  }

  /** Takes the name that one of the server's numbers stands for. */
  learn(number: number, name: string): void {
    const size = byteLength(name);
    if (size > MAX_NAME) throw new MalformedError(`a name of ${size} bytes: ${MAX_NAME} are the most`);
    if (this.#theirs.has(number)) throw new MalformedError(`name ${number} again`);
    if (this.#theirs.size >= MAX_NAMES) {
      this.connection.reject(CloseCode.disconnected, "too many names");
      throw new MalformedError(`more than ${MAX_NAMES} names`);
    }
    this.#theirs.set(number, name);
  }

  /** Forgets one of the server's. */
  unlearn(number: number): void {
    this.of(number);
    this.#theirs.delete(number);
  }

  /** What one of the server's numbers stands for. */
  of(number: number): string {
    const name = this.#theirs.get(number);
    if (name === undefined) throw new MalformedError(`number ${number} was never named`);
    return name;
  }
}

/** Refuses a name of a node or a method that cannot travel: the names after it would not get through either. */
export function checkName(name: string): void {
  const size = byteLength(name);
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
  if (size > MAX_NAME) throw new ArgumentError(`the name ${shown} has ${size} bytes: ${MAX_NAME} are the most`);
  if (/\p{Surrogate}/u.test(name)) throw new ArgumentError(`the name ${shown} has half a character in it`);
  if (name.includes("\0")) throw new ArgumentError(`the name ${shown} has a NUL in it`);
}
