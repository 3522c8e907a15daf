package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/examples/internal/trouble"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// wires are those that a guest can speak.
var wires = map[string]multiplayer.Wire{"peerage": multiplayer.Peerage, "godot": multiplayer.Godot}

func onEachWire(t *testing.T, test func(t *testing.T, wire multiplayer.Wire)) {
	for name, wire := range wires {
		t.Run(name, func(t *testing.T) { test(t, wire) })
	}
}

func TestMethods(t *testing.T) {
	h := newHall(t, "")
	want := "_log add_player del_player request_action set_player_name set_turn update_player_name"
	if got := strings.Join(h.srv.node.Methods(), " "); got != want {
		t.Errorf("the server has %s, want %s", got, want)
	}
	g := h.join("a", multiplayer.Peerage)
	if got := strings.Join(g.node.Methods(), " "); got != want {
		t.Errorf("a client has %s, want %s", got, want)
	}
}

func TestDedicatedGame(t *testing.T) {
	onEachWire(t, func(t *testing.T, wire multiplayer.Wire) {
		h := newHall(t, "")
		a := h.join("Alice", wire)
		h.sees("*Alice")
		a.does(game.Roll)
		h.reads("Alice: rolls 1")
		h.sees("*Alice") // alone
		b := h.join("Bob", multiplayer.Peerage)
		c := h.join("Carol", wire)
		h.sees("*Alice Bob Carol")
		a.does(game.Pass)
		h.reads("Alice: passes")
		h.sees("Alice *Bob Carol")
		b.does(game.Roll)
		h.reads("Bob: rolls 2")
		c.does(game.Roll)
		h.reads("Carol: rolls 3")
		h.sees("*Alice Bob Carol")
		want := []string{
			"Before you came: Alice: rolls 1", "So far: Alice: 1 in 1 roll, the last 1", // and what came then
			"Alice: passes", "Bob: rolls 2", "Carol: rolls 3",
		}
		if !slices.Equal(c.log, want) {
			t.Errorf("the last who came has read %q, want %q", c.log, want)
		}
	})
}

func TestHost(t *testing.T) {
	onEachWire(t, func(t *testing.T, wire multiplayer.Wire) {
		h := newHall(t, "Hosty")
		a := h.join("Alice", wire)
		h.sees("*Hosty Alice")
		a.does(game.Roll)
		h.reads("Someone is trying to cheat! 2")
		h.srv.act(1, game.Roll)
		h.reads("Hosty: rolls 1")
		h.sees("Hosty *Alice")
		h.leave(a)
		h.sees("*Hosty")
	})
}

func TestCheat(t *testing.T) {
	onEachWire(t, func(t *testing.T, wire multiplayer.Wire) {
		h := newHall(t, "")
		a, b := h.join("Alice", wire), h.join("Bob", wire)
		b.does(game.Roll)
		h.reads("Someone is trying to cheat! 3")
		h.sees("*Alice Bob")
		a.does("fly\x1b[2J")
		h.reads("Invalid action: fly[2J")
		h.sees("*Alice Bob")
		if h.dice != 0 {
			t.Error("the dice were thrown")
		}
		// Players may not say what only the server may: it does not even pass it on.
		refused := h.srv.m.Stats().NotAllowed
		logLine.RPC(b.node, "Bob: rolls 100")
		setTurn.RPCID(b.node, 2, 1)
		a.does(game.Pass)
		h.reads("Alice: passes")
		h.until("both calls are refused", func() bool { return h.srv.m.Stats().NotAllowed-refused >= 2 })
		if len(a.log) != 3 {
			t.Errorf("Alice reads %q", a.log)
		}
		h.sees("Alice *Bob")
	})
}

// TestLeaving has players leave in every place, and come to the empty table.
func TestLeaving(t *testing.T) {
	h := newHall(t, "")
	a, b, c := h.join("A", multiplayer.Peerage), h.join("B", multiplayer.Peerage), h.join("C", multiplayer.Peerage)
	d, e := h.join("D", multiplayer.Peerage), h.join("E", multiplayer.Peerage)
	a.does(game.Roll)
	b.does(game.Roll)
	h.sees("A B *C D E")
	h.leave(a) // before the turn
	h.sees("B *C D E")
	h.leave(d) // after it
	h.sees("B *C E")
	h.leave(c) // whose turn it is
	h.sees("B *E")
	h.leave(e) // whose turn it is, in the last place
	h.sees("*B")
	b.does(game.Roll)
	h.reads("B: rolls 3")
	h.leave(b)
	h.sees("")
	f := h.join("F", multiplayer.Peerage)
	h.sees("*F")
	f.does(game.Roll)
	h.reads("F: rolls 4")
	if rows := h.srv.tally.Rows(); len(rows) != 6 || rows[0].Rolls != 1 || rows[5].Name != "F" {
		t.Errorf("the tally is %+v", rows)
	}
}

func TestAllLeaveAtOnce(t *testing.T) {
	h := newHall(t, "")
	a, b, c := h.join("A", multiplayer.Peerage), h.join("B", multiplayer.Peerage), h.join("C", multiplayer.Peerage)
	a.does(game.Roll)
	for _, g := range []*guest{a, b} {
		g.gone = true
		g.m.Close()
	}
	h.until("both have left", func() bool { return h.srv.table.Len() == 1 })
	h.sees("*C")
	c.does(game.Roll)
	h.reads("C: rolls 2")
}

