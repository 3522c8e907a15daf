// Calls that peers make: whether they may, the handlers that they run, and the answers.

import { ArgumentError, BufferFullError, Code, Failure, HandlerError, MalformedError, PacketTooLargeError, PeerGoneError, messageOf } from "./errors.js";
import type { Emitter, Events } from "./events.js";
import { Reader, pack } from "./msgpack.js";
import type { Call, Entry } from "./node.js";
import type { Nodes } from "./nodes.js";
import type { Settings } from "./options.js";
import { CONTROL, type Delivery } from "./outbox.js";
import type { Peer, Peers } from "./peers.js";
import { after } from "./timers.js";
import { takeAll } from "./types.js";
import { PacketOp } from "./wire.js";

const MAX_TEXT = 512;
const FAIL_AGAIN = 50; // milliseconds
const SHARES = 8; // peers that may each have as many requests waiting as one may

export class Handlers {
  readonly stats = { callsIn: 0, refused: 0, handlerErrors: 0, cancelled: 0 };
  /** The peer whose call is running; 0 outside of handlers. */
  sender = 0;
  #running = 0; // requests of all peers that are not answered

  constructor(
    private readonly opts: Settings,
    private readonly peers: Peers,
    private readonly nodes: Nodes,
    private readonly events: Emitter<Events>,
  ) {}

