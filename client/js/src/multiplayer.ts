// The upper floor of peerage.v1 (docs/protocol.md, "Calls"): nodes, methods, calls, replies, authentication, relay.

import type { Address } from "./address.js";
import { Connection, type Pause } from "./connection.js";
import {
  ArgumentError,
  AuthError,
  BufferFullError,
  CallSelfError,
  CloseError,
  Code,
  Failure,
  FreedError,
  HandlerError,
  MalformedError,
  NotConnectedError,
  PacketTooLargeError,
  PeerGoneError,
  TimeoutError,
  UnknownPeerError,
  messageOf,
  type Refusal,
} from "./errors.js";
import { Emitter } from "./events.js";
import { Reader, Writer } from "./msgpack.js";
import { Group, type GroupHost } from "./group.js";
import { Names } from "./names.js";
import { Node, checkName, isPattern, matches, type Call, type CallOptions, type Caller, type Entry } from "./node.js";
import { Notices } from "./notices.js";
import { settings, type Options, type Settings } from "./options.js";
import type { Delivery } from "./outbox.js";
import { after } from "./timers.js";
import { takeAll, type Methods } from "./types.js";
import { CloseCode, EVERYONE, MAX_ARGUMENTS, MAX_NAMES, MAX_PEERS, PacketOp, SERVER, type TransferMode } from "./wire.js";

/** Where a SceneMultiplayer stands. */
export type State =
  /** The first connection is being made. */
  | "connecting"
  /** The server is there, and both sides look at each other's credentials. */
  | "authenticating"
  /** Peers can be called. */
  | "connected"
  /** The connection is lost, or could not be made; it is tried again. */
  | "reconnecting"
  /** It is over. */
  | "closed";

/** What the event stateChanged tells. */
export interface StateChange {
  readonly state: State;
  readonly previous: State;
  /** With "connected": the session goes on where it was lost, with the same peer id. */
  readonly resumed: boolean;
  /** With "reconnecting": the number of the coming attempt, and the pause before it in milliseconds. */
  readonly attempt: number;
  readonly delay: number;
  /** With "reconnecting" and "closed": why. */
  readonly error: CloseError | null;
}

/** The events of a SceneMultiplayer, with what their listeners get. */
export interface Events {
  /** This client was admitted. */
  connectedToServer: [];
  /** An attempt to join a session failed. The state says whether there will be another. */
  connectionFailed: [error: CloseError];
  /** This client lost its session, or was sent away. The state says whether it tries to join again. */
  serverDisconnected: [error: CloseError];
  /** A peer can be called: the server, or a client that is reached through it. */
  peerConnected: [id: number];
  /** A peer that was connected is gone. */
  peerDisconnected: [id: number];
  /** The connection of another client is lost, and it may come back: then peerBack follows, else peerDisconnected. */
  peerAway: [id: number];
  /** A client that was away goes on where it was. */
  peerBack: [id: number];
  /**
   * The connection keeps up again, or is there again: the server will not get so many unreliable packets of this client,
   * which were dropped or gave way to newer ones. Whoever sends changes by unreliable methods sends it all now.
   */
  packetsDropped: [count: number];
  /** The server waits to be admitted, where there is an option auth. */
  peerAuthenticating: [id: number];
  /** It left, or was sent away, before it was admitted. */
  peerAuthenticationFailed: [id: number];
  /** A peer sent bytes with sendBytes. */
  peerPacket: [id: number, data: Uint8Array, delivery: { channel: number; mode: TransferMode }];
  /** A remote call was not run, here or at the other side. */
  callRefused: [refusal: Refusal];
  stateChanged: [change: StateChange];
  /** The server or a peer sent what it may not, or a handler or a listener threw. Without a listener: console.warn. */
  error: [error: Error];
}

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
export function connect(address: Address, options: Options = {}): SceneMultiplayer {
  return new SceneMultiplayer(address, settings(options));
}

interface Remote {
  readonly id: number;
  readonly notices: Notices;
  readonly run: Map<number, AbortController>; // its requests that are not answered
  readonly groups: Set<Group>;
  away: boolean;
}

interface Waiting {
  readonly to: Remote;
  readonly what: string;
  settle(error: unknown, value?: unknown): void;
}

/** A peer id, 0 for everyone, -n for everyone but n; or a group. */
type Target = number | Group;

