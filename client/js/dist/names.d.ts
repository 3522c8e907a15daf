import type { Connection } from "./connection.js";
/** The names of one session, in both directions. */
export declare class Names {
    #private;
    private readonly connection;
    constructor(connection: Connection);
    /** Begins anew, with a session. */
    reset(): void;
    /** The number of one of our names. */
    number(name: string): number;
    /** Tells the server those that it does not know yet, in their order. */
    tell(): void;
    /** Gives a name back, whose number is not used again, and has the server forget it, behind all that was sent with it. */
    free(name: string): void;
    /** Takes the name that one of the server's numbers stands for. */
    learn(number: number, name: string): void;
    /** Forgets one of the server's. */
    unlearn(number: number): void;
    /** What one of the server's numbers stands for. */
    of(number: number): string;
}
/** Refuses a name of a node or a method that cannot travel: the names after it would not get through either. */
export declare function checkName(name: string): void;
