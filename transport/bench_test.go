package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/peerage-go/peerage/internal/selfsigned"
)

// room returns n server peers over loopback, whose other sides read and throw
// away what comes.
func room(b testing.TB, n int) (*Group, []*WebSocketPeer) {
	b.Helper()
	l := listen(b)
	g := NewGroup()
	peers := make([]*WebSocketPeer, n)
	for i := range peers {
		other, err := net.Dial("tcp", l.Addr().String())
		check(b, err)
		nc, err := l.Accept()
		check(b, err)
		peers[i] = Accept(nc, &Options{Group: g})
		_, err = other.Write([]byte(request()))
		check(b, err)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			buf := make([]byte, 64<<10)
			for {
				if _, err := other.Read(buf); err != nil {
					return
				}
			}
		}()
		b.Cleanup(func() {
			peers[i].Close(-1, "")
			other.Close()
			finished(b, peers[i])
			<-gone
		})
	}
	open := 0
	until(b, g, func() bool {
		for _, p := range g.polled {
			if p.ReadyState() == Open {
				open++
			}
		}
		return open == n
	})
	return g, peers
}

// A tick of a room: every peer gets some messages, in one write.
func BenchmarkBroadcast(b *testing.B) {
	for _, messages := range []int{1, 10} {
		b.Run(fmt.Sprintf("200peers/%dx64B", messages), func(b *testing.B) {
			g, peers := room(b, 200)
			var f Prepared
			b.ReportAllocs()
			for b.Loop() {
				for range messages {
					f.Set(WriteBinary, payload64)
					for _, p := range peers {
						for p.SendPrepared(&f) != nil {
							g.Flush()
						}
					}
				}
				g.Flush()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*200*messages), "ns/message")
		})
	}
}

// The same without the system calls: what queueing and flushing cost.
func BenchmarkBroadcastQueueing(b *testing.B) {
	for _, messages := range []int{1, 10, 60} {
		b.Run(fmt.Sprintf("200peers/%dx64B", messages), func(b *testing.B) {
			g, peers := room(b, 200)
			for _, p := range peers {
				p.out.try = discard{}
			}
			var f Prepared
			b.ReportAllocs()
			for b.Loop() {
				for i := range messages {
					f.Set(WriteBinary, payload64)
					for k, p := range peers {
						if k == i { // who said it
							continue
						}
						if err := p.SendPrepared(&f); err != nil {
							b.Fatal(err)
						}
					}
				}
				g.Flush()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*199*messages), "ns/message")
		})
	}
}

// discard takes everything.
type discard struct{}

func (discard) TryWrite(b []byte) (int, error) { return len(b), nil }

var payload64 = payload(64)

// What queueing costs without the writing.
func BenchmarkSend(b *testing.B) {
	for _, role := range []string{"server", "client"} {
		b.Run(role, func(b *testing.B) {
			o := &Options{OutboundBufferSize: 1 << 20, MaxQueuedPackets: 1 << 20}
			_, p, c := opened(b, links["pipe"], o, o)
			if role == "client" {
				p = c
			}
			var f Prepared
			f.Set(WriteBinary, payload64)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if err := p.SendPrepared(&f); err != nil {
					b.Fatal(err)
				}
				if i++; i == 1000 {
					i = 0
					p.out.mu.Lock()
					p.out.batch.B, p.out.packets = p.out.batch.B[:0], 0
					p.out.mu.Unlock()
				}
			}
		})
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, name := range []string{"pipe", "tcp", "tls"} {
		for _, size := range []int{64, 4096} {
			b.Run(name+"/"+strconv.Itoa(size), func(b *testing.B) {
				g, s, c := opened(b, links[name], nil, nil)
				data := payload(size)
				ctx := context.Background()
				b.ReportAllocs()
				b.SetBytes(int64(size))
				for b.Loop() {
					c.PutPacket(data)
					for back := false; !back; {
						check(b, g.Wait(ctx))
						for _, p := range g.Poll() {
							for packet := range p.Packets() {
								if back = p == c; !back {
									s.PutPacket(packet.Data)
								}
								packet.Release()
							}
						}
					}
				}
			})
		}
	}
}

