package rpc

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

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

// Answer is a reply that is still to be given.
type Answer struct {
	m      *SceneMultiplayer
	to     *remote
	id     uint64
	ctx    context.Context
	cancel context.CancelFunc
	wanted bool // somebody waits for it
	later  bool
	done   bool // on the goroutine that polls
}

// Context ends when the answer was given, or the caller cancels, stops waiting or leaves. Where no reply is waited for,
// it ends with the first Reply or Fail only.
func (a *Answer) Context() context.Context { return a.ctx }

// Reply answers with a value; nil for none. Any goroutine may call it; only the first Reply or Fail counts.
func (a *Answer) Reply(value any) { a.m.Post(func() { a.reply(value) }) }

// Fail answers with an error: an *Error keeps its code, if that is 0 to 2147483647; others, nil among them, become
// CodeHandlerFailed. Any goroutine may call it.
func (a *Answer) Fail(err error) { a.m.Post(func() { a.fail(err) }) }

func (a *Answer) reply(value any) {
	if !a.finish() {
		return
	}
	a.m.introduce()
	w := a.m.wires[a.to.wire()]
	a.m.one[0] = a.to
	enc, err := w.begin(nil, &message{kind: kindReply, request: a.id}, a.m.one[:])
	if err == nil {
		if err = args.PutAny(enc, value); err == nil {
			err = w.end(1)
		} else {
			w.abort()
		}
	}
	if err != nil {
		if a.m.loud(a.to) {
			a.m.log.Error("rpc: a reply could not be sent", "peer", a.to.id, "err", err)
		}
		a.send(CodeHandlerFailed, "the reply could not be sent: "+err.Error())
	}
}

func (a *Answer) fail(err error) {
	if a.finish() {
		a.send(failure(err))
	}
}

// failure makes of a program's error what its caller is told. Some are nil, or panic when they are asked.
func failure(err error) (code Code, text string) {
	defer func() {
		if recover() != nil {
			code, text = CodeHandlerFailed, noReason
		}
	}()
	var e *Error
	switch {
	case err == nil:
		return CodeHandlerFailed, noReason
	case !errors.As(err, &e):
		return CodeHandlerFailed, err.Error()
	case e == nil:
		return CodeHandlerFailed, noReason
	case e.Code < 0 || e.Code > math.MaxInt32: // has no form on the wire
		return CodeHandlerFailed, e.Message
	}
	return e.Code, e.Message
}

const noReason = "the handler failed with an error that is nil"

func (a *Answer) send(code Code, text string) {
	a.m.say(a.to, &message{kind: kindFailure, request: a.id, code: code, text: text})
}

// finish makes the answer given, and tells whether it was not before.
func (a *Answer) finish() bool {
	if a.done {
		return false
	}
	a.done = true
	a.cancel()
	if !a.wanted {
		return false
	}
	delete(a.to.run, a.id)
	return a.to.phase == admitted
}

// abandon ends an answer that nobody waits for.
func (a *Answer) abandon() {
	a.done = true
	a.cancel()
	delete(a.to.run, a.id)
}

// cancelled takes the word of a caller that it does not wait any more.
func (m *SceneMultiplayer) cancelled(r *remote, id uint64) {
	if a := r.run[id]; a != nil {
		a.abandon()
		m.stats.Cancelled++
	}
}

// clip cuts a text at a whole character, and makes it UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
