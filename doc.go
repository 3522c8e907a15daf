// Package peerage is Godot 4's high-level multiplayer in Go: a server written in Go that unmodified Godot 4 games,
// browsers and Go programs join as peers of one session, and call by name. It has no code of its own. Begin with
//
//   - [github.com/peerage-go/peerage/multiplayer]: a session. multiplayer.Listen makes one, multiplayer.Dial joins it;
//   - [github.com/peerage-go/peerage/rpc]: calls on it. rpc.New, then Node, Handle and RPC;
//   - [github.com/peerage-go/peerage/variant]: Godot's values, such as Vector2;
//   - [github.com/peerage-go/peerage/transport]: the WebSocket under a session, by itself;
//   - [github.com/peerage-go/peerage/metrics]: what sessions count, for Prometheus and expvar;
//   - [github.com/peerage-go/peerage/client/js]: the client for browsers, to serve to pages.
//
// The README has the smallest server and its three clients, docs/guide/model.md what there is and how it fits together,
// and examples/ has programs to play with.
package peerage
