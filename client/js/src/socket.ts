// The WebSocket: one at a time, which is heard until it ends or is closed from here, and never after.

import { shown } from "./address.js";
import { messageOf } from "./errors.js";
import type { Settings, WebSocketLike } from "./options.js";
import { after } from "./timers.js";
import { CloseCode } from "./wire.js";

const CLOSE_FOLLOWS = 100; // ms: how long after an error its close is waited for
const CLOSED = 3; // a WebSocket's readyState

/** What the connection is told of its WebSocket. */
export interface SocketEvents {
  opened(protocol: string): void;
  message(data: unknown): void;
  /** It ended, but not by close: whoever calls that knows. */
  closed(code: number, reason: string): void;
}

export class Socket {
  /** Whether the server let this client in on it: packets can be sent. The connection says so. */
  welcomed = false;
  #ws: WebSocketLike | null = null;
  #stopWaiting = (): void => {};

  constructor(private readonly opts: Settings, private readonly events: SocketEvents) {}

  /** Bytes that it has still to send. */
  get buffered(): number {
    return this.#ws?.bufferedAmount ?? 0;
  }

  open(url: URL, protocols: string[]): void {
    let ws: WebSocketLike;
    const told = (message: string): string => message.replaceAll(url.href, shown(url));
    try {
      ws = new this.opts.WebSocket(url.href, protocols);
    } catch (e) {
      return this.events.closed(CloseCode.lost, told(messageOf(e)));
    }
    this.#ws = ws;
    ws.binaryType = "arraybuffer";
    const mine = (f: (event: any) => void) => (event: unknown) => {
      if (this.#ws === ws) f(event);
    };
    let trouble = ""; // the package ws tells what went wrong, a browser does not
    const why = (): string =>
      this.welcomed ? trouble : `could not connect to ${shown(url)}${trouble && `: ${trouble}`}`;
    ws.onopen = mine(() => this.events.opened(ws.protocol));
    ws.onmessage = mine((event) => this.events.message(event.data));
    ws.onclose = mine(({ code, reason }) => this.#ended(code, reason || (code === CloseCode.lost ? why() : "")));
    ws.onerror = mine((event) => {
      trouble = told([event?.message, event?.error?.message].find((m) => typeof m === "string" && m) ?? "");
      this.#closeFollows(why);
    });
  }

  send(message: Uint8Array): void {
    try {
      this.#ws?.send(message as Uint8Array<ArrayBuffer>);
    } catch {
      // It is closing: closed follows.
    }
  }

  /** Closes it from this side. */
  close(code: number, reason: string): void {
    const ws = this.#forget();
    // A browser sends no code below 3000 but this one.
    if (code !== CloseCode.leaving && code < 3000) code = CloseCode.disconnected;
    try {
      ws?.close(code, clip(reason));
    } catch {
      // It was closed already.
    }
  }

  /** Whether it was closed while the page slept, which then has missed the event: closed follows. */
  closedAsleep(): boolean {
    const closed = this.#ws?.readyState === CLOSED;
    if (closed) this.#closeFollows(() => "the connection was closed while the page slept");
    return closed;
  }

  /** Counts it as lost if no close event comes: there are WebSockets that tell of an error alone. */
  #closeFollows(why: () => string): void {
    this.#stopWaiting();
    this.#stopWaiting = after(CLOSE_FOLLOWS, () => {
      const reason = why();
      this.close(CloseCode.lost, "");
      this.events.closed(CloseCode.lost, reason);
    });
  }

  #ended(code: number, reason: string): void {
    this.#forget();
    this.events.closed(code, reason);
  }

  #forget(): WebSocketLike | null {
    const ws = this.#ws;
    this.#ws = null;
    this.welcomed = false;
    this.#stopWaiting();
    return ws;
  }
}

/** Cuts a reason to what a close frame holds, in whole characters. */
function clip(reason: string): string {
  while (new TextEncoder().encode(reason).length > 123) reason = [...reason].slice(0, -8).join("");
  return reason;
}
