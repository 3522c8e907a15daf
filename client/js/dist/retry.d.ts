import type { Settings } from "./options.js";
/** The wait before an attempt. */
export interface Pause {
    readonly attempt: number;
    readonly delay: number;
}
/** The pauses between attempts, which grow until a connection lasts. */
export declare class Retry {
    private readonly limits;
    /** How many attempts there were in a row. */
    attempt: number;
    /** Until when the server wants to be left alone. */
    notBefore: number;
    constructor(limits: Settings["reconnect"]);
    /**
     * The wait before the next attempt; null if there is to be none. It is after at least, and the last one for a session,
     * which has so much time left, ends a little before that.
     */
    next(verdict: Verdict, after: number, left: number): Pause | null;
}
/** Whether a client may come back: at once, after a pause, or not at all. */
export type Verdict = "now" | "later" | "no";
/** What a close code says of that. */
export declare function comeBack(code: number): Verdict;
/** Whether a session can be resumed whose connection ended with this code. */
export declare function isLoss(code: number): boolean;
