// The lower floor of peerage.v1 (docs/protocol.md, "The connection" and "Resuming"): one session with the server, over
// as many WebSockets as it takes.

import { Clock, now } from "./clock.js";
import { BufferFullError, CloseError, MalformedError, NotConnectedError, PacketTooLargeError, messageOf } from "./errors.js";
import { Reader, Writer } from "./msgpack.js";
import type { Settings, WebSocketLike } from "./options.js";
import { Outbox, type Delivery, type Queued } from "./outbox.js";
import { Replay } from "./replay.js";
import { CloseCode, MODES, Op, SUBPROTOCOL, comeBack, isLoss } from "./wire.js";

/** What the floor above is told, in the order in which it happens. */
export interface Floor {
  /** A new session stands, with this peer id. */
  began(id: number): void;
  /** The session stands again after its connection was lost. */
  resumed(): void;
  packet(data: Uint8Array, delivery: Delivery): void;
  /** There is no connection. If there is to be another, it is tried for after the pause, in milliseconds. */
  interrupted(pause: Pause | null, error: CloseError): void;
  /** The session is over: every peer is gone. It was left from here if there is no error. */
  ended(error?: CloseError): void;
  /** An attempt to get a session failed. */
  failed(error: CloseError): void;
  /** The server sent what it may not. */
  error(error: Error): void;
}

/** The wait before an attempt. */
export interface Pause {
  readonly attempt: number;
  readonly delay: number;
}

const CONGESTED = 64 << 10;
const DRAIN_EVERY = 20; // ms: a WebSocket does not say when it has sent
const ACK_PACKETS = 64;
const ACK_BYTES = 16 << 10;
const ACK_AFTER = 1000; // ms
const STEADY = 10_000; // ms: a connection that lasted so long starts the pauses anew
const LATER = 5_000; // ms: the least pause where the server wants a client to come back later

interface Session {
  readonly id: number;
  readonly secret: Uint8Array;
  readonly window: number; // ms; 0: it cannot be resumed
  readonly resumable: boolean;
  received: number; // reliable packets
}

export class Connection {
  readonly clock = new Clock();
  #socket: WebSocketLike | null = null;
  #phase: "opening" | "open" | "waiting" | "closed" = "waiting";
  #session: Session | null = null;
  #asked = false; // the hello of this connection named the session
  #limit = Infinity; // bytes that the server reads
  #attempt = 0;
  #openedAt = 0;
  #lostAt = 0;
  #lost: CloseError | null = null;
  #goodbye: { after: number; url: string | null } = { after: 0, url: null };
  #pinged = 0; // when the first ping went out that nothing came after; 0: none
  #unacked = { packets: 0, bytes: 0 };

  readonly #outbox = new Outbox();
  readonly #replay = new Replay();
  readonly #counters = { dropped: 0, replaced: 0, refused: 0, unknownOpcodes: 0 };

  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #undo: (() => void)[] = [];

  constructor(
    readonly url: URL,
    readonly opts: Settings,
    readonly floor: Floor,
  ) {}

