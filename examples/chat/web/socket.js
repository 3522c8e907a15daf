// A WebSocket with lines of text that comes back by itself.

const PROTOCOL = "demo-chat";
const FIRST = 500; // ms
const LONGEST = 15_000;
const STEADY = 10_000; // a connection that lasted so long starts the pauses anew

export class Socket {
  #handlers;
  #url;
  #ws = null;
  #timer = 0;
  #attempt = 0;
  #openedAt = 0;

  /** Connects; handlers are { open(), line(text), lost(delay, reason) }. */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
    addEventListener("online", () => this.retry());
    addEventListener("pageshow", (event) => event.persisted && this.retry());
    this.#connect();
  }

  get isOpen() {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  /** Sends a line; false if it cannot be sent now. */
  send(text) {
    if (!this.isOpen) return false;
    this.#ws.send(text);
    return true;
  }

  /** Tries at once, instead of waiting out the pause. */
  retry() {
    if (this.#ws) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #connect() {
    const ws = (this.#ws = new WebSocket(this.#url, PROTOCOL));
    ws.onopen = () => {
      this.#openedAt = performance.now();
      this.#handlers.open();
    };
    ws.onmessage = ({ data }) => {
      if (typeof data === "string") this.#handlers.line(data);
    };
    ws.onclose = ({ reason }) => this.#lost(reason);
  }

  #lost(reason) {
    this.#ws = null;
    if (this.#openedAt && performance.now() - this.#openedAt > STEADY) this.#attempt = 0;
    this.#openedAt = 0;
    const delay = Math.min(LONGEST, FIRST * 2 ** this.#attempt++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.retry(), delay);
    this.#handlers.lost(delay, reason);
  }
}
