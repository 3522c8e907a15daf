package transport

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/selfsigned"
)

func bothClosed(a, b *WebSocketPeer) func() bool {
	return func() bool { return a.ReadyState() == Closed && b.ReadyState() == Closed }
}

func TestClose(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		check(t, a.SendText("first"))
		check(t, a.SendText("last"))
		check(t, a.Close(4001, "reason"))
		check(t, a.Close(4002, "too late"))
		until(t, g, bothClosed(a, b))
		for _, p := range []*WebSocketPeer{a, b} {
			if p.CloseCode() != 4001 || p.Err() != nil {
				t.Errorf("code %d, error %v", p.CloseCode(), p.Err())
			}
		}
		if b.CloseReason() != "reason" {
			t.Errorf("reason %q", b.CloseReason())
		}
		equal(t, receive(t, g, b), []byte("first"))
		equal(t, receive(t, g, b), []byte("last"))
		finished(t, a, b)

		var said *CloseError
		if err := b.SendText("x"); !errors.As(err, &said) || said.Code != 4001 || !errors.Is(err, net.ErrClosed) || !errors.Is(err, ErrClosed) {
			t.Errorf("sending afterwards: %v", err)
		}
		check(t, a.Close(1000, ""))
	})
}

func TestCloseBothAtOnce(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		check(t, a.Close(4001, "a"))
		check(t, b.Close(4002, "b"))
		until(t, g, bothClosed(a, b))
		// b may have answered before it was told to close by itself.
		said := a.CloseCode() == 4002 && a.CloseReason() == "b" || a.CloseCode() == 4001 && a.CloseReason() == ""
		if !said || b.CloseCode() != 4001 || b.CloseReason() != "a" {
			t.Errorf("%d %q and %d %q", a.CloseCode(), a.CloseReason(), b.CloseCode(), b.CloseReason())
		}
		finished(t, a, b)
	})
}

func TestClosingState(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, nil)
		check(t, p.SendText("before"))
		check(t, p.Close(1001, "going"))
		if err := p.SendText("after"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("sent after Close: %v", err)
		}
		g.Poll()
		if p.ReadyState() != Closing {
			t.Fatalf("state %v", p.ReadyState())
		}
		r.want(frame.Text, "before")
		r.want(frame.Close, closeFrame(1001, "going"))
		for range 100 {
			r.send(frame.Fin|frame.Text, strings.Repeat("late", 1000))
		}
		r.send(frame.Fin|frame.Ping, "not answered any more")
		r.send(frame.Fin|frame.Close, closeFrame(4000, "answer"))
		r.wantEOF()
		until(t, g, func() bool { return p.ReadyState() == Closed })
		if p.AvailablePacketCount() != 0 || p.CloseCode() != 4000 || p.CloseReason() != "answer" || p.Err() != nil {
			t.Errorf("%d packets, code %d %q, error %v", p.AvailablePacketCount(), p.CloseCode(), p.CloseReason(), p.Err())
		}
	})
}

func TestDrop(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		check(t, a.SendText("never arrives"))
		check(t, a.Close(-1, ""))
		finished(t, a)
		until(t, g, bothClosed(a, b))
		if a.CloseCode() != -1 || !errors.Is(a.Err(), net.ErrClosed) {
			t.Errorf("this side: code %d, %v", a.CloseCode(), a.Err())
		}
		if b.CloseCode() != -1 || !errors.Is(b.Err(), ErrConnectionLost) || b.AvailablePacketCount() != 0 {
			t.Errorf("other side: code %d, %v", b.CloseCode(), b.Err())
		}
		if err := a.SendText("x"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("sending afterwards: %v", err)
		}
	})
}

// A drop over TLS does not say goodbye either, which could also take a while.
func TestDropOverTLS(t *testing.T) {
	server, client := selfsigned.Certificate(t, "127.0.0.1")
	near, far := rawNets["tcp"](t)
	p := Accept(near, &Options{TLSConfig: server})
	wire := &counted{Conn: far}
	nc := tls.Client(wire, client)
	defer nc.Close()
	r := &raw{Conn: nc, t: t, br: bufio.NewReader(nc)}
	r.text(request())
	_, err := http.ReadResponse(r.br, nil)
	check(t, err)
	before := wire.n
	check(t, p.Close(-1, ""))
	if _, err := r.br.ReadByte(); err == nil || wire.n != before {
		t.Errorf("%d bytes came after the drop, %v", wire.n-before, err)
	}
	finished(t, p)
}

// counted counts what is read.
type counted struct {
	net.Conn
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n += n
	return n, err
}

func TestDropCutsCloseShort(t *testing.T) {
	_, p, _ := rawClient(t, "tcp", nil)
	check(t, p.Close(1000, ""))
	check(t, p.Close(-1, ""))
	finished(t, p)
	p.Poll()
	if p.ReadyState() != Closed || p.CloseCode() != -1 {
		t.Errorf("%v %d", p.ReadyState(), p.CloseCode())
	}
}

// The other side of a close has a lot on its way; the close frame must not be
// lost for that.
func TestCloseFrameSurvives(t *testing.T) {
	for _, name := range []string{"tcp", "http"} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				g, s, c := opened(t, links[name], nil, &Options{OutboundBufferSize: 4 << 20})
				for range 20 {
					check(t, c.PutPacket(payload(60000)))
				}
				c.Flush()
				check(t, s.Close(4001, "enough"))
				until(t, g, bothClosed(s, c))
				if c.CloseCode() != 4001 || c.CloseReason() != "enough" {
					t.Fatalf("the client saw %d %q, %v", c.CloseCode(), c.CloseReason(), c.Err())
				}
				finished(t, s, c)
			}
		})
	}
}

