// Coming back: retry, pages that are left, frozen or offline, goodbyes, long times.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import * as p from "../dist/peerage.js";
import { joined, memory, pretendPage, told, until } from "./support.mjs";

const Game = { say: p.method({ mode: "any_peer" }, p.string), ask: p.query({ mode: "any_peer" }, p.int) };
const HOUR = 3_600_000;
const WINDOW = { resume_window: HOUR, place: new Uint8Array(16).fill(0xa7) };
const PLACE = `peerage.place.${"a7".repeat(16)}`;

/** Joins without a network, at an address, and is welcomed. */
async function session(t, welcome = {}, options = {}, url = "ws://a.example/") {
  const net = memory();
  const peer = joined(t, url, { WebSocket: net.WebSocket, pingInterval: 0, reconnect: { minDelay: HOUR, maxDelay: HOUR }, ...options });
  await Promise.resolve();
  net.last().welcome(welcome);
  await peer.ready();
  return { net, peer, s: net.last(), node: peer.node("Game", Game) };
}

test("retry begins anew after every end but close", async (t) => {
  for (const end of [
    (s) => s.lose(4000, "kicked"),
    (s) => s.lose(4004),
    (s) => s.lose(1002),
    (s) => s.lose(1000),
    (s) => s.give(0x13), // a violation of the server's
  ]) {
    const { net, peer, s } = await session(t, WINDOW);
    end(s);
    assert.equal(peer.state, "closed", `${end}`);
    assert.equal(net.all.length, 1);
    assert.equal(peer.retry(), true);
    assert.equal(peer.state, "reconnecting");
    assert.equal(net.all.length, 2);
    net.last().welcome({ id: 9 });
    assert.equal(net.last().hello.session, undefined);
    await peer.ready();
    assert.equal(peer.uniqueId, 9);
    assert.deepEqual(told(peer).slice(-4), ["reconnecting", "connected", "connectedToServer", "peerConnected 1"]);
    peer.close();
    assert.equal(peer.retry(), false);
    assert.equal(peer.state, "closed");
    assert.equal(net.all.length, 2);
  }
});

test("retry gives attempts that were used up again", async (t) => {
  const { net, peer, s } = await session(t, {}, { reconnect: { minDelay: 0, maxDelay: 0, maxAttempts: 1 } });
  s.lose();
  await until("the attempt", () => net.all.length === 2);
  net.last().lose();
  assert.equal(peer.state, "closed");
  peer.retry();
  net.last().lose();
  assert.equal(peer.state, "closed", "one attempt");
  peer.retry();
  net.last().welcome();
  await peer.ready();
  const never = await session(t, {}, { reconnect: false });
  never.s.lose();
  assert.equal(never.peer.state, "closed");
  never.peer.retry();
  never.net.last().welcome();
  await never.peer.ready();
});

test("a listener of the end may retry at once", async (t) => {
  const { net, peer, s } = await session(t, WINDOW);
  const off = peer.on("stateChanged", ({ state }) => state === "closed" && peer.retry());
  s.lose(4000);
  off();
  net.last().welcome({ id: 3 });
  assert.equal(peer.uniqueId, 3);
  assert.equal(peer.state, "connected");
});

test("a page out of the back/forward cache joins anew where it left", async (t) => {
  const page = pretendPage(t);
  const { net, peer, s } = await session(t, WINDOW);
  page("pageshow", { persisted: false });
  page("pagehide", { persisted: true });
  assert.deepEqual(s.closed, { code: 1000, reason: "" });
  assert.equal(peer.state, "closed");
  page("online"); // the page is not there
  assert.equal(net.all.length, 1);
  page("pageshow", { persisted: true });
  net.last().welcome({ id: 5 });
  assert.equal(net.last().hello.session, undefined);
  await peer.ready();
  assert.equal(peer.uniqueId, 5);
  page("pagehide", { persisted: true });
  peer.close();
  page("pageshow", { persisted: true });
  assert.equal(peer.state, "closed", "close is for good");
  assert.equal(net.all.length, 2);
});

