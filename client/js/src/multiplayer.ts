// The client of a session: what a program has of it, and how its parts go together. The connection (connection.ts) hands up
// what comes; each packet goes to the part that it is for.

import type { Address } from "./address.js";
import { Auth } from "./auth.js";
import { Calls } from "./calls.js";
import { Connection } from "./connection.js";
import { Failure, MalformedError, NotConnectedError, UnknownPeerError, type CloseError } from "./errors.js";
import { Emitter, type Events, type State, type StateChange } from "./events.js";
import { Group } from "./group.js";
import { Handlers } from "./handlers.js";
import { Reader } from "./msgpack.js";
import { Names } from "./names.js";
import type { Node } from "./node.js";
import { Nodes } from "./nodes.js";
import { Notices } from "./notices.js";
import { settings, type Options, type Settings } from "./options.js";
import type { Delivery } from "./outbox.js";
import { Peer, Peers } from "./peers.js";
import type { Methods } from "./types.js";
import { PacketOp, SERVER, type TransferMode } from "./wire.js";

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

/**
 * A client of one session: it makes remote calls, and runs those of others as they come, in their order. connect
 * makes it.
 */
export class SceneMultiplayer extends Emitter<Events> {
  readonly #connection: Connection;
  readonly #auth: Auth;
  readonly #peers: Peers;
  readonly #nodes: Nodes;
  readonly #names: Names;
  readonly #handlers: Handlers;
  readonly #calls: Calls;
  readonly #notices = new Notices();
  readonly #stats = { refusedByRemote: 0, fromDeparted: 0, malformed: 0, unknownOpcodes: 0 };
  #state: State = "connecting";

