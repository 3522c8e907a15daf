import type { Handlers } from "./handlers.js";
import type { Names } from "./names.js";
import type { CallOptions, Node } from "./node.js";
import { type Nodes } from "./nodes.js";
import type { Settings } from "./options.js";
import { type Peer, type Peers, type Target } from "./peers.js";
export declare class Calls {
    #private;
    private readonly opts;
    readonly peers: Peers;
    private readonly nodes;
    private readonly names;
    private readonly handlers;
    readonly stats: {
        callsOut: number;
        strayReplies: number;
    };
    /** The requests that wait for their replies. */
    readonly waiting: Map<number, {
        to: Peer;
        what: string;
        settle: (error: unknown, value?: unknown) => void;
    }>;
    constructor(opts: Settings, peers: Peers, nodes: Nodes, names: Names, handlers: Handlers);
    /** Makes a call without a reply. */
    invoke(node: Node<any>, target: Target, name: string, given: unknown[]): void;
    /** Makes a call for its reply. */
    request(node: Node<any>, options: CallOptions, name: string, given: unknown[]): Promise<unknown>;
    /** A peer answered: take gives the reply, or throws the failure. */
    answered(from: Peer, id: number, take: () => unknown): void;
    /** The peer left: its replies will not come. */
    leave(peer: Peer): void;
    /** Takes a node away. */
    free(node: Node<any>): void;
}
