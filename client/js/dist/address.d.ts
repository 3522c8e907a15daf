/** The address of a session, or what gives it anew for each attempt. */
export type Address = string | URL | (() => string | URL | Promise<string | URL>);
export declare class Addresses {
    #private;
    /** Hosts beside the program's own that may be told secrets. */
    readonly allowed: readonly string[];
    /** Throws a TypeError on an address that is none. */
    constructor(
    /** The program's own. */
    address: Address, 
    /** Hosts beside the program's own that may be told secrets. */
    allowed: readonly string[]);
    /** Gives the next attempt its address: a promise, if the program has to be asked for it. */
    next(): URL | Promise<URL>;
    /** Where the connection is, or the last attempt went. */
    get current(): URL;
    /** After an attempt that failed: the address of a goodbye and the program's own take turns. */
    turn(): void;
    /**
     * Takes the address of a goodbye in a session. auth says that the program authenticates. The warning says what keeps
     * the client, or its session, from going on there; it is null if nothing does.
     */
    move(address: string, session: {
        home: URL;
        resumable: boolean;
    }, auth: boolean): {
        warning: string | null;
    };
    /** Whether a secret that the server at home gave may be sent to url. */
    mayTell(url: URL, home: URL): boolean;
}
/** An address as errors may have it: what stands behind ? or before @ may be secret. */
export declare function shown(address: string | URL): string;
/** Checks a host that the program allows: "host", or "host:port" where the port is not the scheme's own. */
export declare function checkHost(host: unknown): string;
/** Makes a WebSocket's address of an address that may be relative, or http. */
export declare function webSocketURL(address: string | URL, base?: URL | string): URL;
