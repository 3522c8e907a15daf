/** This machine's clock: milliseconds since 1970, with a fraction, never set back while the page lives. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

const KEPT = 8; // samples
const DRIFT = 20; // ms that two clocks may drift apart, and ticks be coarse, while samples are kept
const STEP = 1000; // ms: two clocks of this machine that differ by more have not run alike

interface Sample {
  readonly trip: number;
  readonly offset: number;
}

/** How long a round trip takes, and what the server's clock says. */
export class Clock {
  #samples: Sample[] = [];
  #offset = 0;
  #trip = NaN;
  #asked: number[] = [];
  #wall = wall(); // what the date was ahead of now() when #offset was found
  #told = -Infinity;

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

  /** Takes what welcome says, until the first pong knows better. */
  start(server: number): void {
    this.#samples = [];
    this.#set(server - now());
  }

  /** Begins anew with a connection: what was asked on the old one has no answer. */
  reset(): void {
    this.#asked = [];
  }

  /** The time to put into a ping, in microseconds. */
  ask(): number {
    const sent = micros();
    this.#asked = [...this.#asked.slice(1 - KEPT), sent];
    return sent;
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

  #set(offset: number): void {
    this.#offset = offset;
    this.#wall = wall();
  }
}

/** This machine's clock in microseconds, as the wire has it. */
export function micros(): number {
  return Math.round(now() * 1000);
}

function wall(): number {
  return Date.now() - now();
}
