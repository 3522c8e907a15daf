// The lower floor of peerage.v1 (docs/protocol.md, "The connection" and "Resuming"): one session with the server, over
// as many WebSockets as it takes.

import { Addresses, shown, type Address } from "./address.js";
import { Clock, micros, now } from "./clock.js";
import { BufferFullError, CloseError, MalformedError, NotConnectedError, PacketTooLargeError, PeerageError, RefusedError, messageOf, typeName } from "./errors.js";
import { Reader, Writer } from "./msgpack.js";
import type { Settings, WebSocketLike } from "./options.js";
import { Outbox, type Delivery, type Queued } from "./outbox.js";
import { Page } from "./page.js";
import { Replay } from "./replay.js";
import { Timers } from "./timers.js";
import { CloseCode, LATER_OPS, MAX_GREETING, MODES, Op, SUBPROTOCOL, comeBack, isLoss, placeName } from "./wire.js";

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
  /** The connection keeps up again, or is there again: the server will not get so many unreliable packets. */
  dropped(count: number): void;
  /** An attempt to get a session failed. */
  failed(error: CloseError): void;
  /** The server sent what it may not, or what is not followed. */
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
const LONGEST_AFTER = 24 * 3600_000; // ms: the longest pause that a server can ask for
const CLOSE_FOLLOWS = 100; // ms: how long after an error its close is waited for
const STAYED = 5000; // ms after which a page that was about to be left and is still there was not left
const LAST_CALL = 1000; // ms before a session's window ends in which nothing new is begun, or a tenth of it
const CLOSED = 3; // a WebSocket's readyState

interface Session {
  readonly id: number;
  readonly secret: Uint8Array;
  readonly place: string; // what to offer beside the subprotocol when coming back; "" if the server names none
  readonly home: URL; // where it was given
  readonly window: number; // ms; 0: it cannot be resumed
  readonly resumable: boolean;
  readonly knows: Uint8Array; // opcodes
  received: number; // reliable packets
}

export class Connection {
  readonly clock = new Clock();
  /** What authenticates this client on the connection that stands, by the option token. */
  token: Uint8Array | null = null;
  #socket: WebSocketLike | null = null;
  #phase: "opening" | "open" | "waiting" | "closed" = "waiting";
  #quit = false; // the program closed it
  #left = false; // the page was left, which may come back
  #session: Session | null = null;
  #asked = false; // the hello of this connection named the session
  #limit = Infinity; // bytes that the server reads
  #attempt = 0;
  #attempts = 0; // that asked for their address
  #openedAt = 0;
  #lostAt = 0;
  #lost: CloseError | null = null;
  #why = new CloseError(CloseCode.leaving, ""); // the last end
  #after = 0; // ms that the goodbye of this connection wants
  #refused: RefusedError | null = null; // what it said in place of a welcome
  #notBefore = 0; // until when the server wants to be left alone
  #grace = 0; // ms of that which the session's window does not count
  #pinged = 0; // when the first ping went out that nothing came after; 0: none
  #unacked = { packets: 0, bytes: 0 };

  readonly #outbox = new Outbox();
  readonly #replay = new Replay();
  readonly #counters = { dropped: 0, replaced: 0, refused: 0, unknownOpcodes: 0 };
  #missed = 0; // packets dropped and replaced that the program was not told of yet

  readonly #timers = new Timers();
  readonly #addresses: Addresses;
  readonly #page = new Page({
    leaving: () => {
      this.#leaveWithPage();
      if (this.#left) this.#timers.set("stayed", STAYED, () => this.retry());
    },
    left: () => {
      this.#timers.stop("stayed");
      this.#leaveWithPage();
    },
    back: () => (this.#left ? void this.retry() : this.#wake()),
    woke: () => this.#wake(),
    online: () => {
      this.#attempt = 0;
      this.#wake();
    },
  });

  constructor(
    address: Address,
    readonly opts: Settings,
    readonly floor: Floor,
  ) {
    this.#addresses = new Addresses(address, opts.allowedHosts);
  }

