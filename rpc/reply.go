package rpc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// Reply is what comes back from a call with a reply. Then takes it in Poll; Wait, on another goroutine than the one
// that polls.
type Reply[R any] struct {
	m      *SceneMultiplayer
	done   chan struct{}
	gone   func() error    // why there is none when the session has ended
	cancel func(err error) // gives it up

	mu      sync.Mutex // guards the fields below
	settled bool       // value and err stand
	value   R
	err     error
	told    bool // Then's function may run: this was told in Poll
	then    func(R, error)
	ended   func(error) // see Options.Observe
}

// Wait waits for the reply. It gives what the handler returned, or an error:
//
//   - an *Error with what the handler failed with, or why the call was not run;
//   - a *CallError with ErrTimeout, ErrPeerGone, ErrNotConnected (the session ended), ErrReplyType (the value is none of
//     type R), context.Canceled after Cancel, or the cause of the call's context;
//   - a *CallError with ErrNoReplies or one of the errors of Node.RPCID, when the call could not be sent;
//   - the cause of this ctx, which does not cancel the call. A reply that is there comes first.
//
// A value comes in Poll; what ends the call does so though nobody polls. Any goroutine may call Wait but the one that
// polls, which would wait for itself.
func (r *Reply[R]) Wait(ctx context.Context) (R, error) {
	select {
	case <-r.done:
		return r.value, r.err
	default:
	}
	select {
	case <-r.done:
	case <-r.m.Done():
		var zero R
		r.settle(zero, r.gone())
	case <-ctx.Done():
		var zero R
		return zero, context.Cause(ctx)
	}
	return r.value, r.err
}

// Done is closed when the reply is there. Any goroutine may call it.
func (r *Reply[R]) Done() <-chan struct{} { return r.done }

// Then has f take the reply inside Poll; at once, if it was there already in a Poll. Only the goroutine that polls may
// call it.
func (r *Reply[R]) Then(f func(value R, err error)) {
	r.mu.Lock()
	if !r.told {
		r.then = f
		r.mu.Unlock()
		return
	}
	r.mu.Unlock()
	f(r.value, r.err)
}

// Cancel gives the call up: the reply fails with context.Canceled, and the context of the handler ends. Any goroutine
// may call it.
func (r *Reply[R]) Cancel() { r.cancel(context.Canceled) }

// settle makes an outcome stand, if none does. Any goroutine may call it.
func (r *Reply[R]) settle(v R, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.settled {
		r.settled, r.value, r.err = true, v, err
		close(r.done)
	}
}

// finish settles the reply in Poll.
func (r *Reply[R]) finish(v R, err error) {
	r.settle(v, err)
	r.mu.Lock()
	r.told = true
	then := r.then
	r.then = nil
	r.mu.Unlock()
	if r.ended != nil {
		r.ended(r.err)
	}
	if then != nil {
		r.m.call("Reply.Then", func() { then(r.value, r.err) })
	}
}

// waiting is a request whose reply has not come.
type waiting struct {
	to     *remote
	path   string
	name   string
	take   func(d args.Decoder, err error)
	timer  *time.Timer
	unhook func() bool
}

// Call calls a method on one peer and gives its reply, of any type. See QueryN for typed ones. The context's deadline
// and cancelling are the call's; without a deadline Options.ReplyTimeout counts. It never fails itself: what goes wrong
// is in the Reply. The method need not be declared. Of its Config only Channel counts: a call with a reply is reliable,
// and never runs here.
func (n *Node) Call(ctx context.Context, peer PeerID, method string, arguments ...any) *Reply[any] {
	c := Config{}
	if d := n.methods[method]; d != nil {
		c = d.Config
	}
	q := request[any](ctx, n, peer, method, c)
	for q.next() {
		for _, a := range arguments {
			if !q.failed(args.PutAny(q.enc, a)) {
				break
			}
		}
	}
	return q.reply()
}

