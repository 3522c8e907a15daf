import { Cursor } from "./general.js";
/** Collects the bytes of a message. */
export declare class Writer {
    #private;
    /** Appends bytes as they are. */
    raw(bytes: Uint8Array): this;
    /** Appends an opcode, or another single byte. */
    byte(b: number): this;
    /** Appends a value of the program's. Throws an ArgumentError on what cannot travel. */
    value(v: unknown): this;
    bytes(): Uint8Array;
}
/** A message of an opcode and values. */
export declare function pack(op: number, ...values: unknown[]): Uint8Array;
/** One value as MessagePack. Throws an ArgumentError on what cannot travel. */
export declare function encode(v: unknown): Uint8Array;
/** Reads the fields of a message, one after the other. What it throws is a MalformedError. */
export declare class Reader extends Cursor {
    #private;
    byte(): number;
    /** Everything that is left. */
    rest(): Uint8Array;
    value(): unknown;
    /** A whole number of 0 or more. */
    number(): number;
    /** A peer id, or a target. */
    id(): number;
    text(): string;
    map(): Record<string, unknown>;
    /** The values up to the end. */
    values(): unknown[];
}
