// The log: what the server says happened.

import { readLine } from "./table.js";

const MOST = 300;

export class Journal {
  #list = document.querySelector("#journal");
  #empty = document.querySelector("#journal-empty");
  #scroll = document.querySelector("#scroll");

  add(line) {
    const { kind } = readLine(line);
    const item = document.createElement("li");
    if (kind === "foul") item.className = "foul";
    if (kind === "pass") item.className = "passing";
    item.textContent = line;
    const atEnd = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < 40;
    this.#list.append(item);
    while (this.#list.children.length > MOST) this.#list.firstChild.remove();
    this.#empty.hidden = true;
    if (atEnd) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  clear() {
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }
}
