/** What becomes of the page that a client is in. */
export interface PageEvents {
  /** The page is about to be left, unless the user stays, or what it goes to is only downloaded. */
  leaving(): void;
  /** The page is left. It may come back out of the back/forward cache. */
  left(): void;
  /** The page came back out of the back/forward cache. */
  back(): void;
  /** The page ran slowly, or not at all, and runs again. */
  woke(): void;
  /** There is a network again. */
  online(): void;
}

/** Listens to the page's life. Where there is no page, as in Node, nothing happens. */
export class Page {
  readonly #listeners: [event: string, listener: (event: any) => void, capture?: boolean][];
  #undo: (() => void)[] = [];

  constructor(events: PageEvents) {
    this.#listeners = [
      // Firefox ends a page's WebSockets, with 1001, before pagehide. Whoever asks the user first whether to stay goes first.
      ["beforeunload", (event) => "mozInnerScreenX" in globalThis && !event.defaultPrevented && events.leaving(), false],
      ["pagehide", () => events.left()],
      ["pageshow", (event) => event.persisted && events.back()],
      ["resume", () => events.woke()],
      ["visibilitychange", () => (globalThis as Partial<typeof window>).document?.visibilityState === "visible" && events.woke()],
      ["online", () => events.online()],
    ];
  }

  listen(): void {
    const page = globalThis as Partial<EventTarget>;
    if (!page.addEventListener || this.#undo.length > 0) return;
    // They capture because resume is the document's, and does not rise to the window.
    for (const [event, listener, capture = true] of this.#listeners) {
      page.addEventListener(event, listener, capture);
      this.#undo.push(() => page.removeEventListener?.(event, listener, capture));
    }
  }

  ignore(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}
