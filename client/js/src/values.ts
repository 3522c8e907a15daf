// Godot's math types, as they travel: the numbers of each, in the engine's order, 32 bits each, little-endian.

import { ArgumentError, MalformedError } from "./errors.js";

/** One of Godot's math types. */
export abstract class MathValue {
  /** The number of the type among the engine's Variant types, and of its extension. */
  static readonly type: number;
  /** Its numbers, in the order of the wire. */
  abstract numbers(): number[];
  toString(): string {
    return `${this.constructor.name}(${this.numbers().join(", ")})`;
  }
}

/** A vector of two floats. */
export class Vector2 extends MathValue {
  static override readonly type = 5;
  constructor(public x = 0, public y = 0) {
    super();
  }
  numbers(): number[] {
    return [this.x, this.y];
  }
}

/** A vector of two whole numbers. */
export class Vector2i extends MathValue {
  static override readonly type = 6;
  constructor(public x = 0, public y = 0) {
    super();
  }
  numbers(): number[] {
    return [this.x, this.y];
  }
}

/** A rectangle, by its corner and its size. */
export class Rect2 extends MathValue {
  static override readonly type = 7;
  constructor(public position = new Vector2(), public size = new Vector2()) {
    super();
  }
  numbers(): number[] {
    return [...this.position.numbers(), ...this.size.numbers()];
  }
}

/** A rectangle of whole numbers. */
export class Rect2i extends MathValue {
  static override readonly type = 8;
  constructor(public position = new Vector2i(), public size = new Vector2i()) {
    super();
  }
  numbers(): number[] {
    return [...this.position.numbers(), ...this.size.numbers()];
  }
}

/** A vector of three floats. */
export class Vector3 extends MathValue {
  static override readonly type = 9;
  constructor(public x = 0, public y = 0, public z = 0) {
    super();
  }
  numbers(): number[] {
    return [this.x, this.y, this.z];
  }
}

/** A vector of three whole numbers. */
export class Vector3i extends MathValue {
  static override readonly type = 10;
  constructor(public x = 0, public y = 0, public z = 0) {
    super();
  }
  numbers(): number[] {
    return [this.x, this.y, this.z];
  }
}

/** A transformation of the plane: its two columns and the origin. */
export class Transform2D extends MathValue {
  static override readonly type = 11;
  constructor(public x = new Vector2(1, 0), public y = new Vector2(0, 1), public origin = new Vector2()) {
    super();
  }
  numbers(): number[] {
    return [...this.x.numbers(), ...this.y.numbers(), ...this.origin.numbers()];
  }
}

/** A vector of four floats. */
export class Vector4 extends MathValue {
  static override readonly type = 12;
  constructor(public x = 0, public y = 0, public z = 0, public w = 0) {
    super();
  }
  numbers(): number[] {
    return [this.x, this.y, this.z, this.w];
  }
}

/** A vector of four whole numbers. */
export class Vector4i extends MathValue {
  static override readonly type = 13;
  constructor(public x = 0, public y = 0, public z = 0, public w = 0) {
    super();
  }
  numbers(): number[] {
    return [this.x, this.y, this.z, this.w];
  }
}

/** A plane, by its normal and its distance from the origin. */
export class Plane extends MathValue {
  static override readonly type = 14;
  constructor(public normal = new Vector3(), public d = 0) {
    super();
  }
  numbers(): number[] {
    return [...this.normal.numbers(), this.d];
  }
}

/** A rotation. */
export class Quaternion extends MathValue {
  static override readonly type = 15;
  constructor(public x = 0, public y = 0, public z = 0, public w = 1) {
    super();
  }
  numbers(): number[] {
    return [this.x, this.y, this.z, this.w];
  }
}

/** A box along the axes, by its corner and its size. */
export class AABB extends MathValue {
  static override readonly type = 16;
  constructor(public position = new Vector3(), public size = new Vector3()) {
    super();
  }
  numbers(): number[] {
    return [...this.position.numbers(), ...this.size.numbers()];
  }
}

/** A 3×3 matrix, by its columns, which are the axes; its rows are what travels. */
export class Basis extends MathValue {
  static override readonly type = 17;
  constructor(public x = new Vector3(1, 0, 0), public y = new Vector3(0, 1, 0), public z = new Vector3(0, 0, 1)) {
    super();
  }
  numbers(): number[] {
    const { x, y, z } = this;
    return [x.x, y.x, z.x, x.y, y.y, z.y, x.z, y.z, z.z];
  }
}

/** A transformation of space. */
export class Transform3D extends MathValue {
  static override readonly type = 18;
  constructor(public basis = new Basis(), public origin = new Vector3()) {
    super();
  }
  numbers(): number[] {
    return [...this.basis.numbers(), ...this.origin.numbers()];
  }
}

