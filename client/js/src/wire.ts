// The constants of the wire peerage.v1: docs/protocol.md says what they mean.

/** The WebSocket subprotocol that this package speaks. */
export const SUBPROTOCOL = "peerage.v1";

/** What is offered beside it for the place that a welcome named; "" if it named none. */
export function placeName(place: unknown): string {
  if (!(place instanceof Uint8Array) || place.length !== 16) return "";
  return `peerage.place.${Array.from(place, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}

/** The opcodes of a connection: the first byte of a message. */
export const Op = {
  hello: 0x00, // map
  welcome: 0x01, // map
  ping: 0x02, // time
  pong: 0x03, // time, now
  ack: 0x04, // count
  goodbye: 0x05, // map
  packet: 0x10, // | mode; the packet follows
  channel: 0x14, // | mode; the channel, one byte, then the packet
} as const;

/** The opcodes of calls: the first byte of a packet. */
export const PacketOp = {
  name: 0x20, // number, string
  call: 0x21, // node, method, arguments
  request: 0x22, // request, node, method, arguments
  reply: 0x23, // request, value
  failure: 0x24, // request, code, message
  cancel: 0x25, // request
  raw: 0x26, // rest
  refused: 0x27, // node, method, code, message
  peerAdded: 0x28, // id
  peerRemoved: 0x29, // id
  relay: 0x2a, // target, rest
  relayed: 0x2b, // source, rest
  auth: 0x2c, // rest
  authComplete: 0x2d,
  forget: 0x2e, // numbers of names, up to the end
  relaySeveral: 0x2f, // count, so many targets, rest
  peerAway: 0x30, // id
  peerBack: 0x31, // id
} as const;

/** Those that a server has to say that it knows, as this client does: a goodbye in place of a welcome is one. */
export const LATER_OPS = Uint8Array.of(Op.goodbye, PacketOp.forget, PacketOp.relaySeveral, PacketOp.peerAway, PacketOp.peerBack);

/** How a packet travels when the connection does not keep up. */
export type TransferMode = "reliable" | "unreliable" | "unreliable_ordered";

/** The transfer modes, by their number on the wire. */
export const MODES: readonly TransferMode[] = ["reliable", "unreliable", "unreliable_ordered"];

/** How deep values may be nested. */
export const MAX_DEPTH = 64;
/** How long a welcome or a goodbye may be, in bytes. */
export const MAX_GREETING = 16384;
/** How many names one side may have numbers for at once. */
export const MAX_NAMES = 4096;
/** How many peers a session may have, as a client sees it. */
export const MAX_PEERS = 65536;
/** How long the name of a node or a method may be, in bytes. */
export const MAX_NAME = 1024;
/** How many arguments a call may have. */
export const MAX_ARGUMENTS = 255;

/** The server's peer id. */
export const SERVER = 1;
/** The target that means every peer. */
export const EVERYONE = 0;

/** The target that means every peer but one. */
export function except(id: number): number {
  return -id;
}

/** WebSocket close codes that a session uses beside those of RFC 6455. */
export const CloseCode = {
  leaving: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  lost: 1006,
  policy: 1008,
  tooLarge: 1009,
  internalError: 1011,
  restart: 1012,
  tryLater: 1013,
  disconnected: 4000,
  notAuthenticated: 4001,
  handshakeTimeout: 4002,
  refused: 4003,
  resumed: 4004,
  replaced: 4026,
} as const;
