import { type Address } from "./address.js";
import { Clock } from "./clock.js";
import { CloseError } from "./errors.js";
import type { Settings } from "./options.js";
import { type Delivery } from "./outbox.js";
/** What the floor above is told, in the order in which it happens. */
export interface Floor {
    /** A new session stands, with this peer id. */
    began(id: number): void;
    /** The session stands again after its connection was lost. */
    resumed(): void;
    packet(data: Uint8Array, delivery: Delivery): void;
    /** There is no connection. If there is to be another, it is tried for after the pause, in milliseconds. */
    interrupted(pause: Pause | null, error: CloseError): void;
    /** The session is over: every peer is gone. It was left from here if there is no error. */
    ended(error?: CloseError): void;
    /** The connection keeps up again, or is there again: the server will not get so many unreliable packets. */
    dropped(count: number): void;
    /** An attempt to get a session failed. */
    failed(error: CloseError): void;
    /** The server sent what it may not, or what is not followed. */
    error(error: Error): void;
}
/** The wait before an attempt. */
export interface Pause {
    readonly attempt: number;
    readonly delay: number;
}
export declare class Connection {
    #private;
    readonly opts: Settings;
    readonly floor: Floor;
    readonly clock: Clock;
    /** What authenticates this client on the connection that stands, by the option token. */
    token: Uint8Array | null;
    constructor(address: Address, opts: Settings, floor: Floor);
    get counters(): Readonly<{
        dropped: number;
        replaced: number;
        refused: number;
        unknownOpcodes: number;
    }>;
    /** Bytes that wait to be sent. */
    get buffered(): number;
    /** Whether the server has said that it knows an opcode of packets. */
    knows(op: number): boolean;
    start(): void;
    /** Queues one packet of the floor above. */
    send(packet: Uint8Array, delivery: Delivery): void;
    /** Ends the pause before the next attempt, or begins anew after the end. False if the program closed. */
    retry(): boolean;
    /** Leaves the session for good. */
    close(): void;
    /** Ends the session from this side because of the server. */
    reject(code: number, reason: string): void;
}
