package rpc

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/peerage-go/peerage/multiplayer"
)

// Node is a place that methods hang on, known to all peers by its path (Node in Godot's class reference, as far as
// remote calls go). It belongs to the goroutine that polls, and is there until Free.
type Node struct {
	*methodSet
	m         *SceneMultiplayer
	path      string
	authority PeerID
	pattern   bool    // it stands for others
	passer    *remote // for whose calls a pattern stands in with this node; nil: the program has made it
	freed     bool
	named     *name      // its path among our names on peerage.v1, if it has been sent
	id        *ourPath   // its path among our ids on Godot's wire, if it has been told
	asks      []*ourPath // the ids that ask a Godot peer for each of the known lists, the same
}

// Path is the node's path, relative to the multiplayer root.
func (n *Node) Path() string { return n.path }

// Authority is the peer that may call the node's Authority methods: the server unless it was set
// (Node.get_multiplayer_authority).
func (n *Node) Authority() PeerID {
	n.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return n.authority
}

// SetAuthority makes a peer the node's authority (Node.set_multiplayer_authority). Every peer must set the same.
func (n *Node) SetAuthority(id PeerID) {
	n.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	n.authority = id
}

// IsAuthority tells whether this peer is the node's authority (Node.is_multiplayer_authority).
func (n *Node) IsAuthority() bool { return n.Authority() == n.m.UniqueID() }

// Multiplayer is what the node belongs to.
func (n *Node) Multiplayer() *SceneMultiplayer { return n.m }

// Handle registers f as a method that peers may call (Node.rpc_config). f is a func; its first parameter may be a
// *Call, the others are the method's parameters, and a variadic last one takes any number. It may return a value, an
// error, or a value and an error: they are the reply, where one is asked for. Handle panics on an f that cannot be
// called, on a name that cannot travel and on a Config that is none or not that of Declare, saying how to mend it: it is
// a mistake in the program, not in what a peer sent.
//
// A node's methods must all be declared or handled before the first call to or from a Godot peer, on whose wire they are
// numbered.
func (n *Node) Handle(name string, f any, c Config) {
	h, err := reflectHandler(f)
	if err != nil {
		panic(fmt.Sprintf("rpc: Handle %s.%s: %v", n.path, name, err))
	}
	n.handle(name, c, h)
}

// Declare makes methods known to the node that this side calls but does not handle. RPC and RPCID of a Node need it
// always, as they take the method's Config from here; a MethodN or QueryN, which has its own, and Call need it on Godot's
// wire only. That numbers all methods of a node, so both sides must declare them all. It panics on what cannot be, as
// Handle does: a name that cannot travel (see SceneMultiplayer.Node), or two different Configs for one.
func (n *Node) Declare(methods ...Declaration) {
	for _, d := range methods {
		name, c := d.declaration()
		n.declare(name, c)
	}
}

// DeclareMethod is Declare for a method that is called by name, with RPC and RPCID.
func (n *Node) DeclareMethod(name string, c Config) { n.declare(name, c) }

// Declaration is a MethodN or a QueryN.
type Declaration interface {
	declaration() (name string, c Config)
}

// KnownMethods tells the list of methods that another build of the game has for this node, for the wire of Godot: its
// clients are then understood by name, and the label says which build they are. The names are those of the scripts'
// @rpc methods. On such a node the first calls to a Godot peer wait until it is known which list it has, a round trip
// if it has not called before; unreliable ones are dropped meanwhile.
func (n *Node) KnownMethods(label string, names ...string) {
	names = slices.Clone(names)
	slices.Sort(names)
	n.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	n.own()
	n.known = append(n.known, &knownList{label: label, names: names})
}

func (n *Node) declare(name string, c Config) *method {
	n.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if err := checkName(name); err != nil {
		panic(fmt.Sprintf("rpc: %s: the name of a method: %v", n.path, err))
	}
	if c.Mode > Disabled || c.TransferMode > multiplayer.UnreliableOrdered {
		panic(fmt.Sprintf("rpc: %s.%s: Config has Mode %d and TransferMode %d: use the constants", n.path, name, c.Mode, c.TransferMode))
	}
	if n.freed {
		panic(fmt.Sprintf("rpc: %s.%s: the node was freed: make it again with Node", n.path, name))
	}
	if m := n.methods[name]; m != nil && !reflect.DeepEqual(m.Config, c) {
		panic(fmt.Sprintf("rpc: %s.%s is declared twice, with different configurations", n.path, name))
	} else if m != nil {
		return m
	}
	n.own()
	m := &method{name: name, Config: c}
	n.methods[name] = m
	n.sorted, n.sum = nil, ""
	return m
}

func (n *Node) handle(name string, c Config, h handler) {
	m := n.declare(name, c)
	if m.invoke != nil && n.ofPattern() { // it is handled in another way here
		n.own()
		m = n.methods[name]
		m.handler = handler{}
	}
	if m.invoke != nil {
		panic(fmt.Sprintf("rpc: %s.%s has a handler already", n.path, name))
	}
	if err := h.takeDefaults(c.Defaults); err != nil {
		panic(fmt.Sprintf("rpc: Handle %s.%s: %v", n.path, name, err))
	}
	n.own()
	n.methods[name].handler = h
}
