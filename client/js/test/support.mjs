// What the tests share: a real server, and a scripted one.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { decodeMulti, encode } from "@msgpack/msgpack";
import WebSocket, { WebSocketServer } from "ws";
import { connect } from "../dist/peerage.js";

/** Builds and runs the Go server of these tests. */
export async function realServer(t) {
  const dir = await mkdtemp(join(tmpdir(), "peerage-js-"));
  const file = join(dir, "server");
  const cwd = fileURLToPath(new URL("./server/", import.meta.url));
  await promisify(execFile)("go", ["build", "-o", file, "."], { cwd });
  const child = spawn(file, { stdio: ["pipe", "pipe", "inherit"] });
  t.after(async () => {
    child.stdin.end();
    await once(child, "exit");
    await rm(dir, { recursive: true });
  });
  const [url] = await once(createInterface(child.stdout), "line");
  return url;
}

/** Joins, and notes the events. */
export function joined(t, url, options = {}) {
  const peer = connect(url, { WebSocket, reconnect: { minDelay: 10, maxDelay: 50 }, ...options });
  peer.log = [];
  for (const event of [
    "connectedToServer",
    "connectionFailed",
    "serverDisconnected",
    "peerConnected",
    "peerDisconnected",
    "peerAuthenticating",
    "peerAuthenticationFailed",
    "callRefused",
    "stateChanged",
    "error",
  ]) {
    peer.on(event, (...args) => peer.log.push([event, ...args]));
  }
  t.after(() => peer.close());
  return peer;
}

/** The noted events of a peer that match, as text, without what is not a number. */
export function told(peer, pattern = /./) {
  return peer.log
    .map(([event, ...args]) => [event === "stateChanged" ? args[0].state : event, ...args.filter((a) => typeof a === "number")].join(" "))
    .filter((line) => pattern.test(line));
}

/** Waits until f gives something. */
export async function until(what, f, limit = 30_000) {
  const end = Date.now() + limit;
  for (;;) {
    const v = await f();
    if (v) return v;
    if (Date.now() > end) throw new Error(`waited ${limit} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A server that does what a test says, written from docs/protocol.md with nothing of the client's. */
export class FakeServer {
  connections = [];
  #taken = 0;

  static async start(t) {
    const s = new FakeServer();
    s.ws = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "peerage.v1" });
    await once(s.ws, "listening");
    s.ws.on("connection", (socket) => s.connections.push(new FakeConnection(socket)));
    t.after(() => {
      for (const c of s.connections) c.socket.terminate();
      s.ws.close();
    });
    return s;
  }

  get url() {
    return `ws://127.0.0.1:${this.ws.address().port}/`;
  }

  /** The next connection, once it has said hello. */
  async next() {
    const c = await until("a connection", () => this.connections[this.#taken]);
    this.#taken++;
    c.hello = (await c.receive(0x00)).fields[0];
    return c;
  }
}

class FakeConnection {
  inbox = [];
  closed = null;

  constructor(socket) {
    this.socket = socket;
    socket.on("message", (data) => this.inbox.push(data));
    socket.on("close", (code, reason) => (this.closed = { code, reason: `${reason}` }));
  }

  /** The oldest message with this opcode; others before it are left. */
  async receive(op, limit) {
    const at = () => this.inbox.findIndex((m) => m[0] === op);
    await until(`opcode ${op}`, () => at() >= 0, limit);
    const [m] = this.inbox.splice(at(), 1);
    return { op, bytes: m.subarray(1), fields: op < 0x10 ? [...decodeMulti(m.subarray(1))] : null };
  }

  /** The next reliable packet on channel 0 with this opcode, its fields read. */
  async packet(op) {
    const at = () => this.inbox.findIndex((m) => m[0] === 0x10 && m[1] === op);
    await until(`packet ${op}`, () => at() >= 0);
    const [m] = this.inbox.splice(at(), 1);
    return op === 0x26 ? m.subarray(2) : [...decodeMulti(m.subarray(2))];
  }

  /** All reliable packets that are there. */
  packets() {
    return this.inbox.filter((m) => m[0] === 0x10).map((m) => [m[1], ...decodeMulti(m.subarray(2))]);
  }

  raw(...bytes) {
    this.socket.send(Buffer.from(bytes.flatMap((b) => (typeof b === "number" ? [b] : [...b]))));
  }

  send(op, ...fields) {
    this.raw(op, ...fields.map((f) => encode(f, { useBigInt64: true })));
  }

  sendPacket(op, ...fields) {
    this.raw(0x10, op, ...fields.map((f) => encode(f)));
  }

  welcome(more = {}) {
    this.send(0x01, { id: 2, session: new Uint8Array(16).fill(7), max_message: 65535, ...more });
  }

  lose() {
    this.socket.terminate();
  }
}

/** Gives a WebSocket class without a network, whose server the test plays, and the sockets that were made of it. */
export function memory() {
  const all = [];
  class Memory {
    bufferedAmount = 0;
    readyState = 0;
    sent = [];
    closed = null;

    constructor(url, protocols) {
      Object.assign(this, { url, protocols, protocol: protocols[0] });
      all.push(this);
    }

    send(data) {
      this.sent.push(Buffer.from(data));
    }

    close(code, reason) {
      this.closed ??= { code, reason };
    }

    open() {
      this.readyState = 1;
      this.onopen?.({});
    }

    /** Gives the client a message. */
    give(...bytes) {
      const all = Uint8Array.from(bytes.flatMap((b) => (typeof b === "number" ? [b] : [...b])));
      this.onmessage?.({ data: all.buffer });
    }

    welcome(more = {}) {
      if (this.readyState === 0) this.open();
      this.give(0x01, encode({ id: 2, session: new Uint8Array(16).fill(7), max_message: 65535, ...more }, { useBigInt64: true }));
    }

    lose(code = 1006, reason = "") {
      this.readyState = 3;
      this.onclose?.({ code, reason });
    }

    /** What the client said of itself. */
    get hello() {
      const m = this.sent.find((m) => m[0] === 0x00);
      return m && decodeMulti(m.subarray(1)).next().value;
    }
  }
  return { WebSocket: Memory, all, last: () => all.at(-1) };
}

/** Gives the global things that a page has, to dispatch events at. */
export function pretendPage(t) {
  const page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"]) {
    globalThis[name] = page[name].bind(page);
    t.after(() => delete globalThis[name]);
  }
  globalThis.document = { visibilityState: "visible" };
  t.after(() => delete globalThis.document);
  return (name, fields = {}) => page.dispatchEvent(Object.assign(new Event(name, { cancelable: true }), fields));
}
