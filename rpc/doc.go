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
// # Nodes and groups
//
// Nodes come and go: [Node.Free] takes one away and gives back all that it took, as Node.free does in Godot, and a path that
// is made again goes on. A node whose path has a * stands for all nodes there, "Players/*" for one a player: its methods are
// declared once, and Call.Node tells which node was meant.
//
// A [Group] is a set of peers that is called like one, with [Node.RPCGroup] or a method's RPCGroup: what is called is
// encoded once, and who leaves the session leaves its groups.
//
// # Who, when, and how long
//
// What multiplayer.Options.Admit said of a peer is its Call.Admitted, so that no handler needs a map from ids to players.
// Options.Authorize is asked before each call is run or passed on; Options.Observe is told when handlers and calls begin
// and end.
//
// [SceneMultiplayer.After] runs a function later, [FixedStep] makes Run's tick one of even steps, and
// [SceneMultiplayer.ServerTime] is the server's clock. All of it happens on the goroutine that polls, ends with the session,
// and is virtual in a testing/synctest bubble.
//
// # Authentication
//
// A server that wants to know who comes sets Options.AuthCallback. Its clients have to set one too, if only an empty
// one: a client without admits the server at once, and what it then calls is thrown away until the server admits it.
// Each side is told of the other by OnPeerAuthenticating, and from there on may speak, the client first as a rule:
//
//	client.OnPeerAuthenticating = func(id rpc.PeerID) {
//		client.SendAuth(id, token)
//		client.CompleteAuth(id) // or in its AuthCallback, once the server has proved itself
//	}
//
// The server's AuthCallback looks at the token and calls [SceneMultiplayer.CompleteAuth], or refuses with
// [SceneMultiplayer.DisconnectPeerWith], multiplayer.CloseNotAuthenticated and a reason, which the client's
// OnServerDisconnected or OnConnectionFailed is told. It may take its time on another goroutine and come back with
// [SceneMultiplayer.Post]. A peer is admitted when both sides have completed; one that is not within Options.AuthTimeout
// is disconnected. Whoever is not admitted raises OnPeerAuthenticationFailed.
//
// # Concurrency
//
// One goroutine at a time uses a SceneMultiplayer and its Nodes; handlers and events run inside
// [SceneMultiplayer.Poll], on the goroutine that calls it, one after the other. [SceneMultiplayer.Run] is the loop most
// programs want. From other goroutines use [SceneMultiplayer.Post], or multiplayer.Do to wait for what it gives,
// [SceneMultiplayer.Snapshot], [Answer] and [Reply].Wait. Whatever else another goroutine calls the race detector tells, in a
// line with OnlyThePollingGoroutineElsePostOrDo.
//
// A handler whose reply takes longer than a Poll may take calls [Later], returns, and answers from another goroutine:
//
//	Ask.Handle(node, func(c *rpc.Call, question string) (string, error) {
//		answer := rpc.Later[string](c)
//		go func() { answer.Reply(think(answer.Context(), question)) }()
//		return "", nil // is not sent
//	})
//
// # Arguments
//
// Booleans, all integers and floats, strings, []byte, slices, arrays, maps, structs, pointers, time.Time, any, and
// the types of package variant, such as variant.Vector2. docs/godot.md, "Values", has what each of them is to Godot, and on
// peerage.v1. A type defined from another travels like it; a nil slice or map is an empty one.
//
// A value fits a parameter when nothing of it is lost: 2.0 fits an int, 1 a bool, a Vector2i a Vector2, and 2.5, 7 and
// 16777217 do not. A parameter of type any takes bool, int64, float64, string, []byte, []any, variant.Dictionary for every
// map, in its order, and the types of package variant. A caller may leave out the last arguments as far as Config.Optional
// and Config.Defaults say.
//
// A struct travels as a map from the names of its exported fields, or those of a tag, to their values; the fields of
// embedded structs are its own:
//
//	type Player struct {
//		Name   string
//		Health int    `peerage:"health"`           // or `msgpack:"health"`
//		Title  string `peerage:"title,omitempty"`  // not sent while it is ""
//		secret int                                 // not sent; nor is what has the tag "-"
//	}
//
// On arrival case does not matter, unknown keys are ignored, and missing ones leave the zero value. In Godot it is a
// Dictionary, in JavaScript a record or an object.
//
// A struct that is sent often travels smaller as an array of its fields, without their names. It says so in the tag of a
// blank field:
//
//	type Hero struct {
//		_    struct{} `peerage:",array"` // or `msgpack:",as_array"`
//		X, Y float32
//		HP   int
//	}
//
// The fields travel in the order in which they are declared, those of an embedded struct where that stands; omitempty has no
// effect. A receiver ignores elements behind its last field, and fields for which no element came are zero. So both ends
// need not be updated at once as long as fields are only added at the end, and never moved or removed. That is also how
// a map may become an array and the other way round: every struct takes both on arrival, whatever its own tag says. In Godot
// it is an Array, in JavaScript a tuple, or a record with array set.
package rpc
