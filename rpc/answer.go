package rpc

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// Answer is a reply that is still to be given: [Later] makes it.
type Answer[R any] struct{ a *answer }

// Later takes the reply out of the hands of the handler that runs: what the handler returns is not sent, the Answer is,
// whenever it comes. An error that the handler returns is logged instead; if it panics, that is the answer. Without
// Later the handler's results are the reply. Where no reply is waited for, the Answer goes nowhere.
//
// R is what the handler returns beside an error, as the reply of a QueryN is R; with another one Later panics. A handler
// that returns no value answers with any type that can be a parameter.
//
// Only the handler may call it, before it returns.
func Later[R any](c *Call) *Answer[R] {
	t := reflect.TypeFor[R]()
	if c.reply != nil && t != c.reply {
		panic(fmt.Sprintf("rpc: Later[%v] in a handler that returns %v: write Later[%v]", t, c.reply, c.reply))
	}
	if err := args.Check(t); err != nil {
		panic("rpc: Later has a type that cannot travel: " + err.Error())
	}
	a := c.pending()
	a.later = true
	return &Answer[R]{a}
}

// Context ends when the answer was given, or the caller cancels, stops waiting or leaves. Where no reply is waited for,
// it ends with the first Reply or Fail only. Any goroutine may call it.
func (a *Answer[R]) Context() context.Context { return a.a.ctx }

// Reply answers with a value. Any goroutine may call it, and must leave alone what value refers to; only the first Reply
// or Fail counts. A caller whom the value cannot reach is told why: with CodeTooLarge, CodeBusy or CodeHandlerFailed.
func (a *Answer[R]) Reply(value R) {
	a.a.m.Post(func() { a.a.reply(func(enc args.Encoder) error { return args.Put(enc, value) }) })
}

// Fail answers with an error: an *Error keeps its code, if that is 0 to 2147483647; others, nil among them, become
// CodeHandlerFailed. Any goroutine may call it.
func (a *Answer[R]) Fail(err error) { a.a.m.Post(func() { a.a.fail(err) }) }

// answer is what becomes of a request that a handler runs for.
type answer struct {
	m      *SceneMultiplayer
	to     *remote
	id     uint64
	ctx    context.Context
	cancel context.CancelFunc
	wanted bool // somebody waits for it
	later  bool
	done   bool // on the goroutine that polls

	failure *message // what the caller is told, once there is room
}

// reply answers with the value that put appends.
func (a *answer) reply(put func(args.Encoder) error) {
	if !a.finish() {
		return
	}
	a.m.introduce()
	w := a.m.wires[a.to.wire()]
	a.m.one[0] = a.to
	enc, err := w.begin(nil, &message{kind: kindReply, request: a.id}, a.m.one[:])
	if err == nil {
		if err = put(enc); err == nil {
			err = w.end(1)
		} else {
			w.abort()
		}
	}
	if err != nil {
		if a.m.loud(a.to) {
			a.m.log.Error("rpc: a reply could not be sent", "peer", a.to.id, "err", err)
		}
		a.send(unsent(err))
	}
}

// unsent makes of what kept a reply from being sent what its caller is told.
func unsent(err error) (Code, string) {
	switch {
	case errors.Is(err, multiplayer.ErrPacketTooLarge):
		return CodeTooLarge, "the reply is larger than its receiver reads: ask for less at once"
	case errors.Is(err, multiplayer.ErrBufferFull):
		return CodeBusy, "there is no room for the reply before you have read what is on its way to you: ask again later"
	}
	return CodeHandlerFailed, "the reply could not be sent: " + err.Error()
}

func (a *answer) fail(err error) {
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

// send tells the caller of a failure: when there is room for it, if there is none now.
func (a *answer) send(code Code, text string) {
	a.failure = &message{kind: kindFailure, request: a.id, code: code, text: text}
	if !a.sent() {
		a.to.run[a.id] = a // as before, it waits for its answer
		a.m.unsaid = append(a.m.unsaid, a)
	}
}

// sent sends the failure, and tells whether it need not be tried again.
func (a *answer) sent() bool {
	return !errors.Is(a.m.say(a.to, a.failure), multiplayer.ErrBufferFull)
}

// sayUnsaid sends the failures that found no room, as far as there is room now.
func (m *SceneMultiplayer) sayUnsaid() {
	waiting := m.unsaid[:0]
	for _, a := range m.unsaid {
		switch {
		case a.to.run[a.id] != a: // nobody waits for it any more
		case a.to.link.Away(), a.to.link.WebSocket().Congested(), !a.sent():
			waiting = append(waiting, a)
		default:
			delete(a.to.run, a.id)
		}
	}
	clear(m.unsaid[len(waiting):])
	m.unsaid = waiting
}

// finish makes the answer given, and tells whether it was not before.
func (a *answer) finish() bool {
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
func (a *answer) abandon() {
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
