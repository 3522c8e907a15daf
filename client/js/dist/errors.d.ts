/** The root of this package's errors. */
export declare class PeerageError extends Error {
    readonly name: string;
}
/** Thrown by a call before the session stands, after it ended, or while it cannot be resumed. */
export declare class NotConnectedError extends PeerageError {
    readonly name: string;
    constructor();
}
/** Thrown by a call to a peer id that nobody in the session has. */
export declare class UnknownPeerError extends PeerageError {
    readonly peer: number;
    readonly name: string;
    constructor(peer: number);
}
/** Thrown by a call to oneself of a method that is not callLocal. */
export declare class CallSelfError extends PeerageError {
    readonly name: string;
    constructor(method: string);
}
/** Thrown by a call, or a handler, of a method that the node does not declare. */
export declare class UndeclaredError extends PeerageError {
    readonly name: string;
}
/** Thrown by a call on a node after its free. */
export declare class FreedError extends PeerageError {
    readonly name: string;
    constructor(path: string);
}
/** Thrown by a call with an argument that cannot travel or does not fit, and by a reply that does not fit. */
export declare class ArgumentError extends PeerageError {
    readonly name: string;
}
/** Thrown by a reliable send when outboundBufferSize is used up: the server does not read, or acknowledge. Nothing was sent. */
export declare class BufferFullError extends PeerageError {
    readonly name: string;
    constructor();
}
/** Thrown by a send that is larger than the server reads. */
export declare class PacketTooLargeError extends PeerageError {
    readonly name: string;
    constructor(size: number, limit: number);
}
/** What a call with a reply fails with when none came in time. */
export declare class TimeoutError extends PeerageError {
    readonly name: string;
}
/** What a call with a reply fails with when the peer, or the session, went first. */
export declare class PeerGoneError extends PeerageError {
    readonly name: string;
}
/** Thrown by sendAuth and completeAuth when the server is not being authenticated, or was already. */
export declare class AuthError extends PeerageError {
    readonly name: string;
}
/** The other side sent bytes that no correct peer sends. */
export declare class MalformedError extends PeerageError {
    readonly name: string;
}
/** A handler, or an event's listener, of the program threw. The cause is what it threw. */
export declare class HandlerError extends PeerageError {
    readonly name: string;
}
/** Why a connection ended, or did not come to be. The code is 1006 where nobody sent one. */
export declare class CloseError extends PeerageError {
    readonly code: number;
    readonly reason: string;
    readonly name: string;
    constructor(code: number, reason: string);
}
/** The server did not let this client in, and said why. */
export declare class RefusedError extends CloseError {
    /** When to try again, in milliseconds; 0: never, and it is not tried. */
    readonly retryAfter: number;
    readonly name: string;
    constructor(code: number, reason: string, 
    /** When to try again, in milliseconds; 0: never, and it is not tried. */
    retryAfter: number);
}
/** The codes of a Failure and of a Refusal. 100 and above are the program's own. */
export declare const Code: {
    readonly unknownNode: 1;
    readonly unknownMethod: 2;
    readonly notAllowed: 3;
    readonly badArguments: 4;
    readonly handlerFailed: 5;
    readonly peerGone: 6;
    readonly timeout: 7;
    readonly cancelled: 8;
    readonly noReplies: 9;
    readonly tooMany: 10;
    readonly shuttingDown: 11;
    readonly busy: 12;
    readonly tooLarge: 13;
    readonly application: 100;
};
/** A failure with a code: what a handler throws to choose the code its caller sees, and what that caller gets. */
export declare class Failure extends PeerageError {
    readonly code: number;
    readonly name: string;
    constructor(code: number, message: string);
}
/** A report of a remote call that was not run. */
export interface Refusal {
    /** Who made the call; if remote, who refused it. */
    readonly sender: number;
    readonly node: string;
    readonly method: string;
    readonly code: number;
    readonly reason: string;
    /** True if it was this side's call and the other side refused it. */
    readonly remote: boolean;
}
/** What the type of a thing is, for messages. */
export declare function typeName(v: unknown): string;
/** The message of anything that was thrown. */
export declare function messageOf(thrown: unknown): string;
