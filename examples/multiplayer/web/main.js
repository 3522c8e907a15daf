// The page: it joins the session at its own address, follows the server's calls and makes the player's.

import { connect, SERVER } from "./peerage.js";
import { Dice } from "./dice.js";
import { Journal } from "./journal.js";
import { Game, PATH } from "./methods.js";
import { readLine, Table, UNNAMED } from "./table.js";

const $ = (id) => document.getElementById(id);
const TITLE = document.title;
const MOST = 24; // characters of a name, as the server takes it
const HINT = `At most ${MOST} characters. Without a name the table finds one for you.`;

const table = new Table();
const dice = new Dice();
const journal = new Journal();
let peer = null;
let game = null;
let playing = false; // the game is shown
let asked = false; // what the player did is on its way to the server
let rolled = null; // the last roll: who and what
let held = []; // what the server told while the dice were in the air: the page would give away what they are to show
let me = 0; // this player's id, kept while the connection is lost

// Joining and leaving

$("name").value = recall();
$("address").textContent = location.href.replace(/^http/, "ws");
$("page").textContent = location.href;
note(...hint());
$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  if (peer) leave(...hint());
  else join();
});
$("name").addEventListener("input", () => peer || note(...hint()));
$("leave").addEventListener("click", () => leave("You left the table."));
$("retry").addEventListener("click", () => {
  $("title").focus({ focusVisible: false }); // the button goes with the connection's coming back
  peer?.retry();
});
for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.addEventListener("blur", () => (button.textContent = label));
  button.addEventListener("click", () => {
    getSelection().selectAllChildren($(button.dataset.copy));
    // navigator.clipboard is only there with TLS. Where this fails too, what is to be copied is selected.
    const done = document.execCommand("copy");
    button.textContent = $("copied").textContent = done ? "Copied" : "Press Ctrl+C";
  });
}

function join() {
  remember($("name").value.trim());
  peer = connect("/", { agent: "peerage-js, the turn game", pingInterval: 2000 });
  game = peer.node(PATH, Game);
  game.on("_log", (_, line) => {
    if (readLine(line).kind === "roll") dice.finish(); // those of the roll before
    inTurn(() => logged(line));
  });
  game.on("add_player", (_, id, name) => inTurn(() => table.add(id, name)));
  game.on("del_player", (_, id) => inTurn(() => table.remove(id)));
  game.on("update_player_name", (_, id, name) => inTurn(() => table.rename(id, name)));
  game.on("set_turn", (_, index) => {
    inTurn(() => {
      asked = false;
      table.turn = index;
    });
  });
  // A Godot player tells its name to everybody, not to the server alone.
  game.on("set_player_name", () => {});
  peer.on("connectedToServer", () => {
    // Also after a lost session: the server tells newcomers everything from the start.
    me = peer.uniqueId;
    clear();
    game.rpcId(SERVER, "set_player_name", $("name").value.trim());
    show(true);
  });
  peer.on("stateChanged", stateChanged);
  peer.on("callRefused", ({ method, reason }) => console.info(`${method} was refused: ${reason}`));
  note("Looking for the table…");
  $("enter").textContent = "Cancel";
}

function leave(text, bad) {
  const old = peer;
  peer = game = null;
  old?.close();
  stopCountdown();
  clear();
  show(false);
  note(text, bad);
  $("enter").textContent = "Join";
  $("name").focus();
}

/** Forgets the game, for another one. */
function clear() {
  held = [];
  rolled = null;
  dice.clear();
  journal.clear();
  outcome();
  change(() => table.clear());
}

function stateChanged({ state, attempt, delay, error }) {
  if (!peer) return; // we left
  asked = false;
  stopCountdown();
  const lost = playing && state === "reconnecting";
  $("banner").hidden = !lost;
  document.body.classList.toggle("lost", lost);
  document.body.classList.toggle("away", state !== "connected");
  setText($("lost"), lost ? "Connection lost." : "");
  switch (state) {
    case "reconnecting":
      if (playing) countdown(delay);
      else note(attempt > 1 ? "The table cannot be reached. Still trying…" : "The table does not answer. Trying again…", true);
      break;
    case "closed":
      leave(error.reason ? `The table closed: ${error.reason}.` : "The table closed.", true);
      return;
  }
  render();
}

