// Checked by tsc, never run: what TypeScript takes and what it refuses.
import {
  SERVER,
  Vector2,
  any,
  array,
  connect,
  dict,
  dictionary,
  float,
  int,
  int64,
  list,
  map,
  method,
  nullable,
  optional,
  query,
  record,
  string,
  tuple,
} from "../dist/peerage.js";

const Game = {
  move: method({ mode: "any_peer", transferMode: "unreliable_ordered", channel: 2 }, float, Vector2),
  add_player: method({}, int, optional(string, "")),
  roll: query({ mode: "any_peer" }, int, int),
  find: query({}, nullable(record({ name: string, at: Vector2 })), dict(list(int))),
  free: method({}, any),
  scores: method({}, map(int, list(float))),
  squares: method({}, array(int), dictionary(string, Vector2)),
  heroes: query({}, list(tuple(int, string, Vector2)), record({ x: float, name: optional(string, "") }, { array: true })),
  ids: query({}, map(int64, string), map(string, int)),
};

const peer = connect("ws://localhost/");
const game = peer.node("Game", Game);

game.rpc("move", 1, new Vector2(1, 2));
game.rpcId(SERVER, "add_player", 1);
game.rpcId(-3, "add_player", 1, "name");
const sum: Promise<number> = game.call(1, "roll", 6);
const found: Promise<{ name: string; at: Vector2 } | null> = game.call({ peer: 1, timeout: 5 }, "find", { a: [1] });
game.on("move", (call, x, at) => {
  const n: number = x + at.x + call.sender;
  return n;
});
game.on("add_player", (_call, id, name) => name.repeat(id));
game.on("roll", async (_call, sides) => sides);
game.rpc("squares", [1, 2], new Map([["a", new Vector2()]]));
game.rpc("free", { anything: [1, "x"] });
game.rpc("scores", new Map([[1, [0.5]]]));
game.on("scores", (_call, scores) => [...scores].map(([id, all]) => id + all.length));
const ids: Promise<Map<number | bigint, string>> = game.call(1, "ids", new Map([["a", 1]]));

const heroes: Promise<[number, string, Vector2][]> = game.call(1, "heroes", { x: 1, name: "a" });
game.on("heroes", (_call, { x, name }) => [[x, name, new Vector2()]]);

// @ts-expect-error: an element is missing
game.on("heroes", () => [[1, "a"]]);
// @ts-expect-error: no such method
game.rpc("mvoe", 1);
// @ts-expect-error: the second argument is missing
game.rpc("move", 1);
// @ts-expect-error: the first is no number
game.rpc("move", "1", new Vector2());
// @ts-expect-error: there is no third
game.rpc("add_player", 1, "name", 2);
// @ts-expect-error: the handler takes a number for a string
game.on("add_player", (_call, _id, name: number) => name);
// @ts-expect-error: the reply is a number
game.on("roll", () => "six");
// @ts-expect-error: the keys are numbers
game.rpc("scores", new Map([["a", [0.5]]]));
// @ts-expect-error: it is a Map
game.rpc("scores", { 1: [0.5] });
// @ts-expect-error: a list is no key
map(list(int), int);
// @ts-expect-error: the reply is a number
const text: Promise<string> = game.call(1, "roll", 6);
// @ts-expect-error: there is no such mode
method({ mode: "anyone" });
// @ts-expect-error: nothing is declared
peer.node("Other").rpc("x");

peer.on("peerConnected", (id) => id.toFixed());
peer.on("stateChanged", ({ state }) => state === "reconnecting");
// @ts-expect-error: there is no such event
peer.on("peerConected", () => {});

export { sum, found, ids, heroes, text };
