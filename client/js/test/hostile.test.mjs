// Whatever a server sends, the client does not hang, does not keep more than it must, and says what was wrong.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import * as p from "../dist/peerage.js";
import { joined, memory, pretendPage, told } from "./support.mjs";

async function session(t, welcome = {}, options = {}) {
  const net = memory();
  const peer = joined(t, "ws://a.example/", { WebSocket: net.WebSocket, pingInterval: 0, ...options });
  const node = peer.node("N", { f: p.query({ mode: "any_peer" }, p.any, p.any) });
  await Promise.resolve();
  net.last().welcome(welcome);
  return { net, peer, node, s: net.last() };
}

const words = (peer) => peer.log.filter(([e]) => e === "error").map(([, e]) => e.message);

test("names that are too long are not kept", async (t) => {
  const { peer, s } = await session(t);
  s.give(0x10, 0x20, 0, encode("ä".repeat(513)));
  assert.equal(peer.stats.malformed, 1);
  assert.match(words(peer)[0], /a name of 1026 bytes: 1024 are the most/);
  s.give(0x10, 0x20, 0, encode("x".repeat(1024)));
  assert.equal(peer.stats.malformed, 1);
});

test("a welcome and a goodbye have at most 16384 bytes", async (t) => {
  for (const more of [0, 20_000]) {
    const { peer, s } = await session(t);
    s.give(0x05, encode({ reason: "x".repeat(more) }));
    assert.equal(peer.state, more ? "closed" : "connected");
  }
  const { peer } = await session(t, { pad: "x".repeat(16_384) });
  assert.equal(peer.state, "closed");
  assert.match(words(peer)[0], /16384 are the most/);
});

test("a server that reads nothing is not answered without end", async (t) => {
  const { s } = await session(t, {}, { outboundBufferSize: 1000 });
  s.bufferedAmount = 1001;
  const before = s.sent.length;
  for (let i = 0; i < 1000; i++) s.give(0x02, encode(i));
  assert.equal(s.sent.length, before);
  s.bufferedAmount = 0;
  s.give(0x02, encode(7));
  assert.equal(s.sent.at(-1)[0], 0x03);
});

test("answers that cannot be sent are told of now and then, not each", async (t) => {
  const { peer, s } = await session(t, {}, { outboundBufferSize: 1000 });
  ["N", "g"].forEach((name, i) => s.give(0x10, 0x20, i, encode(name)));
  s.bufferedAmount = 1001;
  for (let i = 0; i < 1000; i++) s.give(0x10, 0x22, encode(i), 0, 1);
  assert.ok(words(peer).length < 60, `${words(peer).length}`);
});

test("peers are counted", async (t) => {
  const { peer, s } = await session(t);
  peer.log.push = () => 0;
  for (let i = 2; i < 65_537; i++) s.give(0x10, 0x28, encode(i + 1));
  assert.equal(peer.state, "connected");
  s.give(0x10, 0x28, encode(99_999));
  assert.equal(peer.state, "closed");
});

test("requests of all peers together are bounded", async (t) => {
  const { peer, node, s } = await session(t, {}, { maxPendingRequests: 2 });
  const open = [];
  node.on("f", () => new Promise((resolve) => open.push(resolve)));
  ["N", "f"].forEach((name, i) => s.give(0x10, 0x20, i, encode(name)));
  for (let i = 0; i < 20; i++) s.give(0x10, 0x28, encode(100 + i));
  for (let i = 0; i < 20; i++) for (const request of [1, 2]) s.give(0x10, 0x2b, encode(100 + i), 0x22, request, 0, 1, 5);
  assert.equal(open.length, 16);
  assert.match(peer.log.at(-1)[1].reason, /16 requests of all peers/);
  open[0](1);
  s.give(0x10, 0x2b, encode(103), 0x25, 1); // cancelled
  s.give(0x10, 0x29, encode(105)); // gone, with two
  await new Promise(setImmediate);
  for (const id of [110, 111]) for (const request of [1, 2]) s.give(0x10, 0x2b, encode(id), 0x22, request, 0, 1, 5);
  assert.equal(open.length, 20);
});

test("bytes that are kept do not keep their message", async (t) => {
  const { node, s } = await session(t);
  const heard = [];
  node.on("f", (_, v) => void heard.push(v));
  ["N", "f"].forEach((name, i) => s.give(0x10, 0x20, i, encode(name)));
  s.give(0x10, 0x21, 0, 1, encode([Uint8Array.of(1), "x".repeat(60_000)]));
  assert.equal(heard[0][0].buffer.byteLength, 1);
});

