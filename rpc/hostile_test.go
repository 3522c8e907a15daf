package rpc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/peerage-go/peerage/internal/racetest"
	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// TestHostileFramesInASession sends frames that no WebSocket may send.
func TestHostileFramesInASession(t *testing.T) {
	join := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	long := strings.Repeat("x", 60000)
	for _, test := range []struct {
		name  string
		bytes []byte
		code  int
		why   string
	}{
		{"length with the top bit set", rawws.Header(rawws.Binary, 1<<63), 1002, "negative length"},
		{"length of all bits", rawws.Header(rawws.Binary, 1<<64-1), 1002, "negative length"},
		{"length over the limit", rawws.Header(rawws.Binary, 65536), 1009, "InboundBufferSize"},
		{"huge length", rawws.Header(rawws.Binary, 1<<62), 1009, "InboundBufferSize"},
		{"fragments over the limit", join(rawws.Frame(0x02, long), rawws.Frame(rawws.Continuation, long)), 1009, "InboundBufferSize"},
		{"fragments without a start", rawws.Frame(rawws.Continuation, "x"), 1002, "none to be continued"},
		{"message in a message", join(rawws.Frame(0x02, "x"), rawws.Frame(rawws.Binary, "x")), 1002, "begins before"},
		{"compressed", rawws.Frame(0xc2, "x"), 1002, "reserved bits"},
		{"reserved bits", rawws.Frame(0xb2, "x"), 1002, "reserved bits"},
		{"opcode 3", rawws.Frame(0x83, "x"), 1002, "opcode"},
		{"opcode 15", rawws.Frame(0x8f, "x"), 1002, "opcode"},
		{"unmasked", []byte("\x82\x01x"), 1002, "not masked"},
		{"fragmented ping", rawws.Frame(0x09, "x"), 1002, "in parts"},
		{"long ping", rawws.Frame(rawws.Ping, long[:126]), 1002, "125 bytes"},
		{"text that is not UTF-8", rawws.Frame(rawws.Text, "\xff\xfe"), 1007, "UTF-8"},
		{"close code 0", rawws.Frame(rawws.Close, "\x00\x00"), 1002, "close frame"},
		{"close code 1006", rawws.Frame(rawws.Close, "\x03\xee"), 1002, "close frame"},
		{"close code 65535", rawws.Frame(rawws.Close, "\xff\xff"), 1002, "close frame"},
		{"close of one byte", rawws.Frame(rawws.Close, "\x03"), 1002, "close frame"},
		{"close reason that is not UTF-8", rawws.Frame(rawws.Close, "\x03\xe8\xff"), 1007, "UTF-8"},
		{"second handshake", []byte(rawws.Request("")), 1002, "reserved bits"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newArena(t, nil, nil)
			for _, wire := range bothWires {
				in := a.intrude(wire)
				must(t, in.Send(test.bytes))
				in.expelled(test.code, test.why)
				a.play()
			}
		})
	}
}

