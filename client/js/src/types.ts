// Declarations: what a method's parameters are, for TypeScript, which checks calls and handlers by them, and at run
// time, when what a peer sent is checked.

import { ArgumentError, typeName } from "./errors.js";
import { StringName, Vector2, Vector3, Vector4, Color, Extension } from "./values.js";
import type { TransferMode } from "./wire.js";

declare const unchecked: unique symbol;

/** The type of a parameter or of a reply. */
export interface Type<T> {
  readonly name: string;
  /** Gives what a handler gets for a value that arrived; throws an ArgumentError if it does not fit. */
  take(v: unknown): T;
  /** Never there: it carries T for TypeScript. */
  readonly [unchecked]?: T;
}

/** A parameter that a caller may leave out. */
export interface Optional<T> extends Type<T> {
  readonly fallback: T;
}

type Class<T> = new (...args: any[]) => T;

/** A Type, or a class whose instances travel: Vector2 and the like. */
export type TypeLike = Type<any> | Class<any>;

/** The value that a TypeLike stands for. */
export type Infer<P> = P extends Type<infer T> ? T : P extends Class<infer T> ? T : never;

/** The arguments of a call, by the types of the parameters: optional ones may be left out. */
export type CallArgs<P extends readonly TypeLike[]> = P extends readonly [infer H, ...infer R extends readonly TypeLike[]]
  ? H extends Optional<infer T>
    ? [T?, ...CallArgs<R>]
    : [Infer<H>, ...CallArgs<R>]
  : [];

/** The arguments of a handler, by the types of the parameters. */
export type HandlerArgs<P extends readonly TypeLike[]> = P extends readonly [
  infer H,
  ...infer R extends readonly TypeLike[],
]
  ? [Infer<H>, ...HandlerArgs<R>]
  : [];

function misfit(want: string, v: unknown): never {
  throw new ArgumentError(`wanted ${want}, got ${typeName(v)}`);
}

function type<T>(name: string, take: (v: unknown) => T): Type<T> {
  return { name, take };
}

function primitive<T>(name: string, fits: (v: unknown) => boolean): Type<T> {
  return type(name, (v) => (fits(v) ? (v as T) : misfit(name, v)));
}

/** True or false. */
export const bool: Type<boolean> = primitive("bool", (v) => typeof v === "boolean");
/** A whole number that a JavaScript number holds exactly. */
export const int: Type<number> = primitive("int", Number.isSafeInteger);
/** A whole number of 64 bits: a bigint where a number does not hold it. */
export const int64: Type<number | bigint> = primitive("int64", (v) => typeof v === "bigint" || Number.isSafeInteger(v));
/** Any number. */
export const float: Type<number> = primitive("float", (v) => typeof v === "number");
/** Text. */
export const string: Type<string> = type("string", (v) =>
  typeof v === "string" ? v : v instanceof StringName ? v.name : misfit("string", v),
);
/** Bytes. */
export const bytes: Type<Uint8Array> = primitive("bytes", (v) => v instanceof Uint8Array);
/** A moment. */
export const time: Type<Date> = primitive("time", (v) => v instanceof Date);
/** Anything that can travel. */
export const any: Type<any> = type("any", (v) => v);

/** A list whose elements are all of one type. */
export function list<P extends TypeLike>(of: P): Type<Infer<P>[]> {
  const t = typeOf<Infer<P>>(of);
  const packed = PACKED.get(of);
  const name = `list(${t.name})`;
  return type(name, (v) => {
    if (packed && v instanceof Extension && v.type === packed.type) v = unpack(packed, v.data);
    return Array.isArray(v) ? v.map((e, i) => inside(`[${i}]`, t, e)) : misfit(name, v);
  });
}

