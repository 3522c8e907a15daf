// Declarations: what a method's parameters are, for TypeScript, which checks calls and handlers by them, and at run
// time, when what a peer sent is checked.

import { ArgumentError, typeName } from "./errors.js";
import { Variant, arrayExtension, contents, dictionaryExtension, type Kind } from "./general.js";
import { Extension, MathValue, NodePath, StringName, TIMESTAMP, Vector2, Vector2i } from "./values.js";
import { MODES, type TransferMode } from "./wire.js";

declare const unchecked: unique symbol;

/** The type of a parameter or of a reply. */
export interface Type<T> {
  readonly name: string;
  /** Gives what a handler gets for a value that arrived; throws an ArgumentError if it does not fit. */
  take(v: unknown): T;
  /** Gives what travels for a value of a call; missing where that is what take gives. */
  readonly give?: (v: unknown) => unknown;
  /** The engine's Variant type of such values; missing where they may be of several. */
  readonly variant?: number;
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
export type HandlerArgs<P extends readonly TypeLike[]> = P extends readonly [infer H, ...infer R extends readonly TypeLike[]]
  ? [Infer<H>, ...HandlerArgs<R>]
  : [];

function misfit(want: string, v: unknown): never {
  throw new ArgumentError(`wanted ${want}, got ${typeName(v)}`);
}

function type<T>(name: string, variant: number | undefined, take: (v: unknown) => T): Type<T> {
  return { name, take, ...(variant !== undefined && { variant }) };
}

type Each = (t: Type<any>, v: unknown) => any;
type Build<T> = (v: unknown, each: Each) => T;

/** A type of values that hold others, each of which is taken, or given, by its own type; give makes what travels of it all. */
function built<T>(name: string, variant: number | undefined, build: Build<T>, give?: (built: T) => unknown): Type<T> {
  const taken = type(name, variant, (v) => build(v, (t, e) => t.take(e)));
  return give ? { ...taken, give: (v) => give(build(v, giving)) } : taken;
}

/** A type of values that travel as they are where those that they hold do. */
function holding<T>(name: string, variant: number | undefined, inner: readonly Type<any>[], build: Build<T>): Type<T> {
  return built(name, variant, build, inner.some((t) => t.give) ? (v) => v : undefined);
}

/** What travels for a value of a type. */
export const giving: Each = (t, v) => (t.give ?? t.take)(v);

/** True or false. 1 and 0 fit too, as in Godot. */
export const bool: Type<boolean> = type("bool", Variant.bool, (v) =>
  typeof v === "boolean" ? v : v === 1 || v === 0 ? v === 1 : misfit("bool", v),
);
/** A whole number that a JavaScript number holds exactly. True and false fit too, as in Godot. */
export const int: Type<number> = type("int", Variant.int, (v) => {
  const n = typeof v === "bigint" || typeof v === "boolean" ? Number(v) : v;
  return Number.isSafeInteger(n) ? (n as number) + 0 : misfit("int", v); // -0 is 0 among whole numbers
});
/** A whole number of 64 bits: a bigint where a number does not hold it. */
export const int64: Type<number | bigint> = type("int64", Variant.int, (v) =>
  typeof v === "bigint" ? v : Number.isSafeInteger(v) ? (v as number) + 0 : misfit("int64", v),
);
/** Any number. A bigint fits where a number holds it exactly. */
export const float: Type<number> = type("float", Variant.float, (v) => {
  const n = typeof v === "bigint" && BigInt(Number(v)) === v ? Number(v) : v;
  return typeof n === "number" ? n : misfit("float", v);
});
/** Text. A StringName and a NodePath fit too, as in Godot. */
export const string: Type<string> = type("string", Variant.string, (v) => {
  if (v instanceof StringName) return v.name;
  if (v instanceof NodePath) return v.path;
  return typeof v === "string" ? v : misfit("string", v);
});
/** Bytes. */
export const bytes: Type<Uint8Array> = type("bytes", Variant.bytes, (v) => (v instanceof Uint8Array ? v : misfit("bytes", v)));
/** A moment. One with a fraction of a millisecond is a Timestamp, which is a Date that has it. */
export const time: Type<Date> = type("time", undefined, (v) => {
  if (v instanceof Date) return v;
  if (v instanceof Extension && v.type === TIMESTAMP) throw new ArgumentError("a time that no Date can hold");
  return misfit("time", v);
});
/** Anything that can travel. */
export const any: Type<any> = type("any", undefined, (v) => v);

/** What is in a value if it is one of Godot's arrays or dictionaries, else the value. */
function opened(v: unknown): unknown {
  if (ArrayBuffer.isView(v) && !(v instanceof Uint8Array) && !(v instanceof DataView)) return Array.from(v as Int32Array);
  return v instanceof Extension ? (contents(v) ?? v) : v;
}

/** A list whose elements are all of one type. In Godot it is an Array; Array[T] and the packed arrays fit too. */
export function list<P extends TypeLike>(of: P): Type<Infer<P>[]> {
  const t = typeOf<Infer<P>>(of);
  const name = `list(${t.name})`;
  return holding(name, Variant.array, [t], (v, each) => elements(name, v, t, each));
}

function elements<T>(name: string, v: unknown, t: Type<T>, each: Each): T[] {
  const all = opened(v);
  return Array.isArray(all) ? Array.from(all, (e, i) => inside(`[${i}]`, () => each(t, e))) : misfit(name, v);
}

/**
 * Godot's Array[T], which a GDScript parameter with that type wants: array(int) is an Array[int]. A handler gets an
 * array. T is what Godot has a type for: not any, time, nullable(…) or another array(…).
 */
export function array<P extends TypeLike>(of: P): Type<Infer<P>[]> {
  const t = typeOf<Infer<P>>(of);
  const name = `array(${t.name})`;
  const kind = kindOf(name, t);
  return built(name, undefined, (v, each) => elements(name, v, t, each), (all) => arrayExtension(kind, all));
}

/** A map from strings to values of one type: a plain object. */
export function dict<P extends TypeLike>(of: P): Type<Record<string, Infer<P>>> {
  const t = typeOf<Infer<P>>(of);
  const name = `dict(${t.name})`;
  return holding(name, Variant.dictionary, [t], (v, each) =>
    Object.fromEntries(Object.entries(plain(name, v)).map(([key, e]) => [key, inside(`.${key}`, () => each(t, e))])),
  );
}

/**
 * A map from whole numbers to values of one type, or from strings: map(int, string) is a Map<number, string>. In Godot
 * it is a Dictionary with such keys, by peer id for one.
 */
export function map<K extends number | bigint | string, P extends TypeLike>(keys: Type<K>, of: P): Type<Map<K, Infer<P>>> {
  const t = typeOf<Infer<P>>(of);
  const name = `map(${keys.name}, ${t.name})`;
  return holding(name, Variant.dictionary, [t], (v, each) => mapped(name, v, keys, t, each));
}

/**
 * Godot's Dictionary[K, V], of 4.4 and later: dictionary(string, int) is a Dictionary[String, int]. A handler gets a
 * Map. K and V are any, or as in array(T); keys are what a Map tells apart.
 */
export function dictionary<K extends TypeLike, P extends TypeLike>(keys: K, of: P): Type<Map<Infer<K>, Infer<P>>> {
  const [k, t] = [typeOf<Infer<K>>(keys), typeOf<Infer<P>>(of)];
  const name = `dictionary(${k.name}, ${t.name})`;
  const kinds = [k, t].map((of) => (of === any ? Variant.nil : kindOf(name, of))) as [Kind, Kind];
  return built(name, undefined, (v, each) => mapped(name, v, k, t, each), (all) => dictionaryExtension(...kinds, all));
}

function mapped<K, T>(name: string, v: unknown, keys: Type<K>, of: Type<T>, each: Each): Map<K, T> {
  const all = opened(v);
  // With strings as its keys, or with none, it arrives as an object.
  const entries: Iterable<[unknown, unknown]> = all instanceof Map ? all : Object.entries(plain(name, all));
  return new Map(
    Array.from(entries, ([key, e]) => [
      inside(`key ${shown(key)}`, () => each(keys, key)),
      inside(`[${shown(key)}]`, () => each(of, e)),
    ]),
  );
}

/** A key of a map, for messages. */
function shown(key: unknown): string {
  return typeof key === "object" ? typeName(key) : String(key).slice(0, 40);
}

/** The Variant type that the elements of a typed container have. */
function kindOf(container: string, t: Type<any>): Kind {
  if (t.variant === undefined) throw new TypeError(`${container}: Godot has no type for ${t.name}`);
  return t.variant;
}

/**
 * A map with known keys, which a struct is on the Go side. Other keys that arrive are left out.
 *
 * With array it is sent as a tuple is, without the keys, which is smaller: what a Go struct with the tag ",array" is. It is
 * an object here all the same, and arrives in both forms, whatever array says.
 */
export function record<F extends Record<string, TypeLike>>(
  fields: F,
  options: { readonly array?: boolean } = {},
): Type<{ [K in keyof F]: Infer<F[K]> }> {
  const { array = false } = options;
  const types = Object.entries(fields).map(([key, of]) => [key, typeOf(of)] as const);
  const name = `record(${types.map(([key, t]) => `${key}: ${t.name}`).join(", ")})`;
  const build = (v: unknown, each: Each): any => {
    const all = opened(v);
    const from = Array.isArray(all) ? null : plain(name, v);
    const part = (key: string, i: number): unknown => (from ? own(from, key) : (all as unknown[])[i]);
    return Object.fromEntries(types.map(([key, t], i) => [key, inside(`.${key}`, () => each(t, part(key, i)))]));
  };
  if (!array) return holding(name, Variant.dictionary, types.map(([, t]) => t), build);
  const number = types.find(([key]) => /^\d+$/.test(key));
  if (number) throw new TypeError(`${name}: objects do not keep the place of the key ${number[0]}: give it a name`);
  return built<any>(name, Variant.array, build, Object.values);
}

/**
 * An array with a type for each place: tuple(int, string) is a [number, string]. Elements behind the last that arrive are
 * left out, and one that is optional may be missing. So both ends need not be updated at once as long as elements, optional
 * ones, are only added at the end. A Go struct with the tag ",array" is one; in Godot it is an Array.
 */
export function tuple<const P extends readonly TypeLike[]>(...of: P): Type<HandlerArgs<P>> {
  const types = of.map((t) => typeOf(t));
  const name = `tuple(${describe(types)})`;
  return holding(name, Variant.array, types, (v, each) => {
    const all = opened(v);
    if (!Array.isArray(all)) return misfit(name, v);
    return types.map((t, i) => inside(`[${i}]`, () => each(t, all[i]))) as HandlerArgs<P>;
  });
}

/** A value of a type, or nothing. */
export function nullable<P extends TypeLike>(of: P): Type<Infer<P> | null> {
  const t = typeOf<Infer<P>>(of);
  return holding(`nullable(${t.name})`, undefined, [t], (v, each) => (v === null || v === undefined ? null : each(t, v)));
}

/**
 * A last parameter that a caller may leave out, an element of a tuple or a field of a record that may be missing: a handler
 * gets fallback for it then.
 */
export function optional<P extends TypeLike>(of: P, fallback: Infer<P>): Optional<Infer<P>> {
  const t = typeOf<Infer<P>>(of);
  const filled = (v: unknown): unknown => (v === undefined ? fallback : v);
  const taken = { ...t, name: `optional(${t.name})`, fallback, take: (v: unknown) => t.take(filled(v)) };
  return t.give ? { ...taken, give: (v) => giving(t, filled(v)) } : taken;
}

/** A value's own field: what every object inherits was not sent. */
function own(from: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(from, key) ? from[key] : undefined;
}

function plain(name: string, given: unknown): Record<string, unknown> {
  let v = opened(given);
  if (v !== given && v instanceof Map && [...v.keys()].every((key) => typeof key === "string")) v = Object.fromEntries(v);
  if (typeof v === "object" && v !== null && Object.getPrototypeOf(v) === Object.prototype) {
    return v as Record<string, unknown>;
  }
  return misfit(name, given);
}

function inside<T>(where: string, take: () => T): T {
  try {
    return take();
  } catch (e) {
    throw e instanceof ArgumentError ? new ArgumentError(`${where}: ${e.message}`) : e;
  }
}

/** Makes a Type of a class. */
export function typeOf<T>(t: TypeLike): Type<T> {
  if (typeof t !== "function") return t;
  const known = OF_CLASSES.get(t);
  if (known) return known;
  const { type: variant } = t as unknown as typeof MathValue;
  const made = type<any>(t.name, t.prototype instanceof MathValue ? variant : undefined, (v) =>
    v instanceof t ? v : misfit(t.name, v),
  );
  OF_CLASSES.set(t, made);
  return made;
}

/** A type of values of which a string makes one. */
function named<T>(name: string, variant: number, of: new (s: string) => T): Type<T> {
  return type(name, variant, (v) => (typeof v === "string" ? new of(v) : v instanceof of ? v : misfit(name, v)));
}

const OF_CLASSES = new Map<TypeLike, Type<any>>([
  [
    Vector2,
    type("Vector2", Vector2.type, (v) => {
      const fits = v instanceof Vector2i && [v.x, v.y].every((n) => Math.fround(n) === n);
      return fits ? new Vector2(v.x, v.y) : v instanceof Vector2 ? v : misfit("Vector2", v);
    }),
  ],
  [StringName, named("StringName", Variant.stringName, StringName)],
  [NodePath, named("NodePath", Variant.nodePath, NodePath)],
]);

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
  if (!MODES.includes(transferMode)) throw new TypeError(`transferMode is ${JSON.stringify(transferMode)}`);
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
      const t = typeOf(p);
      taken.push(fill ? t.take(args[i]) : giving(t, args[i]));
    } catch (e) {
      if (!(e instanceof ArgumentError)) throw e;
      throw new ArgumentError(`argument ${i + 1}: ${e.message}; the parameters are (${describe(params)})`);
    }
  }
  return taken;
}
