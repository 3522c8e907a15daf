/** Keeps the reliable messages of a session that the server has not acknowledged. */
export class Replay {
  #messages: Uint8Array[] = [];
  #first = 0; // the number of #messages[0] in the session
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
  }

  /** Forgets what the server has: its first count messages. False if it cannot have that many, or has too few. */
  acknowledge(count: number): boolean {
    const n = count - this.#first;
    if (n < 0 || n > this.#messages.length) return false;
    for (const m of this.#messages.splice(0, n)) this.#bytes -= m.length;
    this.#first = count;
    return true;
  }

  /** What the server has not, in order. */
  messages(): readonly Uint8Array[] {
    return this.#messages;
  }

  reset(): void {
    this.#messages = [];
    this.#first = this.#bytes = 0;
  }
}
