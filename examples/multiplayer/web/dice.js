// The two ten-sided dice: one shows the tens, 00 to 90, the other the ones.

const TUMBLE = 700; // ms
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Dice {
  #box = document.querySelector("#dice");
  #tens = document.querySelector("#tens");
  #ones = document.querySelector("#ones");
  #timer = 0;

  /** Throws the dice, and calls then when they lie still. */
  roll(value, then) {
    this.#settle();
    if (still.matches || document.hidden) {
      this.#show(value);
      then();
      return;
    }
    this.#box.classList.add("rolling");
    const end = performance.now() + TUMBLE;
    this.#timer = setInterval(() => {
      if (performance.now() < end) {
        this.#digits(Math.floor(Math.random() * 100));
        return;
      }
      this.#settle();
      this.#show(value);
      then();
    }, 60);
  }

  clear() {
    this.#settle();
    this.#tens.textContent = "··";
    this.#ones.textContent = "·";
    this.#box.setAttribute("aria-label", "Two ten-sided dice, not rolled yet");
  }

  #settle() {
    clearInterval(this.#timer);
    this.#box.classList.remove("rolling");
  }

  #show(value) {
    this.#digits(value);
    this.#box.setAttribute("aria-label", `Two ten-sided dice: ${this.#tens.textContent} and ${this.#ones.textContent}, so ${value}`);
  }

  #digits(value) {
    this.#tens.textContent = `${Math.floor(value / 10)}0`;
    this.#ones.textContent = `${value % 10}`;
  }
}
