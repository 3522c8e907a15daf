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
let ticking = 0;
let before = false; // we have been connected before
let greeting = 0; // so many lines are still to come that say who we are and who is here

lonely();

const url = new URL("/", location.href);
url.protocol = url.protocol.replace("http", "ws");
const socket = new Socket(url, {
  open() {
    status("open", "Connected");
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
  const { kind, id, ids, text } = readLine(line);
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
    case "you":
    case "here":
    case "server":
      thread.said("", "Server", text, "", "server");
      break;
    default:
      thread.happened(text);
  }
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text === "" || size(text) > MOST || !socket.send(text)) return;
  thread.said(null, "You", text);
  $("text").value = "";
  check();
});
$("text").addEventListener("input", check);
$("retry").addEventListener("click", () => {
  status("connecting", "Connecting…");
  socket.retry();
});

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

/** Puts somebody into the list who is not there, and gives the name: the last digits, or all where others have those, too. */
function meet(id, mine = false) {
  if (people.has(id)) return people.get(id).name;
  const short = id.slice(-4);
  const name = id ? `Guest ${[...people.keys()].some((other) => other.endsWith(short)) ? id : short}` : "You";
  const li = element("li", [!mine && hue(id)], disc(id || "me"), element("span", [], name));
  if (mine && id) li.append(element("span", ["you"], "you"));
  li.title = id;
  people.set(id, { li, name });
  $("people").append(li);
  return name;
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
  if (before) thread.happened(`You are back, as ${name}: somebody new to the others`);
  before = true;
}

function part(id) {
  people.get(id)?.li.remove();
  people.delete(id);
}

const hue = (id) => `hue-${Number(id.slice(-4)) % HUES}`;

$("text").focus({ focusVisible: false });