  /** @internal */
  constructor(address: Address, opts: Settings) {
    super();
    this.#connection = new Connection(address, opts, this, {
      began: (id) => this.#began(id),
      resumed: () => this.#become("connected", { resumed: true }),
      packet: (data, delivery) => this.#receive(data, delivery),
      interrupted: (pause, error) => this.#become(pause ? "reconnecting" : "closed", { ...pause, error }),
      ended: (error) => this.#ended(error),
      error: (error) => this.#malformed(this.#notices, error),
    });
    this.#auth = new Auth(opts, this.#connection, this, (server) => this.#admit(server));
    this.#peers = new Peers(this.#connection, this);
    this.#nodes = new Nodes(opts.rootPath);
    this.#names = new Names(this.#connection);
    this.#handlers = new Handlers(opts, this.#peers, this.#nodes, this);
    this.#calls = new Calls(opts, this.#peers, this.#nodes, this.#names, this.#handlers);
  }

  /** Where this client stands. */
  get state(): State {
    return this.#state;
  }

  /** The id of this peer; 0 while there is none. */
  get uniqueId(): number {
    return this.#peers.self;
  }

  /** The peer whose call is running, this peer itself in a local call; 0 outside of handlers, and in them after an await. */
  get remoteSenderId(): number {
    return this.#handlers.sender;
  }

  /** The ids of the peers that can be called, in the order in which they came. */
  get peers(): number[] {
    return [...this.#peers.keys()];
  }

  /** Whether the connection of another client is lost, and it may still come back. */
  isAway(id: number): boolean {
    return this.#peers.get(id)?.away ?? false;
  }

  /** The last round trip to the server and back, in milliseconds; NaN before the first. */
  get roundTripTime(): number {
    return this.#connection.heartbeat.roundTrip;
  }

  /** The server's clock, as well as it is known: milliseconds since 1970. */
  get serverTime(): number {
    return this.#connection.heartbeat.serverTime;
  }

  /** How many bytes wait to be sent. */
  get bufferedAmount(): number {
    return this.#connection.outbox.buffered;
  }

  get stats(): Stats {
    return {
      ...this.#handlers.stats,
      ...this.#calls.stats,
      ...this.#connection.outbox.stats,
      ...this.#stats,
      unknownOpcodes: this.#stats.unknownOpcodes + this.#connection.unknownOpcodes,
      waiting: this.#calls.waiting.size,
    };
  }

  /** Waits until peers can be called. Fails with the error that ended it, if it is over, or with the signal's reason. */
  ready(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (error: Error | null): void => {
        if (signal?.aborted) reject(signal.reason);
        else if (this.#state === "connected") resolve();
        else if (this.#state === "closed") reject(error ?? new NotConnectedError());
        else return;
        off();
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = (): void => look(null);
      const off = this.on("stateChanged", (change) => look(change.error));
      signal?.addEventListener("abort", aborted);
      look(null);
    });
  }

  /**
   * The node with this path, and its methods. Asked for again it is the same node, with more methods, until its free.
   *
   * A path of which a segment is *, such as "Players/*", is a pattern: it stands for all nodes with any one segment there.
   * What it handles, it handles for all of them that have no handler of their own; call.node tells which one is meant.
   */
  node<M extends Methods = {}>(path: string, methods?: M): Node<M> {
    const node = this.#nodes.at(path, this.#calls);
    return methods ? node.declare(methods) : node;
  }

  /** Makes a group of no peers. */
  group(): Group {
    return new Group(this.#peers);
  }

  /** Sends bytes that are no call to one peer, to everyone (0) or to everyone but one: an event peerPacket there. */
  sendBytes(target: number, data: Uint8Array, options: { channel?: number; mode?: TransferMode } = {}): void {
    if (this.#peers.self && target > 0 && !this.#peers.has(target)) throw new UnknownPeerError(target);
    this.#peers.sendBytes(target, data, options);
  }

  /** Sends bytes to the server while it is authenticated: its AuthCallback takes them. */
  sendAuth(id: number, data: Uint8Array): void {
    this.#auth.send(id, data);
  }

  /** Says that this side is satisfied with the server. It is admitted once its own side has completed as well. */
  completeAuth(id: number): void {
    this.#auth.complete(id);
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

  #become(state: State, more: Partial<StateChange> = {}): void {
    const previous = this.#state;
    this.#state = state;
    this.emit("stateChanged", { state, previous, resumed: false, attempt: 0, delay: 0, error: null, ...more });
  }

  #began(id: number): void {
    this.#peers.self = id;
    this.#names.reset();
    this.#auth.begin(new Peer(SERVER), () => this.#become("authenticating"));
  }

  #admit(server: Peer): void {
    this.#auth.stop();
    this.#peers.open = true;
    this.#peers.set(SERVER, server);
    this.#become("connected");
    if (this.#peers.get(SERVER) === server) this.emit("connectedToServer");
    if (this.#peers.get(SERVER) === server) this.emit("peerConnected", SERVER);
  }

  #ended(error?: CloseError): void {
    const authenticating = this.#auth.stop();
    for (const peer of [...this.#peers.values()].reverse()) this.#depart(peer);
    this.#peers.self = 0;
    this.#peers.open = false;
    if (authenticating) this.emit("peerAuthenticationFailed", SERVER);
    if (error) this.emit(authenticating ? "connectionFailed" : "serverDisconnected", error);
  }

  #depart(peer: Peer): void {
    if (!this.#peers.delete(peer.id)) return;
    for (const g of peer.groups) g.delete(peer.id);
    this.#handlers.leave(peer);
    this.#calls.leave(peer);
    this.emit("peerDisconnected", peer.id);
  }

  // Receiving

  #receive(data: Uint8Array, delivery: Delivery): void {
    const server = this.#auth.server ?? this.#peers.get(SERVER);
    if (!server) return; // a listener ended the session
    try {
      if (!this.#auth.take(data)) this.#packet(server, data, delivery, false);
    } catch (e) {
      this.#malformed(server.notices, e as Error);
    }
  }

  #packet(from: Peer, data: Uint8Array, delivery: Delivery, relayed: boolean): void {
    const r = new Reader(data);
    const op = r.byte();
    // From call to refused is what a peer may send another through the server.
    if (relayed && (op < PacketOp.call || op > PacketOp.refused)) throw new MalformedError(`opcode ${op} in a relay`);
    switch (op) {
      case PacketOp.name:
        return this.#names.learn(r.number(), r.text());
      case PacketOp.forget:
        while (r.left > 0) this.#names.unlearn(r.number());
        return;
      case PacketOp.call:
      case PacketOp.request: {
        const request = op === PacketOp.request ? r.number() : null;
        const [node, method] = [this.#names.of(r.number()), this.#names.of(r.number())];
        return this.#handlers.incoming(from, request, node, method, r, delivery);
      }
      case PacketOp.cancel:
        return this.#handlers.cancel(from, r.number());
      case PacketOp.reply:
        return this.#calls.answered(from, r.number(), () => r.value());
      case PacketOp.failure: {
        const id = r.number();
        const failure = new Failure(r.number(), r.text());
        return this.#calls.answered(from, id, () => {
          throw failure;
        });
      }
      case PacketOp.refused: {
        const [node, method, code, reason] = [r.text(), r.text(), r.number(), r.text()];
        this.#stats.refusedByRemote++;
        if (from.notices.allow()) {
          this.emit("callRefused", { sender: from.id, node, method, code, reason, remote: true });
        }
        return;
      }
      case PacketOp.raw:
        return this.emit("peerPacket", from.id, r.rest(), { channel: delivery.channel, mode: delivery.mode });
      case PacketOp.peerAdded:
        return this.#peers.added(r.id());
      case PacketOp.peerRemoved: {
        const peer = this.#peers.get(r.id());
        if (peer && peer.id !== SERVER) this.#depart(peer);
        return;
      }
      case PacketOp.peerAway:
      case PacketOp.peerBack:
        return this.#peers.setAway(r.id(), op === PacketOp.peerAway);
      case PacketOp.relayed: {
        const source = this.#peers.get(r.id());
        if (source?.id === SERVER) throw new MalformedError("a packet of the server in a relay");
        if (source) this.#packet(source, r.rest(), delivery, true);
        else this.#stats.fromDeparted++; // the word that it left came first, on a lower channel
        return;
      }
      case PacketOp.relay:
        throw new MalformedError("a packet that only a client sends");
      case PacketOp.auth:
      case PacketOp.authComplete:
        return; // a server that asks for it where this side does not
      default:
        this.#stats.unknownOpcodes++;
    }
  }

  #malformed(notices: Notices, error: Error): void {
    if (error instanceof MalformedError) this.#stats.malformed++;
    if (notices.allow()) this.emit("error", error);
  }
}
