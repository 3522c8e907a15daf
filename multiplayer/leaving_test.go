package multiplayer_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// TestEveryWayOfLeaving ends connections in every way, on both wires: the session tells of each peer's coming once, then
// of its going once, and of nobody who never was a peer.
func TestEveryWayOfLeaving(t *testing.T) {
	for _, test := range []struct {
		name  string
		leave func(p *party, c *rawws.Client)
		code  int // that the client is closed with; -1: it is not told
		told  bool
	}{
		{"closes", func(p *party, c *rawws.Client) { c.Send(rawws.Frame(rawws.Close, "\x03\xe8bye")) }, 1000, true},
		{"closes without a code", func(p *party, c *rawws.Client) { c.Send(rawws.Frame(rawws.Close, "")) }, 1005, true},
		{"closes in the middle of a message", func(p *party, c *rawws.Client) {
			c.Send(rawws.Header(rawws.Binary, 1000), []byte("half"))
			c.Conn.(*net.TCPConn).CloseWrite()
		}, -1, true},
		{"is gone", func(p *party, c *rawws.Client) { c.Close() }, -1, true},
		{"resets", func(p *party, c *rawws.Client) { c.Conn.(*net.TCPConn).SetLinger(0); c.Close() }, -1, true},
		{"breaks the protocol", func(p *party, c *rawws.Client) { c.Send(rawws.Header(rawws.Binary, 1<<63)) }, 1002, true},
		{"sends too large a message", func(p *party, c *rawws.Client) { c.Send(rawws.Header(rawws.Binary, 1<<20)) }, 1009, true},
		{"is disconnected", func(p *party, c *rawws.Client) { p.server.DisconnectPeer(2, false) }, 4000, true},
		{"is disconnected with a code", func(p *party, c *rawws.Client) { p.server.DisconnectPeerWith(2, 3333, "why") }, 3333, true},
		{"is disconnected with force", func(p *party, c *rawws.Client) { p.server.DisconnectPeer(2, true) }, 4000, false},
		{"is disconnected twice", func(p *party, c *rawws.Client) {
			p.server.DisconnectPeer(2, false)
			p.server.DisconnectPeerWith(2, 3333, "again")
			c.Send(rawws.Frame(rawws.Binary, "\x04"), rawws.Header(rawws.Binary, 1<<63))
		}, 4000, true},
		{"the session shuts down", func(p *party, c *rawws.Client) {
			go func() { c.Closed(); c.Close() }()
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			defer cancel()
			must(p.t, p.server.Shutdown(ctx, multiplayer.Goodbye{}))
		}, 0, true},
		{"the session closes", func(p *party, c *rawws.Client) {
			go func() { c.Closed(); c.Close() }()
			p.server.Close()
		}, 0, true},
	} {
		for _, protocol := range []string{multiplayer.Subprotocol, ""} {
			t.Run(test.name+"/"+protocol, func(t *testing.T) {
				p := listening(t, nil)
				c := knock(t, p.server, protocol)
				if protocol != "" {
					must(t, c.Message(0x00, 0x80))
				}
				p.until("it is a peer", func() bool { return p.server.Peer(2) != nil })
				ws := p.server.Peer(2).WebSocket()
				test.leave(p, c)
				if test.code != 0 {
					if test.code == 4000 || test.code == 3333 {
						p.server.Flush()
					}
					if code, reason := c.Closed(); code != test.code {
						t.Errorf("closed with %d %q, want %d", code, reason, test.code)
					}
					c.Close()
				}
				p.until("it is gone", func() bool { return p.server.Peer(2) == nil })
				<-ws.Done()
				p.server.Poll()
				p.server.Poll()
				want := []string{"1: connected 2", "1: disconnected 2"}
				if !test.told {
					want = want[:1]
				}
				p.wantEvents(want...)
			})
		}
	}
}

