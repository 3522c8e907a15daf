package multiplayer_test

import (
	"encoding/binary"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// inNamespace tells the process of a test that it has a network of its own.
const inNamespace = "PEERAGE_TEST_NAMESPACE"

// TestCutNetwork takes the network away under connections, and gives it back. It runs itself in a network namespace.
func TestCutNetwork(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		setLink(t, "up")
		t.Run("resumed", testCutAndResumed)
		t.Run("gone", testCutForGood)
		return
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("no network is cut here: there is no command ip; install iproute2")
	}
	var err error
	for _, attr := range []*syscall.SysProcAttr{
		{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}},
		{Cloneflags: syscall.CLONE_NEWNET},
	} {
		c := exec.Command(os.Args[0], "-test.run=^TestCutNetwork$", "-test.v")
		c.Env = append(os.Environ(), inNamespace+"=1")
		c.SysProcAttr = attr
		var out strings.Builder
		c.Stdout, c.Stderr = &out, &out
		if err = c.Start(); err != nil {
			continue
		}
		if err := c.Wait(); err != nil {
			t.Errorf("%v\n%s", err, &out)
		}
		return
	}
	t.Skipf("no network is cut here: a network namespace needs root or user namespaces: %v", err)
}

// setLink takes the network of this namespace up or down.
func setLink(t *testing.T, state string) {
	t.Helper()
	if out, err := exec.Command("ip", "link", "set", "lo", state).CombinedOutput(); err != nil {
		t.Fatalf("ip link set lo %s: %v: %s", state, err, out)
	}
}

func testCutAndResumed(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: time.Minute, Reconnect: time.Minute}
	o.Transport.HeartbeatInterval = 250 * time.Millisecond
	p := listening(t, o)
	c := p.join(o)
	var up, down []int
	sent := 0
	send := func() {
		b := binary.LittleEndian.AppendUint32(nil, uint32(sent))
		sent++
		must(t, p.server.Send(2, multiplayer.Delivery{}, b))
		must(t, c.Send(1, multiplayer.Delivery{}, b))
	}
	collect := func(m *multiplayer.MultiplayerPeer, list *[]int) {
		for pkt := range m.Packets() {
			*list = append(*list, int(binary.LittleEndian.Uint32(pkt.Data)))
		}
	}
	for range 3 {
		for range 100 {
			send()
		}
		p.server.Flush() // some of them are on their way when the network goes
		c.Flush()
		setLink(t, "down")
		for range 100 {
			send()
		}
		p.until("both know", func() bool { return p.server.Peer(2).Away() && c.Peer(1).Away() })
		for range 100 {
			send()
		}
		setLink(t, "up")
		p.until("all has come", func() bool {
			collect(p.server, &up)
			collect(c, &down)
			return len(up) >= sent && len(down) >= sent
		})
	}
	want := make([]int, sent)
	for i := range want {
		want[i] = i
	}
	if !slices.Equal(up, want) || !slices.Equal(down, want) {
		t.Errorf("the server got %v, the client %v", up, down)
	}
	slices.Sort(p.events)
	if !slices.Equal(p.events, []string{"1: connected 2", "2: connected 1"}) {
		t.Errorf("events %q", p.events)
	}
}

func testCutForGood(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		o := &multiplayer.Options{Wire: wire}
		o.Transport.HeartbeatInterval = time.Second
		p := listening(t, o)
		c := p.join(o)
		setLink(t, "down")
		p.until("both know", func() bool {
			return p.server.Peer(2) == nil && c.ConnectionStatus() == multiplayer.Disconnected
		})
		setLink(t, "up")
		slices.Sort(p.events)
		if !slices.Equal(p.events, []string{"1: connected 2", "1: disconnected 2", "2: connected 1", "2: disconnected 1"}) {
			t.Errorf("%v: events %q", wire, p.events)
		}
	}
}
