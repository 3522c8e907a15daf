/** The names of one session, in both directions. */
export declare class Names {
    #private;
    /** The number of one of our names. */
    number(name: string): number;
    /** Hands those that the server does not know yet to send, in their order. */
    tell(send: (number: number, name: string) => void): void;
    /** Gives a name back, whose number is not used again. */
    free(name: string): void;
    /** Hands what the server is to forget to send. */
    forget(send: (numbers: readonly number[]) => void): void;
    /** Takes the name that one of the server's numbers stands for. False if that is too many. */
    learn(number: number, name: string): boolean;
    /** Forgets one of the server's. */
    unlearn(number: number): void;
    /** What one of the server's numbers stands for. */
    of(number: number): string;
}