test("in Firefox a page leaves before it is left, and joins anew if it stays", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = pretendPage(t);
  const chromium = await session(t, WINDOW);
  page("beforeunload");
  assert.equal(chromium.s.closed, null);
  chromium.peer.close();
  globalThis.mozInnerScreenX = 0;
  t.after(() => delete globalThis.mozInnerScreenX);
  const ask = (event) => event.preventDefault();
  addEventListener("beforeunload", ask);
  const asks = await session(t, WINDOW);
  page("beforeunload");
  assert.equal(asks.s.closed, null, "the user is asked first");
  asks.peer.close();
  removeEventListener("beforeunload", ask);
  const { net, peer, s } = await session(t, WINDOW);
  page("beforeunload");
  assert.deepEqual(s.closed, { code: 1000, reason: "" });
  assert.equal(peer.state, "closed");
  t.mock.timers.tick(4999);
  assert.equal(net.all.length, 1);
  t.mock.timers.tick(1);
  assert.equal(net.all.length, 2, "the page stayed");
  net.last().welcome({ id: 3 });
  assert.equal(net.last().hello.session, undefined);
  await peer.ready();
  page("beforeunload");
  page("pagehide", { persisted: true });
  t.mock.timers.tick(HOUR);
  assert.equal(net.all.length, 2, "the page was left");
  page("pageshow", { persisted: true });
  net.last().welcome({ id: 4 });
  assert.equal(peer.uniqueId, 4);
  assert.equal(net.all.length, 3);
  const kept = await session(t, WINDOW, { leaveWithPage: false });
  page("beforeunload");
  assert.equal(kept.s.closed, null);
});

test("a page that was sent away before it was left stays away", async (t) => {
  const page = pretendPage(t);
  const { net, peer, s } = await session(t, WINDOW);
  s.lose(4000);
  page("pagehide", { persisted: true });
  page("pageshow", { persisted: true });
  assert.equal(peer.state, "closed");
  assert.equal(net.all.length, 1);
});

test("who comes back asks for the place that is kept, if there is one", async (t) => {
  for (const [place, protocols] of [
    [WINDOW.place, ["peerage.v1", PLACE]],
    [undefined, ["peerage.v1"]],
    [new Uint8Array(15), ["peerage.v1"]],
    ["a7".repeat(16), ["peerage.v1"]],
  ]) {
    const { net, peer, s } = await session(t, { ...WINDOW, place });
    assert.deepEqual(s.protocols, ["peerage.v1"]);
    s.lose();
    peer.retry();
    assert.deepEqual(net.last().protocols, protocols);
    net.last().welcome({ ...WINDOW, place: new Uint8Array(16), session: new Uint8Array(16).fill(8) });
    net.last().lose();
    peer.retry();
    assert.deepEqual(net.last().protocols, ["peerage.v1", `peerage.place.${"00".repeat(16)}`]);
  }
});

test("with leaveWithPage false the page that comes back goes on", async (t) => {
  const page = pretendPage(t);
  const { net, peer, s, node } = await session(t, WINDOW, { leaveWithPage: false });
  page("pagehide", { persisted: true });
  assert.equal(s.closed, null);
  s.lose(1001); // the browser's doing
  assert.equal(peer.state, "reconnecting");
  node.rpcId(1, "say", "meanwhile");
  page("pageshow", { persisted: true });
  net.last().open();
  assert.deepEqual(Buffer.from(net.last().hello.session), Buffer.alloc(16, 7));
  net.last().welcome({ ...WINDOW, resumed: true, received: 0 });
  assert.equal(peer.uniqueId, 2);
  assert.equal(peer.state, "connected");
  assert.equal(net.last().sent.filter((m) => m[0] === 0x10).length, 3, "two names and the call");
});

