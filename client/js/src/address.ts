// Where a client connects to: the address that the program gave, and the one that the last goodbye named.

import { MalformedError } from "./errors.js";

/** The address of a session, or what gives it anew for each attempt. */
export type Address = string | URL | (() => string | URL | Promise<string | URL>);

export class Addresses {
  readonly #ask: (() => string | URL | Promise<string | URL>) | null;
  #first: URL | null;
  #moved: URL | null = null;
  #away = false; // the goodbye's address has its turn

  /** Throws a TypeError on an address that is none. */
  constructor(
    /** The program's own. */
    address: Address,
    /** Hosts beside the program's own that may be told secrets. */
    readonly allowed: readonly string[],
  ) {
    this.#ask = typeof address === "function" ? address : null;
    this.#first = typeof address === "function" ? null : webSocketURL(address, page());
  }

  /** Gives the next attempt its address: a promise, if the program has to be asked for it. */
  next(): URL | Promise<URL> {
    if (!this.#ask || this.#away) return this.current;
    const ask = this.#ask;
    return Promise.resolve()
      .then(ask)
      .then((address) => (this.#first = webSocketURL(address, page())));
  }

  /** Where the connection is, or the last attempt went. */
  get current(): URL {
    return (this.#away ? this.#moved : this.#first)!;
  }

  /** After an attempt that failed: the address of a goodbye and the program's own take turns. */
  turn(): void {
    this.#away = this.#moved !== null && !this.#away;
  }

  /**
   * Takes the address of a goodbye in a session. auth says that the program authenticates. The warning says what keeps
   * the client, or its session, from going on there; it is null if nothing does.
   */
  move(address: string, session: { home: URL; resumable: boolean }, auth: boolean): { warning: string | null } {
    let url: URL;
    try {
      url = webSocketURL(address, session.home);
    } catch {
      throw new MalformedError(`goodbye: the url ${JSON.stringify(shown(address))}`);
    }
    const says = `the server says to go on at ${shown(url)}`;
    if (weaker(session.home, url) || weaker(this.#first!, url)) return { warning: `${says}, which is not encrypted: ignored` };
    const known = this.mayTell(url, session.home);
    const mend = `add ${JSON.stringify(url.host)} to the option allowedHosts`;
    if (!known && auth) return { warning: `${says}, another host: ignored. To authenticate there, ${mend}` };
    this.#moved = url;
    this.#away = true;
    const kept = known || !session.resumable;
    return { warning: kept ? null : `${says}, another host, which is not told of this session. To go on with it there, ${mend}` };
  }

  /** Whether a secret that the server at home gave may be sent to url. */
  mayTell(url: URL, home: URL): boolean {
    if (weaker(home, url)) return false;
    return [home.host, this.#first!.host, ...this.allowed].some((host) => sameHost(url, host));
  }
}

/** An address as errors may have it: what stands behind ? or before @ may be secret. */
export function shown(address: string | URL): string {
  return `${address}`.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//");
}

/** The address of the page, if there is one. */
function page(): string | undefined {
  return (globalThis as { location?: { href: string } }).location?.href;
}

/** Whether to would send in plain text what from encrypts. */
function weaker(from: URL, to: URL): boolean {
  return from.protocol === "wss:" && to.protocol !== "wss:";
}

function sameHost(url: URL, host: string): boolean {
  return new URL(`${url.protocol}//${host}`).host === url.host;
}

/** Checks a host that the program allows: "host", or "host:port" where the port is not the scheme's own. */
export function checkHost(host: unknown): string {
  let url: URL | undefined;
  try {
    url = new URL(`wss://${host}`);
  } catch {
    // It is none.
  }
  if (typeof host !== "string" || !url || url.href !== `wss://${url.host}/` || /[/?#@]/.test(host)) {
    throw new TypeError(`allowedHosts has ${JSON.stringify(host)}: give hosts as "game.example" or "game.example:9080"`);
  }
  return host;
}

/** Makes a WebSocket's address of an address that may be relative, or http. */
export function webSocketURL(address: string | URL, base?: URL | string): URL {
  const wrong = (): TypeError => {
    const relative = base === undefined ? "" : ", or be relative to the page, as /path";
    return new TypeError(`bad URL ${JSON.stringify(shown(address))}: it should look like ws://host:port/path or wss://host/path${relative}`);
  };
  if (/^[^/?#]*:\d/.test(`${address}`)) throw wrong(); // host:port, which else is a path, or has the host as its scheme
  let url: URL;
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
