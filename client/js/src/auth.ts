// Authentication: both sides look at each other's credentials before the server is admitted (docs/protocol.md,
// "Authentication").

import type { Connection } from "./connection.js";
import { AuthError, HandlerError, MalformedError, messageOf, typeName } from "./errors.js";
import type { Emitter, Events } from "./events.js";
import { Reader, Writer } from "./msgpack.js";
import type { Settings } from "./options.js";
import { CONTROL } from "./outbox.js";
import type { Peer } from "./peers.js";
import { after } from "./timers.js";
import { CloseCode, PacketOp, SERVER } from "./wire.js";

export class Auth {
  /** The server while it is authenticated. */
  server: Peer | null = null;
  #ours = false; // this side is satisfied
  #theirs = false;
  #stopTimer = (): void => {};

  constructor(
    private readonly opts: Settings,
    private readonly connection: Connection,
    private readonly events: Emitter<Events>,
    private readonly admit: (server: Peer) => void,
  ) {}

  /** Begins it with a session, tells that, and has the program authenticate, or the token. Without both there is none. */
  begin(server: Peer, tell: () => void): void {
    const { token } = this.connection;
    if (!this.opts.auth && !token) return this.admit(server);
    this.server = server;
    this.#ours = this.#theirs = false;
    this.#stopTimer = after(this.opts.authTimeout, () => {
      if (this.server === server) this.connection.reject(CloseCode.notAuthenticated, "not authenticated in time");
    });
    tell();
    if (this.server === server) this.events.emit("peerAuthenticating", SERVER);
    if (!token || this.server !== server) return;
    this.send(SERVER, token);
    this.complete(SERVER);
  }

  /** Ends it. False if there was none. */
  stop(): boolean {
    const { server } = this;
    this.server = null;
    this.#stopTimer();
    return server !== null;
  }

  send(id: number, data: Uint8Array): void {
    this.#check(id);
    this.connection.send(new Writer().byte(PacketOp.auth).raw(data).bytes(), CONTROL);
  }

  complete(id: number): void {
    const server = this.#check(id);
    this.#ours = true;
    this.connection.send(Uint8Array.of(PacketOp.authComplete), CONTROL);
    if (this.#theirs) this.admit(server);
  }

  /** Takes a packet of a server that is not admitted. False if it is for others. */
  take(data: Uint8Array): boolean {
    if (!this.server) return false;
    const r = new Reader(data);
    const op = r.byte();
    if (op === PacketOp.name) return false;
    if (op === PacketOp.auth) {
      try {
        this.opts.auth?.(SERVER, r.rest().slice());
      } catch (cause) {
        this.events.emit("error", new HandlerError(`auth threw: ${messageOf(cause)}`, { cause }));
      }
      return true;
    }
    if (op === PacketOp.authComplete) this.#theirs = true;
    else if (!this.#ours) throw new MalformedError("a packet before authentication");
    // Where the server does not ask for authentication it says nothing of it: its first packet shows that it admitted us.
    if (this.#ours) this.admit(this.server);
    return op === PacketOp.authComplete;
  }

  #check(id: number): Peer {
    if (!this.server || id !== SERVER) throw new AuthError(`peer ${id} is not being authenticated`);
    if (this.#ours) throw new AuthError(`the authentication of peer ${id} was completed already`);
    return this.server;
  }
}

/** Gives an attempt to connect the option token: a promise, if the program has to be asked for it. */
export function askToken(token: Settings["token"]): Uint8Array | null | Promise<Uint8Array> {
  if (token === undefined) return null;
  return typeof token === "function" ? Promise.resolve().then(token).then(tokenBytes) : tokenBytes(token);
}

function tokenBytes(token: unknown): Uint8Array {
  if (typeof token === "string") return new TextEncoder().encode(token);
  if (token instanceof Uint8Array) return token;
  throw new TypeError(`it gave ${typeName(token)}: give a string or a Uint8Array`);
}
