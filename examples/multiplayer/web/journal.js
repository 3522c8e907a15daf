// The log: what the server says happened.

import { readLine } from "./table.js";

const MOST = 300;

export class Journal {
  #list = document.querySelector("#journal");
  #empty = document.querySelector("#journal-empty");
  #scroll = document.querySelector("#scroll");
  #follow = true; // the reader is at the end
  #top = 0; // how far it was scrolled
  #room = ""; // the size of the room for it, as the observer saw it last

  constructor() {
    this.#scroll.addEventListener("scroll", () => this.#scrolled());
    // Who is at the end stays there when the log, or the room for it, changes.
    const observer = new ResizeObserver(() => {
      this.#room = this.#measure();
      if (this.#follow) this.#toEnd();
    });
    observer.observe(this.#scroll);
    observer.observe(this.#list);
  }

  /** Adds a line of the server's, with what the page knows about it: more text, and the colour of whom it is about. */
  add(line, more = "", hue = "") {
    const { kind, who, at } = readLine(line);
    const item = document.createElement("li");
    if (kind === "foul") item.className = "foul";
    if (kind === "pass") item.className = "passing";
    if (["own", "past", "score"].includes(kind)) item.className = "own";
    if (hue && who) {
      const name = document.createElement("b");
      name.className = hue;
      name.textContent = who;
      item.append(line.slice(0, at), name, line.slice(at + who.length) + more);
    } else {
      item.textContent = line + more;
    }
    this.#append(item);
  }

  clear() {
    this.#list.replaceChildren();
    this.#empty.hidden = false;
    this.#follow = true;
  }

  #append(item) {
    this.#list.append(item);
    while (this.#list.children.length > MOST) this.#list.firstChild.remove();
    this.#empty.hidden = true;
    if (this.#follow) this.#toEnd();
  }

  #scrolled() {
    if (this.#room !== this.#measure()) return; // not by the reader, and the observer is yet to come
    const { scrollTop } = this.#scroll;
    if (this.#atEnd()) this.#follow = true;
    else if (scrollTop < this.#top) this.#follow = false; // the reader went back
    this.#top = scrollTop;
  }

  #measure() {
    return `${this.#scroll.clientWidth} ${this.#scroll.clientHeight}`;
  }

  #toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#top = this.#scroll.scrollTop;
  }

  #atEnd() {
    return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < 40;
  }
}
