import { CloseCode } from "./wire.js";

/** The root of this package's errors. */
export class PeerageError extends Error {
  override readonly name: string = "PeerageError";
}

/** Thrown by a call before the session stands, after it ended, or while it cannot be resumed. */
export class NotConnectedError extends PeerageError {
  override readonly name: string = "NotConnectedError";
  constructor() {
    super("not connected: wait for connectedToServer, then call");
  }
}

/** Thrown by a call to a peer id that nobody in the session has. */
export class UnknownPeerError extends PeerageError {
  override readonly name: string = "UnknownPeerError";
  constructor(readonly peer: number) {
    super(`no connected peer has the id ${peer}`);
  }
}

/** Thrown by a call to oneself of a method that is not callLocal. */
export class CallSelfError extends PeerageError {
  override readonly name: string = "CallSelfError";
  constructor(method: string) {
    super(`${method}: a call to oneself: declare the method with callLocal, or call another peer`);
  }
}

/** Thrown by a call, or a handler, of a method that the node does not declare. */
export class UndeclaredError extends PeerageError {
  override readonly name: string = "UndeclaredError";
}

/** Thrown by a call on a node after its free. */
export class FreedError extends PeerageError {
  override readonly name: string = "FreedError";
  constructor(path: string) {
    super(`${path} was freed: node() makes it again`);
  }
}

/** Thrown by a call with an argument that cannot travel or does not fit, and by a reply that does not fit. */
export class ArgumentError extends PeerageError {
  override readonly name: string = "ArgumentError";
}

/** Thrown by a reliable send when outboundBufferSize is used up: the server does not read, or acknowledge. Nothing was sent. */
export class BufferFullError extends PeerageError {
  override readonly name: string = "BufferFullError";
  constructor() {
    super("the connection is not keeping up, the outbound buffer is full");
  }
}

/** Thrown by a send that is larger than the server reads. */
export class PacketTooLargeError extends PeerageError {
  override readonly name: string = "PacketTooLargeError";
  constructor(size: number, limit: number) {
    super(`a message of ${size} bytes, the server reads ${limit}`);
  }
}

/** What a call with a reply fails with when none came in time. */
export class TimeoutError extends PeerageError {
  override readonly name: string = "TimeoutError";
}

/** What a call with a reply fails with when the peer, or the session, went first. */
export class PeerGoneError extends PeerageError {
  override readonly name: string = "PeerGoneError";
}

/** Thrown by sendAuth and completeAuth when the server is not being authenticated, or was already. */
export class AuthError extends PeerageError {
  override readonly name: string = "AuthError";
}

/** The other side sent bytes that no correct peer sends. */
export class MalformedError extends PeerageError {
  override readonly name: string = "MalformedError";
}

/** A handler, or an event's listener, of the program threw. The cause is what it threw. */
export class HandlerError extends PeerageError {
  override readonly name: string = "HandlerError";
}

/** Why a connection ended, or did not come to be. The code is 1006 where nobody sent one. */
export class CloseError extends PeerageError {
  override readonly name: string = "CloseError";
  constructor(
    readonly code: number,
    readonly reason: string,
  ) {
    const said = reason ? `closed with ${code}: ${reason}` : `closed with ${code}`;
    super(code === CloseCode.lost ? reason || "the connection was lost" : said);
  }
}

/** The server did not let this client in, and said why. */
export class RefusedError extends CloseError {
  override readonly name: string = "RefusedError";
  constructor(
    code: number,
    reason: string,
    /** When to try again, in milliseconds; 0: never, and it is not tried. */
    readonly retryAfter: number,
  ) {
    super(code, reason);
  }
}

/** The codes of a Failure and of a Refusal. 100 and above are the program's own. */
export const Code = {
  unknownNode: 1,
  unknownMethod: 2,
  notAllowed: 3,
  badArguments: 4,
  handlerFailed: 5,
  peerGone: 6,
  timeout: 7,
  cancelled: 8,
  noReplies: 9,
  tooMany: 10,
  shuttingDown: 11,
  busy: 12,
  tooLarge: 13,
  application: 100,
} as const;

/** A failure with a code: what a handler throws to choose the code its caller sees, and what that caller gets. */
export class Failure extends PeerageError {
  override readonly name: string = "Failure";
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** A report of a remote call that was not run. */
export interface Refusal {
  /** Who made the call; if remote, who refused it. */
  readonly sender: number;
  readonly node: string;
  readonly method: string;
  readonly code: number;
  readonly reason: string;
  /** True if it was this side's call and the other side refused it. */
  readonly remote: boolean;
}

/** What the type of a thing is, for messages. */
export function typeName(v: unknown): string {
  if (v === null || v === undefined) return "nothing";
  if (typeof v !== "object") return typeof v;
  const name: unknown = Object.getPrototypeOf(v)?.constructor?.name; // not v's own constructor, which a peer may have sent
  return typeof name === "string" ? name : "object";
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
