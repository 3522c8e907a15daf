// Soak plays a session for a long time: clients of both wires join, call each other, stall, are cut off, come back and
// leave, while others send garbage or read nothing. What arrives is held against what was sent. Each minute it lets
// the session come to rest and prints what the process takes; at the end it fails if that has grown since the first.
//
//	go run ./soak -for 15m
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/peerage-go/peerage/internal/chaos"
	"github.com/peerage-go/peerage/multiplayer"
)

// How much more than after the first minute the process may take at the end.
const (
	marginHeap       = 4 << 20 // bytes in use, after a garbage collection
	marginGoroutines = 20
	marginFiles      = 20
)

func main() {
	long := flag.Duration("for", 15*time.Minute, "how long to play")
	peers := flag.Int("peers", 60, "how many clients are about")
	seed := flag.Uint64("seed", rand.Uint64N(1<<40), "what happens")
	every := flag.Duration("every", time.Minute, "how often to measure")
	rate := flag.Int("rate", 100, "steps a second, in each of which a few things happen")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := soak(ctx, *long, *every, *peers, *seed, *rate); err != nil {
		log.Fatal(err)
	}
}

func soak(ctx context.Context, long, every time.Duration, peers int, seed uint64, rate int) error {
	o := chaos.Options(2 * time.Second)
	o.Transport.HeartbeatInterval = 5 * time.Second
	server, err := multiplayer.Listen("127.0.0.1:0", o)
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Second / time.Duration(max(rate, 1)))
	defer tick.Stop()
	w, err := chaos.New(chaos.Config{
		Seed: seed, Peers: peers, Server: server,
		Dial: func(o *multiplayer.Options) (*multiplayer.MultiplayerPeer, error) {
			return multiplayer.Dial(server.URL(), o)
		},
		Connect: func() (net.Conn, error) { return net.Dial("tcp", server.Addr().String()) },
		Tick:    func() { <-tick.C },
		Fault:   func(text string) { fmt.Println("FAULT:", text) },
	})
	if err != nil {
		return err
	}
	defer w.Close()
	fmt.Printf("seed %d, %d clients, for %v\n", seed, peers, long)
	fmt.Printf("%8s %10s %10s %10s %6s  %s\n", "time", "heap KiB", "system KiB", "goroutines", "files", "so far")
	var first, now usage
	start := time.Now()
	for n := 1; ctx.Err() == nil && time.Since(start) < long; n++ {
		for next := start.Add(time.Duration(n) * every); ctx.Err() == nil && time.Now().Before(next); {
			w.Step()
		}
		w.Rest(60*rate, 5*rate)
		now = measure()
		fmt.Printf("%8v %10d %10d %10d %6d  %s\n", time.Since(start).Round(time.Second), now.heap>>10, now.system>>10, now.goroutines, now.files, w.Report())
		if n == 1 {
			first = now
		}
	}
	err = now.grown(first)
	for n := 0; n < 20 && err != nil && ctx.Err() == nil; n++ { // connections that are closing take some seconds
		w.Rest(rate, rate)
		err = measure().grown(first)
	}
	switch {
	case w.Faults() > 0:
		return fmt.Errorf("%d faults; repeat with -seed %d", w.Faults(), seed)
	case err != nil:
		return err
	}
	fmt.Printf("nothing has grown by more than %d KiB, %d goroutines and %d files\n", marginHeap>>10, marginGoroutines, marginFiles)
	return nil
}

// usage is what the process takes.
type usage struct {
	heap, system      uint64
	goroutines, files int
}

// grown is an error if it is more than it was, by more than the margins.
func (u usage) grown(was usage) error {
	switch {
	case u.heap > was.heap+marginHeap:
		return fmt.Errorf("the heap has grown from %d KiB to %d KiB", was.heap>>10, u.heap>>10)
	case u.goroutines > was.goroutines+marginGoroutines:
		return fmt.Errorf("the goroutines have grown from %d to %d", was.goroutines, u.goroutines)
	case u.files > was.files+marginFiles:
		return fmt.Errorf("the open files have grown from %d to %d", was.files, u.files)
	}
	return nil
}

func measure() usage {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // twice, for what pools keep over one
	runtime.ReadMemStats(&m)
	u := usage{heap: m.HeapAlloc, system: m.Sys - m.HeapReleased, goroutines: runtime.NumGoroutine()}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.files = len(list)
	}
	return u
}