// TestNeverAPeer ends connections before they are peers: nothing is told of them.
func TestNeverAPeer(t *testing.T) {
	patient := listening(t, &multiplayer.Options{HandshakeTimeout: deadline})
	strict := listening(t, &multiplayer.Options{HandshakeTimeout: 100 * time.Millisecond,
		Transport: transport.Options{HandshakeTimeout: deadline, CloseTimeout: 100 * time.Millisecond}})
	for _, test := range []struct {
		p   *party
		end func(c *rawws.Client)
	}{
		{strict, func(c *rawws.Client) {}}, // says nothing, for too long
		{patient, func(c *rawws.Client) { c.Close() }},
		{patient, func(c *rawws.Client) { c.Send(rawws.Frame(rawws.Close, "")) }},
		{patient, func(c *rawws.Client) { c.Message(0x10) }},
		{strict, func(c *rawws.Client) { c.Send(rawws.Header(rawws.Binary, 60000), []byte("\x00")) }},
	} {
		p, end := test.p, test.end
		c := knock(t, p.server, multiplayer.Subprotocol)
		end(c)
		gone := make(chan struct{})
		go func() {
			c.Gone()
			close(gone)
			p.server.Wake()
		}()
		p.until("it is gone", func() bool {
			select {
			case <-gone:
				return true
			default:
				return false
			}
		})
	}
	for p, timeouts := range map[*party]uint64{patient: 0, strict: 2} {
		p.server.Poll()
		p.wantEvents()
		if s := p.server.Stats(); s.Connected != 0 || s.HandshakeTimeouts != timeouts {
			t.Errorf("%+v", s)
		}
	}
}

// TestPeerThatReadsSlowly takes everything, but never all of it at once: it is not one that stopped reading.
func TestPeerThatReadsSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, c, err := multiplayer.Pipe(&multiplayer.Options{SlowPeerTimeout: 500 * time.Millisecond},
			&multiplayer.Options{Transport: transport.Options{MaxQueuedPackets: 1}})
		must(t, err)
		defer server.Close()
		defer c.Close()
		for server.Peer(2) == nil || c.ConnectionStatus() != multiplayer.Connected {
			server.Poll()
			c.Poll()
			synctest.Wait()
		}
		sent, came := 0, 0
		for range 100 {
			for err = nil; err == nil; sent++ {
				err = server.Send(2, multiplayer.Delivery{}, packet(sent))
			}
			sent--
			if !errors.Is(err, multiplayer.ErrBufferFull) {
				t.Fatalf("packet %d: %v; %d had come", sent, err, came)
			}
			time.Sleep(300 * time.Millisecond) // of the bubble's time
			for range 4 {
				c.Poll()
				for pkt := range c.Packets() {
					if int(pkt.Data[0])|int(pkt.Data[1])<<8 != came {
						t.Fatalf("packet %d came in the place of %d", pkt.Data[0], came)
					}
					came++
				}
				synctest.Wait()
			}
			server.Poll()
		}
		if server.Stats().SlowPeers != 0 || came < 200 {
			t.Errorf("%d of %d came, %+v", came, sent, server.Stats())
		}
	})
}

// TestClientThatLeft is not told that its server closed.
func TestClientThatLeft(t *testing.T) {
	for _, away := range []bool{false, true} {
		for name, leave := range map[string]func(c *multiplayer.MultiplayerPeer) error{
			"Close":          func(c *multiplayer.MultiplayerPeer) error { return c.Close() },
			"DisconnectPeer": func(c *multiplayer.MultiplayerPeer) error { return c.DisconnectPeer(1, false) },
			"Disconnect":     func(c *multiplayer.MultiplayerPeer) error { c.Peer(1).Disconnect(1000, nil); return nil },
		} {
			t.Run(fmt.Sprintf("%s/away %v", name, away), func(t *testing.T) {
				everyLink(t, lasting, func(t *testing.T, p *party) {
					c := p.join(lasting)
					if away {
						cut(c.Peer(1))
						p.until("it is away", func() bool { return c.Peer(1).Away() })
					}
					var told error
					c.OnPeerDisconnected = func(_ multiplayer.PeerID, reason error) { told = reason }
					must(t, leave(c))
					p.until("it has left", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
					if !errors.Is(c.Err(), multiplayer.ErrLeft) || !errors.Is(told, multiplayer.ErrLeft) || !errors.Is(told, net.ErrClosed) {
						t.Errorf("Err is %v, the reason %v", c.Err(), told)
					}
				})
			})
		}
	}
}

// TestForbiddenCloseCode drops the connection.
func TestForbiddenCloseCode(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		must(t, p.server.DisconnectPeerWith(2, 1006, "forbidden"))
		p.until("both sides know", func() bool {
			return c.ConnectionStatus() == multiplayer.Disconnected && p.server.Peer(2) == nil
		})
		if !errors.Is(c.Err(), transport.ErrConnectionLost) {
			t.Errorf("the client was told %v", c.Err())
		}
	})
}
