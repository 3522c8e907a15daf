// The lower floor of peerage.v1 (docs/protocol.md, "The connection" and "Resuming"): one session with the server, over
// as many WebSockets as it takes. Here is when one is opened, what comes on it, and what follows when it ends.

import { Addresses, type Address } from "./address.js";
import { askToken } from "./auth.js";
import { CloseError, MalformedError, NotConnectedError, PeerageError, RefusedError, messageOf } from "./errors.js";
import type { Emitter, Events } from "./events.js";
import { hello, readGoodbye, readWelcome } from "./handshake.js";
import { Heartbeat } from "./heartbeat.js";
import { Reader, pack } from "./msgpack.js";
import type { Settings } from "./options.js";
import { Outbox, type Delivery } from "./outbox.js";
import { Page } from "./page.js";
import { Retry, comeBack, isLoss, type Pause } from "./retry.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";
import { Timers, micros, now } from "./timers.js";
import { CloseCode, MAX_GREETING, MODES, Op, SUBPROTOCOL } from "./wire.js";

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
  /** The server sent what it may not, or what is not followed. */
  error(error: Error): void;
}

const ACK_AFTER = 1000; // ms
const STEADY = 10_000; // ms: a connection that lasted so long starts the pauses anew
const STAYED = 5000; // ms after which a page that was about to be left and is still there was not left

export class Connection {
  readonly outbox: Outbox;
  readonly heartbeat: Heartbeat;
  /** What authenticates this client on the connection that stands, by the option token. */
  token: Uint8Array | null = null;
  unknownOpcodes = 0;
  #phase: "opening" | "open" | "waiting" | "closed" = "waiting";
  #quit = false; // the program closed it
  #left = false; // the page was left, which may come back
  #session: Session | null = null;
  #asked = false; // the hello of this connection named the session
  #attempts = 0;
  #openedAt = 0;
  #why = new CloseError(CloseCode.leaving, ""); // the last end
  #after = 0; // ms that the goodbye of this connection wants
  #refused: RefusedError | null = null; // what it said in place of a welcome

