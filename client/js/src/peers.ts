// The peers of the session: who is there, and the way to them.

import type { Connection } from "./connection.js";
import { MalformedError, NotConnectedError } from "./errors.js";
import type { Emitter, Events } from "./events.js";
import { Group } from "./group.js";
import { Writer } from "./msgpack.js";
import { Notices } from "./notices.js";
import { CONTROL, type Delivery } from "./outbox.js";
import { CloseCode, MAX_PEERS, PacketOp, SERVER, type TransferMode } from "./wire.js";

/** The server, or a client that is reached through it. */
export class Peer {
  /** Its requests that are not answered. */
  readonly running = new Map<number, AbortController>();
  readonly groups = new Set<Group>();
  readonly notices = new Notices();
  away = false;

  constructor(readonly id: number) {}
}

/** A peer id, 0 for everyone, -n for everyone but n; or a group. */
export type Target = number | Group;

/** Tells targets apart, for packets that give way to newer ones. */
export function keyOf(target: Target): string {
  return target instanceof Group ? target.key : `${target}`;
}

/** Those that can be called, by their ids, in the order in which they came. */
export class Peers extends Map<number, Peer> {
  /** The id of this client; 0 while it has none. */
  self = 0;
  /** Whether there is a session whose server is admitted. */
  open = false;

  constructor(private readonly connection: Connection, private readonly events: Emitter<Events>) {
    super();
  }

  /** The server says that there is another client. */
  added(id: number): void {
    if (id < 2 || id === this.self || this.has(id)) throw new MalformedError(`peer ${id} was added again`);
    if (this.size >= MAX_PEERS) {
      this.connection.reject(CloseCode.disconnected, "too many peers");
      throw new MalformedError(`more than ${MAX_PEERS} peers`);
    }
    this.set(id, new Peer(id));
    this.events.emit("peerConnected", id);
  }

  /** The server says that the connection of another client is lost, or is there again. */
  setAway(id: number, away: boolean): void {
    const peer = this.get(id);
    if (!peer || id === SERVER || peer.away === away) return;
    peer.away = away;
    this.events.emit(away ? "peerAway" : "peerBack", id);
  }

  /** Sends bytes that are no call. */
  sendBytes(target: Target, data: Uint8Array, options: { channel?: number; mode?: TransferMode }): void {
    const { channel = 0, mode = "reliable" } = options;
    if (!this.self) throw new NotConnectedError();
    this.send(target, new Writer().byte(PacketOp.raw).raw(data).bytes(), { channel, mode, key: keyOf(target) });
  }

  /** Sends a packet to the server, or through it to the peers that the target means. */
  send(target: Target, packet: Uint8Array, delivery: Delivery): void {
    const to = this.#receivers(target);
    if (to.length === 0) return;
    if (to.length === 1 && to[0] === SERVER) return this.connection.send(packet, delivery);
    const w = new Writer();
    if (to.length === 1 || !(target instanceof Group)) w.byte(PacketOp.relay).value(to.length === 1 ? to[0] : target);
    else if (this.connection.knows(PacketOp.relaySeveral)) {
      w.byte(PacketOp.relaySeveral).value(to.length);
      for (const id of to) w.value(id);
    } else return to.forEach((id) => this.send(id, packet, delivery));
    this.connection.send(w.raw(packet).bytes(), delivery);
  }

  /** Sends an answer to a peer; if it cannot be sent there is nobody to tell but the program. */
  answer(to: Peer, packet: Uint8Array): void {
    if (this.get(to.id) !== to) return;
    try {
      this.send(to.id, packet, CONTROL);
    } catch (e) {
      if (to.notices.allow()) this.events.emit("error", e as Error);
    }
  }

  /** The peers that a target means, but this one. */
  #receivers(target: Target): number[] {
    if (target instanceof Group) return target.peers.filter((id) => id !== this.self);
    return target > 0 ? [target] : [...this.keys()].filter((id) => id !== -target);
  }
}