// TestHostileMessages sends what is no message of peerage.v1 in that place.
func TestHostileMessages(t *testing.T) {
	deep := "\x81\xa1x" + strings.Repeat("\x91", 60000)
	a := newArena(t, nil, nil)
	for _, test := range []struct {
		name    string
		message string
		before  bool // instead of hello
		code    int
		why     string
	}{
		{"empty", "", false, 1002, "empty"},
		{"hello again", "\x00\x80", false, 1002, "again"},
		{"welcome", "\x01\x80", false, 1002, "again"},
		{"goodbye", "\x05\x80", false, 1002, "goodbye from a client"},
		{"welcome first", "\x01\x80", true, 1002, "before hello"},
		{"packet first", "\x10\x26raw", true, 1002, "before hello"},
		{"ping first", "\x02\x01", true, 1002, "before hello"},
		{"Godot's packet first", "\x03raw", true, 1002, "before hello"},
		{"empty first", "", true, 1002, "empty"},
		{"hello without its map", "\x00", true, 1002, "hello"},
		{"hello that is a list", "\x00\x93\x01\x02\x03", true, 1002, "hello"},
		{"hello with half a map", "\x00\x82\xa5agent\xa1x", true, 1002, "hello"},
		{"hello that declares much", "\x00\xdf\xff\xff\xff\xff", true, 1002, "hello"},
		{"hello with an agent that is declared long", "\x00\x81\xa5agent\xdb\xff\xff\xff\xff", true, 1002, "hello"},
		{"hello with a session that is declared long", "\x00\x81\xa7session\xc6\xff\xff\xff\xff", true, 1002, "hello"},
		{"deep hello", "\x00" + deep, true, 1002, "hello"},
		{"channel packet without a channel", "\x14", false, 1002, "channel"},
		{"transfer mode 3", "\x13x", false, 1002, "mode 3"},
		{"transfer mode 3 on a channel", "\x17\x01x", false, 1002, "mode 3"},
		{"ping without its time", "\x02", false, 1002, "ping"},
		{"ping with a text", "\x02\xa1x", false, 1002, "ping"},
		{"ack without its count", "\x04", false, 1002, "ack"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.t = t
			var in *intruder
			if test.before {
				in = a.knock(multiplayer.Peerage)
			} else {
				in = a.intrude(multiplayer.Peerage)
			}
			must(t, in.Send(rawws.Frame(rawws.Binary, test.message)))
			in.expelled(test.code, test.why)
			a.play()
		})
	}
	t.Run("text", func(t *testing.T) {
		a.t = t
		in := a.intrude(multiplayer.Peerage)
		must(t, in.Send(rawws.Frame(rawws.Text, "\x10\x26raw")))
		in.expelled(1003, "text")
		a.play()
	})
	t.Run("unknown opcodes are ignored", func(t *testing.T) {
		a.t = t
		in := a.intrude(multiplayer.Peerage)
		for _, op := range []byte{0x06, 0x0f, 0x18, 0x7f, 0xff} {
			must(t, in.Message(op, 1, 2, 3))
		}
		in.settled()
		if s := a.peers[0].Stats(); s.UnknownOpcodes != 5 || s.Peers != 3 {
			t.Errorf("%+v", s)
		}
		a.play()
	})
}

// TestAcknowledgementsOutOfRange acknowledges what was never sent, and less than before.
func TestAcknowledgementsOutOfRange(t *testing.T) {
	a := newArena(t, &multiplayer.Options{ResumeWindow: deadline}, nil)
	for _, acks := range [][]string{{"\x04\xcd\xff\xff"}, {"\x04\xcf\xff\xff\xff\xff\xff\xff\xff\xff"}, {"\x04\x01", "\x04\x00"}, {"\x04\xff"}} {
		in := a.intrude(multiplayer.Peerage)
		a.play() // so that something was sent
		for _, ack := range acks {
			must(t, in.Send(rawws.Frame(rawws.Binary, ack)))
		}
		in.expelled(1002, "acknowledged")
		a.play()
	}
}

