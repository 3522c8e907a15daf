// Calls that this client makes: where they go, and the replies that they wait for.

import { ArgumentError, CallSelfError, Failure, FreedError, NotConnectedError, PeerGoneError, TimeoutError, UnknownPeerError, messageOf } from "./errors.js";
import { Group } from "./group.js";
import type { Handlers } from "./handlers.js";
import { Writer, pack } from "./msgpack.js";
import type { Names } from "./names.js";
import type { CallOptions, Node } from "./node.js";
import { isPattern, type Nodes } from "./nodes.js";
import type { Settings } from "./options.js";
import { keyOf, type Peer, type Peers, type Target } from "./peers.js";
import { after } from "./timers.js";
import { takeAll, type TypeLike } from "./types.js";
import { EVERYONE, MAX_ARGUMENTS, PacketOp, type TransferMode } from "./wire.js";

export class Calls {
  readonly stats = { callsOut: 0, strayReplies: 0 };
  /** The requests that wait for their replies. */
  readonly waiting = new Map<number, { to: Peer; what: string; settle: (error: unknown, value?: unknown) => void }>();
  #last = 0; // request

  constructor(
    private readonly opts: Settings,
    readonly peers: Peers,
    private readonly nodes: Nodes,
    private readonly names: Names,
    private readonly handlers: Handlers,
  ) {}

  /** Makes a call without a reply. */
  invoke(node: Node<any>, target: Target, name: string, given: unknown[]): void {
    const { method } = node.entry(name);
    const { callLocal, channel, transferMode: mode } = method.config;
    const { self } = this.peers;
    this.#check(node, target instanceof Group ? EVERYONE : target, name, callLocal);
    const args = encode(method.params, given);
    const here = target instanceof Group ? target.has(self) : target === self || (target <= 0 && target !== -self);
    if (target !== self) this.#send(new Writer().byte(PacketOp.call), node, name, args, target, channel, mode);
    if (callLocal && here) this.handlers.local(node.path, name, channel, mode, args);
  }

  /** Makes a call for its reply. */
  request(node: Node<any>, options: CallOptions, name: string, given: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { peer, signal } = options;
      const timeout = options.timeout ?? (signal ? Infinity : this.opts.replyTimeout);
      if (!(timeout >= 0)) throw new TypeError(`timeout is ${String(timeout)}: give milliseconds, or Infinity`);
      const { method } = node.entry(name);
      this.#check(node, peer, name, false);
      const to = this.peers.get(peer);
      if (!to) throw new UnknownPeerError(peer);
      signal?.throwIfAborted();
      const args = encode(method.params, given);
      const id = ++this.#last;
      this.#send(new Writer().byte(PacketOp.request).value(id), node, name, args, peer, method.config.channel, "reliable");

      const what = `${node.path}.${name} of peer ${peer}`;
      const giveUp = (error: unknown): void => {
        if (!this.waiting.delete(id)) return;
        this.peers.answer(to, pack(PacketOp.cancel, id));
        settle(error);
      };
      const aborted = (): void => giveUp(signal?.reason);
      const stop = after(timeout, () => giveUp(new TimeoutError(`${what}: no reply in ${timeout} ms`)));
      const settle = (error: unknown, value?: unknown): void => {
        stop();
        signal?.removeEventListener("abort", aborted);
        if (error !== null) return reject(error);
        try {
          resolve(method.result.take(value));
        } catch (e) {
          reject(new ArgumentError(`the reply of ${what}: ${messageOf(e)}`));
        }
      };
      signal?.addEventListener("abort", aborted);
      this.waiting.set(id, { to, what, settle });
    });
  }

  /** A peer answered: take gives the reply, or throws the failure. */
  answered(from: Peer, id: number, take: () => unknown): void {
    const w = this.waiting.get(id);
    if (!w || w.to !== from) {
      this.stats.strayReplies++;
      return;
    }
    this.waiting.delete(id);
    try {
      w.settle(null, take());
    } catch (e) {
      w.settle(e);
      if (!(e instanceof Failure)) throw e;
    }
  }

  /** The peer left: its replies will not come. */
  leave(peer: Peer): void {
    for (const [id, w] of this.waiting) {
      if (w.to !== peer) continue;
      this.waiting.delete(id);
      w.settle(new PeerGoneError(`${w.what}: the peer left before it replied`));
    }
  }

  /** Takes a node away. */
  free(node: Node<any>): void {
    if (this.nodes.remove(node)) this.names.free(node.path);
  }

  #check(node: Node<any>, target: number, name: string, callLocal: boolean): void {
    const { self, open } = this.peers;
    if (!this.nodes.has(node)) throw new FreedError(node.path);
    if (isPattern(node.path)) throw new TypeError(`${node.path} is a pattern: call a node with a path of its own`);
    if (!Number.isInteger(target)) throw new TypeError(`the target is ${target}: give a peer id, 0 or except(id)`);
    if (!open) throw new NotConnectedError();
    if (target === self && !callLocal) throw new CallSelfError(`${node.path}.${name}`);
    if (target > 0 && target !== self && !this.peers.has(target)) throw new UnknownPeerError(target);
  }

  /** Sends a call, or a request, of which w has the beginning. */
  #send(w: Writer, node: Node<any>, name: string, args: Uint8Array, target: Target, channel: number, mode: TransferMode): void {
    const [n, m] = [this.names.number(node.path), this.names.number(name)];
    const packet = w.value(n).value(m).raw(args).bytes();
    this.names.tell();
    this.peers.send(target, packet, { channel, mode, key: `${keyOf(target)}/${n}/${m}` });
    this.stats.callsOut++;
  }
}

function encode(params: readonly TypeLike[], given: unknown[]): Uint8Array {
  if (given.length > MAX_ARGUMENTS) throw new ArgumentError(`a call has at most ${MAX_ARGUMENTS} arguments`);
  const w = new Writer();
  for (const arg of takeAll(params, given, false)) w.value(arg);
  return w.bytes();
}
