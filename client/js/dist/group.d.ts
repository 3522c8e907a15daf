import type { TransferMode } from "./wire.js";
/**
 * A set of peers that is called like one: a team, those in an area, those who watch. A call to it goes through the server
 * once. Who leaves the session leaves its groups. SceneMultiplayer.group makes it, Node.rpcGroup calls it.
 *
 * A peer keeps its groups in memory while it is connected, also those that nobody uses any more: clear lets go.
 */
export declare class Group {
    #private;
    /** Adds a peer that can be called, or this peer itself, which then runs the calls of callLocal methods. */
    add(id: number): this;
    /** Takes a peer out. False if it was not in. */
    delete(id: number): boolean;
    has(id: number): boolean;
    /** Takes everybody out. */
    clear(): void;
    get size(): number;
    /** The ids of those in the group, in the order in which they were added. */
    get peers(): number[];
    /** Sends bytes that are no call: an event peerPacket there. */
    sendBytes(data: Uint8Array, options?: {
        channel?: number;
        mode?: TransferMode;
    }): void;
}
