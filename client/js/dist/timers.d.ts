/** Calls f after a delay in milliseconds, Infinity for never. Returns what calls it off. */
export declare function after(delay: number, f: () => void): () => void;
/** Timers by their names: one that is set again begins anew. */
export declare class Timers {
    #private;
    set(name: string, delay: number, f: () => void): void;
    has(name: string): boolean;
    stop(...names: string[]): void;
    stopAll(): void;
}
/** This machine's clock: milliseconds since 1970, with a fraction, never set back while the page lives. */
export declare function now(): number;
/** This machine's clock in microseconds, as the wire has it. */
export declare function micros(): number;