  get counters(): Readonly<{ dropped: number; replaced: number; refused: number; unknownOpcodes: number }> {
    return { ...this.#counters };
  }

  /** Bytes that wait to be sent. */
  get buffered(): number {
    return this.#outbox.bytes + (this.#socket?.bufferedAmount ?? 0);
  }

  /** Whether the server has said that it knows an opcode of packets. */
  knows(op: number): boolean {
    return this.#session?.knows.includes(op) ?? false;
  }

  start(): void {
    if (this.#quit) return;
    this.#page.listen();
    if (this.#phase === "waiting") this.#open();
  }

  /** Queues one packet of the floor above. */
  send(packet: Uint8Array, delivery: Delivery): void {
    if (this.#phase === "closed" || !this.#session || (this.#phase !== "open" && !this.#session.resumable)) {
      throw new NotConnectedError();
    }
    const mode = MODES.indexOf(delivery.mode);
    if (this.#phase !== "open" && delivery.mode === "unreliable") {
      this.#countDropped();
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

  /** Ends the pause before the next attempt, or begins anew after the end. False if the program closed. */
  retry(): boolean {
    if (this.#quit) return false;
    if (this.#phase === "closed") {
      this.#timers.stop("stayed");
      this.#left = false;
      this.#attempt = 1;
      this.#phase = "waiting";
      this.#page.listen();
      this.floor.interrupted({ attempt: 1, delay: 0 }, this.#why);
    }
    if (this.#phase === "waiting") this.#open();
    return !this.#quit;
  }

  /** Leaves the session for good. */
  close(): void {
    if (this.#quit) return;
    this.#quit = true;
    this.#page.ignore();
    this.#leave();
  }

  /** Ends the session from this side because of the server. */
  reject(code: number, reason: string): void {
    if (this.#phase === "closed") return;
    this.#drop(code, reason);
    this.#closed(code, reason);
  }

  // The page

  #leave(): void {
    if (this.#phase === "closed") return;
    this.#drop(CloseCode.leaving, "");
    this.#finish(new CloseError(CloseCode.leaving, ""));
    this.#end();
  }

  #leaveWithPage(): void {
    if (!this.opts.leaveWithPage || this.#phase === "closed") return;
    this.#left = true;
    this.#leave();
  }

  /** Tries to come back where a pause was long only because nothing could be done, and looks whether a connection lives. */
  #wake(): void {
    if (this.#phase === "waiting") {
      const left = this.#notBefore - now();
      if (left > 0) this.#timers.set("retry", left, () => this.#open());
      else this.#open();
    } else if (this.#socket?.readyState === CLOSED) {
      this.#closeFollows("the connection was closed while the page slept");
    } else if (this.#phase === "open") {
      this.#pinged = 0;
      this.#keepAlive();
    }
  }

  // Connecting

  #open(): void {
    this.#timers.stop("retry");
    this.#phase = "opening";
    this.#after = 0;
    this.#refused = null;
    this.#asked = false;
    this.clock.reset();
    this.#timers.set("connect", this.opts.connectTimeout, () => {
      this.reject(CloseCode.handshakeTimeout, "no welcome in time");
    });
    const asked = [ask("address", this.#addresses.next()), ask("token", this.#nextToken())] as const;
    const [url, token] = asked;
    if (!(url instanceof Promise) && !(token instanceof Promise)) {
      this.token = token;
      this.#dial(url);
      return;
    }
    const attempt = ++this.#attempts;
    const current = (): boolean => this.#phase === "opening" && !this.#socket && this.#attempts === attempt;
    Promise.all(asked).then(
      ([url, token]) => {
        if (!current()) return;
        this.token = token;
        this.#dial(url);
      },
      (e) => {
        if (current()) this.#closed(CloseCode.lost, messageOf(e));
      },
    );
  }

  /** Gives the next attempt its token: a promise, if the program has to be asked for it. */
  #nextToken(): Uint8Array | null | Promise<Uint8Array> {
    const { token } = this.opts;
    if (token === undefined) return null;
    return typeof token === "function" ? Promise.resolve().then(token).then(tokenBytes) : tokenBytes(token);
  }

  #dial(url: URL): void {
    let socket: WebSocketLike;
    try {
      const place = this.#returning()?.place;
      socket = new this.opts.WebSocket(url.href, place ? [SUBPROTOCOL, place] : [SUBPROTOCOL]);
    } catch (e) {
      this.#closed(CloseCode.lost, messageOf(e).replaceAll(url.href, shown(url)));
      return;
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const mine = (f: (event: any) => void) => (event: unknown) => {
      if (this.#socket === socket) f(event);
    };
    socket.onopen = mine(() => this.#hello(socket));
    socket.onmessage = mine((event) => this.#message(event.data));
    let trouble = ""; // the package ws tells what went wrong, a browser does not
    const why = (): string => {
      if (this.#phase === "opening") return `could not connect to ${shown(url)}${trouble && `: ${trouble}`}`;
      return trouble;
    };
    socket.onclose = mine(({ code, reason }) => this.#closed(code, reason || (code === CloseCode.lost ? why() : "")));
    socket.onerror = mine((event) => {
      trouble = [event?.message, event?.error?.message].find((m) => typeof m === "string" && m) ?? "";
      trouble = trouble.replaceAll(url.href, shown(url));
      this.#closeFollows(why);
    });
  }

  /** Counts the connection as lost if no close event comes: there are WebSockets that tell of an error alone. */
  #closeFollows(why: string | (() => string)): void {
    this.#timers.set("close", CLOSE_FOLLOWS, () => {
      const reason = typeof why === "string" ? why : why();
      this.#drop(CloseCode.lost, "");
      this.#closed(CloseCode.lost, reason);
    });
  }

  #hello(socket: WebSocketLike): void {
    if (socket.protocol !== SUBPROTOCOL) {
      this.#violation(CloseCode.protocolError, `the server does not speak ${SUBPROTOCOL}`);
      return;
    }
    const hello: Record<string, unknown> = { agent: this.opts.agent, max_message: this.opts.inboundBufferSize, knows: LATER_OPS };
    const s = this.#returning();
    if (s) {
      this.#asked = true;
      hello.session = s.secret;
      hello.received = s.received;
    }
    this.#transmit(new Writer().byte(Op.hello).value(hello).bytes());
  }

  /** The session to go on with, if the server at the current address may be told of it. */
  #returning(): Session | null {
    const s = this.#session;
    return s?.resumable && this.#addresses.mayTell(this.#addresses.current, s.home) ? s : null;
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
    this.#timers.stop("connect", "window");
    if (!resumed) {
      this.#end(this.#lost ?? undefined);
      if (this.#phase !== "opening") return; // a listener closed
      this.#session = {
        id,
        secret: secret.slice(),
        place: placeName(w.place),
        home: this.#addresses.current,
        window,
        resumable: window > 0,
        knows: w.knows instanceof Uint8Array ? w.knows.slice() : new Uint8Array(),
        received: 0,
      };
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
    this.#tellDropped();
  }

  #closed(code: number, reason: string): void {
    const error = this.#refused ?? new CloseError(code, reason);
    const was = this.#phase;
    this.#socket = null;
    this.#timers.stop("connect", "close", "ping", "drain", "ack");
    this.#pinged = 0;
    const verdict = this.#refused ? (this.#after > 0 ? "now" : "no") : comeBack(code); // a refusal has its own pause
    if (was === "open") {
      this.#lost = error;
      this.#lostAt = now();
      this.#grace = this.#after;
      if (this.#lostAt - this.#openedAt >= STEADY) this.#attempt = 0;
    } else {
      this.#addresses.turn();
    }
    const s = this.#session;
    const keep =
      s?.resumable && verdict !== "no" && this.opts.reconnect && (was !== "open" || isLoss(code)) && !this.#expired(s);
    const limits = this.opts.reconnect;
    if (!limits || verdict === "no" || this.#attempt >= limits.maxAttempts) {
      this.#finish(error);
      if (s) this.#end(this.#lost ?? error);
      else this.floor.failed(error);
      return;
    }
    const pause = this.#pause(limits, verdict, keep ? this.#remaining(s) : Infinity);
    this.#phase = "waiting";
    this.#timers.set("retry", pause.delay, () => this.#open());
    if (keep && was === "open") this.#timers.set("window", s.window + this.#grace, () => this.#expire());
    this.floor.interrupted(pause, error);
    if (keep) return;
    if (s) this.#end(this.#lost ?? error);
    else this.floor.failed(error);
  }

  /** The wait before the next attempt. The last one for a session ends a little before its window does. */
  #pause(limits: { minDelay: number; maxDelay: number }, verdict: "now" | "later" | "no", left: number): Pause {
    const longest = Math.min(limits.maxDelay, limits.minDelay * 2 ** Math.min(this.#attempt, 60));
    const least = Math.max(this.#after, verdict === "later" ? Math.min(LATER, limits.maxDelay) : 0);
    this.#after = 0;
    this.#attempt++;
    this.#notBefore = now() + least;
    const whole = longest * (0.5 + Math.random() / 2);
    const last = left - least - Math.min(LAST_CALL, left / 10);
    return { attempt: this.#attempt, delay: least + (last > limits.minDelay ? Math.min(whole, last) : whole) };
  }

  /** How much is left of the time in which a session can be resumed, in milliseconds. */
  #remaining(s: Session): number {
    return s.window + this.#grace - (now() - this.#lostAt);
  }

  #expired(s: Session): boolean {
    return this.#lost !== null && this.#remaining(s) < 0;
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
    this.#missed = 0;
    this.#replay.reset();
    this.#timers.stop("window");
    if (had) this.floor.ended(error);
  }

  /** Ends it, but for retry. */
  #finish(why: CloseError): void {
    this.#phase = "closed";
    this.#why = why;
    this.#timers.stopAll();
    if (!this.#left) this.#page.ignore();
    this.floor.interrupted(null, why);
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
    if ((op === Op.welcome || op === Op.goodbye) && r.left > MAX_GREETING) {
      throw new MalformedError(`opcode ${op} with ${r.left} bytes: ${MAX_GREETING} are the most`);
    }
    if (this.#phase === "opening") {
      if (op === Op.goodbye) this.#takeRefusal(r.map());
      else if (op === Op.welcome) this.#welcome(r);
      else throw new MalformedError(`opcode ${op} before welcome`);
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
        if (this.buffered > this.opts.outboundBufferSize) return; // a server that reads nothing hears nothing
        this.#transmit(new Writer().byte(Op.pong).value(sent).value(micros()).bytes());
        return;
      }
      case Op.pong:
        this.clock.pong(r.number(), r.number());
        return;
      case Op.ack: {
        const count = r.number();
        if (this.#session?.resumable && !this.#replay.acknowledge(count)) {
          throw new MalformedError(`ack of ${count} packets`);
        }
        this.#drainOn();
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

  /** A goodbye in place of a welcome; the close follows. */
  #takeRefusal({ code, reason, after }: Record<string, unknown>): void {
    this.#takeAfter(after);
    this.#refused = new RefusedError(
      typeof code === "number" ? code : CloseCode.refused,
      typeof reason === "string" ? reason : "",
      this.#after,
    );
  }

  #takeAfter(after: unknown): void {
    const ms = typeof after === "bigint" ? Number(after) : after;
    this.#after = typeof ms === "number" && ms > 0 ? Math.min(ms, LONGEST_AFTER) : 0;
  }

  #takeGoodbye({ after, url }: Record<string, unknown>): void {
    this.#takeAfter(after);
    if (typeof url !== "string" || url === "") return;
    const s = this.#session;
    if (!s) return;
    const { warning } = this.#addresses.move(url, s, this.opts.auth !== undefined || this.opts.token !== undefined);
    if (warning) this.floor.error(new PeerageError(warning));
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
    else if (u.packets === 1) this.#timers.set("ack", ACK_AFTER, () => this.#ack());
  }

  #ack(): void {
    this.#timers.stop("ack");
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
      this.#transmit(new Writer().byte(Op.ping).value(this.clock.ask()).bytes());
      this.#timers.set("ping", pingInterval, () => {
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
      this.#missed++;
      return;
    }
    while (this.#over(q)) {
      if (this.#outbox.dropOldest()) {
        this.#countDropped();
        continue;
      }
      if (q.mode !== "reliable") {
        this.#countDropped();
        return;
      }
      this.#counters.refused++;
      throw new BufferFullError();
    }
    this.#outbox.push(q);
    if (this.#phase === "open" && !this.#timers.has("drain")) this.#timers.set("drain", DRAIN_EVERY, () => this.#drainOn());
  }

  #countDropped(): void {
    this.#counters.dropped++;
    this.#missed++;
  }

  /** Tells, once nothing waits any more, how many packets the server will not get. */
  #tellDropped(): void {
    const count = this.#missed;
    if (count === 0 || this.#phase !== "open" || this.#outbox.length > 0) return;
    this.#missed = 0;
    this.floor.dropped(count);
  }

  /** Sends on what waited. */
  #drain(): void {
    if (this.#phase !== "open") return;
    this.#outbox.drain((q) => {
      if (this.#congested() || !this.#keepable(q)) return false;
      this.#put(q);
      return true;
    });
    if (this.#outbox.length > 0) this.#timers.set("drain", DRAIN_EVERY, () => this.#drainOn());
  }

  #drainOn(): void {
    this.#drain();
    this.#tellDropped();
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
}

/** Has an error of what the program was asked for say what that was. */
function ask<T>(what: string, answer: T | Promise<T>): T | Promise<T> {
  if (!(answer instanceof Promise)) return answer;
  return answer.catch((cause) => {
    throw new PeerageError(`the ${what} function failed: ${messageOf(cause)}`, { cause });
  });
}

function tokenBytes(token: unknown): Uint8Array {
  if (typeof token === "string") return new TextEncoder().encode(token);
  if (token instanceof Uint8Array) return token;
  throw new TypeError(`it gave ${typeName(token)}: give a string or a Uint8Array`);
}

/** Cuts a reason to what a close frame holds, in whole characters. */
function clip(reason: string): string {
  while (new TextEncoder().encode(reason).length > 123) reason = [...reason].slice(0, -8).join("");
  return reason;
}
