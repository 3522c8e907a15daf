package main

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
	"github.com/peerage-go/peerage/variant"
)

// What a call costs apart from the network:
//
//	go test -run '^$' -bench . -count 10 ./bench | benchstat -
//
// The call has an int, a float and a string.
const (
	anInt    = 1000
	aFloat   = 0.1
	aString  = "hello"
	aMethod  = "hit"
	aChannel = 0
)

var hit = rpc.Method3[int, float64, string]{Name: aMethod, Config: rpc.Config{Mode: rpc.AnyPeer, CallLocal: true, Channel: aChannel}}

// BenchmarkLocalCall encodes, decodes, checks and dispatches a call, with no connection.
func BenchmarkLocalCall(b *testing.B) {
	m, err := rpc.New(multiplayer.Offline(), nil)
	must(b, err)
	node := m.Node(nodePath)
	sum := 0
	hit.Handle(node, func(_ *rpc.Call, n int, _ float64, _ string) { sum += n })
	b.ReportAllocs()
	for b.Loop() {
		must(b, hit.RPC(node, anInt, aFloat, aString))
	}
	if sum == 0 {
		b.Fatal("nothing was called")
	}
}

// BenchmarkCallIn takes calls in through the whole stack, from the bytes of a connection to a typed handler.
func BenchmarkCallIn(b *testing.B) {
	for _, client := range microClients {
		b.Run(client.name, func(b *testing.B) {
			m, node := microServer(b)
			got := 0
			hit.Handle(node, func(*rpc.Call, int, float64, string) { got++ })
			c := client.join(b, m)
			frame := newFrame(opBinary, client.call()).b
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			b.ResetTimer()
			c.say(frame, b.N)
			for got < b.N {
				must(b, m.Wait(b.Context()))
				m.Poll()
			}
		})
	}
}

// BenchmarkCallOut encodes a call and queues it for every peer. Writing it is not part of the time.
func BenchmarkCallOut(b *testing.B) {
	for _, client := range microClients {
		for _, peers := range []int{1, 10, 100} {
			b.Run(client.name+"/"+plural(peers, "peer"), func(b *testing.B) {
				m, node := microServer(b)
				hit.Config.CallLocal = false
				defer func() { hit.Config.CallLocal = true }()
				node.Declare(hit)
				for range peers {
					client.join(b, m)
				}
				drain(m)
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					must(b, hit.RPC(node, anInt, aFloat, aString))
					if n++; n%100 == 0 {
						b.StopTimer()
						drain(m)
						b.StartTimer()
					}
				}
			})
		}
	}
}

// drain writes what is queued, and waits until it is written.
func drain(m *rpc.SceneMultiplayer) {
	for p := range m.MultiplayerPeer().Peers() {
		for p.Stats().QueuedBytes > 0 {
			m.Poll()
			runtime.Gosched()
		}
	}
}

// BenchmarkVariant encodes and decodes the arguments in Godot's form.
func BenchmarkVariant(b *testing.B) {
	var wire []byte
	b.Run("Encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			wire = variant.AppendIntArg(wire[:0], anInt)
			wire = variant.AppendFloatArg(wire, aFloat)
			wire = variant.AppendStringArg(wire, aString)
		}
	})
	b.Run("Decode", func(b *testing.B) {
		b.ReportAllocs()
		var d variant.Decoder
		for b.Loop() {
			d.Reset(wire, variant.Limits{})
			_, err1 := d.Int(true)
			_, err2 := d.Float(true)
			_, err3 := d.String(true)
			if err1 != nil || err2 != nil || err3 != nil {
				b.Fatal(err1, err2, err3)
			}
		}
	})
}

// BenchmarkMessagePack encodes and decodes the arguments with the MessagePack library alone.
func BenchmarkMessagePack(b *testing.B) {
	var buf writer
	e := msgpack.NewEncoder(&buf)
	encode := func() {
		buf = buf[:0]
		e.EncodeInt(anInt)
		e.EncodeFloat64(aFloat)
		e.EncodeString(aString)
	}
	b.Run("Encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encode()
		}
	})
	encode()
	b.Run("Decode", func(b *testing.B) {
		b.ReportAllocs()
		r := strings.NewReader(string(buf))
		d := msgpack.NewDecoder(r)
		for b.Loop() {
			r.Reset(string(buf))
			d.Reset(r)
			_, err1 := d.DecodeInt64()
			_, err2 := d.DecodeFloat64()
			_, err3 := d.DecodeString()
			if err1 != nil || err2 != nil || err3 != nil {
				b.Fatal(err1, err2, err3)
			}
		}
	})
}

