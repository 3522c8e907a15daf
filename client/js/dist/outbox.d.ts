import type { Emitter, Events } from "./events.js";
import type { Settings } from "./options.js";
import type { Socket } from "./socket.js";
import { type TransferMode } from "./wire.js";
/** How a packet travels. */
export interface Delivery {
    readonly channel: number;
    readonly mode: TransferMode;
    /** Tells unreliable ordered packets of one channel apart: one replaces only those of its own key. */
    readonly key: string;
}
/** How packets travel that are about other packets. */
export declare const CONTROL: Delivery;
export declare class Outbox {
    #private;
    private readonly opts;
    private readonly socket;
    private readonly events;
    readonly stats: {
        packetsDropped: number;
        packetsReplaced: number;
        packetsRefused: number;
    };
    /** How many bytes the server reads of a message. */
    limit: number;
    /** Whether reliable messages are kept, for a connection to come, until the server acknowledges them. */
    keeps: boolean;
    constructor(opts: Settings, socket: Socket, events: Emitter<Events>);
    /** Bytes that wait to be sent. */
    get buffered(): number;
    send(packet: Uint8Array, delivery: Delivery): void;
    /** Sends on what waited. */
    drain(): void;
    /** Tells, once nothing waits any more, how many packets the server will not get. */
    tell(): void;
    /** Forgets the first messages of the session that are kept. False if the server cannot have had that many, or had more. */
    acknowledge(count: number): boolean;
    /** Sends again what the server has not, on a connection which goes on with the session, then what waited. */
    resume(): void;
    /** The connection is lost: what waits goes on waiting. */
    pause(): void;
    /** The session is over. */
    clear(): void;
}
