package transport

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// crowd is server peers of one group, the clients of another, and what each
// client was sent and has heard.
type crowd struct {
	g           *Group
	peers, ends []*WebSocketPeer
	sent, heard [][]string
}

func newCrowd(t *testing.T, l link, n int, o *Options) *crowd {
	t.Helper()
	c := &crowd{g: NewGroup(), sent: make([][]string, n), heard: make([][]string, n)}
	for range n {
		s, e := l(t, c.g, o, &Options{InboundBufferSize: 1 << 20})
		c.peers, c.ends = append(c.peers, s), append(c.ends, e)
		t.Cleanup(func() {
			s.Close(-1, "")
			e.Close(-1, "")
			finished(t, s, e)
		})
	}
	until(t, c.g, func() bool {
		return !slices.ContainsFunc(slices.Concat(c.peers, c.ends), func(p *WebSocketPeer) bool { return p.ReadyState() != Open })
	})
	return c
}

// hear waits until everybody has heard what they were sent.
func (c *crowd) hear(t *testing.T) {
	t.Helper()
	until(t, c.g, func() bool {
		all := true
		for i, e := range c.ends {
			for p := range e.Packets() {
				c.heard[i] = append(c.heard[i], string(p.Data))
				p.Release()
			}
			all = all && len(c.heard[i]) >= len(c.sent[i])
		}
		return all
	})
	for i := range c.ends {
		if !slices.Equal(c.heard[i], c.sent[i]) {
			t.Fatalf("peer %d heard %.60q, was sent %.60q", i, c.heard[i], c.sent[i])
		}
		c.heard[i], c.sent[i] = nil, nil
	}
}

// Whatever is mixed, each peer gets what it was sent, in order.
func TestCommonInAnyMixture(t *testing.T) {
	for _, name := range []string{"tcp", "pipe", "other"} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(6) {
				rng := rand.New(rand.NewPCG(seed, 7))
				c := newCrowd(t, links[name], 7, &Options{OutboundBufferSize: 3000, MaxQueuedPackets: 20})
				var frames [3]Prepared
				note := func(i int, err error, texts ...string) {
					switch {
					case err == nil:
						c.sent[i] = append(c.sent[i], texts...)
					case !errors.Is(err, ErrBufferFull):
						t.Fatalf("seed %d: %v", seed, err)
					}
				}
				for step := range 400 {
					switch k := rng.IntN(20); {
					case k < 12: // to most, to some, twice to some; several at once
						f := &frames[rng.IntN(len(frames))]
						var texts []string
						for n := range max(1, rng.IntN(7)-3) {
							texts = append(texts, fmt.Sprint(step, " ", n, " ", string(payload(rng.IntN(300)))))
							if n == 0 {
								f.Set(WriteBinary, []byte(texts[n]))
							} else {
								f.Add(WriteBinary, []byte(texts[n][:2]), []byte(texts[n][2:]))
							}
						}
						few := rng.IntN(3) == 0
						for i, p := range c.peers {
							for range []int{1, 1, 1, 1, 1, 0, 2}[rng.IntN(7)] {
								if !few || rng.IntN(3) == 0 {
									note(i, p.SendPrepared(f), texts...)
								}
							}
						}
					case k < 15:
						i, text := rng.IntN(len(c.peers)), fmt.Sprint(step, " alone")
						note(i, c.peers[i].PutPacket([]byte(text)), text)
					case k < 17:
						c.peers[rng.IntN(len(c.peers))].Flush()
					case k < 19:
						c.g.Flush()
					default:
						c.hear(t)
					}
				}
				c.hear(t)
			}
		})
	}
}

