import type { Settings } from "./options.js";
/** What the connection is told of its WebSocket. */
export interface SocketEvents {
    opened(protocol: string): void;
    message(data: unknown): void;
    /** It ended, but not by close: whoever calls that knows. */
    closed(code: number, reason: string): void;
}
export declare class Socket {
    #private;
    private readonly opts;
    private readonly events;
    /** Whether the server let this client in on it: packets can be sent. The connection says so. */
    welcomed: boolean;
    constructor(opts: Settings, events: SocketEvents);
    /** Bytes that it has still to send. */
    get buffered(): number;
    open(url: URL, protocols: string[]): void;
    send(message: Uint8Array): void;
    /** Closes it from this side. */
    close(code: number, reason: string): void;
    /** Whether it was closed while the page slept, which then has missed the event: closed follows. */
    closedAsleep(): boolean;
}
