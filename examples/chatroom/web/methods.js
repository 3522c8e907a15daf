// What the server and the page call of each other: ../methods.go, in JavaScript.

import { any, int, list, method, query, record, string, time } from "./peerage.js";

const Guest = record({ id: int, name: string });
const Line = record({ from: Guest, text: string, at: time });

export const Hall = {
  // What guests ask of the server. Its reply is nothing, or an error with the reason.
  enter: query({ mode: "any_peer" }, any, string),
  say: query({ mode: "any_peer" }, any, string),
  // What the server tells.
  welcome: method({}, list(Guest), list(Line)),
  joined: method({}, Guest),
  left: method({}, Guest),
  said: method({}, Line),
};
