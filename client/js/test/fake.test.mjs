// The client against a scripted server: resuming, and bytes that no correct server sends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import WebSocket from "ws";
import * as p from "../dist/peerage.js";
import { FakeServer, joined, told, until } from "./support.mjs";

const Game = {
  say: p.method({ mode: "any_peer" }, p.string),
  ask: p.query({ mode: "any_peer" }, p.int, p.int),
};
const SESSION = new Uint8Array(16).fill(7);
const window = { resume_window: 60_000 };

/** Joins a scripted server. */
async function session(t, welcome = {}, options = {}) {
  const server = await FakeServer.start(t);
  const peer = joined(t, server.url, options);
  const node = peer.node("Game", Game);
  const c = await server.next();
  c.welcome(welcome);
  await peer.ready();
  return { server, peer, node, c };
}

test("hello says who is there", async (t) => {
  const { c, peer } = await session(t, {}, { agent: "a test", inboundBufferSize: 5000 });
  assert.deepEqual(c.hello, { agent: "a test", max_message: 5000, knows: Buffer.of(5, 0x2e, 0x2f, 0x30, 0x31) });
  assert.equal(c.socket.protocol, "peerage.v1");
  assert.equal(peer.uniqueId, 2);
});

test("names are sent once, before the call", async (t) => {
  const { c, node } = await session(t);
  node.rpc("say", "a");
  node.rpc("say", "b");
  await until("all of it", () => c.packets().length === 4);
  assert.deepEqual(c.packets(), [[0x20, 0, "Game"], [0x20, 1, "say"], [0x21, 0, 1, "a"], [0x21, 0, 1, "b"]]);
});

test("the name of a freed node is forgotten, behind what was sent with it", async (t) => {
  const { c, peer, node } = await session(t, { knows: Uint8Array.of(0x2e) });
  node.rpc("say", "a");
  node.free();
  node.free();
  assert.throws(() => node.rpc("say", "b"), p.FreedError);
  const again = peer.node("Game", { say: p.method({}, p.string) });
  again.rpc("say", "c");
  peer.node("Never called").free();
  await until("all of it", () => c.packets().length === 5);
  const names = [[0x20, 0, "Game"], [0x20, 1, "say"], [0x21, 0, 1, "a"], [0x20, 2, "Game"], [0x21, 2, 1, "c"]];
  assert.deepEqual(c.packets(), names);
  assert.deepEqual([...(await c.receive(0x14)).bytes], [255, 0x2e, 0], "on the last channel");
  const refused = [];
  again.on("say", (_, text) => refused.push(text));
  peer.on("callRefused", (r) => refused.push(r.code));
  c.sendPacket(0x20, 9, "Game");
  c.sendPacket(0x20, 3, "say");
  c.sendPacket(0x21, 9, 3, "d");
  await until("the call", () => refused.length === 1);
  c.sendPacket(0x2e, 9);
  c.sendPacket(0x20, 10, "Game");
  again.free();
  c.sendPacket(0x21, 10, 3, "e");
  await until("both", () => refused.length === 2);
  assert.deepEqual(refused, ["d", p.Code.unknownNode]);
});

test("a server that forgets no names keeps them", async (t) => {
  const { c, peer, node } = await session(t);
  node.rpc("say", "a");
  node.free();
  peer.node("Game", { say: p.method({}, p.string) }).rpc("say", "c");
  await until("all of it", () => c.packets().length === 4);
  assert.deepEqual(c.packets(), [[0x20, 0, "Game"], [0x20, 1, "say"], [0x21, 0, 1, "a"], [0x21, 0, 1, "c"]]);
});

test("a pattern stands for nodes that are not known beforehand", async (t) => {
  const { c, peer } = await session(t);
  const heard = [];
  const Player = { move: p.method({ mode: "any_peer" }, p.int), name: p.query({ mode: "any_peer" }, p.string) };
  const players = peer.node("Players/*", Player);
  players.on("move", (call, n) => heard.push(`${call.node} ${n}`));
  players.on("name", (call) => call.node.split("/")[1]);
  const seven = peer.node("Players/7", Player);
  seven.on("move", (_, n) => heard.push(`seven ${n}`));
  peer.on("callRefused", (r) => heard.push(`${r.node} ${r.code}`));
  ["Players/7", "Players/8", "Players/8/Gun", "move", "name"].forEach((name, n) => c.sendPacket(0x20, n, name));
  c.sendPacket(0x21, 0, 3, 1);
  c.sendPacket(0x21, 1, 3, 2);
  c.sendPacket(0x21, 2, 3, 3);
  await until("all", () => heard.length === 3);
  assert.deepEqual(heard, ["seven 1", "Players/8 2", `Players/8/Gun ${p.Code.unknownNode}`]);
  c.sendPacket(0x22, 5, 0, 4);
  assert.deepEqual(await c.packet(0x23), [5, "7"]);
  assert.throws(() => players.rpc("move", 1), TypeError);
  players.free();
  c.sendPacket(0x21, 1, 3, 4);
  await until("the refusal", () => heard.length === 4);
  assert.equal(heard[3], `Players/8 ${p.Code.unknownNode}`);
});

