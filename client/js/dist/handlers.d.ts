import type { Emitter, Events } from "./events.js";
import { Reader } from "./msgpack.js";
import type { Nodes } from "./nodes.js";
import type { Settings } from "./options.js";
import { type Delivery } from "./outbox.js";
import type { Peer, Peers } from "./peers.js";
export declare class Handlers {
    #private;
    private readonly opts;
    private readonly peers;
    private readonly nodes;
    private readonly events;
    readonly stats: {
        callsIn: number;
        refused: number;
        handlerErrors: number;
        cancelled: number;
    };
    /** The peer whose call is running; 0 outside of handlers. */
    sender: number;
    constructor(opts: Settings, peers: Peers, nodes: Nodes, events: Emitter<Events>);
    /** Runs a call that came from a peer, or says why not. It is a request, with a number, where a reply is waited for. */
    incoming(from: Peer, request: number | null, node: string, method: string, r: Reader, { channel, mode }: Delivery): void;
    /** Runs a call of this client here. As for everyone else: what arrives is a copy of the arguments. */
    local(node: string, method: string, channel: number, mode: Delivery["mode"], args: Uint8Array): void;
    /** The peer gave its request up. */
    cancel(of: Peer, request: number): void;
    /** The peer left: nobody waits for its replies. */
    leave(peer: Peer): void;
}
