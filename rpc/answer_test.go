package rpc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// failure is the code and the text of an Error, and whether err is one.
func failure(err error) (rpc.Code, string, bool) {
	var e *rpc.Error
	if !errors.As(err, &e) {
		return 0, "", false
	}
	return e.Code, e.Message, true
}

// TestAnswerOfItsType answers a declared query later, with its own type and with others.
func TestAnswerOfItsType(t *testing.T) {
	type place struct{ X, Y int }
	where := rpc.Query1[string, place]{Name: "where", Config: rpc.Config{Mode: rpc.AnyPeer}}
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		n, caller := s.server.Node("Map"), s.clients[0].Node("Map")
		where.Handle(n, func(c *rpc.Call, who string) (place, error) {
			if who == "nobody" {
				rpc.Later[int](c).Reply(1)
			}
			a := rpc.Later[place](c)
			go a.Reply(place{len(who), 2})
			return place{}, nil
		})
		if v, err := result(s, where.Call(t.Context(), caller, 1, "Ann")); v != (place{3, 2}) || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		if _, err := result(s, where.Call(t.Context(), caller, 1, "nobody")); !errors.Is(err, &rpc.Error{Code: rpc.CodeHandlerFailed}) {
			t.Errorf("an answer of another type: %v", err)
		}
		texts := make(chan string, 2)
		later := func(f func()) {
			defer func() { texts <- fmt.Sprint(recover()) }()
			f()
		}
		n.Handle("number", func(c *rpc.Call) int { later(func() { rpc.Later[string](c) }); return 5 }, anyPeer)
		n.Handle("nothing", func(c *rpc.Call) { later(func() { rpc.Later[chan int](c) }) }, anyPeer)
		if v, err := result(s, caller.Call(t.Context(), 1, "number")); v != int64(5) || err != nil {
			t.Errorf("the reply was taken away: %v, %v", v, err)
		}
		if text := <-texts; !strings.Contains(text, "write Later[int]") {
			t.Errorf("Later panics with %q", text)
		}
		_, err := result(s, caller.Call(t.Context(), 1, "nothing"))
		must(t, err)
		if text := <-texts; !strings.Contains(text, "cannot travel: ") {
			t.Errorf("Later panics with %q", text)
		}
	})
}

// TestReplyThatCannotBeSent replies with what is too large and what has no form: the caller is told why, in every direction,
// whether the reply comes at once or later.
func TestReplyThatCannotBeSent(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int
	}{{"client to server", 1, 0}, {"server to client", 0, 1}, {"client to client", 1, 2}} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 2, nil, func(t *testing.T, s *session) {
				s.node("Hall", func(n *rpc.Node) {
					n.Handle("large", func() []byte { return make([]byte, 1<<20) }, anyPeer)
					n.Handle("large later", func(c *rpc.Call) { rpc.Later[[]byte](c).Reply(make([]byte, 1<<20)) }, anyPeer)
					n.Handle("channel", func() any { return make(chan int) }, anyPeer)
					n.Handle("channel later", func(c *rpc.Call) { rpc.Later[any](c).Reply(make(chan int)) }, anyPeer)
				})
				s.until("the clients know each other", func() bool { return s.clients[0].HasPeer(3) && s.clients[1].HasPeer(2) })
				for method, want := range map[string]struct {
					code rpc.Code
					text string
				}{
					"large": {rpc.CodeTooLarge, "larger than its receiver reads"}, "large later": {rpc.CodeTooLarge, "larger than its receiver reads"},
					"channel": {rpc.CodeHandlerFailed, "channels stay"}, "channel later": {rpc.CodeHandlerFailed, "channels stay"},
				} {
					_, err := result(s, s.all[c.from].Node("Hall").Call(t.Context(), s.all[c.to].UniqueID(), method))
					if code, text, ok := failure(err); !ok || code != want.code || !strings.Contains(text, want.text) {
						t.Errorf("%s: %v", method, err)
					}
				}
			})
		})
	}
}

// TestReplyLargerThanItsCallerReads has the server pass on a reply that it reads itself, but the caller does not.
func TestReplyLargerThanItsCallerReads(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			peer, join := link(t, nil)
			s := newSession(t, peer, nil)
			s.join(join(nil), nil)
			s.join(join(&multiplayer.Options{Transport: transport.Options{InboundBufferSize: 10_000}}), nil)
			s.node("Hall", func(n *rpc.Node) {
				fetch.Handle(n, func(_ *rpc.Call, size int) ([]byte, error) { return make([]byte, size), nil })
			})
			s.until("the clients know each other", func() bool { return s.clients[0].HasPeer(3) && s.clients[1].HasPeer(2) })
			n := s.clients[1].Node("Hall")
			_, err := result(s, fetch.Call(t.Context(), n, 2, 20_000))
			if code, _, _ := failure(err); code != rpc.CodeTooLarge {
				t.Errorf("a large reply: %v", err)
			}
			_, err = result(s, fetch.Call(t.Context(), n, 2, 5_000))
			must(t, err)
		})
	}
}

// TestNoRoomForReply asks while there is no room for the reply, nor for the word that there is none: that comes as soon as
// the caller reads again, unless it does not wait any more.
func TestNoRoomForReply(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprintf("cancelled %v", gone), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer, join := links["memory"](t, nil)
				s := newSession(t, peer, nil)
				slow := s.join(join(nil), nil)
				ran, sent, heard := 0, 0, 0
				slow.OnPeerPacket = func(_ rpc.PeerID, data []byte) { heard += len(data) }
				fetch.Handle(s.server.Node("Hall"), func(_ *rpc.Call, size int) ([]byte, error) { ran++; return make([]byte, size), nil })
				s.all, s.peers = s.all[:1], s.peers[:1] // slow is not polled
				for size := 9000; size > 0; {
					if s.server.SendBytes(2, multiplayer.Delivery{}, make([]byte, size)) != nil {
						size /= 2
					} else {
						sent += size
					}
					s.poll()
					synctest.Wait()
				}
				r := fetch.Call(t.Context(), slow.Node("Hall"), 1, 3000)
				if gone {
					r.Cancel()
					slow.Poll()
				}
				slow.Flush()
				s.until("the handler ran", func() bool { return ran == 1 })
				s.all, s.peers = append(s.all, slow), append(s.peers, slow.MultiplayerPeer())
				_, err := result(s, r)
				if code, text, _ := failure(err); !gone && (code != rpc.CodeBusy || !strings.Contains(text, "no room for the reply")) {
					t.Errorf("the reply: %v", err)
				}
				s.until("nothing is waited for", func() bool { p, _ := s.server.PeerStats(2); return p.Requests == 0 && heard == sent })
				_, err = result(s, fetch.Call(t.Context(), slow.Node("Hall"), 1, 3000))
				must(t, err)
			})
		})
	}
}
