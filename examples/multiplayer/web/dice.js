// The two ten-sided dice: one shows the tens, 00 to 90, the other the ones.

const TUMBLE = 700; // ms
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Dice {
  #box = document.querySelector("#dice");
  #tens = document.querySelector("#tens");
  #ones = document.querySelector("#ones");
  #timer = 0;
  #land = null; // what there is to do when they lie still

  /** The dice are still in the air. */
  get rolling() {
    return this.#land !== null;
  }

  /** Throws the dice, and calls then when they lie still: at once where nobody wants to see, or can see, them tumble. */
  roll(value, then) {
    this.finish();
    this.#land = () => {
      this.#show(value);
      then();
    };
    if (still.matches || document.hidden) {
      this.finish();
      return;
    }
    this.#box.classList.add("rolling");
    const end = performance.now() + TUMBLE;
    this.#timer = setInterval(() => {
      if (performance.now() < end) this.#digits(Math.floor(Math.random() * 100));
      else this.finish();
    }, 60);
  }

  /** Lays the dice down as they lay before anybody looked. */
  lay(value) {
    this.finish();
    this.#show(value);
  }

  /** Has dice that are in the air lie still now. */
  finish() {
    const land = this.#land;
    this.#settle();
    land?.();
  }

  clear() {
    this.#settle();
    this.#tens.textContent = this.#ones.textContent = "";
    this.#box.setAttribute("aria-label", "Two ten-sided dice, not rolled yet");
  }

  #settle() {
    clearInterval(this.#timer);
    this.#land = null;
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
