// npm run build made this file of client/js/src.
/*!
@msgpack/msgpack:

Copyright 2019 The MessagePack Community.

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
*/

// src/wire.ts
var SUBPROTOCOL = "peerage.v1";
function placeName(place) {
  if (!(place instanceof Uint8Array) || place.length !== 16) return "";
  return `peerage.place.${Array.from(place, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}
var Op = {
  hello: 0,
  // map
  welcome: 1,
  // map
  ping: 2,
  // time
  pong: 3,
  // time, now
  ack: 4,
  // count
  goodbye: 5,
  // map
  packet: 16,
  // | mode; the packet follows
  channel: 20
  // | mode; the channel, one byte, then the packet
};
var PacketOp = {
  name: 32,
  // number, string
  call: 33,
  // node, method, arguments
  request: 34,
  // request, node, method, arguments
  reply: 35,
  // request, value
  failure: 36,
  // request, code, message
  cancel: 37,
  // request
  raw: 38,
  // rest
  refused: 39,
  // node, method, code, message
  peerAdded: 40,
  // id
  peerRemoved: 41,
  // id
  relay: 42,
  // target, rest
  relayed: 43,
  // source, rest
  auth: 44,
  // rest
  authComplete: 45,
  forget: 46,
  // numbers of names, up to the end
  relaySeveral: 47,
  // count, so many targets, rest
  peerAway: 48,
  // id
  peerBack: 49
  // id
};
var LATER_OPS = Uint8Array.of(
  Op.goodbye,
  PacketOp.forget,
  PacketOp.relaySeveral,
  PacketOp.peerAway,
  PacketOp.peerBack
);
var MODES = ["reliable", "unreliable", "unreliable_ordered"];
var MAX_DEPTH = 64;
var MAX_GREETING = 16384;
var MAX_NAMES = 4096;
var MAX_PEERS = 65536;
var MAX_NAME = 1024;
var MAX_ARGUMENTS = 255;
var SERVER = 1;
var EVERYONE = 0;
function except(id) {
  return -id;
}
var CloseCode = {
  leaving: 1e3,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  lost: 1006,
  policy: 1008,
  tooLarge: 1009,
  internalError: 1011,
  restart: 1012,
  tryLater: 1013,
  disconnected: 4e3,
  notAuthenticated: 4001,
  handshakeTimeout: 4002,
  refused: 4003,
  resumed: 4004,
  replaced: 4026
};
function comeBack(code) {
  switch (code) {
    case CloseCode.policy:
    case CloseCode.refused:
      return "later";
    case CloseCode.handshakeTimeout:
      return "now";
    case CloseCode.leaving:
    case CloseCode.protocolError:
    case CloseCode.unsupportedData:
    case 1007:
    case CloseCode.tooLarge:
      return "no";
  }
  return code >= 3e3 ? "no" : "now";
}
function isLoss(code) {
  return code === CloseCode.goingAway || code === CloseCode.lost || code === CloseCode.internalError || code === CloseCode.restart || code === CloseCode.tryLater;
}

// src/errors.ts
var PeerageError = class extends Error {
  name = "PeerageError";
};
var NotConnectedError = class extends PeerageError {
  name = "NotConnectedError";
  constructor() {
    super("not connected: wait for connectedToServer, then call");
  }
};
var UnknownPeerError = class extends PeerageError {
  constructor(peer) {
    super(`no connected peer has the id ${peer}`);
    this.peer = peer;
  }
  peer;
  name = "UnknownPeerError";
};
var CallSelfError = class extends PeerageError {
  name = "CallSelfError";
  constructor(method2) {
    super(`${method2}: a call to oneself: declare the method with callLocal, or call another peer`);
  }
};
var UndeclaredError = class extends PeerageError {
  name = "UndeclaredError";
};
var FreedError = class extends PeerageError {
  name = "FreedError";
  constructor(path) {
    super(`${path} was freed: node() makes it again`);
  }
};
var ArgumentError = class extends PeerageError {
  name = "ArgumentError";
};
var BufferFullError = class extends PeerageError {
  name = "BufferFullError";
  constructor() {
    super("the connection is not keeping up, the outbound buffer is full");
  }
};
var PacketTooLargeError = class extends PeerageError {
  name = "PacketTooLargeError";
  constructor(size, limit) {
    super(`a message of ${size} bytes, the server reads ${limit}`);
  }
};
var TimeoutError = class extends PeerageError {
  name = "TimeoutError";
};
var PeerGoneError = class extends PeerageError {
  name = "PeerGoneError";
};
var AuthError = class extends PeerageError {
  name = "AuthError";
};
var MalformedError = class extends PeerageError {
  name = "MalformedError";
};
var HandlerError = class extends PeerageError {
  name = "HandlerError";
};
var CloseError = class extends PeerageError {
  constructor(code, reason) {
    const said = reason ? `closed with ${code}: ${reason}` : `closed with ${code}`;
    super(code === CloseCode.lost ? reason || "the connection was lost" : said);
    this.code = code;
    this.reason = reason;
  }
  code;
  reason;
  name = "CloseError";
};
var RefusedError = class extends CloseError {
  constructor(code, reason, retryAfter) {
    super(code, reason);
    this.retryAfter = retryAfter;
  }
  retryAfter;
  name = "RefusedError";
};
var Code = {
  unknownNode: 1,
  unknownMethod: 2,
  notAllowed: 3,
  badArguments: 4,
  handlerFailed: 5,
  peerGone: 6,
  timeout: 7,
  cancelled: 8,
  noReplies: 9,
  tooMany: 10,
  shuttingDown: 11,
  busy: 12,
  tooLarge: 13,
  application: 100
};
var Failure = class extends PeerageError {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
  code;
  name = "Failure";
};
function typeName(v) {
  if (v === null || v === void 0) return "nothing";
  if (typeof v !== "object") return typeof v;
  const name = Object.getPrototypeOf(v)?.constructor?.name;
  return typeof name === "string" ? name : "object";
}
function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

// src/address.ts
var Addresses = class {
  // the goodbye's address has its turn
  /** Throws a TypeError on an address that is none. */
  constructor(address, allowed) {
    this.allowed = allowed;
    this.#ask = typeof address === "function" ? address : null;
    this.#first = typeof address === "function" ? null : webSocketURL(address, page());
  }
  allowed;
  #ask;
  #first;
  #moved = null;
  #away = false;
  /** Gives the next attempt its address: a promise, if the program has to be asked for it. */
  next() {
    if (!this.#ask || this.#away) return this.current;
    const ask2 = this.#ask;
    return Promise.resolve().then(ask2).then((address) => this.#first = webSocketURL(address, page()));
  }
  /** Where the connection is, or the last attempt went. */
  get current() {
    return this.#away ? this.#moved : this.#first;
  }
  /** After an attempt that failed: the address of a goodbye and the program's own take turns. */
  turn() {
    this.#away = this.#moved !== null && !this.#away;
  }
  /**
   * Takes the address of a goodbye in a session. auth says that the program authenticates. The warning says what keeps
   * the client, or its session, from going on there; it is null if nothing does.
   */
  move(address, session, auth) {
    let url;
    try {
      url = webSocketURL(address, session.home);
    } catch {
      throw new MalformedError(`goodbye: the url ${JSON.stringify(shown(address))}`);
    }
    const says = `the server says to go on at ${shown(url)}`;
    if (weaker(session.home, url) || weaker(this.#first, url)) return { warning: `${says}, which is not encrypted: ignored` };
    const known = this.mayTell(url, session.home);
    const mend = `add ${JSON.stringify(url.host)} to the option allowedHosts`;
    if (!known && auth) return { warning: `${says}, another host: ignored. To authenticate there, ${mend}` };
    this.#moved = url;
    this.#away = true;
    const kept = known || !session.resumable;
    return { warning: kept ? null : `${says}, another host, which is not told of this session. To go on with it there, ${mend}` };
  }
  /** Whether a secret that the server at home gave may be sent to url. */
  mayTell(url, home) {
    if (weaker(home, url)) return false;
    return [home.host, this.#first.host, ...this.allowed].some((host) => sameHost(url, host));
  }
};
function shown(address) {
  return `${address}`.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//");
}
function page() {
  return globalThis.location?.href;
}
function weaker(from, to) {
  return from.protocol === "wss:" && to.protocol !== "wss:";
}
function sameHost(url, host) {
  return new URL(`${url.protocol}//${host}`).host === url.host;
}
function checkHost(host) {
  let url;
  try {
    url = new URL(`wss://${host}`);
  } catch {
  }
  if (typeof host !== "string" || !url || url.href !== `wss://${url.host}/` || /[/?#@]/.test(host)) {
    throw new TypeError(`allowedHosts has ${JSON.stringify(host)}: give hosts as "game.example" or "game.example:9080"`);
  }
  return host;
}
function webSocketURL(address, base) {
  const wrong = () => {
    const relative = base === void 0 ? "" : ", or be relative to the page, as /path";
    return new TypeError(`bad URL ${JSON.stringify(shown(address))}: it should look like ws://host:port/path or wss://host/path${relative}`);
  };
  if (/^[^/?#]*:\d/.test(`${address}`)) throw wrong();
  let url;
  try {
    url = new URL(address, base);
  } catch {
    throw wrong();
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw wrong();
  url.hash = "";
  return url;
}

// src/clock.ts
function now() {
  return performance.timeOrigin + performance.now();
}
var KEPT = 8;
var DRIFT = 20;
var STEP = 1e3;
var Clock = class {
  #samples = [];
  #offset = 0;
  #trip = NaN;
  #asked = [];
  #wall = wall();
  // what the date was ahead of now() when #offset was found
  #told = -Infinity;
  /** The last round trip, in milliseconds; NaN before the first. */
  get roundTrip() {
    return this.#trip;
  }
  /** The server's clock: milliseconds since 1970. It goes back only where it was wrong by more than a second. */
  get serverTime() {
    const slept = wall() - this.#wall;
    const t = now() + this.#offset + (slept > STEP ? slept : 0);
    if (t < this.#told && this.#told - t <= STEP) return this.#told;
    return this.#told = t;
  }
  /** Takes what welcome says, until the first pong knows better. */
  start(server) {
    this.#samples = [];
    this.#set(server - now());
  }
  /** Begins anew with a connection: what was asked on the old one has no answer. */
  reset() {
    this.#asked = [];
  }
  /** The time to put into a ping, in microseconds. */
  ask() {
    const sent = micros();
    this.#asked = [...this.#asked.slice(1 - KEPT), sent];
    return sent;
  }
  /** Takes a pong: what its ping said, and the server's clock as it answered, both in microseconds. */
  pong(sent, server) {
    const i = this.#asked.indexOf(sent);
    if (i < 0) return;
    this.#asked.splice(0, i + 1);
    const at = now();
    this.#trip = Math.max(0, at - sent / 1e3);
    const sample = { trip: this.#trip, offset: server / 1e3 + this.#trip / 2 - at };
    const old = this.#samples.filter((s) => Math.abs(s.offset - sample.offset) <= (s.trip + sample.trip) / 2 + DRIFT);
    this.#samples = [...old, sample].slice(-KEPT);
    this.#set(this.#samples.reduce((a, b) => b.trip < a.trip ? b : a).offset);
  }
  #set(offset) {
    this.#offset = offset;
    this.#wall = wall();
  }
};
function micros() {
  return Math.round(now() * 1e3);
}
function wall() {
  return Date.now() - now();
}

// node_modules/@msgpack/msgpack/dist.esm/utils/utf8.mjs
function utf8Count(str) {
  const strLength = str.length;
  let byteLength2 = 0;
  let pos = 0;
  while (pos < strLength) {
    let value = str.charCodeAt(pos++);
    if ((value & 4294967168) === 0) {
      byteLength2++;
      continue;
    } else if ((value & 4294965248) === 0) {
      byteLength2 += 2;
    } else {
      if (value >= 55296 && value <= 56319) {
        if (pos < strLength) {
          const extra = str.charCodeAt(pos);
          if ((extra & 64512) === 56320) {
            ++pos;
            value = ((value & 1023) << 10) + (extra & 1023) + 65536;
          }
        }
      }
      if ((value & 4294901760) === 0) {
        byteLength2 += 3;
      } else {
        byteLength2 += 4;
      }
    }
  }
  return byteLength2;
}
function utf8EncodeJs(str, output, outputOffset) {
  const strLength = str.length;
  let offset = outputOffset;
  let pos = 0;
  while (pos < strLength) {
    let value = str.charCodeAt(pos++);
    if ((value & 4294967168) === 0) {
      output[offset++] = value;
      continue;
    } else if ((value & 4294965248) === 0) {
      output[offset++] = value >> 6 & 31 | 192;
    } else {
      if (value >= 55296 && value <= 56319) {
        if (pos < strLength) {
          const extra = str.charCodeAt(pos);
          if ((extra & 64512) === 56320) {
            ++pos;
            value = ((value & 1023) << 10) + (extra & 1023) + 65536;
          }
        }
      }
      if ((value & 4294901760) === 0) {
        output[offset++] = value >> 12 & 15 | 224;
        output[offset++] = value >> 6 & 63 | 128;
      } else {
        output[offset++] = value >> 18 & 7 | 240;
        output[offset++] = value >> 12 & 63 | 128;
        output[offset++] = value >> 6 & 63 | 128;
      }
    }
    output[offset++] = value & 63 | 128;
  }
}
var sharedTextEncoder = new TextEncoder();
var TEXT_ENCODER_THRESHOLD = 50;
function utf8EncodeTE(str, output, outputOffset) {
  sharedTextEncoder.encodeInto(str, output.subarray(outputOffset));
}
function utf8Encode(str, output, outputOffset) {
  if (str.length > TEXT_ENCODER_THRESHOLD) {
    utf8EncodeTE(str, output, outputOffset);
  } else {
    utf8EncodeJs(str, output, outputOffset);
  }
}
var sharedTextDecoder = new TextDecoder();

// node_modules/@msgpack/msgpack/dist.esm/ExtData.mjs
var ExtData = class {
  type;
  data;
  constructor(type2, data) {
    this.type = type2;
    this.data = data;
  }
};

// node_modules/@msgpack/msgpack/dist.esm/DecodeError.mjs
var DecodeError = class _DecodeError extends Error {
  constructor(message) {
    super(message);
    const proto = Object.create(_DecodeError.prototype);
    Object.setPrototypeOf(this, proto);
    Object.defineProperty(this, "name", {
      configurable: true,
      enumerable: false,
      value: _DecodeError.name
    });
  }
};

// node_modules/@msgpack/msgpack/dist.esm/utils/int.mjs
function setUint64(view, offset, value) {
  const high = value / 4294967296;
  const low = value;
  view.setUint32(offset, high);
  view.setUint32(offset + 4, low);
}
function setInt64(view, offset, value) {
  const high = Math.floor(value / 4294967296);
  const low = value;
  view.setUint32(offset, high);
  view.setUint32(offset + 4, low);
}
function getInt64(view, offset) {
  const high = view.getInt32(offset);
  const low = view.getUint32(offset + 4);
  return high * 4294967296 + low;
}

// node_modules/@msgpack/msgpack/dist.esm/timestamp.mjs
var EXT_TIMESTAMP = -1;
var TIMESTAMP32_MAX_SEC = 4294967296 - 1;
var TIMESTAMP64_MAX_SEC = 17179869184 - 1;
function encodeTimeSpecToTimestamp({ sec, nsec }) {
  if (sec >= 0 && nsec >= 0 && sec <= TIMESTAMP64_MAX_SEC) {
    if (nsec === 0 && sec <= TIMESTAMP32_MAX_SEC) {
      const rv = new Uint8Array(4);
      const view = new DataView(rv.buffer);
      view.setUint32(0, sec);
      return rv;
    } else {
      const secHigh = sec / 4294967296;
      const secLow = sec & 4294967295;
      const rv = new Uint8Array(8);
      const view = new DataView(rv.buffer);
      view.setUint32(0, nsec << 2 | secHigh & 3);
      view.setUint32(4, secLow);
      return rv;
    }
  } else {
    const rv = new Uint8Array(12);
    const view = new DataView(rv.buffer);
    view.setUint32(0, nsec);
    setInt64(view, 4, sec);
    return rv;
  }
}
function encodeDateToTimeSpec(date) {
  const msec = date.getTime();
  const sec = Math.floor(msec / 1e3);
  const nsec = (msec - sec * 1e3) * 1e6;
  const nsecInSec = Math.floor(nsec / 1e9);
  return {
    sec: sec + nsecInSec,
    nsec: nsec - nsecInSec * 1e9
  };
}
function encodeTimestampExtension(object) {
  if (object instanceof Date) {
    const timeSpec = encodeDateToTimeSpec(object);
    return encodeTimeSpecToTimestamp(timeSpec);
  } else {
    return null;
  }
}
function decodeTimestampToTimeSpec(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (data.byteLength) {
    case 4: {
      const sec = view.getUint32(0);
      const nsec = 0;
      return { sec, nsec };
    }
    case 8: {
      const nsec30AndSecHigh2 = view.getUint32(0);
      const secLow32 = view.getUint32(4);
      const sec = (nsec30AndSecHigh2 & 3) * 4294967296 + secLow32;
      const nsec = nsec30AndSecHigh2 >>> 2;
      return { sec, nsec };
    }
    case 12: {
      const sec = getInt64(view, 4);
      const nsec = view.getUint32(0);
      return { sec, nsec };
    }
    default:
      throw new DecodeError(`Unrecognized data size for timestamp (expected 4, 8, or 12): ${data.length}`);
  }
}
function decodeTimestampExtension(data) {
  const timeSpec = decodeTimestampToTimeSpec(data);
  return new Date(timeSpec.sec * 1e3 + timeSpec.nsec / 1e6);
}
var timestampExtension = {
  type: EXT_TIMESTAMP,
  encode: encodeTimestampExtension,
  decode: decodeTimestampExtension
};

// node_modules/@msgpack/msgpack/dist.esm/ExtensionCodec.mjs
var ExtensionCodec = class _ExtensionCodec {
  static defaultCodec = new _ExtensionCodec();
  // ensures ExtensionCodecType<X> matches ExtensionCodec<X>
  // this will make type errors a lot more clear
  // eslint-disable-next-line @typescript-eslint/naming-convention
  __brand;
  // built-in extensions
  builtInEncoders = [];
  builtInDecoders = [];
  // custom extensions
  encoders = [];
  decoders = [];
  constructor() {
    this.register(timestampExtension);
  }
  register({ type: type2, encode: encode2, decode }) {
    if (type2 >= 0) {
      this.encoders[type2] = encode2;
      this.decoders[type2] = decode;
    } else {
      const index = -1 - type2;
      this.builtInEncoders[index] = encode2;
      this.builtInDecoders[index] = decode;
    }
  }
  tryToEncode(object, context) {
    for (let i = 0; i < this.builtInEncoders.length; i++) {
      const encodeExt = this.builtInEncoders[i];
      if (encodeExt != null) {
        const data = encodeExt(object, context);
        if (data != null) {
          const type2 = -1 - i;
          return new ExtData(type2, data);
        }
      }
    }
    for (let i = 0; i < this.encoders.length; i++) {
      const encodeExt = this.encoders[i];
      if (encodeExt != null) {
        const data = encodeExt(object, context);
        if (data != null) {
          const type2 = i;
          return new ExtData(type2, data);
        }
      }
    }
    if (object instanceof ExtData) {
      return object;
    }
    return null;
  }
  decode(data, type2, context) {
    const decodeExt = type2 < 0 ? this.builtInDecoders[-1 - type2] : this.decoders[type2];
    if (decodeExt) {
      return decodeExt(data, type2, context);
    } else {
      return new ExtData(type2, data);
    }
  }
};

// node_modules/@msgpack/msgpack/dist.esm/utils/typedArrays.mjs
function isArrayBufferLike(buffer) {
  return buffer instanceof ArrayBuffer || typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
}
function ensureUint8Array(buffer) {
  if (buffer instanceof Uint8Array) {
    return buffer;
  } else if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } else if (isArrayBufferLike(buffer)) {
    return new Uint8Array(buffer);
  } else {
    return Uint8Array.from(buffer);
  }
}

// node_modules/@msgpack/msgpack/dist.esm/Encoder.mjs
var DEFAULT_MAX_DEPTH = 100;
var DEFAULT_INITIAL_BUFFER_SIZE = 2048;
var Encoder = class _Encoder {
  extensionCodec;
  context;
  useBigInt64;
  maxDepth;
  initialBufferSize;
  sortKeys;
  forceFloat32;
  ignoreUndefined;
  forceIntegerToFloat;
  pos;
  view;
  bytes;
  entered = false;
  constructor(options) {
    this.extensionCodec = options?.extensionCodec ?? ExtensionCodec.defaultCodec;
    this.context = options?.context;
    this.useBigInt64 = options?.useBigInt64 ?? false;
    this.maxDepth = options?.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.initialBufferSize = options?.initialBufferSize ?? DEFAULT_INITIAL_BUFFER_SIZE;
    this.sortKeys = options?.sortKeys ?? false;
    this.forceFloat32 = options?.forceFloat32 ?? false;
    this.ignoreUndefined = options?.ignoreUndefined ?? false;
    this.forceIntegerToFloat = options?.forceIntegerToFloat ?? false;
    this.pos = 0;
    this.view = new DataView(new ArrayBuffer(this.initialBufferSize));
    this.bytes = new Uint8Array(this.view.buffer);
  }
  clone() {
    return new _Encoder({
      extensionCodec: this.extensionCodec,
      context: this.context,
      useBigInt64: this.useBigInt64,
      maxDepth: this.maxDepth,
      initialBufferSize: this.initialBufferSize,
      sortKeys: this.sortKeys,
      forceFloat32: this.forceFloat32,
      ignoreUndefined: this.ignoreUndefined,
      forceIntegerToFloat: this.forceIntegerToFloat
    });
  }
  reinitializeState() {
    this.pos = 0;
  }
  /**
   * This is almost equivalent to {@link Encoder#encode}, but it returns an reference of the encoder's internal buffer and thus much faster than {@link Encoder#encode}.
   *
   * @returns Encodes the object and returns a shared reference the encoder's internal buffer.
   */
  encodeSharedRef(object) {
    if (this.entered) {
      const instance = this.clone();
      return instance.encodeSharedRef(object);
    }
    try {
      this.entered = true;
      this.reinitializeState();
      this.doEncode(object, 1);
      return this.bytes.subarray(0, this.pos);
    } finally {
      this.entered = false;
    }
  }
  /**
   * @returns Encodes the object and returns a copy of the encoder's internal buffer.
   */
  encode(object) {
    if (this.entered) {
      const instance = this.clone();
      return instance.encode(object);
    }
    try {
      this.entered = true;
      this.reinitializeState();
      this.doEncode(object, 1);
      return this.bytes.slice(0, this.pos);
    } finally {
      this.entered = false;
    }
  }
  doEncode(object, depth) {
    if (depth > this.maxDepth) {
      throw new Error(`Too deep objects in depth ${depth}`);
    }
    if (object == null) {
      this.encodeNil();
    } else if (typeof object === "boolean") {
      this.encodeBoolean(object);
    } else if (typeof object === "number") {
      if (!this.forceIntegerToFloat) {
        this.encodeNumber(object);
      } else {
        this.encodeNumberAsFloat(object);
      }
    } else if (typeof object === "string") {
      this.encodeString(object);
    } else if (this.useBigInt64 && typeof object === "bigint") {
      this.encodeBigInt64(object);
    } else {
      this.encodeObject(object, depth);
    }
  }
  ensureBufferSizeToWrite(sizeToWrite) {
    const requiredSize = this.pos + sizeToWrite;
    if (this.view.byteLength < requiredSize) {
      this.resizeBuffer(requiredSize * 2);
    }
  }
  resizeBuffer(newSize) {
    const newBuffer = new ArrayBuffer(newSize);
    const newBytes = new Uint8Array(newBuffer);
    const newView = new DataView(newBuffer);
    newBytes.set(this.bytes);
    this.view = newView;
    this.bytes = newBytes;
  }
  encodeNil() {
    this.writeU8(192);
  }
  encodeBoolean(object) {
    if (object === false) {
      this.writeU8(194);
    } else {
      this.writeU8(195);
    }
  }
  encodeNumber(object) {
    if (!this.forceIntegerToFloat && Number.isSafeInteger(object)) {
      if (object >= 0) {
        if (object < 128) {
          this.writeU8(object);
        } else if (object < 256) {
          this.writeU8(204);
          this.writeU8(object);
        } else if (object < 65536) {
          this.writeU8(205);
          this.writeU16(object);
        } else if (object < 4294967296) {
          this.writeU8(206);
          this.writeU32(object);
        } else if (!this.useBigInt64) {
          this.writeU8(207);
          this.writeU64(object);
        } else {
          this.encodeNumberAsFloat(object);
        }
      } else {
        if (object >= -32) {
          this.writeU8(224 | object + 32);
        } else if (object >= -128) {
          this.writeU8(208);
          this.writeI8(object);
        } else if (object >= -32768) {
          this.writeU8(209);
          this.writeI16(object);
        } else if (object >= -2147483648) {
          this.writeU8(210);
          this.writeI32(object);
        } else if (!this.useBigInt64) {
          this.writeU8(211);
          this.writeI64(object);
        } else {
          this.encodeNumberAsFloat(object);
        }
      }
    } else {
      this.encodeNumberAsFloat(object);
    }
  }
  encodeNumberAsFloat(object) {
    if (this.forceFloat32) {
      this.writeU8(202);
      this.writeF32(object);
    } else {
      this.writeU8(203);
      this.writeF64(object);
    }
  }
  encodeBigInt64(object) {
    if (object >= BigInt(0)) {
      this.writeU8(207);
      this.writeBigUint64(object);
    } else {
      this.writeU8(211);
      this.writeBigInt64(object);
    }
  }
  writeStringHeader(byteLength2) {
    if (byteLength2 < 32) {
      this.writeU8(160 + byteLength2);
    } else if (byteLength2 < 256) {
      this.writeU8(217);
      this.writeU8(byteLength2);
    } else if (byteLength2 < 65536) {
      this.writeU8(218);
      this.writeU16(byteLength2);
    } else if (byteLength2 < 4294967296) {
      this.writeU8(219);
      this.writeU32(byteLength2);
    } else {
      throw new Error(`Too long string: ${byteLength2} bytes in UTF-8`);
    }
  }
  encodeString(object) {
    const maxHeaderSize = 1 + 4;
    const byteLength2 = utf8Count(object);
    this.ensureBufferSizeToWrite(maxHeaderSize + byteLength2);
    this.writeStringHeader(byteLength2);
    utf8Encode(object, this.bytes, this.pos);
    this.pos += byteLength2;
  }
  encodeObject(object, depth) {
    const ext = this.extensionCodec.tryToEncode(object, this.context);
    if (ext != null) {
      this.encodeExtension(ext);
    } else if (Array.isArray(object)) {
      this.encodeArray(object, depth);
    } else if (ArrayBuffer.isView(object)) {
      this.encodeBinary(object);
    } else if (typeof object === "object") {
      this.encodeMap(object, depth);
    } else {
      throw new Error(`Unrecognized object: ${Object.prototype.toString.apply(object)}`);
    }
  }
  encodeBinary(object) {
    const size = object.byteLength;
    if (size < 256) {
      this.writeU8(196);
      this.writeU8(size);
    } else if (size < 65536) {
      this.writeU8(197);
      this.writeU16(size);
    } else if (size < 4294967296) {
      this.writeU8(198);
      this.writeU32(size);
    } else {
      throw new Error(`Too large binary: ${size}`);
    }
    const bytes2 = ensureUint8Array(object);
    this.writeU8a(bytes2);
  }
  encodeArray(object, depth) {
    const size = object.length;
    if (size < 16) {
      this.writeU8(144 + size);
    } else if (size < 65536) {
      this.writeU8(220);
      this.writeU16(size);
    } else if (size < 4294967296) {
      this.writeU8(221);
      this.writeU32(size);
    } else {
      throw new Error(`Too large array: ${size}`);
    }
    for (const item of object) {
      this.doEncode(item, depth + 1);
    }
  }
  countWithoutUndefined(object, keys) {
    let count = 0;
    for (const key of keys) {
      if (object[key] !== void 0) {
        count++;
      }
    }
    return count;
  }
  encodeMap(object, depth) {
    const keys = Object.keys(object);
    if (this.sortKeys) {
      keys.sort();
    }
    const size = this.ignoreUndefined ? this.countWithoutUndefined(object, keys) : keys.length;
    if (size < 16) {
      this.writeU8(128 + size);
    } else if (size < 65536) {
      this.writeU8(222);
      this.writeU16(size);
    } else if (size < 4294967296) {
      this.writeU8(223);
      this.writeU32(size);
    } else {
      throw new Error(`Too large map object: ${size}`);
    }
    for (const key of keys) {
      const value = object[key];
      if (!(this.ignoreUndefined && value === void 0)) {
        this.encodeString(key);
        this.doEncode(value, depth + 1);
      }
    }
  }
  encodeExtension(ext) {
    if (typeof ext.data === "function") {
      const data = ext.data(this.pos + 6);
      const size2 = data.length;
      if (size2 >= 4294967296) {
        throw new Error(`Too large extension object: ${size2}`);
      }
      this.writeU8(201);
      this.writeU32(size2);
      this.writeI8(ext.type);
      this.writeU8a(data);
      return;
    }
    const size = ext.data.length;
    if (size === 1) {
      this.writeU8(212);
    } else if (size === 2) {
      this.writeU8(213);
    } else if (size === 4) {
      this.writeU8(214);
    } else if (size === 8) {
      this.writeU8(215);
    } else if (size === 16) {
      this.writeU8(216);
    } else if (size < 256) {
      this.writeU8(199);
      this.writeU8(size);
    } else if (size < 65536) {
      this.writeU8(200);
      this.writeU16(size);
    } else if (size < 4294967296) {
      this.writeU8(201);
      this.writeU32(size);
    } else {
      throw new Error(`Too large extension object: ${size}`);
    }
    this.writeI8(ext.type);
    this.writeU8a(ext.data);
  }
  writeU8(value) {
    this.ensureBufferSizeToWrite(1);
    this.view.setUint8(this.pos, value);
    this.pos++;
  }
  writeU8a(values) {
    const size = values.length;
    this.ensureBufferSizeToWrite(size);
    this.bytes.set(values, this.pos);
    this.pos += size;
  }
  writeI8(value) {
    this.ensureBufferSizeToWrite(1);
    this.view.setInt8(this.pos, value);
    this.pos++;
  }
  writeU16(value) {
    this.ensureBufferSizeToWrite(2);
    this.view.setUint16(this.pos, value);
    this.pos += 2;
  }
  writeI16(value) {
    this.ensureBufferSizeToWrite(2);
    this.view.setInt16(this.pos, value);
    this.pos += 2;
  }
  writeU32(value) {
    this.ensureBufferSizeToWrite(4);
    this.view.setUint32(this.pos, value);
    this.pos += 4;
  }
  writeI32(value) {
    this.ensureBufferSizeToWrite(4);
    this.view.setInt32(this.pos, value);
    this.pos += 4;
  }
  writeF32(value) {
    this.ensureBufferSizeToWrite(4);
    this.view.setFloat32(this.pos, value);
    this.pos += 4;
  }
  writeF64(value) {
    this.ensureBufferSizeToWrite(8);
    this.view.setFloat64(this.pos, value);
    this.pos += 8;
  }
  writeU64(value) {
    this.ensureBufferSizeToWrite(8);
    setUint64(this.view, this.pos, value);
    this.pos += 8;
  }
  writeI64(value) {
    this.ensureBufferSizeToWrite(8);
    setInt64(this.view, this.pos, value);
    this.pos += 8;
  }
  writeBigUint64(value) {
    this.ensureBufferSizeToWrite(8);
    this.view.setBigUint64(this.pos, value);
    this.pos += 8;
  }
  writeBigInt64(value) {
    this.ensureBufferSizeToWrite(8);
    this.view.setBigInt64(this.pos, value);
    this.pos += 8;
  }
};

// src/values.ts
var MathValue = class {
  /** The number of the type among the engine's Variant types, and of its extension. */
  static type;
  toString() {
    return `${this.constructor.name}(${this.numbers().join(", ")})`;
  }
};
var Vector2 = class extends MathValue {
  constructor(x = 0, y = 0) {
    super();
    this.x = x;
    this.y = y;
  }
  x;
  y;
  static type = 5;
  numbers() {
    return [this.x, this.y];
  }
};
var Vector2i = class extends MathValue {
  constructor(x = 0, y = 0) {
    super();
    this.x = x;
    this.y = y;
  }
  x;
  y;
  static type = 6;
  numbers() {
    return [this.x, this.y];
  }
};
var Rect2 = class extends MathValue {
  constructor(position = new Vector2(), size = new Vector2()) {
    super();
    this.position = position;
    this.size = size;
  }
  position;
  size;
  static type = 7;
  numbers() {
    return [...this.position.numbers(), ...this.size.numbers()];
  }
};
var Rect2i = class extends MathValue {
  constructor(position = new Vector2i(), size = new Vector2i()) {
    super();
    this.position = position;
    this.size = size;
  }
  position;
  size;
  static type = 8;
  numbers() {
    return [...this.position.numbers(), ...this.size.numbers()];
  }
};
var Vector3 = class extends MathValue {
  constructor(x = 0, y = 0, z = 0) {
    super();
    this.x = x;
    this.y = y;
    this.z = z;
  }
  x;
  y;
  z;
  static type = 9;
  numbers() {
    return [this.x, this.y, this.z];
  }
};
var Vector3i = class extends MathValue {
  constructor(x = 0, y = 0, z = 0) {
    super();
    this.x = x;
    this.y = y;
    this.z = z;
  }
  x;
  y;
  z;
  static type = 10;
  numbers() {
    return [this.x, this.y, this.z];
  }
};
var Transform2D = class extends MathValue {
  constructor(x = new Vector2(1, 0), y = new Vector2(0, 1), origin = new Vector2()) {
    super();
    this.x = x;
    this.y = y;
    this.origin = origin;
  }
  x;
  y;
  origin;
  static type = 11;
  numbers() {
    return [...this.x.numbers(), ...this.y.numbers(), ...this.origin.numbers()];
  }
};
var Vector4 = class extends MathValue {
  constructor(x = 0, y = 0, z = 0, w = 0) {
    super();
    this.x = x;
    this.y = y;
    this.z = z;
    this.w = w;
  }
  x;
  y;
  z;
  w;
  static type = 12;
  numbers() {
    return [this.x, this.y, this.z, this.w];
  }
};
var Vector4i = class extends MathValue {
  constructor(x = 0, y = 0, z = 0, w = 0) {
    super();
    this.x = x;
    this.y = y;
    this.z = z;
    this.w = w;
  }
  x;
  y;
  z;
  w;
  static type = 13;
  numbers() {
    return [this.x, this.y, this.z, this.w];
  }
};
var Plane = class extends MathValue {
  constructor(normal = new Vector3(), d = 0) {
    super();
    this.normal = normal;
    this.d = d;
  }
  normal;
  d;
  static type = 14;
  numbers() {
    return [...this.normal.numbers(), this.d];
  }
};
var Quaternion = class extends MathValue {
  constructor(x = 0, y = 0, z = 0, w = 1) {
    super();
    this.x = x;
    this.y = y;
    this.z = z;
    this.w = w;
  }
  x;
  y;
  z;
  w;
  static type = 15;
  numbers() {
    return [this.x, this.y, this.z, this.w];
  }
};
var AABB = class extends MathValue {
  constructor(position = new Vector3(), size = new Vector3()) {
    super();
    this.position = position;
    this.size = size;
  }
  position;
  size;
  static type = 16;
  numbers() {
    return [...this.position.numbers(), ...this.size.numbers()];
  }
};
var Basis = class extends MathValue {
  constructor(x = new Vector3(1, 0, 0), y = new Vector3(0, 1, 0), z = new Vector3(0, 0, 1)) {
    super();
    this.x = x;
    this.y = y;
    this.z = z;
  }
  x;
  y;
  z;
  static type = 17;
  numbers() {
    const { x, y, z } = this;
    return [x.x, y.x, z.x, x.y, y.y, z.y, x.z, y.z, z.z];
  }
};
var Transform3D = class extends MathValue {
  constructor(basis2 = new Basis(), origin = new Vector3()) {
    super();
    this.basis = basis2;
    this.origin = origin;
  }
  basis;
  origin;
  static type = 18;
  numbers() {
    return [...this.basis.numbers(), ...this.origin.numbers()];
  }
};
var Projection = class extends MathValue {
  constructor(x = new Vector4(1, 0, 0, 0), y = new Vector4(0, 1, 0, 0), z = new Vector4(0, 0, 1, 0), w = new Vector4(0, 0, 0, 1)) {
    super();
    this.x = x;
    this.y = y;
    this.z = z;
    this.w = w;
  }
  x;
  y;
  z;
  w;
  static type = 19;
  numbers() {
    return [...this.x.numbers(), ...this.y.numbers(), ...this.z.numbers(), ...this.w.numbers()];
  }
};
var Color = class extends MathValue {
  constructor(r = 0, g = 0, b = 0, a = 1) {
    super();
    this.r = r;
    this.g = g;
    this.b = b;
    this.a = a;
  }
  r;
  g;
  b;
  a;
  static type = 20;
  numbers() {
    return [this.r, this.g, this.b, this.a];
  }
};
var StringName = class {
  constructor(name) {
    this.name = name;
  }
  name;
  toString() {
    return this.name;
  }
};
var NodePath = class {
  constructor(path) {
    this.path = path;
  }
  path;
  toString() {
    return this.path;
  }
};
var Extension = class {
  constructor(type2, data) {
    this.type = type2;
    this.data = data;
  }
  type;
  data;
};
var Timestamp = class extends Date {
  constructor(milliseconds, nanoseconds) {
    super(milliseconds);
    this.nanoseconds = nanoseconds;
  }
  nanoseconds;
};
var TIMESTAMP = -1;
var STRING_NAME = 21;
var NODE_PATH = 22;
var v2 = (n, i) => new Vector2(n[i], n[i + 1]);
var v3 = (n, i) => new Vector3(n[i], n[i + 1], n[i + 2]);
var v4 = (n, i) => new Vector4(n[i], n[i + 1], n[i + 2], n[i + 3]);
var basis = (n) => new Basis(new Vector3(n[0], n[3], n[6]), new Vector3(n[1], n[4], n[7]), new Vector3(n[2], n[5], n[8]));
var floats = (count, make) => ({ integer: false, count, make });
var integers = (count, make) => ({ integer: true, count, make });
var MATH = /* @__PURE__ */ new Map([
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
  [Color.type, floats(4, (n) => new Color(n[0], n[1], n[2], n[3]))]
]);
function mathSize(type2) {
  return 4 * (MATH.get(type2)?.count ?? 0);
}
function toExtension(v) {
  if (v instanceof Extension) return v;
  if (v instanceof Date) return new Extension(TIMESTAMP, timestamp(v));
  if (v instanceof StringName) return new Extension(STRING_NAME, utf8Bytes(v.name));
  if (v instanceof NodePath) return new Extension(NODE_PATH, utf8Bytes(v.path));
  if (!(v instanceof MathValue)) return null;
  const type2 = v.constructor.type;
  const numbers = v.numbers();
  const data = new DataView(new ArrayBuffer(4 * numbers.length));
  const integer = MATH.get(type2)?.integer ?? false;
  numbers.forEach((n, i) => {
    const fits = () => integer ? (n | 0) === n : Number.isFinite(Math.fround(n)) || !Number.isFinite(n);
    if (typeof n !== "number" || !fits()) {
      throw new ArgumentError(`${String(n)} in a ${v.constructor.name}, whose numbers are ${integer ? "int32" : "float32"}`);
    }
    if (integer) data.setInt32(4 * i, n, true);
    else data.setFloat32(4 * i, n, true);
  });
  return new Extension(type2, new Uint8Array(data.buffer));
}
function timestamp(date) {
  const ms = date.getTime();
  const extra = date instanceof Timestamp ? date.nanoseconds : 0;
  if (Number.isNaN(ms)) throw new ArgumentError("a date that is none");
  if (!(Number.isInteger(extra) && extra >= 0 && extra < 1e6)) throw new ArgumentError(`${extra} nanoseconds in a Timestamp`);
  const seconds = Math.floor(ms / 1e3);
  const nanoseconds = (ms - seconds * 1e3) * 1e6 + extra;
  const short = seconds >= 0 && seconds < 2 ** 34;
  const view = new DataView(new ArrayBuffer(!short ? 12 : nanoseconds === 0 && seconds < 2 ** 32 ? 4 : 8));
  if (view.byteLength === 12) {
    view.setUint32(0, nanoseconds);
    view.setBigInt64(4, BigInt(seconds));
  } else if (view.byteLength === 8) view.setBigUint64(0, BigInt(nanoseconds) << 34n | BigInt(seconds));
  else view.setUint32(0, seconds);
  return new Uint8Array(view.buffer);
}
function fromTimestamp(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let [seconds, nanoseconds] = [0n, 0];
  if (data.length === 4) seconds = BigInt(view.getUint32(0));
  else if (data.length === 8) {
    const all = view.getBigUint64(0);
    [seconds, nanoseconds] = [all & 2n ** 34n - 1n, Number(all >> 34n)];
  } else if (data.length === 12) [seconds, nanoseconds] = [view.getBigInt64(4), view.getUint32(0)];
  else throw new MalformedError(`a timestamp of ${data.length} bytes`);
  if (nanoseconds >= 1e9) throw new MalformedError(`a timestamp with ${nanoseconds} nanoseconds`);
  const ms = Number(seconds) * 1e3 + Math.floor(nanoseconds / 1e6);
  if (!(Math.abs(ms) <= 864e13)) return new Extension(TIMESTAMP, data);
  const extra = nanoseconds % 1e6;
  return extra ? new Timestamp(ms, extra) : new Date(ms);
}
function fromExtension(type2, data) {
  if (type2 === TIMESTAMP) return fromTimestamp(data);
  if (type2 === STRING_NAME) return new StringName(text(data));
  if (type2 === NODE_PATH) return new NodePath(text(data));
  const math = MATH.get(type2);
  if (!math) return new Extension(type2, data);
  if (data.length !== 4 * math.count) {
    throw new MalformedError(`extension ${type2} has ${data.length} bytes, not ${4 * math.count}`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const numbers = [];
  for (let i = 0; i < data.length; i += 4) {
    numbers.push(math.integer ? view.getInt32(i, true) : view.getFloat32(i, true));
  }
  return math.make(numbers);
}
var utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
var encoder = new TextEncoder();
function utf8Bytes(s) {
  if (/\p{Surrogate}/u.test(s)) throw new ArgumentError("half a character");
  return encoder.encode(s);
}
function byteLength(s) {
  return encoder.encode(s).length;
}
function text(data) {
  try {
    return utf8.decode(data);
  } catch {
    throw new MalformedError("a string is not UTF-8");
  }
}

// src/general.ts
var Variant = {
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
  strings: 34
};
var WIDE = 1;
var BUILTIN = 1;
var PATH_MARK = 2147483648;
var NUMBERS = /* @__PURE__ */ new Map([
  [30, Int32Array],
  [31, BigInt64Array],
  [32, Float32Array],
  [33, Float64Array]
]);
var MATH2 = /* @__PURE__ */ new Map([
  [35, { element: 5, size: 8 }],
  [36, { element: 9, size: 12 }],
  [37, { element: 20, size: 16 }],
  [38, { element: 12, size: 16 }]
]);
function arrayExtension(of, values) {
  const w = new Out();
  w.head(Variant.array, of && BUILTIN);
  if (of) w.u32(of);
  w.u32(values.length);
  for (const v of values) w.value(v, of, 1);
  return new Extension(Variant.array, w.bytes());
}
function dictionaryExtension(keys, values, entries) {
  const w = new Out();
  w.head(Variant.dictionary, (keys && BUILTIN) | (values && BUILTIN) << 2);
  if (keys) w.u32(keys);
  if (values) w.u32(values);
  w.u32(entries.size);
  for (const [key, v] of entries) w.value(key, keys, 1).value(v, values, 1);
  return new Extension(Variant.dictionary, w.bytes());
}
function packedExtension(v) {
  const type2 = [...NUMBERS].find(([, of]) => v instanceof of)?.[0];
  if (type2 === void 0) return null;
  const w = new Out();
  const numbers = v;
  w.head(type2);
  w.u32(numbers.length);
  w.raw(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  return new Extension(type2, w.bytes());
}
function elementsOf(type2, data, depth) {
  if (!NUMBERS.has(type2) && !(type2 === Variant.array && (data[2] ?? 0) <= BUILTIN)) return null;
  const r = new In(data);
  const v = r.value(depth);
  if (r.left > 0 || data[0] !== type2) throw new MalformedError(`an extension ${type2} that is none`);
  return v;
}
function contents(e) {
  if (e.type !== Variant.dictionary && e.type !== Variant.array && !(e.type >= Variant.strings && e.type <= 38)) return void 0;
  const r = new In(e.data);
  const v = r.value(0);
  if (r.left > 0 || e.data[0] !== e.type) throw new ArgumentError(`an extension ${e.type} that is none`);
  return v;
}
var Out = class {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  bytes() {
    return this.#bytes.slice(0, this.#at);
  }
  #room(n) {
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
  u32(n) {
    const at = this.#room(4);
    this.#view.setUint32(at, n, true);
  }
  head(type2, flags = 0) {
    this.u32(type2 | flags << 16);
  }
  raw(data) {
    const at = this.#room(data.length + (-data.length & 3));
    this.#bytes.set(data, at);
  }
  text(s) {
    if (s.includes("\0")) throw new ArgumentError("a NUL, which Godot's strings cannot hold");
    const data = utf8Bytes(s);
    this.u32(data.length);
    this.raw(data);
  }
  /** A value that stands in depth containers; kind says what it is where the value does not. */
  value(v, kind, depth) {
    if (v === null || v === void 0) this.head(Variant.nil);
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
  #number(n, kind) {
    if (kind === Variant.float || typeof n === "number" && kind !== Variant.int && (!Number.isSafeInteger(n) || Object.is(n, -0))) {
      const f = Number(n);
      const wide2 = !Object.is(Math.fround(f), f);
      this.head(Variant.float, wide2 ? WIDE : 0);
      const at2 = this.#room(wide2 ? 8 : 4);
      if (wide2) this.#view.setFloat64(at2, f, true);
      else this.#view.setFloat32(at2, f, true);
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
  #string(s, kind) {
    if (kind === Variant.nodePath) this.#path(s);
    else {
      this.head(kind === Variant.stringName ? kind : Variant.string);
      this.text(s);
    }
  }
  #path(path) {
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
  #object(v, depth) {
    if (v instanceof StringName) return this.#string(v.name, Variant.stringName);
    if (v instanceof NodePath) return this.#path(v.path);
    if (v instanceof MathValue) {
      const e = toExtension(v);
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
    const proto = Object.getPrototypeOf(v);
    if (!(v instanceof Map) && proto !== Object.prototype && proto !== null) {
      throw new ArgumentError(`a ${typeName(v)} has no form in Godot`);
    }
    const entries = v instanceof Map ? [...v] : Object.entries(v).filter(([, e]) => e !== void 0);
    this.head(Variant.dictionary);
    this.u32(entries.length);
    for (const [key, e] of entries) this.value(key, Variant.nil, depth + 1).value(e, Variant.nil, depth + 1);
  }
};
var In = class {
  constructor(data) {
    this.data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }
  data;
  #at = 0;
  #view;
  get left() {
    return this.data.length - this.#at;
  }
  #take(n) {
    const at = this.#at;
    if (n > this.left) throw new MalformedError("it ends too early");
    this.#at += n;
    return at;
  }
  #u32() {
    return this.#view.getUint32(this.#take(4), true);
  }
  /** The data of n bytes, and what they are padded with. */
  #bytes(n) {
    const at = this.#take(n);
    this.#take(Math.min(-n & 3, this.left));
    return this.data.slice(at, at + n);
  }
  #text() {
    return text(this.#bytes(this.#u32()));
  }
  /** The number of things of so many bytes each, or more. */
  #count(n, size) {
    if (n * size > this.left) throw new MalformedError(`${n} values in ${this.left} bytes`);
    return n;
  }
  value(depth) {
    const begin = this.#at;
    const head2 = this.#u32();
    const type2 = head2 & 255;
    const flags = head2 >>> 16;
    const wide = (flags & WIDE) !== 0;
    switch (type2) {
      case Variant.nil:
        return null;
      case Variant.bool:
        return this.#u32() !== 0;
      case Variant.int: {
        if (!wide) return this.#view.getInt32(this.#take(4), true);
        const n = this.#view.getBigInt64(this.#take(8), true);
        return Number.isSafeInteger(Number(n)) ? Number(n) : n;
      }
      case Variant.float:
        return wide ? this.#view.getFloat64(this.#take(8), true) : this.#view.getFloat32(this.#take(4), true);
      case Variant.string:
        return this.#text();
      case Variant.stringName:
        return new StringName(this.#text());
      case Variant.nodePath:
        return this.#path();
      case Variant.signal:
        this.#text();
        this.#take(8);
        return new Extension(type2, this.data.slice(begin, this.#at));
      case Variant.rid:
      case Variant.object:
      case Variant.callable:
        if (type2 === Variant.object && !wide) throw new MalformedError("an object with its properties");
        if (type2 !== Variant.callable) this.#take(8);
        return new Extension(type2, this.data.slice(begin, this.#at));
      case Variant.dictionary:
      case Variant.array:
        return this.#container(type2, flags, depth);
      case Variant.bytes:
        return this.#bytes(this.#u32());
      case Variant.strings:
        return Array.from({ length: this.#count(this.#u32(), 4) }, () => this.#text().replace(/\0$/, ""));
    }
    const numbers = NUMBERS.get(type2);
    if (numbers) {
      const n = this.#count(this.#u32(), type2 % 2 === 0 ? 4 : 8);
      return new numbers(this.#bytes(n * (type2 % 2 === 0 ? 4 : 8)).buffer);
    }
    const math = MATH2.get(type2);
    if (wide && (math || mathSize(type2) > 0)) {
      throw new MalformedError(`a value of type ${type2} in double precision`);
    }
    if (math) {
      const n = this.#count(this.#u32(), math.size);
      return Array.from({ length: n }, () => fromExtension(math.element, this.#bytes(math.size)));
    }
    const size = mathSize(type2);
    if (!size) throw new MalformedError(`a value of the type ${type2}`);
    return fromExtension(type2, this.#bytes(size));
  }
  #path() {
    const [names, subnames, flags] = [this.#u32(), this.#u32(), this.#u32()];
    if (names < PATH_MARK) throw new MalformedError("a NodePath of an old form");
    const all = Array.from({ length: this.#count(names - PATH_MARK + subnames, 4) }, () => this.#text());
    const nodes = all.slice(0, names - PATH_MARK).join("/");
    return new NodePath([(flags & 1 ? "/" : "") + nodes, ...all.slice(names - PATH_MARK)].join(":"));
  }
  #container(type2, flags, depth) {
    if (depth >= MAX_DEPTH) throw new MalformedError(`more than ${MAX_DEPTH} values in one another`);
    for (let i = 0; i < (type2 === Variant.array ? 1 : 2); i++) {
      const kind = flags >>> 2 * i & 3;
      if (kind === BUILTIN) this.#u32();
      else if (kind > BUILTIN) this.#text();
    }
    const n = this.#u32() & 2147483647;
    if (type2 === Variant.array) {
      this.#count(n, 4);
      return Array.from({ length: n }, () => this.value(depth + 1));
    }
    this.#count(n, 8);
    const map2 = /* @__PURE__ */ new Map();
    for (let i = 0; i < n; i++) {
      const key = this.value(depth + 1);
      if (map2.has(key)) throw new MalformedError(`the key ${String(key)} twice in a dictionary`);
      map2.set(key, this.value(depth + 1));
    }
    const plain2 = depth > 0 && [...map2.keys()].every((key) => typeof key === "string" && key !== "__proto__");
    return plain2 ? Object.fromEntries(map2) : map2;
  }
};

// src/msgpack.ts
var extensionCodec = {
  tryToEncode(v) {
    const e = toExtension(v) ?? packedExtension(v);
    return e && new ExtData(e.type, e.data);
  },
  decode: () => null
  // the library reads nothing
};
var encoder2 = new Encoder({ extensionCodec, ignoreUndefined: true, maxDepth: MAX_DEPTH + 1 });
var wideEncoder = new Encoder({ useBigInt64: true });
var Writer = class {
  #parts = [];
  #size = 0;
  /** Appends bytes as they are. */
  raw(bytes2) {
    this.#parts.push(bytes2);
    this.#size += bytes2.length;
    return this;
  }
  /** Appends an opcode, or another single byte. */
  byte(b) {
    return this.raw(Uint8Array.of(b));
  }
  /** Appends a value of the program's. Throws an ArgumentError on what cannot travel. */
  value(v) {
    return this.raw(encode(v));
  }
  bytes() {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
};
function encode(v) {
  const apart = check(v, "", 0);
  try {
    return apart ? put(new Writer(), v).bytes() : encoder2.encode(v);
  } catch (e) {
    throw e instanceof ArgumentError ? e : new ArgumentError(messageOf(e));
  }
}
var MINUS_ZERO = Uint8Array.of(202, 128, 0, 0, 0);
function put(w, v) {
  if (typeof v === "bigint") return w.raw(wideEncoder.encode(v));
  if (Object.is(v, -0)) return w.raw(MINUS_ZERO);
  if (Array.isArray(v)) {
    w.raw(head(144, 220, v.length));
    for (const e of v) put(w, e);
    return w;
  }
  const entries = v instanceof Map ? [...v] : isPlain(v) ? Object.entries(v).filter(([, e]) => e !== void 0) : null;
  if (!entries) return w.raw(encoder2.encode(v));
  w.raw(head(128, 222, entries.length));
  for (const [key, e] of entries) put(put(w, key), e);
  return w;
}
function head(short, long, n) {
  if (n < 16) return Uint8Array.of(short | n);
  if (n < 1 << 16) return Uint8Array.of(long, n >> 8, n);
  return Uint8Array.of(long + 1, n >> 24, n >> 16, n >> 8, n);
}
function isPlain(v) {
  if (typeof v !== "object" || v === null) return false;
  const proto = Object.getPrototypeOf(v);
  return proto === Object.prototype || proto === null;
}
function check(v, at, depth) {
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
    v.forEach((e, i) => apart = check(e, `${at}[${i}]`, depth + 1) || apart);
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
function checkKeys(v, at, where, depth) {
  const strings = typeof v.keys().next().value === "string";
  for (const key of v.keys()) {
    const fits = strings ? typeof key === "string" : typeof key === "bigint" || Number.isSafeInteger(key);
    if (!fits) {
      const shown3 = typeof key === "number" ? `${key}` : typeof key === "string" ? JSON.stringify(key) : typeName(key);
      throw new ArgumentError(
        `${shown3} as a key of a Map${where}: keys are all strings, or all whole numbers (a bigint where a number is not exact)`
      );
    }
    check(key, at, depth);
    if (typeof key === "bigint" && v.has(Number(key)) && Number.isSafeInteger(Number(key))) {
      throw new ArgumentError(`${key} as a key of a Map${where}: it is there as a bigint and as a number`);
    }
  }
}
var Reader = class {
  constructor(bytes2) {
    this.bytes = bytes2;
    this.#view = new DataView(bytes2.buffer, bytes2.byteOffset, bytes2.byteLength);
  }
  bytes;
  #at = 0;
  #view;
  get left() {
    return this.bytes.length - this.#at;
  }
  byte() {
    return this.#view.getUint8(this.#take(1));
  }
  /** Everything that is left. */
  rest() {
    return this.bytes.subarray(this.#take(this.left));
  }
  value() {
    try {
      return this.#value(0);
    } catch (e) {
      throw e instanceof MalformedError ? e : new MalformedError(messageOf(e));
    }
  }
  /** A whole number of 0 or more. */
  number() {
    const v = this.value();
    if (!Number.isSafeInteger(v) || v < 0) throw new MalformedError(`${typeName(v)} where a number belongs`);
    return v;
  }
  /** A peer id, or a target. */
  id() {
    const v = this.value();
    if (typeof v !== "number" || (v | 0) !== v) throw new MalformedError(`${typeName(v)} where a peer id belongs`);
    return v;
  }
  text() {
    const v = this.value();
    if (typeof v !== "string") throw new MalformedError(`${typeName(v)} where a string belongs`);
    return v;
  }
  map() {
    const v = this.value();
    if (typeof v !== "object" || v === null || Object.getPrototypeOf(v) !== Object.prototype) {
      throw new MalformedError(`${typeName(v)} where a map belongs`);
    }
    return v;
  }
  /** The values up to the end. */
  values() {
    const all = [];
    while (this.left > 0) all.push(this.value());
    return all;
  }
  #take(n) {
    const at = this.#at;
    if (n > this.left) throw new MalformedError("it ends too early");
    this.#at += n;
    return at;
  }
  /** Reads a value that stands in depth containers. What is made for it is never more than the bytes there are. */
  #value(depth) {
    const b = this.byte();
    if (b < 128) return b;
    if (b >= 224) return b - 256;
    if (b < 144) return this.#map(b & 15, depth);
    if (b < 160) return this.#list(b & 15, depth);
    if (b < 192) return text(this.#span(b & 31));
    switch (b) {
      case 192:
        return null;
      case 194:
        return false;
      case 195:
        return true;
      case 196:
      // bin 8
      case 197:
      case 198:
        return this.#slice(this.#length(b - 196));
      case 199:
      // ext 8
      case 200:
      case 201:
        return this.#extension(this.#length(b - 199), depth);
      case 202:
        return this.#view.getFloat32(this.#take(4));
      case 203:
        return this.#view.getFloat64(this.#take(8));
      case 204:
      // uint 8
      case 205:
      case 206:
        return this.#length(b - 204);
      case 207:
        return narrow(this.#view.getBigUint64(this.#take(8)));
      case 208:
        return this.#view.getInt8(this.#take(1));
      case 209:
        return this.#view.getInt16(this.#take(2));
      case 210:
        return this.#view.getInt32(this.#take(4));
      case 211:
        return narrow(this.#view.getBigInt64(this.#take(8)));
      case 212:
      // fixext 1
      case 213:
      case 214:
      case 215:
      case 216:
        return this.#extension(1 << b - 212, depth);
      case 217:
      // str 8
      case 218:
      case 219:
        return text(this.#span(this.#length(b - 217)));
      case 220:
      // array 16
      case 221:
        return this.#list(this.#length(b - 220 + 1), depth);
      case 222:
      // map 16
      case 223:
        return this.#map(this.#length(b - 222 + 1), depth);
    }
    throw new MalformedError(`byte ${b} begins no value`);
  }
  /** A length, or another number, of 1, 2 or 4 bytes. */
  #length(width) {
    const at = this.#take(1 << width);
    if (width === 0) return this.#view.getUint8(at);
    return width === 1 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }
  #span(n) {
    const at = this.#take(n);
    return this.bytes.subarray(at, at + n);
  }
  /** Bytes of their own: whoever keeps a few does not keep the message. */
  #slice(n) {
    return this.#span(n).slice();
  }
  #extension(n, depth) {
    const type2 = this.#view.getInt8(this.#take(1));
    const data = this.#slice(n);
    return elementsOf(type2, data, depth) ?? fromExtension(type2, data);
  }
  /** Begins a container of n values. */
  #enter(n, depth) {
    if (n > 0 && depth === MAX_DEPTH) throw new MalformedError(`more than ${MAX_DEPTH} values in one another`);
    if (n > this.left) throw new MalformedError(`${n} values in ${this.left} bytes`);
  }
  #list(n, depth) {
    this.#enter(n, depth);
    const all = [];
    for (; n > 0; n--) all.push(this.#value(depth + 1));
    return all;
  }
  /** A map: a plain object if its keys are strings, or if it is empty; a Map if they are whole numbers. */
  #map(n, depth) {
    this.#enter(2 * n, depth);
    if (n > 0 && isInteger(this.bytes[this.#at])) {
      const map2 = /* @__PURE__ */ new Map();
      for (; n > 0; n--) {
        if (!isInteger(this.bytes[this.#at])) throw new MalformedError("a key that is no whole number, beside one that is");
        const key = this.#value(depth + 1);
        if (map2.has(key)) throw new MalformedError(`the key ${key} twice in a map`);
        map2.set(key, this.#value(depth + 1));
      }
      return map2;
    }
    const object = {};
    for (; n > 0; n--) {
      const key = this.#value(depth + 1);
      if (typeof key !== "string") throw new MalformedError(`a ${typeName(key)} as a key of a map`);
      if (key === "__proto__") throw new MalformedError("__proto__ as a key of a map");
      if (Object.hasOwn(object, key)) throw new MalformedError(`the key ${JSON.stringify(key)} twice in a map`);
      object[key] = this.#value(depth + 1);
    }
    return object;
  }
};
function isInteger(b) {
  return b < 128 || b >= 224 || b >= 204 && b <= 211;
}
function narrow(v) {
  const n = Number(v);
  return Number.isSafeInteger(n) ? n : v;
}

// src/outbox.ts
var Outbox = class {
  #queue = [];
  #bytes = 0;
  get bytes() {
    return this.#bytes;
  }
  get length() {
    return this.#queue.length;
  }
  /** Puts q in the place of an older unreliable ordered packet of its channel and key: last, so order holds. */
  replace(q) {
    const i = this.#queue.findIndex((o) => o.mode === "unreliable_ordered" && o.channel === q.channel && o.key === q.key);
    if (i < 0) return false;
    this.#remove(i);
    this.push(q);
    return true;
  }
  /** Makes room by the oldest packet that is not reliable, and tells whether there was one. */
  dropOldest() {
    const i = this.#queue.findIndex((o) => o.mode !== "reliable");
    if (i < 0) return false;
    this.#remove(i);
    return true;
  }
  push(q) {
    this.#queue.push(q);
    this.#bytes += q.message.length;
  }
  /** Hands messages to send, lower channels first, until it says no. */
  drain(send) {
    this.#queue.sort((a, b) => a.channel - b.channel);
    let n = 0;
    while (n < this.#queue.length && send(this.#queue[n])) this.#bytes -= this.#queue[n++].message.length;
    this.#queue.splice(0, n);
  }
  clear() {
    this.#queue = [];
    this.#bytes = 0;
  }
  #remove(i) {
    this.#bytes -= this.#queue[i].message.length;
    this.#queue.splice(i, 1);
  }
};

// src/page.ts
var Page = class {
  #listeners;
  #undo = [];
  constructor(events) {
    this.#listeners = [
      // Firefox ends a page's WebSockets, with 1001, before pagehide. Whoever asks the user first whether to stay goes first.
      ["beforeunload", (event) => "mozInnerScreenX" in globalThis && !event.defaultPrevented && events.leaving(), false],
      ["pagehide", () => events.left()],
      ["pageshow", (event) => event.persisted && events.back()],
      ["resume", () => events.woke()],
      ["visibilitychange", () => globalThis.document?.visibilityState === "visible" && events.woke()],
      ["online", () => events.online()]
    ];
  }
  listen() {
    const page2 = globalThis;
    if (!page2.addEventListener || this.#undo.length > 0) return;
    for (const [event, listener, capture = true] of this.#listeners) {
      page2.addEventListener(event, listener, capture);
      this.#undo.push(() => page2.removeEventListener?.(event, listener, capture));
    }
  }
  ignore() {
    for (const undo of this.#undo.splice(0)) undo();
  }
};

// src/replay.ts
var Replay = class {
  #messages = [];
  #first = 0;
  // the number of #messages[0] in the session
  #bytes = 0;
  get bytes() {
    return this.#bytes;
  }
  push(message) {
    this.#messages.push(message);
    this.#bytes += message.length;
  }
  /** Forgets what the server has: its first count messages. False if it cannot have that many, or has too few. */
  acknowledge(count) {
    const n = count - this.#first;
    if (n < 0 || n > this.#messages.length) return false;
    for (const m of this.#messages.splice(0, n)) this.#bytes -= m.length;
    this.#first = count;
    return true;
  }
  /** What the server has not, in order. */
  messages() {
    return this.#messages;
  }
  reset() {
    this.#messages = [];
    this.#first = this.#bytes = 0;
  }
};

// src/timers.ts
var LONGEST = 2 ** 31 - 1;
function after(delay, f) {
  let handle;
  const wait = (left) => {
    if (left === Infinity) return;
    const piece = Math.min(left, LONGEST);
    handle = setTimeout(() => left > piece ? wait(left - piece) : f(), piece);
  };
  wait(delay);
  return () => clearTimeout(handle);
}
var Timers = class {
  #off = /* @__PURE__ */ new Map();
  set(name, delay, f) {
    this.stop(name);
    this.#off.set(
      name,
      after(delay, () => {
        this.#off.delete(name);
        f();
      })
    );
  }
  has(name) {
    return this.#off.has(name);
  }
  stop(...names) {
    for (const name of names) {
      this.#off.get(name)?.();
      this.#off.delete(name);
    }
  }
  stopAll() {
    this.stop(...this.#off.keys());
  }
};

// src/connection.ts
var CONGESTED = 64 << 10;
var DRAIN_EVERY = 20;
var ACK_PACKETS = 64;
var ACK_BYTES = 16 << 10;
var ACK_AFTER = 1e3;
var STEADY = 1e4;
var LATER = 5e3;
var LONGEST_AFTER = 24 * 36e5;
var CLOSE_FOLLOWS = 100;
var STAYED = 5e3;
var LAST_CALL = 1e3;
var CLOSED = 3;
var Connection = class {
  constructor(address, opts, floor) {
    this.opts = opts;
    this.floor = floor;
    this.#addresses = new Addresses(address, opts.allowedHosts);
  }
  opts;
  floor;
  clock = new Clock();
  /** What authenticates this client on the connection that stands, by the option token. */
  token = null;
  #socket = null;
  #phase = "waiting";
  #quit = false;
  // the program closed it
  #left = false;
  // the page was left, which may come back
  #session = null;
  #asked = false;
  // the hello of this connection named the session
  #limit = Infinity;
  // bytes that the server reads
  #attempt = 0;
  #attempts = 0;
  // that asked for their address
  #openedAt = 0;
  #lostAt = 0;
  #lost = null;
  #why = new CloseError(CloseCode.leaving, "");
  // the last end
  #after = 0;
  // ms that the goodbye of this connection wants
  #refused = null;
  // what it said in place of a welcome
  #notBefore = 0;
  // until when the server wants to be left alone
  #grace = 0;
  // ms of that which the session's window does not count
  #pinged = 0;
  // when the first ping went out that nothing came after; 0: none
  #unacked = { packets: 0, bytes: 0 };
  #outbox = new Outbox();
  #replay = new Replay();
  #counters = { dropped: 0, replaced: 0, refused: 0, unknownOpcodes: 0 };
  #missed = 0;
  // packets dropped and replaced that the program was not told of yet
  #timers = new Timers();
  #addresses;
  #page = new Page({
    leaving: () => {
      this.#leaveWithPage();
      if (this.#left) this.#timers.set("stayed", STAYED, () => this.retry());
    },
    left: () => {
      this.#timers.stop("stayed");
      this.#leaveWithPage();
    },
    back: () => this.#left ? void this.retry() : this.#wake(),
    woke: () => this.#wake(),
    online: () => {
      this.#attempt = 0;
      this.#wake();
    }
  });
  get counters() {
    return { ...this.#counters };
  }
  /** Bytes that wait to be sent. */
  get buffered() {
    return this.#outbox.bytes + (this.#socket?.bufferedAmount ?? 0);
  }
  /** Whether the server has said that it knows an opcode of packets. */
  knows(op) {
    return this.#session?.knows.includes(op) ?? false;
  }
  start() {
    if (this.#quit) return;
    this.#page.listen();
    if (this.#phase === "waiting") this.#open();
  }
  /** Queues one packet of the floor above. */
  send(packet, delivery) {
    if (this.#phase === "closed" || !this.#session || this.#phase !== "open" && !this.#session.resumable) {
      throw new NotConnectedError();
    }
    const mode = MODES.indexOf(delivery.mode);
    if (this.#phase !== "open" && delivery.mode === "unreliable") {
      this.#countDropped();
      return;
    }
    const w = new Writer();
    if (delivery.channel === 0) w.byte(Op.packet | mode);
    else w.byte(Op.channel | mode).byte(delivery.channel);
    const message = w.raw(packet).bytes();
    if (message.length > this.#limit) throw new PacketTooLargeError(message.length, this.#limit);
    const q = { ...delivery, message };
    if (this.#phase === "open" && this.#outbox.length === 0 && !this.#congested() && !this.#over(q) && this.#keepable(q)) {
      this.#put(q);
      return;
    }
    this.#wait(q);
  }
  /** Ends the pause before the next attempt, or begins anew after the end. False if the program closed. */
  retry() {
    if (this.#quit) return false;
    if (this.#phase === "closed") {
      this.#timers.stop("stayed");
      this.#left = false;
      this.#attempt = 1;
      this.#phase = "waiting";
      this.#page.listen();
      this.floor.interrupted({ attempt: 1, delay: 0 }, this.#why);
    }
    if (this.#phase === "waiting") this.#open();
    return !this.#quit;
  }
  /** Leaves the session for good. */
  close() {
    if (this.#quit) return;
    this.#quit = true;
    this.#page.ignore();
    this.#leave();
  }
  /** Ends the session from this side because of the server. */
  reject(code, reason) {
    if (this.#phase === "closed") return;
    this.#drop(code, reason);
    this.#closed(code, reason);
  }
  // The page
  #leave() {
    if (this.#phase === "closed") return;
    this.#drop(CloseCode.leaving, "");
    this.#finish(new CloseError(CloseCode.leaving, ""));
    this.#end();
  }
  #leaveWithPage() {
    if (!this.opts.leaveWithPage || this.#phase === "closed") return;
    this.#left = true;
    this.#leave();
  }
  /** Tries to come back where a pause was long only because nothing could be done, and looks whether a connection lives. */
  #wake() {
    if (this.#phase === "waiting") {
      const left = this.#notBefore - now();
      if (left > 0) this.#timers.set("retry", left, () => this.#open());
      else this.#open();
    } else if (this.#socket?.readyState === CLOSED) {
      this.#closeFollows("the connection was closed while the page slept");
    } else if (this.#phase === "open") {
      this.#pinged = 0;
      this.#keepAlive();
    }
  }
  // Connecting
  #open() {
    this.#timers.stop("retry");
    this.#phase = "opening";
    this.#after = 0;
    this.#refused = null;
    this.#asked = false;
    this.clock.reset();
    this.#timers.set("connect", this.opts.connectTimeout, () => {
      this.reject(CloseCode.handshakeTimeout, "no welcome in time");
    });
    const asked = [ask("address", this.#addresses.next()), ask("token", this.#nextToken())];
    const [url, token] = asked;
    if (!(url instanceof Promise) && !(token instanceof Promise)) {
      this.token = token;
      this.#dial(url);
      return;
    }
    const attempt = ++this.#attempts;
    const current = () => this.#phase === "opening" && !this.#socket && this.#attempts === attempt;
    Promise.all(asked).then(
      ([url2, token2]) => {
        if (!current()) return;
        this.token = token2;
        this.#dial(url2);
      },
      (e) => {
        if (current()) this.#closed(CloseCode.lost, messageOf(e));
      }
    );
  }
  /** Gives the next attempt its token: a promise, if the program has to be asked for it. */
  #nextToken() {
    const { token } = this.opts;
    if (token === void 0) return null;
    return typeof token === "function" ? Promise.resolve().then(token).then(tokenBytes) : tokenBytes(token);
  }
  #dial(url) {
    let socket;
    try {
      const place = this.#returning()?.place;
      socket = new this.opts.WebSocket(url.href, place ? [SUBPROTOCOL, place] : [SUBPROTOCOL]);
    } catch (e) {
      this.#closed(CloseCode.lost, messageOf(e).replaceAll(url.href, shown(url)));
      return;
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const mine = (f) => (event) => {
      if (this.#socket === socket) f(event);
    };
    socket.onopen = mine(() => this.#hello(socket));
    socket.onmessage = mine((event) => this.#message(event.data));
    let trouble = "";
    const why = () => {
      if (this.#phase === "opening") return `could not connect to ${shown(url)}${trouble && `: ${trouble}`}`;
      return trouble;
    };
    socket.onclose = mine(({ code, reason }) => this.#closed(code, reason || (code === CloseCode.lost ? why() : "")));
    socket.onerror = mine((event) => {
      trouble = [event?.message, event?.error?.message].find((m) => typeof m === "string" && m) ?? "";
      trouble = trouble.replaceAll(url.href, shown(url));
      this.#closeFollows(why);
    });
  }
  /** Counts the connection as lost if no close event comes: there are WebSockets that tell of an error alone. */
  #closeFollows(why) {
    this.#timers.set("close", CLOSE_FOLLOWS, () => {
      const reason = typeof why === "string" ? why : why();
      this.#drop(CloseCode.lost, "");
      this.#closed(CloseCode.lost, reason);
    });
  }
  #hello(socket) {
    if (socket.protocol !== SUBPROTOCOL) {
      this.#violation(CloseCode.protocolError, `the server does not speak ${SUBPROTOCOL}`);
      return;
    }
    const hello = { agent: this.opts.agent, max_message: this.opts.inboundBufferSize, knows: LATER_OPS };
    const s = this.#returning();
    if (s) {
      this.#asked = true;
      hello.session = s.secret;
      hello.received = s.received;
    }
    this.#transmit(new Writer().byte(Op.hello).value(hello).bytes());
  }
  /** The session to go on with, if the server at the current address may be told of it. */
  #returning() {
    const s = this.#session;
    return s?.resumable && this.#addresses.mayTell(this.#addresses.current, s.home) ? s : null;
  }
  #welcome(r) {
    const w = r.map();
    const number = (key) => {
      const v = w[key] ?? 0;
      if (typeof v !== "number" || !(v >= 0)) throw new MalformedError(`welcome: ${key} is ${String(v)}`);
      return v;
    };
    const id = number("id");
    const secret = w.session;
    if (id < 2 || (id | 0) !== id || !(secret instanceof Uint8Array) || secret.length !== 16) {
      throw new MalformedError(`welcome: peer id ${id}, or a session that is none`);
    }
    this.#limit = number("max_message") || Infinity;
    const [window, received, time2] = [number("resume_window"), number("received"), number("time")];
    const old = this.#session;
    const resumed = w.resumed === true;
    if (resumed && !(this.#asked && old && old.id === id && this.#replay.acknowledge(received))) {
      this.#end(this.#lost ?? void 0);
      throw new MalformedError(`welcome: the server resumes what was not asked for, or with ${received} packets`);
    }
    this.#timers.stop("connect", "window");
    if (!resumed) {
      this.#end(this.#lost ?? void 0);
      if (this.#phase !== "opening") return;
      this.#session = {
        id,
        secret: secret.slice(),
        place: placeName(w.place),
        home: this.#addresses.current,
        window,
        resumable: window > 0,
        knows: w.knows instanceof Uint8Array ? w.knows.slice() : new Uint8Array(),
        received: 0
      };
      this.#unacked = { packets: 0, bytes: 0 };
    }
    this.#lost = null;
    this.#phase = "open";
    this.#openedAt = now();
    if (time2) this.clock.start(time2 / 1e3);
    this.#keepAlive();
    if (!resumed) {
      this.floor.began(id);
      return;
    }
    for (const m of this.#replay.messages()) this.#transmit(m);
    this.#drain();
    this.floor.resumed();
    this.#tellDropped();
  }
  #closed(code, reason) {
    const error = this.#refused ?? new CloseError(code, reason);
    const was = this.#phase;
    this.#socket = null;
    this.#timers.stop("connect", "close", "ping", "drain", "ack");
    this.#pinged = 0;
    const verdict = this.#refused ? this.#after > 0 ? "now" : "no" : comeBack(code);
    if (was === "open") {
      this.#lost = error;
      this.#lostAt = now();
      this.#grace = this.#after;
      if (this.#lostAt - this.#openedAt >= STEADY) this.#attempt = 0;
    } else {
      this.#addresses.turn();
    }
    const s = this.#session;
    const keep = s?.resumable && verdict !== "no" && this.opts.reconnect && (was !== "open" || isLoss(code)) && !this.#expired(s);
    const limits = this.opts.reconnect;
    if (!limits || verdict === "no" || this.#attempt >= limits.maxAttempts) {
      this.#finish(error);
      if (s) this.#end(this.#lost ?? error);
      else this.floor.failed(error);
      return;
    }
    const pause = this.#pause(limits, verdict, keep ? this.#remaining(s) : Infinity);
    this.#phase = "waiting";
    this.#timers.set("retry", pause.delay, () => this.#open());
    if (keep && was === "open") this.#timers.set("window", s.window + this.#grace, () => this.#expire());
    this.floor.interrupted(pause, error);
    if (keep) return;
    if (s) this.#end(this.#lost ?? error);
    else this.floor.failed(error);
  }
  /** The wait before the next attempt. The last one for a session ends a little before its window does. */
  #pause(limits, verdict, left) {
    const longest = Math.min(limits.maxDelay, limits.minDelay * 2 ** Math.min(this.#attempt, 60));
    const least = Math.max(this.#after, verdict === "later" ? Math.min(LATER, limits.maxDelay) : 0);
    this.#after = 0;
    this.#attempt++;
    this.#notBefore = now() + least;
    const whole = longest * (0.5 + Math.random() / 2);
    const last = left - least - Math.min(LAST_CALL, left / 10);
    return { attempt: this.#attempt, delay: least + (last > limits.minDelay ? Math.min(whole, last) : whole) };
  }
  /** How much is left of the time in which a session can be resumed, in milliseconds. */
  #remaining(s) {
    return s.window + this.#grace - (now() - this.#lostAt);
  }
  #expired(s) {
    return this.#lost !== null && this.#remaining(s) < 0;
  }
  #expire() {
    if (this.#phase === "opening" && this.#asked) return;
    if (this.#phase !== "open") this.#end(this.#lost ?? void 0);
  }
  /** Gives the session up. */
  #end(error) {
    const had = this.#session;
    this.#session = null;
    this.#outbox.clear();
    this.#missed = 0;
    this.#replay.reset();
    this.#timers.stop("window");
    if (had) this.floor.ended(error);
  }
  /** Ends it, but for retry. */
  #finish(why) {
    this.#phase = "closed";
    this.#why = why;
    this.#timers.stopAll();
    if (!this.#left) this.#page.ignore();
    this.floor.interrupted(null, why);
  }
  /** Closes the WebSocket from this side, and hears nothing of it any more. */
  #drop(code, reason) {
    const socket = this.#socket;
    this.#socket = null;
    if (code !== CloseCode.leaving && code < 3e3) code = CloseCode.disconnected;
    try {
      socket?.close(code, clip(reason));
    } catch {
    }
  }
  /** Ends the connection over something that the server sent. */
  #violation(code, reason) {
    this.floor.error(new MalformedError(reason));
    this.reject(code, reason);
  }
  // Receiving
  #message(data) {
    if (!(data instanceof ArrayBuffer)) {
      this.#violation(CloseCode.unsupportedData, "a text message");
      return;
    }
    if (data.byteLength > this.opts.inboundBufferSize) {
      this.#violation(CloseCode.tooLarge, `a message of ${data.byteLength} bytes`);
      return;
    }
    this.#pinged = 0;
    try {
      this.#handle(new Reader(new Uint8Array(data)));
    } catch (e) {
      this.#violation(CloseCode.protocolError, messageOf(e));
    }
  }
  #handle(r) {
    const op = r.byte();
    if ((op === Op.welcome || op === Op.goodbye) && r.left > MAX_GREETING) {
      throw new MalformedError(`opcode ${op} with ${r.left} bytes: ${MAX_GREETING} are the most`);
    }
    if (this.#phase === "opening") {
      if (op === Op.goodbye) this.#takeRefusal(r.map());
      else if (op === Op.welcome) this.#welcome(r);
      else throw new MalformedError(`opcode ${op} before welcome`);
      return;
    }
    const mode = op & 3;
    switch (op - mode) {
      case Op.packet:
      case Op.channel: {
        const channel = op - mode === Op.channel ? r.byte() : 0;
        const name = MODES[mode];
        if (!name) throw new MalformedError("transfer mode 3");
        const packet = r.rest();
        if (name === "reliable") this.#count(packet.length);
        this.floor.packet(packet, { channel, mode: name, key: "" });
        return;
      }
    }
    switch (op) {
      case Op.ping: {
        const sent = r.value();
        if (this.buffered > this.opts.outboundBufferSize) return;
        this.#transmit(new Writer().byte(Op.pong).value(sent).value(micros()).bytes());
        return;
      }
      case Op.pong:
        this.clock.pong(r.number(), r.number());
        return;
      case Op.ack: {
        const count = r.number();
        if (this.#session?.resumable && !this.#replay.acknowledge(count)) {
          throw new MalformedError(`ack of ${count} packets`);
        }
        this.#drainOn();
        return;
      }
      case Op.goodbye:
        this.#takeGoodbye(r.map());
        return;
      case Op.hello:
      case Op.welcome:
        throw new MalformedError(`opcode ${op} again`);
      default:
        this.#counters.unknownOpcodes++;
    }
  }
  /** A goodbye in place of a welcome; the close follows. */
  #takeRefusal({ code, reason, after: after2 }) {
    this.#takeAfter(after2);
    this.#refused = new RefusedError(
      typeof code === "number" ? code : CloseCode.refused,
      typeof reason === "string" ? reason : "",
      this.#after
    );
  }
  #takeAfter(after2) {
    const ms = typeof after2 === "bigint" ? Number(after2) : after2;
    this.#after = typeof ms === "number" && ms > 0 ? Math.min(ms, LONGEST_AFTER) : 0;
  }
  #takeGoodbye({ after: after2, url }) {
    this.#takeAfter(after2);
    if (typeof url !== "string" || url === "") return;
    const s = this.#session;
    if (!s) return;
    const { warning } = this.#addresses.move(url, s, this.opts.auth !== void 0 || this.opts.token !== void 0);
    if (warning) this.floor.error(new PeerageError(warning));
  }
  /** Counts a reliable packet, and acknowledges now and then. */
  #count(bytes2) {
    const s = this.#session;
    if (!s) return;
    s.received++;
    if (s.window === 0) return;
    const u = this.#unacked;
    u.packets++;
    u.bytes += bytes2;
    if (u.packets >= ACK_PACKETS || u.bytes >= ACK_BYTES) this.#ack();
    else if (u.packets === 1) this.#timers.set("ack", ACK_AFTER, () => this.#ack());
  }
  #ack() {
    this.#timers.stop("ack");
    this.#unacked = { packets: 0, bytes: 0 };
    if (this.#phase === "open" && this.#session) {
      this.#transmit(new Writer().byte(Op.ack).value(this.#session.received).bytes());
    }
  }
  #keepAlive() {
    const { pingInterval, pingTimeout } = this.opts;
    if (pingInterval === 0) return;
    const ping = () => {
      const at = now();
      if (this.#pinged && at - this.#pinged >= pingTimeout) {
        this.#drop(CloseCode.tryLater, "silent for too long");
        this.#closed(CloseCode.lost, "the server was silent for too long");
        return;
      }
      this.#pinged ||= at;
      this.#transmit(new Writer().byte(Op.ping).value(this.clock.ask()).bytes());
      this.#timers.set("ping", pingInterval, () => {
        if (now() - at > 2 * pingInterval + 1e3) this.#pinged = 0;
        ping();
      });
    };
    ping();
  }
  // Sending
  #congested() {
    return (this.#socket?.bufferedAmount ?? 0) > Math.min(CONGESTED, this.opts.outboundBufferSize / 2);
  }
  #over(q) {
    return this.buffered + q.message.length > this.opts.outboundBufferSize || this.#outbox.length >= this.opts.maxQueuedPackets;
  }
  /** Whether a message can be kept until the server acknowledges it. One always can alone, or it could never be sent. */
  #keepable(q) {
    if (q.mode !== "reliable" || !this.#session?.resumable || this.#replay.bytes === 0) return true;
    return this.#replay.bytes + q.message.length <= this.opts.replayBufferSize;
  }
  /** Puts a message into the outbox by the rules of its transfer mode. */
  #wait(q) {
    if (q.mode === "unreliable_ordered" && this.#outbox.replace(q)) {
      this.#counters.replaced++;
      this.#missed++;
      return;
    }
    while (this.#over(q)) {
      if (this.#outbox.dropOldest()) {
        this.#countDropped();
        continue;
      }
      if (q.mode !== "reliable") {
        this.#countDropped();
        return;
      }
      this.#counters.refused++;
      throw new BufferFullError();
    }
    this.#outbox.push(q);
    if (this.#phase === "open" && !this.#timers.has("drain")) this.#timers.set("drain", DRAIN_EVERY, () => this.#drainOn());
  }
  #countDropped() {
    this.#counters.dropped++;
    this.#missed++;
  }
  /** Tells, once nothing waits any more, how many packets the server will not get. */
  #tellDropped() {
    const count = this.#missed;
    if (count === 0 || this.#phase !== "open" || this.#outbox.length > 0) return;
    this.#missed = 0;
    this.floor.dropped(count);
  }
  /** Sends on what waited. */
  #drain() {
    if (this.#phase !== "open") return;
    this.#outbox.drain((q) => {
      if (this.#congested() || !this.#keepable(q)) return false;
      this.#put(q);
      return true;
    });
    if (this.#outbox.length > 0) this.#timers.set("drain", DRAIN_EVERY, () => this.#drainOn());
  }
  #drainOn() {
    this.#drain();
    this.#tellDropped();
  }
  #put(q) {
    this.#transmit(q.message);
    if (q.mode === "reliable" && this.#session?.resumable) this.#replay.push(q.message);
  }
  #transmit(message) {
    try {
      this.#socket?.send(message);
    } catch {
    }
  }
};
function ask(what, answer) {
  if (!(answer instanceof Promise)) return answer;
  return answer.catch((cause) => {
    throw new PeerageError(`the ${what} function failed: ${messageOf(cause)}`, { cause });
  });
}
function tokenBytes(token) {
  if (typeof token === "string") return new TextEncoder().encode(token);
  if (token instanceof Uint8Array) return token;
  throw new TypeError(`it gave ${typeName(token)}: give a string or a Uint8Array`);
}
function clip(reason) {
  while (new TextEncoder().encode(reason).length > 123) reason = [...reason].slice(0, -8).join("");
  return reason;
}

// src/events.ts
var Emitter = class {
  #listeners = /* @__PURE__ */ new Map();
  /** Calls listener at every event of that name, and returns what undoes it. */
  on(event, listener) {
    this.#listeners.set(event, [...this.#listeners.get(event) ?? [], listener]);
    return () => this.off(event, listener);
  }
  /** Calls listener at the next event of that name only. */
  once(event, listener) {
    const off = this.on(event, (...args) => {
      off();
      listener(...args);
    });
    return off;
  }
  /** Undoes on. */
  off(event, listener) {
    const all = this.#listeners.get(event) ?? [];
    const i = all.indexOf(listener);
    if (i >= 0) this.#listeners.set(
      event,
      all.filter((_, j) => j !== i)
    );
  }
  /** @internal Calls the listeners; what one throws is an error event, never an exception here. */
  emit(event, ...args) {
    const all = this.#listeners.get(event) ?? [];
    if (event === "error" && all.length === 0) console.warn("peerage:", ...args);
    for (const listener of all) {
      try {
        listener(...args);
      } catch (e) {
        const error = new HandlerError(`a listener of ${String(event)} threw: ${messageOf(e)}`, { cause: e });
        if (event === "error") console.error("peerage:", error);
        else this.emit("error", ...[error]);
      }
    }
  }
};

// src/group.ts
var made = 0;
var Group = class {
  /** @internal */
  key = `group ${++made}`;
  #host;
  #ids = /* @__PURE__ */ new Set();
  /** @internal */
  constructor(host) {
    this.#host = host;
  }
  /** Adds a peer that can be called, or this peer itself, which then runs the calls of callLocal methods. */
  add(id) {
    const groups = this.#host.groupsOf(id);
    if (!groups && (id !== this.#host.uniqueId || id === 0)) throw new UnknownPeerError(id);
    groups?.add(this);
    this.#ids.add(id);
    return this;
  }
  /** Takes a peer out. False if it was not in. */
  delete(id) {
    this.#host.groupsOf(id)?.delete(this);
    return this.#ids.delete(id);
  }
  has(id) {
    return this.#ids.has(id);
  }
  /** Takes everybody out. */
  clear() {
    for (const id of this.peers) this.delete(id);
  }
  get size() {
    return this.#ids.size;
  }
  /** The ids of those in the group, in the order in which they were added. */
  get peers() {
    return [...this.#ids];
  }
  /** Sends bytes that are no call: an event peerPacket there. */
  sendBytes(data, options = {}) {
    this.#host.sendBytes(this, data, options);
  }
};

// src/names.ts
var Names = class {
  #ours = /* @__PURE__ */ new Map();
  #next = 0;
  #told = 0;
  // how many numbers the server knows the names of
  #untold = /* @__PURE__ */ new Map();
  #freed = [];
  // that the server is still to forget
  #theirs = /* @__PURE__ */ new Map();
  /** The number of one of our names. */
  number(name) {
    let n = this.#ours.get(name);
    if (n === void 0) {
      if (this.#ours.size >= MAX_NAMES) {
        throw new PeerageError(`a session has at most ${MAX_NAMES} names of nodes and methods at once: free nodes that are gone`);
      }
      n = this.#next++;
      this.#ours.set(name, n);
      this.#untold.set(n, name);
    }
    return n;
  }
  /** Hands those that the server does not know yet to send, in their order. */
  tell(send) {
    for (const [number, name] of this.#untold) {
      send(number, name);
      this.#untold.delete(number);
      this.#told = number + 1;
    }
  }
  /** Gives a name back, whose number is not used again. */
  free(name) {
    const n = this.#ours.get(name);
    if (n === void 0) return;
    this.#ours.delete(name);
    if (n < this.#told) this.#freed.push(n);
    else this.#untold.delete(n);
  }
  /** Hands what the server is to forget to send. */
  forget(send) {
    if (this.#freed.length === 0) return;
    send(this.#freed);
    this.#freed = [];
  }
  /** Takes the name that one of the server's numbers stands for. False if that is too many. */
  learn(number, name) {
    const size = byteLength(name);
    if (size > MAX_NAME) throw new MalformedError(`a name of ${size} bytes: ${MAX_NAME} are the most`);
    if (this.#theirs.has(number)) throw new MalformedError(`name ${number} again`);
    if (this.#theirs.size >= MAX_NAMES) return false;
    this.#theirs.set(number, name);
    return true;
  }
  /** Forgets one of the server's. */
  unlearn(number) {
    if (!this.#theirs.delete(number)) throw new MalformedError(`number ${number} was never named`);
  }
  /** What one of the server's numbers stands for. */
  of(number) {
    const name = this.#theirs.get(number);
    if (name === void 0) throw new MalformedError(`number ${number} was never named`);
    return name;
  }
};

// src/node.ts
var Node = class {
  /** @internal */
  constructor(caller, path) {
    this.path = path;
    this.#caller = caller;
  }
  path;
  /** The peer that may call the node's methods of the mode "authority". Every peer must set the same. */
  authority = 1;
  /** @internal */
  entries = /* @__PURE__ */ new Map();
  #caller;
  /** Whether this peer is the node's authority. */
  get isAuthority() {
    return this.authority === this.#caller.uniqueId;
  }
  /** Adds methods to the node. */
  declare(methods) {
    Object.keys(methods).forEach(checkName);
    for (const [name, method2] of Object.entries(methods)) {
      const old = this.entries.get(name);
      if (old && JSON.stringify(old.method.config) !== JSON.stringify(method2.config)) {
        throw new TypeError(`${this.path}.${name} is declared twice, with different configurations`);
      }
      if (!old) this.entries.set(name, { method: method2, handler: null });
    }
    return this;
  }
  /**
   * Has handler run the method when a peer calls it. What it returns, or what its promise gives, is the reply where
   * one is asked for; what it throws is the failure. A method has one handler. Returns what takes it away again.
   */
  on(name, handler) {
    const entry = this.entry(name);
    if (entry.handler) throw new TypeError(`${this.path}.${name} has a handler already`);
    entry.handler = handler;
    return () => {
      if (entry.handler === handler) entry.handler = null;
    };
  }
  /**
   * Calls the method on every peer: the server and, through its relay, the other clients. With callLocal it also
   * runs here.
   */
  rpc(name, ...args) {
    this.#caller.invoke(this, 0, name, args);
  }
  /** Calls the method on one peer, on everyone (0) or on everyone but one (except(id)). */
  rpcId(target, name, ...args) {
    this.#caller.invoke(this, target, name, args);
  }
  /** Calls the method on every peer of a group. */
  rpcGroup(group, name, ...args) {
    this.#caller.invoke(this, group, name, args);
  }
  /**
   * Calls the method on one peer and gives its reply. The promise fails with a Failure if the other side answered
   * with one, a TimeoutError, a PeerGoneError, the signal's reason, or what rpcId throws.
   */
  call(to, name, ...args) {
    const options = typeof to === "number" ? { peer: to } : to;
    return this.#caller.request(this, options, name, args);
  }
  /**
   * Takes the node away, and with it its name at the server. What was called on it before still arrives; calls of it that
   * come later are refused, and those that are made on it throw a FreedError. The node may free itself in a handler.
   */
  free() {
    this.#caller.free(this);
  }
  /** @internal */
  entry(name) {
    const e = this.entries.get(name);
    if (!e) throw new UndeclaredError(`${this.path} declares no method ${name}: pass it to node() or declare()`);
    return e;
  }
};
function checkName(name) {
  const size = byteLength(name);
  const shown3 = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
  if (size > MAX_NAME) throw new ArgumentError(`the name ${shown3} has ${size} bytes: ${MAX_NAME} are the most`);
  if (/\p{Surrogate}/u.test(name)) throw new ArgumentError(`the name ${shown3} has half a character in it`);
  if (name.includes("\0")) throw new ArgumentError(`the name ${shown3} has a NUL in it`);
}
function isPattern(path) {
  return path.split("/").includes("*");
}
function matches(pattern, path) {
  const [want, have] = [pattern.split("/"), path.split("/")];
  return want.length === have.length && want.every((w, i) => w === "*" || w === have[i]);
}

// src/notices.ts
var Notices = class {
  #used = 0;
  #last = 0;
  allow() {
    const at = performance.now();
    const back = Math.floor((at - this.#last) / 100);
    if (back > 0) {
      this.#used = Math.max(0, this.#used - back);
      this.#last = at;
    }
    if (this.#used >= 32) return false;
    this.#used++;
    return true;
  }
};

// src/options.ts
function settings(o) {
  const WebSocket = o.WebSocket ?? globalThis.WebSocket;
  if (!WebSocket) throw new TypeError("there is no global WebSocket: pass one as the option WebSocket");
  const number = (name, fallback, least = 0) => {
    const n = o[name] ?? fallback;
    if (typeof n !== "number" || !(n >= least)) throw new TypeError(`${name} is ${String(n)}: give ${least} or more`);
    return n;
  };
  if (o.token !== void 0 && !(typeof o.token === "string" || typeof o.token === "function" || o.token instanceof Uint8Array)) {
    throw new TypeError(`token is ${typeName(o.token)}: give a string, a Uint8Array, or a function that gives one`);
  }
  const { minDelay = 250, maxDelay = 15e3, maxAttempts = Infinity } = o.reconnect || {};
  if (!(minDelay >= 0 && maxDelay >= minDelay && maxAttempts >= 0)) {
    throw new TypeError(`reconnect is ${JSON.stringify(o.reconnect)}: give 0 or more, maxDelay not under minDelay`);
  }
  return {
    WebSocket,
    agent: o.agent ?? "peerage-js",
    reconnect: o.reconnect === false ? null : { minDelay, maxDelay, maxAttempts },
    connectTimeout: number("connectTimeout", 1e4),
    pingInterval: number("pingInterval", 5e3),
    pingTimeout: number("pingTimeout", 1e4),
    inboundBufferSize: number("inboundBufferSize", 1 << 20, 125),
    outboundBufferSize: number("outboundBufferSize", 1 << 20, 125),
    maxQueuedPackets: number("maxQueuedPackets", 2048, 1),
    replayBufferSize: number("replayBufferSize", 1 << 20),
    replyTimeout: number("replyTimeout", 3e4),
    maxPendingRequests: number("maxPendingRequests", 1024),
    auth: o.auth,
    token: o.token,
    authTimeout: number("authTimeout", 3e3),
    rootPath: o.rootPath ?? "/root",
    leaveWithPage: o.leaveWithPage ?? true,
    allowedHosts: (o.allowedHosts ?? []).map(checkHost)
  };
}

// src/types.ts
function misfit(want, v) {
  throw new ArgumentError(`wanted ${want}, got ${typeName(v)}`);
}
function type(name, variant, take) {
  return { name, take, ...variant !== void 0 && { variant } };
}
function holding(name, variant, inner, build) {
  const taken = type(name, variant, (v) => build(v, (t, e) => t.take(e)));
  return inner.some((t) => t.give) ? { ...taken, give: (v) => build(v, giving) } : taken;
}
var giving = (t, v) => (t.give ?? t.take)(v);
var bool = type(
  "bool",
  Variant.bool,
  (v) => typeof v === "boolean" ? v : v === 1 || v === 0 ? v === 1 : misfit("bool", v)
);
var int = type("int", Variant.int, (v) => {
  const n = typeof v === "bigint" || typeof v === "boolean" ? Number(v) : v;
  return Number.isSafeInteger(n) ? n + 0 : misfit("int", v);
});
var int64 = type(
  "int64",
  Variant.int,
  (v) => typeof v === "bigint" ? v : Number.isSafeInteger(v) ? v + 0 : misfit("int64", v)
);
var float = type("float", Variant.float, (v) => {
  const n = typeof v === "bigint" && BigInt(Number(v)) === v ? Number(v) : v;
  return typeof n === "number" ? n : misfit("float", v);
});
var string = type("string", Variant.string, (v) => {
  if (v instanceof StringName) return v.name;
  if (v instanceof NodePath) return v.path;
  return typeof v === "string" ? v : misfit("string", v);
});
var bytes = type("bytes", Variant.bytes, (v) => v instanceof Uint8Array ? v : misfit("bytes", v));
var time = type("time", void 0, (v) => {
  if (v instanceof Date) return v;
  if (v instanceof Extension && v.type === TIMESTAMP) throw new ArgumentError("a time that no Date can hold");
  return misfit("time", v);
});
var any = type("any", void 0, (v) => v);
function opened(v) {
  if (ArrayBuffer.isView(v) && !(v instanceof Uint8Array) && !(v instanceof DataView)) return Array.from(v);
  return v instanceof Extension ? contents(v) ?? v : v;
}
function list(of) {
  const t = typeOf(of);
  const name = `list(${t.name})`;
  return holding(name, Variant.array, [t], (v, each) => elements(name, v, t, each));
}
function elements(name, v, t, each) {
  const all = opened(v);
  return Array.isArray(all) ? Array.from(all, (e, i) => inside(`[${i}]`, () => each(t, e))) : misfit(name, v);
}
function array(of) {
  const t = typeOf(of);
  const name = `array(${t.name})`;
  const kind = kindOf(name, t);
  const build = (v, each) => elements(name, v, t, each);
  return {
    ...type(name, void 0, (v) => build(v, (t2, e) => t2.take(e))),
    give: (v) => arrayExtension(kind, build(v, giving))
  };
}
function dict(of) {
  const t = typeOf(of);
  const name = `dict(${t.name})`;
  return holding(
    name,
    Variant.dictionary,
    [t],
    (v, each) => Object.fromEntries(Object.entries(plain(name, v)).map(([key, e]) => [key, inside(`.${key}`, () => each(t, e))]))
  );
}
function map(keys, of) {
  const t = typeOf(of);
  const name = `map(${keys.name}, ${t.name})`;
  return holding(name, Variant.dictionary, [t], (v, each) => mapped(name, v, keys, t, each));
}
function dictionary(keys, of) {
  const [k, t] = [typeOf(keys), typeOf(of)];
  const name = `dictionary(${k.name}, ${t.name})`;
  const kinds = [k, t].map((of2) => of2 === any ? Variant.nil : kindOf(name, of2));
  const build = (v, each) => mapped(name, v, k, t, each);
  return {
    ...type(name, void 0, (v) => build(v, (t2, e) => t2.take(e))),
    give: (v) => dictionaryExtension(...kinds, build(v, giving))
  };
}
function mapped(name, v, keys, of, each) {
  const all = opened(v);
  const entries = all instanceof Map ? all : Object.entries(plain(name, all));
  return new Map(
    Array.from(entries, ([key, e]) => [
      inside(`key ${shown2(key)}`, () => each(keys, key)),
      inside(`[${shown2(key)}]`, () => each(of, e))
    ])
  );
}
function shown2(key) {
  return typeof key === "object" ? typeName(key) : String(key).slice(0, 40);
}
function kindOf(container, t) {
  if (t.variant === void 0) throw new TypeError(`${container}: Godot has no type for ${t.name}`);
  return t.variant;
}
function record(fields, options = {}) {
  const { array: array2 = false } = options;
  const types = Object.entries(fields).map(([key, of]) => [key, typeOf(of)]);
  const name = `record(${types.map(([key, t]) => `${key}: ${t.name}`).join(", ")})`;
  const build = (v, each) => {
    const all = opened(v);
    const from = Array.isArray(all) ? null : plain(name, v);
    const part = (key, i) => from ? own(from, key) : all[i];
    return Object.fromEntries(types.map(([key, t], i) => [key, inside(`.${key}`, () => each(t, part(key, i)))]));
  };
  if (!array2) return holding(name, Variant.dictionary, types.map(([, t]) => t), build);
  const number = types.find(([key]) => /^\d+$/.test(key));
  if (number) throw new TypeError(`${name}: objects do not keep the place of the key ${number[0]}: give it a name`);
  return { ...type(name, Variant.array, (v) => build(v, (t, e) => t.take(e))), give: (v) => Object.values(build(v, giving)) };
}
function tuple(...of) {
  const types = of.map((t) => typeOf(t));
  const name = `tuple(${describe(types)})`;
  return holding(name, Variant.array, types, (v, each) => {
    const all = opened(v);
    if (!Array.isArray(all)) return misfit(name, v);
    return types.map((t, i) => inside(`[${i}]`, () => each(t, all[i])));
  });
}
function nullable(of) {
  const t = typeOf(of);
  const build = (v, each) => v === null || v === void 0 ? null : each(t, v);
  const taken = type(`nullable(${t.name})`, void 0, (v) => build(v, (t2, e) => t2.take(e)));
  return t.give ? { ...taken, give: (v) => build(v, giving) } : taken;
}
function optional(of, fallback) {
  const t = typeOf(of);
  const filled = (v) => v === void 0 ? fallback : v;
  const taken = { ...t, name: `optional(${t.name})`, fallback, take: (v) => t.take(filled(v)) };
  return t.give ? { ...taken, give: (v) => giving(t, filled(v)) } : taken;
}
function own(from, key) {
  return Object.hasOwn(from, key) ? from[key] : void 0;
}
function plain(name, given) {
  let v = opened(given);
  if (v !== given && v instanceof Map && [...v.keys()].every((key) => typeof key === "string")) v = Object.fromEntries(v);
  if (typeof v === "object" && v !== null && Object.getPrototypeOf(v) === Object.prototype) {
    return v;
  }
  return misfit(name, given);
}
function inside(where, take) {
  try {
    return take();
  } catch (e) {
    throw e instanceof ArgumentError ? new ArgumentError(`${where}: ${e.message}`) : e;
  }
}
function typeOf(t) {
  if (typeof t !== "function") return t;
  const known = OF_CLASSES.get(t);
  if (known) return known;
  const { type: variant } = t;
  const made2 = type(
    t.name,
    t.prototype instanceof MathValue ? variant : void 0,
    (v) => v instanceof t ? v : misfit(t.name, v)
  );
  OF_CLASSES.set(t, made2);
  return made2;
}
var OF_CLASSES = /* @__PURE__ */ new Map([
  [
    Vector2,
    type("Vector2", Vector2.type, (v) => {
      const fits = v instanceof Vector2i && [v.x, v.y].every((n) => Math.fround(n) === n);
      return fits ? new Vector2(v.x, v.y) : v instanceof Vector2 ? v : misfit("Vector2", v);
    })
  ],
  [StringName, type("StringName", Variant.stringName, (v) => {
    return typeof v === "string" ? new StringName(v) : v instanceof StringName ? v : misfit("StringName", v);
  })],
  [NodePath, type("NodePath", Variant.nodePath, (v) => {
    return typeof v === "string" ? new NodePath(v) : v instanceof NodePath ? v : misfit("NodePath", v);
  })]
]);
function method(config, ...params) {
  return declare(config, any, params);
}
function query(config, result, ...params) {
  return declare(config, typeOf(result), params);
}
function declare(c, result, params) {
  const { mode = "authority", callLocal = false, transferMode = "reliable", channel = 0 } = c;
  if (!["authority", "any_peer", "disabled"].includes(mode)) throw new TypeError(`mode is ${JSON.stringify(mode)}`);
  if (!["reliable", "unreliable", "unreliable_ordered"].includes(transferMode)) {
    throw new TypeError(`transferMode is ${JSON.stringify(transferMode)}`);
  }
  if (!Number.isInteger(channel) || channel < 0 || channel > 255) throw new TypeError(`channel is ${channel}`);
  let some = false;
  for (const p of params) {
    if (some && !("fallback" in p)) throw new TypeError("a parameter behind an optional one: make it optional, too");
    some ||= "fallback" in p;
  }
  return { config: { mode, callLocal, transferMode, channel }, params, result };
}
function describe(params) {
  return params.map((p) => p.name).join(", ");
}
function takeAll(params, args, fill) {
  if (args.length > params.length) {
    throw new ArgumentError(`too many arguments; the parameters are (${describe(params)})`);
  }
  const taken = [];
  for (const [i, p] of params.entries()) {
    const optional2 = "fallback" in p;
    if (i >= args.length || optional2 && args[i] === void 0) {
      if (!optional2) throw new ArgumentError(`too few arguments; the parameters are (${describe(params)})`);
      if (!fill) break;
      taken.push(p.fallback);
      continue;
    }
    try {
      const t = typeOf(p);
      taken.push(fill ? t.take(args[i]) : giving(t, args[i]));
    } catch (e) {
      if (!(e instanceof ArgumentError)) throw e;
      throw new ArgumentError(`argument ${i + 1}: ${e.message}; the parameters are (${describe(params)})`);
    }
  }
  return taken;
}

// src/multiplayer.ts
function connect(address, options = {}) {
  return new SceneMultiplayer(address, settings(options));
}
var CONTROL = { channel: 0, mode: "reliable", key: "" };
var LAST = { channel: 255, mode: "reliable", key: "" };
var RELAYABLE = /* @__PURE__ */ new Set([
  PacketOp.call,
  PacketOp.request,
  PacketOp.reply,
  PacketOp.failure,
  PacketOp.cancel,
  PacketOp.raw,
  PacketOp.refused
]);
var MAX_TEXT = 512;
var FAIL_AGAIN = 50;
var SHARES = 8;
var SceneMultiplayer = class extends Emitter {
  #opts;
  #connection;
  #caller;
  #groupHost;
  #nodes = /* @__PURE__ */ new Map();
  #patterns = [];
  // of these
  #state = "connecting";
  #id = 0;
  #sender = 0;
  #remotes = /* @__PURE__ */ new Map();
  // admitted
  #server = null;
  // while it is authenticated
  #stopAuthTimer = () => {
  };
  #names = new Names();
  #waiting = /* @__PURE__ */ new Map();
  #lastRequest = 0;
  #running = 0;
  // requests of all peers that are not answered
  #stats = {
    callsIn: 0,
    callsOut: 0,
    refused: 0,
    refusedByRemote: 0,
    handlerErrors: 0,
    strayReplies: 0,
    fromDeparted: 0,
    cancelled: 0,
    malformed: 0,
    unknownOpcodes: 0
  };
  #notices = new Notices();
  /** @internal */
  constructor(address, opts) {
    super();
    this.#opts = opts;
    const self = this;
    this.#caller = {
      get uniqueId() {
        return self.#id;
      },
      invoke: (...args) => this.#invoke(...args),
      request: (...args) => this.#request(...args),
      free: (node) => this.#free(node)
    };
    this.#groupHost = {
      get uniqueId() {
        return self.#id;
      },
      groupsOf: (id) => self.#remotes.get(id)?.groups,
      sendBytes: (group, data, options) => self.#sendBytes(group, data, options)
    };
    this.#connection = new Connection(address, opts, {
      began: (id) => this.#began(id),
      resumed: () => this.#become("connected", { resumed: true }),
      packet: (data, delivery) => this.#receive(data, delivery),
      interrupted: (pause, error) => this.#interrupted(pause, error),
      ended: (error) => this.#ended(error),
      failed: (error) => this.emit("connectionFailed", error),
      dropped: (count) => this.emit("packetsDropped", count),
      error: (error) => this.#malformed(this.#notices, error)
    });
    queueMicrotask(() => this.#connection.start());
  }
  /** Where this client stands. */
  get state() {
    return this.#state;
  }
  /** The id of this peer; 0 while there is none. */
  get uniqueId() {
    return this.#id;
  }
  /** The peer whose call is running, this peer itself in a local call; 0 outside of handlers, and in them after an await. */
  get remoteSenderId() {
    return this.#sender;
  }
  /** The ids of the peers that can be called, in the order in which they came. */
  get peers() {
    return [...this.#remotes.keys()];
  }
  /** Whether the connection of another client is lost, and it may still come back. */
  isAway(id) {
    return this.#remotes.get(id)?.away ?? false;
  }
  /** The last round trip to the server and back, in milliseconds; NaN before the first. */
  get roundTripTime() {
    return this.#connection.clock.roundTrip;
  }
  /** The server's clock, as well as it is known: milliseconds since 1970. */
  get serverTime() {
    return this.#connection.clock.serverTime;
  }
  /** How many bytes wait to be sent. */
  get bufferedAmount() {
    return this.#connection.buffered;
  }
  get stats() {
    const { dropped, replaced, refused, unknownOpcodes } = this.#connection.counters;
    return {
      ...this.#stats,
      unknownOpcodes: this.#stats.unknownOpcodes + unknownOpcodes,
      waiting: this.#waiting.size,
      packetsDropped: dropped,
      packetsReplaced: replaced,
      packetsRefused: refused
    };
  }
  /** Waits until peers can be called. Fails with the error that ended it, if it is over, or with the signal's reason. */
  ready(signal) {
    return new Promise((resolve, reject) => {
      const look = (error) => {
        if (signal?.aborted) reject(signal.reason);
        else if (this.#state === "connected") resolve();
        else if (this.#state === "closed") reject(error ?? new NotConnectedError());
        else return false;
        return true;
      };
      if (look(null)) return;
      const again = (error) => {
        if (!look(error)) return;
        off();
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = () => again(null);
      const off = this.on("stateChanged", (change) => again(change.error));
      signal?.addEventListener("abort", aborted);
    });
  }
  /**
   * The node with this path, and its methods. Asked for again it is the same node, with more methods, until its free.
   *
   * A path of which a segment is *, such as "Players/*", is a pattern: it stands for all nodes with any one segment there.
   * What it handles, it handles for all of them that have no handler of their own; call.node tells which one is meant.
   */
  node(path, methods) {
    const root = `${this.#opts.rootPath}/`;
    if (path.startsWith(root)) path = path.slice(root.length);
    let node = this.#nodes.get(path);
    if (!node) {
      checkName(path);
      this.#nodes.set(path, node = new Node(this.#caller, path));
      if (isPattern(path)) this.#patterns.push(node);
    }
    return methods ? node.declare(methods) : node;
  }
  /** Makes a group of no peers. */
  group() {
    return new Group(this.#groupHost);
  }
  /** Sends bytes that are no call to one peer, to everyone (0) or to everyone but one: an event peerPacket there. */
  sendBytes(target, data, options = {}) {
    if (this.#id && target > 0 && !this.#remotes.has(target)) throw new UnknownPeerError(target);
    this.#sendBytes(target, data, options);
  }
  #sendBytes(target, data, options) {
    const { channel = 0, mode = "reliable" } = options;
    if (!this.#id) throw new NotConnectedError();
    const packet = new Writer().byte(PacketOp.raw).raw(data).bytes();
    this.#route(target, packet, { channel, mode, key: keyOf(target) });
  }
  /** Sends bytes to the server while it is authenticated: its AuthCallback takes them. */
  sendAuth(id, data) {
    this.#authenticating(id);
    this.#connection.send(new Writer().byte(PacketOp.auth).raw(data).bytes(), CONTROL);
  }
  /** Says that this side is satisfied with the server. It is admitted once its own side has completed as well. */
  completeAuth(id) {
    const s = this.#authenticating(id);
    s.ours = true;
    this.#connection.send(Uint8Array.of(PacketOp.authComplete), CONTROL);
    if (s.theirs) this.#admitServer(s.remote);
  }
  /**
   * Tries at once to come back: instead of waiting out the pause, or where it was over (a server that sent this client
   * away, too many attempts, a page that was left), anew. False after close, where nothing is tried any more.
   */
  retry() {
    return this.#connection.retry();
  }
  /** Leaves the session for good. */
  close() {
    this.#connection.close();
  }
  // The session
  #become(state, more = {}) {
    const previous = this.#state;
    this.#state = state;
    this.emit("stateChanged", {
      state,
      previous,
      resumed: more.resumed ?? false,
      attempt: more.pause?.attempt ?? 0,
      delay: more.pause?.delay ?? 0,
      error: more.error ?? null
    });
  }
  #began(id) {
    this.#id = id;
    this.#names = new Names();
    const remote = newRemote(SERVER);
    const { token } = this.#connection;
    if (!this.#opts.auth && !token) {
      this.#admitServer(remote);
      return;
    }
    const server = { remote, ours: false, theirs: false };
    this.#server = server;
    this.#stopAuthTimer = after(this.#opts.authTimeout, () => {
      if (this.#server === server) this.#connection.reject(CloseCode.notAuthenticated, "not authenticated in time");
    });
    this.#become("authenticating");
    if (this.#server === server) this.emit("peerAuthenticating", SERVER);
    if (!token || this.#server !== server) return;
    this.sendAuth(SERVER, token);
    this.completeAuth(SERVER);
  }
  #interrupted(pause, error) {
    if (pause) this.#become("reconnecting", { pause, error });
    else this.#become("closed", { error });
  }
  #ended(error) {
    const server = this.#server;
    this.#server = null;
    this.#stopAuthTimer();
    for (const r of [...this.#remotes.values()].reverse()) this.#depart(r);
    for (const [id, w] of this.#waiting) {
      this.#waiting.delete(id);
      w.settle(new PeerGoneError(`${w.what}: the session is over`));
    }
    this.#id = 0;
    if (server) this.emit("peerAuthenticationFailed", SERVER);
    if (error) this.emit(server ? "connectionFailed" : "serverDisconnected", error);
  }
  #admitServer(r) {
    this.#server = null;
    this.#stopAuthTimer();
    this.#remotes.set(r.id, r);
    this.#become("connected");
    if (this.#remotes.get(r.id) === r) this.emit("connectedToServer");
    if (this.#remotes.get(r.id) === r) this.emit("peerConnected", r.id);
  }
  #depart(r) {
    if (!this.#remotes.delete(r.id)) return;
    for (const g of r.groups) g.delete(r.id);
    for (const run of r.run.values()) run.abort(new PeerGoneError(`peer ${r.id} left`));
    this.#running -= r.run.size;
    r.run.clear();
    for (const [id, w] of this.#waiting) {
      if (w.to !== r) continue;
      this.#waiting.delete(id);
      w.settle(new PeerGoneError(`${w.what}: the peer left before it replied`));
    }
    this.emit("peerDisconnected", r.id);
  }
  #authenticating(id) {
    if (!this.#server || id !== SERVER) throw new AuthError(`peer ${id} is not being authenticated`);
    if (this.#server.ours) throw new AuthError(`the authentication of peer ${id} was completed already`);
    return this.#server;
  }
  // Receiving
  #receive(data, delivery) {
    const server = this.#server;
    const r = server?.remote ?? this.#remotes.get(SERVER);
    if (!r) return;
    try {
      if (server && this.#duringAuth(server, data)) return;
      this.#packet(r, data, delivery, false);
    } catch (e) {
      this.#malformed(r.notices, e);
    }
  }
  /** Handles a packet of a server that is not admitted. True if there is nothing more to do with it. */
  #duringAuth(server, data) {
    const r = new Reader(data);
    const op = r.byte();
    if (op === PacketOp.name) return false;
    if (op === PacketOp.auth) {
      this.#guard("auth", () => this.#opts.auth?.(SERVER, r.rest().slice()));
      return true;
    }
    if (op === PacketOp.authComplete) server.theirs = true;
    else if (!server.ours) throw new MalformedError("a packet before authentication");
    if (server.ours) this.#admitServer(server.remote);
    return op === PacketOp.authComplete;
  }
  #packet(from, data, delivery, relayed) {
    const r = new Reader(data);
    const op = r.byte();
    if (relayed && !RELAYABLE.has(op)) throw new MalformedError(`opcode ${op} in a relay`);
    switch (op) {
      case PacketOp.name:
        this.#learn(r.number(), r.text());
        return;
      case PacketOp.call:
      case PacketOp.request: {
        const request = op === PacketOp.request ? r.number() : null;
        this.#incoming(from, request, this.#names.of(r.number()), this.#names.of(r.number()), r, delivery);
        return;
      }
      case PacketOp.reply: {
        const id = r.number();
        this.#answered(from, id, () => r.value());
        return;
      }
      case PacketOp.failure: {
        const id = r.number();
        const failure = new Failure(r.number(), r.text());
        this.#answered(from, id, () => {
          throw failure;
        });
        return;
      }
      case PacketOp.cancel: {
        const id = r.number();
        const run = from.run.get(id);
        if (!run) return;
        this.#finished(from, id);
        this.#stats.cancelled++;
        run.abort(new Failure(Code.cancelled, "the caller gave up"));
        return;
      }
      case PacketOp.raw:
        this.emit("peerPacket", from.id, r.rest(), { channel: delivery.channel, mode: delivery.mode });
        return;
      case PacketOp.refused: {
        const [node, method2, code, reason] = [r.text(), r.text(), r.number(), r.text()];
        this.#stats.refusedByRemote++;
        if (from.notices.allow()) {
          this.emit("callRefused", { sender: from.id, node, method: method2, code, reason, remote: true });
        }
        return;
      }
      case PacketOp.peerAdded: {
        const id = r.id();
        if (id < 2 || id === this.#id || this.#remotes.has(id)) throw new MalformedError(`peer ${id} was added again`);
        if (this.#remotes.size >= MAX_PEERS) {
          this.#connection.reject(CloseCode.disconnected, "too many peers");
          throw new MalformedError(`more than ${MAX_PEERS} peers`);
        }
        this.#remotes.set(id, newRemote(id));
        this.emit("peerConnected", id);
        return;
      }
      case PacketOp.peerRemoved: {
        const peer = this.#remotes.get(r.id());
        if (peer && peer.id !== SERVER) this.#depart(peer);
        return;
      }
      case PacketOp.peerAway:
      case PacketOp.peerBack: {
        const peer = this.#remotes.get(r.id());
        const away = op === PacketOp.peerAway;
        if (!peer || peer.id === SERVER || peer.away === away) return;
        peer.away = away;
        this.emit(away ? "peerAway" : "peerBack", peer.id);
        return;
      }
      case PacketOp.relayed: {
        const source = this.#remotes.get(r.id());
        if (source?.id === SERVER) throw new MalformedError("a packet of the server in a relay");
        if (!source) {
          this.#stats.fromDeparted++;
          return;
        }
        this.#packet(source, r.rest(), delivery, true);
        return;
      }
      case PacketOp.forget:
        while (r.left > 0) this.#names.unlearn(r.number());
        return;
      case PacketOp.relay:
        throw new MalformedError("a packet that only a client sends");
      case PacketOp.auth:
      case PacketOp.authComplete:
        return;
      // a server that asks for it where this side does not
      default:
        this.#stats.unknownOpcodes++;
    }
  }
  #learn(number, name) {
    if (this.#names.learn(number, name)) return;
    this.#connection.reject(CloseCode.disconnected, "too many names");
    throw new MalformedError(`more than ${MAX_NAMES} names`);
  }
  #malformed(notices, error) {
    if (error instanceof MalformedError) this.#stats.malformed++;
    if (notices.allow()) this.emit("error", error);
  }
  /** The node that has a method of a path: the one there, or a pattern where that does not handle it. */
  #find(path, name) {
    const node = this.#nodes.get(path);
    if (node && (node.entries.get(name)?.handler || this.#patterns.length === 0)) return node;
    const pattern = this.#patterns.find((p) => matches(p.path, path));
    return pattern && (!node || pattern.entries.has(name)) ? pattern : node;
  }
  /** Runs a call that came from a peer, or says why not. */
  #incoming(from, request, path, name, r, delivery) {
    if (request !== null && from.run.has(request)) throw new MalformedError(`request ${request} is waiting already`);
    const refuse = (code, reason) => this.#refuse(from, request, path, name, code, reason);
    const node = this.#find(path, name);
    if (!node) return refuse(Code.unknownNode, `there is no node ${path} here`);
    const entry = node.entries.get(name);
    if (!entry || !entry.handler && entry.method.config.mode !== "disabled") {
      return refuse(Code.unknownMethod, `node ${path} has no handler for ${name}`);
    }
    const { mode } = entry.method.config;
    if (mode === "disabled" || mode === "authority" && from.id !== node.authority) {
      return refuse(Code.notAllowed, `mode is ${mode}, authority is ${node.authority}`);
    }
    if (request !== null && from.run.size >= this.#opts.maxPendingRequests) {
      return refuse(Code.tooMany, `${from.run.size} requests are waiting already`);
    }
    if (request !== null && this.#running >= SHARES * this.#opts.maxPendingRequests) {
      return refuse(Code.tooMany, `${this.#running} requests of all peers are waiting already`);
    }
    let args;
    try {
      args = takeAll(entry.method.params, r.values(), true);
    } catch (e) {
      return refuse(Code.badArguments, messageOf(e));
    }
    const control = new AbortController();
    const call = {
      sender: from.id,
      node: path,
      method: name,
      channel: delivery.channel,
      mode: delivery.mode,
      wantsReply: request !== null,
      signal: control.signal
    };
    if (request === null) {
      this.#run(call, entry, args).catch((e) => this.#handlerFailed(call, e));
      return;
    }
    from.run.set(request, control);
    this.#running++;
    this.#run(call, entry, args).then(
      (value) => this.#answer(from, request, control, call, entry, value),
      (e) => {
        if (!(e instanceof Failure)) this.#handlerFailed(call, e);
        const failure = e instanceof Failure ? e : new Failure(Code.handlerFailed, "the handler failed");
        this.#fail(from, request, control, failure);
      }
    );
  }
  /** Calls a handler, now. */
  async #run(call, entry, args) {
    const outer = this.#sender;
    this.#sender = call.sender;
    this.#stats.callsIn++;
    let result;
    try {
      result = entry.handler(call, ...args);
    } finally {
      this.#sender = outer;
    }
    return await result;
  }
  #handlerFailed(call, cause) {
    this.#stats.handlerErrors++;
    this.emit("error", new HandlerError(`the handler of ${call.node}.${call.method} threw: ${messageOf(cause)}`, { cause }));
  }
  #answer(to, request, control, call, entry, value) {
    if (to.run.get(request) !== control) return;
    try {
      const { result } = entry.method;
      const given = result.give ? result.give(value) : value;
      this.#route(to.id, new Writer().byte(PacketOp.reply).value(request).value(given).bytes(), CONTROL);
      this.#finished(to, request);
    } catch (e) {
      if (e instanceof BufferFullError) this.emit("error", e);
      else this.#handlerFailed(call, e);
      this.#fail(to, request, control, unsent(e));
    }
  }
  /** Answers with a failure: when there is room for it, if there is none now. */
  #fail(to, request, control, f) {
    if (to.run.get(request) !== control) return;
    try {
      this.#route(to.id, failurePacket(request, f.code, f.message), CONTROL);
    } catch (e) {
      if (e instanceof BufferFullError) {
        after(FAIL_AGAIN, () => this.#fail(to, request, control, f));
        return;
      }
      if (to.notices.allow()) this.emit("error", e);
    }
    this.#finished(to, request);
  }
  /** Counts a request as answered. */
  #finished(of, request) {
    if (of.run.delete(request)) this.#running--;
  }
  #refuse(from, request, node, method2, code, reason) {
    this.#stats.refused++;
    const loud = from.notices.allow();
    if (loud) this.emit("callRefused", { sender: from.id, node, method: method2, code, reason, remote: false });
    if (request !== null) {
      this.#say(from, failurePacket(request, code, reason));
    } else if (loud) {
      const w = new Writer().byte(PacketOp.refused);
      this.#say(from, w.value(clip2(node)).value(clip2(method2)).value(code).value(clip2(reason)).bytes());
    }
  }
  #answered(from, id, take) {
    const w = this.#waiting.get(id);
    if (!w || w.to !== from) {
      this.#stats.strayReplies++;
      return;
    }
    this.#waiting.delete(id);
    try {
      w.settle(null, take());
    } catch (e) {
      w.settle(e);
      if (!(e instanceof Failure)) throw e;
    }
  }
  #guard(what, f) {
    try {
      f();
    } catch (cause) {
      this.emit("error", new HandlerError(`${what} threw: ${messageOf(cause)}`, { cause }));
    }
  }
  // Sending
  #invoke(node, target, name, given) {
    const { method: method2 } = node.entry(name);
    const { callLocal, channel, transferMode: mode } = method2.config;
    this.#checkCall(node, target instanceof Group ? EVERYONE : target, name, callLocal);
    const args = encodeArguments(method2.params, given);
    const local = callLocal && (target instanceof Group ? target.has(this.#id) : target === EVERYONE || target === this.#id || target < 0 && target !== -this.#id);
    if (target !== this.#id) {
      const [n, m] = [this.#names.number(node.path), this.#names.number(name)];
      const packet = new Writer().byte(PacketOp.call).value(n).value(m).raw(args).bytes();
      this.#tellNames();
      this.#route(target, packet, { channel, mode, key: `${keyOf(target)}/${n}/${m}` });
      this.#stats.callsOut++;
    }
    if (local) this.#callLocal(node, name, { channel, mode, key: "" }, args);
  }
  #checkCall(node, target, name, callLocal) {
    if (this.#nodes.get(node.path) !== node) throw new FreedError(node.path);
    if (isPattern(node.path)) throw new TypeError(`${node.path} is a pattern: call a node with a path of its own`);
    if (!Number.isInteger(target)) throw new TypeError(`the target is ${target}: give a peer id, 0 or except(id)`);
    if (!this.#id || this.#server) throw new NotConnectedError();
    if (target === this.#id && !callLocal) throw new CallSelfError(`${node.path}.${name}`);
    if (target > 0 && target !== this.#id && !this.#remotes.has(target)) throw new UnknownPeerError(target);
  }
  #callLocal(node, name, delivery, args) {
    const entry = this.#find(node.path, name).entry(name);
    const call = {
      sender: this.#id,
      node: node.path,
      method: name,
      channel: delivery.channel,
      mode: delivery.mode,
      wantsReply: false,
      signal: new AbortController().signal
    };
    if (!entry.handler) {
      const reason = "callLocal, but it has no handler here";
      const refusal = { sender: this.#id, node: node.path, method: name, code: Code.unknownMethod, reason, remote: false };
      this.emit("callRefused", refusal);
      return;
    }
    const copy = takeAll(entry.method.params, new Reader(args).values(), true);
    this.#run(call, entry, copy).catch((e) => this.#handlerFailed(call, e));
  }
  #request(node, options, name, given) {
    return new Promise((resolve, reject) => {
      const { peer, signal } = options;
      const timeout = options.timeout ?? (signal ? Infinity : this.#opts.replyTimeout);
      if (!(timeout >= 0)) throw new TypeError(`timeout is ${String(timeout)}: give milliseconds, or Infinity`);
      const { method: method2 } = node.entry(name);
      this.#checkCall(node, peer, name, false);
      const to = this.#remotes.get(peer);
      if (!to) throw new UnknownPeerError(peer);
      signal?.throwIfAborted();
      const args = encodeArguments(method2.params, given);
      const [n, m] = [this.#names.number(node.path), this.#names.number(name)];
      const id = ++this.#lastRequest;
      const packet = new Writer().byte(PacketOp.request).value(id).value(n).value(m).raw(args).bytes();
      this.#tellNames();
      this.#route(peer, packet, { channel: method2.config.channel, mode: "reliable", key: "" });
      this.#stats.callsOut++;
      const what = `${node.path}.${name} of peer ${peer}`;
      const giveUp = (error) => {
        if (!this.#waiting.delete(id)) return;
        if (this.#remotes.get(to.id) === to) this.#say(to, new Writer().byte(PacketOp.cancel).value(id).bytes());
        settle(error);
      };
      const aborted = () => giveUp(signal?.reason);
      const stop = after(timeout, () => giveUp(new TimeoutError(`${what}: no reply in ${timeout} ms`)));
      const settle = (error, value) => {
        stop();
        signal?.removeEventListener("abort", aborted);
        if (error !== null) {
          reject(error);
          return;
        }
        try {
          resolve(method2.result.take(value));
        } catch (e) {
          reject(new ArgumentError(`the reply of ${what}: ${messageOf(e)}`));
        }
      };
      signal?.addEventListener("abort", aborted);
      this.#waiting.set(id, { to, what, settle });
    });
  }
  /** Sends what the server has not been told yet of our names. */
  #tellNames() {
    this.#names.tell((number, name) => {
      this.#connection.send(new Writer().byte(PacketOp.name).value(number).value(name).bytes(), CONTROL);
    });
  }
  /** Takes a node away. */
  #free(node) {
    if (this.#nodes.get(node.path) !== node) return;
    this.#nodes.delete(node.path);
    this.#patterns = this.#patterns.filter((p) => p !== node);
    if (!this.#connection.knows(PacketOp.forget)) return;
    this.#names.free(node.path);
    if (!this.#id || this.#server) return;
    try {
      this.#forget();
    } catch {
    }
  }
  /** Tells the server to forget the names of freed nodes, behind all that was sent with them. */
  #forget() {
    this.#names.forget((numbers) => {
      const w = new Writer().byte(PacketOp.forget);
      for (const n of numbers) w.value(n);
      this.#connection.send(w.bytes(), LAST);
    });
  }
  /** Sends a packet to the server, or through it to the peers that the target means. */
  #route(target, packet, delivery) {
    const to = this.#receivers(target);
    if (to.length === 0) return;
    if (to.length === 1 && to[0] === SERVER) {
      this.#connection.send(packet, delivery);
      return;
    }
    const relay = (through) => {
      this.#connection.send(new Writer().byte(PacketOp.relay).value(through).raw(packet).bytes(), delivery);
    };
    if (to.length === 1) relay(to[0]);
    else if (!(target instanceof Group)) relay(target);
    else if (!this.#connection.knows(PacketOp.relaySeveral)) to.forEach((id) => this.#route(id, packet, delivery));
    else {
      const w = new Writer().byte(PacketOp.relaySeveral).value(to.length);
      for (const id of to) w.value(id);
      this.#connection.send(w.raw(packet).bytes(), delivery);
    }
  }
  /** The peers that a target means, but this one. */
  #receivers(target) {
    if (target instanceof Group) return target.peers.filter((id) => id !== this.#id);
    return target > 0 ? [target] : this.peers.filter((id) => id !== -target);
  }
  /** Sends an answer to a peer; if it cannot be sent there is nobody to tell but the program. */
  #say(to, packet) {
    if (this.#remotes.get(to.id) !== to) return;
    try {
      this.#route(to.id, packet, CONTROL);
    } catch (e) {
      if (to.notices.allow()) this.emit("error", e);
    }
  }
};
function keyOf(target) {
  return target instanceof Group ? target.key : `${target}`;
}
function newRemote(id) {
  return { id, notices: new Notices(), run: /* @__PURE__ */ new Map(), groups: /* @__PURE__ */ new Set(), away: false };
}
function encodeArguments(params, given) {
  if (given.length > MAX_ARGUMENTS) throw new ArgumentError(`a call has at most ${MAX_ARGUMENTS} arguments`);
  const w = new Writer();
  for (const arg of takeAll(params, given, false)) w.value(arg);
  return w.bytes();
}
function unsent(e) {
  if (e instanceof PacketTooLargeError) return new Failure(Code.tooLarge, "the reply is larger than its receiver reads: ask for less at once");
  if (e instanceof BufferFullError) return new Failure(Code.busy, "there is no room for the reply now: ask again later");
  return new Failure(Code.handlerFailed, `the reply could not be sent: ${e instanceof ArgumentError ? e.message : "the handler failed"}`);
}
function failurePacket(request, code, message) {
  return new Writer().byte(PacketOp.failure).value(request).value(code).value(clip2(message)).bytes();
}
function clip2(s) {
  return [...s].slice(0, MAX_TEXT).join("").replace(/\p{Surrogate}/gu, "�");
}
export {
  AABB,
  ArgumentError,
  AuthError,
  Basis,
  BufferFullError,
  CallSelfError,
  CloseCode,
  CloseError,
  Code,
  Color,
  EVERYONE,
  Extension,
  Failure,
  FreedError,
  HandlerError,
  MalformedError,
  NodePath,
  NotConnectedError,
  PacketTooLargeError,
  PeerGoneError,
  PeerageError,
  Plane,
  Projection,
  Quaternion,
  Rect2,
  Rect2i,
  RefusedError,
  SERVER,
  SUBPROTOCOL,
  SceneMultiplayer,
  StringName,
  TimeoutError,
  Timestamp,
  Transform2D,
  Transform3D,
  UndeclaredError,
  UnknownPeerError,
  Vector2,
  Vector2i,
  Vector3,
  Vector3i,
  Vector4,
  Vector4i,
  any,
  array,
  bool,
  bytes,
  connect,
  dict,
  dictionary,
  except,
  float,
  int,
  int64,
  list,
  map,
  method,
  nullable,
  optional,
  query,
  record,
  string,
  time,
  tuple
};