/** A 4×4 matrix, by its columns. */
export class Projection extends MathValue {
  static override readonly type = 19;
  constructor(
    public x = new Vector4(1, 0, 0, 0),
    public y = new Vector4(0, 1, 0, 0),
    public z = new Vector4(0, 0, 1, 0),
    public w = new Vector4(0, 0, 0, 1),
  ) {
    super();
  }
  numbers(): number[] {
    return [...this.x.numbers(), ...this.y.numbers(), ...this.z.numbers(), ...this.w.numbers()];
  }
}

/** A colour; its parts are 0 to 1, more where it is overbright. */
export class Color extends MathValue {
  static override readonly type = 20;
  constructor(public r = 0, public g = 0, public b = 0, public a = 1) {
    super();
  }
  numbers(): number[] {
    return [this.r, this.g, this.b, this.a];
  }
}

/** Godot's interned string. A parameter of the type string takes it too. */
export class StringName {
  constructor(readonly name: string) {}
  toString(): string {
    return this.name;
  }
}

/** A path in Godot's scene tree. */
export class NodePath {
  constructor(readonly path: string) {}
  toString(): string {
    return this.path;
  }
}

/**
 * A value of the wire that this package has no class for: an RID, an object's id, a typed array or dictionary, a
 * dictionary whose keys are neither all strings nor all whole numbers. It is passed on unchanged.
 */
export class Extension {
  constructor(
    readonly type: number,
    readonly data: Uint8Array,
  ) {}
}

/**
 * A Date with the part of a millisecond that a Date has no place for, as a Go program may send it. It is sent on with it.
 */
export class Timestamp extends Date {
  constructor(
    milliseconds: number,
    /** Nanoseconds behind the millisecond: 0 to 999999. */
    readonly nanoseconds: number,
  ) {
    super(milliseconds);
  }
}

/** The extension that a moment is. */
export const TIMESTAMP = -1;

const STRING_NAME = 21;
const NODE_PATH = 22;

interface MathType {
  readonly integer: boolean;
  readonly count: number;
  readonly make: (n: number[]) => MathValue;
}

const v2 = (n: number[], i: number) => new Vector2(n[i], n[i + 1]);
const v3 = (n: number[], i: number) => new Vector3(n[i], n[i + 1], n[i + 2]);
const v4 = (n: number[], i: number) => new Vector4(n[i], n[i + 1], n[i + 2], n[i + 3]);
const basis = (n: number[]) =>
  new Basis(new Vector3(n[0], n[3], n[6]), new Vector3(n[1], n[4], n[7]), new Vector3(n[2], n[5], n[8]));
const floats = (count: number, make: (n: number[]) => MathValue): MathType => ({ integer: false, count, make });
const integers = (count: number, make: (n: number[]) => MathValue): MathType => ({ integer: true, count, make });

const MATH = new Map<number, MathType>([
  [Vector2.type, floats(2, (n) => v2(n, 0))],
  [Vector2i.type, integers(2, (n) => new Vector2i(n[0], n[1]))],
  [Rect2.type, floats(4, (n) => new Rect2(v2(n, 0), v2(n, 2)))],
  [Rect2i.type, integers(4, (n) => new Rect2i(new Vector2i(n[0], n[1]), new Vector2i(n[2], n[3])))],
  [Vector3.type, floats(3, (n) => v3(n, 0))],
  [Vector3i.type, integers(3, (n) => new Vector3i(n[0], n[1], n[2]))],
  [Transform2D.type, floats(6, (n) => new Transform2D(v2(n, 0), v2(n, 2), v2(n, 4)))],
  [Vector4.type, floats(4, (n) => v4(n, 0))],
  [Vector4i.type, integers(4, (n) => new Vector4i(n[0], n[1], n[2], n[3]))],
  [Plane.type, floats(4, (n) => new Plane(v3(n, 0), n[3]))],
  [Quaternion.type, floats(4, (n) => new Quaternion(n[0], n[1], n[2], n[3]))],
  [AABB.type, floats(6, (n) => new AABB(v3(n, 0), v3(n, 3)))],
  [Basis.type, floats(9, basis)],
  [Transform3D.type, floats(12, (n) => new Transform3D(basis(n), v3(n, 9)))],
  [Projection.type, floats(16, (n) => new Projection(v4(n, 0), v4(n, 4), v4(n, 8), v4(n, 12)))],
  [Color.type, floats(4, (n) => new Color(n[0], n[1], n[2], n[3]))],
]);

/** How many bytes the value of a math type takes; 0 if it is none. */
export function mathSize(type: number): number {
  return 4 * (MATH.get(type)?.count ?? 0);
}

