// Where a client connects to: the address that the program gave, and the one that the last goodbye named.

import { MalformedError } from "./errors.js";

export class Addresses {
  #moved: URL | null = null;
  #current: URL;

  constructor(
    /** The program's own. */
    readonly first: URL,
    /** Hosts beside the program's own that may be told secrets. */
    readonly allowed: readonly string[],
  ) {
    this.#current = first;
  }

  /** Where the next attempt goes, or where the connection is. */
  get current(): URL {
    return this.#current;
  }

  /** After an attempt that failed: the address of a goodbye and the program's own take turns. */
  turn(): void {
    if (this.#moved) this.#current = this.#current === this.first ? this.#moved : this.first;
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
      throw new MalformedError(`goodbye: the url ${JSON.stringify(address)}`);
    }
    const says = `the server says to go on at ${url.href}`;
    if (weaker(session.home, url) || weaker(this.first, url)) return { warning: `${says}, which is not encrypted: ignored` };
    const known = this.mayTell(url, session.home);
    const mend = `add ${JSON.stringify(url.host)} to the option allowedHosts`;
    if (!known && auth) return { warning: `${says}, another host: ignored. To authenticate there, ${mend}` };
    this.#moved = this.#current = url;
    const kept = known || !session.resumable;
    return { warning: kept ? null : `${says}, another host, which is not told of this session. To go on with it there, ${mend}` };
  }

  /** Whether a secret that the server at home gave may be sent to url. */
  mayTell(url: URL, home: URL): boolean {
    if (weaker(home, url)) return false;
    return [home.host, this.first.host, ...this.allowed].some((host) => sameHost(url, host));
  }
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
    return new TypeError(`bad URL ${JSON.stringify(address)}: it should look like ws://host:port/path or wss://host/path${relative}`);
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