// asking is a sending that waits for a reply.
type asking[R any] struct {
	sending
	r  *Reply[R]
	id uint64
}

// request begins a call with a reply.
func request[R any](ctx context.Context, n *Node, peer PeerID, name string, c Config) asking[R] {
	m := n.m
	m.lastID++
	q := asking[R]{r: &Reply[R]{m: m, done: make(chan struct{})}, id: m.lastID}
	c.CallLocal, c.TransferMode = false, multiplayer.Reliable
	q.sending = n.startKind(kindRequest, peer, name, c)
	m.out.request = q.id
	to := m.remotes[peer]
	if q.err == nil && to == nil {
		q.add(ErrUnknownPeer) // replies come from one
		q.step = stepDone
	}
	if q.err == nil && !m.wires[to.wire()].replies() {
		q.add(ErrNoReplies)
		q.step = stepDone
	}
	id, r := q.id, q.r
	r.ended = q.ended
	fails := func(err error) error { return &CallError{Peer: peer, Node: n.path, Method: name, Err: err} }
	r.gone = func() error { return fails(errNoMore) }
	r.cancel = func(err error) {
		var zero R
		r.settle(zero, fails(err)) // though nobody polls
		m.Post(func() { m.giveUp(id, err) })
	}
	if q.err != nil {
		return q
	}
	w := &waiting{to: to, path: n.path, name: name}
	w.take = func(d args.Decoder, err error) {
		var v R
		if err == nil {
			if v, err = args.Get[R](d); err != nil {
				err = &CallError{Peer: to.id, Node: n.path, Method: name, Err: fmt.Errorf("%w: %w", ErrReplyType, err)}
			}
		}
		q.r.finish(v, err)
	}
	m.replies[id] = w
	if _, has := ctx.Deadline(); !has {
		w.timer = time.AfterFunc(m.opts.ReplyTimeout, func() { r.cancel(ErrTimeout) })
	}
	if ctx.Done() != nil {
		w.unhook = context.AfterFunc(ctx, func() {
			err := context.Cause(ctx)
			if errors.Is(err, context.DeadlineExceeded) {
				err = ErrTimeout
			}
			r.cancel(err)
		})
	}
	return q
}

// reply ends the sending and gives what will come of it.
func (q *asking[R]) reply() *Reply[R] {
	if q.err != nil {
		if w := q.m.forgetReply(q.id); w != nil {
			w.take(nil, q.err)
		} else {
			var zero R
			q.r.finish(zero, q.err)
		}
	}
	return q.r
}

// forgetReply ends the waiting for a reply.
func (m *SceneMultiplayer) forgetReply(id uint64) *waiting {
	w := m.replies[id]
	if w == nil {
		return nil
	}
	delete(m.replies, id)
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.unhook != nil {
		w.unhook()
	}
	return w
}

// giveUp ends a call from this side and tells the other.
func (m *SceneMultiplayer) giveUp(id uint64, err error) {
	w := m.forgetReply(id)
	if w == nil {
		return
	}
	if w.to.phase == admitted {
		m.say(w.to, &message{kind: kindCancel, request: id})
	}
	w.take(nil, &CallError{Peer: w.to.id, Node: w.path, Method: w.name, Err: err})
}

// failReplies ends the waiting for replies of one remote, or of all.
func (m *SceneMultiplayer) failReplies(err error, r *remote) {
	for id, w := range m.replies {
		if r == nil || w.to == r {
			m.forgetReply(id)
			w.take(nil, &CallError{Peer: w.to.id, Node: w.path, Method: w.name, Err: err})
		}
	}
}

// answered takes a reply or a failure.
func (m *SceneMultiplayer) answered(r *remote, msg *message) {
	w := m.replies[msg.request]
	if w == nil || w.to != r {
		m.stats.StrayReplies++
		return
	}
	m.forgetReply(msg.request)
	if msg.kind == kindFailure {
		w.take(nil, &Error{msg.code, msg.text})
		return
	}
	w.take(msg.args, nil)
}
