import type { CloseError } from "./errors.js";
import type { Welcome } from "./handshake.js";
export declare class Session {
    #private;
    readonly welcome: Welcome;
    /** Where it was given. */
    readonly home: URL;
    /** Reliable packets that came. */
    received: number;
    /** Why its last connection was lost; null while it has one. */
    lost: CloseError | null;
    constructor(welcome: Welcome, 
    /** Where it was given. */
    home: URL);
    get resumable(): boolean;
    /** Its connection is lost. The window does not count the grace: milliseconds in which the server wants to be left alone. */
    lose(error: CloseError, grace: number): void;
    /** How much is left of the time in which it can be resumed, in milliseconds. */
    get left(): number;
    /** Counts a reliable packet that came. Tells whether to acknowledge it, with those before: now, soon, or not yet. */
    took(bytes: number): "now" | "soon" | "later";
    /** Has all that came acknowledged, and gives how many packets that are. */
    acknowledged(): number;
}
