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
export declare class Outbox {
    #private;
    get bytes(): number;
    get length(): number;
    /** Puts q in the place of an older unreliable ordered packet of its channel and key: last, so order holds. */
    replace(q: Queued): boolean;
    /** Makes room by the oldest packet that is not reliable, and tells whether there was one. */
    dropOldest(): boolean;
    push(q: Queued): void;
    /** Hands messages to send, lower channels first, until it says no. */
    drain(send: (q: Queued) => boolean): void;
    clear(): void;
}