test("a clock that jumps is right after one pong, a pong that nobody asked for changes nothing", async (t) => {
  const page = pretendPage(t);
  const { peer, s } = await session(t, { time: 1_000_000_000_000_000n }, { pingInterval: 1e9 });
  const off = () => peer.serverTime - (performance.timeOrigin + performance.now());
  const pong = (ahead, sent) => {
    const asked = s.sent.findLast((m) => m[0] === 0x02).subarray(1);
    const now = BigInt(Math.round((performance.timeOrigin + performance.now() + ahead) * 1000));
    s.give(0x03, sent ?? asked, encode(now, { useBigInt64: true }));
  };
  for (let i = 0; i < 8; i++) {
    pong(5000);
    page("resume");
  }
  assert.ok(Math.abs(off() - 5000) < 500, `${off()}`);
  pong(900_000, encode(12345));
  pong(900_000, encode(0));
  assert.ok(Math.abs(off() - 5000) < 500, `${off()}`);
  pong(600_000); // one of the machines slept
  assert.ok(Math.abs(off() - 600_000) < 500, `${off()}`);
  page("resume");
  pong(300_000); // and one was set
  assert.ok(Math.abs(off() - 300_000) < 500, `${off()}`);
});

test("the server's time goes on through a sleep, and does not go back for a little", async (t) => {
  const page = pretendPage(t);
  const { peer, s } = await session(t, { time: 2_000_000_000_000_000n }, { pingInterval: 1e9 });
  const date = Date.now;
  t.after(() => (Date.now = date));
  const before = peer.serverTime;
  Date.now = () => date() + 700_000; // performance.now() stood still
  assert.ok(Math.abs(peer.serverTime - before - 700_000) < 500);
  Date.now = () => date() - 700_000; // somebody set the date
  const after = peer.serverTime;
  assert.ok(after >= before && after - before < 500, "what a date that goes back says is not believed");
  Date.now = date;
  const pong = (server) => s.give(0x03, s.sent.findLast((m) => m[0] === 0x02).subarray(1), encode(BigInt(Math.round(server * 1000)), { useBigInt64: true }));
  const told = peer.serverTime;
  pong(told - 300);
  assert.ok(peer.serverTime >= told, "it waits");
  page("resume");
  pong(told - 1e6);
  assert.ok(peer.serverTime < told, "unless it was wrong by far");
});

test("whatever a server says at random, nothing is thrown at the page", async (t) => {
  let seed = Number(process.env.SEED ?? 77003);
  t.diagnostic(`SEED=${seed}`);
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const value = (depth = 0) => {
    const pick = random(depth > 3 ? 9 : 12);
    if (pick < 3) return random(300) - 20;
    if (pick < 4) return [Infinity, NaN, -0, 1e300, 2 ** 53, -(2n ** 63n), 2n ** 64n - 1n][random(7)];
    if (pick < 6) return ["", "N", "f", "ws://b.example/", "constructor", "then", "x".repeat(random(2000))][random(7)];
    if (pick < 7) return new Uint8Array(random(20));
    if (pick < 9) return [null, true, false][random(3)];
    if (pick < 11) return Array.from({ length: random(5) }, () => value(depth + 1));
    const keys = ["id", "session", "after", "url", "time", "received", "resumed", "resume_window", "max_message", "toString"];
    return Object.fromEntries(Array.from({ length: random(6) }, () => [keys[random(keys.length)], value(depth + 1)]));
  };
  const write = (v) => encode(v, { useBigInt64: true });
  const thrown = [];
  const note = (e) => thrown.push(e);
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
  t.after(() => {
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
  });
  for (let round = 0; round < 150; round++) {
    const { net, peer, node } = await session(t, { resume_window: 1000 }, { auth: random(3) ? undefined : () => {} });
    node.on("f", (_, v) => v);
    node.call(1, "f", 1).catch(() => {});
    for (let i = 0; i < 60; i++) {
      const s = net.last();
      if (s.readyState === 0) random(2) ? s.welcome(random(2) ? { resumed: true, received: random(3) } : {}) : s.open();
      const op = [0x01, 0x02, 0x03, 0x04, 0x05, 0x10, 0x10, 0x10, 0x11, 0x14][random(10)];
      const head = op === 0x10 || op === 0x11 ? [op, 0x20 + random(14)] : op === 0x14 ? [op, random(256), 0x20 + random(14)] : [op];
      s.give(...head, ...Array.from({ length: random(5) }, () => write(value())));
      if (random(20) === 0) s.lose([1006, 1001, 1012, 4000, 1008, 0, NaN][random(7)], "x");
      if (random(10) === 0) peer.retry();
    }
    peer.close();
    await new Promise(setImmediate);
  }
  assert.deepEqual(thrown, []);
});