// TestHostileResume asks for sessions that are not the intruder's to resume.
func TestHostileResume(t *testing.T) {
	a := newArena(t, &multiplayer.Options{ResumeWindow: deadline}, nil)
	hello := func(session []byte, received uint64) string {
		b := append([]byte("\x00\x82\xa7session\xc4"), byte(len(session)))
		b = append(append(b, session...), "\xa8received\xcf"...)
		return string(binary.BigEndian.AppendUint64(b, received))
	}
	old := a.intrude(multiplayer.Peerage)
	stranger := uuid.New()
	theirs := a.peers[0].Peer(anna).Session()
	for _, test := range []struct {
		name  string
		hello string
	}{
		{"unknown session", hello(stranger[:], 0)},
		{"no session of Godot's wire", hello(make([]byte, 16), 0)},
		{"short session", hello(theirs[:15], 0)},
		{"long session", hello(append(theirs[:], 0), 0)},
		{"session with a bit changed", hello(append([]byte{theirs[0] ^ 1}, theirs[1:]...), 0)},
	} {
		in := a.knock(multiplayer.Peerage)
		must(t, in.Send(rawws.Frame(rawws.Binary, test.hello)))
		in.enter()
		if in.id <= old.id || in.session == theirs {
			t.Errorf("%s: the intruder is %d", test.name, in.id)
		}
		a.play()
	}
	// A session of which more is said to have been received than was ever sent is not resumed either.
	old.Close()
	a.until("the intruder is away", func() bool { return a.peers[0].Peer(old.id).Away() })
	in := a.knock(multiplayer.Peerage)
	must(t, in.Send(rawws.Frame(rawws.Binary, hello(old.session[:], 1<<63))))
	in.enter()
	if in.id == old.id || a.peers[0].Stats().Resumed != 0 {
		t.Errorf("the intruder is %d, %+v", in.id, a.peers[0].Stats())
	}
	// One that has ended is not.
	must(t, a.server.DisconnectPeer(old.id))
	a.until("the session ends", func() bool { return a.peers[0].Peer(old.id) == nil })
	in = a.knock(multiplayer.Peerage)
	must(t, in.Send(rawws.Frame(rawws.Binary, hello(old.session[:], 0))))
	in.enter()
	if in.id == old.id {
		t.Error("an ended session was resumed")
	}
	a.play()
}

// nested are values of both wires that are deep, wide, or say that they are.
var nested = map[multiplayer.Wire][]string{
	multiplayer.Peerage: {
		strings.Repeat("\x91", 60000),
		strings.Repeat("\x81\xa0", 30000),
		"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\xc9\xff\xff\xff\xff\x05",
		"\xdc\xff\xff" + strings.Repeat("\x91", 50000),
		"\xc7\x01\x05x", "\xc1", "\xd8\x05", "\xd6\xff\xff",
		strings.Repeat("\xc0", 60000), // many arguments
	},
	multiplayer.Godot: {
		"\x01" + strings.Repeat("\x1c\x00\x00\x00\x01\x00\x00\x00", 7000),
		"\x01" + strings.Repeat("\x1b\x00\x00\x00\x01\x00\x00\x00", 7000),
		"\x01\x1c\x00\x00\x00\xff\xff\xff\x7f", "\x01\x1b\x00\x00\x00\xff\xff\xff\x7f", "\x01\x04\x00\x00\x00\xff\xff\xff\xff",
		"\x01\x1d\x00\x00\x00\xff\xff\xff\xff", "\x01\x26\x00\x00\x00\xff\xff\xff\x7f", "\x01\x18\x00\x00\x00\x00\x00\x00\x00",
		"\x01\x16\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"\xff", "\x01\x3f", "\x01\xff\xff\xff\xff",
	},
}

// TestHostileValues calls with deep, wide and broken arguments, the server and through it the players.
func TestHostileValues(t *testing.T) {
	a := newArena(t, nil, nil)
	for _, wire := range bothWires {
		in := a.intrude(wire)
		var heads []string
		if wire == multiplayer.Peerage {
			in.packet("\x20\x00\xa4Game", "\x20\x01\xa4take")
			for _, call := range []string{"\x21\x00\x01", "\x22\x07\x00\x01"} {
				for _, relay := range []string{"", "\x2a\x00", "\x2a\x02", "\x2a\x03"} {
					heads = append(heads, relay+call)
				}
			}
		} else {
			sum := sumOf("say", "take", "tell")
			in.packet(string(simplifyPacket(1, "Game", sum)))
			for _, relay := range []string{"", "\x07\x03\x00\x00\x00\x00", "\x07\x03\x02\x00\x00\x00", "\x07\x03\x03\x00\x00\x00"} {
				heads = append(heads, relay+"\x00\x01\x01")
			}
		}
		before := a.server.Stats()
		for _, head := range heads {
			for _, v := range nested[wire] {
				in.packet(head + v)
			}
			in.settled()
		}
		s := a.server.Stats()
		if s.BadArguments == before.BadArguments || s.HandlerPanics > 0 || len(a.from) > 0 || a.peers[0].Stats().Peers != 3 {
			t.Errorf("%v: %+v; calls of %d", wire, s, a.from)
		}
		a.play()
		in.Close()
		a.until("the intruder is gone", func() bool { return a.peers[0].Stats().Peers == 2 })
	}
}