test("a name that cannot travel is refused, and spoils no other", async (t) => {
  const { c, peer, node } = await session(t);
  for (const [bad, why] of [
    ["ä".repeat(513), /^the name "ä+…" has 1026 bytes: 1024 are the most$/],
    ["a\ud800b", /half a character/],
    ["a\0b", /a NUL/],
  ]) {
    assert.throws(() => peer.node(bad), { name: "ArgumentError", message: why });
    assert.throws(() => node.declare({ good: p.method({}), [bad]: p.method({}) }), { name: "ArgumentError", message: why });
  }
  peer.node("x".repeat(1024), Game).rpc("say", "long");
  node.rpc("say", "good");
  await until("all of it", () => c.packets().length === 5);
  assert.throws(() => node.rpc("good"), p.UndeclaredError);
});

test("a reply that cannot be sent is a failure for the caller, who is told why", async (t) => {
  const { c, peer, node } = await session(t, window, { replayBufferSize: 1000, outboundBufferSize: 1000 });
  const replies = ["x".repeat(70_000), "x".repeat(900), "x".repeat(900), "x".repeat(900), Symbol("x")];
  node.declare({ tell: p.query({ mode: "any_peer" }, p.any, p.int) }).on("tell", (_, n) => replies[n]);
  c.sendPacket(0x20, 0, "Game");
  c.sendPacket(0x20, 1, "tell");
  for (const n of replies.keys()) c.sendPacket(0x22, 10 + n, 0, 1, n);
  await until("all of it", () => peer.stats.handlerErrors === 2);
  const [large, first] = [await c.packet(0x24), await c.packet(0x23)];
  assert.deepEqual(large, [10, p.Code.tooLarge, "the reply is larger than its receiver reads: ask for less at once"]);
  assert.equal(first[0], 11);
  c.send(0x04, 2); // now there is room
  assert.equal((await c.packet(0x23))[0], 12);
  c.send(0x04, 3);
  assert.deepEqual(await c.packet(0x24), [13, p.Code.busy, "there is no room for the reply now: ask again later"]);
  assert.deepEqual(await c.packet(0x24), [14, p.Code.handlerFailed, "the reply could not be sent: a symbol cannot travel"]);
  await until("the error", () => peer.log.some(([event, e]) => event === "error" && /a message of 70\d+ bytes/.test(e.message)));
});

test("a request's number is not used again before it is answered", async (t) => {
  const { c, peer, node } = await session(t);
  const calls = [];
  node.on("ask", (call, n) => new Promise((resolve) => calls.push({ signal: call.signal, answer: () => resolve(n) })));
  c.sendPacket(0x20, 0, "Game");
  c.sendPacket(0x20, 1, "ask");
  c.sendPacket(0x22, 9, 0, 1, 5);
  c.sendPacket(0x22, 9, 0, 1, 6);
  await until("the error", () => peer.stats.malformed === 1);
  assert.equal(calls.length, 1);
  calls[0].answer();
  assert.deepEqual(await c.packet(0x23), [9, 5]);
  c.sendPacket(0x22, 9, 0, 1, 7);
  await until("the next", () => calls.length === 2);
});

test("ping and pong, the clock", async (t) => {
  const { c, peer } = await session(t, { time: BigInt(1_000_000_000_000) * 1000n }, { pingInterval: 20 });
  const ping = await c.receive(0x02);
  assert.ok(Math.abs(ping.fields[0] / 1000 - Date.now()) < 10_000, "microseconds since 1970");
  assert.ok(Math.abs(peer.serverTime - 1_000_000_000_000) < 10_000);
  c.send(0x03, ping.fields[0], 2_000_000_000_000_000);
  await until("the round trip", () => peer.roundTripTime >= 0);
  assert.ok(Math.abs(peer.serverTime - 2_000_000_000_000) < 10_000);
  c.send(0x02, 12345);
  const pong = await c.receive(0x03);
  assert.equal(pong.fields[0], 12345);
  assert.ok(Math.abs(pong.fields[1] / 1000 - Date.now()) < 10_000);
});

test("a silent server counts as lost", async (t) => {
  const { server, peer } = await session(t, {}, { pingInterval: 10, pingTimeout: 30 });
  const again = await server.next();
  again.welcome();
  assert.ok(told(peer).includes("reconnecting"));
});

test("acknowledges what came", async (t) => {
  const { c } = await session(t, window);
  c.sendPacket(0x26, 1);
  c.raw(0x11, 0x26, 1); // unreliable: not counted
  assert.deepEqual((await c.receive(0x04)).fields, [1], "after a second");
  for (let i = 0; i < 63; i++) c.sendPacket(0x26, 1);
  c.raw(0x14, 5, 0x26, 1); // reliable, on another channel
  c.send(0x02, 1);
  const at = (op) => c.inbox.findIndex((m) => m[0] === op);
  await until("the pong", () => at(0x03) >= 0);
  assert.ok(at(0x04) >= 0 && at(0x04) < at(0x03), "after 64, at once");
  assert.deepEqual((await c.receive(0x04)).fields, [65]);
  const none = await session(t);
  for (let i = 0; i < 100; i++) none.c.sendPacket(0x26, 1);
  none.c.send(0x02, 1);
  await none.c.receive(0x03);
  assert.equal(none.c.inbox.filter((m) => m[0] === 0x04).length, 0, "not where nothing is resumed");
});

