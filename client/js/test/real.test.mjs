// The client against the Go server.
import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";
import * as p from "../dist/peerage.js";
import { joined as join, realServer, told, until } from "./support.mjs";

const anyPeer = { mode: "any_peer" };
const Test = {
  echo: p.query(anyPeer, p.any, p.any),
  add: p.query(anyPeer, p.int, p.int, p.int),
  fail: p.query(anyPeer, p.any, p.int, p.string),
  slow: p.query(anyPeer, p.any),
  cancelled: p.query(anyPeer, p.int),
  refused: p.query(anyPeer, p.list(p.string)),
  samples: p.query(anyPeer, p.list(p.any)),
  points: p.query(anyPeer, p.list(p.Vector2), p.list(p.Vector2)),
  names: p.query(anyPeer, p.map(p.int, p.string), p.map(p.int, p.string)),
  dictionaries: p.query(anyPeer, p.list(p.any)),
  typed: p.query(anyPeer, p.list(p.any)),
  total: p.query(anyPeer, p.int, p.any),
  person: p.query(anyPeer, p.record({ Name: p.string, Age: p.int }), p.record({ Name: p.string, Age: p.int })),
  sender: p.query(anyPeer, p.int),
  delivery: p.query({ ...anyPeer, channel: 7 }, p.list(p.int)),
  call_me: p.method(anyPeer, p.string, p.string, p.list(p.any)),
  ask_me: p.query(anyPeer, p.any, p.string, p.list(p.any)),
  drop: p.method(anyPeer),
  leave: p.method(anyPeer, p.string),
  kick: p.method(anyPeer, p.int, p.string),
  note: p.method({ ...anyPeer, callLocal: true }, p.string),
  scores: p.method(anyPeer, p.any),
  question: p.query(anyPeer, p.int, p.int),
  missing: p.method(anyPeer, p.any),
  number: p.method(anyPeer, p.int),
  numbers: p.query(anyPeer, p.list(p.int)),
  soon: p.query(anyPeer, p.int, p.int),
  count_to: p.method(anyPeer, p.int),
};

