// A node, which a program declares its methods on, and what it does with them: handle, call.

import type { Calls } from "./calls.js";
import { UndeclaredError } from "./errors.js";
import type { Group } from "./group.js";
import { checkName } from "./names.js";
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

// By name, so that TypeScript knows the method when it looks at what a handler returns: a tuple, say.
type Handlers<M> = { [K in keyof M]: (call: Call, ...args: HandlerArgs<Params<M[K]>>) => Result<M[K]> | Promise<Result<M[K]>> };
type Handler = (call: Call, ...args: any[]) => unknown;

/** @internal */
export interface Entry {
  readonly method: Method;
  handler: Handler | null;
}

/**
 * A place that methods hang on, known to all peers by its path. SceneMultiplayer.node makes it. Its methods are
 * declared before they are called or handled; TypeScript then checks names and arguments of both.
 */
export class Node<M extends Methods = {}> {
  /** The peer that may call the node's methods of the mode "authority". Every peer must set the same. */
  authority = 1;
  /** @internal */
  readonly entries = new Map<string, Entry>();
  readonly #calls: Calls;

  /** @internal */
  constructor(
    calls: Calls,
    /** The node's path, relative to the multiplayer root. */
    readonly path: string,
  ) {
    this.#calls = calls;
  }

  /** Whether this peer is the node's authority. */
  get isAuthority(): boolean {
    return this.authority === this.#calls.peers.self;
  }

  /** Adds methods to the node. */
  declare<N extends Methods>(methods: N): Node<M & N> {
    Object.keys(methods).forEach(checkName);
    for (const [name, method] of Object.entries(methods)) {
      const old = this.entries.get(name);
      if (old && JSON.stringify(old.method.config) !== JSON.stringify(method.config)) {
        throw new TypeError(`${this.path}.${name} is declared twice, with different configurations`);
      }
      if (!old) this.entries.set(name, { method, handler: null });
    }
    return this as unknown as Node<M & N>;
  }

  /**
   * Has handler run the method when a peer calls it. What it returns, or what its promise gives, is the reply where
   * one is asked for; what it throws is the failure. A method has one handler. Returns what takes it away again.
   */
  on<K extends keyof M & string>(name: K, handler: Handlers<M>[K]): () => void {
    const entry = this.entry(name);
    if (entry.handler) throw new TypeError(`${this.path}.${name} has a handler already`);
    entry.handler = handler as Handler;
    return () => {
      if (entry.handler === handler) entry.handler = null;
    };
  }

  /**
   * Calls the method on every peer: the server and, through its relay, the other clients. With callLocal it also
   * runs here.
   */
  rpc<K extends keyof M & string>(name: K, ...args: CallArgs<Params<M[K]>>): void {
    this.#calls.invoke(this, 0, name, args);
  }

  /** Calls the method on one peer, on everyone (0) or on everyone but one (except(id)). */
  rpcId<K extends keyof M & string>(target: number, name: K, ...args: CallArgs<Params<M[K]>>): void {
    this.#calls.invoke(this, target, name, args);
  }

  /** Calls the method on every peer of a group. */
  rpcGroup<K extends keyof M & string>(group: Group, name: K, ...args: CallArgs<Params<M[K]>>): void {
    this.#calls.invoke(this, group, name, args);
  }

  /**
   * Calls the method on one peer and gives its reply. The promise fails with a Failure if the other side answered
   * with one, a TimeoutError, a PeerGoneError, the signal's reason, or what rpcId throws.
   */
  call<K extends keyof M & string>(to: number | CallOptions, name: K, ...args: CallArgs<Params<M[K]>>): Promise<Result<M[K]>> {
    const options = typeof to === "number" ? { peer: to } : to;
    return this.#calls.request(this, options, name, args) as Promise<Result<M[K]>>;
  }

  /**
   * Takes the node away, and with it its name at the server. What was called on it before still arrives; calls of it that
   * come later are refused, and those that are made on it throw a FreedError. The node may free itself in a handler.
   */
  free(): void {
    this.#calls.free(this);
  }

  /** @internal */
  entry(name: string): Entry {
    const e = this.entries.get(name);
    if (!e) throw new UndeclaredError(`${this.path} declares no method ${name}: pass it to node() or declare()`);
    return e;
  }
}
