// Godot's general form of values: what stands in the extensions of typed arrays and dictionaries, and of packed arrays.
// A header of 4 bytes, with the type and its flags, comes first; everything is little-endian, and padded to 4 bytes.

import { ArgumentError, MalformedError, typeName } from "./errors.js";
import { Extension, MathValue, NodePath, StringName, fromExtension, mathSize, text, toExtension, utf8Bytes } from "./values.js";
import { MAX_DEPTH } from "./wire.js";

/** The engine's Variant types that are not in values.ts. */
export const Variant = {
  nil: 0,
  bool: 1,
  int: 2,
  float: 3,
  string: 4,
  stringName: 21,
  nodePath: 22,
  rid: 23,
  object: 24,
  callable: 25,
  signal: 26,
  dictionary: 27,
  array: 28,
  bytes: 29,
  strings: 34,
} as const;

const WIDE = 1; // numbers of 64 bits
const BUILTIN = 1; // a container's type is one of the engine's own
const PATH_MARK = 0x8000_0000;

type PackedNumbers = Int32Array | BigInt64Array | Float32Array | Float64Array;

// The packed arrays of numbers, and of math types.
const NUMBERS = new Map<number, new (n: any) => PackedNumbers>([
  [30, Int32Array],
  [31, BigInt64Array],
  [32, Float32Array],
  [33, Float64Array],
]);
const MATH = new Map([
  [35, { element: 5, size: 8 }],
  [36, { element: 9, size: 12 }],
  [37, { element: 20, size: 16 }],
  [38, { element: 12, size: 16 }],
]);

/** What the elements, or the keys or values, of a container are: a Variant type; nil where they may be anything. */
export type Kind = number;

/** An Array[T] as it travels. */
export function arrayExtension(of: Kind, values: readonly unknown[]): Extension {
  const w = new Out();
  w.head(Variant.array, of && BUILTIN);
  if (of) w.u32(of);
  w.u32(values.length);
  for (const v of values) w.value(v, of, 1);
  return new Extension(Variant.array, w.bytes());
}

/** A Dictionary[K, V] as it travels. */
export function dictionaryExtension(keys: Kind, values: Kind, entries: ReadonlyMap<unknown, unknown>): Extension {
  const w = new Out();
  w.head(Variant.dictionary, (keys && BUILTIN) | ((values && BUILTIN) << 2));
  if (keys) w.u32(keys);
  if (values) w.u32(values);
  w.u32(entries.size);
  for (const [key, v] of entries) w.value(key, keys, 1).value(v, values, 1);
  return new Extension(Variant.dictionary, w.bytes());
}

/** A JavaScript array of numbers of one size as it travels, which is a packed array in Godot; null if it is none. */
export function packedExtension(v: object): Extension | null {
  const type = [...NUMBERS].find(([, of]) => v instanceof of)?.[0];
  if (type === undefined) return null;
  const w = new Out();
  const numbers = v as Float64Array;
  w.head(type);
  w.u32(numbers.length);
  w.raw(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)); // little-endian, as all machines are that run this
  return new Extension(type, w.bytes());
}

/**
 * A packed array of numbers, or a typed array whose elements are of one of the engine's own types, out of an extension that
 * stands in depth containers; null if it is neither.
 */
export function elementsOf(type: number, data: Uint8Array, depth: number): PackedNumbers | unknown[] | null {
  if (!NUMBERS.has(type) && !(type === Variant.array && (data[2] ?? 0) <= BUILTIN)) return null;
  const r = new In(data);
  const v = r.value(depth);
  if (r.left > 0 || data[0] !== type) throw new MalformedError(`an extension ${type} that is none`);
  return v as PackedNumbers | unknown[];
}

/** What an array or a dictionary in an extension holds, its packed form too; undefined if it is of another type. */
export function contents(e: Extension): unknown[] | Map<unknown, unknown> | undefined {
  if (e.type !== Variant.dictionary && e.type !== Variant.array && !(e.type >= Variant.strings && e.type <= 38)) return undefined;
  const r = new In(e.data);
  const v = r.value(0);
  if (r.left > 0 || e.data[0] !== e.type) throw new ArgumentError(`an extension ${e.type} that is none`);
  return v as unknown[] | Map<unknown, unknown>;
}

