package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

var divide = rpc.Query2[int, int, int]{Name: "divide", Config: rpc.Config{Mode: rpc.AnyPeer}}

func divideHandler(_ *rpc.Call, a, b int) (int, error) {
	if b == 0 {
		return 0, rpc.Errorf(rpc.CodeApplication+7, "%d by nothing", a)
	}
	return a / b, nil
}

// result polls until a reply is there.
func result[R any](s *session, r *rpc.Reply[R]) (R, error) {
	s.t.Helper()
	s.until("a reply", func() bool {
		select {
		case <-r.Done():
			return true
		default:
			return false
		}
	})
	return r.Wait(context.Background())
}

func TestReplies(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int
	}{{"client to server", 1, 0}, {"server to client", 0, 1}, {"client to client", 1, 2}} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 2, nil, func(t *testing.T, s *session) {
				s.node("Calc", func(n *rpc.Node) { divide.Handle(n, divideHandler) })
				s.until("the clients know each other", func() bool { return s.clients[0].HasPeer(3) && s.clients[1].HasPeer(2) })
				n, to := s.all[c.from].Node("Calc"), s.all[c.to].UniqueID()
				v, err := result(s, divide.Call(t.Context(), n, to, 84, 2))
				if v != 42 || err != nil {
					t.Errorf("got %d, %v", v, err)
				}
				_, err = result(s, divide.Call(t.Context(), n, to, 1, 0))
				var e *rpc.Error
				if !errors.As(err, &e) || e.Code != 107 || e.Message != "1 by nothing" {
					t.Errorf("got %v", err)
				}
				if st := s.all[c.from].Stats(); st.Waiting != 0 {
					t.Errorf("%d replies are still waited for", st.Waiting)
				}
			})
		})
	}
}

func TestReplyThatComesLater(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var a *rpc.Answer[any]
		s.server.Node("Calc").Handle("think", func(c *rpc.Call, n int) { a = rpc.Later[any](c) }, anyPeer)
		s.clients[0].Node("Calc").DeclareMethod("think", anyPeer)
		r := s.clients[0].Node("Calc").Call(t.Context(), 1, "think", 5)
		s.until("the handler ran", func() bool { return a != nil })
		select {
		case <-r.Done():
			t.Fatal("the reply is there already")
		default:
		}
		go func() { a.Reply("done"); a.Reply("again") }()
		if v, err := result(s, r); v != "done" || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		if a.Context().Err() == nil {
			t.Error("the context goes on after the answer")
		}
	})
}

func TestReplyWaitedForOnAnotherGoroutine(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		s.node("Calc", func(n *rpc.Node) { divide.Handle(n, divideHandler) })
		r := divide.Call(t.Context(), s.clients[0].Node("Calc"), 1, 9, 3)
		got := make(chan int, 1)
		go func() {
			v, _ := r.Wait(t.Context())
			got <- v
			s.server.Wake()
		}()
		s.until("the other goroutine has it", func() bool { return len(got) == 1 })
		if v := <-got; v != 3 {
			t.Errorf("got %d", v)
		}
	})
}

func TestRepliesThatNeverCome(t *testing.T) {
	for _, c := range []struct {
		name string
		ctx  func(t *testing.T) context.Context
		then func(s *session, r *rpc.Reply[any])
		want error
		also error
		goes bool // the caller's connection ends
	}{
		{"deadline", func(t *testing.T) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			t.Cleanup(cancel)
			return ctx
		}, nil, rpc.ErrTimeout, os.ErrDeadlineExceeded, false},
		{"default time-out", (*testing.T).Context, nil, rpc.ErrTimeout, nil, false},
		{"cancelled context", func(t *testing.T) context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			return ctx
		}, nil, context.Canceled, nil, false},
		{"Cancel", (*testing.T).Context, func(_ *session, r *rpc.Reply[any]) { r.Cancel() }, context.Canceled, nil, false},
		{"the other side leaves", (*testing.T).Context, func(s *session, _ *rpc.Reply[any]) { s.server.Close() }, net.ErrClosed, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 1, &rpc.Options{ReplyTimeout: 200 * time.Millisecond}, func(t *testing.T, s *session) {
				var a *rpc.Answer[any]
				s.server.Node("Calc").Handle("never", func(c *rpc.Call) { a = rpc.Later[any](c) }, anyPeer)
				n := s.clients[0].Node("Calc")
				n.DeclareMethod("never", anyPeer)
				r := n.Call(c.ctx(t), 1, "never")
				s.until("the handler ran", func() bool { return a != nil })
				if c.then != nil {
					c.then(s, r)
				}
				_, err := result(s, r)
				if !errors.Is(err, c.want) || c.also != nil && !errors.Is(err, c.also) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				s.until("the handler's context ends", func() bool { return a.Context().Err() != nil })
				if !c.goes && s.server.Stats().Cancelled != 1 {
					t.Errorf("the server was not told: %+v", s.server.Stats())
				}
			})
		})
	}
}