// TestHostileCalls sends packets of the rpc floor that no peer sends, with ids, counts and targets at their limits.
func TestHostileCalls(t *testing.T) {
	last := []string{"\x00", "\x7f", "\xcc\xff", "\xcd\xff\xff", "\xce\xff\xff\xff\xff", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "\xff",
		"\xd0\x80", "\xd2\x80\x00\x00\x00", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", "\xc0", "\xa1x"}
	a := newArena(t, nil, nil)
	in := a.intrude(multiplayer.Peerage)
	// Names again, without a text, too long; the order is free.
	in.packet("\x20\x01\xa3say", "\x20\x01\xa1x", "\x20\x05\xa1x", "\x20\x00\x00", "\x20\x00\xdb\xff\xff\xff\xff", "\x20\x00\xda\x04\x01"+strings.Repeat("x", 1025))
	in.settled()
	if s := a.server.Stats(); s.Malformed != 4 {
		t.Errorf("names: %+v", s)
	}
	in.packet("\x20\x00\xa4Game")
	for _, v := range last {
		for _, op := range "\x20\x21\x22\x23\x24\x25\x27\x28\x29\x2a\x2b\x2e" {
			in.packet(string(op)+v, string(op)+v+"\x00\x01\x01", string(op)+"\x00"+v, string(op)+"\x00\x01"+v)
		}
	}
	in.settled()
	// What only a server says; a reply nobody asked for; cancelling what does not run.
	before := a.server.Stats()
	in.packet("\x28\x02", "\x29\x02", "\x29\x03", "\x2b\x02\x21\x00\x01\x01", "\x2b\x03\x26raw", "\x23\x01\x05", "\x24\x01\x05\xa1x", "\x25\x07")
	in.settled()
	s := a.server.Stats()
	if s.Malformed != before.Malformed+5 || s.StrayReplies != before.StrayReplies+2 || a.peers[0].Stats().Peers != 3 {
		t.Errorf("before %+v, after %+v", before, s)
	}
	for _, c := range a.clients {
		if c.Stats().Malformed > 0 && c.UniqueID() == anna {
			t.Errorf("what the server sent %d was malformed: %+v", c.UniqueID(), c.Stats())
		}
	}
	for _, id := range a.gone {
		t.Errorf("%d was told to be gone", id)
	}
	a.play()
}

// TestTruncatedPeeragePackets sends every beginning of every packet, plain and in relays.
func TestTruncatedPeeragePackets(t *testing.T) {
	a := newArena(t, nil, nil)
	in := a.intrude(multiplayer.Peerage)
	in.packet("\x20\x00\xa4Game", "\x20\x01\xa3say", "\x20\x02\xa4take")
	packets := []string{
		"\x20\x03\xa3one", "\x21\x00\x01\x05", "\x22\x07\x00\x01\x05", "\x23\x01\x05", "\x24\x01\x05\xa1x", "\x25\x07", "\x26raw",
		"\x27\xa4Game\xa3say\x03\xa1x", "\x28\x02", "\x29\x02", "\x2cauth", "\x2d", "\x30xyz",
		"\x21\x00\x02\xc4\x05bytes", "\x21\x00\x02\xc7\x08\x05\x00\x00\x80\x3f\x00\x00\x80\x3f", "\x21\x00\x02\x82\xa1a\x93\x01\x02\x03\xa1b\xcb\x00\x00\x00\x00\x00\x00\x00\x00",
	}
	for _, target := range []string{"", "\x2a\x00", "\x2a\x01", "\x2a\x02", "\x2a\x03", "\x2a\xff", "\x2a\xfe", "\x2a\x64", "\x2b\x02", "\x2a\x02\x2a\x03", "\x2a\x00\x2b\x02"} {
		for _, p := range packets {
			for n := range len(target + p) {
				if n > 0 {
					in.packet((target + p)[:n])
				}
			}
		}
		in.settled()
	}
	if s := a.server.Stats(); s.Malformed < 100 || a.peers[0].Stats().Peers != 3 {
		t.Errorf("%+v", s)
	}
	if s := a.clients[0].Stats(); s.Malformed > 0 {
		t.Errorf("the server passed on what is malformed: %+v", s)
	}
	a.play()
	// And every beginning of the connection's own messages, each on a connection of its own.
	for _, m := range []string{"\x00\x81\xa5agent\xa1x", "\x02\xcd\x01\x02", "\x03\x01\x02", "\x04\xcd\x01\x02", "\x05\x81\xa4code\x01", "\x14\x01\x26raw"} {
		for n := range len(m) {
			in := a.knock(multiplayer.Peerage)
			if m[0] != 0 {
				must(t, in.Message(0x00, 0x80))
			}
			must(t, in.Send(rawws.Frame(rawws.Binary, m[:n]), rawws.Frame(rawws.Close, "")))
		}
	}
	a.play()
	in.Close()
	a.until("they are gone", func() bool { return a.peers[0].Stats().Peers == 2 })
	a.play()
}

// TestWrongWire speaks one wire where the other was agreed on.
func TestWrongWire(t *testing.T) {
	a := newArena(t, nil, nil)
	in := a.intrude(multiplayer.Godot)
	must(t, in.Message(0x00, 0x81, 0xa5, 'a', 'g', 'e', 'n', 't', 0xa1, 'x'))
	for _, p := range []string{"\x10\x20\x00\xa4Game", "\x10\x21\x00\x01\x05", "\x10\x2a\x00\x26raw", "\x02\x01", "\x04\x01"} {
		must(t, in.Send(rawws.Frame(rawws.Binary, p)))
	}
	in.settled()
	if s := a.server.Stats(); s.Malformed == 0 || a.peers[0].Stats().Peers != 3 {
		t.Errorf("%+v", s)
	}
	a.play()
	in.Close()
	a.until("it is gone", func() bool { return a.peers[0].Stats().Peers == 2 })
	for _, p := range captured(t) {
		if p[0] == 0 {
			continue // it could be hello, and is tested as such
		}
		in := a.knock(multiplayer.Peerage)
		must(t, in.Send(rawws.Frame(rawws.Binary, p)))
		in.expelled(1002, "before hello")
	}
	a.play()
}

// TestNamesOfClients has a client name much, for itself and, through relayed calls, for everybody.
func TestNamesOfClients(t *testing.T) {
	a := newArena(t, nil, &rpc.Options{MaxNames: 64})
	in := a.intrude(multiplayer.Peerage)
	name := func(n int, s string) string {
		return "\x20\xcd" + string([]byte{byte(n >> 8), byte(n), 0xda, byte(len(s) >> 8), byte(len(s))}) + s
	}
	for i := range 64 {
		in.packet(name(i, fmt.Sprint("n", i)))
		in.packet(fmt.Sprintf("\x2a\x02\x21\x00%c\x05", i))
		in.packet(fmt.Sprintf("\x2a\x02\x22%c\x00%c\x05", i, i))
	}
	in.settled()
	if s := a.server.Stats(); s.TooManyRequests == 0 {
		t.Errorf("%+v", s)
	}
	a.play()
	n := a.server.Node("Later") // the server goes on naming
	n.DeclareMethod("now", rpc.Config{})
	must(t, n.RPCID(anna, "now"))
	a.until("it comes", func() bool { return a.clients[0].Stats().UnknownNode > 0 })
	in.packet(name(64, "one more"))
	in.expelled(multiplayer.ClosePolicy, "too many names")
	a.play()
}

// TestRequestsUnderOneNumber does not let a client have more requests waiting than it may by numbering them alike.
func TestRequestsUnderOneNumber(t *testing.T) {
	a := newArena(t, nil, nil)
	waiting := 0
	a.server.Node("Game").Handle("wait", func(c *rpc.Call) error { rpc.Later[any](c); waiting++; return nil }, rpc.Config{Mode: rpc.AnyPeer})
	in := a.intrude(multiplayer.Peerage)
	in.packet("\x20\x00\xa4Game", "\x20\x01\xa4wait")
	for range 100 {
		in.packet("\x22\x07\x00\x01")
	}
	in.settled()
	if s := a.server.Stats(); waiting != 1 || s.Malformed != 99 {
		t.Errorf("%d wait, %+v", waiting, s)
	}
	in.packet("\x25\x07", "\x22\x07\x00\x01") // given up, the number is free again
	in.settled()
	if waiting != 2 {
		t.Errorf("%d ran", waiting)
	}
	a.play()
}

// TestFloods sends very many of the smallest frames there are.
func TestFloods(t *testing.T) {
	frames := 1_000_000
	if testing.Short() || racetest.Enabled {
		frames /= 20
	}
	for _, test := range []struct {
		name  string
		wire  multiplayer.Wire
		frame []byte
	}{
		{"empty messages", multiplayer.Godot, rawws.Frame(rawws.Binary, "")},
		{"empty fragments", multiplayer.Godot, rawws.Frame(rawws.Continuation, "")},
		{"malformed packets", multiplayer.Godot, rawws.Frame(rawws.Binary, "\x01")},
		{"pongs", multiplayer.Peerage, rawws.Frame(rawws.Pong, "")},
		{"unknown opcodes", multiplayer.Peerage, rawws.Frame(rawws.Binary, "\x7f")},
	} {
		t.Run(test.name, func(t *testing.T) {
			// Without the limits that keep all this away.
			a := newArena(t, &multiplayer.Options{Transport: transport.Options{MaxPacketsPerSecond: -1, MaxBytesPerSecond: -1}}, &rpc.Options{MaxFaults: -1})
			in := a.intrude(test.wire)
			if test.name == "empty fragments" {
				must(t, in.Send(rawws.Frame(0x02, "")))
			}
			done := make(chan error, 1)
			go func() {
				many := bytes.Repeat(test.frame, 1000)
				var err error
				for i := 0; i < frames && err == nil; i += 1000 {
					err = in.Send(many)
				}
				done <- err
				a.server.Wake()
			}()
			for over := false; !over; {
				a.play()
				select {
				case err := <-done:
					must(t, err)
					over = true
				default:
				}
			}
			in.settled()
			if a.peers[0].Stats().Peers != 3 {
				t.Error("the flood ended its connection")
			}
			if n := len(a.log.String()); n > 1<<20 {
				t.Errorf("it wrote %d bytes of log", n)
			}
		})
	}
}

// TestFloodThatWantsAnswers asks for answers that it does not read: of a connection's own pings.
func TestFloodThatWantsAnswers(t *testing.T) {
	a := newArena(t, nil, nil)
	in := a.intrude(multiplayer.Peerage)
	ping := bytes.Repeat(rawws.Frame(rawws.Binary, "\x02\xcf\x00\x00\x00\x00\x00\x00\x00\x00"), 1000)
	wsPing := bytes.Repeat(rawws.Frame(rawws.Ping, strings.Repeat("x", 125)), 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil && in.Send(ping, wsPing) == nil {
		}
	}()
	for range 20 {
		a.play()
		if p := a.peers[0].Peer(in.id); p != nil {
			if n := p.WebSocket().CurrentOutboundBufferedAmount(); n > transport.DefaultOutboundBufferSize+1<<10 {
				t.Errorf("%d bytes wait for it", n)
			}
		}
	}
	cancel()
	in.Close()
	<-done
	a.until("it is gone", func() bool { return a.peers[0].Stats().Peers == 2 })
	a.play()
}