test("resumes: nothing lost, nothing doubled, nobody gone", async (t) => {
  const { server, peer, node, c } = await session(t, window);
  c.sendPacket(0x20, 0, "Game");
  c.sendPacket(0x20, 1, "say");
  c.sendPacket(0x28, 9);
  const heard = [];
  node.on("say", (_, text) => heard.push(text));
  c.sendPacket(0x21, 0, 1, "before");
  node.rpcId(1, "say", "one"); // with its two names: 3 packets
  const reply = node.call(1, "ask", 6); // 2 more
  await c.packet(0x22);
  c.send(0x04, 2); // the names have come
  await until("the call", () => heard.length === 1);
  c.lose();
  await until("it is noticed", () => peer.state === "reconnecting");
  node.rpcId(1, "say", "two");
  peer.sendBytes(1, Uint8Array.of(1), { mode: "unreliable" });
  assert.equal(peer.uniqueId, 2);
  const d = await server.next();
  assert.deepEqual(Buffer.from(d.hello.session), Buffer.from(SESSION));
  assert.equal(d.hello.received, 4);
  d.welcome({ ...window, resumed: true, received: 3 }); // the server has the first "say" as well
  await until("it goes on", () => peer.state === "connected");
  await until("what is missing", () => d.packets().length === 3);
  assert.deepEqual(d.packets(), [[0x20, 2, "ask"], [0x22, 1, 0, 2, 6], [0x21, 0, 1, "two"]]);
  d.sendPacket(0x23, 1, 42);
  assert.equal(await reply, 42);
  d.sendPacket(0x21, 0, 1, "after");
  await until("the next call", () => heard.length === 2);
  assert.deepEqual(heard, ["before", "after"]);
  assert.deepEqual(peer.peers, [1, 9]);
  const states = peer.log.filter(([e]) => e === "stateChanged").map(([, s]) => [s.state, s.resumed]);
  assert.deepEqual(states, [["connected", false], ["reconnecting", false], ["connected", true]]);
  assert.deepEqual(told(peer, /^peer|^server/), ["peerConnected 1", "peerConnected 9"]);
  // And once more: the counts go on.
  d.send(0x04, 6);
  node.rpcId(1, "say", "three");
  await until("it", () => d.packets().length === 4);
  d.lose();
  const e = await server.next();
  assert.equal(e.hello.received, 6);
  e.welcome({ ...window, resumed: true, received: 6 });
  assert.deepEqual(await e.packet(0x21), [0, 1, "three"]);
});

test("a session that the server does not have any more is a new one", async (t) => {
  const { server, peer, node, c } = await session(t, window);
  const reply = node.call(1, "ask", 6);
  reply.catch(() => {});
  await c.packet(0x22);
  c.lose();
  await until("it is noticed", () => peer.state === "reconnecting");
  node.rpcId(1, "say", "never");
  const d = await server.next();
  d.welcome({ id: 3, session: new Uint8Array(16).fill(8), ...window });
  await peer.ready();
  await assert.rejects(reply, p.PeerGoneError);
  node.rpcId(1, "say", "new");
  await d.packet(0x21);
  assert.deepEqual(d.packets(), [[0x20, 0, "Game"], [0x20, 1, "say"]], "names anew");
  assert.deepEqual(told(peer), [
    "connected", "connectedToServer", "peerConnected 1", "reconnecting",
    "peerDisconnected 1", "serverDisconnected", "connected", "connectedToServer", "peerConnected 1",
  ]);
  assert.equal(peer.uniqueId, 3);
});

test("a session is over when its window is", async (t) => {
  const { server, peer, node, c } = await session(t, { resume_window: 30 }, { reconnect: { minDelay: 200, maxDelay: 200 } });
  c.lose();
  await until("the end", () => told(peer).includes("serverDisconnected"));
  assert.equal(peer.state, "reconnecting");
  assert.throws(() => node.rpc("say", "x"), p.NotConnectedError);
  const d = await server.next();
  assert.equal(d.hello.session, undefined);
});

test("a session that was closed is not resumed", async (t) => {
  for (const [code, back, kept] of [[1012, true, true], [1013, true, true], [1011, true, true], [1008, true, false], [4002, true, false], [1000, false], [4000, false], [4004, false]]) {
    const { server, peer, c } = await session(t, window);
    c.socket.close(code);
    await until("it is noticed", () => peer.state !== "connected");
    assert.equal(peer.state, back ? "reconnecting" : "closed", `${code}`);
    if (!back) continue;
    const d = await server.next();
    assert.equal(d.hello.session !== undefined, kept, `${code}`);
  }
});

test("comes back later, or elsewhere, when told so", async (t) => {
  const other = await FakeServer.start(t);
  const { peer, c } = await session(t, {}, { reconnect: { minDelay: 1, maxDelay: 2 } });
  c.send(0x05, { code: 1001, reason: "moving", after: 100, url: other.url });
  const at = Date.now();
  c.socket.close(1001, "moving");
  (await other.next()).welcome();
  await peer.ready();
  assert.ok(Date.now() - at >= 100);
});

