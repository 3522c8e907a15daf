import { UnknownPeerError } from "./errors.js";
import type { Peers } from "./peers.js";
import type { TransferMode } from "./wire.js";

let made = 0;

/**
 * A set of peers that is called like one: a team, those in an area, those who watch. A call to it goes through the server
 * once. Who leaves the session leaves its groups. SceneMultiplayer.group makes it, Node.rpcGroup calls it.
 *
 * A peer keeps its groups in memory while it is connected, also those that nobody uses any more: clear lets go.
 */
export class Group {
  /** @internal */
  readonly key = `group ${++made}`;
  readonly #everyone: Peers;
  readonly #ids = new Set<number>();

  /** @internal */
  constructor(everyone: Peers) {
    this.#everyone = everyone;
  }

  /** Adds a peer that can be called, or this peer itself, which then runs the calls of callLocal methods. */
  add(id: number): this {
    const peer = this.#everyone.get(id);
    if (!peer && (id !== this.#everyone.self || id === 0)) throw new UnknownPeerError(id);
    peer?.groups.add(this);
    this.#ids.add(id);
    return this;
  }

  /** Takes a peer out. False if it was not in. */
  delete(id: number): boolean {
    this.#everyone.get(id)?.groups.delete(this);
    return this.#ids.delete(id);
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  /** Takes everybody out. */
  clear(): void {
    for (const id of this.peers) this.delete(id);
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The ids of those in the group, in the order in which they were added. */
  get peers(): number[] {
    return [...this.#ids];
  }

  /** Sends bytes that are no call: an event peerPacket there. */
  sendBytes(data: Uint8Array, options: { channel?: number; mode?: TransferMode } = {}): void {
    this.#everyone.sendBytes(this, data, options);
  }
}
