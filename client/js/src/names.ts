// Node paths and method names are sent once and are numbers from then on (docs/protocol.md, "Names").

import { MalformedError, PeerageError } from "./errors.js";
import { byteLength } from "./values.js";
import { MAX_NAME, MAX_NAMES } from "./wire.js";

/** The names of one session, in both directions. */
export class Names {
  readonly #ours = new Map<string, number>();
  #next = 0;
  #told = 0; // how many numbers the server knows the names of
  readonly #untold = new Map<number, string>();
  #freed: number[] = []; // that the server is still to forget
  readonly #theirs = new Map<number, string>();

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

  /** Hands those that the server does not know yet to send, in their order. */
  tell(send: (number: number, name: string) => void): void {
    for (const [number, name] of this.#untold) {
      send(number, name);
      this.#untold.delete(number);
      this.#told = number + 1;
    }
  }

  /** Gives a name back, whose number is not used again. */
  free(name: string): void {
    const n = this.#ours.get(name);
    if (n === undefined) return;
    this.#ours.delete(name);
    if (n < this.#told) this.#freed.push(n);
    else this.#untold.delete(n);
  }

  /** Hands what the server is to forget to send. */
  forget(send: (numbers: readonly number[]) => void): void {
    if (this.#freed.length === 0) return;
    send(this.#freed);
    this.#freed = [];
  }

  /** Takes the name that one of the server's numbers stands for. False if that is too many. */
  learn(number: number, name: string): boolean {
    const size = byteLength(name);
    if (size > MAX_NAME) throw new MalformedError(`a name of ${size} bytes: ${MAX_NAME} are the most`);
    if (this.#theirs.has(number)) throw new MalformedError(`name ${number} again`);
    if (this.#theirs.size >= MAX_NAMES) return false;
    this.#theirs.set(number, name);
    return true;
  }

  /** Forgets one of the server's. */
  unlearn(number: number): void {
    if (!this.#theirs.delete(number)) throw new MalformedError(`number ${number} was never named`);
  }

  /** What one of the server's numbers stands for. */
  of(number: number): string {
    const name = this.#theirs.get(number);
    if (name === undefined) throw new MalformedError(`number ${number} was never named`);
    return name;
  }
}