test("a replay buffer that is full holds back what cannot be kept, and then refuses it", async (t) => {
  const { server, peer, node, c } = await session(t, window, { replayBufferSize: 120, outboundBufferSize: 300 });
  let sent = 0;
  const fill = () => {
    assert.throws(() => {
      for (let n = 0; n < 100; n++, sent++) node.rpcId(1, "say", String(sent).padStart(10, "_"));
    }, p.BufferFullError);
  };
  const said = (from) => from.packets().filter(([op]) => op === 0x21).map(([, , , text]) => Number(text.replaceAll("_", "")));
  const all = (n) => Array.from({ length: n }, (_, i) => i);
  fill();
  await until("what can be kept", () => c.packets().length === 9);
  const first = c.packets().length;
  assert.ok(sent > first, `${sent} were taken, ${first} came`);
  c.send(0x04, first - 1);
  await until("more", () => c.packets().length > first);
  fill();
  assert.equal(peer.state, "connected");
  const had = c.packets().length;
  c.lose();
  const d = await server.next();
  assert.deepEqual([...d.hello.session], [...SESSION]);
  d.welcome({ ...window, resumed: true, received: had });
  let acked = had;
  await until("all of it", () => {
    if (acked < had + d.packets().length) d.send(0x04, (acked = had + d.packets().length));
    return said(c).length + said(d).length >= sent;
  });
  assert.deepEqual([...said(c), ...said(d)], all(sent));
});

test("a message larger than the replay buffer is kept alone", async (t) => {
  const { server, node, c } = await session(t, window, { replayBufferSize: 100 });
  node.rpc("say", "a".repeat(300));
  await until("the names", () => c.packets().length === 2);
  c.send(0x04, 2);
  await until("the large one", () => c.packets().length === 3);
  c.lose();
  const d = await server.next();
  d.welcome({ ...window, resumed: true, received: 2 });
  assert.deepEqual(await d.packet(0x21), [0, 1, "a".repeat(300)]);
});

test("acknowledges by packets, by bytes and after a second", async (t) => {
  const { c } = await session(t, window);
  c.sendPacket(0x26, "x".repeat(20_000));
  assert.deepEqual((await c.receive(0x04)).fields, [1]);
  for (let n = 0; n < 3; n++) c.sendPacket(0x26, "x".repeat(6_000));
  assert.deepEqual((await c.receive(0x04)).fields, [4]);
  for (let n = 0; n < 64; n++) c.sendPacket(0x26, "x");
  assert.deepEqual((await c.receive(0x04)).fields, [68]);
  c.sendPacket(0x26, "x");
  assert.deepEqual((await c.receive(0x04)).fields, [69]);
});

test("the pauses between attempts grow, at random, and end", async (t) => {
  const server = await FakeServer.start(t);
  const url = server.url;
  server.ws.close();
  const peer = joined(t, url, { reconnect: { minDelay: 8, maxDelay: 32, maxAttempts: 5 } });
  await until("the end", () => peer.state === "closed");
  const delays = peer.log.filter(([e, s]) => e === "stateChanged" && s.state === "reconnecting").map(([, s]) => s.delay);
  assert.equal(delays.length, 5);
  delays.forEach((d, i) => assert.ok(d >= Math.min(32, 8 * 2 ** i) / 2 && d <= Math.min(32, 8 * 2 ** i), `${delays}`));
  assert.equal(told(peer).filter((l) => l === "connectionFailed").length, 6);
});

test("no welcome, no patience", async (t) => {
  const server = await FakeServer.start(t);
  const peer = joined(t, server.url, { connectTimeout: 1000 });
  const c = await server.next();
  await until("it gives up", () => c.closed);
  assert.equal(c.closed.code, 4002);
  (await server.next()).welcome();
  await peer.ready();
});

const bad = {
  "an empty message": [],
  "a welcome again": [0x01, encode({ id: 2, session: SESSION })],
  "a hello": [0x00, encode({})],
  "transfer mode 3": [0x13, 0x26],
  "a packet without its channel": [0x14],
  "a ping without a time": [0x02],
  "a pong that is text": [0x03, encode("x"), encode(1)],
  "an ack that is none": [0x04, encode(-1)],
  "a goodbye to nowhere": [0x05, encode({ url: "javascript:1" })],
  "a goodbye with too much inside": [0x05, ...Array(65).fill(0x91), 0xc0],
};

test("a message that breaks the protocol ends the connection, with an error event", async (t) => {
  const { server } = await session(t);
  for (const [name, bytes] of Object.entries(bad)) {
    const peer = joined(t, server.url);
    const c = await server.next();
    c.welcome();
    await peer.ready();
    c.raw(...bytes);
    await until(name, () => peer.state === "closed");
    await until(name, () => c.closed);
    assert.equal(c.closed.code, 4000, name);
    assert.notEqual(c.closed.reason, "", name);
    assert.ok(peer.log.some(([e, error]) => e === "error" && error instanceof p.MalformedError), name);
  }
});

test("so does a handshake that is none", async (t) => {
  const server = await FakeServer.start(t);
  for (const first of [
    (c) => c.socket.send("text"),
    (c) => c.raw(0x02, encode(1)),
    (c) => c.raw(0x01, 0xc1),
    (c) => c.welcome({ id: 1 }),
    (c) => c.welcome({ id: 1.5 }),
    (c) => c.welcome({ session: "x" }),
    (c) => c.welcome({ session: new Uint8Array(3) }),
    (c) => c.welcome({ resumed: true }),
    (c) => c.welcome({ resume_window: -1 }),
    (c) => c.welcome({ max_message: "many" }),
    (c) => c.raw(0x01, new Uint8Array(2 << 20)),
  ]) {
    const peer = joined(t, server.url);
    first(await server.next());
    await until(`${first}`, () => peer.state === "closed");
    assert.ok(told(peer).includes("error"), `${first}`);
  }
});

