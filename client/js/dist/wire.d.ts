/** The WebSocket subprotocol that this package speaks. */
export declare const SUBPROTOCOL = "peerage.v1";
/** What is offered beside it for the place that a welcome named; "" if it named none. */
export declare function placeName(place: unknown): string;
/** The opcodes of a connection: the first byte of a message. */
export declare const Op: {
    readonly hello: 0;
    readonly welcome: 1;
    readonly ping: 2;
    readonly pong: 3;
    readonly ack: 4;
    readonly goodbye: 5;
    readonly packet: 16;
    readonly channel: 20;
};
/** The opcodes of calls: the first byte of a packet. */
export declare const PacketOp: {
    readonly name: 32;
    readonly call: 33;
    readonly request: 34;
    readonly reply: 35;
    readonly failure: 36;
    readonly cancel: 37;
    readonly raw: 38;
    readonly refused: 39;
    readonly peerAdded: 40;
    readonly peerRemoved: 41;
    readonly relay: 42;
    readonly relayed: 43;
    readonly auth: 44;
    readonly authComplete: 45;
    readonly forget: 46;
    readonly relaySeveral: 47;
    readonly peerAway: 48;
    readonly peerBack: 49;
};
/** Those that a server has to say that it knows, as this client does: a goodbye in place of a welcome is one. */
export declare const LATER_OPS: Uint8Array<ArrayBuffer>;
/** How a packet travels when the connection does not keep up. */
export type TransferMode = "reliable" | "unreliable" | "unreliable_ordered";
/** The transfer modes, by their number on the wire. */
export declare const MODES: readonly TransferMode[];
/** How deep values may be nested. */
export declare const MAX_DEPTH = 64;
/** How long a welcome or a goodbye may be, in bytes. */
export declare const MAX_GREETING = 16384;
/** How many names one side may have numbers for at once. */
export declare const MAX_NAMES = 4096;
/** How many peers a session may have, as a client sees it. */
export declare const MAX_PEERS = 65536;
/** How long the name of a node or a method may be, in bytes. */
export declare const MAX_NAME = 1024;
/** How many arguments a call may have. */
export declare const MAX_ARGUMENTS = 255;
/** The server's peer id. */
export declare const SERVER = 1;
/** The target that means every peer. */
export declare const EVERYONE = 0;
/** The target that means every peer but one. */
export declare function except(id: number): number;
/** WebSocket close codes that a session uses beside those of RFC 6455. */
export declare const CloseCode: {
    readonly leaving: 1000;
    readonly goingAway: 1001;
    readonly protocolError: 1002;
    readonly unsupportedData: 1003;
    readonly lost: 1006;
    readonly policy: 1008;
    readonly tooLarge: 1009;
    readonly internalError: 1011;
    readonly restart: 1012;
    readonly tryLater: 1013;
    readonly disconnected: 4000;
    readonly notAuthenticated: 4001;
    readonly handshakeTimeout: 4002;
    readonly refused: 4003;
    readonly resumed: 4004;
    readonly replaced: 4026;
};
