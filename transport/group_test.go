package transport

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGroupReportsNewsOnly(t *testing.T) {
	g := NewGroup()
	var servers, clients []*WebSocketPeer
	for range 10 {
		s, c := Pipe(&Options{Group: g}, nil)
		servers, clients = append(servers, s), append(clients, c)
	}
	open := 0
	until(t, g, func() bool {
		for _, p := range g.polled {
			if p.ReadyState() != Open {
				t.Errorf("reported in state %v", p.ReadyState())
			}
			open++
		}
		return open == len(servers)
	})
	if got := g.Poll(); len(got) != 0 {
		t.Fatalf("%d peers without news", len(got))
	}
	for _, c := range clients {
		for c.ReadyState() != Open {
			c.Poll()
		}
	}

	// Many packets, one report.
	for range 100 {
		check(t, clients[3].SendText("x"))
	}
	clients[3].Flush()
	for servers[3].Stats().PacketsIn < 100 {
		check(t, g.Wait(context.Background()))
	}
	if got := g.Poll(); !slices.Equal(got, servers[3:4]) || servers[3].AvailablePacketCount() != 100 {
		t.Fatalf("reported %d peers, %d packets", len(got), servers[3].AvailablePacketCount())
	}
	if got := g.Poll(); len(got) != 0 {
		t.Fatal("reported twice")
	}

	// In the order in which it happened, and Closed once.
	for _, i := range []int{7, 2, 5} {
		clients[i].Close(4000, "")
		finished(t, clients[i], servers[i])
	}
	if got := g.Poll(); !slices.Equal(got, []*WebSocketPeer{servers[7], servers[2], servers[5]}) {
		t.Errorf("reported %d peers", len(got))
	}
	if servers[2].ReadyState() != Closed || servers[2].CloseCode() != 4000 {
		t.Errorf("%v", servers[2].ReadyState())
	}
	for i := range servers {
		servers[i].Close(-1, "")
		clients[i].Close(-1, "")
		finished(t, servers[i], clients[i])
	}
	if got := g.Poll(); len(got) != 7 {
		t.Errorf("%d peers closed", len(got))
	}
	if got := g.Poll(); len(got) != 0 {
		t.Error("Closed was reported twice")
	}
}

// A peer polled by itself is still reported, so that nobody misses it.
func TestGroupAndPoll(t *testing.T) {
	g, s, c := opened(t, links["tcp"], nil, nil)
	check(t, c.SendText("x"))
	c.Poll()
	for s.AvailablePacketCount() == 0 {
		s.Poll()
	}
	_, err := s.GetPacket()
	check(t, err)
	check(t, c.SendText("y"))
	c.Poll()
	for s.AvailablePacketCount() == 0 {
		s.Poll()
	}
	if got := g.Poll(); !slices.Equal(got, []*WebSocketPeer{s}) {
		t.Errorf("reported %d times", len(got))
	}
}

func TestGroupWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := g.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		g.Wake()
		g.Wake()
		check(t, g.Wait(context.Background()))
		if err := g.Wait(ctx); err == nil {
			t.Error("woken twice")
		}
		g.Wake()
		g.Poll() // is not what Wake is for
		check(t, g.Wait(context.Background()))

		go func() {
			time.Sleep(time.Hour)
			g.Wake()
		}()
		start := time.Now()
		check(t, g.Wait(context.Background()))
		if time.Since(start) != time.Hour {
			t.Errorf("woken after %v", time.Since(start))
		}

		s, c := Pipe(&Options{Group: g}, nil)
		check(t, g.Wait(context.Background()))
		if got := g.Poll(); len(got) != 1 || got[0] != s {
			t.Error("not the peer")
		}
		s.Close(-1, "")
		finished(t, s, c)
	})
}

// Waiting flushes, so that nothing is left lying while nobody looks.
func TestGroupWaitFlushes(t *testing.T) {
	g, s, c := opened(t, links["pipe"], nil, nil)
	check(t, s.SendText("x"))
	check(t, g.Wait(t.Context()))
	g.Poll()
	if c.AvailablePacketCount() != 1 {
		t.Error("not flushed")
	}
}

// Peers join, talk and leave on many goroutines while one polls.
func TestGroupInTraffic(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g := NewGroup()
		const n, messages = 20, 50
		var wg sync.WaitGroup
		for range n {
			near, far := rawNets[network](t)
			wg.Go(func() {
				s := Accept(near, &Options{Group: g})
				own := NewGroup()
				c := clientOn(t, far, &Options{Group: own})
				for got := 0; got < messages; {
					if err := own.Wait(t.Context()); err != nil {
						t.Error(err)
						return
					}
					for range own.Poll() {
						before := got
						for packet := range c.Packets() {
							packet.Release()
							got++
						}
						if got > before || c.Stats().PacketsOut == 0 {
							check(t, c.SendText("x"))
						}
					}
				}
				c.Close(1000, "")
				<-s.Done()
				<-c.Done()
			})
		}
		closed := 0
		until(t, g, func() bool {
			for _, p := range g.polled {
				for packet := range p.Packets() {
					if err := p.Send(packet.Data, WriteText); err != nil && !errors.Is(err, net.ErrClosed) {
						t.Fatal(err)
					}
					packet.Release()
				}
				if p.ReadyState() == Closed {
					closed++
				}
			}
			return closed == n
		})
		wg.Wait()
	})
}