test("what a server does not know to be wrong with a resumed session ends it", async (t) => {
  for (const wrong of [{ received: 99 }, { id: 5, received: 0 }]) {
    const { server, peer, c } = await session(t, window);
    c.lose();
    (await server.next()).welcome({ ...window, resumed: true, ...wrong });
    await until("the end", () => peer.state === "closed");
    assert.ok(told(peer).includes("serverDisconnected"));
  }
});

test("a packet that makes no sense is ignored, with an error event", async (t) => {
  const { c, peer, node } = await session(t);
  const heard = [];
  node.on("say", (_, text) => heard.push(text));
  c.sendPacket(0x20, 0, "Game");
  c.sendPacket(0x20, 1, "say");
  c.sendPacket(0x28, 9);
  const wrong = [
    [],
    [0x20, encode(1), encode("again")],
    [0x2e, encode(8)], // it forgets what it never named
    [0x20, encode(2)],
    [0x20, encode("2"), encode("x")],
    [0x20, 0x02, 0xa2, 0xff, 0xff], // not UTF-8
    [0x21, encode(0)],
    [0x21, encode(0), encode(99)],
    [0x22, encode(-1), encode(0), encode(1)],
    [0x24, encode(1)],
    [0x27, encode("a")],
    [0x28, encode(2)], // ourselves
    [0x28, encode(1)],
    [0x28, encode(9)],
    [0x28, encode(2 ** 40)],
    [0x28, encode("x")],
    [0x2a, encode(1), 0x26],
    [0x2b, encode(1), 0x26],
    [0x2b, encode(9), 0x28, encode(12)],
    [0x2b, encode(9), 0x2b, encode(9), 0x26],
    [0x2b, encode(9)],
  ];
  for (const bytes of wrong) c.raw(0x10, ...bytes);
  const depth = [0x21, 0, 1, ...Array(70).fill(0x91), 0xc0];
  const refused = [
    [0x21, 0, 1, 0xdd, 0xff, 0xff, 0xff, 0xff], // 4 billion values
    [0x21, 0, 1, 0xdf, 0x7f, 0xff, 0xff, 0xff],
    [0x21, 0, 1, 0xc6, 0x7f, 0xff, 0xff, 0xff],
    [0x21, 0, 1, 0xdb, 0xff, 0xff, 0xff, 0xff],
    [0x21, 0, 1, 0xa3, 0x61],
    [0x21, 0, 1, 0xc1],
    [0x21, 0, 1, 0xd7, 5, 1, 2, 3, 4], // an extension cut short
    [0x21, 0, 1, 0xd6, 5, 1, 2, 3, 4], // a Vector2 of 4 bytes
    [0x21, 0, 1, 0x81, 0xa9, ...Buffer.from("__proto__"), 0x80],
    [0x21, 0, 1, 0x81, 0x90, 0x80], // a list as a key
    depth,
  ];
  for (const bytes of refused) c.raw(0x10, ...bytes);
  c.raw(0x10, 0x2b, ...encode(55), 0x26); // of somebody who has left
  c.raw(0x10, 0x6e, 1, 2, 3); // of a later version
  c.raw(0x77);
  c.sendPacket(0x2c, 1);
  c.sendPacket(0x2d);
  c.sendPacket(0x21, 0, 1, "still here");
  await until("the last call", () => heard.length === 1);
  assert.deepEqual(heard, ["still here"]);
  assert.equal(peer.stats.malformed, wrong.length);
  assert.equal(peer.stats.unknownOpcodes, 2);
  assert.equal(peer.stats.fromDeparted, 1);
  assert.equal(peer.log.filter(([e]) => e === "error").length, wrong.length);
  const codes = peer.log.filter(([e]) => e === "callRefused").map(([, r]) => r.code);
  assert.deepEqual(codes, refused.map(() => p.Code.badArguments));
  assert.equal({}.polluted, undefined);
  assert.equal(peer.state, "connected");
});

