package multiplayer_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// What was accepted for a peer comes before its orderly end, however much of it waits.

// upTo lists 0 to n-1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// toTheEnd polls a client that was left alone until its connection is gone, and gives what came before.
func (p *party) toTheEnd(c *multiplayer.MultiplayerPeer) (numbers []int) {
	p.t.Helper()
	p.peers = append(p.peers, c)
	p.until("the client's connection is gone", func() bool {
		for pkt := range c.Packets() {
			numbers = append(numbers, int(binary.LittleEndian.Uint32(pkt.Data)))
		}
		return c.Peer(1) == nil || c.Peer(1).Away()
	})
	return numbers
}

// TestLastWordsInFullQueues disconnects a peer for whom its outbox and its connection both hold as many packets as may wait.
func TestLastWordsInFullQueues(t *testing.T) {
	o := &multiplayer.Options{Transport: transport.Options{OutboundBufferSize: 64 << 20, MaxQueuedPackets: 1000, CloseTimeout: deadline}}
	for name, end := range map[string]func(s *multiplayer.MultiplayerPeer) error{
		"DisconnectPeer": func(s *multiplayer.MultiplayerPeer) error { return s.DisconnectPeer(2, false) },
		"Disconnect": func(s *multiplayer.MultiplayerPeer) error {
			s.Peer(2).Disconnect(4321, errors.New("why"))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			everyLink(t, o, func(t *testing.T, p *party) {
				c := p.join(&multiplayer.Options{Transport: transport.Options{InboundBufferSize: 1 << 20}})
				p.peers = p.peers[:1]
				n := 0
				send := func() {
					for p.server.Send(2, multiplayer.Delivery{}, packet(n)) == nil {
						if n++; n%900 == 0 {
							break
						}
					}
				}
				for send(); !p.server.Peer(2).WebSocket().Congested(); send() {
					p.server.Flush()
				}
				for was := -1; was != n; {
					was = n
					send()
				}
				must(t, end(p.server))
				if got := p.toTheEnd(c); !slices.Equal(got, upTo(n)) {
					t.Errorf("%d were accepted, %d came", n, len(got))
				}
				p.until("the server knows", func() bool { return p.server.Stats().Connections == 0 })
				want := []string{"1: connected 2", "1: disconnected 2", "2: connected 1", "2: disconnected 1"}
				if slices.Sort(p.events); !slices.Equal(p.events, want) {
					t.Errorf("events %q", p.events)
				}
			})
		})
	}
}

// TestLastWordsThatAreNotRead gives a peer CloseTimeout to read them, and with force nothing.
func TestLastWordsThatAreNotRead(t *testing.T) {
	for _, force := range []bool{false, true} {
		o := &multiplayer.Options{Transport: transport.Options{MaxQueuedPackets: 100, OutboundBufferSize: 64 << 20, CloseTimeout: 50 * time.Millisecond}}
		everyLink(t, o, func(t *testing.T, p *party) {
			p.join(nil)
			p.peers = p.peers[:1]
			stall(p, multiplayer.Delivery{}, func(_ multiplayer.PeerStats, err error) bool { return err != nil })
			must(t, p.server.DisconnectPeer(2, force))
			if there := p.server.Peer(2) != nil; there == force {
				t.Errorf("force %v, and it is there: %v", force, there)
			}
			p.until("it is gone", func() bool { return p.server.Stats().Connections == 0 })
			if s := p.server.Stats(); s.QueuedPackets != 0 || s.QueuedBytes != 0 || s.Peers != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// lastWordsOfAReplay has a client come back to much that was sent meanwhile, and gives how many packets that is.
func lastWordsOfAReplay(p *party, c *multiplayer.MultiplayerPeer) int {
	p.peers = p.peers[:1]
	cut(p.server.Peer(2))
	p.until("it is away", func() bool { return p.server.Peer(2).Away() })
	const n = 4000 // 16 MB
	for i := range n {
		must(p.t, p.server.Send(2, multiplayer.Delivery{}, packet(i)))
	}
	p.peers = append(p.peers, c)
	p.until("it is back", func() bool { return p.server.Stats().Resumed == 1 && !c.Peer(1).Away() })
	p.peers = p.peers[:1]
	return n
}

// TestLastWordsOfAReplay ends a peer that has just come back, and is still to be sent again what it missed.
func TestLastWordsOfAReplay(t *testing.T) {
	so := &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: 64 << 20, Transport: transport.Options{OutboundBufferSize: 64 << 10, CloseTimeout: deadline}}
	co := &multiplayer.Options{Reconnect: deadline, Transport: transport.Options{InboundBufferSize: 1 << 20}}
	t.Run("disconnected", func(t *testing.T) {
		everyLink(t, so, func(t *testing.T, p *party) {
			c := p.join(co)
			n := lastWordsOfAReplay(p, c)
			must(t, p.server.DisconnectPeer(2, false))
			if got := p.toTheEnd(c); !slices.Equal(got, upTo(n)) {
				t.Errorf("%d were accepted, %d came", n, len(got))
			}
		})
	})
	t.Run("shut down", func(t *testing.T) {
		everyLink(t, so, func(t *testing.T, p *party) {
			c := p.join(co)
			n := lastWordsOfAReplay(p, c)
			done := make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), deadline)
				defer cancel()
				done <- p.server.Shutdown(ctx, multiplayer.Goodbye{})
			}()
			p.peers = nil
			if got := p.toTheEnd(c); !slices.Equal(got, upTo(n)) {
				t.Errorf("%d were accepted, %d came", n, len(got))
			}
			must(t, <-done)
		})
	})
}
