// The methods of the game's node: those of Godot's websocket_multiplayer demo, with the configuration they have there.

import { int, method, optional, string } from "./peerage.js";

export const PATH = "Panel/VBoxContainer/Game";

const anyPeer = { mode: "any_peer" };
const callLocal = { callLocal: true };

export const Game = {
  // What the server tells everybody.
  _log: method({}, string),
  add_player: method(callLocal, int, optional(string, "")),
  del_player: method(callLocal, int),
  set_turn: method(callLocal, int),
  update_player_name: method(callLocal, int, string),
  // What players ask of the server.
  set_player_name: method(anyPeer, string),
  request_action: method(anyPeer, string),
};