test("the keys of a map are all strings or all whole numbers", async (t) => {
  const { c, peer } = await session(t);
  const node = peer.node("Game", { take: p.method({}, p.any), names: p.method({}, p.map(p.int, p.any)) });
  const heard = [];
  node.on("take", (_, v) => heard.push(v));
  node.on("names", (_, v) => heard.push(v));
  ["Game", "take", "names"].forEach((name, i) => c.sendPacket(0x20, i, name));
  const a = [0xa1, 0x61];
  const proto = [0xa9, ...Buffer.from("__proto__")];
  const good = [
    [[0x80], {}],
    [[0xde, 0, 0], {}],
    [[0x82, ...a, 1, 0xa1, 0x31, 2], { a: 1, 1: 2 }],
    [[0x82, 5, 1, 0xff, 0x81, 0, 0x80], new Map([[5, 1], [-1, new Map([[0, {}]])]])],
    [[0xde, 0, 1, 0xcd, 0, 7, ...a], new Map([[7, "a"]])],
    [[0xdf, 0, 0, 0, 1, 0xd1, 0xff, 0xfe, 1], new Map([[-2, 1]])],
    [[0x81, 0xcf, 0, 0, 0, 0, 0, 0, 0, 3, 1], new Map([[3, 1]])],
    [[0x82, 0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 0xd3, 0xff, 0xdf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], new Map([[2n ** 63n, 1], [-(2n ** 53n) - 1n, 2]])],
    [[0x81, 0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1, 2], new Map([[-(2 ** 53) + 1, 2]])],
    [[0x81, 1, ...a], new Map([[1, "a"]])],
  ];
  for (const [bytes] of good) c.raw(0x10, 0x21, 0, 1, ...bytes);
  c.raw(0x10, 0x21, 0, 2, 0x80);
  c.raw(0x10, 0x21, 0, 2, 0x81, 4, 5);
  const bad = {
    "a whole number, then a string": [0x82, 1, 0, ...a, 0],
    "a string, then a whole number": [0x82, ...a, 0, 1, 0],
    "a float": [0x81, 0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0],
    "a float of 32 bits": [0x81, 0xca, 0x3f, 0x80, 0, 0, 0],
    "a whole number, then a float": [0x82, 1, 0, 0xca, 0x40, 0, 0, 0, 0],
    "nil": [0x81, 0xc0, 0],
    "a bool": [0x82, 0xc2, 0, 0xc3, 0],
    "a map": [0x81, 0x80, 0],
    "a StringName": [0x81, 0xd4, 21, 0x61, 0],
    "bytes": [0x81, 0xc4, 1, 0x61, 0],
    "one number twice": [0x82, 1, 0, 1, 0],
    "one number twice, in two sizes": [0x82, 1, 0, 0xcf, 0, 0, 0, 0, 0, 0, 0, 1, 0],
    "one bigint twice": [0x82, ...Array(2).fill([0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0, 1]).flat()],
    "one string twice": [0x82, ...a, 0, ...a, 0],
    "__proto__": [0x81, ...proto, 0x80],
    "__proto__, further on": [0x82, ...a, 0, ...proto, 0x81, ...a, 1],
    "__proto__, beside a number": [0x82, 1, 0, ...proto, 0x80],
    "a number without its value": [0x81, 1],
    "too few": [0x82, 1, 0, 2],
    "none of many": [0xdf, 0xff, 0xff, 0xff, 0xff, 1, 1],
    "too deep": [...Array(65).fill([0x81, 1]).flat(), 0],
  };
  for (const bytes of Object.values(bad)) c.raw(0x10, 0x21, 0, 1, ...bytes);
  c.raw(0x10, 0x21, 0, 2, 0x81, ...a, 5); // a string where the declaration wants a number
  c.sendPacket(0x21, 0, 1, "end");
  await until("the last call", () => heard.at(-1) === "end");
  assert.deepEqual(heard, [...good.map(([, want]) => want), new Map(), new Map([[4, 5]]), "end"]);
  assert.deepEqual([...heard[3].keys()], [5, -1]);
  const refused = peer.log.filter(([e]) => e === "callRefused").map(([, r]) => r);
  assert.deepEqual(refused.map((r) => r.code), [...Object.keys(bad), "the last"].map(() => p.Code.badArguments));
  assert.match(refused.at(-1).reason, /key a: wanted int, got string/);
  assert.equal({}.a, undefined);
  assert.equal(peer.state, "connected");
});

test("reports are bounded, counts are not", async (t) => {
  const { c, peer } = await session(t);
  for (let i = 0; i < 500; i++) c.sendPacket(0x27);
  c.sendPacket(0x28, 5);
  await until("the last packet", () => peer.peers.length === 2);
  assert.equal(peer.stats.malformed, 500);
  assert.ok(peer.log.filter(([e]) => e === "error").length < 60);
});

test("too many names", async (t) => {
  const { c, peer } = await session(t);
  for (let i = 0; i <= 4096; i++) c.sendPacket(0x20, i, "n");
  await until("the end", () => peer.state === "closed");
});

test("random bytes never throw", async (t) => {
  const { server } = await session(t);
  let seed = 1;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const peer = () => joined(t, server.url, { WebSocket });
  const start = async () => {
    const c = (peer(), await server.next());
    c.welcome(window);
    c.sendPacket(0x20, 0, "Game");
    c.sendPacket(0x20, 1, "say");
    c.sendPacket(0x28, 9);
    return c;
  };
  let c = await start();
  for (let i = 0; i < 3000; i++) {
    const bytes = Array.from({ length: random(24) }, () => random(256));
    if (random(4) > 0) bytes.splice(0, 2, 0x10 + random(3), 0x20 + random(14));
    c.raw(...bytes);
    if (i % 100 === 99) {
      c.send(0x02, 1);
      await until("an answer, or an end", () => c.closed || c.inbox.some((m) => m[0] === 0x03));
      c.inbox.length = 0;
    }
    if (c.closed) c = await start();
  }
});

test("what listeners and handlers throw goes to the error event", async (t) => {
  const { c, peer, node } = await session(t);
  peer.on("peerConnected", () => {
    throw new Error("listener");
  });
  node.on("say", () => {
    throw new Error("handler");
  });
  c.sendPacket(0x20, 0, "Game");
  c.sendPacket(0x20, 1, "say");
  c.sendPacket(0x28, 9);
  c.sendPacket(0x21, 0, 1, "x");
  await until("both", () => peer.log.filter(([e]) => e === "error").length === 2);
  const [a, b] = peer.log.filter(([e]) => e === "error").map(([, e]) => e);
  assert.ok(a instanceof p.HandlerError && b instanceof p.HandlerError);
  assert.deepEqual([a.cause.message, b.cause.message], ["listener", "handler"]);
});