  readonly #addresses: Addresses;
  readonly #retry: Retry;
  readonly #socket: Socket;
  readonly #timers = new Timers();
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
      this.#retry.attempt = 0;
      this.#wake();
    },
  });

  constructor(address: Address, readonly opts: Settings, readonly events: Emitter<Events>, readonly floor: Floor) {
    this.#addresses = new Addresses(address, opts.allowedHosts);
    this.#retry = new Retry(opts.reconnect);
    this.#socket = new Socket(opts, {
      opened: (protocol) => this.#hello(protocol),
      message: (data) => this.#message(data),
      closed: (code, reason) => this.#closed(code, reason),
    });
    this.outbox = new Outbox(opts, this.#socket, events);
    this.heartbeat = new Heartbeat(opts, this.#socket, () => {
      this.#socket.close(CloseCode.tryLater, "silent for too long");
      this.#closed(CloseCode.lost, "the server was silent for too long");
    });
    // The program adds its listeners first.
    queueMicrotask(() => {
      if (this.#quit) return;
      this.#page.listen();
      if (this.#phase === "waiting") this.#open();
    });
  }

  /** Whether the server has said that it knows an opcode of packets. */
  knows(op: number): boolean {
    return this.#session?.welcome.knows.includes(op) ?? false;
  }

  /** Sends one packet of the floor above. */
  send(packet: Uint8Array, delivery: Delivery): void {
    if (this.#phase === "closed" || !this.#session || (this.#phase !== "open" && !this.#session.resumable)) {
      throw new NotConnectedError();
    }
    this.outbox.send(packet, delivery);
  }

  /** Ends the pause before the next attempt, or begins anew after the end. False if the program closed. */
  retry(): boolean {
    if (this.#quit) return false;
    if (this.#phase === "closed") {
      this.#timers.stop("stayed");
      this.#left = false;
      this.#retry.attempt = 1;
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
    this.#socket.close(code, reason);
    this.#closed(code, reason);
  }

  // The page

  #leave(): void {
    if (this.#phase === "closed") return;
    this.#socket.close(CloseCode.leaving, "");
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
      const early = this.#retry.notBefore - now();
      if (early > 0) this.#timers.set("retry", early, () => this.#open());
      else this.#open();
    } else if (!this.#socket.closedAsleep() && this.#phase === "open") this.heartbeat.beat();
  }

  // Connecting

  #open(): void {
    this.#timers.stop("retry");
    const attempt = ++this.#attempts;
    this.#phase = "opening";
    this.#after = 0;
    this.#refused = null;
    this.#asked = false;
    this.#timers.set("connect", this.opts.connectTimeout, () => {
      this.reject(CloseCode.handshakeTimeout, "no welcome in time");
    });
    const asked = [ask("address", this.#addresses.next()), ask("token", askToken(this.opts.token))] as const;
    const [url, token] = asked;
    if (!(url instanceof Promise) && !(token instanceof Promise)) return this.#dial(url, token);
    const current = (): boolean => this.#phase === "opening" && this.#attempts === attempt;
    Promise.all(asked).then(
      (answers) => current() && this.#dial(...answers),
      (e) => current() && this.#closed(CloseCode.lost, messageOf(e)),
    );
  }

  #dial(url: URL, token: Uint8Array | null): void {
    this.token = token;
    const place = this.#returning()?.welcome.place;
    this.#socket.open(url, place ? [SUBPROTOCOL, place] : [SUBPROTOCOL]);
  }

  #hello(protocol: string): void {
    if (protocol !== SUBPROTOCOL) {
      return this.#violation(CloseCode.protocolError, `the server does not speak ${SUBPROTOCOL}`);
    }
    const s = this.#returning();
    if (s) this.#asked = true;
    this.#socket.send(hello(this.opts, s));
  }

  /** The session to go on with, if the server at the current address may be told of it. */
  #returning(): Session | null {
    const s = this.#session;
    return s?.resumable && this.#addresses.mayTell(this.#addresses.current, s.home) ? s : null;
  }

  #welcome(r: Reader): void {
    const w = readWelcome(r);
    this.outbox.limit = w.limit;
    const old = this.#session;
    if (w.resumed && !(this.#asked && old?.welcome.id === w.id && this.outbox.acknowledge(w.received))) {
      this.#end(old?.lost);
      throw new MalformedError(`welcome: the server resumes what was not asked for, or with ${w.received} packets`);
    }
    this.#timers.stop("connect", "window");
    if (!w.resumed) {
      this.#end(old?.lost);
      if (this.#phase !== "opening") return; // a listener closed
      this.#session = new Session(w, this.#addresses.current);
      this.outbox.keeps = this.#session.resumable;
    }
    this.#session!.lost = null;
    this.#phase = "open";
    this.#socket.welcomed = true;
    this.#openedAt = now();
    this.heartbeat.start(w.time / 1000);
    if (!w.resumed) return this.floor.began(w.id);
    this.outbox.resume();
    this.floor.resumed();
    this.outbox.tell();
  }

  // Ending

  /** The WebSocket ended, or could not be opened. */
  #closed(code: number, reason: string): void {
    const error = this.#refused ?? new CloseError(code, reason);
    const was = this.#phase;
    this.#pause();
    const s = this.#session;
    if (was === "open") {
      s?.lose(error, this.#after);
      if (now() - this.#openedAt >= STEADY) this.#retry.attempt = 0;
    } else {
      this.#addresses.turn();
    }
    const verdict = this.#refused ? (this.#after > 0 ? "now" : "no") : comeBack(code); // a refusal has its own pause
    const keep = s?.resumable && (was !== "open" || isLoss(code)) && s.left >= 0;
    const pause = this.#retry.next(verdict, this.#after, keep ? s.left : Infinity);
    if (!pause) {
      this.#finish(error);
    } else {
      this.#after = 0;
      this.#phase = "waiting";
      this.#timers.set("retry", pause.delay, () => this.#open());
      if (keep && was === "open") this.#timers.set("window", s.left, () => this.#expire());
      this.floor.interrupted(pause, error);
      if (keep) return;
    }
    if (s) this.#end(s.lost ?? error);
    else this.events.emit("connectionFailed", error);
  }

  /** Ends what goes on while a connection stands, or is being made. */
  #pause(): void {
    this.#timers.stop("connect", "ack");
    this.heartbeat.stop();
    this.outbox.pause();
  }

  /** The session's window is over. If the server is asked for it just now, that decides. */
  #expire(): void {
    if (this.#phase !== "open" && !(this.#phase === "opening" && this.#asked)) this.#end(this.#session?.lost);
  }

  /** Gives the session up. */
  #end(error?: CloseError | null): void {
    const had = this.#session;
    this.#session = null;
    this.outbox.clear();
    this.#timers.stop("window");
    if (had) this.floor.ended(error ?? undefined);
  }

  /** Ends it, but for retry. */
  #finish(why: CloseError): void {
    this.#phase = "closed";
    this.#why = why;
    this.#pause();
    this.#timers.stopAll();
    if (!this.#left) this.#page.ignore();
    this.floor.interrupted(null, why);
  }

  /** Ends the connection over something that the server sent. */
  #violation(code: number, reason: string): void {
    this.floor.error(new MalformedError(reason));
    this.reject(code, reason);
  }

  // Receiving

  #message(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return this.#violation(CloseCode.unsupportedData, "a text message");
    if (data.byteLength > this.opts.inboundBufferSize) {
      return this.#violation(CloseCode.tooLarge, `a message of ${data.byteLength} bytes`);
    }
    this.heartbeat.heard();
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
      if (op === Op.goodbye) return this.#goodbye(r);
      if (op === Op.welcome) return this.#welcome(r);
      throw new MalformedError(`opcode ${op} before welcome`);
    }
    const number = op & 3;
    if (op - number === Op.packet || op - number === Op.channel) {
      const channel = op - number === Op.channel ? r.byte() : 0;
      const mode = MODES[number];
      if (!mode) throw new MalformedError("transfer mode 3");
      const packet = r.rest();
      if (mode === "reliable" && this.#session) this.#count(this.#session, packet.length);
      return this.floor.packet(packet, { channel, mode, key: "" });
    }
    switch (op) {
      case Op.ping: {
        const sent = r.value();
        if (this.outbox.buffered > this.opts.outboundBufferSize) return; // a server that reads nothing hears nothing
        return this.#socket.send(pack(Op.pong, sent, micros()));
      }
      case Op.pong:
        return this.heartbeat.pong(r.number(), r.number());
      case Op.ack: {
        const count = r.number();
        if (!this.outbox.acknowledge(count)) throw new MalformedError(`ack of ${count} packets`);
        return this.outbox.drain();
      }
      case Op.goodbye:
        return this.#goodbye(r);
      case Op.hello:
      case Op.welcome:
        throw new MalformedError(`opcode ${op} again`);
      default:
        this.unknownOpcodes++;
    }
  }

  /** Takes a goodbye, which may come in place of a welcome; the close follows. */
  #goodbye(r: Reader): void {
    const { code, reason, after, url } = readGoodbye(r);
    this.#after = after;
    if (this.#phase === "opening") this.#refused = new RefusedError(code, reason, after);
    const s = this.#session;
    if (!s || url === "" || this.#refused) return;
    const { warning } = this.#addresses.move(url, s, this.opts.auth !== undefined || this.opts.token !== undefined);
    if (warning) this.floor.error(new PeerageError(warning));
  }

  /** Counts a reliable packet, and acknowledges now and then. */
  #count(s: Session, bytes: number): void {
    const ack = (): void => {
      this.#timers.stop("ack");
      this.#socket.send(pack(Op.ack, s.acknowledged()));
    };
    const due = s.took(bytes);
    if (due === "now") ack();
    else if (due === "soon") this.#timers.set("ack", ACK_AFTER, ack);
  }
}

/** Has an error of what the program was asked for say what that was. */
function ask<T>(what: string, answer: T | Promise<T>): T | Promise<T> {
  if (!(answer instanceof Promise)) return answer;
  return answer.catch((cause) => {
    throw new PeerageError(`the ${what} function failed: ${messageOf(cause)}`, { cause });
  });
}