function show(game) {
  if (playing === game) return;
  playing = game;
  document.body.classList.toggle("playing", game);
  $("welcome").hidden = game;
  $("game").hidden = $("vitals").hidden = $("leave").hidden = !game;
  if (game) $("title").focus({ focusVisible: false }); // not a button: Enter, held a little long, would press it
}

/** What there is to say about the name that is typed: the table cuts one that is too long. */
function hint() {
  const n = [...new Intl.Segmenter().segment($("name").value.trim())].length;
  return n > MOST ? [`That has ${n} characters: the table keeps ${MOST - 1} of them.`, true] : [HINT];
}

function note(text, bad = false) {
  $("note").textContent = text;
  $("note").classList.toggle("bad", bad);
}

// The banner counts down to the next attempt.

let ticking = 0;

function countdown(delay) {
  const end = performance.now() + delay;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    setText($("countdown"), left > 1 ? `Trying again in ${left} s` : "Trying again…");
  };
  tick();
  ticking = setInterval(tick, 250);
}

function stopCountdown() {
  clearInterval(ticking);
}

// The game

/** Does what the server told, once the dice lie still. */
function inTurn(f) {
  if (dice.rolling) held.push(f);
  else change(f);
}

function logged(line) {
  const said = readLine(line);
  if (said.kind === "roll") {
    roll(line, said);
    return;
  }
  if (said.kind === "foul") asked = false;
  if (said.kind === "past" && said.what.kind === "roll") {
    rolled = said.what;
    dice.lay(rolled.value);
    outcome();
  }
  if (said.kind === "score") {
    const p = named(said.who);
    if (p) [p.last, p.score] = [said.value, said.total];
  }
  const cheat = said.id && table.find(said.id);
  const p = said.who && named(said.who);
  journal.add(line, cheat && cheat.name !== UNNAMED ? ` (${cheat.name})` : "", p ? hue(p.id) : "");
}

function roll(line, { who, value }) {
  const p = table.current; // the turn goes on behind the line that tells of it: who rolled has the crown still
  rolled = null;
  outcome(`${who} rolls…`);
  dice.roll(value, () => {
    journal.add(line, "", p ? hue(p.id) : "");
    if (p) [p.last, p.score] = [value, p.score + value];
    rolled = { who, value };
    outcome();
    change(() => held.splice(0).forEach((f) => f()));
  });
}

for (const action of ["roll", "pass"]) {
  $(action).addEventListener("click", () => {
    if (!mayAct()) return;
    asked = true;
    game.rpcId(SERVER, "request_action", action);
    render();
  });
}

const isMine = () => peer?.state === "connected" && table.current?.id === me;
const mayAct = () => isMine() && !asked;

function change(f) {
  f();
  render();
}

/** Draws everything that follows from the table. */
function render() {
  const current = table.current;
  setPlayers();
  const mine = isMine();
  setText($("turn"), mine ? "You wear the crown" : current ? `${titleOf(current)} wears the crown` : "Nobody wears the crown");
  $("turn").classList.toggle("mine", mine);
  for (const action of ["roll", "pass"]) $(action).setAttribute("aria-disabled", String(!mayAct()));
  setText($("here"), `${table.players.length}`);
  const self = table.find(me);
  setText($("self"), self && self.name !== UNNAMED ? `You are ${self.name}: peer ${me}.` : "");
  $("alone").hidden = !(table.players.length === 1 && self);
  document.title = mine ? `Your turn · ${TITLE}` : TITLE;
}

