/** Bounds the reports that one peer causes: a burst, then ten a second. */
export declare class Notices {
    #private;
    allow(): boolean;
}
