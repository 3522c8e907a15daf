package transport

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/selfsigned"
	"github.com/peerage-go/peerage/internal/socket"
)

// TestMain runs the tests once for each way in which this system reads and
// writes: many sockets in one call; a call for each; and a reader for each.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	again := !isSet("test.bench") && !isSet("test.fuzz") && !isSet("test.list")
	if r := socket.NewRing(); r != nil {
		r.Close()
		if socket.WithoutRings(); code == 0 && again {
			code = m.Run()
		}
	}
	if code == 0 && again && canShare() {
		withoutSharing()
		code = m.Run()
	}
	if left := leaked(); left != "" && code == 0 {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

func isSet(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != ""
}

// leaked returns the stacks of this package's goroutines that do not end.
func leaked() string {
	buf := make([]byte, 4<<20)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		var left []string
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(stack, "peerage/transport.") && !strings.Contains(stack, "transport.TestMain") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}

var longAgo = time.Unix(1, 0)

// patience is how long a test waits for something that has to happen.
const patience = 30 * time.Second

// until polls the group's peers until done.
func until(t testing.TB, g *Group, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		g.Poll()
		if done() {
			return
		}
		if err := g.Wait(ctx); err != nil {
			t.Fatal("waited in vain")
		}
	}
}

// finished waits until nothing of the peers is left.
func finished(t testing.TB, peers ...*WebSocketPeer) {
	t.Helper()
	for _, p := range peers {
		select {
		case <-p.Done():
		case <-time.After(patience):
			t.Fatal("a peer does not end")
		}
	}
}

// with returns a copy of o in the group.
func with(o *Options, g *Group) *Options {
	c := Options{}
	if o != nil {
		c = *o
	}
	c.Group = g
	return &c
}

// A link makes a connection whose two peers are in g, still connecting.
type link func(t testing.TB, g *Group, server, client *Options) (s, c *WebSocketPeer)

var links = map[string]link{
	"pipe": func(t testing.TB, g *Group, server, client *Options) (s, c *WebSocketPeer) {
		return Pipe(with(server, g), with(client, g))
	},
	"tcp":  bareLink(false),
	"tls":  bareLink(true),
	"http": httpLink,
	// A connection of a type that is not known, as listeners with a limit
	// and other systems give.
	"other": func(t testing.TB, g *Group, server, client *Options) (s, c *WebSocketPeer) {
		near, far := rawNets["tcp"](t)
		return Accept(struct{ net.Conn }{near}, with(server, g)), clientOn(t, struct{ net.Conn }{far}, with(client, g))
	},
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustDial(t testing.TB, url string, o *Options) *WebSocketPeer {
	t.Helper()
	p, err := Dial(url, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func bareLink(secure bool) link {
	return func(t testing.TB, g *Group, server, client *Options) (s, c *WebSocketPeer) {
		t.Helper()
		server, client = with(server, g), with(client, g)
		scheme := "ws"
		if secure {
			scheme = "wss"
			server.TLSConfig, client.TLSConfig = selfsigned.Certificate(t, "127.0.0.1")
		}
		l := listen(t)
		c = mustDial(t, scheme+"://"+l.Addr().String()+"/play?room=1", client)
		nc, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return Accept(nc, server), c
	}
}

func httpLink(t testing.TB, g *Group, server, client *Options) (s, c *WebSocketPeer) {
	t.Helper()
	accepted := make(chan *WebSocketPeer, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := Upgrade(w, r, with(server, g))
		if err != nil {
			t.Error(err)
		}
		accepted <- p
	}))
	t.Cleanup(srv.Close)
	c = mustDial(t, "ws"+strings.TrimPrefix(srv.URL, "http")+"/play?room=1", with(client, g))
	return <-accepted, c
}

// opened returns an open connection, which ends with the test.
func opened(t testing.TB, l link, server, client *Options) (g *Group, s, c *WebSocketPeer) {
	t.Helper()
	g = NewGroup()
	s, c = l(t, g, server, client)
	until(t, g, func() bool {
		if s.ReadyState() == Closed || c.ReadyState() == Closed {
			t.Fatalf("did not open: server %v, client %v", s.Err(), c.Err())
		}
		return s.ReadyState() == Open && c.ReadyState() == Open
	})
	t.Cleanup(func() {
		s.Close(-1, "")
		c.Close(-1, "")
		finished(t, s, c)
	})
	return g, s, c
}

// both runs body over every link, with either end as a.
func both(t *testing.T, server, client *Options, body func(t *testing.T, g *Group, a, b *WebSocketPeer)) {
	for name, l := range links {
		t.Run(name+"/server", func(t *testing.T) {
			g, s, c := opened(t, l, server, client)
			body(t, g, s, c)
		})
		t.Run(name+"/client", func(t *testing.T) {
			g, s, c := opened(t, l, client, server)
			body(t, g, c, s)
		})
	}
}

// receive waits for a packet.
func receive(t testing.TB, g *Group, p *WebSocketPeer) []byte {
	t.Helper()
	until(t, g, func() bool { return p.AvailablePacketCount() > 0 })
	b, err := p.GetPacket()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// payload is data that shows where it was cut or mixed up.
func payload(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func equal(t testing.TB, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes %.40q, want %d bytes %.40q", len(got), got, len(want), want)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var discardLog = log.New(io.Discard, "", 0)

// clientOn is a client peer on a connection that is there already.
func clientOn(t testing.TB, nc net.Conn, o *Options) *WebSocketPeer {
	t.Helper()
	p, target, err := newClient("ws://pipe/", o)
	check(t, err)
	go p.dial(target, func(context.Context) (net.Conn, error) { return nc, nil })
	return p
}