function setPlayers() {
  const list = $("players");
  const items = new Map([...list.children].map((li) => [Number(li.dataset.id), li]));
  let newly = null; // who has the crown since now
  table.players.forEach((p, i) => {
    const li = items.get(p.id) ?? newPlayer(p.id);
    items.delete(p.id);
    if (list.children[i] !== li) list.insertBefore(li, list.children[i] ?? null);
    const [mark, who, tally] = li.children;
    const [score, last] = tally.children;
    const crowned = i === table.turn;
    if (crowned) li.setAttribute("aria-current", "true");
    else li.removeAttribute("aria-current");
    li.classList.toggle("own", p.id === me);
    if (crowned !== (mark.querySelector(".crown") !== null)) {
      if (crowned) mark.append(crown());
      else mark.lastChild.remove();
      if (crowned) newly = li;
    }
    who.classList.toggle("unnamed", p.name === UNNAMED);
    setText(mark.firstChild, p.name === UNNAMED ? "…" : [...new Intl.Segmenter().segment(p.name)][0].segment);
    setText(who.firstChild, p.name === UNNAMED ? "connecting…" : p.name);
    who.lastChild.hidden = p.id !== me;
    setText(score.lastChild, `${p.score}`);
    setText(last.lastChild, `${p.last ?? ""}`);
    tally.hidden = p.last === null;
  });
  $("score-title").hidden = table.players.every((p) => p.last === null);
  for (const li of items.values()) li.remove();
  if (newly) reveal(list, newly); // when all are as wide as they are to be
}

/** Brings a player into view, without moving the page. On a phone one's own chip is always there: then who is next to it. */
function reveal(list, li) {
  const own = list.querySelector(".own");
  const sticks = own && getComputedStyle(own).position === "sticky";
  if (sticks && own === li) li = own.nextElementSibling ?? own.previousElementSibling ?? own;
  const pad = sticks && own !== li ? own.offsetWidth + 12 : 4;
  const [a, b] = [list.getBoundingClientRect(), li.getBoundingClientRect()];
  if (b.left - pad < a.left || b.right + pad > a.right) list.scrollLeft += b.left - a.left - pad;
  const box = list.parentElement;
  const c = box.getBoundingClientRect();
  if (b.top < c.top || b.bottom > c.bottom) box.scrollTop += b.top - c.top - 4;
}

addEventListener("resize", () => {
  const crowned = $("players").querySelector("[aria-current]");
  if (crowned) reveal($("players"), crowned);
});

function newPlayer(id) {
  const li = element("li", hue(id));
  li.dataset.id = id;
  const disc = element("span", "disc");
  disc.ariaHidden = "true";
  const you = element("span", "you", " you");
  const score = element("span", "score", element("span", "sr-only", "score "), element("span"));
  const last = element("span", "last", "last roll ", element("span"));
  li.append(element("span", "mark", disc), element("span", "who", element("span"), you), element("span", "tally", score, last));
  return li;
}

function element(tag, name = "", ...inside) {
  const e = document.createElement(tag);
  e.className = name;
  e.append(...inside);
  return e;
}

function crown() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "crown");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "has the crown:");
  use.setAttribute("href", "#crown");
  svg.append(use);
  return svg;
}

function outcome(text) {
  const p = $("outcome");
  if (text || !rolled) {
    setText(p, text ?? "Nobody has rolled yet.");
    return;
  }
  const value = document.createElement("b");
  value.textContent = `${rolled.value}`;
  p.replaceChildren(`${rolled.who} rolled `, value);
}

const hue = (id) => `hue-${id % 8}`; // the server counts ids up, so neighbours differ
const named = (title) => table.players.find((p) => titleOf(p) === title);
const titleOf = (p) => (p.name === UNNAMED ? `Player ${p.id}` : p.name);

/** Changes a text only if it is another: screen readers hear of every change. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

setInterval(() => {
  const trip = peer?.roundTripTime ?? NaN;
  setText($("trip"), Number.isNaN(trip) ? "–" : trip < 1 ? "<1" : `${Math.round(trip)}`);
}, 500);

// The name is kept for the next time, where the browser lets it.

function recall() {
  try {
    return localStorage.getItem("name") ?? "";
  } catch {
    return "";
  }
}

function remember(name) {
  try {
    localStorage.setItem("name", name);
  } catch {
    // Then not.
  }
}

render();
