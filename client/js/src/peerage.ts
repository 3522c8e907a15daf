/**
 * Peerage for browsers and Node: a peer of a session that speaks peerage.v1. Begin with connect.
 *
 * @packageDocumentation
 */
export { connect, SceneMultiplayer } from "./multiplayer.js";
export type { Group } from "./group.js";
export type { Address } from "./address.js";
export type { Events, State, StateChange } from "./events.js";
export type { Stats } from "./multiplayer.js";
export type { Options, ReconnectOptions, WebSocketLike } from "./options.js";
export type { Call, CallOptions, Node } from "./node.js";
export {
  any, array, bool, bytes, dict, dictionary, float, int, int64, list, map, method, nullable, optional, query, record,
  string, time, tuple,
} from "./types.js";
export type { CallArgs, Config, HandlerArgs, Infer, Method, Methods, Optional, Type, TypeLike } from "./types.js";
export {
  ArgumentError, AuthError, BufferFullError, CallSelfError, CloseError, Code, Failure, HandlerError, MalformedError,
  NotConnectedError, PacketTooLargeError, PeerGoneError, PeerageError, TimeoutError, FreedError, RefusedError,
  UndeclaredError, UnknownPeerError,
} from "./errors.js";
export type { Refusal } from "./errors.js";
export {
  AABB, Basis, Color, Extension, NodePath, Plane, Projection, Quaternion, Rect2, Rect2i, StringName, Timestamp,
  Transform2D, Transform3D, Vector2, Vector2i, Vector3, Vector3i, Vector4, Vector4i,
} from "./values.js";
export { CloseCode, EVERYONE, SERVER, SUBPROTOCOL, except } from "./wire.js";
export type { TransferMode } from "./wire.js";
