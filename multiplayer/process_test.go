//go:build unix

package multiplayer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// Clients in processes of their own, which can be stopped and killed. The test binary runs itself: the environment has
// what the client shall do.
const (
	childURL  = "PEERAGE_TEST_CHILD_URL"
	childWire = "PEERAGE_TEST_CHILD_WIRE"
)

// TestProcessClient is the client's process. It says on its output what happens to it, and sends every packet back.
func TestProcessClient(t *testing.T) {
	url := os.Getenv(childURL)
	if url == "" {
		t.Skip("it is the other process of TestProcesses")
	}
	o := &multiplayer.Options{Reconnect: time.Minute}
	if os.Getenv(childWire) == multiplayer.Godot.String() {
		o = &multiplayer.Options{Wire: multiplayer.Godot}
	}
	c, err := multiplayer.Dial(url, o)
	must(t, err)
	say := func(format string, a ...any) { fmt.Printf("child: "+format+"\n", a...) }
	c.OnPeerConnected = func(multiplayer.PeerID) { say("connected as %d", c.UniqueID()) }
	c.OnPeerDisconnected = func(multiplayer.PeerID, error) { say("disconnected") }
	c.OnPeerAway = func(multiplayer.PeerID) { say("away") }
	c.OnPeerBack = func(multiplayer.PeerID) { say("back") }
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		io.Copy(io.Discard, os.Stdin) // the parent ends it by closing its input
		cancel()
	}()
	for c.Wait(ctx) == nil && c.ConnectionStatus() != multiplayer.Disconnected {
		c.Poll()
		for p := range c.Packets() {
			must(t, c.Send(1, multiplayer.Delivery{}, p.Data))
		}
		c.Flush()
	}
	<-ctx.Done() // even if it has lost its server, it goes when the parent says so
	c.Close()
}

// process is a client's process, as its parent sees it.
type process struct {
	*exec.Cmd
	mu    sync.Mutex
	lines []string
	ended chan struct{}
}

// said tells whether the process has said a line so many times.
func (c *process) said(line string, times int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, l := range c.lines {
		if l == line {
			n++
		}
	}
	return n >= times
}

func (c *process) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.lines, ", ")
}

// spawn starts a client's process, and returns once it is a peer.
func (p *party) spawn(wire multiplayer.Wire) *process {
	p.t.Helper()
	c := &process{Cmd: exec.Command(os.Args[0], "-test.run=^TestProcessClient$"), ended: make(chan struct{})}
	c.Env = append(os.Environ(), childURL+"="+p.server.URL(), childWire+"="+wire.String())
	stdin, err := c.StdinPipe()
	must(p.t, err)
	stdout, err := c.StdoutPipe()
	must(p.t, err)
	must(p.t, c.Start())
	go func() {
		defer close(c.ended)
		for lines := bufio.NewScanner(stdout); lines.Scan(); p.server.Wake() {
			if l, ok := strings.CutPrefix(lines.Text(), "child: "); ok {
				c.mu.Lock()
				c.lines = append(c.lines, l)
				c.mu.Unlock()
			}
		}
		c.Wait()
	}()
	p.t.Cleanup(func() {
		c.Process.Signal(syscall.SIGCONT)
		stdin.Close()
		c.Process.Kill()
		<-c.ended
	})
	id := multiplayer.PeerID(p.server.Stats().Connected + 2)
	p.until("the process is a peer", func() bool {
		return p.server.Peer(id) != nil && c.said(fmt.Sprintf("connected as %d", id), 1)
	})
	return c
}

// echo sends a packet to a client and waits until it comes back.
func (p *party) echo(id multiplayer.PeerID, text string) {
	p.t.Helper()
	must(p.t, p.server.Send(id, multiplayer.Delivery{}, []byte(text)))
	p.until("the packet comes back", func() bool {
		pkt, err := p.server.GetPacket()
		if err == nil && (pkt.Peer != id || string(pkt.Data) != text) {
			p.t.Fatalf("%q came from %d", pkt.Data, pkt.Peer)
		}
		return err == nil
	})
}