/** A map from strings to values of one type: a plain object. */
export function dict<P extends TypeLike>(of: P): Type<Record<string, Infer<P>>> {
  const t = typeOf<Infer<P>>(of);
  const name = `dict(${t.name})`;
  return type(name, (v) =>
    Object.fromEntries(Object.entries(plain(name, v)).map(([key, e]) => [key, inside(`.${key}`, t, e)])),
  );
}

/**
 * A map from whole numbers to values of one type, or from strings: map(int, string) is a Map<number, string>. In Godot
 * it is a Dictionary with such keys, by peer id for one.
 */
export function map<K extends number | bigint | string, P extends TypeLike>(
  keys: Type<K>,
  of: P,
): Type<Map<K, Infer<P>>> {
  const t = typeOf<Infer<P>>(of);
  const name = `map(${keys.name}, ${t.name})`;
  return type(name, (v) => {
    // With strings as its keys, or with none, it arrives as an object.
    const entries: Iterable<[unknown, unknown]> = v instanceof Map ? v : Object.entries(plain(name, v));
    return new Map(Array.from(entries, ([key, e]) => [inside(`key ${key}`, keys, key), inside(`[${key}]`, t, e)]));
  });
}

/** A map with known keys, which a struct is on the Go side. Other keys that arrive are left out. */
export function record<F extends Record<string, TypeLike>>(fields: F): Type<{ [K in keyof F]: Infer<F[K]> }> {
  const types = Object.entries(fields).map(([key, of]) => [key, typeOf(of)] as const);
  const name = `record(${types.map(([key, t]) => `${key}: ${t.name}`).join(", ")})`;
  return type(name, (v) => {
    const from = plain(name, v);
    return Object.fromEntries(types.map(([key, t]) => [key, inside(`.${key}`, t, own(from, key))])) as {
      [K in keyof F]: Infer<F[K]>;
    };
  });
}

/** A value of a type, or nothing. */
export function nullable<P extends TypeLike>(of: P): Type<Infer<P> | null> {
  const t = typeOf<Infer<P>>(of);
  return type(`nullable(${t.name})`, (v) => (v === null || v === undefined ? null : t.take(v)));
}

/** A last parameter that a caller may leave out; a handler gets fallback for it then. */
export function optional<P extends TypeLike>(of: P, fallback: Infer<P>): Optional<Infer<P>> {
  const t = typeOf<Infer<P>>(of);
  return { name: `optional(${t.name})`, take: t.take, fallback };
}

/** A value's own field: what every object inherits was not sent. */
function own(from: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(from, key) ? from[key] : undefined;
}

function plain(name: string, v: unknown): Record<string, unknown> {
  if (typeof v === "object" && v !== null && Object.getPrototypeOf(v) === Object.prototype) {
    return v as Record<string, unknown>;
  }
  return misfit(name, v);
}

function inside<T>(where: string, t: Type<T>, v: unknown): T {
  try {
    return t.take(v);
  } catch (e) {
    throw e instanceof ArgumentError ? new ArgumentError(`${where}: ${e.message}`) : e;
  }
}

/** Makes a Type of a class. */
export function typeOf<T>(t: TypeLike): Type<T> {
  if (typeof t !== "function") return t;
  return primitive(t.name, (v) => v instanceof t);
}

// The engine's packed arrays of math types: a header with the type, a count, then the elements.
interface Packed {
  type: number;
  count: number;
  make: (n: number[]) => unknown;
}
const PACKED = new Map<TypeLike, Packed>([
  [Vector2, { type: 35, count: 2, make: (n) => new Vector2(n[0], n[1]) }],
  [Vector3, { type: 36, count: 3, make: (n) => new Vector3(n[0], n[1], n[2]) }],
  [Color, { type: 37, count: 4, make: (n) => new Color(n[0], n[1], n[2], n[3]) }],
  [Vector4, { type: 38, count: 4, make: (n) => new Vector4(n[0], n[1], n[2], n[3]) }],
]);

