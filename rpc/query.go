package rpc

import (
	"context"
	"reflect"
)

// Query0 declares a method with no parameters that replies with an R.
type Query0[R any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle. Its results are the reply.
func (m Query0[R]) Handle(n *Node, run func(*Call) (R, error)) {
	n.handle(m.Name, m.Config, handler{types: types(), reply: reflect.TypeFor[R](), invoke: func(in *Call) (any, error) {
		if err := in.over(); err != nil {
			return nil, err
		}
		return replied(run(in))
	}})
}

// Call calls the method on one peer and gives the reply to come, see Node.Call: TransferMode and CallLocal do not count.
func (m Query0[R]) Call(ctx context.Context, n *Node, peer PeerID) *Reply[R] {
	s := request[R](ctx, n, peer, m.Name, m.Config)
	for s.next() {
	}
	return s.reply()
}

func (m Query0[R]) declaration() (string, Config) { return m.Name, m.Config }

// Query1 declares a method with 1 parameter that replies with an R.
type Query1[A, R any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle. Its results are the reply.
func (m Query1[A, R]) Handle(n *Node, run func(*Call, A) (R, error)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A]()), reply: reflect.TypeFor[R](), invoke: func(in *Call) (any, error) {
		a := take[A](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		return replied(run(in, a))
	}})
}

// Call calls the method on one peer and gives the reply to come, see Node.Call: TransferMode and CallLocal do not count.
func (m Query1[A, R]) Call(ctx context.Context, n *Node, peer PeerID, a A) *Reply[R] {
	s := request[R](ctx, n, peer, m.Name, m.Config)
	for s.next() {
		put(&s.sending, a)
	}
	return s.reply()
}

func (m Query1[A, R]) declaration() (string, Config) { return m.Name, m.Config }

// Query2 declares a method with 2 parameters that replies with an R.
type Query2[A, B, R any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle. Its results are the reply.
func (m Query2[A, B, R]) Handle(n *Node, run func(*Call, A, B) (R, error)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B]()), reply: reflect.TypeFor[R](), invoke: func(in *Call) (any, error) {
		a, b := take[A](in), take[B](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		return replied(run(in, a, b))
	}})
}

// Call calls the method on one peer and gives the reply to come, see Node.Call: TransferMode and CallLocal do not count.
func (m Query2[A, B, R]) Call(ctx context.Context, n *Node, peer PeerID, a A, b B) *Reply[R] {
	s := request[R](ctx, n, peer, m.Name, m.Config)
	for s.next() {
		put(&s.sending, a)
		put(&s.sending, b)
	}
	return s.reply()
}

func (m Query2[A, B, R]) declaration() (string, Config) { return m.Name, m.Config }

// Query3 declares a method with 3 parameters that replies with an R.
type Query3[A, B, C, R any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle. Its results are the reply.
func (m Query3[A, B, C, R]) Handle(n *Node, run func(*Call, A, B, C) (R, error)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C]()), reply: reflect.TypeFor[R](), invoke: func(in *Call) (any, error) {
		a, b, c := take[A](in), take[B](in), take[C](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		return replied(run(in, a, b, c))
	}})
}

// Call calls the method on one peer and gives the reply to come, see Node.Call: TransferMode and CallLocal do not count.
func (m Query3[A, B, C, R]) Call(ctx context.Context, n *Node, peer PeerID, a A, b B, c C) *Reply[R] {
	s := request[R](ctx, n, peer, m.Name, m.Config)
	for s.next() {
		put(&s.sending, a)
		put(&s.sending, b)
		put(&s.sending, c)
	}
	return s.reply()
}

func (m Query3[A, B, C, R]) declaration() (string, Config) { return m.Name, m.Config }

// Query4 declares a method with 4 parameters that replies with an R.
type Query4[A, B, C, D, R any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle. Its results are the reply.
func (m Query4[A, B, C, D, R]) Handle(n *Node, run func(*Call, A, B, C, D) (R, error)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C](), param[D]()), reply: reflect.TypeFor[R](), invoke: func(in *Call) (any, error) {
		a, b, c, d := take[A](in), take[B](in), take[C](in), take[D](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		return replied(run(in, a, b, c, d))
	}})
}

// Call calls the method on one peer and gives the reply to come, see Node.Call: TransferMode and CallLocal do not count.
func (m Query4[A, B, C, D, R]) Call(ctx context.Context, n *Node, peer PeerID, a A, b B, c C, d D) *Reply[R] {
	s := request[R](ctx, n, peer, m.Name, m.Config)
	for s.next() {
		put(&s.sending, a)
		put(&s.sending, b)
		put(&s.sending, c)
		put(&s.sending, d)
	}
	return s.reply()
}

func (m Query4[A, B, C, D, R]) declaration() (string, Config) { return m.Name, m.Config }

// Query5 declares a method with 5 parameters that replies with an R.
type Query5[A, B, C, D, E, R any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle. Its results are the reply.
func (m Query5[A, B, C, D, E, R]) Handle(n *Node, run func(*Call, A, B, C, D, E) (R, error)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C](), param[D](), param[E]()), reply: reflect.TypeFor[R](), invoke: func(in *Call) (any, error) {
		a, b, c, d, e := take[A](in), take[B](in), take[C](in), take[D](in), take[E](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		return replied(run(in, a, b, c, d, e))
	}})
}

// Call calls the method on one peer and gives the reply to come, see Node.Call: TransferMode and CallLocal do not count.
func (m Query5[A, B, C, D, E, R]) Call(ctx context.Context, n *Node, peer PeerID, a A, b B, c C, d D, e E) *Reply[R] {
	s := request[R](ctx, n, peer, m.Name, m.Config)
	for s.next() {
		put(&s.sending, a)
		put(&s.sending, b)
		put(&s.sending, c)
		put(&s.sending, d)
		put(&s.sending, e)
	}
	return s.reply()
}

func (m Query5[A, B, C, D, E, R]) declaration() (string, Config) { return m.Name, m.Config }

// Query6 declares a method with 6 parameters that replies with an R.
type Query6[A, B, C, D, E, F, R any] struct {
	Name string // of the method, as the other side has it
	Config
}

// Handle registers run as the method's handler on a node, see Node.Handle. Its results are the reply.
func (m Query6[A, B, C, D, E, F, R]) Handle(n *Node, run func(*Call, A, B, C, D, E, F) (R, error)) {
	n.handle(m.Name, m.Config, handler{types: types(param[A](), param[B](), param[C](), param[D](), param[E](), param[F]()), reply: reflect.TypeFor[R](), invoke: func(in *Call) (any, error) {
		a, b, c, d, e, f := take[A](in), take[B](in), take[C](in), take[D](in), take[E](in), take[F](in)
		if err := in.over(); err != nil {
			return nil, err
		}
		return replied(run(in, a, b, c, d, e, f))
	}})
}

// Call calls the method on one peer and gives the reply to come, see Node.Call: TransferMode and CallLocal do not count.
func (m Query6[A, B, C, D, E, F, R]) Call(ctx context.Context, n *Node, peer PeerID, a A, b B, c C, d D, e E, f F) *Reply[R] {
	s := request[R](ctx, n, peer, m.Name, m.Config)
	for s.next() {
		put(&s.sending, a)
		put(&s.sending, b)
		put(&s.sending, c)
		put(&s.sending, d)
		put(&s.sending, e)
		put(&s.sending, f)
	}
	return s.reply()
}

func (m Query6[A, B, C, D, E, F, R]) declaration() (string, Config) { return m.Name, m.Config }
