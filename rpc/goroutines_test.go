package rpc_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/racetest"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// misuse says, to the other process of TestWrongGoroutine, what to do on a goroutine that does not poll.
const misuse = "PEERAGE_TEST_MISUSE"

var misuses = map[string]func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group){
	"a call":           func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { n.RPC("greet") },
	"bytes":            func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { m.SendBytes(0, multiplayer.Delivery{}, nil) },
	"a node":           func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { m.Node("Other") },
	"a node's end":     func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { n.Free() },
	"a node's owner":   func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { n.SetAuthority(2) },
	"a group":          func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { g.Add(1) },
	"a timer":          func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { m.After(time.Hour, func() {}) },
	"somebody's going": func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { m.DisconnectPeer(2) },
	"counters":         func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { m.Stats() },
	"a packet":         func(m *rpc.SceneMultiplayer, n *rpc.Node, g *rpc.Group) { m.MultiplayerPeer().PutPacket(nil) },
}

// TestWrongGoroutine has the race detector say what to do of each method that is called on a goroutine that does not poll.
func TestWrongGoroutine(t *testing.T) {
	if do := misuses[os.Getenv(misuse)]; do != nil {
		m, err := rpc.New(multiplayer.Offline(), nil)
		must(t, err)
		n := m.Node("Main")
		n.DeclareMethod("greet", rpc.Config{})
		g := m.NewGroup()
		done := make(chan struct{})
		go func() {
			m.Poll()
			close(done)
		}()
		do(m, n, g) // before or after the Poll: nothing orders them
		<-done
		return
	}
	if !racetest.Enabled {
		t.Skip("it takes the race detector")
	}
	for name := range misuses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			must(t, err)
			c := exec.Command(self, "-test.run=^TestWrongGoroutine$", "-test.count=1")
			c.Env = append(os.Environ(), misuse+"="+name)
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "OnlyThePollingGoroutineElsePostOrDo") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestPollOnTwoGoroutines panics, with the mend.
func TestPollOnTwoGoroutines(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector tells of it before")
	}
	m, err := rpc.New(multiplayer.Offline(), nil)
	must(t, err)
	for name, poll := range map[string]func(){"rpc": m.Poll, "multiplayer": m.MultiplayerPeer().Poll} {
		var told any
		m.Post(func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { told = recover() }()
				poll()
			}()
			<-done
		})
		m.Poll()
		if s, _ := told.(string); !strings.Contains(s, "Post or Do") {
			t.Errorf("%s: told %v", name, told)
		}
	}
}

// TestDoWhereItWouldWaitForItself is refused: inside Poll, and in the tick of Run.
func TestDoWhereItWouldWaitForItself(t *testing.T) {
	m, err := rpc.New(multiplayer.Offline(), nil)
	must(t, err)
	refused := 0
	do := func() {
		if _, err := multiplayer.Do(t.Context(), m, func() (int, error) { return 0, nil }); errors.Is(err, multiplayer.ErrInPoll) {
			refused++
		}
	}
	m.Post(do)
	err = m.Run(t.Context(), 1000, func(time.Duration) {
		do()
		m.Close()
	})
	if err != nil || refused != 2 {
		t.Errorf("%d were refused, want 2, and %v", refused, err)
	}
}
