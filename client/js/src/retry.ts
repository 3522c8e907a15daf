// When a connection that ended is tried again, and whether.

import type { Settings } from "./options.js";
import { now } from "./timers.js";
import { CloseCode } from "./wire.js";

const LATER = 5_000; // ms: the least pause where the server wants a client to come back later
const LAST_CALL = 1000; // ms before a session's window ends in which nothing new is begun, or a tenth of it

/** The wait before an attempt. */
export interface Pause {
  readonly attempt: number;
  readonly delay: number;
}

/** The pauses between attempts, which grow until a connection lasts. */
export class Retry {
  /** How many attempts there were in a row. */
  attempt = 0;
  /** Until when the server wants to be left alone. */
  notBefore = 0;

  constructor(private readonly limits: Settings["reconnect"]) {}

  /**
   * The wait before the next attempt; null if there is to be none. It is after at least, and the last one for a session,
   * which has so much time left, ends a little before that.
   */
  next(verdict: Verdict, after: number, left: number): Pause | null {
    const { limits } = this;
    if (!limits || verdict === "no" || this.attempt >= limits.maxAttempts) return null;
    const longest = Math.min(limits.maxDelay, limits.minDelay * 2 ** Math.min(this.attempt, 60));
    const least = Math.max(after, verdict === "later" ? Math.min(LATER, limits.maxDelay) : 0);
    this.attempt++;
    this.notBefore = now() + least;
    const whole = longest * (0.5 + Math.random() / 2);
    const last = left - least - Math.min(LAST_CALL, left / 10);
    return { attempt: this.attempt, delay: least + (last > limits.minDelay ? Math.min(whole, last) : whole) };
  }
}

/** Whether a client may come back: at once, after a pause, or not at all. */
export type Verdict = "now" | "later" | "no";

const FINAL: readonly number[] = [CloseCode.leaving, CloseCode.protocolError, CloseCode.unsupportedData, 1007, CloseCode.tooLarge];
const LOSSES: readonly number[] = [CloseCode.goingAway, CloseCode.lost, CloseCode.internalError, CloseCode.restart, CloseCode.tryLater];

/** What a close code says of that. */
export function comeBack(code: number): Verdict {
  if (code === CloseCode.policy || code === CloseCode.refused) return "later";
  return code === CloseCode.handshakeTimeout || (code < 3000 && !FINAL.includes(code)) ? "now" : "no";
}

/** Whether a session can be resumed whose connection ended with this code. */
export function isLoss(code: number): boolean {
  return LOSSES.includes(code);
}
