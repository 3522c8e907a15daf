import type { Connection } from "./connection.js";
import type { Emitter, Events } from "./events.js";
import type { Settings } from "./options.js";
import type { Peer } from "./peers.js";
export declare class Auth {
    #private;
    private readonly opts;
    private readonly connection;
    private readonly events;
    private readonly admit;
    /** The server while it is authenticated. */
    server: Peer | null;
    constructor(opts: Settings, connection: Connection, events: Emitter<Events>, admit: (server: Peer) => void);
    /** Begins it with a session, tells that, and has the program authenticate, or the token. Without both there is none. */
    begin(server: Peer, tell: () => void): void;
    /** Ends it. False if there was none. */
    stop(): boolean;
    send(id: number, data: Uint8Array): void;
    complete(id: number): void;
    /** Takes a packet of a server that is not admitted. False if it is for others. */
    take(data: Uint8Array): boolean;
}
/** Gives an attempt to connect the option token: a promise, if the program has to be asked for it. */
export declare function askToken(token: Settings["token"]): Uint8Array | null | Promise<Uint8Array>;
