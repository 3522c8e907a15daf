import { Extension } from "./values.js";
/** The engine's Variant types that are not in values.ts. */
export declare const Variant: {
    readonly nil: 0;
    readonly bool: 1;
    readonly int: 2;
    readonly float: 3;
    readonly string: 4;
    readonly stringName: 21;
    readonly nodePath: 22;
    readonly rid: 23;
    readonly object: 24;
    readonly callable: 25;
    readonly signal: 26;
    readonly dictionary: 27;
    readonly array: 28;
    readonly bytes: 29;
    readonly strings: 34;
};
type PackedNumbers = Int32Array | BigInt64Array | Float32Array | Float64Array;
/** What the elements, or the keys or values, of a container are: a Variant type; nil where they may be anything. */
export type Kind = number;
/** An Array[T] as it travels. */
export declare function arrayExtension(of: Kind, values: readonly unknown[]): Extension;
/** A Dictionary[K, V] as it travels. */
export declare function dictionaryExtension(keys: Kind, values: Kind, entries: ReadonlyMap<unknown, unknown>): Extension;
/** A JavaScript array of numbers of one size as it travels, which is a packed array in Godot; null if it is none. */
export declare function packedExtension(v: object): Extension | null;
/**
 * A packed array of numbers, or a typed array whose elements are of one of the engine's own types, out of an extension that
 * stands in depth containers; null if it is neither.
 */
export declare function elementsOf(type: number, data: Uint8Array, depth: number): PackedNumbers | unknown[] | null;
/** What an array or a dictionary in an extension holds, its packed form too; undefined if it is of another type. */
export declare function contents(e: Extension): unknown[] | Map<unknown, unknown> | undefined;
/** A place in bytes that are read. */
export declare class Cursor {
    readonly data: Uint8Array;
    protected at: number;
    protected readonly view: DataView;
    constructor(data: Uint8Array);
    get left(): number;
    protected take(n: number): number;
}
export {};
