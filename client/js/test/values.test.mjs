// Values at the borders of what JavaScript, Godot and the wire can hold: kept, or refused with words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import * as p from "../dist/peerage.js";
import { joined, memory, told } from "./support.mjs";

/** A session with a method whose parameter is of a type: send and get go by the bytes of the argument. */
async function wire(t, type) {
  const net = memory();
  const peer = joined(t, "ws://a.example/", { WebSocket: net.WebSocket, pingInterval: 0 });
  const node = peer.node("N", { f: p.method({}, type) });
  const heard = [];
  node.on("f", (_, v) => heard.push(v));
  await Promise.resolve();
  const s = net.last();
  s.welcome();
  ["N", "f"].forEach((name, i) => s.give(0x10, 0x20, i, encode(name)));
  return {
    send(v) {
      node.rpcId(1, "f", v);
      return s.sent.at(-1).subarray(4).toString("hex"); // behind opcodes and two names
    },
    get(hex) {
      const refused = told(peer, /callRefused/).length;
      s.give(0x10, 0x21, 0, 1, Buffer.from(hex, "hex"));
      if (told(peer, /callRefused/).length > refused) return peer.log.at(-1)[1].reason;
      return heard.pop();
    },
  };
}

/** A value that arrives is sent on as the same bytes. */
async function kept(t, type, hex, want) {
  const { send, get } = await wire(t, type);
  const v = get(hex);
  if (want) assert.deepEqual(v, want);
  assert.equal(send(v), hex, `${v}`);
}

test("the sign of zero is kept where there is one", async (t) => {
  await kept(t, p.float, "ca80000000", -0);
  await kept(t, p.any, "ca80000000", -0);
  const { send } = await wire(t, p.any);
  assert.equal(send([1, -0, { a: -0 }]), "9301ca8000000081a161ca80000000");
  assert.equal(send(new p.Vector2(-0, 0)), "d7050000008000000000");
  assert.equal((await wire(t, p.int)).send(-0), "00");
  assert.ok(Object.is((await wire(t, p.int64)).get("ca80000000"), 0));
});

test("numbers that a math type cannot hold are refused", async (t) => {
  const { send } = await wire(t, p.any);
  for (const [v, why] of [
    [new p.Vector3(0, -1e300, 0), /-1e\+300 in a Vector3, whose numbers are float32/],
    [new p.Color(3.5e38), /float32/],
    [new p.Rect2(new p.Vector2(0, 1e39)), /float32/],
    [new p.Transform3D(new p.Basis(new p.Vector3(Number.MAX_VALUE))), /float32/],
    [new p.Vector2i(2 ** 31), /2147483648 in a Vector2i, whose numbers are int32/],
    [new p.Vector4i(0.5), /0.5 in a Vector4i/],
    [new p.Vector2i(NaN), /NaN/],
    [[new p.Vector2("1")], /1 in a Vector2/],
    [Object.assign(new p.Vector2(), { x: 5n }), /5 in a Vector2/],
  ]) {
    assert.throws(() => send(v), { name: "ArgumentError", message: why });
  }
  assert.equal(send(new p.Vector2(Infinity, -Infinity)), "d7050000807f000080ff");
  assert.match(send(new p.Vector2(3.4028234e38, NaN)), /^d705ffff7f7f/);
});

