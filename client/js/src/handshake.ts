// The maps that both sides greet each other with: hello, welcome, and the goodbye that may stand in its place
// (docs/protocol.md, "The connection").

import { MalformedError } from "./errors.js";
import { pack, type Reader } from "./msgpack.js";
import type { Settings } from "./options.js";
import type { Session } from "./session.js";
import { CloseCode, LATER_OPS, Op, placeName } from "./wire.js";

const LONGEST_AFTER = 24 * 3600_000; // ms: the longest pause that a server can ask for

/** Writes the hello. With a session it asks to go on with that. */
export function hello(opts: Settings, s: Session | null): Uint8Array {
  const resume = s && { session: s.welcome.secret, received: s.acknowledged() };
  return pack(Op.hello, { agent: opts.agent, max_message: opts.inboundBufferSize, knows: LATER_OPS, ...resume });
}

/** What a server says to a client that it lets in. */
export type Welcome = ReturnType<typeof readWelcome>;

export function readWelcome(r: Reader) {
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
  return {
    id,
    secret: secret.slice(),
    place: placeName(w.place), // what to offer beside the subprotocol when coming back; "" if the server names none
    limit: number("max_message") || Infinity, // bytes that the server reads
    window: number("resume_window"), // ms in which the session can be resumed; 0: it cannot
    received: number("received"), // reliable packets that the server has of a session that is resumed
    time: number("time"), // microseconds
    resumed: w.resumed === true,
    knows: w.knows instanceof Uint8Array ? w.knows.slice() : new Uint8Array(), // opcodes
  };
}

/** Reads a goodbye, in which everything may be missing; after is how many milliseconds to wait, 0 if it does not say. */
export function readGoodbye(r: Reader) {
  const { code, reason, after, url } = r.map();
  const ms = typeof after === "bigint" ? Number(after) : after;
  return {
    code: typeof code === "number" ? code : CloseCode.refused,
    reason: typeof reason === "string" ? reason : "",
    after: typeof ms === "number" && ms > 0 ? Math.min(ms, LONGEST_AFTER) : 0,
    url: typeof url === "string" ? url : "",
  };
}
