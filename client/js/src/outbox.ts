// What is sent: at once, later if the connection does not keep up or is lost, or not at all (docs/protocol.md, "Packets").

import { BufferFullError, PacketTooLargeError } from "./errors.js";
import type { Emitter, Events } from "./events.js";
import { Writer } from "./msgpack.js";
import type { Settings } from "./options.js";
import type { Socket } from "./socket.js";
import { Timers } from "./timers.js";
import { MODES, Op, type TransferMode } from "./wire.js";

const CONGESTED = 64 << 10;
const DRAIN_EVERY = 20; // ms: a WebSocket does not say when it has sent

/** How a packet travels. */
export interface Delivery {
  readonly channel: number;
  readonly mode: TransferMode;
  /** Tells unreliable ordered packets of one channel apart: one replaces only those of its own key. */
  readonly key: string;
}

/** A message that waits for the connection. */
interface Queued extends Delivery {
  readonly message: Uint8Array;
}

/** How packets travel that are about other packets. */
export const CONTROL: Delivery = { channel: 0, mode: "reliable", key: "" };

export class Outbox {
  readonly stats = { packetsDropped: 0, packetsReplaced: 0, packetsRefused: 0 };
  /** How many bytes the server reads of a message. */
  limit = Infinity;
  /** Whether reliable messages are kept, for a connection to come, until the server acknowledges them. */
  keeps = false;
  #queue: Queued[] = [];
  #bytes = 0; // of these
  #missed = 0; // packets dropped and replaced that the program was not told of yet
  #kept: Uint8Array[] = []; // reliable messages that the server has not acknowledged
  #keptBytes = 0;
  #acknowledged = 0; // messages of the session
  readonly #timers = new Timers();

  constructor(private readonly opts: Settings, private readonly socket: Socket, private readonly events: Emitter<Events>) {}

  /** Bytes that wait to be sent. */
  get buffered(): number {
    return this.#bytes + this.socket.buffered;
  }

  send(packet: Uint8Array, delivery: Delivery): void {
    const { channel, mode } = delivery;
    const open = this.socket.welcomed;
    if (!open && mode === "unreliable") return this.#drop();
    const w = new Writer();
    if (channel === 0) w.byte(Op.packet | MODES.indexOf(mode));
    else w.byte(Op.channel | MODES.indexOf(mode)).byte(channel);
    const message = w.raw(packet).bytes();
    if (message.length > this.limit) throw new PacketTooLargeError(message.length, this.limit);
    const q = { ...delivery, message };
    if (open && this.#queue.length === 0 && !this.#over(q) && this.#ready(q)) this.#put(q);
    else this.#wait(q);
  }

  /** Sends on what waited. */
  drain(): void {
    this.#drain();
    this.tell();
  }

  /** Tells, once nothing waits any more, how many packets the server will not get. */
  tell(): void {
    const count = this.#missed;
    if (count === 0 || !this.socket.welcomed || this.#queue.length > 0) return;
    this.#missed = 0;
    this.events.emit("packetsDropped", count);
  }

  /** Forgets the first messages of the session that are kept. False if the server cannot have had that many, or had more. */
  acknowledge(count: number): boolean {
    const n = count - this.#acknowledged;
    if (!this.keeps) return true;
    if (n < 0 || n > this.#kept.length) return false;
    for (const m of this.#kept.splice(0, n)) this.#keptBytes -= m.length;
    this.#acknowledged = count;
    return true;
  }

  /** Sends again what the server has not, on a connection which goes on with the session, then what waited. */
  resume(): void {
    for (const m of this.#kept) this.socket.send(m);
    this.#drain();
  }

  /** The connection is lost: what waits goes on waiting. */
  pause(): void {
    this.#timers.stop("drain");
  }

  /** The session is over. */
  clear(): void {
    this.#queue = [];
    this.#kept = [];
    this.#bytes = this.#keptBytes = this.#missed = this.#acknowledged = 0;
  }

  /** Whether a message can go out: the WebSocket keeps up, and there is room to keep it. One can always be kept alone. */
  #ready(q: Queued): boolean {
    if (this.socket.buffered > Math.min(CONGESTED, this.opts.outboundBufferSize / 2)) return false;
    if (q.mode !== "reliable" || !this.keeps || this.#keptBytes === 0) return true;
    return this.#keptBytes + q.message.length <= this.opts.replayBufferSize;
  }

  #over(q: Queued): boolean {
    return this.buffered + q.message.length > this.opts.outboundBufferSize || this.#queue.length >= this.opts.maxQueuedPackets;
  }

  /** Has a message wait by the rules of its transfer mode. */
  #wait(q: Queued): void {
    const ordered = (o: Queued): boolean => o.mode === "unreliable_ordered" && o.channel === q.channel && o.key === q.key;
    const older = q.mode === "unreliable_ordered" ? this.#queue.findIndex(ordered) : -1;
    if (older >= 0) {
      // Last, so order holds.
      this.#take(older);
      this.#push(q);
      this.stats.packetsReplaced++;
      this.#missed++;
      return;
    }
    while (this.#over(q)) {
      const oldest = this.#queue.findIndex((o) => o.mode !== "reliable");
      if (oldest < 0 && q.mode === "reliable") {
        this.stats.packetsRefused++;
        throw new BufferFullError();
      }
      this.#drop();
      if (oldest < 0) return;
      this.#take(oldest);
    }
    this.#push(q);
    if (this.socket.welcomed && !this.#timers.has("drain")) this.#drainSoon();
  }

  /** Sends as much as there is room for, lower channels first. */
  #drain(): void {
    if (!this.socket.welcomed) return;
    this.#queue.sort((a, b) => a.channel - b.channel);
    while (this.#queue.length > 0 && this.#ready(this.#queue[0]!)) this.#put(this.#take(0));
    if (this.#queue.length > 0) this.#drainSoon();
  }

  #drainSoon(): void {
    this.#timers.set("drain", DRAIN_EVERY, () => this.drain());
  }

  #drop(): void {
    this.stats.packetsDropped++;
    this.#missed++;
  }

  #push(q: Queued): void {
    this.#queue.push(q);
    this.#bytes += q.message.length;
  }

  #take(i: number): Queued {
    const [q] = this.#queue.splice(i, 1);
    this.#bytes -= q!.message.length;
    return q!;
  }

  #put(q: Queued): void {
    this.socket.send(q.message);
    if (q.mode !== "reliable" || !this.keeps) return;
    this.#kept.push(q.message);
    this.#keptBytes += q.message.length;
  }
}
