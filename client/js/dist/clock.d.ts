/** This machine's clock: milliseconds since 1970, with a fraction, never set back while the page lives. */
export declare function now(): number;
/** How long a round trip takes, and what the server's clock says. */
export declare class Clock {
    #private;
    /** The last round trip, in milliseconds; NaN before the first. */
    get roundTrip(): number;
    /** The server's clock: milliseconds since 1970. */
    get serverTime(): number;
    /** Takes what welcome says, until the first pong knows better. */
    start(server: number): void;
    /** Takes a pong: when its ping was sent, and the server's clock as it answered. */
    pong(sent: number, server: number): void;
}
