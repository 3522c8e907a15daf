// The page: it joins the session, follows the server's calls, and makes the guest's. Whatever somebody wrote is put in
// as text, never as markup.

import { connect, SERVER } from "./peerage.js";
import { Hall } from "./methods.js";

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const MOST = 500; // lines that the page keeps
let peer = null; // the session, while one is wanted
let hall = null; // the node that the methods hang on

// The door

$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  if (peer) leave();
  else join($("name").value);
});
$("leave").addEventListener("click", () => leave());

function join(name) {
  peer = connect("/hall"); // on the server that the page came from
  hall = peer.node("Hall", Hall);
  hall.on("welcome", welcome);
  hall.on("joined", (_, guest) => {
    if ($("room").hidden) return; // a welcome is still to come, and tells it
    arrived(guest);
    happened(`${guest.name} joined`);
  });
  hall.on("left", (_, guest) => {
    $("people").querySelector(`[data-id="${guest.id}"]`)?.remove();
    happened(`${guest.name} left`);
  });
  hall.on("said", (_, line) => add(line));
  peer.on("connectedToServer", () => {
    // Also after a session that was lost for good: then this is a newcomer. One that goes on comes not by here.
    hall.call(SERVER, "enter", name).catch((error) => leave(error.message));
  });
  peer.on("stateChanged", ({ state, error }) => {
    document.body.classList.toggle("away", state !== "connected");
    $("status").textContent = { connected: "", closed: "" }[state] ?? "Not connected. Trying…";
    if (state === "closed") leave(error?.reason);
  });
  $("note").textContent = "";
  $("go").textContent = "Cancel";
}

function leave(why = "") {
  const old = peer;
  peer = hall = null;
  if (!old) return; // by close, below
  old.close();
  $("room").hidden = $("leave").hidden = true;
  $("door").hidden = false;
  $("status").textContent = "";
  $("note").textContent = why && `${why}.`;
  $("go").textContent = "Enter";
  $("name").focus();
}

// The room

function welcome(_, here, past) {
  $("people").replaceChildren();
  $("lines").replaceChildren();
  here.forEach(arrived);
  past.forEach(add);
  happened("You came in");
  $("silence").hidden = past.length > 0;
  $("door").hidden = true;
  $("room").hidden = $("leave").hidden = false;
  toEnd();
  $("text").focus();
}

function arrived(guest) {
  const li = element("li", hue(guest.id), element("span", "disc", [...guest.name][0].toUpperCase()), element("span", "", guest.name));
  li.dataset.id = guest.id;
  li.title = `peer ${guest.id}`;
  if (guest.id === peer.uniqueId) {
    li.classList.add("mine");
    li.append(element("small", "", `you, peer ${guest.id}`));
  }
  $("people").append(li);
}

$("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value;
  $("text").focus(); // also after the button was clicked
  $("why").textContent = "";
  if (text.trim() === "") return;
  try {
    await hall.call(SERVER, "say", text);
    if ($("text").value === text) $("text").value = "";
  } catch (error) {
    $("why").textContent = `Not said: ${error.message}.`; // the text stays, to be said later or otherwise
  }
});

function add({ from, text, at }) {
  const li = element("li", hue(from.id), element("b", "", from.name), " ", element("time", "", clock.format(at)), element("p", "", text));
  if (from.id === peer.uniqueId) li.classList.add("mine");
  append(li);
}

const happened = (text) => append(element("li", "event", text));

function append(li) {
  const { scrollHeight, scrollTop, clientHeight } = $("scroll");
  const atEnd = scrollHeight - scrollTop - clientHeight < 40;
  $("lines").append(li);
  $("silence").hidden = true;
  if ($("lines").children.length > MOST) $("lines").firstChild.remove();
  if (atEnd) toEnd(); // who reads back stays where that is
}

const toEnd = () => $("scroll").scrollTo(0, $("scroll").scrollHeight);
new ResizeObserver(toEnd).observe($("scroll"));

$("address").textContent = location.href;
$("copy").addEventListener("click", () => {
  getSelection().selectAllChildren($("address"));
  // navigator.clipboard is only there with TLS. Where this fails too, what is to be copied is selected.
  $("copy").textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
});
$("copy").addEventListener("blur", () => ($("copy").textContent = "Copy"));

/** Makes an element of a class with text or elements inside. */
function element(tag, name, ...inside) {
  const e = document.createElement(tag);
  if (name) e.className = name;
  e.append(...inside);
  return e;
}

const hue = (id) => `hue-${id % 8}`; // the server counts ids up, so neighbours differ
