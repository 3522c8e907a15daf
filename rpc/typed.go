package rpc

import (
	"reflect"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// The typed declarations. MethodN is a method with N parameters, QueryN one that is called for its reply. One value,
// declared once and shared by both ends, is what a server handles and what clients call, so that the compiler checks
// both:
//
//	var Move = rpc.Method2[float64, float64]{Name: "move", Config: rpc.Config{Mode: rpc.AnyPeer}}
//
//	Move.Handle(node, func(c *rpc.Call, x, y float64) { … })
//	Move.RPCID(node, multiplayer.Server, 1.5, -2)
//
// They are what Node.Handle, Node.RPC, Node.RPCID and Node.Call are without types, and fail in the same way.

// Method0 declares a method with no parameters.
type Method0 struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle.
func (m Method0) Handle(n *Node, run func(*Call)) {
	n.handle(m.Name, m.Config, handler{types: types(), invoke: func(in *Call) (any, error) {
		if err := in.over(); err != nil {
			return nil, err
		}
		run(in)
		return nil, nil
	}})
}

// RPC calls the method on every peer, see Node.RPC.
func (m Method0) RPC(n *Node) error {
	return m.RPCID(n, multiplayer.Everyone)
}

// RPCID calls the method on one peer, or on everyone but one, see Node.RPCID.
func (m Method0) RPCID(n *Node, target PeerID) error {
	s := n.start(target, m.Name, m.Config)
	for s.next() {
	}
	return s.end()
}

// RPCGroup calls the method on every peer of a group, see Node.RPCGroup.
func (m Method0) RPCGroup(n *Node, g *Group) error {
	s := n.startGroup(g, m.Name, m.Config)
	for s.next() {
	}
	return s.end()
}

func (m Method0) declaration() (string, Config) { return m.Name, m.Config }

// Method1 declares a method with 1 parameter.
type Method1[A any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle.
func (m Method1[A]) Handle(n *Node, run func(*Call, A)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A]()), invoke: func(in *Call) (any, error) {
		a := take[A](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		run(in, a)
		return nil, nil
	}})
}

// RPC calls the method on every peer, see Node.RPC.
func (m Method1[A]) RPC(n *Node, a A) error {
	return m.RPCID(n, multiplayer.Everyone, a)
}

// RPCID calls the method on one peer, or on everyone but one, see Node.RPCID.
func (m Method1[A]) RPCID(n *Node, target PeerID, a A) error {
	s := n.start(target, m.Name, m.Config)
	for s.next() {
		put(&s, a)
	}
	return s.end()
}

// RPCGroup calls the method on every peer of a group, see Node.RPCGroup.
func (m Method1[A]) RPCGroup(n *Node, g *Group, a A) error {
	s := n.startGroup(g, m.Name, m.Config)
	for s.next() {
		put(&s, a)
	}
	return s.end()
}

func (m Method1[A]) declaration() (string, Config) { return m.Name, m.Config }

// Method2 declares a method with 2 parameters.
type Method2[A, B any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle.
func (m Method2[A, B]) Handle(n *Node, run func(*Call, A, B)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B]()), invoke: func(in *Call) (any, error) {
		a, b := take[A](in), take[B](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		run(in, a, b)
		return nil, nil
	}})
}

// RPC calls the method on every peer, see Node.RPC.
func (m Method2[A, B]) RPC(n *Node, a A, b B) error {
	return m.RPCID(n, multiplayer.Everyone, a, b)
}

// RPCID calls the method on one peer, or on everyone but one, see Node.RPCID.
func (m Method2[A, B]) RPCID(n *Node, target PeerID, a A, b B) error {
	s := n.start(target, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
	}
	return s.end()
}

// RPCGroup calls the method on every peer of a group, see Node.RPCGroup.
func (m Method2[A, B]) RPCGroup(n *Node, g *Group, a A, b B) error {
	s := n.startGroup(g, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
	}
	return s.end()
}

func (m Method2[A, B]) declaration() (string, Config) { return m.Name, m.Config }

// Method3 declares a method with 3 parameters.
type Method3[A, B, C any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle.
func (m Method3[A, B, C]) Handle(n *Node, run func(*Call, A, B, C)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C]()), invoke: func(in *Call) (any, error) {
		a, b, c := take[A](in), take[B](in), take[C](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		run(in, a, b, c)
		return nil, nil
	}})
}

// RPC calls the method on every peer, see Node.RPC.
func (m Method3[A, B, C]) RPC(n *Node, a A, b B, c C) error {
	return m.RPCID(n, multiplayer.Everyone, a, b, c)
}

// RPCID calls the method on one peer, or on everyone but one, see Node.RPCID.
func (m Method3[A, B, C]) RPCID(n *Node, target PeerID, a A, b B, c C) error {
	s := n.start(target, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
	}
	return s.end()
}

// RPCGroup calls the method on every peer of a group, see Node.RPCGroup.
func (m Method3[A, B, C]) RPCGroup(n *Node, g *Group, a A, b B, c C) error {
	s := n.startGroup(g, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
	}
	return s.end()
}

