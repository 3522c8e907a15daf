// A session with the server: what outlives a connection, so that the next one can go on with it
// (docs/protocol.md, "Resuming"). What was sent in it and may be missing there is in the outbox.

import type { CloseError } from "./errors.js";
import type { Welcome } from "./handshake.js";
import { now } from "./timers.js";

const ACK_PACKETS = 64;
const ACK_BYTES = 16 << 10;

export class Session {
  /** Reliable packets that came. */
  received = 0;
  /** Why its last connection was lost; null while it has one. */
  lost: CloseError | null = null;
  #ends = Infinity; // when it can be resumed no more
  #unacked = { packets: 0, bytes: 0 };

  constructor(
    readonly welcome: Welcome,
    /** Where it was given. */
    readonly home: URL,
  ) {}

  get resumable(): boolean {
    return this.welcome.window > 0;
  }

  /** Its connection is lost. The window does not count the grace: milliseconds in which the server wants to be left alone. */
  lose(error: CloseError, grace: number): void {
    this.lost = error;
    this.#ends = now() + this.welcome.window + grace;
  }

  /** How much is left of the time in which it can be resumed, in milliseconds. */
  get left(): number {
    return this.lost ? this.#ends - now() : Infinity;
  }

  /** Counts a reliable packet that came. Tells whether to acknowledge it, with those before: now, soon, or not yet. */
  took(bytes: number): "now" | "soon" | "later" {
    this.received++;
    const u = this.#unacked;
    u.packets++;
    u.bytes += bytes;
    if (!this.resumable) return "later";
    if (u.packets >= ACK_PACKETS || u.bytes >= ACK_BYTES) return "now";
    return u.packets === 1 ? "soon" : "later";
  }

  /** Has all that came acknowledged, and gives how many packets that are. */
  acknowledged(): number {
    this.#unacked = { packets: 0, bytes: 0 };
    return this.received;
  }
}
