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
export declare class Page {
    #private;
    constructor(events: PageEvents);
    listen(): void;
    ignore(): void;
}