test("whole numbers over 2^53 are kept", async (t) => {
  for (const hex of ["d38000000000000000", "cfffffffffffffffff", "cf0020000000000001", "d3ffdfffffffffffff"]) {
    await kept(t, p.int64, hex);
    await kept(t, p.any, hex);
    assert.match((await wire(t, p.int)).get(hex), /wanted int, got bigint/);
  }
  assert.equal((await wire(t, p.float)).get("cf4000000000000000"), 2 ** 62);
  assert.match((await wire(t, p.float)).get("cf4000000000000001"), /wanted float, got bigint/);
  assert.equal((await wire(t, p.int)).get("cf0000000000000007"), 7);
  const { send } = await wire(t, p.any);
  assert.throws(() => send(2n ** 64n), /does not fit into 64 bits/);
  assert.throws(() => send(-(2n ** 63n) - 1n), /does not fit/);
  const ints = await wire(t, p.int);
  assert.throws(() => ints.send(2 ** 53), p.ArgumentError);
  assert.throws(() => ints.send(2n ** 53n), p.ArgumentError);
  assert.throws(() => p.array(p.int64).give([2n ** 63n]), /Godot's int of 64 bits/);
});

test("times are kept to the nanosecond, or refused", async (t) => {
  const at = (iso, ns = 0) => (ns ? new p.Timestamp(Date.parse(iso), ns) : new Date(iso));
  for (const [hex, want] of [
    ["d6ff00000001", at("1970-01-01T00:00:01Z")],
    ["d7ff" + ((1n << 34n) | 5n).toString(16).padStart(16, "0"), at("1970-01-01T00:00:05Z", 1)],
    ["d7ff" + ((999_999_999n << 34n) | 4102444799n).toString(16).padStart(16, "0"), at("2099-12-31T23:59:59.999Z", 999_999)],
    ["c70cff" + "3b9ac9ff" + "ffffffffffffffff", at("1969-12-31T23:59:59.999Z", 999_999)],
    ["c70cff" + "00000000" + "fffffff1886e0900", at("0001-01-01T00:00:00Z")], // what Go means by no time
    ["c70cff" + "000f4240" + "fffffffffffffffe", at("1969-12-31T23:59:58.001Z")],
    ["c70cff" + "00000000" + "000007dba8218000", new Date(8.64e15)],
  ]) {
    await kept(t, p.time, hex, want);
    await kept(t, p.any, hex, want);
    assert.equal((await wire(t, p.time)).get(hex).toISOString(), want.toISOString());
  }
  for (const hex of ["c70cff000f4240000007dba8218000", "c70cff000000007fffffffffffffff", "c70cff000000008000000000000000"]) {
    assert.match((await wire(t, p.time)).get(hex), /a time that no Date can hold/);
    await kept(t, p.any, hex); // and passed on
  }
  for (const hex of ["d5ff0000", "d7ffffffffff00000000", "c70cff3b9aca000000000000000000"]) {
    assert.match((await wire(t, p.any)).get(hex), /a timestamp/, hex);
  }
  const { send } = await wire(t, p.any);
  assert.throws(() => send(new Date(NaN)), /a date that is none/);
  assert.throws(() => send(new p.Timestamp(0, 1e6)), /1000000 nanoseconds/);
  assert.throws(() => send(new p.Timestamp(0, 0.5)), p.ArgumentError);
});

test("text that is none is refused in every kind of text", async (t) => {
  const { send } = await wire(t, p.any);
  for (const v of ["\ud800", new p.StringName("a\udc00"), [new p.NodePath("\ud800/b")], { "\ud800": 1 }]) {
    assert.throws(() => send(v), /half a character/);
  }
  assert.throws(() => p.array(p.string).give(["\ud800"]), /half a character/);
  assert.throws(() => p.array(p.string).give(["a\0b"]), /a NUL/);
});

test("what Godot takes for another type is taken where nothing is lost", async (t) => {
  for (const [type, hex, want] of [
    [p.int, "c3", 1],
    [p.bool, "01", true],
    [p.bool, "00", false],
    [p.bool, "02", /wanted bool/],
    [p.string, "d51661 62".replace(" ", ""), "ab"],
    [p.string, "d51561 62".replace(" ", ""), "ab"],
    [p.StringName, "a161", new p.StringName("a")],
    [p.NodePath, "a161", new p.NodePath("a")],
    [p.Vector2, "d70601000000feffffff", new p.Vector2(1, -2)],
    [p.Vector2, "d70601000001ffffffff", /wanted Vector2/], // 2^24 + 1
    [p.list(p.int), "d71e" + "1e000000" + "00000000", []],
  ]) {
    const got = (await wire(t, type)).get(hex);
    if (want instanceof RegExp) assert.match(got, want);
    else assert.deepEqual(got, want, `${type.name} ${hex}`);
  }
});

test("fields that nobody sent are not there", async (t) => {
  const { get } = await wire(t, p.record({ constructor: p.nullable(p.any), toString: p.nullable(p.any) }));
  assert.deepEqual(get("80"), Object.assign(Object.create(Object.prototype), { constructor: null, toString: null }));
  // A value whose constructor is a peer's word is no trouble for the one that names its type.
  const names = await wire(t, p.int);
  assert.match(names.get("81ab" + Buffer.from("constructor").toString("hex") + "81a46e616d6581a8" + Buffer.from("toString").toString("hex") + "01"), /wanted int, got Object/);
});

test("typed containers are declared with what Godot has types for", () => {
  for (const of of [p.any, p.time, p.nullable(p.int), p.array(p.int), p.dictionary(p.int, p.int)]) {
    assert.throws(() => p.array(of), { name: "TypeError", message: /Godot has no type for/ });
  }
  assert.throws(() => p.dictionary(p.string, p.time), /Godot has no type for time/);
  assert.throws(() => p.array(p.int).give([1, 1.5]), { name: "ArgumentError", message: /\[1\]: wanted int/ });
  assert.throws(() => p.array(p.int).give(5), /wanted array\(int\), got number/);
  assert.throws(() => p.dictionary(p.string, p.int).give({ a: "b" }), /\[a\]: wanted int/);
  assert.throws(() => p.array(p.NodePath).give(["a::b"]), /empty property/);
});

test("typed containers go as such wherever they stand", async (t) => {
  const raw = p.array(p.bool).give([true]);
  assert.deepEqual(Buffer.from(raw.data).toString("hex"), "1c000100" + "01000000" + "01000000" + "0100000001000000");
  const hex = "c7141c" + Buffer.from(raw.data).toString("hex");
  assert.equal((await wire(t, p.array(p.bool))).send([true]), hex);
  assert.equal((await wire(t, p.list(p.array(p.bool)))).send([[true]]), "91" + hex);
  assert.equal((await wire(t, p.record({ a: p.array(p.bool) }))).send({ a: [true] }), "81a161" + hex);
  assert.equal((await wire(t, p.dict(p.array(p.bool)))).send({ a: [true] }), "81a161" + hex);
  assert.equal((await wire(t, p.map(p.int, p.array(p.bool)))).send(new Map([[1, [true]]])), "8101" + hex);
  assert.equal((await wire(t, p.nullable(p.array(p.bool)))).send([true]), hex);
  assert.equal((await wire(t, p.optional(p.array(p.bool), []))).send([true]), hex);
  const typed = p.dictionary(p.string, p.int).give({ a: 1 });
  assert.equal(Buffer.from(typed.data).toString("hex"), "1b000500" + "04000000" + "02000000" + "01000000" + "040000000100000061000000" + "0200000001000000");
});

test("a typed array is an array where anything is taken", async (t) => {
  const { get, send } = await wire(t, p.any);
  const ext = (e) => "c7" + e.data.length.toString(16).padStart(2, "0") + "1c" + Buffer.from(e.data).toString("hex");
  const at = new p.Vector2(1, 2);
  for (const [of, v, plain] of [
    [p.int, [1, -2, 2 ** 40], "9301fecf0000010000000000"],
    [p.float, [0.5, 0.1], "92cb3fe0000000000000cb3fb999999999999a"],
    [p.string, ["", "ä"], "92a0a2c3a4"],
    [p.bool, [true], "91c3"],
    [p.int, [], "90"],
    [p.Vector2, [at], "91d705" + "0000803f" + "00000040"],
    [p.list(p.any), [[1, null]], "919201c0"],
    [p.dict(p.any), [{ a: [true] }], "9181a16191c3"],
  ]) {
    const hex = ext(p.array(of).give(v));
    assert.deepEqual(get(hex), v, of.name);
    assert.deepEqual(get("81a161" + hex), { a: v }, of.name);
    assert.equal(send(get(hex)), plain, of.name);
  }
  assert.deepEqual(get(ext(new p.Extension(28, Uint8Array.of(28, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)))), [null], "without a type");
  // Of a class: the objects mean nothing here, and its name is kept for whoever they mean something to.
  const nodes = "1c000200" + "04000000" + "4e6f6465" + "01000000" + "18000100" + "0700000000000000";
  await kept(t, p.any, "c71c1c" + nodes, new p.Extension(28, Uint8Array.from(Buffer.from(nodes, "hex"))));
  // One in another, as deep as values may be, and deeper.
  const deep = (n) => {
    let v = [1];
    for (let i = 1; i < n; i++) v = [v];
    return p.array(p.list(p.any)).give([v]);
  };
  const large = (e) => "c8" + e.data.length.toString(16).padStart(4, "0") + "1c" + Buffer.from(e.data).toString("hex");
  assert.deepEqual(get(large(deep(63)))[0].flat(Infinity), [1]);
  assert.match(get("91" + large(deep(63))), /more than 64 values in one another/);
  assert.deepEqual(get("c70c1c" + "1c000100" + "02000000" + "00000000"), [], "it goes on");
});

test("bytes that are no value of Godot's are refused, whatever they are", async (t) => {
  const [declared, free] = [await wire(t, p.array(p.int)), await wire(t, p.any)];
  const of = (hex, { get } = declared) => get("c7" + (hex.length / 2).toString(16).padStart(2, "0") + "1c" + hex);
  assert.deepEqual(of("1c000100" + "02000000" + "00000000"), []);
  for (const hex of [
    "",
    "1c",
    "1d000000" + "00000000", // bytes
    "1c000100" + "02000000" + "ffffff7f", // too many
    "1c000000" + "01000000" + "02000000", // cut short
    "1c000000" + "01000000" + "18000000" + "00000000", // an object with its properties
    "1c000000" + "01000000" + "63000000", // no type
    "1c000000" + "00000000" + "00000000", // more behind it
    "1c000000" + "01000000" + "04000000" + "01000000" + "ff000000", // not UTF-8
  ]) {
    assert.equal(typeof of(hex), "string", hex);
    assert.equal(typeof of(hex, free), "string", hex);
  }
  let seed = 20261;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 5000; i++) {
    const bytes = Array.from({ length: 4 * random(12) }, () => (random(3) ? random(4) : random(256)));
    if (random(2)) bytes.splice(0, 4, 0x1c, 0, random(4), 0);
    const v = of(Buffer.from(bytes).toString("hex"), free);
    const refused = typeof v === "string" || v === undefined; // of many not each is told
    assert.ok(refused || Array.isArray(v) || v instanceof p.Extension, `${v} for ${bytes}`);
    try {
      assert.ok(Array.isArray(p.array(p.int).take(new p.Extension(28, Uint8Array.from(bytes)))));
    } catch (e) {
      assert.ok(e instanceof p.ArgumentError || e instanceof p.MalformedError, `${e} for ${bytes}`);
    }
  }
});

