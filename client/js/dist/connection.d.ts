import { type Address } from "./address.js";
import { CloseError } from "./errors.js";
import type { Emitter, Events } from "./events.js";
import { Heartbeat } from "./heartbeat.js";
import type { Settings } from "./options.js";
import { Outbox, type Delivery } from "./outbox.js";
import { type Pause } from "./retry.js";
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
    /** The server sent what it may not, or what is not followed. */
    error(error: Error): void;
}
export declare class Connection {
    #private;
    readonly opts: Settings;
    readonly events: Emitter<Events>;
    readonly floor: Floor;
    readonly outbox: Outbox;
    readonly heartbeat: Heartbeat;
    /** What authenticates this client on the connection that stands, by the option token. */
    token: Uint8Array | null;
    unknownOpcodes: number;
    constructor(address: Address, opts: Settings, events: Emitter<Events>, floor: Floor);
    /** Whether the server has said that it knows an opcode of packets. */
    knows(op: number): boolean;
    /** Sends one packet of the floor above. */
    send(packet: Uint8Array, delivery: Delivery): void;
    /** Ends the pause before the next attempt, or begins anew after the end. False if the program closed. */
    retry(): boolean;
    /** Leaves the session for good. */
    close(): void;
    /** Ends the session from this side because of the server. */
    reject(code: number, reason: string): void;
}
