// The events of a SceneMultiplayer, and what calls their listeners.

import { HandlerError, messageOf, type CloseError, type Refusal } from "./errors.js";
import type { TransferMode } from "./wire.js";

/** Where a SceneMultiplayer stands. */
export type State =
  /** The first connection is being made. */
  | "connecting"
  /** The server is there, and both sides look at each other's credentials. */
  | "authenticating"
  /** Peers can be called. */
  | "connected"
  /** The connection is lost, or could not be made; it is tried again. */
  | "reconnecting"
  /** It is over. */
  | "closed";

/** What the event stateChanged tells. */
export interface StateChange {
  readonly state: State;
  readonly previous: State;
  /** With "connected": the session goes on where it was lost, with the same peer id. */
  readonly resumed: boolean;
  /** With "reconnecting": the number of the coming attempt, and the pause before it in milliseconds. */
  readonly attempt: number;
  readonly delay: number;
  /** With "reconnecting" and "closed": why. */
  readonly error: CloseError | null;
}

/** The events of a SceneMultiplayer, with what their listeners get. */
export interface Events {
  /** This client was admitted. */
  connectedToServer: [];
  /** An attempt to join a session failed. The state says whether there will be another. */
  connectionFailed: [error: CloseError];
  /** This client lost its session, or was sent away. The state says whether it tries to join again. */
  serverDisconnected: [error: CloseError];
  /** A peer can be called: the server, or a client that is reached through it. */
  peerConnected: [id: number];
  /** A peer that was connected is gone. */
  peerDisconnected: [id: number];
  /** The connection of another client is lost, and it may come back: then peerBack follows, else peerDisconnected. */
  peerAway: [id: number];
  /** A client that was away goes on where it was. */
  peerBack: [id: number];
  /**
   * The connection keeps up again, or is there again: the server will not get so many unreliable packets of this client,
   * which were dropped or gave way to newer ones. Whoever sends changes by unreliable methods sends it all now.
   */
  packetsDropped: [count: number];
  /** The server waits to be admitted, where there is an option auth. */
  peerAuthenticating: [id: number];
  /** It left, or was sent away, before it was admitted. */
  peerAuthenticationFailed: [id: number];
  /** A peer sent bytes with sendBytes. */
  peerPacket: [id: number, data: Uint8Array, delivery: { channel: number; mode: TransferMode }];
  /** A remote call was not run, here or at the other side. */
  callRefused: [refusal: Refusal];
  stateChanged: [change: StateChange];
  /** The server or a peer sent what it may not, or a handler or a listener threw. Without a listener: console.warn. */
  error: [error: Error];
}

type Listener<A extends unknown[]> = (...args: A) => void;

/** Tells listeners of events, in the order in which they were added. */
export class Emitter<E extends { [K in keyof E]: unknown[] }> {
  readonly #listeners = new Map<keyof E, Listener<any>[]>();

  /** Calls listener at every event of that name, and returns what undoes it. */
  on<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return () => this.off(event, listener);
  }

  /** Calls listener at the next event of that name only. */
  once<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    const off = this.on(event, (...args: E[K]) => {
      off();
      listener(...args);
    });
    return off;
  }

  /** Undoes on. */
  off<K extends keyof E>(event: K, listener: Listener<E[K]>): void {
    const all = this.#listeners.get(event) ?? [];
    const i = all.indexOf(listener);
    if (i >= 0) this.#listeners.set(event, all.filter((_, j) => j !== i));
  }

  /** @internal Calls the listeners; what one throws is an error event, never an exception here. */
  emit<K extends keyof E>(event: K, ...args: E[K]): void {
    const all = this.#listeners.get(event) ?? [];
    if (event === "error" && all.length === 0) console.warn("peerage:", ...args);
    for (const listener of all) {
      try {
        listener(...args);
      } catch (e) {
        const error = new HandlerError(`a listener of ${String(event)} threw: ${messageOf(e)}`, { cause: e });
        if (event === "error") console.error("peerage:", error);
        else this.emit("error" as K, ...([error] as unknown[] as E[K]));
      }
    }
  }
}
