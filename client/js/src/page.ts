/** What becomes of the page that a client is in. */
export interface PageEvents {
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
  readonly #listeners: [event: string, listener: (event: any) => void][];
  #undo: (() => void)[] = [];

  constructor(events: PageEvents) {
    this.#listeners = [
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
    for (const [event, listener] of this.#listeners) {
      page.addEventListener(event, listener, true); // resume is the document's, and does not rise to the window
      this.#undo.push(() => page.removeEventListener?.(event, listener, true));
    }
  }

  ignore(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}
