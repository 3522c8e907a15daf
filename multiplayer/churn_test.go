package multiplayer

import (
	"context"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/transport"
)

// TestNothingIsKeptOfWhoLeft looks into a session after connections that ended at every stage: nothing of them is left.
func TestNothingIsKeptOfWhoLeft(t *testing.T) {
	const hello = "\x00\x80"
	m, err := Listen("127.0.0.1:0", &Options{ResumeWindow: time.Millisecond, MaxPeersPerAddress: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	dial := func(protocol string, frames ...[]byte) *rawws.Client {
		c, err := rawws.Dial(m.URL(), protocol)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Send(frames...); err != nil {
			t.Fatal(err)
		}
		return c
	}
	bye := rawws.Frame(rawws.Close, "\x03\xe8")
	for _, protocol := range []string{"", Subprotocol} {
		// All is said, and answered, before the session is polled.
		for _, frames := range [][][]byte{
			{bye},
			{rawws.Frame(rawws.Binary, hello), bye},
			{rawws.Frame(rawws.Binary, "\x07\x00\x00\x00"), bye},
			{rawws.Frame(rawws.Binary, "\x00"), bye},
		} {
			c := dial(protocol, frames...)
			if code, _ := c.Closed(); code != 1000 {
				t.Errorf("closed with %d", code)
			}
			c.Close()
		}
		// The session has heard the client, but has not noticed yet that it is gone.
		for range 4 {
			c := dial(protocol, rawws.Frame(rawws.Binary, hello))
			m.Poll()
			c.Close()
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		m.Poll()
		m.mu.Lock()
		live, taken, hosts := len(m.live), m.taken, len(m.networks)+len(m.peersFrom)+len(m.kept)+m.shaking.Len()
		m.mu.Unlock()
		if live+taken+hosts+len(m.sessions)+len(m.peers)+len(m.order) == 0 {
			break
		}
		if m.Wait(ctx) != nil {
			t.Fatalf("left: %d connections, %d places, %d hosts, %d sessions, %d peers", live, taken, hosts, len(m.sessions), len(m.peers))
		}
	}
	if m.UniqueID() != Server || m.ConnectionStatus() != Connected {
		t.Errorf("the server is %d, %v", m.UniqueID(), m.ConnectionStatus())
	}
}

// TestNothingIsKeptOfOldConnections resumes a session whose old connection ends before, in and after the Poll in which
// that happens.
func TestNothingIsKeptOfOldConnections(t *testing.T) {
	m, err := Listen("127.0.0.1:0", &Options{ResumeWindow: time.Minute, HandshakeTimeout: time.Minute,
		Transport: transport.Options{HeartbeatInterval: -1}}) // a ping could come before the pong
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	until := func(what string, done func() bool) {
		t.Helper()
		for m.Poll(); !done(); m.Poll() {
			if m.Wait(ctx) != nil {
				t.Fatalf("%s: in vain", what)
			}
		}
	}
	dial := func() *rawws.Client {
		c, err := rawws.Dial(m.URL(), Subprotocol)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := dial()
	c.Message(opHello, 0x80)
	until("a peer", func() bool { return m.Peer(2) != nil })
	p := m.Peer(2)
	resume := append([]byte{opHello, 0x81, 0xa7}, "session\xc4\x10"...)
	resume = append(resume, p.session[:]...)
	for i := range 30 {
		before := m.Stats().Resumed
		old, ws := c, p.ws
		c = dial()
		if i%3 == 1 { // the old connection ends, and the session may or may not know of it when hello comes
			old.Close()
		}
		c.Send(rawws.Frame(rawws.Binary, resume), rawws.Frame(rawws.Ping, ""))
		if op, _, err := c.Read(); op != rawws.Pong&rawws.Opcode {
			t.Fatalf("opcode %x, %v", op, err)
		}
		if i%3 == 2 { // the session learns of hello and of the end in one Poll, of hello first
			old.Close()
			<-ws.Done()
		}
		until("resumed", func() bool { return m.Stats().Resumed > before })
		old.Close()
		<-ws.Done()
	}
	until("one connection is left", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		defer m.Wake() // a handshake that is just returning changes this, and wakes nobody
		return len(m.live) == 1 && m.taken == 1
	})
	if len(m.sessions) != 1 || len(m.peers) != 1 {
		t.Errorf("%d sessions, %d peers", len(m.sessions), len(m.peers))
	}
	c.Close()
}