// What was sent before Close still arrives, whoever closes while others are
// being sent to.
func TestCommonAndClosed(t *testing.T) {
	c := newCrowd(t, links["tcp"], 20, nil)
	var closing sync.WaitGroup
	var f Prepared
	for round := range 200 {
		f.Set(WriteBinary, fmt.Append(nil, round))
		for i, p := range c.peers {
			if p.SendPrepared(&f) == nil && round <= 10*i {
				c.sent[i] = append(c.sent[i], fmt.Sprint(round))
			}
		}
		if i := round / 10; round%10 == 0 {
			closing.Go(func() { c.peers[i].Close(4000, "") })
		}
		if round%3 == 0 {
			c.g.Flush()
		}
	}
	closing.Wait()
	for i, p := range c.peers {
		if err := p.SendPrepared(&f); err != ErrClosed {
			t.Errorf("sending to peer %d, which is closed: %v", i, err)
		}
	}
	until(t, c.g, func() bool {
		closed := 0
		for i, e := range c.ends {
			for p := range e.Packets() {
				c.heard[i] = append(c.heard[i], string(p.Data))
			}
			if e.ReadyState() == Closed {
				closed++
			}
		}
		return closed == len(c.ends)
	})
	for i, e := range c.ends {
		if n := len(c.sent[i]); len(c.heard[i]) < n || !slices.Equal(c.heard[i][:n], c.sent[i]) {
			t.Errorf("peer %d heard %q, was sent %q before it was closed", i, c.heard[i], c.sent[i])
		}
		if e.CloseCode() != 4000 {
			t.Errorf("peer %d: %d %v", i, e.CloseCode(), e.Err())
		}
	}
}

// Limits are those of peers that are sent to one by one.
func TestCommonLimits(t *testing.T) {
	for name, test := range map[string]struct {
		o    Options
		fits int
		gaps bool // the other is sent more
	}{
		"bytes":             {Options{OutboundBufferSize: 1000}, 9, false},
		"packets":           {Options{MaxQueuedPackets: 5}, 5, false},
		"bytes with gaps":   {Options{OutboundBufferSize: 1000}, 9, true},
		"packets with gaps": {Options{MaxQueuedPackets: 5}, 5, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, links["tcp"], 2, &test.o)
			p, other := c.peers[0], c.peers[1]
			p.out.mu.Lock()
			p.out.try = full{} // the socket takes nothing
			p.out.mu.Unlock()
			var f Prepared
			f.Set(WriteBinary, payload(100))
			for n := range 3 * test.fits {
				if test.gaps {
					check(t, other.SendPrepared(&f))
					other.Flush()
					f.Set(WriteBinary, payload(100))
				}
				check(t, other.SendPrepared(&f))
				other.Flush()
				before := p.CurrentOutboundBufferedAmount()
				err := p.SendPrepared(&f)
				if !test.gaps && len(c.g.common.ends)-1 > n+1 {
					t.Error("a message is more than once in the log")
				}
				if p.CurrentOutboundBufferedAmount() == before && err == nil {
					t.Error("nothing is buffered")
				}
				if err != nil {
					if !errors.Is(err, ErrBufferFull) || n < test.fits {
						t.Errorf("message %d: %v", n, err)
					}
					return
				}
				f.Set(WriteBinary, payload(100))
			}
			t.Error("no limit")
		})
	}
}

// full is a socket that takes nothing.
type full struct{}

func (full) TryWrite([]byte) (int, error) { return 0, nil }

// A log does not grow with what is sent between two flushes.
func TestCommonLogIsFlushedEarly(t *testing.T) {
	c := newCrowd(t, links["tcp"], 3, &Options{OutboundBufferSize: 1 << 20})
	var f Prepared
	for n := range 60 {
		data := bytes.Repeat([]byte{byte(n)}, 10000)
		f.Set(WriteBinary, data)
		for i, p := range c.peers {
			check(t, p.SendPrepared(&f))
			c.sent[i] = append(c.sent[i], string(data))
		}
		if l := &c.g.common; len(l.buf.B) > maxCommon+10100 {
			t.Fatalf("%d bytes in the log", len(l.buf.B))
		}
	}
	c.hear(t)
	if c.g.common.buf != nil {
		t.Error("the log is kept while nothing is sent")
	}
}

// Counters count what is shared when it is sent, and it leaves in one write.
func TestCommonCounts(t *testing.T) {
	c := newCrowd(t, links["tcp"], 2, nil)
	var f Prepared
	f.Set(WriteBinary, payload(98))
	for range 3 {
		for _, p := range c.peers {
			check(t, p.SendPrepared(&f))
		}
	}
	for _, p := range c.peers {
		if s := p.Stats(); s.PacketsOut != 3 || s.Unwritten != 300 {
			t.Errorf("before: %+v", s)
		}
	}
	c.g.Flush()
	for _, p := range c.peers {
		if s := p.Stats(); s.PacketsOut != 3 || s.Unwritten != 0 || s.Writes != 1 || s.BytesOut != 300 {
			t.Errorf("after: %+v", s)
		}
	}
}