  get counters(): Readonly<{ dropped: number; replaced: number; refused: number; unknownOpcodes: number }> {
    return { ...this.#counters };
  }

  /** Bytes that wait to be sent. */
  get buffered(): number {
    return this.#outbox.bytes + (this.#socket?.bufferedAmount ?? 0);
  }

  start(): void {
    if (this.#phase !== "waiting") return;
    this.#listen("online", () => this.retry());
    if (this.opts.leaveWithPage) this.#listen("pagehide", () => this.close());
    this.#open();
  }

  /** Queues one packet of the floor above. */
  send(packet: Uint8Array, delivery: Delivery): void {
    if (this.#phase === "closed" || !this.#session || (this.#phase !== "open" && !this.#session.resumable)) {
      throw new NotConnectedError();
    }
    const mode = MODES.indexOf(delivery.mode);
    if (this.#phase !== "open" && delivery.mode === "unreliable") {
      this.#counters.dropped++;
      return;
    }
    const w = new Writer();
    if (delivery.channel === 0) w.byte(Op.packet | mode);
    else w.byte(Op.channel | mode).byte(delivery.channel);
    const message = w.raw(packet).bytes();
    if (message.length > this.#limit) throw new PacketTooLargeError(message.length, this.#limit);
    const q: Queued = { ...delivery, message };
    if (this.#phase === "open" && this.#outbox.length === 0 && !this.#congested() && !this.#over(q) && this.#keepable(q)) {
      this.#put(q);
      return;
    }
    this.#wait(q);
  }

  /** Ends the pause before the next attempt. */
  retry(): void {
    if (this.#phase === "waiting") this.#open();
  }

  /** Leaves the session for good. */
  close(): void {
    if (this.#phase === "closed") return;
    this.#drop(CloseCode.leaving, "");
    this.#finish();
    this.floor.interrupted(null, new CloseError(CloseCode.leaving, ""));
    this.#end();
  }

  /** Ends the session from this side because of the server. */
  reject(code: number, reason: string): void {
    if (this.#phase === "closed") return;
    this.#drop(code, reason);
    this.#closed(code, reason);
  }

  // Connecting

  #open(): void {
    this.#stop("retry");
    this.#phase = "opening";
    const url = this.#goodbye.url ?? this.url.href;
    this.#goodbye = { after: 0, url: null };
    this.#asked = false;
    let socket: WebSocketLike;
    try {
      socket = new this.opts.WebSocket(url, [SUBPROTOCOL]);
    } catch (e) {
      this.#closed(CloseCode.lost, messageOf(e));
      return;
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const mine = (f: (event: any) => void) => (event: unknown) => {
      if (this.#socket === socket) f(event);
    };
    socket.onopen = mine(() => this.#hello(socket));
    socket.onmessage = mine((event) => this.#message(event.data));
    socket.onclose = mine(({ code, reason }) => {
      if (this.#phase === "opening" && code === CloseCode.lost) {
        reason ||= `could not connect to ${url}${trouble && `: ${trouble}`}`;
      }
      this.#closed(code, reason);
    });
    let trouble = ""; // the package ws tells what went wrong, a browser does not
    socket.onerror = (event) => (trouble = typeof event?.message === "string" ? event.message : ""); // close follows
    this.#after("connect", this.opts.connectTimeout, () => this.reject(CloseCode.handshakeTimeout, "no welcome in time"));
  }

  #hello(socket: WebSocketLike): void {
    if (socket.protocol !== SUBPROTOCOL) {
      this.#violation(CloseCode.protocolError, `the server does not speak ${SUBPROTOCOL}`);
      return;
    }
    const hello: Record<string, unknown> = { agent: this.opts.agent, max_message: this.opts.inboundBufferSize };
    if (this.#session?.resumable) {
      this.#asked = true;
      hello.session = this.#session.secret;
      hello.received = this.#session.received;
    }
    this.#transmit(new Writer().byte(Op.hello).value(hello).bytes());
  }

  #welcome(r: Reader): void {
    const w = r.map();
    const number = (key: string): number => {
      const v = w[key] ?? 0;
      if (typeof v !== "number" || !(v >= 0)) throw new MalformedError(`welcome: ${key} is ${String(v)}`);
      return v;
    };
    const id = number("id");
    const secret = w.session;
    if (id < 2 || (id | 0) !== id || !(secret instanceof Uint8Array) || secret.length !== 16) {
      throw new MalformedError(`welcome: peer id ${id}, or a session that is none`);
    }
    this.#limit = number("max_message") || Infinity;
    const [window, received, time] = [number("resume_window"), number("received"), number("time")];
    const old = this.#session;
    const resumed = w.resumed === true;
    if (resumed && !(this.#asked && old && old.id === id && this.#replay.acknowledge(received))) {
      this.#end(this.#lost ?? undefined);
      throw new MalformedError(`welcome: the server resumes what was not asked for, or with ${received} packets`);
    }
    this.#stop("connect");
    this.#stop("window");
    if (!resumed) {
      this.#end(this.#lost ?? undefined);
      if (this.#phase !== "opening") return; // a listener closed
      this.#session = { id, secret: secret.slice(), window, resumable: window > 0, received: 0 };
      this.#unacked = { packets: 0, bytes: 0 };
    }
    this.#lost = null;
    this.#phase = "open";
    this.#openedAt = now();
    if (time) this.clock.start(time / 1000);
    this.#keepAlive();
    if (!resumed) {
      this.floor.began(id);
      return;
    }
    for (const m of this.#replay.messages()) this.#transmit(m);
    this.#drain();
    this.floor.resumed();
  }

  #closed(code: number, reason: string): void {
    const error = new CloseError(code, reason);
    const was = this.#phase;
    this.#socket = null;
    for (const name of ["connect", "ping", "drain", "ack"]) this.#stop(name);
    this.#pinged = 0;
    const verdict = comeBack(code);
    if (was === "open") {
      this.#lost = error;
      this.#lostAt = now();
      if (this.#lostAt - this.#openedAt >= STEADY) this.#attempt = 0;
    }
    const s = this.#session;
    const keep =
      s?.resumable && verdict !== "no" && this.opts.reconnect && (was !== "open" || isLoss(code)) && !this.#expired(s);
    const limits = this.opts.reconnect;
    if (!limits || verdict === "no" || this.#attempt >= limits.maxAttempts) {
      this.#finish();
      this.floor.interrupted(null, error);
      if (s) this.#end(this.#lost ?? error);
      else this.floor.failed(error);
      return;
    }
    const pause = this.#pause(limits, verdict);
    this.#phase = "waiting";
    this.#after("retry", pause.delay, () => this.#open());
    this.floor.interrupted(pause, error);
    if (keep) {
      if (was === "open") this.#after("window", s.window, () => this.#expire());
      return;
    }
    if (s) this.#end(this.#lost ?? error);
    else this.floor.failed(error);
  }

  #pause(limits: { minDelay: number; maxDelay: number }, verdict: "now" | "later" | "no"): Pause {
    const longest = Math.min(limits.maxDelay, limits.minDelay * 2 ** this.#attempt);
    const least = Math.max(this.#goodbye.after, verdict === "later" ? Math.min(LATER, limits.maxDelay) : 0);
    this.#attempt++;
    return { attempt: this.#attempt, delay: least + longest * (0.5 + Math.random() / 2) };
  }

  #expired(s: Session): boolean {
    return this.#lost !== null && now() - this.#lostAt > s.window;
  }

  #expire(): void {
    if (this.#phase === "opening" && this.#asked) return; // the server decides
    if (this.#phase !== "open") this.#end(this.#lost ?? undefined);
  }

  /** Gives the session up. */
  #end(error?: CloseError): void {
    const had = this.#session;
    this.#session = null;
    this.#outbox.clear();
    this.#replay.reset();
    this.#stop("window");
    if (had) this.floor.ended(error);
  }

  #finish(): void {
    this.#phase = "closed";
    for (const name of [...this.#timers.keys()]) this.#stop(name);
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Closes the WebSocket from this side, and hears nothing of it any more. */
  #drop(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = null;
    // A browser sends no code below 3000 but this one.
    if (code !== CloseCode.leaving && code < 3000) code = CloseCode.disconnected;
    try {
      socket?.close(code, clip(reason));
    } catch {
      // It was closed already.
    }
  }

  /** Ends the connection over something that the server sent. */
  #violation(code: number, reason: string): void {
    this.floor.error(new MalformedError(reason));
    this.reject(code, reason);
  }

  // Receiving

  #message(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      this.#violation(CloseCode.unsupportedData, "a text message");
      return;
    }
    if (data.byteLength > this.opts.inboundBufferSize) {
      this.#violation(CloseCode.tooLarge, `a message of ${data.byteLength} bytes`);
      return;
    }
    this.#pinged = 0;
    try {
      this.#handle(new Reader(new Uint8Array(data)));
    } catch (e) {
      this.#violation(CloseCode.protocolError, messageOf(e));
    }
  }

  #handle(r: Reader): void {
    const op = r.byte();
    if (this.#phase === "opening") {
      if (op !== Op.welcome) throw new MalformedError(`opcode ${op} before welcome`);
      this.#welcome(r);
      return;
    }
    const mode = op & 3;
    switch (op - mode) {
      case Op.packet:
      case Op.channel: {
        const channel = op - mode === Op.channel ? r.byte() : 0;
        const name = MODES[mode];
        if (!name) throw new MalformedError("transfer mode 3");
        const packet = r.rest();
        if (name === "reliable") this.#count(packet.length);
        this.floor.packet(packet, { channel, mode: name, key: "" });
        return;
      }
    }
    switch (op) {
      case Op.ping: {
        const sent = r.value();
        this.#transmit(new Writer().byte(Op.pong).value(sent).value(micros()).bytes());
        return;
      }
      case Op.pong:
        this.clock.pong(r.number() / 1000, r.number() / 1000);
        return;
      case Op.ack: {
        const count = r.number();
        if (this.#session?.resumable && !this.#replay.acknowledge(count)) {
          throw new MalformedError(`ack of ${count} packets`);
        }
        this.#drain();
        return;
      }
      case Op.goodbye:
        this.#takeGoodbye(r.map());
        return;
      case Op.hello:
      case Op.welcome:
        throw new MalformedError(`opcode ${op} again`);
      default:
        this.#counters.unknownOpcodes++;
    }
  }

  #takeGoodbye({ after, url }: Record<string, unknown>): void {
    this.#goodbye = { after: typeof after === "number" && after > 0 ? after : 0, url: null };
    if (typeof url !== "string" || url === "") return;
    try {
      this.#goodbye.url = webSocketURL(url, this.url).href;
    } catch {
      throw new MalformedError(`goodbye: the url ${JSON.stringify(url)}`);
    }
  }

  /** Counts a reliable packet, and acknowledges now and then. */
  #count(bytes: number): void {
    const s = this.#session;
    if (!s) return;
    s.received++;
    if (s.window === 0) return;
    const u = this.#unacked;
    u.packets++;
    u.bytes += bytes;
    if (u.packets >= ACK_PACKETS || u.bytes >= ACK_BYTES) this.#ack();
    else if (u.packets === 1) this.#after("ack", ACK_AFTER, () => this.#ack());
  }

  #ack(): void {
    this.#stop("ack");
    this.#unacked = { packets: 0, bytes: 0 };
    if (this.#phase === "open" && this.#session) {
      this.#transmit(new Writer().byte(Op.ack).value(this.#session.received).bytes());
    }
  }

  #keepAlive(): void {
    const { pingInterval, pingTimeout } = this.opts;
    if (pingInterval === 0) return;
    const ping = (): void => {
      const at = now();
      if (this.#pinged && at - this.#pinged >= pingTimeout) {
        this.#drop(CloseCode.tryLater, "silent for too long");
        this.#closed(CloseCode.lost, "the server was silent for too long");
        return;
      }
      this.#pinged ||= at;
      this.#transmit(new Writer().byte(Op.ping).value(micros()).bytes());
      this.#after("ping", pingInterval, () => {
        // A tab that slept has not heard what may be waiting for it.
        if (now() - at > 2 * pingInterval + 1000) this.#pinged = 0;
        ping();
      });
    };
    ping();
  }

  // Sending

  #congested(): boolean {
    return (this.#socket?.bufferedAmount ?? 0) > Math.min(CONGESTED, this.opts.outboundBufferSize / 2);
  }

  #over(q: Queued): boolean {
    return this.buffered + q.message.length > this.opts.outboundBufferSize || this.#outbox.length >= this.opts.maxQueuedPackets;
  }

  /** Whether a message can be kept until the server acknowledges it. One always can alone, or it could never be sent. */
  #keepable(q: Queued): boolean {
    if (q.mode !== "reliable" || !this.#session?.resumable || this.#replay.bytes === 0) return true;
    return this.#replay.bytes + q.message.length <= this.opts.replayBufferSize;
  }

  /** Puts a message into the outbox by the rules of its transfer mode. */
  #wait(q: Queued): void {
    if (q.mode === "unreliable_ordered" && this.#outbox.replace(q)) {
      this.#counters.replaced++;
      return;
    }
    while (this.#over(q)) {
      if (this.#outbox.dropOldest()) {
        this.#counters.dropped++;
        continue;
      }
      if (q.mode !== "reliable") {
        this.#counters.dropped++;
        return;
      }
      this.#counters.refused++;
      throw new BufferFullError();
    }
    this.#outbox.push(q);
    if (this.#phase === "open" && !this.#timers.has("drain")) this.#after("drain", DRAIN_EVERY, () => this.#drain());
  }

  /** Sends on what waited. */
  #drain(): void {
    if (this.#phase !== "open") return;
    this.#outbox.drain((q) => {
      if (this.#congested() || !this.#keepable(q)) return false;
      this.#put(q);
      return true;
    });
    if (this.#outbox.length > 0) this.#after("drain", DRAIN_EVERY, () => this.#drain());
  }

  #put(q: Queued): void {
    this.#transmit(q.message);
    if (q.mode === "reliable" && this.#session?.resumable) this.#replay.push(q.message);
  }

  #transmit(message: Uint8Array): void {
    try {
      this.#socket?.send(message as Uint8Array<ArrayBuffer>);
    } catch {
      // It is closing: close follows.
    }
  }

