/** This machine's clock: milliseconds since 1970, with a fraction, never set back while the page lives. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** How long a round trip takes, and what the server's clock says. */
export class Clock {
  #samples: { trip: number; offset: number }[] = [];
  #offset = 0;
  #trip = NaN;

  /** The last round trip, in milliseconds; NaN before the first. */
  get roundTrip(): number {
    return this.#trip;
  }

  /** The server's clock: milliseconds since 1970. */
  get serverTime(): number {
    return now() + this.#offset;
  }

  /** Takes what welcome says, until the first pong knows better. */
  start(server: number): void {
    this.#samples = [];
    this.#offset = server - now();
  }

  /** Takes a pong: when its ping was sent, and the server's clock as it answered. */
  pong(sent: number, server: number): void {
    const at = now();
    this.#trip = Math.max(0, at - sent);
    this.#samples = [...this.#samples.slice(-7), { trip: this.#trip, offset: server + this.#trip / 2 - at }];
    // The shortest trip waited least, so it says most about the clock.
    this.#offset = this.#samples.reduce((a, b) => (b.trip < a.trip ? b : a)).offset;
  }
}
