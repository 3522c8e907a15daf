import type { Connection } from "./connection.js";
import type { Emitter, Events } from "./events.js";
import { Group } from "./group.js";
import { Notices } from "./notices.js";
import { type Delivery } from "./outbox.js";
import { type TransferMode } from "./wire.js";
/** The server, or a client that is reached through it. */
export declare class Peer {
    readonly id: number;
    /** Its requests that are not answered. */
    readonly running: Map<number, AbortController>;
    readonly groups: Set<Group>;
    readonly notices: Notices;
    away: boolean;
    constructor(id: number);
}
/** A peer id, 0 for everyone, -n for everyone but n; or a group. */
export type Target = number | Group;
/** Tells targets apart, for packets that give way to newer ones. */
export declare function keyOf(target: Target): string;
/** Those that can be called, by their ids, in the order in which they came. */
export declare class Peers extends Map<number, Peer> {
    #private;
    private readonly connection;
    private readonly events;
    /** The id of this client; 0 while it has none. */
    self: number;
    /** Whether there is a session whose server is admitted. */
    open: boolean;
    constructor(connection: Connection, events: Emitter<Events>);
    /** The server says that there is another client. */
    added(id: number): void;
    /** The server says that the connection of another client is lost, or is there again. */
    setAway(id: number, away: boolean): void;
    /** Sends bytes that are no call. */
    sendBytes(target: Target, data: Uint8Array, options: {
        channel?: number;
        mode?: TransferMode;
    }): void;
    /** Sends a packet to the server, or through it to the peers that the target means. */
    send(target: Target, packet: Uint8Array, delivery: Delivery): void;
    /** Sends an answer to a peer; if it cannot be sent there is nobody to tell but the program. */
    answer(to: Peer, packet: Uint8Array): void;
}
