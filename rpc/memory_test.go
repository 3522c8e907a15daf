package rpc_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// heap is how much is in use, in bytes.
func heap() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// TestNothingIsKeptOfTheDeparted has a crowd come, name what it can, call, ask and leave: then nothing of it is left, though
// nothing happens any more that would make a server look after it.
func TestNothingIsKeptOfTheDeparted(t *testing.T) {
	const crowd, names = 30, 1000
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprint(wire, " together ", together), func(t *testing.T) {
				a := newArena(t, nil, &rpc.Options{MaxFaults: -1})
				leave := func(c *intruder) { must(t, c.Close()) }
				visit := func() (all []*intruder) {
					for range crowd {
						in := a.intrude(wire)
						all = append(all, in)
						var packets []string
						for n := range uint32(names) {
							name := fmt.Sprintf("%04d%s", n, strings.Repeat("x", 800))
							if wire == multiplayer.Peerage {
								number := binary.BigEndian.AppendUint16([]byte{0xcd}, uint16(n))
								length := binary.BigEndian.AppendUint16([]byte{0xda}, uint16(len(name)))
								packets = append(packets, "\x20"+string(number)+string(length)+name)
							} else {
								packets = append(packets, string(simplifyPacket(n+1, name, sumOf())))
							}
						}
						if wire == multiplayer.Peerage {
							packets = append(packets, "\x21\x00\x00", "\x22\x07\x00\x01", "\x2a\x00\x21\x00\x00", "\x2a\x02\x26x", "\x2a\x02\x22\x08\x00\x01")
						}
						in.packet(packets...)
						in.settled()
						if !together {
							leave(in)
							a.until("it is gone", func() bool { return a.peers[0].Peer(in.id) == nil })
						}
					}
					return all
				}
				gone := func() {
					a.until("the crowd is gone", func() bool { return a.server.Stats().Peers == 2 })
					ctx, cancel := context.WithCancel(t.Context())
					cancel()
					a.server.Wait(ctx) // as whoever has nothing to poll
				}
				before := heap()
				all := visit()
				if used := heap() - before; together && used < crowd*names*800 {
					t.Errorf("the crowd takes no more than %d bytes, so that it shows nothing", used)
				}
				for _, in := range all {
					if together {
						leave(in)
					}
				}
				clear(all)
				gone()
				most := int64(3 * names * 800) // the log of it is kept, and its sockets
				left := heap() - before
				// Goroutines of the last connections may still be at their end, on a busy machine for a while.
				for enough := time.Now().Add(20 * time.Second); left > most && time.Now().Before(enough); {
					left = heap() - before
				}
				if left > most {
					t.Errorf("%d bytes are left of a crowd of %d that named %d bytes each", left, crowd, names*800)
				}
				a.play()
			})
		}
	}
}

// TestDeclaredIsNotAllocatedInASession measures what connections cost that declare much and send nothing of it.
func TestDeclaredIsNotAllocatedInASession(t *testing.T) {
	const connections = 200
	a := newArena(t, nil, nil)
	var all []*intruder
	for range connections {
		all = append(all, a.intrude(multiplayer.Godot))
	}
	a.play()
	before := heap()
	for i, in := range all {
		before := a.peers[0].Peer(in.id).Stats().Transport.BytesIn
		h := rawws.Header(rawws.Binary, 65535)
		if i%2 == 0 {
			h = append(rawws.Frame(0x02, ""), rawws.Header(rawws.Continuation, 65535)...)
		}
		must(t, in.Send(h))
		for a.peers[0].Peer(in.id).Stats().Transport.BytesIn < before+uint64(len(h)) {
			runtime.Gosched()
		}
	}
	each := (heap() - before) / connections
	t.Logf("each of %d connections costs %d bytes more once it has declared 65535", connections, each)
	if each > 16<<10 {
		t.Errorf("%d bytes each", each)
	}
	a.play()
}