/** Writes the general form. */
class Out {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #room(n: number): number {
    const at = this.#at;
    this.#at += n;
    if (this.#at > this.#bytes.length) {
      const more = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length));
      more.set(this.#bytes);
      this.#bytes = more;
      this.#view = new DataView(more.buffer);
    }
    return at;
  }

  u32(n: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, n, true);
  }

  head(type: number, flags = 0): void {
    this.u32(type | (flags << 16));
  }

  raw(data: Uint8Array): void {
    const at = this.#room(data.length + (-data.length & 3));
    this.#bytes.set(data, at);
  }

  text(s: string): void {
    if (s.includes("\0")) throw new ArgumentError("a NUL, which Godot's strings cannot hold");
    const data = utf8Bytes(s);
    this.u32(data.length);
    this.raw(data);
  }

  /** A value that stands in depth containers; kind says what it is where the value does not. */
  value(v: unknown, kind: Kind, depth: number): this {
    if (v === null || v === undefined) this.head(Variant.nil);
    else if (typeof v === "boolean") {
      this.head(Variant.bool);
      this.u32(v ? 1 : 0);
    } else if (typeof v === "number" || typeof v === "bigint") this.#number(v, kind);
    else if (typeof v === "string") {
      this.#string(v, kind);
    } else if (typeof v === "object") this.#object(v, depth);
    else throw new ArgumentError(`a ${typeof v} cannot travel`);
    return this;
  }

  #number(n: number | bigint, kind: Kind): void {
    if (kind === Variant.float || (typeof n === "number" && kind !== Variant.int && (!Number.isSafeInteger(n) || Object.is(n, -0)))) {
      const f = Number(n);
      const wide = !Object.is(Math.fround(f), f);
      this.head(Variant.float, wide ? WIDE : 0);
      const at = this.#room(wide ? 8 : 4);
      if (wide) this.#view.setFloat64(at, f, true);
      else this.#view.setFloat32(at, f, true);
      return;
    }
    const i = BigInt(n);
    if (BigInt.asIntN(64, i) !== i) throw new ArgumentError(`${n} does not fit into Godot's int of 64 bits`);
    const wide = BigInt.asIntN(32, i) !== i;
    this.head(Variant.int, wide ? WIDE : 0);
    const at = this.#room(wide ? 8 : 4);
    if (wide) this.#view.setBigInt64(at, i, true);
    else this.#view.setInt32(at, Number(i), true);
  }

  #string(s: string, kind: Kind): void {
    if (kind === Variant.nodePath) this.#path(s);
    else {
      this.head(kind === Variant.stringName ? kind : Variant.string);
      this.text(s);
    }
  }

  #path(path: string): void {
    const [nodes = "", ...subnames] = path.split(":");
    const names = nodes.split("/").filter((name) => name !== "");
    if (subnames.at(-1) === "") subnames.pop();
    if (subnames.includes("")) throw new ArgumentError(`the NodePath ${JSON.stringify(path)} has an empty property`);
    this.head(Variant.nodePath);
    this.u32(PATH_MARK + names.length);
    this.u32(subnames.length);
    this.u32(path.startsWith("/") ? 1 : 0);
    for (const name of [...names, ...subnames]) this.text(name);
  }

  #object(v: object, depth: number): void {
    if (v instanceof StringName) return this.#string(v.name, Variant.stringName);
    if (v instanceof NodePath) return this.#path(v.path);
    if (v instanceof MathValue) {
      const e = toExtension(v)!;
      this.head(e.type);
      return this.raw(e.data);
    }
    if (v instanceof Extension) {
      if (v.type < Variant.rid || v.type > 38 || v.data[0] !== v.type) throw new ArgumentError(`an extension ${v.type} has no form in Godot`);
      return this.raw(v.data);
    }
    const packed = packedExtension(v);
    if (packed) return this.raw(packed.data);
    if (v instanceof Uint8Array) {
      this.head(Variant.bytes);
      this.u32(v.length);
      return this.raw(v);
    }
    if (depth >= MAX_DEPTH) throw new ArgumentError(`more than ${MAX_DEPTH} values in one another`);
    if (Array.isArray(v)) {
      this.head(Variant.array);
      this.u32(v.length);
      for (const e of v) this.value(e, Variant.nil, depth + 1);
      return;
    }
    const proto: unknown = Object.getPrototypeOf(v);
    if (!(v instanceof Map) && proto !== Object.prototype && proto !== null) {
      throw new ArgumentError(`a ${typeName(v)} has no form in Godot`);
    }
    const entries = v instanceof Map ? [...v] : Object.entries(v).filter(([, e]) => e !== undefined);
    this.head(Variant.dictionary);
    this.u32(entries.length);
    for (const [key, e] of entries) this.value(key, Variant.nil, depth + 1).value(e, Variant.nil, depth + 1);
  }
}

/** A place in bytes that are read. */
export class Cursor {
  protected at = 0;
  protected readonly view: DataView;

  constructor(readonly data: Uint8Array) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get left(): number {
    return this.data.length - this.at;
  }