type writer []byte

func (w *writer) Write(b []byte) (int, error) { *w = append(*w, b...); return len(b), nil }

// microClients are clients of both wires, as bytes.
var microClients = []microClient{
	{
		name:     "peerage.v1",
		protocol: "peerage.v1",
		hello: [][]byte{
			{0x00, 0x80},
			append([]byte{0x10, 0x20, 0x00, 0xa0 | byte(len(nodePath))}, nodePath...),
			append([]byte{0x10, 0x20, 0x01, 0xa0 | byte(len(aMethod))}, aMethod...),
		},
		call: func() []byte {
			var b writer
			b.Write([]byte{0x10, 0x21, 0x00, 0x01})
			e := msgpack.NewEncoder(&b)
			e.EncodeInt(anInt)
			e.EncodeFloat64(aFloat)
			e.EncodeString(aString)
			return b
		},
	},
	{
		name:  "godot",
		hello: [][]byte{godotSimplify(aMethod), {0x02, 0x01, 1, 0, 0, 0}},
		call: func() []byte {
			b := []byte{0x00, 1, 0, 3}
			b = variant.AppendIntArg(b, anInt)
			b = variant.AppendFloatArg(b, aFloat)
			return variant.AppendStringArg(b, aString)
		},
	},
}

type microClient struct {
	name     string
	protocol string
	hello    [][]byte
	call     func() []byte
}

func microServer(b *testing.B) (*rpc.SceneMultiplayer, *rpc.Node) {
	peer, err := multiplayer.NewServer(&multiplayer.Options{
		Transport: transport.Options{MaxPacketsPerSecond: -1, MaxBytesPerSecond: -1},
	})
	must(b, err)
	b.Cleanup(func() { peer.Close() })
	m, err := rpc.New(peer, &rpc.Options{NoServerRelay: true})
	must(b, err)
	m.OnCallRefused = func(f rpc.Refusal) { b.Fatal(f) }
	return m, m.Node(nodePath)
}

// join connects a client, and polls until the server has read all it says first.
func (k microClient) join(b *testing.B, m *rpc.SceneMultiplayer) *feed {
	f := newFeed(k.protocol)
	for _, h := range k.hello {
		f.say(newFrame(opBinary, h).b, 1)
	}
	was := peersOf(m)
	m.MultiplayerPeer().Accept(f)
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	for peersOf(m) == was || f.left() > 0 {
		must(b, m.Wait(ctx))
		m.Poll()
	}
	m.Poll()
	return f
}

func peersOf(m *rpc.SceneMultiplayer) int { return m.MultiplayerPeer().Stats().Peers }

// feed is a connection that repeats what it is told to say, as fast as it is read, and swallows what is written.
type feed struct {
	mu     sync.Mutex
	wake   *sync.Cond
	queue  []saying
	at     int // in the first saying
	closed bool
}

type saying struct {
	b     []byte
	times int
}

func newFeed(protocol string) *feed {
	f := &feed{}
	f.wake = sync.NewCond(&f.mu)
	head := "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if protocol != "" {
		head += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	f.say([]byte(head+"\r\n"), 1)
	return f
}

func (f *feed) say(b []byte, times int) {
	f.mu.Lock()
	f.queue = append(f.queue, saying{b, times})
	f.mu.Unlock()
	f.wake.Signal()
}

func (f *feed) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue)
}

func (f *feed) Read(p []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 && !f.closed {
		f.wake.Wait()
	}
	if f.closed {
		return 0, io.EOF
	}
	for n < len(p) && len(f.queue) > 0 {
		s := &f.queue[0]
		c := copy(p[n:], s.b[f.at:])
		n += c
		if f.at += c; f.at == len(s.b) {
			f.at = 0
			if s.times--; s.times == 0 {
				f.queue = f.queue[1:]
			}
		}
	}
	return n, nil
}

func (f *feed) Write(p []byte) (int, error) { return len(p), nil }

func (f *feed) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.wake.Broadcast()
	return nil
}

func (f *feed) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (f *feed) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (f *feed) SetDeadline(time.Time) error      { return nil }
func (f *feed) SetReadDeadline(time.Time) error  { return nil }
func (f *feed) SetWriteDeadline(time.Time) error { return nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