function unpack(packed: Packed, data: Uint8Array): unknown[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const head = 8;
  const size = 4 * packed.count;
  if (data.length < head || view.getUint32(0, true) !== packed.type || data.length !== head + size * view.getUint32(4, true)) {
    throw new ArgumentError(`a packed array of ${data.length} bytes that is none`);
  }
  const all = [];
  for (let at = head; at < data.length; at += size) {
    all.push(packed.make(Array.from({ length: packed.count }, (_, i) => view.getFloat32(at + 4 * i, true))));
  }
  return all;
}

/** What Godot's \@rpc annotation says of a method. Left out, it is plain \@rpc. */
export interface Config {
  /** Who may call the method. Default: "authority". */
  readonly mode?: "authority" | "any_peer" | "disabled";
  /** Also runs the method here when it is called for everyone, or for oneself. Default: false. */
  readonly callLocal?: boolean;
  /** How calls of it travel. Default: "reliable". */
  readonly transferMode?: TransferMode;
  /** On which channel they do, 0 to 255. Default: 0. */
  readonly channel?: number;
}

/** A declared method. */
export interface Method<P extends readonly TypeLike[] = readonly TypeLike[], R = unknown> {
  readonly config: Required<Config>;
  readonly params: P;
  readonly result: Type<R>;
}

/** The methods of a node, by name. */
export type Methods = Readonly<Record<string, Method<any, any>>>;

/**
 * Declares a method with its parameters:
 *
 *     const Game = { move: method({ mode: "any_peer" }, float, float) };
 */
export function method<const P extends readonly TypeLike[]>(config: Config, ...params: P): Method<P, unknown> {
  return declare(config, any, params);
}

/** Declares a method that is called for its reply: the type of that, then the parameters. */
export function query<R extends TypeLike, const P extends readonly TypeLike[]>(
  config: Config,
  result: R,
  ...params: P
): Method<P, Infer<R>> {
  return declare(config, typeOf<Infer<R>>(result), params);
}

function declare<P extends readonly TypeLike[], R>(c: Config, result: Type<R>, params: P): Method<P, R> {
  const { mode = "authority", callLocal = false, transferMode = "reliable", channel = 0 } = c;
  if (!["authority", "any_peer", "disabled"].includes(mode)) throw new TypeError(`mode is ${JSON.stringify(mode)}`);
  if (!["reliable", "unreliable", "unreliable_ordered"].includes(transferMode)) {
    throw new TypeError(`transferMode is ${JSON.stringify(transferMode)}`);
  }
  if (!Number.isInteger(channel) || channel < 0 || channel > 255) throw new TypeError(`channel is ${channel}`);
  let some = false;
  for (const p of params) {
    if (some && !("fallback" in p)) throw new TypeError("a parameter behind an optional one: make it optional, too");
    some ||= "fallback" in p;
  }
  return { config: { mode, callLocal, transferMode, channel }, params, result };
}

/** The parameters of a method, for messages. */
export function describe(params: readonly TypeLike[]): string {
  return params.map((p) => p.name).join(", ");
}

/** Checks arguments against a method's parameters. Throws an ArgumentError that says which does not fit. */
export function takeAll(params: readonly TypeLike[], args: readonly unknown[], fill: boolean): unknown[] {
  if (args.length > params.length) {
    throw new ArgumentError(`too many arguments; the parameters are (${describe(params)})`);
  }
  const taken: unknown[] = [];
  for (const [i, p] of params.entries()) {
    const optional = "fallback" in p;
    if (i >= args.length || (optional && args[i] === undefined)) {
      if (!optional) throw new ArgumentError(`too few arguments; the parameters are (${describe(params)})`);
      if (!fill) break;
      taken.push(p.fallback);
      continue;
    }
    try {
      taken.push(typeOf(p).take(args[i]));
    } catch (e) {
      if (!(e instanceof ArgumentError)) throw e;
      throw new ArgumentError(`argument ${i + 1}: ${e.message}; the parameters are (${describe(params)})`);
    }
  }
  return taken;
}
