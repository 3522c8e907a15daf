import type { Settings } from "./options.js";
import type { Socket } from "./socket.js";
export declare class Heartbeat {
    #private;
    private readonly opts;
    private readonly socket;
    private readonly silent;
    constructor(opts: Settings, socket: Socket, silent: () => void);
    /** The last round trip, in milliseconds; NaN before the first. */
    get roundTrip(): number;
    /** The server's clock: milliseconds since 1970. It goes back only where it was wrong by more than a second. */
    get serverTime(): number;
    /** Pings on a new connection, whose welcome says what the server's clock does, or 0; the first pong knows better. */
    start(server: number): void;
    /** Ends with the connection: what was asked on it has no answer. */
    stop(): void;
    /** The server sent something. */
    heard(): void;
    /** Pings, now and from now on, as if something had just been heard. */
    beat(): void;
    /** Takes a pong: what its ping said, and the server's clock as it answered, both in microseconds. */
    pong(sent: number, server: number): void;
}