const CONTROL: Delivery = { channel: 0, mode: "reliable", key: "" };
const LAST: Delivery = { channel: 255, mode: "reliable", key: "" };
const RELAYABLE = new Set<number>([
  PacketOp.call,
  PacketOp.request,
  PacketOp.reply,
  PacketOp.failure,
  PacketOp.cancel,
  PacketOp.raw,
  PacketOp.refused,
]);
const MAX_TEXT = 512;
const FAIL_AGAIN = 50; // milliseconds
const SHARES = 8; // peers that may each have as many requests waiting as one may

/**
 * A client of one session: it makes remote calls, and runs those of others as they come, in their order. connect
 * makes it.
 */
export class SceneMultiplayer extends Emitter<Events> {
  readonly #opts: Settings;
  readonly #connection: Connection;
  readonly #caller: Caller;
  readonly #groupHost: GroupHost;
  readonly #nodes = new Map<string, Node<any>>();
  #patterns: Node<any>[] = []; // of these

  #state: State = "connecting";
  #id = 0;
  #sender = 0;
  #remotes = new Map<number, Remote>(); // admitted
  #server: { remote: Remote; ours: boolean; theirs: boolean } | null = null; // while it is authenticated
  #stopAuthTimer = (): void => {};

  #names = new Names();

  readonly #waiting = new Map<number, Waiting>();
  #lastRequest = 0;
  #running = 0; // requests of all peers that are not answered
  readonly #stats = {
    callsIn: 0,
    callsOut: 0,
    refused: 0,
    refusedByRemote: 0,
    handlerErrors: 0,
    strayReplies: 0,
    fromDeparted: 0,
    cancelled: 0,
    malformed: 0,
    unknownOpcodes: 0,
  };
  readonly #notices = new Notices();

  /** @internal */
  constructor(address: Address, opts: Settings) {
    super();
    this.#opts = opts;
    const self = this;
    this.#caller = {
      get uniqueId() {
        return self.#id;
      },
      invoke: (...args) => this.#invoke(...args),
      request: (...args) => this.#request(...args),
      free: (node) => this.#free(node),
    };
    this.#groupHost = {
      get uniqueId() {
        return self.#id;
      },
      groupsOf: (id) => self.#remotes.get(id)?.groups,
      sendBytes: (group, data, options) => self.#sendBytes(group, data, options),
    };
    this.#connection = new Connection(address, opts, {
      began: (id) => this.#began(id),
      resumed: () => this.#become("connected", { resumed: true }),
      packet: (data, delivery) => this.#receive(data, delivery),
      interrupted: (pause, error) => this.#interrupted(pause, error),
      ended: (error) => this.#ended(error),
      failed: (error) => this.emit("connectionFailed", error),
      dropped: (count) => this.emit("packetsDropped", count),
      error: (error) => this.#malformed(this.#notices, error),
    });
    queueMicrotask(() => this.#connection.start()); // the caller adds its listeners first
  }

  /** Where this client stands. */
  get state(): State {
    return this.#state;
  }

  /** The id of this peer; 0 while there is none. */
  get uniqueId(): number {
    return this.#id;
  }

  /** The peer whose call is running, this peer itself in a local call; 0 outside of handlers, and in them after an await. */
  get remoteSenderId(): number {
    return this.#sender;
  }

  /** The ids of the peers that can be called, in the order in which they came. */
  get peers(): number[] {
    return [...this.#remotes.keys()];
  }

  /** Whether the connection of another client is lost, and it may still come back. */
  isAway(id: number): boolean {
    return this.#remotes.get(id)?.away ?? false;
  }

  /** The last round trip to the server and back, in milliseconds; NaN before the first. */
  get roundTripTime(): number {
    return this.#connection.clock.roundTrip;
  }

  /** The server's clock, as well as it is known: milliseconds since 1970. */
  get serverTime(): number {
    return this.#connection.clock.serverTime;
  }

  /** How many bytes wait to be sent. */
  get bufferedAmount(): number {
    return this.#connection.buffered;
  }

  get stats(): Stats {
    const { dropped, replaced, refused, unknownOpcodes } = this.#connection.counters;
    return {
      ...this.#stats,
      unknownOpcodes: this.#stats.unknownOpcodes + unknownOpcodes,
      waiting: this.#waiting.size,
      packetsDropped: dropped,
      packetsReplaced: replaced,
      packetsRefused: refused,
    };
  }

  /** Waits until peers can be called. Fails with the error that ended it, if it is over, or with the signal's reason. */
  ready(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (error: Error | null): boolean => {
        if (signal?.aborted) reject(signal.reason);
        else if (this.#state === "connected") resolve();
        else if (this.#state === "closed") reject(error ?? new NotConnectedError());
        else return false;
        return true;
      };
      if (look(null)) return;
      const again = (error: Error | null): void => {
        if (!look(error)) return;
        off();
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = (): void => again(null);
      const off = this.on("stateChanged", (change) => again(change.error));
      signal?.addEventListener("abort", aborted);
    });
  }

  /**
   * The node with this path, and its methods. Asked for again it is the same node, with more methods, until its free.
   *
   * A path of which a segment is *, such as "Players/*", is a pattern: it stands for all nodes with any one segment there.
   * What it handles, it handles for all of them that have no handler of their own; call.node tells which one is meant.
   */
  node<M extends Methods = {}>(path: string, methods?: M): Node<M> {
    const root = `${this.#opts.rootPath}/`;
    if (path.startsWith(root)) path = path.slice(root.length);
    let node = this.#nodes.get(path);
    if (!node) {
      checkName(path);
      this.#nodes.set(path, (node = new Node(this.#caller, path)));
      if (isPattern(path)) this.#patterns.push(node);
    }
    return methods ? node.declare(methods) : node;
  }

  /** Makes a group of no peers. */
  group(): Group {
    return new Group(this.#groupHost);
  }

  /** Sends bytes that are no call to one peer, to everyone (0) or to everyone but one: an event peerPacket there. */
  sendBytes(target: number, data: Uint8Array, options: { channel?: number; mode?: TransferMode } = {}): void {
    if (this.#id && target > 0 && !this.#remotes.has(target)) throw new UnknownPeerError(target);
    this.#sendBytes(target, data, options);
  }

  #sendBytes(target: Target, data: Uint8Array, options: { channel?: number; mode?: TransferMode }): void {
    const { channel = 0, mode = "reliable" } = options;
    if (!this.#id) throw new NotConnectedError();
    const packet = new Writer().byte(PacketOp.raw).raw(data).bytes();
    this.#route(target, packet, { channel, mode, key: keyOf(target) });
  }

  /** Sends bytes to the server while it is authenticated: its AuthCallback takes them. */
  sendAuth(id: number, data: Uint8Array): void {
    this.#authenticating(id);
    this.#connection.send(new Writer().byte(PacketOp.auth).raw(data).bytes(), CONTROL);
  }

  /** Says that this side is satisfied with the server. It is admitted once its own side has completed as well. */
  completeAuth(id: number): void {
    const s = this.#authenticating(id);
    s.ours = true;
    this.#connection.send(Uint8Array.of(PacketOp.authComplete), CONTROL);
    if (s.theirs) this.#admitServer(s.remote);
  }

  /**
   * Tries at once to come back: instead of waiting out the pause, or where it was over (a server that sent this client
   * away, too many attempts, a page that was left), anew. False after close, where nothing is tried any more.
   */
  retry(): boolean {
    return this.#connection.retry();
  }

  /** Leaves the session for good. */
  close(): void {
    this.#connection.close();
  }

  // The session

  #become(state: State, more: { resumed?: boolean; pause?: Pause; error?: CloseError } = {}): void {
    const previous = this.#state;
    this.#state = state;
    this.emit("stateChanged", {
      state,
      previous,
      resumed: more.resumed ?? false,
      attempt: more.pause?.attempt ?? 0,
      delay: more.pause?.delay ?? 0,
      error: more.error ?? null,
    });
  }

  #began(id: number): void {
    this.#id = id;
    this.#names = new Names();
    const remote = newRemote(SERVER);
    const { token } = this.#connection;
    if (!this.#opts.auth && !token) {
      this.#admitServer(remote);
      return;
    }
    const server = { remote, ours: false, theirs: false };
    this.#server = server;
    this.#stopAuthTimer = after(this.#opts.authTimeout, () => {
      if (this.#server === server) this.#connection.reject(CloseCode.notAuthenticated, "not authenticated in time");
    });
    this.#become("authenticating");
    if (this.#server === server) this.emit("peerAuthenticating", SERVER);
    if (!token || this.#server !== server) return;
    this.sendAuth(SERVER, token);
    this.completeAuth(SERVER);
  }

  #interrupted(pause: Pause | null, error: CloseError): void {
    if (pause) this.#become("reconnecting", { pause, error });
    else this.#become("closed", { error });
  }

  #ended(error?: CloseError): void {
    const server = this.#server;
    this.#server = null;
    this.#stopAuthTimer();
    for (const r of [...this.#remotes.values()].reverse()) this.#depart(r);
    for (const [id, w] of this.#waiting) {
      this.#waiting.delete(id);
      w.settle(new PeerGoneError(`${w.what}: the session is over`));
    }
    this.#id = 0;
    if (server) this.emit("peerAuthenticationFailed", SERVER);
    if (error) this.emit(server ? "connectionFailed" : "serverDisconnected", error);
  }

  #admitServer(r: Remote): void {
    this.#server = null;
    this.#stopAuthTimer();
    this.#remotes.set(r.id, r);
    this.#become("connected");
    if (this.#remotes.get(r.id) === r) this.emit("connectedToServer");
    if (this.#remotes.get(r.id) === r) this.emit("peerConnected", r.id);
  }

  #depart(r: Remote): void {
    if (!this.#remotes.delete(r.id)) return;
    for (const g of r.groups) g.delete(r.id);
    for (const run of r.run.values()) run.abort(new PeerGoneError(`peer ${r.id} left`));
    this.#running -= r.run.size;
    r.run.clear();
    for (const [id, w] of this.#waiting) {
      if (w.to !== r) continue;
      this.#waiting.delete(id);
      w.settle(new PeerGoneError(`${w.what}: the peer left before it replied`));
    }
    this.emit("peerDisconnected", r.id);
  }

  #authenticating(id: number): { remote: Remote; ours: boolean; theirs: boolean } {
    if (!this.#server || id !== SERVER) throw new AuthError(`peer ${id} is not being authenticated`);
    if (this.#server.ours) throw new AuthError(`the authentication of peer ${id} was completed already`);
    return this.#server;
  }

  // Receiving

  #receive(data: Uint8Array, delivery: Delivery): void {
    const server = this.#server;
    const r = server?.remote ?? this.#remotes.get(SERVER);
    if (!r) return; // a listener ended the session
    try {
      if (server && this.#duringAuth(server, data)) return;
      this.#packet(r, data, delivery, false);
    } catch (e) {
      this.#malformed(r.notices, e as Error);
    }
  }

  /** Handles a packet of a server that is not admitted. True if there is nothing more to do with it. */
  #duringAuth(server: { remote: Remote; ours: boolean; theirs: boolean }, data: Uint8Array): boolean {
    const r = new Reader(data);
    const op = r.byte();
    if (op === PacketOp.name) return false;
    if (op === PacketOp.auth) {
      this.#guard("auth", () => this.#opts.auth?.(SERVER, r.rest().slice()));
      return true;
    }
    if (op === PacketOp.authComplete) server.theirs = true;
    else if (!server.ours) throw new MalformedError("a packet before authentication");
    // Where the server does not ask for authentication it says nothing of it: its first packet shows that it admitted us.
    if (server.ours) this.#admitServer(server.remote);
    return op === PacketOp.authComplete;
  }

  #packet(from: Remote, data: Uint8Array, delivery: Delivery, relayed: boolean): void {
    const r = new Reader(data);
    const op = r.byte();
    if (relayed && !RELAYABLE.has(op)) throw new MalformedError(`opcode ${op} in a relay`);
    switch (op) {
      case PacketOp.name:
        this.#learn(r.number(), r.text());
        return;
      case PacketOp.call:
      case PacketOp.request: {
        const request = op === PacketOp.request ? r.number() : null;
        this.#incoming(from, request, this.#names.of(r.number()), this.#names.of(r.number()), r, delivery);
        return;
      }
      case PacketOp.reply: {
        const id = r.number();
        this.#answered(from, id, () => r.value());
        return;
      }
      case PacketOp.failure: {
        const id = r.number();
        const failure = new Failure(r.number(), r.text());
        this.#answered(from, id, () => {
          throw failure;
        });
        return;
      }
      case PacketOp.cancel: {
        const id = r.number();
        const run = from.run.get(id);
        if (!run) return;
        this.#finished(from, id);
        this.#stats.cancelled++;
        run.abort(new Failure(Code.cancelled, "the caller gave up"));
        return;
      }
      case PacketOp.raw:
        this.emit("peerPacket", from.id, r.rest(), { channel: delivery.channel, mode: delivery.mode });
        return;
      case PacketOp.refused: {
        const [node, method, code, reason] = [r.text(), r.text(), r.number(), r.text()];
        this.#stats.refusedByRemote++;
        if (from.notices.allow()) {
          this.emit("callRefused", { sender: from.id, node, method, code, reason, remote: true });
        }
        return;
      }
      case PacketOp.peerAdded: {
        const id = r.id();
        if (id < 2 || id === this.#id || this.#remotes.has(id)) throw new MalformedError(`peer ${id} was added again`);
        if (this.#remotes.size >= MAX_PEERS) {
          this.#connection.reject(CloseCode.disconnected, "too many peers");
          throw new MalformedError(`more than ${MAX_PEERS} peers`);
        }
        this.#remotes.set(id, newRemote(id));
        this.emit("peerConnected", id);
        return;
      }
      case PacketOp.peerRemoved: {
        const peer = this.#remotes.get(r.id());
        if (peer && peer.id !== SERVER) this.#depart(peer);
        return;
      }
      case PacketOp.peerAway:
      case PacketOp.peerBack: {
        const peer = this.#remotes.get(r.id());
        const away = op === PacketOp.peerAway;
        if (!peer || peer.id === SERVER || peer.away === away) return;
        peer.away = away;
        this.emit(away ? "peerAway" : "peerBack", peer.id);
        return;
      }
      case PacketOp.relayed: {
        const source = this.#remotes.get(r.id());
        if (source?.id === SERVER) throw new MalformedError("a packet of the server in a relay");
        if (!source) {
          this.#stats.fromDeparted++; // the word that it left came first, on a lower channel
          return;
        }
        this.#packet(source, r.rest(), delivery, true);
        return;
      }
      case PacketOp.forget:
        while (r.left > 0) this.#names.unlearn(r.number());
        return;
      case PacketOp.relay:
        throw new MalformedError("a packet that only a client sends");
      case PacketOp.auth:
      case PacketOp.authComplete:
        return; // a server that asks for it where this side does not
      default:
        this.#stats.unknownOpcodes++;
    }
  }

  #learn(number: number, name: string): void {
    if (this.#names.learn(number, name)) return;
    this.#connection.reject(CloseCode.disconnected, "too many names");
    throw new MalformedError(`more than ${MAX_NAMES} names`);
  }

  #malformed(notices: Notices, error: Error): void {
    if (error instanceof MalformedError) this.#stats.malformed++;
    if (notices.allow()) this.emit("error", error);
  }

  /** The node that has a method of a path: the one there, or a pattern where that does not handle it. */
  #find(path: string, name: string): Node<any> | undefined {
    const node = this.#nodes.get(path);
    if (node && (node.entries.get(name)?.handler || this.#patterns.length === 0)) return node;
    const pattern = this.#patterns.find((p) => matches(p.path, path));
    return pattern && (!node || pattern.entries.has(name)) ? pattern : node;
  }

  /** Runs a call that came from a peer, or says why not. */
  #incoming(from: Remote, request: number | null, path: string, name: string, r: Reader, delivery: Delivery): void {
    if (request !== null && from.run.has(request)) throw new MalformedError(`request ${request} is waiting already`);
    const refuse = (code: number, reason: string): void => this.#refuse(from, request, path, name, code, reason);
    const node = this.#find(path, name);
    if (!node) return refuse(Code.unknownNode, `there is no node ${path} here`);
    const entry = node.entries.get(name);
    if (!entry || (!entry.handler && entry.method.config.mode !== "disabled")) {
      return refuse(Code.unknownMethod, `node ${path} has no handler for ${name}`);
    }
    const { mode } = entry.method.config;
    if (mode === "disabled" || (mode === "authority" && from.id !== node.authority)) {
      return refuse(Code.notAllowed, `mode is ${mode}, authority is ${node.authority}`);
    }
    if (request !== null && from.run.size >= this.#opts.maxPendingRequests) {
      return refuse(Code.tooMany, `${from.run.size} requests are waiting already`);
    }
    if (request !== null && this.#running >= SHARES * this.#opts.maxPendingRequests) {
      return refuse(Code.tooMany, `${this.#running} requests of all peers are waiting already`);
    }
    let args: unknown[];
    try {
      args = takeAll(entry.method.params, r.values(), true);
    } catch (e) {
      return refuse(Code.badArguments, messageOf(e));
    }
    const control = new AbortController();
    const call: Call = {
      sender: from.id,
      node: path,
      method: name,
      channel: delivery.channel,
      mode: delivery.mode,
      wantsReply: request !== null,
      signal: control.signal,
    };
    if (request === null) {
      this.#run(call, entry, args).catch((e) => this.#handlerFailed(call, e));
      return;
    }
    from.run.set(request, control);
    this.#running++;
    this.#run(call, entry, args).then(
      (value) => this.#answer(from, request, control, call, entry, value),
      (e) => {
        if (!(e instanceof Failure)) this.#handlerFailed(call, e);
        const failure = e instanceof Failure ? e : new Failure(Code.handlerFailed, "the handler failed");
        this.#fail(from, request, control, failure);
      },
    );
  }

  /** Calls a handler, now. */
  async #run(call: Call, entry: Entry, args: unknown[]): Promise<unknown> {
    const outer = this.#sender;
    this.#sender = call.sender;
    this.#stats.callsIn++;
    let result: unknown;
    try {
      result = entry.handler!(call, ...args);
    } finally {
      this.#sender = outer;
    }
    return await result;
  }

  #handlerFailed(call: Call, cause: unknown): void {
    this.#stats.handlerErrors++;
    this.emit("error", new HandlerError(`the handler of ${call.node}.${call.method} threw: ${messageOf(cause)}`, { cause }));
  }

  #answer(to: Remote, request: number, control: AbortController, call: Call, entry: Entry, value: unknown): void {
    if (to.run.get(request) !== control) return; // nobody waits any more
    try {
      const { result } = entry.method;
      const given = result.give ? result.give(value) : value;
      this.#route(to.id, new Writer().byte(PacketOp.reply).value(request).value(given).bytes(), CONTROL);
      this.#finished(to, request);
    } catch (e) {
      if (e instanceof BufferFullError) this.emit("error", e);
      else this.#handlerFailed(call, e);
      this.#fail(to, request, control, unsent(e));
    }
  }

  /** Answers with a failure: when there is room for it, if there is none now. */
  #fail(to: Remote, request: number, control: AbortController, f: Failure): void {
    if (to.run.get(request) !== control) return;
    try {
      this.#route(to.id, failurePacket(request, f.code, f.message), CONTROL);
    } catch (e) {
      if (e instanceof BufferFullError) {
        after(FAIL_AGAIN, () => this.#fail(to, request, control, f));
        return;
      }
      if (to.notices.allow()) this.emit("error", e as Error);
    }
    this.#finished(to, request);
  }

  /** Counts a request as answered. */
  #finished(of: Remote, request: number): void {
    if (of.run.delete(request)) this.#running--;
  }

  #refuse(from: Remote, request: number | null, node: string, method: string, code: number, reason: string): void {
    this.#stats.refused++;
    const loud = from.notices.allow();
    if (loud) this.emit("callRefused", { sender: from.id, node, method, code, reason, remote: false });
    if (request !== null) {
      this.#say(from, failurePacket(request, code, reason));
    } else if (loud) {
      const w = new Writer().byte(PacketOp.refused);
      this.#say(from, w.value(clip(node)).value(clip(method)).value(code).value(clip(reason)).bytes());
    }
  }

  #answered(from: Remote, id: number, take: () => unknown): void {
    const w = this.#waiting.get(id);
    if (!w || w.to !== from) {
      this.#stats.strayReplies++;
      return;
    }
    this.#waiting.delete(id);
    try {
      w.settle(null, take());
    } catch (e) {
      w.settle(e);
      if (!(e instanceof Failure)) throw e;
    }
  }

  #guard(what: string, f: () => unknown): void {
    try {
      f();
    } catch (cause) {
      this.emit("error", new HandlerError(`${what} threw: ${messageOf(cause)}`, { cause }));
    }
  }

  // Sending

  #invoke(node: Node<any>, target: Target, name: string, given: unknown[]): void {
    const { method } = node.entry(name);
    const { callLocal, channel, transferMode: mode } = method.config;
    this.#checkCall(node, target instanceof Group ? EVERYONE : target, name, callLocal);
    const args = encodeArguments(method.params, given);
    const local =
      callLocal &&
      (target instanceof Group
        ? target.has(this.#id)
        : target === EVERYONE || target === this.#id || (target < 0 && target !== -this.#id));
    if (target !== this.#id) {
      const [n, m] = [this.#names.number(node.path), this.#names.number(name)];
      const packet = new Writer().byte(PacketOp.call).value(n).value(m).raw(args).bytes();
      this.#tellNames();
      this.#route(target, packet, { channel, mode, key: `${keyOf(target)}/${n}/${m}` });
      this.#stats.callsOut++;
    }
    if (local) this.#callLocal(node, name, { channel, mode, key: "" }, args);
  }

  #checkCall(node: Node<any>, target: number, name: string, callLocal: boolean): void {
    if (this.#nodes.get(node.path) !== node) throw new FreedError(node.path);
    if (isPattern(node.path)) throw new TypeError(`${node.path} is a pattern: call a node with a path of its own`);
    if (!Number.isInteger(target)) throw new TypeError(`the target is ${target}: give a peer id, 0 or except(id)`);
    if (!this.#id || this.#server) throw new NotConnectedError();
    if (target === this.#id && !callLocal) throw new CallSelfError(`${node.path}.${name}`);
    if (target > 0 && target !== this.#id && !this.#remotes.has(target)) throw new UnknownPeerError(target);
  }

  #callLocal(node: Node<any>, name: string, delivery: Delivery, args: Uint8Array): void {
    const entry = this.#find(node.path, name)!.entry(name);
    const call: Call = {
      sender: this.#id,
      node: node.path,
      method: name,
      channel: delivery.channel,
      mode: delivery.mode,
      wantsReply: false,
      signal: new AbortController().signal,
    };
    if (!entry.handler) {
      const reason = "callLocal, but it has no handler here";
      const refusal = { sender: this.#id, node: node.path, method: name, code: Code.unknownMethod, reason, remote: false };
      this.emit("callRefused", refusal);
      return;
    }
    // As for everyone else: what arrives is a copy.
    const copy = takeAll(entry.method.params, new Reader(args).values(), true);
    this.#run(call, entry, copy).catch((e) => this.#handlerFailed(call, e));
  }

  #request(node: Node<any>, options: CallOptions, name: string, given: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { peer, signal } = options;
      const timeout = options.timeout ?? (signal ? Infinity : this.#opts.replyTimeout);
      if (!(timeout >= 0)) throw new TypeError(`timeout is ${String(timeout)}: give milliseconds, or Infinity`);
      const { method } = node.entry(name);
      this.#checkCall(node, peer, name, false);
      const to = this.#remotes.get(peer);
      if (!to) throw new UnknownPeerError(peer);
      signal?.throwIfAborted();
      const args = encodeArguments(method.params, given);
      const [n, m] = [this.#names.number(node.path), this.#names.number(name)];
      const id = ++this.#lastRequest;
      const packet = new Writer().byte(PacketOp.request).value(id).value(n).value(m).raw(args).bytes();
      this.#tellNames();
      this.#route(peer, packet, { channel: method.config.channel, mode: "reliable", key: "" });
      this.#stats.callsOut++;

      const what = `${node.path}.${name} of peer ${peer}`;
      const giveUp = (error: unknown): void => {
        if (!this.#waiting.delete(id)) return;
        if (this.#remotes.get(to.id) === to) this.#say(to, new Writer().byte(PacketOp.cancel).value(id).bytes());
        settle(error);
      };
      const aborted = (): void => giveUp(signal?.reason);
      const stop = after(timeout, () => giveUp(new TimeoutError(`${what}: no reply in ${timeout} ms`)));
      const settle = (error: unknown, value?: unknown): void => {
        stop();
        signal?.removeEventListener("abort", aborted);
        if (error !== null) {
          reject(error);
          return;
        }
        try {
          resolve(method.result.take(value));
        } catch (e) {
          reject(new ArgumentError(`the reply of ${what}: ${messageOf(e)}`));
        }
      };
      signal?.addEventListener("abort", aborted);
      this.#waiting.set(id, { to, what, settle });
    });
  }

  /** Sends what the server has not been told yet of our names. */
  #tellNames(): void {
    this.#names.tell((number, name) => {
      this.#connection.send(new Writer().byte(PacketOp.name).value(number).value(name).bytes(), CONTROL);
    });
  }

  /** Takes a node away. */
  #free(node: Node<any>): void {
    if (this.#nodes.get(node.path) !== node) return;
    this.#nodes.delete(node.path);
    this.#patterns = this.#patterns.filter((p) => p !== node);
    if (!this.#connection.knows(PacketOp.forget)) return; // then the server keeps the name for ever
    this.#names.free(node.path);
    if (!this.#id || this.#server) return;
    try {
      this.#forget();
    } catch {
      // There is no room for it: the next one tells it, too.
    }
  }

  /** Tells the server to forget the names of freed nodes, behind all that was sent with them. */
  #forget(): void {
    this.#names.forget((numbers) => {
      const w = new Writer().byte(PacketOp.forget);
      for (const n of numbers) w.value(n);
      this.#connection.send(w.bytes(), LAST);
    });
  }

  /** Sends a packet to the server, or through it to the peers that the target means. */
  #route(target: Target, packet: Uint8Array, delivery: Delivery): void {
    const to = this.#receivers(target);
    if (to.length === 0) return;
    if (to.length === 1 && to[0] === SERVER) {
      this.#connection.send(packet, delivery);
      return;
    }
    const relay = (through: number): void => {
      this.#connection.send(new Writer().byte(PacketOp.relay).value(through).raw(packet).bytes(), delivery);
    };
    if (to.length === 1) relay(to[0]!);
    else if (!(target instanceof Group)) relay(target);
    else if (!this.#connection.knows(PacketOp.relaySeveral)) to.forEach((id) => this.#route(id, packet, delivery));
    else {
      const w = new Writer().byte(PacketOp.relaySeveral).value(to.length);
      for (const id of to) w.value(id);
      this.#connection.send(w.raw(packet).bytes(), delivery);
    }
  }

  /** The peers that a target means, but this one. */
  #receivers(target: Target): number[] {
    if (target instanceof Group) return target.peers.filter((id) => id !== this.#id);
    return target > 0 ? [target] : this.peers.filter((id) => id !== -target);
  }

  /** Sends an answer to a peer; if it cannot be sent there is nobody to tell but the program. */
  #say(to: Remote, packet: Uint8Array): void {
    if (this.#remotes.get(to.id) !== to) return;
    try {
      this.#route(to.id, packet, CONTROL);
    } catch (e) {
      if (to.notices.allow()) this.emit("error", e as Error);
    }
  }
}

/** Tells targets apart, for packets that give way to newer ones. */
function keyOf(target: Target): string {
  return target instanceof Group ? target.key : `${target}`;
}

function newRemote(id: number): Remote {
  return { id, notices: new Notices(), run: new Map(), groups: new Set(), away: false };
}

function encodeArguments(params: Parameters<typeof takeAll>[0], given: unknown[]): Uint8Array {
  if (given.length > MAX_ARGUMENTS) throw new ArgumentError(`a call has at most ${MAX_ARGUMENTS} arguments`);
  const w = new Writer();
  for (const arg of takeAll(params, given, false)) w.value(arg);
  return w.bytes();
}

/** What the caller is told of a reply that could not be sent. */
function unsent(e: unknown): Failure {
  if (e instanceof PacketTooLargeError) return new Failure(Code.tooLarge, "the reply is larger than its receiver reads: ask for less at once");
  if (e instanceof BufferFullError) return new Failure(Code.busy, "there is no room for the reply now: ask again later");
  return new Failure(Code.handlerFailed, `the reply could not be sent: ${e instanceof ArgumentError ? e.message : "the handler failed"}`);
}

function failurePacket(request: number, code: number, message: string): Uint8Array {
  return new Writer().byte(PacketOp.failure).value(request).value(code).value(clip(message)).bytes();
}

/** Cuts a text that is told to the other side, in whole characters. */
function clip(s: string): string {
  return [...s].slice(0, MAX_TEXT).join("").replace(/\p{Surrogate}/gu, "\uFFFD");
}