func TestCloseCodes(t *testing.T) {
	for code, ok := range map[int]bool{
		0: false, 999: false, 1000: true, 1001: true, 1003: true, 1004: false, 1005: false, 1006: false, 1007: true,
		1011: true, 1014: true, 1015: false, 1016: false, 2999: false, 3000: true, 4999: true, 5000: false, 70000: false,
	} {
		g, s, c := opened(t, links["pipe"], nil, nil)
		if err := s.Close(code, ""); (err == nil) != ok || err != nil && !errors.Is(err, ErrCloseCode) {
			t.Errorf("Close(%d): %v", code, err)
		}
		if !ok {
			check(t, s.SendText("still open"))
			equal(t, receive(t, g, c), []byte("still open"))
			continue
		}
		until(t, g, bothClosed(s, c))
		if c.CloseCode() != code || s.CloseCode() != code {
			t.Errorf("Close(%d) came as %d, was answered with %d", code, c.CloseCode(), s.CloseCode())
		}
	}
}

func TestCloseReasonIsCut(t *testing.T) {
	for _, reason := range []string{
		strings.Repeat("a", 123), strings.Repeat("a", 124), strings.Repeat("ü", 62), strings.Repeat("a", 121) + "€", "bad \xff utf-8",
	} {
		g, s, c := opened(t, links["pipe"], nil, nil)
		check(t, s.Close(1000, reason))
		until(t, g, bothClosed(s, c))
		got := c.CloseReason()
		if c.CloseCode() != 1000 || len(got) > 123 || len(got) < 10 || !utf8.ValidString(got) {
			t.Errorf("%q came as %d %q", reason, c.CloseCode(), got)
		}
	}
}

func TestReceivedClose(t *testing.T) {
	for _, test := range []struct {
		name    string
		payload string
		code    int // what CloseCode says
		reply   int
	}{
		{"no code", "", 1005, 1005},
		{"half a code", "\x03", -1, 1002},
		{"normal", closeFrame(1000, "bye"), 1000, 1000},
		{"going away", closeFrame(1001, "bye"), 1001, 1001},
		{"1014", closeFrame(1014, "bye"), 1014, 1014},
		{"application", closeFrame(4123, "bye"), 4123, 4123},
		{"0", closeFrame(0, ""), -1, 1002},
		{"999", closeFrame(999, ""), -1, 1002},
		{"1004", closeFrame(1004, ""), -1, 1002},
		{"1005", closeFrame(1005, ""), -1, 1002},
		{"1006", closeFrame(1006, ""), -1, 1002},
		{"1015", closeFrame(1015, ""), -1, 1002},
		{"2000", closeFrame(2000, ""), -1, 1002},
		{"5000", closeFrame(5000, ""), -1, 1002},
		{"bad reason", closeFrame(1000, "\xff"), -1, 1007},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachNet(t, func(t *testing.T, network string) {
				g, p, r := rawClient(t, network, nil)
				check(t, p.SendText("queued"))
				r.send(frame.Fin|frame.Text, "in front")
				r.send(frame.Fin|frame.Close, test.payload)
				r.wantClose(test.reply)
				r.Close()
				until(t, g, func() bool { return p.ReadyState() == Closed })
				finished(t, p)
				equal(t, receive(t, g, p), []byte("in front"))
				if p.CloseCode() != test.code {
					t.Errorf("code %d %q", p.CloseCode(), p.CloseReason())
				}
				var broke *ProtocolError
				if test.code != -1 && p.Err() != nil || test.code == -1 && (!errors.As(p.Err(), &broke) || broke.Code != test.reply) {
					t.Errorf("error %v", p.Err())
				}
			})
		})
	}
}

func TestLost(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, nil)
		r.send(frame.Fin|frame.Text, "last words")
		r.Close()
		until(t, g, func() bool { return p.ReadyState() == Closed })
		if p.CloseCode() != -1 || !errors.Is(p.Err(), ErrConnectionLost) {
			t.Errorf("code %d, error %v", p.CloseCode(), p.Err())
		}
		equal(t, receive(t, g, p), []byte("last words"))
	})
}

// Nothing of an error of this side may reach the other side.
func TestErrorsStayHere(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		_, p, r := rawClient(t, network, nil)
		reason := os.ErrDeadlineExceeded
		if _, own := p.in.reader.(*ownReader); !own {
			p.nc.Close()
			p.callReader()
			reason = net.ErrClosed
		} else {
			p.nc.SetReadDeadline(longAgo)
		}
		finished(t, p)
		r.wantEOF()
		p.Poll()
		if !errors.Is(p.Err(), ErrConnectionLost) || !errors.Is(p.Err(), reason) {
			t.Errorf("error %v", p.Err())
		}
	})
}

func TestCloseFromAnywhere(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		go a.Close(4000, "")
		go b.Stats()
		until(t, g, func() bool {
			for a.ReadyState() == Open {
				if err := a.SendText("busy"); err != nil {
					if !errors.Is(err, net.ErrClosed) && !errors.Is(err, ErrBufferFull) {
						t.Errorf("send: %v", err)
					}
					break
				}
			}
			for packet := range b.Packets() {
				packet.Release()
			}
			return bothClosed(a, b)()
		})
		if b.CloseCode() != 4000 {
			t.Errorf("code %d, %v", b.CloseCode(), b.Err())
		}
	})
}

// What was sent goes out though nobody polls any more.
func TestSendCloseAndForget(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		check(t, a.SendText("bye"))
		check(t, a.Close(1000, ""))
		finished(t, a, b)
		b.Poll()
		equal(t, receive(t, g, b), []byte("bye"))
	})
}