func TestRequestToAPeerThatIsNotThere(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		n := s.clients[0].Node("Calc")
		if _, err := result(s, divide.Call(t.Context(), n, 9, 1, 1)); !errors.Is(err, rpc.ErrUnknownPeer) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheCallersGoingEndsTheHandlersContext(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var ctx context.Context
		s.server.Node("Calc").Handle("never", func(c *rpc.Call) { ctx = rpc.Later[any](c).Context() }, anyPeer)
		n := s.clients[0].Node("Calc")
		n.DeclareMethod("never", anyPeer)
		r := n.Call(t.Context(), 1, "never")
		s.until("the handler ran", func() bool { return ctx != nil })
		s.clients[0].Close()
		s.until("the context ends", func() bool { return ctx.Err() != nil })
		if _, err := result(s, r); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the reply fails with %v", err)
		}
	})
}

func TestTooManyRequests(t *testing.T) {
	everyLink(t, 1, &rpc.Options{MaxPendingRequests: 2}, func(t *testing.T, s *session) {
		ran := 0
		s.server.Node("Calc").Handle("never", func(c *rpc.Call) { rpc.Later[any](c); ran++ }, anyPeer)
		n := s.clients[0].Node("Calc")
		n.DeclareMethod("never", anyPeer)
		for range 2 {
			n.Call(t.Context(), 1, "never")
		}
		if _, err := result(s, n.Call(t.Context(), 1, "never")); !errors.Is(err, &rpc.Error{Code: rpc.CodeTooMany}) || ran != 2 {
			t.Errorf("the third fails with %v; %d ran", err, ran)
		}
	})
}

func TestShutdownWaitsForAnswers(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var a *rpc.Answer[any]
		s.server.Node("Calc").Handle("think", func(c *rpc.Call) { a = rpc.Later[any](c) }, anyPeer)
		n := s.clients[0].Node("Calc")
		n.DeclareMethod("think", anyPeer)
		r := n.Call(t.Context(), 1, "think")
		s.until("the handler ran", func() bool { return a != nil })
		done := shutDown(s, deadline)
		a.Reply("at last")
		if v, err := result(s, r); v != "at last" || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		s.until("the client is told", func() bool { return !s.clients[0].HasPeer(1) })
		must(t, <-done)
	})
}

// ownError is a program's error that cannot be asked when it is nil.
type ownError struct{ text string }

func (e *ownError) Error() string { return e.text }

// TestFailuresThatAreNone answers with errors that are none, or that have no form on the wire: the caller is told of a
// failure, and nobody panics.
func TestFailuresThatAreNone(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
	}{
		{"nil", nil},
		{"nil Error", (*rpc.Error)(nil)},
		{"nil error of the program", (*ownError)(nil)},
		{"nil error in another", fmt.Errorf("because: %w", (*rpc.Error)(nil))},
		{"negative code", rpc.Errorf(-1, "no")},
		{"code of 41 bits", rpc.Errorf(1<<40, "no")},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 1, nil, func(t *testing.T, s *session) {
				n := s.server.Node("Calc")
				n.Handle("later", func(c2 *rpc.Call) { rpc.Later[any](c2).Fail(c.err) }, anyPeer)
				n.Handle("now", func() error { return c.err }, anyPeer)
				for _, method := range []string{"later", "now"} {
					_, err := result(s, s.clients[0].Node("Calc").Call(t.Context(), 1, method))
					if c.err == nil && method == "now" {
						must(t, err)
					} else if !errors.Is(err, &rpc.Error{Code: rpc.CodeHandlerFailed}) {
						t.Errorf("%s: %v", method, err)
					}
				}
			})
		})
	}
}

func TestReplyThatIsThereWhenTheWaitingEnds(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		s.node("Calc", func(n *rpc.Node) { divide.Handle(n, divideHandler) })
		r := divide.Call(t.Context(), s.clients[0].Node("Calc"), 1, 9, 3)
		_, err := result(s, r)
		must(t, err)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for range 50 {
			if v, err := r.Wait(ended); v != 3 || err != nil {
				t.Fatalf("got %d, %v", v, err)
			}
		}
	})
}

