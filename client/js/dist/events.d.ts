type Listener<A extends unknown[]> = (...args: A) => void;
/** Tells listeners of events, in the order in which they were added. */
export declare class Emitter<E extends {
    [K in keyof E]: unknown[];
}> {
    #private;
    /** Calls listener at every event of that name, and returns what undoes it. */
    on<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void;
    /** Calls listener at the next event of that name only. */
    once<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void;
    /** Undoes on. */
    off<K extends keyof E>(event: K, listener: Listener<E[K]>): void;
}
export {};