test("events can be left", async (t) => {
  const { c, peer } = await session(t);
  const seen = [];
  const off = peer.on("peerConnected", (id) => seen.push(id));
  peer.once("peerConnected", (id) => seen.push(`once ${id}`));
  c.sendPacket(0x28, 5);
  await until("one", () => seen.length === 2);
  off();
  c.sendPacket(0x28, 6);
  c.send(0x02, 1);
  await c.receive(0x03);
  assert.deepEqual(seen, [5, "once 5"]);
});

test("a connection that does not keep up", async (t) => {
  class Slow extends WebSocket {
    static stuck = 0;
    get bufferedAmount() {
      return Slow.stuck;
    }
  }
  const { c, peer } = await session(t, {}, { WebSocket: Slow, outboundBufferSize: 1000, pingInterval: 0 });
  const node = peer.node("Game", {
    state: p.method({ transferMode: "unreliable_ordered", channel: 1 }, p.int),
    other: p.method({ transferMode: "unreliable_ordered", channel: 1 }, p.int),
    shot: p.method({ transferMode: "unreliable", channel: 1 }, p.bytes),
    sure: p.method({ channel: 1 }, p.bytes),
    first: p.method({}, p.int),
  });
  for (const name of ["state", "other"]) node.rpc(name, 0);
  node.rpc("shot", new Uint8Array(0));
  node.rpc("sure", new Uint8Array(0));
  node.rpc("first", 0);
  await until("names", () => c.inbox.length === 11);
  c.inbox.length = 0;
  Slow.stuck = 600;
  node.rpc("shot", new Uint8Array(100));
  for (let i = 1; i <= 5; i++) node.rpc("state", i);
  node.rpc("other", 1);
  node.rpc("sure", new Uint8Array(200));
  node.rpc("state", 6);
  node.rpc("first", 1);
  assert.deepEqual([peer.stats.packetsReplaced, peer.stats.packetsDropped], [5, 0]);
  node.rpc("sure", new Uint8Array(110)); // room only without the shot
  assert.equal(peer.stats.packetsDropped, 1);
  assert.throws(() => node.rpc("sure", new Uint8Array(500)), p.BufferFullError);
  node.rpc("shot", new Uint8Array(500)); // dropped in silence
  assert.equal(c.inbox.length, 0);
  Slow.stuck = 0;
  await until("the rest", () => c.inbox.length >= 3);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(c.inbox.map((m) => [m[0], m.length]), [[0x10, 5], [0x14, 207], [0x14, 117]], "the lower channel first");
  assert.deepEqual([peer.stats.packetsRefused, peer.stats.packetsReplaced], [1, 5]);
  assert.ok(peer.stats.packetsDropped >= 2);
});

test("leaves with the page", async (t) => {
  const page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"]) {
    globalThis[name] = page[name].bind(page);
    t.after(() => delete globalThis[name]);
  }
  const { c, peer } = await session(t, window);
  page.dispatchEvent(new Event("pagehide"));
  await until("the end", () => c.closed);
  assert.equal(c.closed.code, 1000);
  assert.equal(peer.state, "closed");
  assert.deepEqual(told(peer).slice(-2), ["closed", "peerDisconnected 1"]);
});

test("tries at once when the machine is online again", async (t) => {
  const page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"]) {
    globalThis[name] = page[name].bind(page);
    t.after(() => delete globalThis[name]);
  }
  const { server, peer, c } = await session(t, {}, { reconnect: { minDelay: 60_000, maxDelay: 60_000 } });
  c.lose();
  await until("it is noticed", () => peer.state === "reconnecting");
  page.dispatchEvent(new Event("online"));
  const d = await server.next();
  d.welcome();
  await peer.ready();
  d.lose();
  await until("it is noticed again", () => peer.state === "reconnecting");
  peer.retry();
  (await server.next()).welcome();
  await peer.ready();
});

test("a refusal is told in the server's words, once, and ends it", async (t) => {
  const server = await FakeServer.start(t);
  const peer = joined(t, `${server.url}?token=secret`);
  const ready = peer.ready();
  const c = await server.next();
  c.send(0x05, { code: 4100, reason: "no such player" });
  c.socket.close(4100, "no such player");
  await assert.rejects(ready, (e) => {
    assert.ok(e instanceof p.RefusedError && e instanceof p.CloseError);
    assert.deepEqual([e.code, e.reason, e.retryAfter], [4100, "no such player", 0]);
    assert.ok(!`${e}${e.stack}`.includes("secret"));
    return true;
  });
  assert.deepEqual(told(peer), ["closed", "connectionFailed"]);
  assert.equal(server.connections.length, 1);
});

test("a refusal for now is tried again, when the server wants it", async (t) => {
  const server = await FakeServer.start(t);
  const peer = joined(t, server.url);
  const c = await server.next();
  c.send(0x05, { code: 4003, reason: "full", after: 20 });
  c.socket.close(4003);
  await until("it waits", () => peer.state === "reconnecting");
  const { error, delay } = peer.log.find(([e]) => e === "stateChanged")[1];
  assert.ok(error instanceof p.RefusedError && error.retryAfter === 20 && delay >= 20);
  (await server.next()).welcome();
  await peer.ready();
});