/** The extension that stands for a value, or null if the value is not one of Godot's. */
export function toExtension(v: object): Extension | null {
  if (v instanceof Extension) return v;
  if (v instanceof Date) return new Extension(TIMESTAMP, timestamp(v));
  if (v instanceof StringName) return new Extension(STRING_NAME, utf8Bytes(v.name));
  if (v instanceof NodePath) return new Extension(NODE_PATH, utf8Bytes(v.path));
  if (!(v instanceof MathValue)) return null;
  const type = (v.constructor as typeof MathValue).type;
  const numbers = v.numbers();
  const data = new DataView(new ArrayBuffer(4 * numbers.length));
  const integer = MATH.get(type)?.integer ?? false;
  numbers.forEach((n, i) => {
    const fits = (): boolean => (integer ? (n | 0) === n : Number.isFinite(Math.fround(n)) || !Number.isFinite(n));
    if (typeof n !== "number" || !fits()) {
      throw new ArgumentError(`${String(n)} in a ${v.constructor.name}, whose numbers are ${integer ? "int32" : "float32"}`);
    }
    if (integer) data.setInt32(4 * i, n, true);
    else data.setFloat32(4 * i, n, true);
  });
  return new Extension(type, new Uint8Array(data.buffer));
}

/** A moment as MessagePack's timestamp, in the shortest form that holds it. */
function timestamp(date: Date): Uint8Array {
  const ms = date.getTime();
  const extra = date instanceof Timestamp ? date.nanoseconds : 0;
  if (Number.isNaN(ms)) throw new ArgumentError("a date that is none");
  if (!(Number.isInteger(extra) && extra >= 0 && extra < 1e6)) throw new ArgumentError(`${extra} nanoseconds in a Timestamp`);
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = (ms - seconds * 1000) * 1e6 + extra;
  const short = seconds >= 0 && seconds < 2 ** 34;
  const view = new DataView(new ArrayBuffer(!short ? 12 : nanoseconds === 0 && seconds < 2 ** 32 ? 4 : 8));
  if (view.byteLength === 12) {
    view.setUint32(0, nanoseconds);
    view.setBigInt64(4, BigInt(seconds));
  } else if (view.byteLength === 8) view.setBigUint64(0, (BigInt(nanoseconds) << 34n) | BigInt(seconds));
  else view.setUint32(0, seconds);
  return new Uint8Array(view.buffer);
}

/** Reads a timestamp. One that no Date can hold stays an Extension. */
function fromTimestamp(data: Uint8Array): Date | Extension {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let [seconds, nanoseconds] = [0n, 0];
  if (data.length === 4) seconds = BigInt(view.getUint32(0));
  else if (data.length === 8) {
    const all = view.getBigUint64(0);
    [seconds, nanoseconds] = [all & (2n ** 34n - 1n), Number(all >> 34n)];
  } else if (data.length === 12) [seconds, nanoseconds] = [view.getBigInt64(4), view.getUint32(0)];
  else throw new MalformedError(`a timestamp of ${data.length} bytes`);
  if (nanoseconds >= 1e9) throw new MalformedError(`a timestamp with ${nanoseconds} nanoseconds`);
  const ms = Number(seconds) * 1000 + Math.floor(nanoseconds / 1e6);
  if (!(Math.abs(ms) <= 8.64e15)) return new Extension(TIMESTAMP, data);
  const extra = nanoseconds % 1e6;
  return extra ? new Timestamp(ms, extra) : new Date(ms);
}

/** The value that an extension stands for. */
export function fromExtension(type: number, data: Uint8Array): unknown {
  if (type === TIMESTAMP) return fromTimestamp(data);
  if (type === STRING_NAME) return new StringName(text(data));
  if (type === NODE_PATH) return new NodePath(text(data));
  const math = MATH.get(type);
  if (!math) return new Extension(type, data);
  if (data.length !== 4 * math.count) {
    throw new MalformedError(`extension ${type} has ${data.length} bytes, not ${4 * math.count}`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const numbers: number[] = [];
  for (let i = 0; i < data.length; i += 4) {
    numbers.push(math.integer ? view.getInt32(i, true) : view.getFloat32(i, true));
  }
  return math.make(numbers);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const encoder = new TextEncoder();

/** A text as UTF-8. Throws an ArgumentError on half a character, which UTF-8 has no form for. */
export function utf8Bytes(s: string): Uint8Array {
  if (/\p{Surrogate}/u.test(s)) throw new ArgumentError("half a character");
  return encoder.encode(s);
}

/** How long a text is as UTF-8. */
export function byteLength(s: string): number {
  return encoder.encode(s).length;
}

/** Reads UTF-8, strictly. */
export function text(data: Uint8Array): string {
  try {
    return utf8.decode(data);
  } catch {
    throw new MalformedError("a string is not UTF-8");
  }
}