// TestShutdownUnderRequests has a client ask again as soon as it is answered: that is refused, and does not keep the
// server.
func TestShutdownUnderRequests(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var a *rpc.Answer[any]
		s.server.Node("Calc").Handle("think", func(c *rpc.Call) { a = rpc.Later[any](c) }, anyPeer)
		s.server.Node("Calc").Handle("ask", func() {}, anyPeer)
		n := s.clients[0].Node("Calc")
		due := n.Call(t.Context(), 1, "think")
		s.until("the handler ran", func() bool { return a != nil })
		done := shutDown(s, deadline)
		for {
			_, err := result(s, n.Call(t.Context(), 1, "ask"))
			if errors.Is(err, &rpc.Error{Code: rpc.CodeShuttingDown}) {
				break
			}
			must(t, err)
		}
		a.Reply("at last")
		if v, err := result(s, due); v != "at last" || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		s.until("the client is told", func() bool { return !s.clients[0].HasPeer(1) })
		must(t, <-done)
		st := s.server.Stats()
		if st.TooManyFaults != 0 || st.CallsIn == 0 {
			t.Errorf("stats %+v", st)
		}
		if got := s.server.Snapshot(); got.CallsIn != st.CallsIn {
			t.Errorf("the last Snapshot has %d calls, Stats %d", got.CallsIn, st.CallsIn)
		}
	})
}

// TestShutdownLeavesTimeForTheGoodbye has a request that is never answered.
func TestShutdownLeavesTimeForTheGoodbye(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		ran := false
		s.server.Node("Calc").Handle("never", func(c *rpc.Call) { rpc.Later[any](c); ran = true }, anyPeer)
		var told error
		c := s.clients[0]
		c.OnServerDisconnected = func(err error) { told = err }
		c.Node("Calc").Call(t.Context(), 1, "never")
		s.until("the handler ran", func() bool { return ran })
		done := shutDown(s, 2*time.Second)
		s.until("the client is told", func() bool { return told != nil })
		if err := <-done; !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "rpc: 1 requests") {
			t.Errorf("Shutdown gives %v", err)
		}
		var e *transport.CloseError
		if !errors.As(told, &e) || e.Code != multiplayer.CloseGoingAway || e.Reason != "night" {
			t.Errorf("the client was told %v", told)
		}
	})
}

// shutDown has the server shut down on another goroutine, and the clients polled on.
func shutDown(s *session, within time.Duration) <-chan error {
	done := make(chan error, 1)
	server := s.server
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		done <- server.Shutdown(ctx, multiplayer.Goodbye{Reason: "night"})
	}()
	s.all, s.peers = s.all[1:], s.peers[1:]
	return done
}

// TestErrorAfterLater returns an error from a handler that has taken the reply out of its own hands.
func TestErrorAfterLater(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var a *rpc.Answer[any]
		n := s.server.Node("Calc")
		n.Handle("err", func(c *rpc.Call) error { a = rpc.Later[any](c); return errors.New("not sent") }, anyPeer)
		n.Handle("panic", func(c *rpc.Call) { rpc.Later[any](c); panic("sent") }, anyPeer)
		caller := s.clients[0].Node("Calc")
		r := caller.Call(t.Context(), 1, "err")
		s.until("it ran", func() bool { return a != nil })
		a.Reply(5)
		if v, err := result(s, r); v != int64(5) || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		if _, err := result(s, caller.Call(t.Context(), 1, "panic")); !errors.Is(err, &rpc.Error{Code: rpc.CodeHandlerFailed}) {
			t.Errorf("after a panic: %v", err)
		}
		if st := s.server.Stats(); st.HandlerErrors != 2 || st.HandlerPanics != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// TestAnswerThatNobodyWaitsFor takes the Answer of a call without a reply.
func TestAnswerThatNobodyWaitsFor(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var a *rpc.Answer[any]
		s.server.Node("Calc").Handle("job", func(c *rpc.Call) { a = rpc.Later[any](c) }, anyPeer)
		job := rpc.Method0{Name: "job"}
		must(t, job.RPCID(s.clients[0].Node("Calc"), 1))
		s.until("it ran", func() bool { return a != nil })
		if a.Context().Err() != nil {
			t.Error("its context has ended before the work is done")
		}
		a.Reply(1)
		s.until("its context ends", func() bool { return a.Context().Err() != nil })
		if st := s.clients[0].Stats(); st.StrayReplies != 0 {
			t.Error("the caller was answered")
		}
	})
}

// TestChannelOfAQuery calls a method that the caller's node does not know: it goes on its declaration's channel.
func TestChannelOfAQuery(t *testing.T) {
	where := rpc.Query0[int]{Name: "where", Config: rpc.Config{Mode: rpc.AnyPeer, Channel: 7, TransferMode: multiplayer.Unreliable}}
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var d multiplayer.Delivery
		where.Handle(s.server.Node("Calc"), func(c *rpc.Call) (int, error) { d = c.Delivery; return 0, nil })
		_, err := result(s, where.Call(t.Context(), s.clients[0].Node("Calc"), 1))
		if want := (multiplayer.Delivery{Channel: 7, Mode: multiplayer.Reliable}); err != nil || d.Channel != want.Channel || d.Mode != want.Mode {
			t.Errorf("it came as %+v, %v", d, err)
		}
	})
}
