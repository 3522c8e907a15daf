// MessagePack as the wire uses it: values one after the other. The library reads and writes the tokens; lengths,
// nesting and UTF-8 are checked here before it allocates anything.

import {
  Decoder,
  Encoder,
  EXT_TIMESTAMP,
  ExtData,
  decodeTimestampExtension,
  encodeTimestampExtension,
} from "@msgpack/msgpack";
import { ArgumentError, MalformedError, messageOf, typeName } from "./errors.js";
import { MathValue, NodePath, StringName, Extension, fromExtension, text, toExtension } from "./values.js";
import { MAX_DEPTH } from "./wire.js";

const extensionCodec = {
  tryToEncode(v: unknown): ExtData | null {
    if (v instanceof Date) return new ExtData(EXT_TIMESTAMP, encodeTimestampExtension(v)!);
    const e = toExtension(v as object);
    return e && new ExtData(e.type, e.data);
  },
  decode(data: Uint8Array, type: number): unknown {
    return type === EXT_TIMESTAMP ? decodeTimestampExtension(data) : fromExtension(type, data);
  },
};

const encoder = new Encoder({ extensionCodec, ignoreUndefined: true, maxDepth: MAX_DEPTH + 1 });
// A bigint needs an encoder of its own: with it on, the library writes other numbers over 32 bits as floats.
const wideEncoder = new Encoder({ extensionCodec, ignoreUndefined: true, maxDepth: MAX_DEPTH + 1, useBigInt64: true });
const decoder = new Decoder({ extensionCodec });
const wideDecoder = new Decoder({ extensionCodec, useBigInt64: true });

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

/** One value as MessagePack. Throws an ArgumentError on what cannot travel. */
export function encode(v: unknown): Uint8Array {
  const wide = check(v, "", 0);
  try {
    return (wide ? wideEncoder : encoder).encode(v);
  } catch (e) {
    throw e instanceof ArgumentError ? e : new ArgumentError(messageOf(e));
  }
}

