import type { Address } from "./address.js";
import { Emitter, type Events, type State } from "./events.js";
import { Group } from "./group.js";
import type { Node } from "./node.js";
import { type Options } from "./options.js";
import type { Methods } from "./types.js";
import { type TransferMode } from "./wire.js";
/** Counts of what happened since connect. */
export interface Stats {
    callsIn: number;
    callsOut: number;
    /** Calls that were refused here, and calls of ours that others refused. */
    refused: number;
    refusedByRemote: number;
    handlerErrors: number;
    strayReplies: number;
    /** Packets of peers that were said to be gone already. */
    fromDeparted: number;
    cancelled: number;
    malformed: number;
    unknownOpcodes: number;
    /** Calls of ours whose reply has not come. */
    waiting: number;
    /** Unreliable packets that were dropped, ordered ones that were replaced, reliable ones that failed. */
    packetsDropped: number;
    packetsReplaced: number;
    packetsRefused: number;
}
/**
 * Joins the session at an address: ws or wss, http or https, or one relative to the page. Returns at once. A function is
 * asked for the address at each attempt, so that a token in it can be a new one; one that fails is a failed attempt.
 */
export declare function connect(address: Address, options?: Options): SceneMultiplayer;
/**
 * A client of one session: it makes remote calls, and runs those of others as they come, in their order. connect
 * makes it.
 */
export declare class SceneMultiplayer extends Emitter<Events> {
    #private;
    /** Where this client stands. */
    get state(): State;
    /** The id of this peer; 0 while there is none. */
    get uniqueId(): number;
    /** The peer whose call is running, this peer itself in a local call; 0 outside of handlers, and in them after an await. */
    get remoteSenderId(): number;
    /** The ids of the peers that can be called, in the order in which they came. */
    get peers(): number[];
    /** Whether the connection of another client is lost, and it may still come back. */
    isAway(id: number): boolean;
    /** The last round trip to the server and back, in milliseconds; NaN before the first. */
    get roundTripTime(): number;
    /** The server's clock, as well as it is known: milliseconds since 1970. */
    get serverTime(): number;
    /** How many bytes wait to be sent. */
    get bufferedAmount(): number;
    get stats(): Stats;
    /** Waits until peers can be called. Fails with the error that ended it, if it is over, or with the signal's reason. */
    ready(signal?: AbortSignal): Promise<void>;
    /**
     * The node with this path, and its methods. Asked for again it is the same node, with more methods, until its free.
     *
     * A path of which a segment is *, such as "Players/*", is a pattern: it stands for all nodes with any one segment there.
     * What it handles, it handles for all of them that have no handler of their own; call.node tells which one is meant.
     */
    node<M extends Methods = {}>(path: string, methods?: M): Node<M>;
    /** Makes a group of no peers. */
    group(): Group;
    /** Sends bytes that are no call to one peer, to everyone (0) or to everyone but one: an event peerPacket there. */
    sendBytes(target: number, data: Uint8Array, options?: {
        channel?: number;
        mode?: TransferMode;
    }): void;
    /** Sends bytes to the server while it is authenticated: its AuthCallback takes them. */
    sendAuth(id: number, data: Uint8Array): void;
    /** Says that this side is satisfied with the server. It is admitted once its own side has completed as well. */
    completeAuth(id: number): void;
    /**
     * Tries at once to come back: instead of waiting out the pause, or where it was over (a server that sent this client
     * away, too many attempts, a page that was left), anew. False after close, where nothing is tried any more.
     */
    retry(): boolean;
    /** Leaves the session for good. */
    close(): void;
}
