// MessagePack as the wire uses it: values one after the other. They are read here, where a map with whole numbers as its
// keys is a Map; the library writes them, but for the containers of what it has no form for.

import { Encoder, ExtData } from "@msgpack/msgpack";
import { Cursor, elementsOf, packedExtension } from "./general.js";
import { ArgumentError, MalformedError, messageOf, typeName } from "./errors.js";
import { MathValue, NodePath, StringName, Extension, fromExtension, text, toExtension } from "./values.js";
import { MAX_DEPTH } from "./wire.js";

const extensionCodec = {
  tryToEncode(v: unknown): ExtData | null {
    const e = toExtension(v as object) ?? packedExtension(v as object);
    return e && new ExtData(e.type, e.data);
  },
  decode: () => null, // the library reads nothing
};

const encoder = new Encoder({ extensionCodec, ignoreUndefined: true, maxDepth: MAX_DEPTH + 1 });
// A bigint needs an encoder of its own: with it on, the library writes other numbers over 32 bits as floats.
const wideEncoder = new Encoder({ useBigInt64: true });

/** Collects the bytes of a message. */
export class Writer {
  #parts: Uint8Array[] = [];
  #size = 0;

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return this;
  }

  /** Appends an opcode, or another single byte. */
  byte(b: number): this {
    return this.raw(Uint8Array.of(b));
  }

  /** Appends a value of the program's. Throws an ArgumentError on what cannot travel. */
  value(v: unknown): this {
    return this.raw(encode(v));
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** A message of an opcode and values. */
export function pack(op: number, ...values: unknown[]): Uint8Array {
  const w = new Writer().byte(op);
  for (const v of values) w.value(v);
  return w.bytes();
}

/** One value as MessagePack. Throws an ArgumentError on what cannot travel. */
export function encode(v: unknown): Uint8Array {
  const apart = check(v, "", 0);
  try {
    return apart ? put(new Writer(), v).bytes() : encoder.encode(v);
  } catch (e) {
    throw e instanceof ArgumentError ? e : new ArgumentError(messageOf(e));
  }
}

const MINUS_ZERO = Uint8Array.of(0xca, 0x80, 0, 0, 0); // the library writes an int, which has no sign there

/** Appends a value that was checked, with its containers taken apart: there may be what needs an encoding of its own in it. */
function put(w: Writer, v: unknown): Writer {
  if (typeof v === "bigint") return w.raw(wideEncoder.encode(v));
  if (Object.is(v, -0)) return w.raw(MINUS_ZERO);
  if (Array.isArray(v)) {
    w.raw(head(0x90, 0xdc, v.length));
    for (const e of v) put(w, e);
    return w;
  }
  const entries = v instanceof Map ? [...v] : isPlain(v) ? Object.entries(v).filter(([, e]) => e !== undefined) : null;
  if (!entries) return w.raw(encoder.encode(v));
  w.raw(head(0x80, 0xde, entries.length));
  for (const [key, e] of entries) put(put(w, key), e);
  return w;
}

/** The head of an array or a map of n, by the first byte of one that is short, and of one that is not. */
function head(short: number, long: number, n: number): Uint8Array {
  if (n < 16) return Uint8Array.of(short | n);
  if (n < 1 << 16) return Uint8Array.of(long, n >> 8, n);
  return Uint8Array.of(long + 1, n >> 24, n >> 16, n >> 8, n);
}

function isPlain(v: unknown): v is Record<string, unknown> {
  if (typeof v !== "object" || v === null) return false;
  const proto: unknown = Object.getPrototypeOf(v);
  return proto === Object.prototype || proto === null;
}

/** Refuses what the wire has no form for, and tells whether there is a bigint, a Map or -0 in v. */
function check(v: unknown, at: string, depth: number): boolean {
  const where = at && ` at ${at}`;
  switch (typeof v) {
    case "undefined":
    case "boolean":
      return false;
    case "number":
      return Object.is(v, -0);
    case "string":
      if (/\p{Surrogate}/u.test(v)) throw new ArgumentError(`half a character${where}`);
      return false;
    case "bigint":
      if (v < -(2n ** 63n) || v >= 2n ** 64n) throw new ArgumentError(`${v} does not fit into 64 bits${where}`);
      return true;
    case "object":
      break;
    default:
      throw new ArgumentError(`a ${typeof v}${where} cannot travel`);
  }
  if (v === null || v instanceof Uint8Array) return false;
  if (v instanceof MathValue || v instanceof StringName || v instanceof NodePath || v instanceof Extension) return false;
  if (v instanceof Int32Array || v instanceof BigInt64Array || v instanceof Float32Array || v instanceof Float64Array) return false;
  if (v instanceof Date) {
    if (Number.isNaN(v.getTime())) throw new ArgumentError(`a date that is none${where}`);
    return false;
  }
  if (depth === MAX_DEPTH) throw new ArgumentError(`more than ${MAX_DEPTH} values in one another`);
  let apart = false;
  if (Array.isArray(v)) {
    v.forEach((e, i) => (apart = check(e, `${at}[${i}]`, depth + 1) || apart));
    return apart;
  }
  if (v instanceof Map) {
    checkKeys(v, at, where, depth);
    for (const [key, e] of v) check(e, `${at}[${key}]`, depth + 1);
    return true;
  }
  if (!isPlain(v)) {
    throw new ArgumentError(`a ${typeName(v)}${where} cannot travel: pass a plain object, or a Map`);
  }
  for (const [key, e] of Object.entries(v)) {
    check(key, at, depth);
    apart = check(e, `${at}.${key}`, depth + 1) || apart;
  }
  return apart;
}

/** Refuses a Map whose keys are neither all strings nor all whole numbers. */
function checkKeys(v: Map<unknown, unknown>, at: string, where: string, depth: number): void {
  const strings = typeof v.keys().next().value === "string";
  for (const key of v.keys()) {
    const fits = strings ? typeof key === "string" : typeof key === "bigint" || Number.isSafeInteger(key);
    if (!fits) {
      const shown = typeof key === "number" ? `${key}` : typeof key === "string" ? JSON.stringify(key) : typeName(key);
      throw new ArgumentError(
        `${shown} as a key of a Map${where}: keys are all strings, or all whole numbers (a bigint where a number is not exact)`,
      );
    }
    check(key, at, depth);
    if (typeof key === "bigint" && v.has(Number(key)) && Number.isSafeInteger(Number(key))) {
      throw new ArgumentError(`${key} as a key of a Map${where}: it is there as a bigint and as a number`);
    }
  }
}

/** Reads the fields of a message, one after the other. What it throws is a MalformedError. */
export class Reader extends Cursor {
  byte(): number {
    return this.view.getUint8(this.take(1));
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.data.subarray(this.take(this.left));
  }

  value(): unknown {
    try {
      return this.#value(0);
    } catch (e) {
      throw e instanceof MalformedError ? e : new MalformedError(messageOf(e));
    }
  }

  /** A whole number of 0 or more. */
  number(): number {
    return this.#field("a number", (v) => Number.isSafeInteger(v) && (v as number) >= 0) as number;
  }

  /** A peer id, or a target. */
  id(): number {
    return this.#field("a peer id", (v) => typeof v === "number" && (v | 0) === v) as number;
  }

  text(): string {
    return this.#field("a string", (v) => typeof v === "string") as string;
  }

  map(): Record<string, unknown> {
    const plain = (v: unknown): boolean => typeof v === "object" && v !== null && Object.getPrototypeOf(v) === Object.prototype;
    return this.#field("a map", plain) as Record<string, unknown>;
  }

  #field(what: string, fits: (v: unknown) => boolean): unknown {
    const v = this.value();
    if (!fits(v)) throw new MalformedError(`${typeName(v)} where ${what} belongs`);
    return v;
  }

  /** The values up to the end. */
  values(): unknown[] {
    const all = [];
    while (this.left > 0) all.push(this.value());
    return all;
  }

  /** Reads a value that stands in depth containers. What is made for it is never more than the bytes there are. */
  #value(depth: number): unknown {
    const b = this.byte();
    if (b < 0x80) return b;
    if (b >= 0xe0) return b - 0x100;
    if (b < 0x90) return this.#map(b & 0x0f, depth);
    if (b < 0xa0) return this.#list(b & 0x0f, depth);
    if (b < 0xc0) return text(this.#span(b & 0x1f));
    switch (b) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4: // bin 8
      case 0xc5:
      case 0xc6:
        return this.#slice(this.#length(b - 0xc4));
      case 0xc7: // ext 8
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#length(b - 0xc7), depth);
      case 0xca: // float 32
        return this.view.getFloat32(this.take(4));
      case 0xcb: // float 64
        return this.view.getFloat64(this.take(8));
      case 0xcc: // uint 8
      case 0xcd:
      case 0xce:
        return this.#length(b - 0xcc);
      case 0xcf: // uint 64
        return narrow(this.view.getBigUint64(this.take(8)));
      case 0xd0: // int 8
        return this.view.getInt8(this.take(1));
      case 0xd1: // int 16
        return this.view.getInt16(this.take(2));
      case 0xd2: // int 32
        return this.view.getInt32(this.take(4));
      case 0xd3: // int 64
        return narrow(this.view.getBigInt64(this.take(8)));
      case 0xd4: // fixext 1
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (b - 0xd4), depth);
      case 0xd9: // str 8
      case 0xda:
      case 0xdb:
        return text(this.#span(this.#length(b - 0xd9)));
      case 0xdc: // array 16
      case 0xdd:
        return this.#list(this.#length(b - 0xdc + 1), depth);
      case 0xde: // map 16
      case 0xdf:
        return this.#map(this.#length(b - 0xde + 1), depth);
    }
    throw new MalformedError(`byte ${b} begins no value`);
  }

  /** A length, or another number, of 1, 2 or 4 bytes. */
  #length(width: number): number {
    const at = this.take(1 << width);
    if (width === 0) return this.view.getUint8(at);
    return width === 1 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  #span(n: number): Uint8Array {
    const at = this.take(n);
    return this.data.subarray(at, at + n);
  }

  /** Bytes of their own: whoever keeps a few does not keep the message. */
  #slice(n: number): Uint8Array {
    return this.#span(n).slice();
  }

  #extension(n: number, depth: number): unknown {
    const type = this.view.getInt8(this.take(1));
    const data = this.#slice(n);
    return elementsOf(type, data, depth) ?? fromExtension(type, data);
  }

  /** Begins a container of n values. */
  #enter(n: number, depth: number): void {
    if (n > 0 && depth === MAX_DEPTH) throw new MalformedError(`more than ${MAX_DEPTH} values in one another`);
    if (n > this.left) throw new MalformedError(`${n} values in ${this.left} bytes`);
  }

  #list(n: number, depth: number): unknown[] {
    this.#enter(n, depth);
    const all = [];
    for (; n > 0; n--) all.push(this.#value(depth + 1));
    return all;
  }

  /** A map: a plain object if its keys are strings, or if it is empty; a Map if they are whole numbers. */
  #map(n: number, depth: number): unknown {
    this.#enter(2 * n, depth);
    if (n > 0 && isInteger(this.data[this.at]!)) {
      const map = new Map<unknown, unknown>();
      for (; n > 0; n--) {
        if (!isInteger(this.data[this.at]!)) throw new MalformedError("a key that is no whole number, beside one that is");
        const key = this.#value(depth + 1);
        if (map.has(key)) throw new MalformedError(`the key ${key} twice in a map`);
        map.set(key, this.#value(depth + 1));
      }
      return map;
    }
    const object: Record<string, unknown> = {};
    for (; n > 0; n--) {
      const key = this.#value(depth + 1);
      if (typeof key !== "string") throw new MalformedError(`a ${typeName(key)} as a key of a map`);
      if (key === "__proto__") throw new MalformedError("__proto__ as a key of a map");
      if (Object.hasOwn(object, key)) throw new MalformedError(`the key ${JSON.stringify(key)} twice in a map`);
      object[key] = this.#value(depth + 1);
    }
    return object;
  }
}

/** Whether a whole number begins with the byte. */
function isInteger(b: number): boolean {
  return b < 0x80 || b >= 0xe0 || (b >= 0xcc && b <= 0xd3);
}

/** A number, if that holds it exactly. */
function narrow(v: bigint): number | bigint {
  const n = Number(v);
  return Number.isSafeInteger(n) ? n : v;
}