/** Refuses what the wire has no form for, and tells whether there is a bigint in v. */
function check(v: unknown, at: string, depth: number): boolean {
  const where = at && ` at ${at}`;
  switch (typeof v) {
    case "undefined":
    case "boolean":
    case "number":
      return false;
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
  if (v instanceof Date) {
    if (Number.isNaN(v.getTime())) throw new ArgumentError(`a date that is none${where}`);
    return false;
  }
  if (depth === MAX_DEPTH) throw new ArgumentError(`more than ${MAX_DEPTH} values in one another`);
  let wide = false;
  if (Array.isArray(v)) {
    v.forEach((e, i) => (wide = check(e, `${at}[${i}]`, depth + 1) || wide));
    return wide;
  }
  const proto: unknown = Object.getPrototypeOf(v);
  if (proto !== Object.prototype && proto !== null) {
    throw new ArgumentError(`a ${typeName(v)}${where} cannot travel: pass a plain object`);
  }
  for (const [key, e] of Object.entries(v)) {
    check(key, at, depth);
    wide = check(e, `${at}.${key}`, depth + 1) || wide;
  }
  return wide;
}

/** Reads the fields of a message, one after the other. What it throws is a MalformedError. */
export class Reader {
  #at = 0;
  #wide = false;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.bytes.subarray(this.#take(this.left));
  }

  value(): unknown {
    const start = this.#at;
    this.#wide = false;
    this.#skip();
    const slice = this.bytes.subarray(start, this.#at);
    try {
      return this.#wide ? narrow(wideDecoder.decode(slice)) : decoder.decode(slice);
    } catch (e) {
      throw e instanceof MalformedError ? e : new MalformedError(messageOf(e));
    }
  }

  /** A whole number of 0 or more. */
  number(): number {
    const v = this.value();
    if (!Number.isSafeInteger(v) || (v as number) < 0) throw new MalformedError(`${typeName(v)} where a number belongs`);
    return v as number;
  }

  /** A peer id, or a target. */
  id(): number {
    const v = this.value();
    if (typeof v !== "number" || (v | 0) !== v) throw new MalformedError(`${typeName(v)} where a peer id belongs`);
    return v;
  }

  text(): string {
    const v = this.value();
    if (typeof v !== "string") throw new MalformedError(`${typeName(v)} where a string belongs`);
    return v;
  }

  map(): Record<string, unknown> {
    const v = this.value();
    if (typeof v !== "object" || v === null || Object.getPrototypeOf(v) !== Object.prototype) {
      throw new MalformedError(`${typeName(v)} where a map belongs`);
    }
    return v as Record<string, unknown>;
  }

  /** The values up to the end. */
  values(): unknown[] {
    const all = [];
    while (this.left > 0) all.push(this.value());
    return all;
  }

  #take(n: number): number {
    const at = this.#at;
    if (n > this.left) throw new MalformedError("it ends too early");
    this.#at += n;
    return at;
  }

  /** Passes over one value, and checks what decoding it relies on. */
  #skip(): void {
    const open: number[] = []; // how many values each open container still needs
    for (;;) {
      const inside = this.#token();
      if (inside > 0) {
        if (open.length === MAX_DEPTH) throw new MalformedError(`more than ${MAX_DEPTH} values in one another`);
        if (inside > this.left) throw new MalformedError(`${inside} values in ${this.left} bytes`);
        open.push(inside);
        continue;
      }
      while (open.length > 0 && --open[open.length - 1]! === 0) open.pop();
      if (open.length === 0) return;
    }
  }

  /** Passes over one token, and tells how many values it says follow inside of it. */
  #token(): number {
    const b = this.byte();
    if (b < 0x80 || b >= 0xe0) return 0;
    if (b < 0x90) return 2 * (b & 0x0f);
    if (b < 0xa0) return b & 0x0f;
    if (b < 0xc0) return this.#text(b & 0x1f);
    switch (b) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return 0;
      case 0xc4: // bin 8
      case 0xc5:
      case 0xc6:
        return this.#pass(this.#length(b - 0xc4));
      case 0xc7: // ext 8
      case 0xc8:
      case 0xc9:
        return this.#pass(this.#length(b - 0xc7) + 1);
      case 0xca: // float 32
        return this.#pass(4);
      case 0xcb: // float 64
        return this.#pass(8);
      case 0xcf: // uint 64
      case 0xd3: // int 64
        this.#wide = true;
        return this.#pass(8);
      case 0xcc: // uint 8
      case 0xcd:
      case 0xce:
        return this.#pass(1 << (b - 0xcc));
      case 0xd0: // int 8
      case 0xd1:
      case 0xd2:
        return this.#pass(1 << (b - 0xd0));
      case 0xd4: // fixext 1
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#pass(1 + (1 << (b - 0xd4)));
      case 0xd9: // str 8
      case 0xda:
      case 0xdb:
        return this.#text(this.#length(b - 0xd9));
      case 0xdc: // array 16
      case 0xdd:
        return this.#length(b - 0xdc + 1);
      case 0xde: // map 16
      case 0xdf:
        return 2 * this.#length(b - 0xde + 1);
    }
    throw new MalformedError(`byte ${b} begins no value`);
  }

  /** A length of 1, 2 or 4 bytes. */
  #length(width: number): number {
    const at = this.#take(1 << width);
    if (width === 0) return this.#view.getUint8(at);
    return width === 1 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #pass(n: number): 0 {
    this.#take(n);
    return 0;
  }

  #text(n: number): 0 {
    const at = this.#take(n);
    for (let i = at; i < at + n; i++) {
      if (this.bytes[i]! < 0x80) continue;
      text(this.bytes.subarray(at, at + n));
      break;
    }
    return 0;
  }
}

/** Makes numbers of the bigints that fit. */
function narrow(v: unknown): unknown {
  if (typeof v === "bigint") {
    const n = Number(v);
    return Number.isSafeInteger(n) ? n : v;
  }
  if (Array.isArray(v)) return v.map(narrow);
  if (typeof v === "object" && v !== null && Object.getPrototypeOf(v) === Object.prototype) {
    return Object.fromEntries(Object.entries(v).map(([k, e]) => [k, narrow(e)]));
  }
  return v;
}
