// Pings: they tell how far away the server is and what its clock says, and find out that a server is gone which says
// nothing any more.

import { pack } from "./msgpack.js";
import type { Settings } from "./options.js";
import type { Socket } from "./socket.js";
import { after, micros, now } from "./timers.js";
import { Op } from "./wire.js";

const KEPT = 8; // samples
const DRIFT = 20; // ms that two clocks may drift apart, and ticks be coarse, while samples are kept
const STEP = 1000; // ms: two clocks of this machine that differ by more have not run alike

interface Sample {
  readonly trip: number;
  readonly offset: number;
}

export class Heartbeat {
  #samples: Sample[] = [];
  #offset = 0;
  #trip = NaN;
  #asked: number[] = [];
  #wall = wall(); // what the date was ahead of now() when #offset was found
  #told = -Infinity;
  #pinged = 0; // when the first ping went out that nothing came after; 0: none
  #stopTimer = (): void => {};

  constructor(private readonly opts: Settings, private readonly socket: Socket, private readonly silent: () => void) {}

  /** The last round trip, in milliseconds; NaN before the first. */
  get roundTrip(): number {
    return this.#trip;
  }

  /** The server's clock: milliseconds since 1970. It goes back only where it was wrong by more than a second. */
  get serverTime(): number {
    // While a machine sleeps its date goes on, where now() may stand still.
    const slept = wall() - this.#wall;
    const t = now() + this.#offset + (slept > STEP ? slept : 0);
    if (t < this.#told && this.#told - t <= STEP) return this.#told;
    return (this.#told = t);
  }

  /** Pings on a new connection, whose welcome says what the server's clock does, or 0; the first pong knows better. */
  start(server: number): void {
    if (server) {
      this.#samples = [];
      this.#set(server - now());
    }
    this.beat();
  }

  /** Ends with the connection: what was asked on it has no answer. */
  stop(): void {
    this.#stopTimer();
    this.#asked = [];
    this.heard();
  }

  /** The server sent something. */
  heard(): void {
    this.#pinged = 0;
  }

  /** Pings, now and from now on, as if something had just been heard. */
  beat(): void {
    this.#stopTimer();
    this.heard();
    if (this.opts.pingInterval > 0) this.#ping();
  }

  /** Takes a pong: what its ping said, and the server's clock as it answered, both in microseconds. */
  pong(sent: number, server: number): void {
    const i = this.#asked.indexOf(sent);
    if (i < 0) return; // nobody asked
    this.#asked.splice(0, i + 1);
    const at = now();
    this.#trip = Math.max(0, at - sent / 1000);
    const sample = { trip: this.#trip, offset: server / 1000 + this.#trip / 2 - at };
    // Samples that cannot both be right are of clocks that did not run alike in between: one machine slept, or was set.
    const old = this.#samples.filter((s) => Math.abs(s.offset - sample.offset) <= (s.trip + sample.trip) / 2 + DRIFT);
    this.#samples = [...old, sample].slice(-KEPT);
    // The shortest trip waited least, so it says most about the clock.
    this.#set(this.#samples.reduce((a, b) => (b.trip < a.trip ? b : a)).offset);
  }

  #ping(): void {
    const { pingInterval, pingTimeout } = this.opts;
    const at = now();
    if (this.#pinged && at - this.#pinged >= pingTimeout) return this.silent();
    this.#pinged ||= at;
    const sent = micros();
    this.#asked = [...this.#asked.slice(1 - KEPT), sent];
    this.socket.send(pack(Op.ping, sent));
    this.#stopTimer = after(pingInterval, () => {
      // A tab that slept has not heard what may be waiting for it.
      if (now() - at > 2 * pingInterval + 1000) this.heard();
      this.#ping();
    });
  }

  #set(offset: number): void {
    this.#offset = offset;
    this.#wall = wall();
  }
}

function wall(): number {
  return Date.now() - now();
}
