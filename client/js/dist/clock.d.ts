/** This machine's clock: milliseconds since 1970, with a fraction, never set back while the page lives. */
export declare function now(): number;
/** How long a round trip takes, and what the server's clock says. */
export declare class Clock {
    #private;
    /** The last round trip, in milliseconds; NaN before the first. */
    get roundTrip(): number;
    /** The server's clock: milliseconds since 1970. It goes back only where it was wrong by more than a second. */
    get serverTime(): number;
    /** Takes what welcome says, until the first pong knows better. */
    start(server: number): void;
    /** Begins anew with a connection: what was asked on the old one has no answer. */
    reset(): void;
    /** The time to put into a ping, in microseconds. */
    ask(): number;
    /** Takes a pong: what its ping said, and the server's clock as it answered, both in microseconds. */
    pong(sent: number, server: number): void;
}
/** This machine's clock in microseconds, as the wire has it. */
export declare function micros(): number;