func TestNames(t *testing.T) {
	onEachWire(t, func(t *testing.T, wire multiplayer.Wire) {
		h := newHall(t, "")
		a := h.join("\x1b]0;owned\x07Alice\n", wire)
		b := h.join("]0;ownedAlice", wire)
		h.join("", wire)
		d := h.join(strings.Repeat("x", 60_000), wire)
		h.join("👩‍👩‍👧 Ann", wire)
		f := h.join("Аnn 👩‍👩‍👧", wire) // in another order, and Cyrillic
		long := strings.Repeat("x", game.MaxName-1) + "…"
		want := "*]0;ownedAlice ]0;ownedAlice (2) Player 4 " + long + " 👩‍👩‍👧 Ann Аnn 👩‍👩‍👧"
		h.sees(want)
		for _, c := range []struct {
			*guest
			why string
		}{
			{a, "You are ]0;ownedAlice: what cannot be seen in a name is left out"},
			{b, "You are ]0;ownedAlice (2): the name ]0;ownedAlice is taken"},
			{d, "You are " + long + ": a name has at most 24 characters"},
		} {
			h.until("it is told why", func() bool { return len(c.log) > 0 })
			if c.log[0] != c.why {
				t.Errorf("it reads %q, want %q", c.log[0], c.why)
			}
		}
		setPlayerName.RPCID(a.node, multiplayer.Server, "Al")
		h.until("the server has heard it", func() bool { p, _ := h.srv.table.Find(2); return p.Name == "Al" })
		h.sees(strings.Replace(want, "]0;ownedAlice", "Al", 1))
		if len(f.log) != 0 {
			t.Errorf("who got the name that it asked for reads %q", f.log)
		}
	})
}

// TestUnnamed has a player act who never told a name.
func TestUnnamed(t *testing.T) {
	h := newHall(t, "")
	g := h.connect("", multiplayer.Peerage)
	g.m.OnConnectedToServer = nil
	h.until("it is seated", func() bool { return g.table.Len() == 1 })
	b := h.join("Bob", multiplayer.Peerage)
	h.sees("*" + game.Unnamed + " Bob")
	if p, _ := b.table.Find(2); p.Name != "" {
		t.Errorf("Bob sees %q", p.Name)
	}
	g.does(game.Roll)
	h.reads("Player 2: rolls 1")
	h.sees(game.Unnamed + " *Bob")
}

func TestTooManyFouls(t *testing.T) {
	h := newHall(t, "")
	a, b := h.join("Alice", multiplayer.Peerage), h.join("Bob", multiplayer.Peerage)
	for range maxFouls - 1 {
		b.does(game.Roll)
	}
	a.does(game.Roll)
	b.does(game.Roll) // a proper move: all is forgiven
	h.sees("*Alice Bob")
	for range maxFouls - 1 {
		setPlayerName.RPCID(b.node, multiplayer.Server, "Bobby")
	}
	b.act("again")
	h.until("Bob is sent away", func() bool { return b.lost != nil })
	b.gone = true
	h.until("the server knows", func() bool { return h.srv.table.Len() == 1 })
	h.sees("*Alice")
	if err := b.place.Lost(b.lost); !strings.Contains(err.Error(), "sent us away (too many fouls)") {
		t.Errorf("Bob is told %v", err)
	}
}

// TestArguments calls with what does not fit: nothing happens, and the server goes on.
func TestArguments(t *testing.T) {
	h := newHall(t, "")
	a := h.join("Alice", multiplayer.Peerage)
	a.node.RPCID(multiplayer.Server, "request_action")
	a.node.RPCID(multiplayer.Server, "request_action", 7)
	a.node.RPCID(multiplayer.Server, "request_action", "roll", "roll")
	a.node.RPCID(multiplayer.Server, "set_player_name", []byte("x"), nil)
	h.until("all are refused", func() bool { return h.srv.m.Stats().BadArguments == 4 })
	a.does(game.Roll)
	h.reads("Alice: rolls 1")
}

// TestHostileServer joins a server that says what no proper one does.
func TestHostileServer(t *testing.T) {
	h := newHall(t, "")
	a := h.join("Alice", multiplayer.Peerage)
	n := h.srv.node
	for _, err := range []error{
		logLine.RPC(n, "\x1b[2Jgone\r\nx"),
		setTurn.RPCID(n, 2, -5),
		setTurn.RPCID(n, 2, 1<<60),
		addPlayer.RPCID(n, 2, 2, "twice"),
		addPlayer.RPCID(n, 2, -7, "\x1b[31m"+strings.Repeat("y", 1000)),
		delPlayer.RPCID(n, 2, 99),
		updatePlayerName.RPCID(n, 2, 99, "nobody"),
		logLine.RPC(n, "end"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	h.reads("end")
	if a.log[0] != "[2Jgone x" {
		t.Errorf("got %q", a.log[0])
	}
	if got, want := seen(&a.table), "Alice [31m"+strings.Repeat("y", game.MaxName-5)+"…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBehind finds the peers whose buffer was full among errors.
func TestBehind(t *testing.T) {
	h := newHall(t, "")
	h.join("Alice", multiplayer.Peerage)
	big := strings.Repeat("x", 20_000)
	var err error
	for range 1000 { // without polling, so that nothing leaves
		if err = logLine.RPC(h.srv.node, big); err != nil {
			break
		}
	}
	if ids := trouble.Behind(err); len(ids) != 1 || ids[0] != 2 {
		t.Fatalf("%v gives %v", err, ids)
	}
	h.srv.told(err)
	h.until("who is behind has to go", func() bool { return h.srv.table.Len() == 0 })
	if trouble.Behind(nil) != nil || trouble.Behind(rpc.ErrArgument) != nil {
		t.Error("somebody is behind with nothing")
	}
}
