// The messages on the page. Whatever somebody wrote is text here, never markup.

const MOST = 1000; // messages that are kept
const TOGETHER = 2 * 60_000; // ms: within it, messages of one person stand under one head
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export class Thread {
  #list = document.querySelector("#messages");
  #scroll = document.querySelector("#scroll");
  #newer = document.querySelector("#newer");
  #empty = document.querySelector("#empty");
  #follow = true; // the reader is at the end
  #top = 0; // how far it was scrolled
  #room = ""; // the size of the room for it, as the observer saw it last
  #unread = 0;
  #last = { who: null, past: false, at: 0 };
  #title = document.title;

  constructor() {
    this.#newer.addEventListener("click", () => {
      this.toEnd();
      this.#scroll.focus({ preventScroll: true, focusVisible: false }); // the button is gone
    });
    this.#scroll.addEventListener("scroll", () => this.#scrolled());
    document.addEventListener("visibilitychange", () => this.#read());
    // Where the reader is stays where it is when the room for messages changes.
    const observer = new ResizeObserver(() => {
      this.#room = this.#measure();
      if (this.#follow) this.toEnd();
    });
    observer.observe(this.#scroll);
    observer.observe(this.#list);
  }

  /** Adds what somebody said; id is null for this tab's own. What is past was said before this tab was there. */
  said(id, name, text, hue, { kind = "", past = false } = {}) {
    const now = new Date();
    const who = `${kind}${id}`;
    const more = this.#last.who === who && this.#last.past === past && now - this.#last.at < TOGETHER;
    this.#last = { who, past, at: now };
    const li = element("li", [kind || (id === null ? "mine" : hue), more && "more", past && "past"]);
    if (!more) {
      if (id !== null || kind) li.append(disc(kind ? "S" : id));
      const b = element("b", [], name);
      if (id) b.title = id;
      li.append(element("div", ["head"], b, " ", past ? element("span", ["when"], "before you came") : time(now)));
    } else {
      li.append(element("span", ["sr-only"], `${name}: `));
      if (!past) li.title = clock.format(now);
    }
    li.append(element("div", ["bubble"], text));
    this.#add(li, !past && (id !== null || kind !== ""));
  }

  /** Adds a line about something that happened. */
  happened(text) {
    this.#last = { who: null, past: false, at: 0 };
    this.#add(element("li", ["event"], text, " ", time(new Date())), false);
  }

  /** Goes to the newest message. */
  toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#top = this.#scroll.scrollTop;
    this.#follow = true;
    this.#read();
  }

  #add(li, counts) {
    const stays = this.#room === this.#measure() ? this.#atEnd() : this.#follow;
    const follow = stays || li.classList.contains("mine");
    this.#list.append(li);
    this.#empty.hidden = true;
    if (this.#list.children.length > MOST) {
      const before = this.#scroll.scrollHeight;
      this.#list.firstChild.remove();
      if (!follow) this.#scroll.scrollTop -= before - this.#scroll.scrollHeight;
    }
    if (counts && (document.hidden || !follow)) this.#unread++;
    this.#follow = follow;
    if (follow) this.toEnd();
    this.#show();
  }

  #scrolled() {
    if (this.#room !== this.#measure()) return; // not by the reader, and the observer is yet to come
    const { scrollTop } = this.#scroll;
    if (this.#atEnd()) this.#follow = true;
    else if (scrollTop < this.#top) this.#follow = false; // the reader went back
    this.#top = scrollTop;
    this.#read();
  }

  #measure() {
    return `${this.#scroll.clientWidth} ${this.#scroll.clientHeight}`;
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    return scrollHeight - scrollTop - clientHeight < 40;
  }

  #read() {
    if (this.#follow && !document.hidden) this.#unread = 0;
    this.#show();
  }

  #show() {
    const n = this.#unread;
    document.title = n > 0 ? `(${n}) ${this.#title}` : this.#title;
    this.#newer.hidden = n === 0 || this.#follow;
    this.#newer.textContent = n === 1 ? "1 new message ↓" : `${n} new messages ↓`;
  }
}

/** The round sign of a person: the last digits of the number. */
export function disc(id) {
  const d = element("span", ["disc"], id.slice(-2));
  d.ariaHidden = "true";
  return d;
}

/** Makes an element with text or elements inside. */
export function element(tag, classes, ...inside) {
  const e = document.createElement(tag);
  e.classList.add(...classes.filter(Boolean));
  e.append(...inside);
  return e;
}

function time(at) {
  const t = element("time", [], clock.format(at));
  t.dateTime = at.toISOString();
  return t;
}