test("the address is asked for at each attempt, and what is secret in it is in no error", async (t) => {
  const server = await FakeServer.start(t);
  let n = 0;
  const seen = [];
  server.ws.on("connection", (_, request) => seen.push(request.url));
  const peer = joined(t, async () => {
    n++;
    if (n === 2) throw new Error("no token now");
    return n === 4 ? "http://127.0.0.1:1/?token=secret4" : `${server.url}?token=secret${n}`;
  });
  const c = await server.next();
  c.welcome();
  await peer.ready();
  c.lose();
  const d = await server.next();
  d.welcome();
  await until("it is there again", () => peer.state === "connected" && peer.uniqueId === 2 && d.hello);
  d.lose();
  (await server.next()).welcome();
  await until("and again", () => n === 5 && peer.state === "connected");
  assert.deepEqual(seen, ["/?token=secret1", "/?token=secret3", "/?token=secret5"]);
  const text = peer.log.map(([, x]) => `${x?.error?.message ?? x?.message ?? ""}`).join("; ");
  assert.match(text, /no token now/);
  assert.match(text, /could not connect to ws:\/\/127\.0\.0\.1:1\//);
  assert.ok(!text.includes("secret"), text);
});

test("no error about an address has its query", async (t) => {
  for (const bad of ["nowhere:80?token=secret", "ftp://user:secret@x/?token=secret"]) {
    assert.throws(() => p.connect(bad, { WebSocket }), (e) => e instanceof TypeError && !e.message.includes("secret"));
  }
});

test("the token is the first that the server sees, and is asked for each time", async (t) => {
  const server = await FakeServer.start(t);
  let n = 0;
  const peer = joined(t, server.url, { token: async () => `token ${++n}` });
  for (const want of ["token 1", "token 2"]) {
    const c = await server.next();
    c.welcome();
    const { bytes } = await c.receive(0x10);
    assert.equal(bytes.toString("latin1"), `\x2c${want}`);
    await until("the end of it", () => c.packets().length === 1);
    assert.deepEqual(c.packets(), [[0x2d]]);
    c.sendPacket(0x2d);
    await peer.ready();
    c.lose();
    await until("it is noticed", () => peer.state === "reconnecting");
  }
});

test("a token that cannot be had is a failed attempt", async (t) => {
  assert.throws(() => p.connect("ws://x", { WebSocket, token: 7 }), TypeError);
  const server = await FakeServer.start(t);
  const answers = [() => { throw new Error("no network"); }, () => 7, async () => Uint8Array.of(1, 2)];
  const peer = joined(t, server.url, { token: () => answers.shift()() });
  const c = await server.next();
  c.welcome();
  assert.deepEqual([...(await c.receive(0x10)).bytes], [0x2c, 1, 2]);
  assert.deepEqual(
    peer.log.filter(([e]) => e === "connectionFailed").map(([, e]) => e.message),
    ["the token function failed: no network", "the token function failed: it gave number: give a string or a Uint8Array"],
  );
  assert.equal(server.connections.length, 1);
});

test("a group is called like one peer, through a server that knows it in one packet", async (t) => {
  for (const knows of [true, false]) {
    const { c, peer, node } = await session(t, knows ? { knows: Uint8Array.of(0x2f) } : {});
    for (const id of [3, 4, 5]) c.sendPacket(0x28, id);
    await until("they are there", () => peer.peers.length === 4);
    const group = peer.group().add(3).add(1).add(3).add(5);
    assert.throws(() => group.add(9), p.UnknownPeerError);
    assert.deepEqual([group.peers, group.size, group.has(4)], [[3, 1, 5], 3, false]);
    node.rpcGroup(group, "say", "x");
    group.sendBytes(Uint8Array.of(7));
    c.sendPacket(0x29, 3);
    await until("it has left", () => group.size === 2);
    group.delete(5);
    node.rpcGroup(group, "say", "y");
    group.clear();
    node.rpcGroup(group, "say", "z");
    const want = knows
      ? ["2000", "2001", "2f0303010521", "2f030301052607", "2100"]
      : ["2000", "2001", "2a0321", "2100", "2a0521", "2a0326", "26", "2a0526", "2100"];
    const all = () => c.inbox.filter((m) => m[0] === 0x10).map((m) => m.subarray(1).toString("hex"));
    await until("all of it", () => all().length === want.length);
    all().forEach((got, i) => assert.ok(got.startsWith(want[i]), `${got}, want ${want[i]}`));
  }
});

test("other clients are told to be away and back", async (t) => {
  const { c, peer } = await session(t);
  const heard = [];
  peer.on("peerAway", (id) => heard.push(`away ${id} ${peer.isAway(id)}`));
  peer.on("peerBack", (id) => heard.push(`back ${id} ${peer.isAway(id)}`));
  for (const [op, id] of [[0x28, 5], [0x31, 5], [0x30, 5], [0x30, 5], [0x30, 9], [0x30, 1], [0x31, 5]]) c.sendPacket(op, id);
  await until("both", () => heard.length === 2);
  assert.deepEqual(heard, ["away 5 true", "back 5 false"]);
});

test("who sends unreliable packets is told when some were dropped, and the connection is there again", async (t) => {
  const { server, peer, c } = await session(t, window);
  const node = peer.node("Game", { move: p.method({ transferMode: "unreliable" }, p.int) });
  const dropped = [];
  peer.on("packetsDropped", (count) => dropped.push(`${peer.state} ${count}`));
  c.lose();
  await until("it is noticed", () => peer.state === "reconnecting");
  for (let i = 0; i < 3; i++) node.rpc("move", i);
  const d = await server.next();
  d.welcome({ session: SESSION, resumed: true, ...window });
  await until("it is told", () => dropped.length === 1);
  assert.deepEqual(dropped, ["connected 3"]);
});
