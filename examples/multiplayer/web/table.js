// Who sits at the table and whose turn it is, as the server tells it. Nothing of the page is in here.

/** What stands for the name of a player who has not told it. */
export const UNNAMED = "... connecting ...";

export class Table {
  /** @type {{ id: number, name: string, last: number | null, score: number }[]} score is of all rolls together */
  players = [];
  turn = -1;

  get current() {
    return this.players[this.turn] ?? null;
  }

  find(id) {
    return this.players.find((p) => p.id === id) ?? null;
  }

  add(id, name) {
    if (!this.find(id)) this.players.push({ id, name: name || UNNAMED, last: null, score: 0 });
  }

  rename(id, name) {
    const p = this.find(id);
    if (p) p.name = name;
  }

  /** Takes a player away. The turn stays with who has it. */
  remove(id) {
    const i = this.players.findIndex((p) => p.id === id);
    if (i < 0) return;
    this.players.splice(i, 1);
    if (this.turn > i) this.turn--;
  }

  clear() {
    this.players = [];
    this.turn = -1;
  }
}

const PAST = "Before you came: ";
const SCORE = "So far: ";

/** What a line of the log says: the server writes it for people, but the dice are in it. The name, who, stands at at. */
export function readLine(line) {
  if (line.startsWith(PAST)) {
    const what = readLine(line.slice(PAST.length));
    return { kind: "past", what, who: what.who, at: PAST.length };
  }
  const score = /^So far: (.*): (\d+) in \d+ rolls?, the last (\d{1,2})$/s.exec(line);
  if (score) return { kind: "score", who: score[1], at: SCORE.length, total: Number(score[2]), value: Number(score[3]) };
  const roll = /^(.*): rolls (\d{1,2})$/s.exec(line);
  if (roll) return { kind: "roll", who: roll[1], at: 0, value: Number(roll[2]) };
  const pass = /^(.*): passe?s$/s.exec(line);
  if (pass) return { kind: "pass", who: pass[1], at: 0 };
  const cheat = /^Someone is trying to cheat! (\d+)$/.exec(line);
  if (cheat) return { kind: "foul", id: Number(cheat[1]) };
  if (line.startsWith("You are ")) return { kind: "own" }; // why this player has another name than it asked for
  if (line.startsWith("Invalid action")) return { kind: "foul" };
  return { kind: "other" };
}