  /** Runs a call that came from a peer, or says why not. It is a request, with a number, where a reply is waited for. */
  incoming(from: Peer, request: number | null, node: string, method: string, r: Reader, { channel, mode }: Delivery): void {
    const { running } = from;
    if (request !== null && running.has(request)) throw new MalformedError(`request ${request} is waiting already`);
    const refuse = (code: number, reason: string): void => this.#refuse(from, request, node, method, code, reason);
    const found = this.nodes.find(node, method);
    if (!found) return refuse(Code.unknownNode, `there is no node ${node} here`);
    const entry = found.entries.get(method);
    const allowed = entry?.method.config.mode;
    if (!entry || (!entry.handler && allowed !== "disabled")) {
      return refuse(Code.unknownMethod, `node ${node} has no handler for ${method}`);
    }
    if (allowed === "disabled" || (allowed === "authority" && from.id !== found.authority)) {
      return refuse(Code.notAllowed, `mode is ${allowed}, authority is ${found.authority}`);
    }
    const most = this.opts.maxPendingRequests;
    if (request !== null && running.size >= most) {
      return refuse(Code.tooMany, `${running.size} requests are waiting already`);
    }
    if (request !== null && this.#running >= SHARES * most) {
      return refuse(Code.tooMany, `${this.#running} requests of all peers are waiting already`);
    }
    let args: unknown[];
    try {
      args = takeAll(entry.method.params, r.values(), true);
    } catch (e) {
      return refuse(Code.badArguments, messageOf(e));
    }
    const control = new AbortController();
    const { signal } = control;
    const call: Call = { sender: from.id, node, method, channel, mode, wantsReply: request !== null, signal };
    if (request === null) return this.#start(call, entry, args);
    running.set(request, control);
    this.#running++;
    this.#run(call, entry, args).then(
      (value) => this.#reply(from, request, control, call, entry, value),
      (e) => {
        if (!(e instanceof Failure)) this.#failed(call, e);
        const failure = e instanceof Failure ? e : new Failure(Code.handlerFailed, "the handler failed");
        this.#fail(from, request, control, failure);
      },
    );
  }

  /** Runs a call of this client here. As for everyone else: what arrives is a copy of the arguments. */
  local(node: string, method: string, channel: number, mode: Delivery["mode"], args: Uint8Array): void {
    const entry = this.nodes.find(node, method)!.entry(method);
    const sender = this.peers.self;
    if (!entry.handler) {
      const reason = "callLocal, but it has no handler here";
      this.events.emit("callRefused", { sender, node, method, code: Code.unknownMethod, reason, remote: false });
      return;
    }
    const { signal } = new AbortController();
    const copy = takeAll(entry.method.params, new Reader(args).values(), true);
    this.#start({ sender, node, method, channel, mode, wantsReply: false, signal }, entry, copy);
  }

  /** The peer gave its request up. */
  cancel(of: Peer, request: number): void {
    const control = of.running.get(request);
    if (!control) return;
    this.#finished(of, request);
    this.stats.cancelled++;
    control.abort(new Failure(Code.cancelled, "the caller gave up"));
  }

  /** The peer left: nobody waits for its replies. */
  leave(peer: Peer): void {
    for (const control of peer.running.values()) control.abort(new PeerGoneError(`peer ${peer.id} left`));
    this.#running -= peer.running.size;
    peer.running.clear();
  }

  /** Runs a call that wants no reply. */
  #start(call: Call, entry: Entry, args: unknown[]): void {
    this.#run(call, entry, args).catch((e) => this.#failed(call, e));
  }

  /** Calls a handler, now. */
  async #run(call: Call, entry: Entry, args: unknown[]): Promise<unknown> {
    const outer = this.sender;
    this.sender = call.sender;
    this.stats.callsIn++;
    let result: unknown;
    try {
      result = entry.handler!(call, ...args);
    } finally {
      this.sender = outer;
    }
    return await result;
  }

  #failed(call: Call, cause: unknown): void {
    this.stats.handlerErrors++;
    this.events.emit("error", new HandlerError(`the handler of ${call.node}.${call.method} threw: ${messageOf(cause)}`, { cause }));
  }

  #reply(to: Peer, request: number, control: AbortController, call: Call, entry: Entry, value: unknown): void {
    if (to.running.get(request) !== control) return; // nobody waits any more
    try {
      const { result } = entry.method;
      const given = result.give ? result.give(value) : value;
      this.peers.send(to.id, pack(PacketOp.reply, request, given), CONTROL);
      this.#finished(to, request);
    } catch (e) {
      if (e instanceof BufferFullError) this.events.emit("error", e);
      else this.#failed(call, e);
      this.#fail(to, request, control, unsent(e));
    }
  }

  /** Answers with a failure: when there is room for it, if there is none now. */
  #fail(to: Peer, request: number, control: AbortController, f: Failure): void {
    if (to.running.get(request) !== control) return;
    try {
      this.peers.send(to.id, failurePacket(request, f.code, f.message), CONTROL);
    } catch (e) {
      if (e instanceof BufferFullError) {
        after(FAIL_AGAIN, () => this.#fail(to, request, control, f));
        return;
      }
      if (to.notices.allow()) this.events.emit("error", e as Error);
    }
    this.#finished(to, request);
  }

  /** Counts a request as answered. */
  #finished(of: Peer, request: number): void {
    if (of.running.delete(request)) this.#running--;
  }

  #refuse(from: Peer, request: number | null, node: string, method: string, code: number, reason: string): void {
    this.stats.refused++;
    const loud = from.notices.allow();
    if (loud) this.events.emit("callRefused", { sender: from.id, node, method, code, reason, remote: false });
    if (request !== null) {
      this.peers.answer(from, failurePacket(request, code, reason));
    } else if (loud) {
      this.peers.answer(from, pack(PacketOp.refused, clip(node), clip(method), code, clip(reason)));
    }
  }
}

/** What the caller is told of a reply that could not be sent. */
function unsent(e: unknown): Failure {
  if (e instanceof PacketTooLargeError) return new Failure(Code.tooLarge, "the reply is larger than its receiver reads: ask for less at once");
  if (e instanceof BufferFullError) return new Failure(Code.busy, "there is no room for the reply now: ask again later");
  return new Failure(Code.handlerFailed, `the reply could not be sent: ${e instanceof ArgumentError ? e.message : "the handler failed"}`);
}

function failurePacket(request: number, code: number, message: string): Uint8Array {
  return pack(PacketOp.failure, request, code, clip(message));
}

/** Cuts a text that is told to the other side, in whole characters. */
function clip(s: string): string {
  return [...s].slice(0, MAX_TEXT).join("").replace(/\p{Surrogate}/gu, "\uFFFD");
}
