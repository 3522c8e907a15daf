package rpc

import (
	"errors"
	"fmt"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// RPC calls a method on every peer (Node.rpc): on a client the server and, through its relay, the other clients. With
// CallLocal it also runs here, after the packets were queued. The method must be declared or handled on the node.
func (n *Node) RPC(method string, arguments ...any) error {
	return n.RPCID(multiplayer.Everyone, method, arguments...)
}

// RPCID calls a method on one peer, on everyone (multiplayer.Everyone) or on everyone but one (multiplayer.Except)
// (Node.rpc_id). Errors come as a *CallError with ErrNotConnected (or multiplayer.ErrNotConnected, of a peer that is
// leaving), ErrUnknownPeer, ErrCallSelf, ErrUndeclared, ErrMethodsDiffer, ErrArgument, with it ErrTooManyArguments,
// multiplayer.ErrBufferFull or multiplayer.ErrPacketTooLarge in it. With several targets they come joined, those of one
// target in a multiplayer.PeerError, and the others were called.
func (n *Node) RPCID(target PeerID, method string, arguments ...any) error {
	d, err := n.declared(method)
	if err != nil {
		return &CallError{Peer: target, Node: n.path, Method: method, Err: err}
	}
	return n.start(target, method, d.Config).putAll(arguments)
}

// declared gives a method that the node knows.
func (n *Node) declared(name string) (*method, error) {
	switch d := n.methods[name]; {
	case d != nil:
		return d, nil
	case n.freed:
		return nil, ErrFreed
	}
	return nil, ErrUndeclared
}

// sending is one call on its way. The arguments are put once for each form that the targets need:
//
//	for s.next() {
//		put(&s, a)
//	}
//	return s.end()
type sending struct {
	m     *SceneMultiplayer
	msg   *message
	enc   args.Encoder
	on    wire // between begin and end
	lists [wireCount][]*remote
	apart []*remote // to each of these it goes by itself
	step  int
	argc  int
	bad   bool // an argument cannot travel this way
	local bool
	own   *localCall
	ended func(error) // is told how it ended; nil: nobody wants to know
	err   error
}

// putAll adds arguments without types to all forms.
func (s sending) putAll(arguments []any) error {
	for s.next() {
		for _, a := range arguments {
			if !s.failed(args.PutAny(s.enc, a)) {
				break
			}
		}
	}
	return s.end()
}

// put adds an argument.
func put[T any](s *sending, v T) {
	if !s.bad {
		s.failed(args.Put(s.enc, v))
	}
}

// failed notes an argument that could not be put, and tells whether to go on.
func (s *sending) failed(err error) bool {
	s.argc++
	if err == nil && s.argc > maxArguments {
		err = ErrTooManyArguments
	}
	if err == nil {
		return true
	}
	s.bad = true
	s.add(fmt.Errorf("%w: argument %d: %w", ErrArgument, s.argc, err))
	return false
}

func (s *sending) add(err error) {
	if err == nil {
		return
	}
	err = &CallError{Peer: s.msg.target, Node: s.msg.path, Method: s.msg.name, Group: s.msg.group != nil, Err: err}
	if s.err != nil {
		err = errors.Join(s.err, err)
	}
	s.err = err
}

const maxArguments = 255

// start begins a call of a method.
func (n *Node) start(target PeerID, name string, c Config) sending {
	return n.startKind(kindCall, target, name, c)
}

func (n *Node) startKind(k kind, target PeerID, name string, c Config) sending {
	s := n.begin(message{kind: k, target: target}, name, c)
	if s.err != nil {
		return s
	}
	m := n.m
	self := m.UniqueID()
	// Of what is for others too nothing runs here without a handler.
	s.local = c.CallLocal && (target == self || n.handles(name) && (target == multiplayer.Everyone || target < 0 && target != -self))
	switch {
	case target == self:
		if !c.CallLocal {
			s.add(ErrCallSelf)
		}
	case target > 0:
		r := m.remotes[target]
		if r == nil {
			s.add(ErrUnknownPeer)
			break
		}
		m.one[0] = r
		s.lists[r.wire()] = m.one[:]
	default:
		s.lists = m.lists(target, nil)
	}
	return s
}

// begin begins a call, to nobody yet.
func (n *Node) begin(msg message, name string, c Config) sending {
	m := n.m
	s := sending{m: m, msg: &m.out, ended: n.observed(&msg, name)}
	m.introduce() // whom the program has admitted meanwhile, too
	msg.path, msg.name, msg.node, msg.method, msg.argc = n.path, name, n, n.methods[name], -1
	msg.delivery = multiplayer.Delivery{Channel: c.Channel, Mode: c.TransferMode}
	m.out = msg
	err := n.callable()
	if err == nil && msg.method == nil { // nobody has looked at it
		if err = checkName(name); err == nil && c.TransferMode > multiplayer.UnreliableOrdered {
			err = errMode(c.TransferMode)
		}
		if err != nil {
			err = fmt.Errorf("rpc: this method cannot be called: %w", err)
		}
	}
	if err != nil {
		s.add(err)
		s.step = stepDone
	}
	return s
}

// observed tells that a call begins.
func (n *Node) observed(msg *message, name string) func(error) {
	if n.m.opts.Observe == nil {
		return nil
	}
	s := Span{Kind: SpanCall, Peer: msg.target, Group: msg.group != nil, Node: n.path, Method: name}
	if msg.kind == kindRequest {
		s.Kind, s.Request = SpanRequest, true
	}
	return n.m.observe(s)
}

// handles tells whether the node has a handler for a method.
func (n *Node) handles(name string) bool {
	d := n.methods[name]
	return d != nil && d.invoke != nil
}

// callable tells whether calls on the node can be sent.
func (n *Node) callable() error {
	switch {
	case n.freed:
		return ErrFreed
	case n.pattern:
		return ErrPattern
	}
	return n.m.connected()
}

// connected tells whether something can be sent.
func (m *SceneMultiplayer) connected() error {
	switch m.peer.ConnectionStatus() {
	case multiplayer.Connected:
		return nil
	case multiplayer.Connecting:
		return errNotYet
	}
	return errNoMore
}

const (
	stepLocal = wireCount
	stepDone  = stepLocal + 1
)

// next begins the next form that the arguments are needed in.
func (s *sending) next() bool {
	s.finish()
	for s.step < stepDone {
		s.argc, s.bad = 0, false
		if len(s.apart) > 0 {
			s.m.one[0] = s.apart[0]
			s.apart = s.apart[1:]
			s.msg.group, s.msg.target = nil, s.m.one[0].id
			if s.began(s.m.one[0].wire(), s.m.one[:]) {
				return true
			}
			continue
		}
		step := s.step
		s.step++
		if step == stepLocal {
			if !s.local {
				continue
			}
			e := &s.m.localEnc
			s.own = s.m.takeLocal()
			e.Reset(s.own.buf[:0])
			s.enc = e
			return true
		}
		if len(s.lists[step]) == 0 {
			continue
		}
		if s.began(multiplayer.Wire(step), s.lists[step]) {
			return true
		}
	}
	return false
}

// began tells whether the form for some remotes of one wire could be begun.
func (s *sending) began(on multiplayer.Wire, to []*remote) bool {
	w := s.m.wires[on]
	enc, err := w.begin(nil, s.msg, to)
	if err != nil {
		s.add(err)
		return false
	}
	s.on, s.enc = w, enc
	return true
}

// finish ends the form that next began.
func (s *sending) finish() {
	switch {
	case s.on != nil:
		if s.bad {
			s.on.abort()
		} else {
			s.m.stats.CallsOut++
			s.add(s.on.end(s.argc))
		}
		s.on = nil
	case s.step == stepDone && s.local && s.enc != nil:
		s.local = false
		s.own.buf = s.m.localEnc.Result()
		if !s.bad {
			s.own.dec.Reset(s.own.buf)
			s.m.callLocal(s.msg.node, s.msg.name, s.msg.delivery, &s.own.dec, s.argc)
		}
		s.m.locals = append(s.m.locals, s.own)
	}
}

// end gives what went wrong.
func (s *sending) end() error {
	if s.ended != nil {
		s.ended(s.err)
	}
	return s.err
}

// callLocal runs a method on this peer.
func (m *SceneMultiplayer) callLocal(n *Node, name string, d multiplayer.Delivery, arguments args.Decoder, argc int) {
	method := n.methods[name]
	if method == nil || method.invoke == nil {
		m.report(Refusal{Sender: m.UniqueID(), Node: n.path, Method: name, Code: CodeUnknownMethod, Reason: "CallLocal, but it has no handler here"})
		return
	}
	c := m.takeCall()
	c.Sender, c.Delivery = m.UniqueID(), d
	m.run(c, n, method, arguments, argc)
}

// localCall is what a call needs on its way to this peer itself. Calls nest, so there may be several.
type localCall struct {
	buf []byte
	dec args.MessagePackDecoder
}

func (m *SceneMultiplayer) takeLocal() *localCall {
	if n := len(m.locals); n > 0 {
		l := m.locals[n-1]
		m.locals = m.locals[:n-1]
		return l
	}
	return new(localCall)
}

// lists gives the remotes that a target of 0 or below means, by wire, without skip. Those of a relay, which has a skip,
// last until it is over, though the program may make calls while it goes on.
func (m *SceneMultiplayer) lists(target PeerID, skip *remote) (l [wireCount][]*remote) {
	except := m.remotes[-target]
	if except == nil && skip == nil {
		return m.byWire
	}
	scratch := &m.some
	if skip != nil {
		scratch = &m.passing
	}
	for w, all := range m.byWire {
		some := scratch[w][:0]
		for _, r := range all {
			if r != except && r != skip {
				some = append(some, r)
			}
		}
		scratch[w] = some
		l[w] = some
	}
	return l
}

// say sends a message that has no arguments to one remote.
func (m *SceneMultiplayer) say(r *remote, msg *message) error {
	if r.phase == admitted {
		m.introduce()
	}
	m.one[0] = r
	return m.tell(nil, msg, r.wire(), m.one[:])
}

// tell sends a message that has no arguments to remotes of one wire, from a remote or, if it is nil, from here.
func (m *SceneMultiplayer) tell(from *remote, msg *message, on multiplayer.Wire, to []*remote) error {
	if len(to) == 0 {
		return nil
	}
	w := m.wires[on]
	if _, err := w.begin(from, msg, to); err != nil {
		return err
	}
	return w.end(0)
}

func errMode(m multiplayer.TransferMode) error {
	return fmt.Errorf("there is no transfer mode %d: use the constants of multiplayer", m)
}

// SendBytes sends bytes that are no call to one peer, to everyone or to everyone but one: they raise OnPeerPacket there
// (SceneMultiplayer.send_bytes). Errors are ErrNotConnected, ErrUnknownPeer, and those of
// multiplayer.MultiplayerPeer.Send, as they are for one target and joined for several; a Delivery.Mode that is none, and
// no bytes at all to a peer on Godot's wire, are errors too.
func (m *SceneMultiplayer) SendBytes(target PeerID, d multiplayer.Delivery, data []byte) error {
	if err := m.maySendBytes(d); err != nil {
		return err
	}
	msg := &message{kind: kindRaw, target: target, data: data, delivery: d}
	if target > 0 {
		r := m.remotes[target]
		if r == nil {
			return ErrUnknownPeer
		}
		return m.say(r, msg)
	}
	m.introduce()
	return m.tellAll(msg, m.lists(target, nil))
}

func (m *SceneMultiplayer) maySendBytes(d multiplayer.Delivery) error {
	if d.Mode > multiplayer.UnreliableOrdered {
		return fmt.Errorf("rpc: SendBytes: %w", errMode(d.Mode))
	}
	return m.connected()
}

// tellAll is tell for remotes of all wires.
func (m *SceneMultiplayer) tellAll(msg *message, lists [wireCount][]*remote) error {
	var errs []error
	for w, to := range lists {
		errs = append(errs, m.tell(nil, msg, multiplayer.Wire(w), to))
	}
	return errors.Join(errs...)
}