test("a page that wakes tries at once, and looks at a connection that says nothing", async (t) => {
  const page = pretendPage(t);
  for (const event of ["resume", "visibilitychange", "online"]) {
    const { net, peer, s } = await session(t, WINDOW, { pingInterval: HOUR });
    assert.equal(s.sent.filter((m) => m[0] === 0x02).length, 1);
    page(event);
    assert.equal(s.sent.filter((m) => m[0] === 0x02).length, 2, "a ping");
    s.lose();
    assert.equal(net.all.length, 1);
    page(event);
    assert.equal(net.all.length, 2, event);
    net.last().welcome({ ...WINDOW, resumed: true, received: 0 });
    assert.equal(peer.state, "connected");
    net.last().readyState = 3; // closed in its sleep, and no event of it
    page(event);
    await until("it is noticed", () => peer.state === "reconnecting");
    peer.close();
    page(event);
    assert.equal(net.all.length, 2);
  }
  globalThis.document.visibilityState = "hidden";
  const { net, s } = await session(t, WINDOW);
  s.lose();
  page("visibilitychange");
  assert.equal(net.all.length, 1);
});

test("waking does not shorten the time for which a server wants to be left alone", async (t) => {
  const page = pretendPage(t);
  const { net, peer, s } = await session(t, WINDOW);
  s.give(0x05, encode({ after: 1_000_000 }));
  s.lose(1001);
  page("online");
  assert.equal(net.all.length, 1);
  peer.retry();
  assert.equal(net.all.length, 2, "but the program may");
});

test("a goodbye's address counts from then on, and takes turns with the old one where it fails", async (t) => {
  const { net, peer, s } = await session(t, WINDOW, { reconnect: { minDelay: 0, maxDelay: 0 } });
  const next = async (n) => (await until(`connection ${n}`, () => net.all[n])).url;
  s.give(0x05, encode({ url: "ws://b.example:81/x" }));
  s.lose(1001);
  assert.equal(await next(1), "ws://b.example:81/x");
  net.last().welcome({ id: 4, ...WINDOW });
  assert.equal(peer.uniqueId, 4);
  net.last().lose();
  assert.equal(await next(2), "ws://b.example:81/x", "after a loss there");
  net.last().lose();
  assert.equal(await next(3), "ws://a.example/");
  net.last().lose();
  assert.equal(await next(4), "ws://b.example:81/x");
  net.last().welcome({ id: 4, ...WINDOW, resumed: true, received: 0 });
  net.last().give(0x05, encode({ after: 0 })); // no address: the same place
  net.last().lose(1012);
  assert.equal(await next(5), "ws://b.example:81/x");
  net.last().welcome({ id: 4, ...WINDOW, resumed: true, received: 0 });
  net.last().give(0x05, encode({ url: "/y" }));
  net.last().lose(1012);
  assert.equal(await next(6), "ws://b.example:81/y");
});

test("a session is named only where it was begun, or where the program allows", async (t) => {
  const cases = [
    // first, goodbye, allowed, where it goes, with the session
    ["ws://a.example/", "ws://a.example/two", [], "ws://a.example/two", true],
    ["ws://a.example/", "wss://a.example/", [], "wss://a.example/", true],
    ["ws://a.example/", "ws://a.example:99/", [], "ws://a.example:99/", false],
    ["ws://a.example/", "ws://a.example:99/", ["a.example:99"], "ws://a.example:99/", true],
    ["ws://a.example/", "ws://b.example/", [], "ws://b.example/", false],
    ["ws://a.example/", "ws://b.example/", ["c.example", "B.example"], "ws://b.example/", true],
    ["ws://a.example/", "ws://a.example.evil.example/", [], "ws://a.example.evil.example/", false],
    ["ws://a.example/", "ws://a.example@evil.example/", [], "ws://a.example@evil.example/", false],
    ["wss://a.example/", "ws://a.example/", [], "wss://a.example/", true],
    ["wss://a.example/", "ws://b.example/", ["b.example"], "wss://a.example/", true],
    ["wss://a.example/", "wss://b.example/", ["b.example:443"], "wss://b.example/", true],
    ["wss://a.example/", "https://b.example/", [], "wss://b.example/", false],
  ];
  for (const [first, url, allowedHosts, where, told] of cases) {
    const { net, peer, s } = await session(t, WINDOW, { allowedHosts }, first);
    s.give(0x05, encode({ url }));
    s.lose(1001);
    peer.retry();
    net.last().open();
    assert.equal(net.last().url, where, `${first} ${url}`);
    assert.equal(net.last().hello.session !== undefined, told, `${first} ${url} ${allowedHosts}`);
    assert.deepEqual(net.last().protocols, told ? ["peerage.v1", PLACE] : ["peerage.v1"]);
    const warnings = peer.log.filter(([e]) => e === "error").map(([, e]) => e.message);
    assert.equal(warnings.length, told && where !== first ? 0 : 1, `${warnings}`);
    if (!told) assert.match(warnings[0], /allowedHosts/);
    assert.equal(peer.stats.malformed, 0);
  }
});

