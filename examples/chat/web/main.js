// The page of the chat: it joins at its own address and shows what is said.

import { readLine } from "./lines.js";
import { Socket } from "./socket.js";
import { disc, element, Thread } from "./thread.js";

const MOST = 2000; // bytes that the server takes
const WARN = 1800;
const HUES = 8;

const $ = (id) => document.getElementById(id);
const thread = new Thread();
const people = new Map(); // id to list item and name
const hues = new Map(); // id to the number of a colour
let ticking = 0;
let came = 0; // how often we have been connected
let greeting = 0; // so many lines are still to come that say who we are and who is here

lonely();

const url = new URL("/", location.href);
url.protocol = url.protocol.replace("http", "ws");
const socket = new Socket(url, {
  open() {
    status("open", "Connected");
    came++;
    greeting = 2;
  },
  line: heard,
  lost(delay, reason) {
    status("lost", "Not connected.", delay);
    if (reason) thread.happened(`The server ended the connection: ${reason}`);
    lonely();
  },
});

function heard(line) {
  const { kind, id, ids, text, what } = readLine(line);
  if (greeting-- > 0 && (kind === "you" || kind === "here")) {
    if (id) become(id);
    ids?.forEach((other) => meet(other));
    return;
  }
  switch (kind) {
    case "joined":
      thread.happened(`${meet(id)} joined`);
      break;
    case "left":
      thread.happened(`${meet(id)} left`);
      part(id);
      break;
    case "said":
      thread.said(id, meet(id), text, hue(id));
      break;
    case "past":
      if (came === 1) past(what); // who comes back has read the most of it
      break;
    case "you":
    case "here":
    case "server":
      thread.said("", "Server", text, "", { kind: "server" });
      break;
    default:
      thread.happened(text);
  }
}

/** Shows what was said before we came, by somebody who may have left since. */
function past({ kind, id, text }) {
  if (kind === "said") thread.said(id, nameOf(id), text, hue(id), { past: true });
  else thread.said("", "Server", text, "", { kind: "server", past: true });
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  $("text").focus(); // also after the button was clicked
  const text = $("text").value.trim();
  if (text === "" || size(text) > MOST || !socket.send(text)) return;
  thread.said(null, "You", text);
  $("text").value = "";
  check();
});
$("text").addEventListener("input", check);
$("retry").addEventListener("click", () => {
  status("connecting", "Connecting…");
  $("text").focus(); // the button is gone
  socket.retry();
});
$("address").textContent = url.href;
$("copy").addEventListener("click", () => {
  getSelection().selectAllChildren($("address"));
  // navigator.clipboard is only there with TLS. Where this fails too, what is to be copied is selected.
  $("copied").textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
});
$("copy").addEventListener("blur", () => ($("copied").textContent = ""));

/** Says how much room is left in a message, once there is not much, and whether it can be sent. */
function check() {
  const text = $("text").value.trim();
  const n = size(text);
  // What is counted is bytes, and not every character has one.
  const about = (bytes) => count(Math.ceil((bytes * [...text].length) / n));
  $("limit").textContent = n < WARN ? "" : n > MOST ? `Too long by ${about(n - MOST)}` : `Room for ${about(MOST - n)}`;
  $("limit").classList.toggle("over", n > MOST);
  $("send").ariaDisabled = String(n > MOST || !socket.isOpen);
}

const count = (n) => (n === 1 ? "about 1 character" : `about ${n} characters`);
const size = (text) => new TextEncoder().encode(text).length;

function status(state, text, delay = 0) {
  clearInterval(ticking);
  $("status").dataset.state = state;
  document.body.classList.toggle("lost", state === "lost");
  if ($("status-text").textContent !== text) $("status-text").textContent = text;
  $("retry").hidden = state !== "lost";
  $("countdown").textContent = "";
  queueMicrotask(check);
  if (state !== "lost") return;
  const end = performance.now() + delay;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    $("countdown").textContent = left > 1 ? `Again in ${left} s` : "Trying…";
  };
  tick();
  ticking = setInterval(tick, 250);
}

// The people in the room. Their numbers are all that the chat tells.

/** Puts somebody into the list who is not there, and gives the name. */
function meet(id, mine = false) {
  const name = id ? nameOf(id) : "You";
  if (people.has(id)) return name;
  const li = element("li", [mine ? "mine" : hue(id)], disc(id || "me"), element("span", [], name));
  if (mine && id) li.append(element("span", ["you"], "you"));
  li.title = id;
  people.set(id, { li, name });
  if (mine) $("people").prepend(li);
  else $("people").append(li);
  return name;
}

/** What somebody is called: the last digits of the number, or all where others have those, too. */
function nameOf(id) {
  const short = id.slice(-4);
  return people.get(id)?.name ?? `Guest ${[...people.keys()].some((other) => other.endsWith(short)) ? id : short}`;
}

/** Forgets everybody, as long as we do not know who we are. */
function lonely() {
  for (const id of people.keys()) part(id);
  meet("", true);
  $("self").textContent = "";
}

/** Takes note of who we are to the others. */
function become(id) {
  part("");
  const name = meet(id, true);
  $("self").textContent = `You are ${name}: number ${id}.`;
  if (came > 1) thread.happened(`You are back, as ${name}: somebody new to the others`);
}

function part(id) {
  people.get(id)?.li.remove();
  people.delete(id);
  hues.delete(id);
}

/** Somebody's colour: one that nobody else has who is here, as long as there are enough. */
function hue(id) {
  if (!hues.has(id)) {
    const taken = new Set([...people.keys()].map((other) => hues.get(other)));
    const wanted = Number(id.slice(-4)) % HUES;
    const free = Array.from({ length: HUES }, (_, i) => (wanted + i) % HUES).find((n) => !taken.has(n));
    hues.set(id, free ?? wanted);
  }
  return `hue-${hues.get(id)}`;
}

$("text").focus({ focusVisible: false });