  // Timers and the page

  #after(name: string, delay: number, f: () => void): void {
    this.#stop(name);
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        f();
      }, delay),
    );
  }

  #stop(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #listen(event: string, f: () => void): void {
    const page = globalThis as Partial<EventTarget>;
    if (!page.addEventListener) return;
    page.addEventListener(event, f);
    this.#undo.push(() => page.removeEventListener?.(event, f));
  }
}

/** Makes a WebSocket's address of an address that may be relative, or http. */
export function webSocketURL(address: string | URL, base?: URL | string): URL {
  const wrong = (): TypeError => {
    const relative = base === undefined ? "" : ", or be relative to the page, as /path";
    return new TypeError(`bad URL ${JSON.stringify(address)}: it should look like ws://host:port/path or wss://host/path${relative}`);
  };
  if (/^[^/?#]*:\d/.test(`${address}`)) throw wrong(); // host:port, which else is a path, or has the host as its scheme
  let url: URL;
  try {
    url = new URL(address, base);
  } catch {
    throw wrong();
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw wrong();
  url.hash = "";
  return url;
}

function micros(): number {
  return Math.round(now() * 1000);
}

/** Cuts a reason to what a close frame holds, in whole characters. */
function clip(reason: string): string {
  while (new TextEncoder().encode(reason).length > 123) reason = [...reason].slice(0, -8).join("");
  return reason;
}
