import type { Group } from "./group.js";
import type { CallArgs, HandlerArgs, Method, Methods, TypeLike } from "./types.js";
import type { TransferMode } from "./wire.js";
/** A remote call, as its handler sees it. */
export interface Call {
    /** The peer that called; this peer itself for a local call. */
    readonly sender: number;
    readonly node: string;
    readonly method: string;
    /** How the call travelled. */
    readonly channel: number;
    readonly mode: TransferMode;
    /** Whether the caller waits for a reply. */
    readonly wantsReply: boolean;
    /** Ends when the caller cancels, stops waiting or leaves. Without a reply to wait for it never ends. */
    readonly signal: AbortSignal;
}
/** Whom a call with a reply goes to, and how long to wait for it. */
export interface CallOptions {
    readonly peer: number;
    /** Gives the call up. With it, only timeout limits the wait. */
    readonly signal?: AbortSignal;
    /** How long to wait, in milliseconds. Default: the option replyTimeout, or with a signal no limit. */
    readonly timeout?: number;
}
type Params<M> = M extends Method<infer P extends readonly TypeLike[], any> ? P : [];
type Result<M> = M extends Method<any, infer R> ? R : never;
type Handlers<M> = {
    [K in keyof M]: (call: Call, ...args: HandlerArgs<Params<M[K]>>) => Result<M[K]> | Promise<Result<M[K]>>;
};
/**
 * A place that methods hang on, known to all peers by its path. SceneMultiplayer.node makes it. Its methods are
 * declared before they are called or handled; TypeScript then checks names and arguments of both.
 */
export declare class Node<M extends Methods = {}> {
    #private;
    /** The node's path, relative to the multiplayer root. */
    readonly path: string;
    /** The peer that may call the node's methods of the mode "authority". Every peer must set the same. */
    authority: number;
    /** Whether this peer is the node's authority. */
    get isAuthority(): boolean;
    /** Adds methods to the node. */
    declare<N extends Methods>(methods: N): Node<M & N>;
    /**
     * Has handler run the method when a peer calls it. What it returns, or what its promise gives, is the reply where
     * one is asked for; what it throws is the failure. A method has one handler. Returns what takes it away again.
     */
    on<K extends keyof M & string>(name: K, handler: Handlers<M>[K]): () => void;
    /**
     * Calls the method on every peer: the server and, through its relay, the other clients. With callLocal it also
     * runs here.
     */
    rpc<K extends keyof M & string>(name: K, ...args: CallArgs<Params<M[K]>>): void;
    /** Calls the method on one peer, on everyone (0) or on everyone but one (except(id)). */
    rpcId<K extends keyof M & string>(target: number, name: K, ...args: CallArgs<Params<M[K]>>): void;
    /** Calls the method on every peer of a group. */
    rpcGroup<K extends keyof M & string>(group: Group, name: K, ...args: CallArgs<Params<M[K]>>): void;
    /**
     * Calls the method on one peer and gives its reply. The promise fails with a Failure if the other side answered
     * with one, a TimeoutError, a PeerGoneError, the signal's reason, or what rpcId throws.
     */
    call<K extends keyof M & string>(to: number | CallOptions, name: K, ...args: CallArgs<Params<M[K]>>): Promise<Result<M[K]>>;
    /**
     * Takes the node away, and with it its name at the server. What was called on it before still arrives; calls of it that
     * come later are refused, and those that are made on it throw a FreedError. The node may free itself in a handler.
     */
    free(): void;
}
export {};