func (m Method3[A, B, C]) declaration() (string, Config) { return m.Name, m.Config }

// Method4 declares a method with 4 parameters.
type Method4[A, B, C, D any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle.
func (m Method4[A, B, C, D]) Handle(n *Node, run func(*Call, A, B, C, D)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C](), param[D]()), invoke: func(in *Call) (any, error) {
		a, b, c, d := take[A](in), take[B](in), take[C](in), take[D](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		run(in, a, b, c, d)
		return nil, nil
	}})
}

// RPC calls the method on every peer, see Node.RPC.
func (m Method4[A, B, C, D]) RPC(n *Node, a A, b B, c C, d D) error {
	return m.RPCID(n, multiplayer.Everyone, a, b, c, d)
}

// RPCID calls the method on one peer, or on everyone but one, see Node.RPCID.
func (m Method4[A, B, C, D]) RPCID(n *Node, target PeerID, a A, b B, c C, d D) error {
	s := n.start(target, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
		put(&s, d)
	}
	return s.end()
}

// RPCGroup calls the method on every peer of a group, see Node.RPCGroup.
func (m Method4[A, B, C, D]) RPCGroup(n *Node, g *Group, a A, b B, c C, d D) error {
	s := n.startGroup(g, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
		put(&s, d)
	}
	return s.end()
}

func (m Method4[A, B, C, D]) declaration() (string, Config) { return m.Name, m.Config }

// Method5 declares a method with 5 parameters.
type Method5[A, B, C, D, E any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle.
func (m Method5[A, B, C, D, E]) Handle(n *Node, run func(*Call, A, B, C, D, E)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C](), param[D](), param[E]()), invoke: func(in *Call) (any, error) {
		a, b, c, d, e := take[A](in), take[B](in), take[C](in), take[D](in), take[E](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		run(in, a, b, c, d, e)
		return nil, nil
	}})
}

// RPC calls the method on every peer, see Node.RPC.
func (m Method5[A, B, C, D, E]) RPC(n *Node, a A, b B, c C, d D, e E) error {
	return m.RPCID(n, multiplayer.Everyone, a, b, c, d, e)
}

// RPCID calls the method on one peer, or on everyone but one, see Node.RPCID.
func (m Method5[A, B, C, D, E]) RPCID(n *Node, target PeerID, a A, b B, c C, d D, e E) error {
	s := n.start(target, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
		put(&s, d)
		put(&s, e)
	}
	return s.end()
}

// RPCGroup calls the method on every peer of a group, see Node.RPCGroup.
func (m Method5[A, B, C, D, E]) RPCGroup(n *Node, g *Group, a A, b B, c C, d D, e E) error {
	s := n.startGroup(g, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
		put(&s, d)
		put(&s, e)
	}
	return s.end()
}

func (m Method5[A, B, C, D, E]) declaration() (string, Config) { return m.Name, m.Config }

// Method6 declares a method with 6 parameters.
type Method6[A, B, C, D, E, F any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle.
func (m Method6[A, B, C, D, E, F]) Handle(n *Node, run func(*Call, A, B, C, D, E, F)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C](), param[D](), param[E](), param[F]()), invoke: func(in *Call) (any, error) {
		a, b, c, d, e, f := take[A](in), take[B](in), take[C](in), take[D](in), take[E](in), take[F](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		run(in, a, b, c, d, e, f)
		return nil, nil
	}})
}

// RPC calls the method on every peer, see Node.RPC.
func (m Method6[A, B, C, D, E, F]) RPC(n *Node, a A, b B, c C, d D, e E, f F) error {
	return m.RPCID(n, multiplayer.Everyone, a, b, c, d, e, f)
}

// RPCID calls the method on one peer, or on everyone but one, see Node.RPCID.
func (m Method6[A, B, C, D, E, F]) RPCID(n *Node, target PeerID, a A, b B, c C, d D, e E, f F) error {
	s := n.start(target, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
		put(&s, d)
		put(&s, e)
		put(&s, f)
	}
	return s.end()
}

// RPCGroup calls the method on every peer of a group, see Node.RPCGroup.
func (m Method6[A, B, C, D, E, F]) RPCGroup(n *Node, g *Group, a A, b B, c C, d D, e E, f F) error {
	s := n.startGroup(g, m.Name, m.Config)
	for s.next() {
		put(&s, a)
		put(&s, b)
		put(&s, c)
		put(&s, d)
		put(&s, e)
		put(&s, f)
	}
	return s.end()
}

func (m Method6[A, B, C, D, E, F]) declaration() (string, Config) { return m.Name, m.Config }

// param checks that a T can be a parameter, and gives it.
func param[T any]() reflect.Type {
	t := reflect.TypeFor[T]()
	if err := args.Check(t); err != nil {
		panic("rpc: a declaration has a parameter that cannot travel: " + err.Error())
	}
	return t
}

func types(of ...reflect.Type) []reflect.Type { return of }

// replied tells what a handler returned from what kept it from running.
func replied[R any](v R, err error) (any, error) {
	if err != nil {
		return nil, &handlerError{err: err}
	}
	return v, nil
}