test("against the Go server", async (t) => {
  const url = await realServer(t);
  const ready = async (t, path = "", options) => {
    const peer = join(t, url + path, options);
    await peer.ready();
    return { peer, node: peer.node("Test", Test) };
  };

  await t.test("joins, and says so in order", async (t) => {
    const { peer } = await ready(t);
    assert.ok(peer.uniqueId >= 2);
    assert.equal(peer.state, "connected");
    assert.equal(peer.peers[0], p.SERVER);
    assert.deepEqual(told(peer).slice(0, 3), ["connected", "connectedToServer", "peerConnected 1"]);
    await until("a round trip", () => peer.roundTripTime >= 0);
    assert.ok(Math.abs(peer.serverTime - Date.now()) < 5000, `${peer.serverTime} is not ${Date.now()}`);
  });

  await t.test("values travel", async (t) => {
    const { node } = await ready(t);
    assert.equal(await node.call(1, "add", 2, 40), 42);
    const v = (x, y, z, w) => (w !== undefined ? new p.Vector4(x, y, z, w) : z !== undefined ? new p.Vector3(x, y, z) : new p.Vector2(x, y));
    const basis = new p.Basis(v(1, 2, 3), v(4, 5, 6), v(7, 8, 9));
    const samples = [
      null, true, 1, -1, 2 ** 40, 2n ** 64n - 1n, 0.5, 0.1, "text ☃", Uint8Array.of(1, 2), [1, []], { a: 1 },
      new Date(1_700_000_000_123),
      v(1, 2), new p.Vector2i(1, -2), new p.Rect2(v(1, 2), v(3, 4)), new p.Rect2i(new p.Vector2i(1, 2), new p.Vector2i(3, 4)),
      v(1, 2, 3), new p.Vector3i(1, 2, 3), new p.Transform2D(v(1, 2), v(3, 4), v(5, 6)),
      v(1, 2, 3, 4), new p.Vector4i(1, 2, 3, 4), new p.Plane(v(1, 2, 3), 4), new p.Quaternion(1, 2, 3, 4),
      new p.AABB(v(1, 2, 3), v(1, 2, 3)), basis, new p.Transform3D(basis, v(1, 2, 3)),
      new p.Projection(v(1, 2, 3, 4), v(0, 0, 0, 0), v(0, 0, 0, 0), v(13, 14, 15, 16)),
      new p.Color(0.25, 0.5, 0.75, 1), new p.StringName("name"), new p.NodePath("a/b:c"),
    ];
    assert.deepEqual(await node.call(1, "samples"), samples);
    for (const s of samples) assert.deepEqual(await node.call(1, "echo", s), s);
    assert.deepEqual(await node.call(1, "points", [v(1, 2), v(3, 4)]), [v(1, 2), v(3, 4)]);
    assert.deepEqual(await node.call(1, "person", { Name: "Ada", Age: 36 }), { Name: "Ada", Age: 37 });
    // A Go struct that is an array, of the same version and of others, sent in every form.
    const known = [p.string, p.Vector2, p.int];
    const heroes = async (given, of) => {
      const { peer } = await ready(t);
      return peer.node("Test", { heroes: p.query(anyPeer, p.list(of), p.list(of)) }).call(1, "heroes", [given]);
    };
    const at = v(1, 2);
    assert.deepEqual(await heroes(["Ann", at, 1], p.any), [["Ann", at, 2]], "on the wire");
    assert.deepEqual(await heroes(["Ann", at, 1], p.tuple(...known)), [["Ann", at, 2]]);
    assert.deepEqual(await heroes(["Ann", at], p.tuple(p.string, p.Vector2)), [["Ann", at]], "an older page");
    const [name, where, hp] = known;
    const newer = p.record({ name, where, hp, mana: p.optional(p.int, 9) }, { array: true });
    const sent = { name: "Ann", where: at, hp: 1, mana: 3 };
    assert.deepEqual(await heroes(sent, newer), [{ ...sent, hp: 2, mana: 9 }], "a newer page");
    assert.deepEqual(await heroes({ Name: "Ann", At: at, HP: 5 }, p.record({ Name: name, At: where, HP: hp })), [{ Name: "Ann", At: at, HP: 6 }]);
    // What has no class here comes back as it was: a typed array of the engine.
    const general = new p.Extension(35, Uint8Array.of(35, 0, 0, 0, 1, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64));
    assert.deepEqual(await node.call(1, "echo", general), general);
  });

  await t.test("typed arrays and dictionaries of Godot travel", async (t) => {
    const { peer, node } = await ready(t);
    const tell = (type, v) => peer.node("Test").call(1, "describe", (type.give ?? type.take)(v));
    peer.node("Test", { describe: p.query(anyPeer, p.string, p.any) });
    const a = new p.Vector2(1, 2);
    for (const [type, v, want] of [
      [p.array(p.int), [1, -2, 2 ** 40, true], "Array[int] [1 -2 1099511627776 1]"],
      [p.array(p.int64), [2n ** 62n], "Array[int] [4611686018427387904]"],
      [p.array(p.float), [1, 0.1, -0], "Array[float] [1 0.1 -0]"],
      [p.array(p.bool), [true, false], "Array[bool] [true false]"],
      [p.array(p.string), ["", "ä☃", "abc"], "Array[String] [ ä☃ abc]"],
      [p.array(p.StringName), ["n"], "Array[StringName] [n]"],
      [p.array(p.NodePath), ["/a/b:c:d", "x", ""], "Array[NodePath] [/a/b:c:d x ]"],
      [p.array(p.Vector2), [a, a], "Array[Vector2] [{1 2} {1 2}]"],
      [p.array(p.bytes), [Uint8Array.of(1, 2, 3)], "Array[PackedByteArray] [[1 2 3]]"],
      [p.array(p.list(p.any)), [[1, "a", [null]]], "Array[Array] [[1 a [<nil>]]]"],
      [p.array(p.string), [], "Array[String] []"],
      [p.dictionary(p.string, p.int), { a: 1, b: 2 }, "Dictionary[String, int] [{a 1} {b 2}]"],
      [p.dictionary(p.int, p.Vector2), new Map([[7, a]]), "Dictionary[int, Vector2] [{7 {1 2}}]"],
      [p.dictionary(p.any, p.int), new Map([[1.5, 1], ["x", 2]]), "Dictionary[Variant, int] [{1.5 1} {x 2}]"],
    ]) {
      assert.equal((await tell(type, v)).replace("[, ", "[Variant, ").replace("[Nil, ", "[Variant, "), want, type.name);
    }
    assert.equal(await node.call(1, "total", new p.Extension(28, p.array(p.int).give([1, 2, 3]).data)), 6);
    assert.equal(await node.call(1, "total", Int32Array.of(4, -5)), -1);
    assert.equal(await node.call(1, "total", BigInt64Array.of(4n, 5n)), 9);
    assert.match(await tell(p.any, [Float32Array.of(0.5), Float64Array.of(0.1)]), /0.5.*0.1/);

    // From one client to another, who takes anything.
    const { peer: second, node: theirs } = await ready(t);
    const heard = [];
    theirs.on("scores", (_, v) => heard.push(v));
    await until("they know each other", () => peer.peers.includes(second.uniqueId));
    for (const [type, v] of [[p.array(p.int), [1, -2]], [p.array(p.float), [0.5]], [p.array(p.string), ["a"]], [p.array(p.bool), [true]]]) {
      node.rpcId(second.uniqueId, "scores", type.give(v));
    }
    await until("all have come", () => heard.length === 4);
    assert.deepEqual(heard, [[1, -2], [0.5], ["a"], [true]]);

    const typed = await node.call(1, "typed");
    for (const v of typed) assert.deepEqual(await node.call(1, "echo", v), v, "passed on as it is");
    const [ints, strings, axes, paths, dictionaries, points, floats, mixed] = typed;
    assert.deepEqual(p.list(p.int64).take(ints), [1, -2, 2n ** 60n]);
    assert.throws(() => p.list(p.int).take(ints), { name: "ArgumentError", message: /\[2\]: wanted int, got bigint/ });
    assert.deepEqual(p.array(p.string).take(strings), ["a", "ä☃"]);
    assert.deepEqual(p.list(p.Vector3).take(axes), [new p.Vector3(1, 2, 3)]);
    assert.deepEqual(p.list(p.string).take(paths), ["/a/b:c:d"]);
    assert.deepEqual(p.array(p.dict(p.list(p.float))).take(dictionaries), [{ a: [1, 0.1] }]);
    assert.deepEqual(p.list(p.Vector2).take(points), [new p.Vector2(1, 2)]);
    assert.deepEqual(p.dict(p.float).take(floats), { x: 0.1 });
    assert.deepEqual(p.dictionary(p.string, p.float).take(floats), new Map([["x", 0.1]]));
    assert.deepEqual(p.dictionary(p.any, p.any).take(mixed), new Map([[1.5, "half"], [true, Uint8Array.of(1, 2, 3)]]));
  });

  await t.test("maps by number travel", async (t) => {
    const { node, peer } = await ready(t);
    const inOrder = (m) => [...m];
    const some = new Map([[9, "a"], [-70000, ["b", { c: 1 }]], [2 ** 40, new Map([[1, new p.Vector2(1, 2)]])], [0, null], [2n ** 63n, 1.5]]);
    const got = await node.call(1, "echo", some);
    assert.deepEqual(got, some);
    assert.deepEqual(inOrder(got), inOrder(some));
    assert.deepEqual(await node.call(1, "echo", new Map([["b", 1], ["a", new Map([[1, 2]])]])), { b: 1, a: new Map([[1, 2]]) });
    assert.deepEqual(await node.call(1, "echo", new Map()), {});
    assert.deepEqual(await node.call(1, "echo", [new Map([[1, undefined]]), { a: undefined }]), [new Map([[1, null]]), {}]);
    assert.deepEqual(await node.call(1, "echo", new Map([[5n, 2n], [2n ** 53n, 2 ** 40]])), new Map([[5, 2], [2n ** 53n, 2 ** 40]]));
    for (const n of [15, 16, 70000]) {
      const many = new Map(Array.from({ length: n }, (_, i) => [i * 3, i % 2 === 0]));
      assert.deepEqual(await node.call(1, "echo", many), many);
      const lists = [new Map([[1, Array.from({ length: n }, (_, i) => i)]])];
      assert.deepEqual(await node.call(1, "echo", lists), lists);
    }
    // A map[int]string there; an empty one, too.
    assert.deepEqual(await node.call(1, "names", new Map([[1, "Ada"], [-2, "Bo"]])), new Map([[1, "Ada!"], [-2, "Bo!"]]));
    assert.deepEqual(await node.call(1, "names", new Map()), new Map());
    await assert.rejects(node.call(1, "names", new Map([["1", "x"]])), /argument 1: key 1: wanted int, got string/);
    await assert.rejects(node.call(1, "names", new Map([[1, 2]])), /argument 1: \[1\]: wanted string, got number/);
    await assert.rejects(node.call(1, "person", new Map([["Name", "Ada"]])), /wanted record.*got Map/);
    const dictionaries = await node.call(1, "dictionaries");
    assert.deepEqual(dictionaries.slice(0, 3), [new Map([[3, "c"], [-1, new Map([[2, true]])]]), { a: 1 }, {}]);
    assert.deepEqual(inOrder(dictionaries[0].keys()), [3, -1]);
    for (const other of dictionaries.slice(3)) {
      assert.ok(other instanceof p.Extension && other.type === 27, `${other}`);
      assert.deepEqual(await node.call(1, "echo", other), other);
    }
    // And from one client to another.
    const { peer: second, node: theirs } = await ready(t);
    const heard = [];
    theirs.on("scores", (_, v) => heard.push(v));
    await until("they know each other", () => peer.peers.includes(second.uniqueId));
    const scores = new Map([[second.uniqueId, 10], [1, { best: new Map([[7, 1]]) }]]);
    node.rpcId(second.uniqueId, "scores", scores);
    await until("it has come", () => heard.length === 1);
    assert.deepEqual(heard, [scores]);
  });

  await t.test("what cannot travel is refused at once", async (t) => {
    const { peer, node } = await ready(t);
    const deep = {};
    for (let i = 0, at = deep; i < 64; i++) at = at.a = {};
    const loop = [];
    loop.push(loop);
    const round = new Map();
    round.set(1, round);
    for (const [bad, why] of [
      [() => {}, /a function/],
      [new Set(), /a Set/],
      [new Map([[1, 0], ["a", 0]]), /"a" as a key of a Map: keys are all strings, or all whole numbers/],
      [{ m: [new Map([["a", 0], [1, 0]])] }, /1 as a key of a Map at \.m\[0\]/],
      [new Map([[0.5, 0]]), /0\.5 as a key/],
      [new Map([[NaN, 0]]), /NaN as a key/],
      [new Map([[2 ** 53, 0]]), /9007199254740992 as a key.*bigint/],
      [new Map([[2n ** 64n, 0]]), /64 bits/],
      [new Map([[1, 0], [1n, 0]]), /1 as a key of a Map: it is there as a bigint and as a number/],
      [new Map([[null, 0]]), /nothing as a key/],
      [new Map([[undefined, 0]]), /nothing as a key/],
      [new Map([[{}, 0]]), /Object as a key/],
      [new Map([[Symbol(), 0]]), /symbol as a key/],
      [new Map([[new p.StringName("a"), 0]]), /StringName as a key/],
      [new Map([["\ud800", 0]]), /half a character/],
      [new Map([[1, new Map([[2, () => {}]])]]), /a function at \[1\]\[2\]/],
      [{ a: [1, Symbol()] }, /a symbol at \.a\[1\]/],
      ["\ud800", /half a character/],
      [2n ** 64n, /64 bits/],
      [new p.Vector2i(0.5, 0), /0\.5 in a Vector2i/],
      [new p.Vector2("1"), /1 in a Vector2/],
      [deep, /64 values/],
      [loop, /64 values/],
      [round, /64 values/],
    ]) {
      await assert.rejects(node.call(1, "echo", bad), (e) => e instanceof p.ArgumentError && why.test(e.message), `${why}`);
    }
    await assert.rejects(node.call(1, "add", 1, "2"), /argument 2: wanted int, got string; the parameters are \(int, int\)/);
    await assert.rejects(node.call(1, "add", 1), /too few arguments/);
    await assert.rejects(node.call(1, "add", 1, 2, 3), /too many arguments/);
    await assert.rejects(node.call(1, "echo", new Uint8Array(1 << 20)), p.PacketTooLargeError);
    await assert.rejects(node.call(99, "add", 1, 2), p.UnknownPeerError);
    await assert.rejects(node.call(peer.uniqueId, "add", 1, 2), p.CallSelfError);
    assert.throws(() => node.rpc("nothing"), p.UndeclaredError);
    assert.throws(() => node.rpcId(peer.uniqueId, "missing", 1), p.CallSelfError);
    assert.equal(await node.call(1, "add", 1, 1), 2);
  });

  await t.test("a reply can fail, be late, be given up", async (t) => {
    const { peer, node } = await ready(t);
    await assert.rejects(node.call(1, "fail", 123, "no luck"), { name: "Failure", code: 123, message: "no luck" });
    await assert.rejects(node.call({ peer: 1, timeout: 20 }, "slow"), p.TimeoutError);
    const control = new AbortController();
    const slow = node.call({ peer: 1, signal: control.signal }, "slow");
    control.abort(new Error("enough"));
    await assert.rejects(slow, /enough/);
    await assert.rejects(node.call({ peer: 1, signal: AbortSignal.timeout(20) }, "slow"), { name: "TimeoutError" });
    await until("the server hears of all three", async () => (await node.call(1, "cancelled")) === 3);
    await assert.rejects(node.call(1, "missing", 1), { code: p.Code.unknownMethod });
    await assert.rejects(peer.node("Nowhere", { x: p.method({}) }).call(1, "x"), { code: p.Code.unknownNode });
    assert.equal(peer.stats.waiting, 0);
  });

  await t.test("calls that come are checked", async (t) => {
    const { peer, node } = await ready(t);
    const seen = [];
    const here = peer.node("Here", {
      ok: p.method({}, p.int, p.optional(p.string, "left out")),
      mine: p.method({}),
      off: p.method({ mode: "disabled" }),
      unhandled: p.method({}),
    });
    here.on("ok", (call, n, s) => seen.push([call.sender, peer.remoteSenderId, n, s]));
    here.on("off", () => seen.push("off"));
    const mine = peer.node("Mine", { x: p.method({}) });
    mine.authority = peer.uniqueId;
    mine.on("x", () => seen.push("x"));
    const call = (path, method, ...args) => node.rpcId(1, "call_me", path, method, args);
    call("Here", "ok", 1);
    call("Here", "ok", 2, "given");
    call("/root/Here", "ok", 3);
    call("Here", "ok", "1");
    call("Here", "ok");
    call("Here", "ok", 1, "2", 3);
    call("Here", "off");
    call("Here", "unhandled");
    call("Here", "unknown");
    call("There", "ok");
    call("Mine", "x");
    await node.call(1, "add", 1, 1);
    assert.deepEqual(seen, [[1, 1, 1, "left out"], [1, 1, 2, "given"], [1, 1, 3, "left out"]]);
    assert.equal(peer.remoteSenderId, 0);
    const refusals = peer.log.filter(([e]) => e === "callRefused").map(([, r]) => [r.node, r.method, r.code, r.remote]);
    const all = [
      ["Here", "ok", 4], ["Here", "ok", 4], ["Here", "ok", 4], ["Here", "off", 3], ["Here", "unhandled", 2],
      ["Here", "unknown", 2], ["There", "ok", 1], ["Mine", "x", 3],
    ];
    assert.deepEqual(refusals, all.map((r) => [...r, false]));
    await until("the server hears of it", async () => (await node.call(1, "refused")).filter((r) => r.includes(`peer ${peer.uniqueId} refused`)).length === all.length);
    // And the other way round.
    node.rpcId(1, "missing", 1);
    const told = await until("a refusal", () => peer.log.find(([e, r]) => e === "callRefused" && r.remote));
    assert.deepEqual([told[1].node, told[1].method, told[1].code], ["Test", "missing", p.Code.unknownMethod]);
  });

  await t.test("answers the server", async (t) => {
    const { peer, node } = await ready(t);
    const here = peer.node("Test", {
      twice: p.query(anyPeer, p.int, p.int),
      later: p.query(anyPeer, p.string),
      breaks: p.query(anyPeer, p.any),
      fails: p.query(anyPeer, p.any),
      odd: p.query(anyPeer, p.any),
    });
    here.on("twice", (_, n) => 2 * n);
    here.on("later", async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return "later";
    });
    here.on("breaks", () => {
      throw new Error("secret");
    });
    here.on("fails", async () => {
      throw new p.Failure(150, "told");
    });
    here.on("odd", () => new Map([[0.5, 1]]));
    assert.equal(await node.call(1, "ask_me", "twice", [21]), 42);
    assert.equal(await node.call(1, "ask_me", "later", []), "later");
    await assert.rejects(node.call(1, "ask_me", "breaks", []), { code: 5, message: "the handler failed" });
    await assert.rejects(node.call(1, "ask_me", "fails", []), { code: 150, message: "told" });
    await assert.rejects(node.call(1, "ask_me", "odd", []), { code: 5 });
    await assert.rejects(node.call(1, "ask_me", "twice", ["x"]), { code: 4 });
    await assert.rejects(node.call(1, "ask_me", "nothing", []), { code: 2 });
    const errors = peer.log.filter(([e]) => e === "error").map(([, e]) => e.message);
    assert.equal(errors.length, 2, errors);
    assert.match(errors[0], /Test\.breaks threw: secret/);
  });

  await t.test("clients reach each other", async (t) => {
    const [a, b, c] = [await ready(t), await ready(t), await ready(t)];
    const ids = [a, b, c].map(({ peer }) => peer.uniqueId);
    await until("all know all", () => [a, b, c].every(({ peer }) => peer.peers.length >= 3 && ids.every((id) => id === peer.uniqueId || peer.peers.includes(id))));
    const heard = [];
    for (const x of [a, b, c]) {
      x.node.on("note", (call, text) => heard.push(`${ids.indexOf(x.peer.uniqueId)} of ${ids.indexOf(call.sender)}: ${text}`));
      x.node.on("question", (call, n) => n + ids.indexOf(call.sender));
    }
    const hear = async (f, ...want) => {
      heard.length = 0;
      f();
      await until(`${want}`, () => heard.length >= want.length);
      assert.deepEqual(heard.sort(), want);
    };
    await hear(() => a.node.rpc("note", "all"), "0 of 0: all", "1 of 0: all", "2 of 0: all");
    await hear(() => a.node.rpcId(ids[1], "note", "one"), "1 of 0: one");
    await hear(() => a.node.rpcId(p.except(ids[1]), "note", "but one"), "0 of 0: but one", "2 of 0: but one");
    await hear(() => a.node.rpcId(ids[0], "note", "me"), "0 of 0: me");
    assert.equal(await b.node.call(ids[2], "question", 10), 11);
    await assert.rejects(b.node.call(ids[2], "add", 1, 1), { code: p.Code.unknownMethod });
    const packets = [];
    c.peer.on("peerPacket", (id, data, d) => packets.push([ids.indexOf(id), new TextDecoder().decode(data), d]));
    b.peer.sendBytes(ids[2], new TextEncoder().encode("raw"), { channel: 9, mode: "unreliable_ordered" });
    c.peer.sendBytes(1, new TextEncoder().encode("hello"));
    await until("both packets", () => packets.length === 2);
    packets.sort();
    assert.deepEqual(packets, [
      [-1, "back: hello", { channel: 3, mode: "unreliable" }],
      [1, "raw", { channel: 9, mode: "unreliable_ordered" }],
    ]);
    const waiting = b.node.call(ids[2], "question", 1);
    c.node.call(1, "add", 1, 1);
    await waiting;
    b.node.on("slow", () => new Promise(() => {}));
    const never = c.node.call(ids[1], "slow");
    await c.node.call(1, "add", 1, 1);
    b.peer.close();
    await assert.rejects(never, p.PeerGoneError);
    assert.ok(told(c.peer).includes(`peerDisconnected ${ids[1]}`));
    assert.throws(() => c.node.rpcId(ids[1], "note", "gone"), p.UnknownPeerError);
  });

  await t.test("channels and modes", async (t) => {
    const { node } = await ready(t);
    assert.deepEqual(await node.call(1, "delivery"), [7, 0]);
  });

  await t.test("authenticates in both directions", async (t) => {
    const word = (s) => new TextEncoder().encode(s);
    let heard = "";
    const peer = join(t, `${url}/auth`, {
      auth(id, data) {
        heard = new TextDecoder().decode(data);
        peer.completeAuth(id);
      },
    });
    peer.on("peerAuthenticating", (id) => peer.sendAuth(id, word("open sesame")));
    await peer.ready();
    assert.equal(heard, "come in");
    assert.deepEqual(told(peer), ["authenticating", "peerAuthenticating 1", "connected", "connectedToServer", "peerConnected 1"]);
    assert.equal(await peer.node("Test", Test).call(1, "add", 1, 2), 3);
    assert.throws(() => peer.sendAuth(1, word("x")), p.AuthError);
  });

  await t.test("is sent away without authentication", async (t) => {
    const peer = join(t, `${url}/auth`, { auth() {}, authTimeout: 5000 });
    peer.on("peerAuthenticating", (id) => peer.sendAuth(id, new TextEncoder().encode("wrong")));
    await assert.rejects(peer.ready(), { name: "CloseError", code: 4001 });
    assert.deepEqual(told(peer), ["authenticating", "peerAuthenticating 1", "closed", "peerAuthenticationFailed 1", "connectionFailed"]);
  });

  await t.test("gives up a server that does not authenticate", async (t) => {
    const peer = join(t, url, { auth() {}, authTimeout: 50 });
    await assert.rejects(peer.ready(), { code: 4001 });
  });

  await t.test("comes back by itself", async (t) => {
    const { peer, node } = await ready(t);
    const id = peer.uniqueId;
    node.rpcId(1, "drop");
    const lost = node.call(1, "slow");
    await assert.rejects(lost, p.PeerGoneError);
    assert.equal(peer.state, "reconnecting");
    await peer.ready();
    assert.notEqual(peer.uniqueId, id);
    assert.equal(await node.call(1, "sender"), peer.uniqueId);
    assert.deepEqual(told(peer, /^(?!peer\w+ (?!1$))/), [
      "connected", "connectedToServer", "peerConnected 1",
      "reconnecting", "peerDisconnected 1", "serverDisconnected",
      "connected", "connectedToServer", "peerConnected 1",
    ]);
  });

  await t.test("resumes as the same peer", async (t) => {
    const { peer, node } = await ready(t, "/resume");
    const other = await ready(t, "/resume");
    const id = peer.uniqueId;
    const counted = [];
    peer.node("Here", { counted: p.method({}, p.int) }).on("counted", (_, n) => counted.push(n));
    const want = [];
    const number = () => (want.push(want.length), node.rpcId(1, "number", want.length - 1));
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 100; i++) number();
      const soon = node.call(1, "soon", round);
      node.rpcId(1, "drop");
      for (let i = 0; i < 100; i++) number(); // into the connection that breaks
      await until("the loss", () => peer.state === "reconnecting");
      for (let i = 0; i < 100; i++) number(); // while there is none
      assert.equal(await soon, round);
      assert.equal(peer.uniqueId, id);
      assert.deepEqual(await node.call(1, "numbers"), want);
      node.rpcId(1, "count_to", 200);
      await until("all of it", () => counted.length >= 200 * round);
      await node.call(1, "add", 1, 1);
      assert.deepEqual(counted, Array.from({ length: 200 * round }, (_, i) => i % 200));
    }
    assert.equal(told(peer, /^connected$/).length, 7);
    assert.deepEqual(told(peer, /^peerDis|^server|^connectedTo|^error/), ["connectedToServer"]);
    assert.deepEqual(told(other.peer, /^peerDis/), []);
    peer.close();
    await until("the other hears that it left", () => told(other.peer, /^peerDis/).length === 1);
  });

  await t.test("is a new peer when it comes back too late", async (t) => {
    const { peer, node } = await ready(t, "/brief", { reconnect: { minDelay: 300, maxDelay: 300 } });
    const id = peer.uniqueId;
    node.rpcId(1, "drop");
    await until("the loss", () => peer.state === "reconnecting");
    await peer.ready();
    assert.notEqual(peer.uniqueId, id);
    assert.equal(told(peer, /^serverDis/).length, 1);
  });

  await t.test("goes where a server that goes down says", async (t) => {
    const { peer, node } = await ready(t, "/leaving");
    node.rpcId(1, "leave", `${url}/`);
    await until("the end", () => peer.state === "reconnecting");
    const at = Date.now();
    await peer.ready();
    assert.ok(Date.now() - at >= 95);
    assert.equal(await node.call(1, "add", 1, 2), 3);
    const [, { error }] = peer.log.find(([e, s]) => e === "stateChanged" && s.state === "reconnecting");
    assert.deepEqual([error.code, error.reason], [1001, "moving"]);
  });

  await t.test("stays away when it was sent away", async (t) => {
    const { peer, node } = await ready(t);
    node.rpcId(1, "kick", 4000, "enough");
    await until("the end", () => peer.state === "closed");
    const [, error] = peer.log.find(([e]) => e === "serverDisconnected");
    assert.deepEqual([error.code, error.reason], [4000, "enough"]);
    assert.throws(() => node.rpc("note", "x"), p.NotConnectedError);
    assert.equal(peer.uniqueId, 0);
  });

  await t.test("says why it could not connect", async (t) => {
    const peer = join(t, "ws://127.0.0.1:9/", { reconnect: false });
    await assert.rejects(peer.ready(), (e) => e instanceof p.CloseError && /^could not connect to ws:\/\/127\.0\.0\.1:9\/: ./.test(e.message));
    assert.deepEqual(told(peer), ["closed", "connectionFailed"]);
    for (const bad of ["ftp://x/", "127.0.0.1:9080", "localhost:9080", "/", "", "ws://"]) {
      const why = { name: "TypeError", message: /^bad URL .* it should look like ws:\/\/host:port\/path/ };
      assert.throws(() => p.connect(bad, { WebSocket }), why, bad);
    }
    assert.throws(() => p.connect("ws://x/", { WebSocket, pingInterval: -1 }), TypeError);
  });
});
