/** Keeps the reliable messages of a session that the server has not acknowledged. */
export declare class Replay {
    #private;
    get bytes(): number;
    push(message: Uint8Array): void;
    /** Forgets what the server has: its first count messages. False if it cannot have that many, or has too few. */
    acknowledge(count: number): boolean;
    /** What the server has not, in order. */
    messages(): readonly Uint8Array[];
    reset(): void;
}