// Polling costs what has come, not how many peers there are.
func BenchmarkPollIdle(b *testing.B) {
	g, _ := room(b, 200)
	b.ReportAllocs()
	for b.Loop() {
		if len(g.Poll()) != 0 {
			b.Fatal("news")
		}
	}
}

// BenchmarkIdlePeers reports what a connection costs that does nothing: the
// server's side alone, with the other sides in another process; and beside that
// over TLS what TLS itself takes, with a goroutine that reads.
func BenchmarkIdlePeers(b *testing.B) {
	if addr := os.Getenv("TRANSPORT_DIAL"); addr != "" {
		dialRaw(b, addr)
		return
	}
	n, _ := strconv.Atoi(os.Getenv("TRANSPORT_PEERS"))
	if n == 0 {
		b.Skip("set TRANSPORT_PEERS to the number of peers")
	}
	secret, _ := selfsigned.Certificate(b, "127.0.0.1")
	for _, test := range []struct {
		name  string
		tls   *tls.Config
		serve func(b *testing.B, l net.Listener, n int) (ready func() bool, end func())
	}{
		{"tcp", nil, idlePeers},
		{"tls", secret, idlePeers},
		{"tls alone", secret, idleTLS},
	} {
		b.Run(test.name, func(b *testing.B) {
			l := listen(b)
			env := append(os.Environ(), "TRANSPORT_DIAL="+l.Addr().String())
			if test.tls != nil {
				l = tls.NewListener(l, test.tls)
				env = append(env, "TRANSPORT_TLS=1")
			}
			debug.FreeOSMemory()
			var m0, m runtime.MemStats
			runtime.ReadMemStats(&m0)
			before := resident()
			ready, end := test.serve(b, l, n)
			cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkIdlePeers$", "-test.benchtime=1x")
			cmd.Env = env
			hold, err := cmd.StdinPipe()
			check(b, err)
			check(b, cmd.Start())
			for !ready() {
				runtime.Gosched()
			}
			debug.FreeOSMemory()
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(resident()-before)/float64(n), "resident-B/peer")
			b.ReportMetric(float64(int64(m.HeapAlloc-m0.HeapAlloc))/float64(n), "heap-B/peer")
			b.ReportMetric(float64(int64(m.StackInuse-m0.StackInuse))/float64(n), "stack-B/peer")
			b.ReportMetric(0, "ns/op")
			end()
			hold.Close()
			cmd.Wait()
		})
	}
}

// idlePeers serves peers until so many are open.
func idlePeers(b *testing.B, l net.Listener, n int) (ready func() bool, end func()) {
	g := NewGroup()
	o := &Options{Group: g}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Upgrade(w, r, o) })}
	go srv.Serve(l)
	var peers []*WebSocketPeer
	ready = func() bool {
		g.Poll()
		for _, p := range g.polled {
			if p.ReadyState() == Open {
				peers = append(peers, p)
			}
		}
		return len(peers) == n
	}
	return ready, func() {
		for _, p := range peers {
			p.Close(-1, "")
		}
		finished(b, peers...)
		srv.Close()
	}
}

// idleTLS reads connections that say nothing after a first request, as who reads TLS has to.
func idleTLS(_ *testing.B, l net.Listener, n int) (ready func() bool, end func()) {
	var read atomic.Int64
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				var some [512]byte
				for first := true; ; first = false {
					if _, err := nc.Read(some[:]); err != nil {
						return
					}
					if first {
						read.Add(1)
					}
				}
			}()
		}
	}()
	return func() bool { return read.Load() == int64(n) }, func() { l.Close() }
}

// dialRaw opens connections and holds them until standard input ends.
func dialRaw(b *testing.B, addr string) {
	n, _ := strconv.Atoi(os.Getenv("TRANSPORT_PEERS"))
	for i := range n {
		// Several source addresses, for the sake of port numbers.
		d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i/20000))}}
		nc, err := d.Dial("tcp", addr)
		check(b, err)
		if os.Getenv("TRANSPORT_TLS") != "" {
			nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
		}
		defer nc.Close()
		nc.Write([]byte(request()))
	}
	os.Stdin.Read(make([]byte, 1))
}

// resident is the process's memory in the sense of the system, in bytes.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
