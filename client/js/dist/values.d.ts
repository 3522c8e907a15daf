/** One of Godot's math types. */
export declare abstract class MathValue {
    /** The number of the type among the engine's Variant types, and of its extension. */
    static readonly type: number;
    /** Its numbers, in the order of the wire. */
    abstract numbers(): number[];
    toString(): string;
}
/** A vector of two floats. */
export declare class Vector2 extends MathValue {
    x: number;
    y: number;
    static readonly type = 5;
    constructor(x?: number, y?: number);
    numbers(): number[];
}
/** A vector of two whole numbers. */
export declare class Vector2i extends MathValue {
    x: number;
    y: number;
    static readonly type = 6;
    constructor(x?: number, y?: number);
    numbers(): number[];
}
/** A rectangle, by its corner and its size. */
export declare class Rect2 extends MathValue {
    position: Vector2;
    size: Vector2;
    static readonly type = 7;
    constructor(position?: Vector2, size?: Vector2);
    numbers(): number[];
}
/** A rectangle of whole numbers. */
export declare class Rect2i extends MathValue {
    position: Vector2i;
    size: Vector2i;
    static readonly type = 8;
    constructor(position?: Vector2i, size?: Vector2i);
    numbers(): number[];
}
/** A vector of three floats. */
export declare class Vector3 extends MathValue {
    x: number;
    y: number;
    z: number;
    static readonly type = 9;
    constructor(x?: number, y?: number, z?: number);
    numbers(): number[];
}
/** A vector of three whole numbers. */
export declare class Vector3i extends MathValue {
    x: number;
    y: number;
    z: number;
    static readonly type = 10;
    constructor(x?: number, y?: number, z?: number);
    numbers(): number[];
}
/** A transformation of the plane: its two columns and the origin. */
export declare class Transform2D extends MathValue {
    x: Vector2;
    y: Vector2;
    origin: Vector2;
    static readonly type = 11;
    constructor(x?: Vector2, y?: Vector2, origin?: Vector2);
    numbers(): number[];
}
/** A vector of four floats. */
export declare class Vector4 extends MathValue {
    x: number;
    y: number;
    z: number;
    w: number;
    static readonly type = 12;
    constructor(x?: number, y?: number, z?: number, w?: number);
    numbers(): number[];
}
/** A vector of four whole numbers. */
export declare class Vector4i extends MathValue {
    x: number;
    y: number;
    z: number;
    w: number;
    static readonly type = 13;
    constructor(x?: number, y?: number, z?: number, w?: number);
    numbers(): number[];
}
/** A plane, by its normal and its distance from the origin. */
export declare class Plane extends MathValue {
    normal: Vector3;
    d: number;
    static readonly type = 14;
    constructor(normal?: Vector3, d?: number);
    numbers(): number[];
}
/** A rotation. */
export declare class Quaternion extends MathValue {
    x: number;
    y: number;
    z: number;
    w: number;
    static readonly type = 15;
    constructor(x?: number, y?: number, z?: number, w?: number);
    numbers(): number[];
}
/** A box along the axes, by its corner and its size. */
export declare class AABB extends MathValue {
    position: Vector3;
    size: Vector3;
    static readonly type = 16;
    constructor(position?: Vector3, size?: Vector3);
    numbers(): number[];
}
/** A 3×3 matrix, by its columns, which are the axes; its rows are what travels. */
export declare class Basis extends MathValue {
    x: Vector3;
    y: Vector3;
    z: Vector3;
    static readonly type = 17;
    constructor(x?: Vector3, y?: Vector3, z?: Vector3);
    numbers(): number[];
}
/** A transformation of space. */
export declare class Transform3D extends MathValue {
    basis: Basis;
    origin: Vector3;
    static readonly type = 18;
    constructor(basis?: Basis, origin?: Vector3);
    numbers(): number[];
}
/** A 4×4 matrix, by its columns. */
export declare class Projection extends MathValue {
    x: Vector4;
    y: Vector4;
    z: Vector4;
    w: Vector4;
    static readonly type = 19;
    constructor(x?: Vector4, y?: Vector4, z?: Vector4, w?: Vector4);
    numbers(): number[];
}
/** A colour; its parts are 0 to 1, more where it is overbright. */
export declare class Color extends MathValue {
    r: number;
    g: number;
    b: number;
    a: number;
    static readonly type = 20;
    constructor(r?: number, g?: number, b?: number, a?: number);
    numbers(): number[];
}
/** Godot's interned string. A parameter of the type string takes it too. */
export declare class StringName {
    readonly name: string;
    constructor(name: string);
    toString(): string;
}
/** A path in Godot's scene tree. */
export declare class NodePath {
    readonly path: string;
    constructor(path: string);
    toString(): string;
}
/**
 * A value of the wire that this package has no class for: an RID, an object's id, a typed array or dictionary, a
 * dictionary whose keys are neither all strings nor all whole numbers. It is passed on unchanged.
 */
export declare class Extension {
    readonly type: number;
    readonly data: Uint8Array;
    constructor(type: number, data: Uint8Array);
}
/**
 * A Date with the part of a millisecond that a Date has no place for, as a Go program may send it. It is sent on with it.
 */
export declare class Timestamp extends Date {
    /** Nanoseconds behind the millisecond: 0 to 999999. */
    readonly nanoseconds: number;
    constructor(milliseconds: number, 
    /** Nanoseconds behind the millisecond: 0 to 999999. */
    nanoseconds: number);
}
/** The extension that a moment is. */
export declare const TIMESTAMP = -1;
/** How many bytes the value of a math type takes; 0 if it is none. */
export declare function mathSize(type: number): number;
/** The extension that stands for a value, or null if the value is not one of Godot's. */
export declare function toExtension(v: object): Extension | null;
/** The value that an extension stands for. */
export declare function fromExtension(type: number, data: Uint8Array): unknown;
/** A text as UTF-8. Throws an ArgumentError on half a character, which UTF-8 has no form for. */
export declare function utf8Bytes(s: string): Uint8Array;
/** How long a text is as UTF-8. */
export declare function byteLength(s: string): number;
/** Reads UTF-8, strictly. */
export declare function text(data: Uint8Array): string;