test("JavaScript's arrays of numbers are packed arrays", async (t) => {
  for (const v of [Int32Array.of(1, -2), Float32Array.of(0.5, NaN), Float64Array.of(0.1), BigInt64Array.of(-1n, 5n), new Int32Array(0)]) {
    const { send, get } = await wire(t, p.any);
    assert.deepEqual(get(send(v)), v);
    assert.deepEqual(get(send([v])), [v]);
  }
  const { send } = await wire(t, p.list(p.int));
  assert.equal(send(Int32Array.of(1, 2).subarray(1)), "9102");
  const { send: no } = await wire(t, p.any);
  for (const v of [new Uint16Array(1), new Uint8ClampedArray(1), new BigUint64Array(1), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1)]) {
    assert.throws(() => no(v), /cannot travel/);
  }
});

test("tuples have a type for each place, and may grow at the end", async (t) => {
  const pair = p.tuple(p.int, p.string);
  await kept(t, pair, "9201a161", [1, "a"]);
  await kept(t, p.list(p.tuple(p.Vector2)), "9191d705" + "0000803f" + "00000040", [[new p.Vector2(1, 2)]]);
  const { get, send } = await wire(t, pair);
  assert.deepEqual(get("9401a161c0c0"), [1, "a"], "what is behind is ignored");
  assert.match(get("9101"), /\[1\]: wanted string, got nothing/);
  assert.match(get("9201c3"), /\[1\]: wanted string, got boolean/);
  assert.match(get("81a16101"), /wanted tuple\(int, string\), got Object/);
  assert.match(get("c40101"), /wanted tuple\(int, string\), got Uint8Array/);
  assert.throws(() => send([1]), { name: "ArgumentError", message: /\[1\]: wanted string/ });
  const grown = await wire(t, p.tuple(p.int, p.nullable(p.int), p.optional(p.array(p.bool), [true])));
  assert.deepEqual(grown.get("9101"), [1, null, [true]]);
  assert.equal(grown.send([1, null]), "9301c0c7141c1c0001000100000001000000" + "0100000001000000");
  assert.equal((await wire(t, p.array(p.tuple(p.int)))).send([[1]]).slice(6, 22), "1c0001001c000000", "an Array[Array]");
});

test("records are an object here, and on the wire a map or an array", async (t) => {
  const fields = { b: p.int, a: p.optional(p.string, "?") };
  const [map, array] = [p.record(fields), p.record(fields, { array: true })];
  await kept(t, map, "82a16201a161a178", { b: 1, a: "x" });
  await kept(t, array, "9201a178", { b: 1, a: "x" });
  for (const type of [map, array]) {
    const { get } = await wire(t, type);
    for (const hex of ["9101", "81a16201", "9201a13f", "9301a13f05", "82a16201a163c0"]) assert.deepEqual(get(hex), { b: 1, a: "?" }, hex);
    assert.match(get("9201c3"), /\.a: wanted string, got boolean/);
    assert.match(get("05"), /wanted record\(b: int, a: optional\(string\)\), got number/);
  }
  assert.throws(() => p.record({ x: p.int, 0: p.int }, { array: true }), { name: "TypeError", message: /the key 0/ });
});