test("a session that was given over wss is not named over ws, not even to the program's own address", async (t) => {
  const { net, peer, s } = await session(t, WINDOW);
  s.give(0x05, encode({ url: "wss://a.example/" }));
  s.lose(1001);
  peer.retry();
  net.last().welcome({ id: 6, ...WINDOW });
  net.last().lose();
  peer.retry();
  assert.equal(net.last().url, "wss://a.example/");
  net.last().lose();
  peer.retry();
  net.last().open();
  assert.equal(net.last().url, "ws://a.example/");
  assert.equal(net.last().hello.session, undefined);
});

test("another host that cannot be reached costs no session", async (t) => {
  const { net, peer, s } = await session(t, WINDOW);
  s.give(0x05, encode({ url: "ws://b.example/" }));
  s.lose(1001);
  peer.retry();
  net.last().lose();
  peer.retry();
  assert.equal(net.last().url, "ws://a.example/");
  net.last().open();
  assert.ok(net.last().hello.session);
  net.last().welcome({ ...WINDOW, resumed: true, received: 0 });
  assert.equal(peer.state, "connected");
  assert.ok(!told(peer).includes("serverDisconnected"));
});

test("a client that authenticates goes to no host that is not allowed", async (t) => {
  for (const [allowedHosts, where] of [[[], "ws://a.example/"], [["b.example"], "ws://b.example/"]]) {
    const net = memory();
    const peer = joined(t, "ws://a.example/", { WebSocket: net.WebSocket, auth: () => {}, allowedHosts, pingInterval: 0 });
    await Promise.resolve();
    net.last().welcome();
    for (let i = 0; i < 2; i++) net.last().give(0x05, encode({ url: "ws://b.example/" }));
    net.last().lose(1001);
    peer.retry();
    assert.equal(net.last().url, where);
  }
});

test("allowedHosts are hosts", () => {
  for (const host of ["", "wss://a.example", "a.example/", "a.example/x", "a b", "u@a.example", 5, "a.example:x"]) {
    assert.throws(() => p.connect("ws://a.example/", { WebSocket: memory().WebSocket, allowedHosts: [host] }), { name: "TypeError", message: /give hosts as/ });
  }
});

test("the pause that a goodbye asks for is not taken off the session's window, and has an end", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { net, peer, s } = await session(t, { resume_window: 10_000 }, { reconnect: { minDelay: 100, maxDelay: 100 } });
  s.give(0x05, encode({ after: 20_000 }));
  s.lose(1001);
  assert.ok(peer.log.at(-1)[1].delay >= 20_000);
  t.mock.timers.tick(20_150);
  net.last().open();
  assert.ok(net.last().hello.session, "not given up");
  const huge = await session(t, WINDOW);
  for (const after of [1e300, Infinity, 2n ** 63n]) huge.s.give(0x05, encode({ after }, { useBigInt64: true }));
  huge.s.lose(1001);
  const { delay } = huge.peer.log.at(-1)[1];
  assert.ok(delay > 86_000_000 && delay < 90_100_000, `${delay}`);
});

test("the last attempt for a session is made before its window ends", async (t) => {
  for (const [welcome, kept] of [[{ resume_window: 80_000 }, true], [{}, false]]) {
    const { net, peer, s } = await session(t, welcome, { reconnect: { minDelay: 3000, maxDelay: 1e9 } });
    s.lose();
    for (let i = 0; i < 9; i++) {
      peer.retry();
      net.last().lose();
    }
    const longest = Math.max(...peer.log.filter(([, s]) => s?.state === "reconnecting").map(([, s]) => s.delay));
    assert.ok(kept ? longest > 60_000 && longest <= 79_000 : longest > 300_000, `${longest}`);
  }
});

