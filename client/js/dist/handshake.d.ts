import { type Reader } from "./msgpack.js";
import type { Settings } from "./options.js";
import type { Session } from "./session.js";
/** Writes the hello. With a session it asks to go on with that. */
export declare function hello(opts: Settings, s: Session | null): Uint8Array;
/** What a server says to a client that it lets in. */
export type Welcome = ReturnType<typeof readWelcome>;
export declare function readWelcome(r: Reader): {
    id: number;
    secret: Uint8Array<ArrayBuffer>;
    place: string;
    limit: number;
    window: number;
    received: number;
    time: number;
    resumed: boolean;
    knows: Uint8Array<ArrayBuffer>;
};
/** Reads a goodbye, in which everything may be missing; after is how many milliseconds to wait, 0 if it does not say. */
export declare function readGoodbye(r: Reader): {
    code: number;
    reason: string;
    after: number;
    url: string;
};