// TestProcesses stops, continues and kills clients.
func TestProcesses(t *testing.T) {
	beating := func(o multiplayer.Options, interval time.Duration) *multiplayer.Options {
		o.Transport.HeartbeatInterval = interval
		return &o
	}
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		t.Run("killed/"+wire.String(), func(t *testing.T) {
			p := listening(t, nil)
			c := p.spawn(wire)
			must(t, c.Process.Kill())
			p.until("it is gone", func() bool { return p.server.Peer(2) == nil })
			p.wantEvents("1: connected 2", "1: disconnected 2")
		})
		t.Run("stopped for good/"+wire.String(), func(t *testing.T) {
			var reason error
			p := listening(t, beating(multiplayer.Options{}, time.Second))
			told := p.server.OnPeerDisconnected
			p.server.OnPeerDisconnected = func(id multiplayer.PeerID, err error) { reason = err; told(id, err) }
			c := p.spawn(wire)
			must(t, c.Process.Signal(syscall.SIGSTOP))
			p.until("it is gone", func() bool { return p.server.Peer(2) == nil })
			p.wantEvents("1: connected 2", "1: disconnected 2")
			if !errors.Is(reason, transport.ErrHeartbeat) {
				t.Errorf("the reason is %v", reason)
			}
		})
		t.Run("stopped and continued/"+wire.String(), func(t *testing.T) {
			p := listening(t, nil)
			c := p.spawn(wire)
			must(t, c.Process.Signal(syscall.SIGSTOP))
			for i := range 100 {
				must(t, p.server.Send(2, multiplayer.Delivery{}, fmt.Append(nil, i)))
				p.server.Poll()
			}
			must(t, c.Process.Signal(syscall.SIGCONT))
			n := 0
			p.until("all come back", func() bool {
				for pkt := range p.server.Packets() {
					if string(pkt.Data) != fmt.Sprint(n) {
						t.Fatalf("%q came, not %d", pkt.Data, n)
					}
					n++
				}
				return n == 100
			})
			p.wantEvents("1: connected 2")
		})
	}
	t.Run("stopped too long, and back", func(t *testing.T) {
		p := listening(t, beating(multiplayer.Options{ResumeWindow: time.Minute}, 250*time.Millisecond))
		c := p.spawn(multiplayer.Peerage)
		p.echo(2, "before")
		for i := range 3 {
			must(t, c.Process.Signal(syscall.SIGSTOP))
			p.until("it is away", func() bool { return p.server.Peer(2).Away() })
			must(t, p.server.Send(2, multiplayer.Delivery{}, []byte("while away")))
			must(t, c.Process.Signal(syscall.SIGCONT))
			p.until("it is back", func() bool { return c.said("back", i+1) && !p.server.Peer(2).Away() })
			p.until("the packet comes back", func() bool { pkt, err := p.server.GetPacket(); return err == nil && string(pkt.Data) == "while away" })
		}
		p.wantEvents("1: connected 2")
		// A busy machine may take it away more often than this test does, even now.
		saw := ""
		p.until("the client says so", func() bool {
			saw = strings.ReplaceAll(c.String(), ", away, back", "")
			return saw != "connected as 2, away"
		})
		if saw != "connected as 2" {
			t.Errorf("the client saw: %s", c)
		}
	})
	t.Run("killed, and its session ends", func(t *testing.T) {
		p := listening(t, &multiplayer.Options{ResumeWindow: 50 * time.Millisecond})
		c := p.spawn(multiplayer.Peerage)
		must(t, c.Process.Kill())
		p.until("it is gone", func() bool { return p.server.Peer(2) == nil })
		p.wantEvents("1: connected 2", "1: disconnected 2")
	})
}