  protected take(n: number): number {
    const at = this.at;
    if (n > this.left) throw new MalformedError("it ends too early");
    this.at += n;
    return at;
  }
}

/** Reads the general form. What is made is never more than the bytes there are. */
class In extends Cursor {
  #u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** The data of n bytes, and what they are padded with. */
  #bytes(n: number): Uint8Array {
    const at = this.take(n);
    this.take(Math.min(-n & 3, this.left));
    return this.data.slice(at, at + n);
  }

  #text(): string {
    return text(this.#bytes(this.#u32()));
  }

  /** The number of things of so many bytes each, or more. */
  #count(n: number, size: number): number {
    if (n * size > this.left) throw new MalformedError(`${n} values in ${this.left} bytes`);
    return n;
  }

  value(depth: number): unknown {
    const begin = this.at;
    const head = this.#u32();
    const type = head & 0xff;
    const flags = head >>> 16;
    const wide = (flags & WIDE) !== 0;
    switch (type) {
      case Variant.nil:
        return null;
      case Variant.bool:
        return this.#u32() !== 0;
      case Variant.int: {
        if (!wide) return this.view.getInt32(this.take(4), true);
        const n = this.view.getBigInt64(this.take(8), true);
        return Number.isSafeInteger(Number(n)) ? Number(n) : n;
      }
      case Variant.float:
        return wide ? this.view.getFloat64(this.take(8), true) : this.view.getFloat32(this.take(4), true);
      case Variant.string:
        return this.#text();
      case Variant.stringName:
        return new StringName(this.#text());
      case Variant.nodePath:
        return this.#path();
      case Variant.signal:
        this.#text();
        this.take(8);
        return new Extension(type, this.data.slice(begin, this.at));
      case Variant.rid:
      case Variant.object:
      case Variant.callable:
        if (type === Variant.object && !wide) throw new MalformedError("an object with its properties");
        if (type !== Variant.callable) this.take(8);
        return new Extension(type, this.data.slice(begin, this.at));
      case Variant.dictionary:
      case Variant.array:
        return this.#container(type, flags, depth);
      case Variant.bytes:
        return this.#bytes(this.#u32());
      case Variant.strings:
        return Array.from({ length: this.#count(this.#u32(), 4) }, () => this.#text().replace(/\0$/, ""));
    }
    const numbers = NUMBERS.get(type);
    if (numbers) {
      const n = this.#count(this.#u32(), type % 2 === 0 ? 4 : 8);
      return new numbers(this.#bytes(n * (type % 2 === 0 ? 4 : 8)).buffer);
    }
    const math = MATH.get(type);
    if (wide && (math || mathSize(type) > 0)) {
      throw new MalformedError(`a value of type ${type} in double precision`);
    }
    if (math) {
      const n = this.#count(this.#u32(), math.size);
      return Array.from({ length: n }, () => fromExtension(math.element, this.#bytes(math.size)));
    }
    const size = mathSize(type);
    if (!size) throw new MalformedError(`a value of the type ${type}`);
    return fromExtension(type, this.#bytes(size));
  }

  #path(): NodePath {
    const [names, subnames, flags] = [this.#u32(), this.#u32(), this.#u32()];
    if (names < PATH_MARK) throw new MalformedError("a NodePath of an old form");
    const all = Array.from({ length: this.#count(names - PATH_MARK + subnames, 4) }, () => this.#text());
    const nodes = all.slice(0, names - PATH_MARK).join("/");
    return new NodePath([(flags & 1 ? "/" : "") + nodes, ...all.slice(names - PATH_MARK)].join(":"));
  }

  #container(type: number, flags: number, depth: number): unknown {
    if (depth >= MAX_DEPTH) throw new MalformedError(`more than ${MAX_DEPTH} values in one another`);
    for (let i = 0; i < (type === Variant.array ? 1 : 2); i++) {
      const kind = (flags >>> (2 * i)) & 3;
      if (kind === BUILTIN) this.#u32();
      else if (kind > BUILTIN) this.#text(); // a class, or a script
    }
    const n = this.#u32() & 0x7fff_ffff; // the top bit says something else
    if (type === Variant.array) {
      this.#count(n, 4);
      return Array.from({ length: n }, () => this.value(depth + 1));
    }
    this.#count(n, 8);
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < n; i++) {
      const key = this.value(depth + 1);
      if (map.has(key)) throw new MalformedError(`the key ${String(key)} twice in a dictionary`);
      map.set(key, this.value(depth + 1));
    }
    // Inside of others it is what it would be outside of an extension.
    const plain = depth > 0 && [...map.keys()].every((key) => typeof key === "string" && key !== "__proto__");
    return plain ? Object.fromEntries(map) : map;
  }
}
