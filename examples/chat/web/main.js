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

meet("", "You");

const url = new URL("/", location.href);
url.protocol = url.protocol.replace("http", "ws");
const socket = new Socket(url, {
  open() {
    status("open", "Connected");
    if (before) thread.happened("You are back, as somebody new to the others");
    before = true;
  },
  line: heard,
  lost(delay, reason) {
    status("lost", "Not connected.", delay);
    if (reason) thread.happened(`The server ended the connection: ${reason}`);
    for (const id of people.keys()) if (id) part(id);
  },
});

function heard(line) {
  const { kind, id, text } = readLine(line);
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

// The people that this page knows of. Their numbers are all that the chat tells.

/** Puts somebody into the list who is not there, and gives the name: the last digits, or all where others have those, too. */
function meet(id, name) {
  if (people.has(id)) return people.get(id).name;
  const short = id.slice(-4);
  name ??= `Guest ${[...people.keys()].some((other) => other.endsWith(short)) ? id : short}`;
  const li = element("li", [id && hue(id)], disc(id || "me"), element("span", [], name));
  li.title = id;
  people.set(id, { li, name });
  $("people").append(li);
  return name;
}

function part(id) {
  people.get(id)?.li.remove();
  people.delete(id);
}

const hue = (id) => `hue-${Number(id.slice(-4)) % HUES}`;

$("text").focus({ focusVisible: false });
