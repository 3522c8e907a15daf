import { type TransferMode } from "./wire.js";
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
export type CallArgs<P extends readonly TypeLike[]> = P extends readonly [infer H, ...infer R extends readonly TypeLike[]] ? H extends Optional<infer T> ? [T?, ...CallArgs<R>] : [Infer<H>, ...CallArgs<R>] : [];
/** The arguments of a handler, by the types of the parameters. */
export type HandlerArgs<P extends readonly TypeLike[]> = P extends readonly [infer H, ...infer R extends readonly TypeLike[]] ? [Infer<H>, ...HandlerArgs<R>] : [];
type Each = (t: Type<any>, v: unknown) => any;
/** What travels for a value of a type. */
export declare const giving: Each;
/** True or false. 1 and 0 fit too, as in Godot. */
export declare const bool: Type<boolean>;
/** A whole number that a JavaScript number holds exactly. True and false fit too, as in Godot. */
export declare const int: Type<number>;
/** A whole number of 64 bits: a bigint where a number does not hold it. */
export declare const int64: Type<number | bigint>;
/** Any number. A bigint fits where a number holds it exactly. */
export declare const float: Type<number>;
/** Text. A StringName and a NodePath fit too, as in Godot. */
export declare const string: Type<string>;
/** Bytes. */
export declare const bytes: Type<Uint8Array>;
/** A moment. One with a fraction of a millisecond is a Timestamp, which is a Date that has it. */
export declare const time: Type<Date>;
/** Anything that can travel. */
export declare const any: Type<any>;
/** A list whose elements are all of one type. In Godot it is an Array; Array[T] and the packed arrays fit too. */
export declare function list<P extends TypeLike>(of: P): Type<Infer<P>[]>;
/**
 * Godot's Array[T], which a GDScript parameter with that type wants: array(int) is an Array[int]. A handler gets an
 * array. T is what Godot has a type for: not any, time, nullable(…) or another array(…).
 */
export declare function array<P extends TypeLike>(of: P): Type<Infer<P>[]>;
/** A map from strings to values of one type: a plain object. */
export declare function dict<P extends TypeLike>(of: P): Type<Record<string, Infer<P>>>;
/**
 * A map from whole numbers to values of one type, or from strings: map(int, string) is a Map<number, string>. In Godot
 * it is a Dictionary with such keys, by peer id for one.
 */
export declare function map<K extends number | bigint | string, P extends TypeLike>(keys: Type<K>, of: P): Type<Map<K, Infer<P>>>;
/**
 * Godot's Dictionary[K, V], of 4.4 and later: dictionary(string, int) is a Dictionary[String, int]. A handler gets a
 * Map. K and V are any, or as in array(T); keys are what a Map tells apart.
 */
export declare function dictionary<K extends TypeLike, P extends TypeLike>(keys: K, of: P): Type<Map<Infer<K>, Infer<P>>>;
/**
 * A map with known keys, which a struct is on the Go side. Other keys that arrive are left out.
 *
 * With array it is sent as a tuple is, without the keys, which is smaller: what a Go struct with the tag ",array" is. It is
 * an object here all the same, and arrives in both forms, whatever array says.
 */
export declare function record<F extends Record<string, TypeLike>>(fields: F, options?: {
    readonly array?: boolean;
}): Type<{
    [K in keyof F]: Infer<F[K]>;
}>;
/**
 * An array with a type for each place: tuple(int, string) is a [number, string]. Elements behind the last that arrive are
 * left out, and one that is optional may be missing. So both ends need not be updated at once as long as elements, optional
 * ones, are only added at the end. A Go struct with the tag ",array" is one; in Godot it is an Array.
 */
export declare function tuple<const P extends readonly TypeLike[]>(...of: P): Type<HandlerArgs<P>>;
/** A value of a type, or nothing. */
export declare function nullable<P extends TypeLike>(of: P): Type<Infer<P> | null>;
/**
 * A last parameter that a caller may leave out, an element of a tuple or a field of a record that may be missing: a handler
 * gets fallback for it then.
 */
export declare function optional<P extends TypeLike>(of: P, fallback: Infer<P>): Optional<Infer<P>>;
/** Makes a Type of a class. */
export declare function typeOf<T>(t: TypeLike): Type<T>;
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
export declare function method<const P extends readonly TypeLike[]>(config: Config, ...params: P): Method<P, unknown>;
/** Declares a method that is called for its reply: the type of that, then the parameters. */
export declare function query<R extends TypeLike, const P extends readonly TypeLike[]>(config: Config, result: R, ...params: P): Method<P, Infer<R>>;
/** The parameters of a method, for messages. */
export declare function describe(params: readonly TypeLike[]): string;
/** Checks arguments against a method's parameters. Throws an ArgumentError that says which does not fit. */
export declare function takeAll(params: readonly TypeLike[], args: readonly unknown[], fill: boolean): unknown[];
export {};