/** Lets mocked time pass in steps, for timers that are set when others end. */
function pass(t, ms) {
  for (let left = ms; left > 0; left -= HOUR) t.mock.timers.tick(Math.min(left, HOUR));
}

test("times over 2^31-1 ms are as long as they say", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const days = (n) => n * 24 * HOUR;
  const month = { resume_window: days(40) };
  const { peer, s, node } = await session(t, month, { pingInterval: days(30), replyTimeout: days(26), reconnect: { minDelay: days(50), maxDelay: days(60) } });
  let failed = null;
  node.call(1, "ask").catch((e) => (failed = e.name));
  const settle = () => new Promise(setImmediate);
  pass(t, days(25.9));
  await settle();
  assert.equal(failed, null);
  pass(t, days(0.2));
  await settle();
  assert.equal(failed, "TimeoutError");
  assert.equal(s.sent.filter((m) => m[0] === 0x02).length, 1, "one ping");
  s.lose();
  pass(t, days(39.9));
  assert.equal(peer.uniqueId, 2);
  pass(t, days(0.2));
  assert.equal(peer.uniqueId, 0, "the window is over");
});

test("Infinity is never", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const net = memory();
  const never = { pingInterval: Infinity, pingTimeout: Infinity, connectTimeout: Infinity, authTimeout: Infinity, replyTimeout: Infinity };
  const peer = joined(t, "ws://a.example/", { WebSocket: net.WebSocket, auth: () => {}, ...never, reconnect: { minDelay: Infinity, maxDelay: Infinity } });
  await Promise.resolve();
  pass(t, 30 * 24 * HOUR);
  net.last().welcome();
  pass(t, 30 * 24 * HOUR);
  assert.equal(peer.state, "authenticating");
  assert.equal(net.last().sent.filter((m) => m[0] === 0x02).length, 1);
  net.last().lose();
  pass(t, 30 * 24 * HOUR);
  assert.equal(net.all.length, 1);
  peer.retry();
  assert.equal(net.all.length, 2);
  const fast = await session(t, {}, { reconnect: { minDelay: 0, maxDelay: Infinity } });
  for (let i = 0; i < 1100; i++) {
    fast.net.last().lose();
    fast.peer.retry();
  }
  assert.ok(fast.peer.log.filter(([, s]) => s?.state === "reconnecting").every(([, s]) => s.delay === 0), "never not a number");
});

test("a time-out that is none is refused", async (t) => {
  const { node } = await session(t);
  for (const timeout of [NaN, -1, "5 s"]) {
    await assert.rejects(node.call({ peer: 1, timeout }, "ask"), { name: "TypeError", message: /give milliseconds/ });
  }
});

test("an error that no close follows is the end of an attempt", async (t) => {
  const net = memory();
  const peer = joined(t, "ws://a.example/", { WebSocket: net.WebSocket, reconnect: { minDelay: 0, maxDelay: 0, maxAttempts: 1 } });
  await Promise.resolve();
  net.last().onerror({ message: "", error: new Error("refused by nobody") });
  await until("another attempt", () => net.all.length === 2);
  assert.match(peer.log.find(([e]) => e === "connectionFailed")[1].message, /could not connect to ws:\/\/a.example\/: refused by nobody/);
  net.last().onerror({});
  net.last().lose(4003, "full"); // where close follows, its words count
  assert.equal(peer.log.at(-1)[1].message, "closed with 4003: full");
});

test("the WebSocket of Node tells at once of a port where nobody listens", { skip: !globalThis.WebSocket && "this Node has none" }, async (t) => {
  const s = createServer().listen(0, "127.0.0.1");
  await once(s, "listening");
  const { port } = s.address();
  s.close();
  await once(s, "close");
  const peer = joined(t, `ws://127.0.0.1:${port}/`, { WebSocket: globalThis.WebSocket, connectTimeout: Infinity, reconnect: false });
  await assert.rejects(peer.ready(), { name: "CloseError", message: /could not connect/ });
});
