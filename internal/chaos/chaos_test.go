package chaos

import (
	"context"
	"flag"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/leaktest"
	"github.com/peerage-go/peerage/internal/racetest"
	"github.com/peerage-go/peerage/multiplayer"
)

var seed = flag.Uint64("seed", 1, "what the chaos tests play; 0: another one each time")

func TestMain(m *testing.M) { leaktest.Main(m) }

// scale is how large a world is played, and for how long.
func scale() (peers, steps int) {
	switch {
	case testing.Short(), racetest.Enabled:
		return 60, 300
	}
	return 160, 500
}

// seeded gives a world's seed, and says it when the test fails.
func seeded(t *testing.T) uint64 {
	s := *seed
	if s == 0 {
		s = rand.Uint64N(1 << 40)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat it with: go test ./internal/chaos -run '^%s$' -seed %d", t.Name(), s)
		}
	})
	return s
}

func play(t *testing.T, c Config) {
	peers, steps := scale()
	c.Peers = peers
	c.Fault = func(text string) { t.Error(text) }
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for range steps {
		w.Step()
		if w.Faults() > 0 {
			break
		}
	}
	if w.Faults() == 0 {
		w.Rest(20_000, 0)
	}
	t.Log(w.Report())
	w.Close()
}

// TestChaosInMemory plays in a bubble of virtual time.
func TestChaosInMemory(t *testing.T) {
	s := seeded(t)
	synctest.Test(t, func(t *testing.T) {
		server, err := multiplayer.NewServer(Options(30 * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		play(t, Config{
			Seed: s, Server: server, Dial: server.Join,
			Connect: func() (net.Conn, error) {
				near, far := net.Pipe()
				server.Accept(near)
				return far, nil
			},
			Strict: true,
			Settle: synctest.Wait,
			Tick:   func() { time.Sleep(10 * time.Millisecond) },
		})
	})
}

// TestChaosOverSockets plays over TCP.
func TestChaosOverSockets(t *testing.T) {
	server, err := multiplayer.Listen("127.0.0.1:0", Options(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	play(t, Config{
		Seed: seeded(t), Server: server,
		Dial: func(o *multiplayer.Options) (*multiplayer.MultiplayerPeer, error) {
			return multiplayer.Dial(server.URL(), o)
		},
		Connect: func() (net.Conn, error) { return net.Dial("tcp", server.Addr().String()) },
		Tick: func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			server.Wait(ctx)
			runtime.Gosched()
		},
	})
}
