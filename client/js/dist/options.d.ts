/** What a WebSocket has to have here: those of browsers do, and those of the npm package ws. */
export interface WebSocketLike {
    binaryType: string;
    readonly bufferedAmount: number;
    readonly protocol: string;
    readonly readyState: number;
    onopen: ((event: any) => any) | null;
    onmessage: ((event: any) => any) | null;
    onclose: ((event: any) => any) | null;
    onerror: ((event: any) => any) | null;
    send(data: Uint8Array<ArrayBuffer>): void;
    close(code?: number, reason?: string): void;
}
/** How a lost connection is tried again. */
export interface ReconnectOptions {
    /** The first pause, in milliseconds; it doubles with each attempt and is cut at random by up to a half. Default: 250. */
    readonly minDelay?: number;
    /** The longest pause, in milliseconds. Default: 15000. */
    readonly maxDelay?: number;
    /** After how many failed attempts in a row to give up. Default: Infinity. */
    readonly maxAttempts?: number;
}
/** Options of connect. Every one may be left out. */
export interface Options {
    /** The WebSocket class. Default: the global one. Node 20 has none: pass that of the package ws. */
    readonly WebSocket?: new (url: string, protocols: string[]) => WebSocketLike;
    /** What this client is, for the server's logs. Default: "peerage-js". */
    readonly agent?: string;
    /** How to come back after a lost connection; false: not at all. */
    readonly reconnect?: ReconnectOptions | false;
    /** How long a connection may take until the server's welcome, in milliseconds. Default: 10000. */
    readonly connectTimeout?: number;
    /** How often the server is asked for its time, in milliseconds; 0: never. Default: 5000. */
    readonly pingInterval?: number;
    /** How long the server may be silent after a ping before the connection counts as lost, in milliseconds. Default: 10000. */
    readonly pingTimeout?: number;
    /** The largest message that is read, in bytes; a larger one ends the connection. Default: 1 MiB. */
    readonly inboundBufferSize?: number;
    /**
     * How many bytes may wait to be sent, in the browser and here. Over it reliable sends fail with a BufferFullError.
     * Beyond 64 KiB of it, or half if that is less, the connection counts as congested: unreliable packets may be
     * dropped and unreliable ordered ones replaced. Default: 1 MiB.
     */
    readonly outboundBufferSize?: number;
    /** How many packets may wait here while the connection is congested. Default: 2048. */
    readonly maxQueuedPackets?: number;
    /**
     * How many bytes of reliable packets are kept that the server has not acknowledged, for resuming. More of them wait until
     * it acknowledges some, and over outboundBufferSize they fail with a BufferFullError. Default: 1 MiB.
     */
    readonly replayBufferSize?: number;
    /** How long a call waits for its reply when it has no signal, in milliseconds. Default: 30000. */
    readonly replyTimeout?: number;
    /** How many requests of one peer may wait for an answer here. Default: 1024. */
    readonly maxPendingRequests?: number;
    /** Takes what the server sent with its SendAuth. With it the server is admitted only by completeAuth. Default: none. */
    readonly auth?: (id: number, data: Uint8Array) => void;
    /**
     * What the server's AuthCallback wants to see first: sent as bytes, with completeAuth behind it, when a session begins.
     * A function is asked for it before each attempt to connect; one that fails is a failed attempt. Default: none.
     */
    readonly token?: string | Uint8Array | (() => string | Uint8Array | Promise<string | Uint8Array>);
    /** How long the authentication may take, in milliseconds. Default: 3000. */
    readonly authTimeout?: number;
    /** The node that paths are relative to: node() takes paths that begin with it, too. Default: "/root". */
    readonly rootPath?: string;
    /**
     * Leaves the session when the page is left, so that nobody waits for it to come back; a page that does come back with
     * the back button joins anew. With false the browser loses the connection, the server keeps the session for its
     * ResumeWindow, and the page that comes back goes on with it. Default: true.
     */
    readonly leaveWithPage?: boolean;
    /**
     * Hosts, as "game.example" or "game.example:9080", at which a server's goodbye may have this client go on with its
     * session, or authenticate, beside the host that it connects to. Nothing goes from wss to ws. Default: none.
     */
    readonly allowedHosts?: readonly string[];
}
/** Options with every default filled in. */
export type Settings = Required<Omit<Options, "reconnect" | "auth" | "token">> & {
    readonly reconnect: Required<ReconnectOptions> | null;
    readonly auth: Options["auth"] | undefined;
    readonly token: Options["token"] | undefined;
};
/** Fills in the defaults. Throws a TypeError on what makes no sense. */
export declare function settings(o: Options): Settings;
