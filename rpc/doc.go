// Package rpc makes remote calls between the peers of a session: Godot's SceneMultiplayer and Node.rpc, for Go
// programs, browsers and unmodified Godot 4 games.
//
// [New] puts calls on a multiplayer.MultiplayerPeer. Methods hang on nodes, which have paths: [SceneMultiplayer.Node]
// makes one, [Node.Handle] registers an ordinary Go function as a method, [Node.RPC] and [Node.RPCID] call it on
// others, and [Node.Call] waits for a reply. A method that both ends know at compile time is declared once, as a
// [Method1] or [Query1] and so on, and is then checked by the compiler at both ends:
//
//	var Move = rpc.Method2[float64, float64]{Name: "move", Config: rpc.Config{Mode: rpc.AnyPeer}}
//
// # Rules
//
// They are Godot's. A method may be called by its node's authority only, which is the server unless
// [Node.SetAuthority] says otherwise, or with [AnyPeer] by everyone. With Config.CallLocal a call for everyone also
// runs here. Calling oneself is refused unless CallLocal is set. Clients know and reach each other through the server,
// unless Options.NoServerRelay is set. With Options.AuthCallback peers are admitted one by one.
//
// A call that does not fit (no such node or method, not allowed, too few, too many or wrong arguments) is not run: it
// is counted in [Stats], logged, given to OnCallRefused, and told to its sender where the wire can. A handler that
// panics costs nobody the session.
//
// A peer whose calls are refused all the time is no longer answered nor logged, and at last disconnected: see
// Options.MaxNotices and MaxFaults, and docs/operations.md for all that is limited, counted and logged.
//
// # Concurrency
//
// One goroutine at a time uses a SceneMultiplayer and its Nodes; handlers and events run inside
// [SceneMultiplayer.Poll], on the goroutine that calls it, one after the other. [SceneMultiplayer.Run] is the loop most
// programs want. From other goroutines use [SceneMultiplayer.Post], [SceneMultiplayer.Snapshot],
// [Answer] and [Reply].Wait.
//
// # Arguments
//
// Booleans, all integers and floats, strings, []byte, slices, arrays, maps, structs, pointers, time.Time, any, and
// the types of package variant, such as variant.Vector2. A value fits a parameter when nothing of it is lost; nothing is
// ever guessed.
package rpc
