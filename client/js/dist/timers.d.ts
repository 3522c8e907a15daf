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
