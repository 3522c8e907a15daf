package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/internal/refusing"
	"github.com/peerage-go/peerage/multiplayer"
)

// address waits for a server to say where it is.
func (m *terminal) address(t *testing.T) (ws string) {
	t.Helper()
	m.shows(t, "its page at http")
	_, rest, _ := strings.Cut(m.String(), "the game is at ")
	ws, _, _ = strings.Cut(rest, ",")
	return ws
}

// TestTyping plays a round by typing, without terminals.
func TestTyping(t *testing.T) {
	srv, stop, down := start(t, "-addr", "127.0.0.1:0")
	url := srv.address(t)

	a, _, aEnded := start(t, "-join", url, "-name", "Alice")
	a.shows(t, "connected, as peer 2")
	a.shows(t, "+ you are Alice, peer 2\nplayers: ♛ Alice (you)\n♛ your turn: r rolls, p passes\n")
	b, _, bEnded := start(t, "-join", strings.Replace(url, "ws:", "http:", 1), "-name", "Bob\x1b[2J")
	b.shows(t, "+ you are Bob[2J, peer 3\n")
	b.shows(t, "players: ♛ Alice, Bob[2J (you)\n♛ Alice's turn\n")
	a.shows(t, "+ Bob[2J joined\nplayers: ♛ Alice (you), Bob[2J\n")
	srv.shows(t, "joined peer=3 name=Bob[2J players=2")

	a.types("r")
	a.shows(t, "  Alice: rolls ")
	a.shows(t, "♛ Bob[2J's turn\n")
	b.shows(t, "  Alice: rolls ")
	b.shows(t, "♛ your turn: r rolls, p passes\n")
	srv.shows(t, "Alice: rolls ")
	a.types("r!")
	b.shows(t, "  Someone is trying to cheat! 2 (Alice)\n")
	srv.shows(t, "foul peer=2 name=Alice")
	b.types(" P ")
	a.shows(t, "  Bob[2J: passes\n♛ your turn: r rolls, p passes\n")
	a.types("w")
	a.shows(t, "players: ♛ Alice (you), Bob[2J\n")
	a.types("?")
	a.shows(t, "quit (or Ctrl-C)")
	a.types("fly\x1b[2J")
	a.shows(t, `there is no command "fly[2j"`)
	a.types("q")
	if err := <-aEnded; err != nil {
		t.Error(err)
	}
	b.shows(t, "- Alice left\nplayers: ♛ Bob[2J (you)\n♛ your turn")
	srv.shows(t, "left peer=2 name=Alice players=1")
	stop()
	if err := <-down; err != nil {
		t.Error(err)
	}
	srv.shows(t, "the server is down")
	if err := <-bEnded; err == nil || err.Error() != "the server at "+url+" went down (stopped by its operator): join again when it is back" {
		t.Errorf("Bob is told %v", err)
	}
	if strings.Contains(srv.String()+a.String()+b.String(), "\x1b") {
		t.Error("an escape character is shown where there is no terminal")
	}
}

// TestPiped pipes moves into two players at once: each waits for its turn, and a player leaves when the last is done.
func TestPiped(t *testing.T) {
	srv, _, _ := start(t, "-addr", "127.0.0.1:0")
	url := srv.address(t)
	a, _, aEnded := start(t, "-join", url, "-name", "Ann")
	a.shows(t, "♛ your turn")
	b, _, bEnded := start(t, "-join", url, "-name", "Bo")
	for _, line := range []string{"w", "r", "p", "w"} {
		b.types(line)
		if line == "w" {
			b.shows(t, "Bo (you)")
		}
		if line == "r" {
			b.shows(t, "it is Ann's turn: \"r\" waits for yours\n")
			// All of it is there before Ann does anything.
			for _, line := range []string{"p", "r", "p"} {
				a.types(line)
			}
			a.typed.Close()
		}
	}
	b.typed.Close()
	for _, c := range []struct {
		*terminal
		ended <-chan error
	}{{a, aEnded}, {b, bEnded}} {
		if err := <-c.ended; err != nil {
			t.Error(err)
		}
		c.shows(t, "the input ended: leaving\n")
	}
	for _, move := range []string{"Ann: passes", "Bo: rolls", "Ann: rolls", "Bo: passes", "Ann: passes"} {
		srv.shows(t, move)
	}
}

// TestPipedAtOnce ends the input before the player is in the game.
func TestPipedAtOnce(t *testing.T) {
	srv, _, _ := start(t, "-addr", "127.0.0.1:0")
	url := srv.address(t)
	for _, c := range []struct {
		input, shows string
		times        int // at least
	}{
		{"r\nr", "  Ann: rolls ", 2},
		{"w\nq\nr\n", "players: ♛ Ann (you)\n", 1},
		{"", "the input ended: leaving\n", 1},
	} {
		var out syncBuffer
		if err := run(t.Context(), []string{"-join", url, "-name", "Ann"}, strings.NewReader(c.input), &out, &out); err != nil {
			t.Error(err)
		}
		if got := out.String(); strings.Count(got, c.shows) < c.times {
			t.Errorf("%q gives\n%s", c.input, got)
		}
		srv.shows(t, "left peer=")
	}
}

// TestOutOfTurn has a player at a terminal roll in another's turn.
func TestOutOfTurn(t *testing.T) {
	h := newHall(t, "")
	h.join("Alice", multiplayer.Peerage)
	b := h.join("Bob", multiplayer.Peerage)
	h.sees("*Alice Bob")
	var out syncBuffer
	con, err := console.Open(nil, &out)
	if err != nil {
		t.Fatal(err)
	}
	newScreen(con, b.board, b.me, b.act, nil).command("roll")
	if want := "it is Alice's turn, not yours (r! does it all the same, and everybody reads that you cheat)\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestOtherNames has players who do not get the names that they ask for: they are told why, and nobody else is.
func TestOtherNames(t *testing.T) {
	long, cut := strings.Repeat("x", 40), strings.Repeat("x", 23)+"…"
	h, _, _ := start(t, "-host", long, "-addr", "127.0.0.1:0")
	url := h.address(t)
	h.shows(t, "+ you are "+cut+", peer 1\n  You are "+cut+": a name has at most 24 characters\n")
	a, _, _ := start(t, "-join", url, "-name", "Ann")
	a.shows(t, "+ you are Ann, peer 2\n")
	b, _, _ := start(t, "-join", url, "-name", "Ann")
	b.shows(t, "+ you are Ann (2), peer 3\n")
	b.shows(t, "  You are Ann (2): the name Ann is taken\n")
	c, _, _ := start(t, "-join", url, "-name", long)
	c.shows(t, "  You are "+strings.Repeat("x", 20-1)+"… (2): a name has at most 24 characters, and the name "+cut+" is taken\n")
	d, _, _ := start(t, "-join", url, "-name", "Аnn") // the first letter is Cyrillic
	d.shows(t, "  You are Аnn (3): Аnn looks like Ann, and that is taken\n")
	e, _, _ := start(t, "-join", url, "-name", "\u3164")
	e.shows(t, "  You are Player 6: there is nothing to see in that name\n")
	e.types("w")
	e.shows(t, "Аnn (3), Player 6 (you)\n")
	if strings.Contains(a.String(), "You are") || strings.Count(e.String(), "You are") != 1 {
		t.Errorf("others are told, too:\n%s\n%s", a, e)
	}
}

// TestLateComer joins at a terminal when much has happened.
func TestLateComer(t *testing.T) {
	h, _, _ := start(t, "-host", "Hosty", "-addr", "127.0.0.1:0")
	url := h.address(t)
	h.shows(t, "♛ your turn")
	h.types("r")
	h.shows(t, "  Hosty: rolls ")
	dice, _, _ := strings.Cut(h.String()[h.read:], "\n")
	h.shows(t, "♛ your turn")
	h.types("p")
	h.shows(t, "  Hosty: passes\n")
	a, _, _ := start(t, "-join", url, "-name", "Ann")
	a.shows(t, "  Before you came: Hosty: rolls "+dice+"\n  Before you came: Hosty: passes\n  So far: Hosty: "+dice+" in 1 roll, the last "+dice+"\n")
	a.shows(t, "players: ♛ Hosty, Ann (you)\n♛ Hosty's turn\n")
}

// TestNoName has players who do not say how they are called: what they are called on this machine stays here.
func TestNoName(t *testing.T) {
	srv, _, _ := start(t, "-addr", "127.0.0.1:0")
	url := srv.address(t)
	a, _, _ := start(t, "-join", url)
	a.shows(t, "+ you are Player 2, peer 2\n")
	b, _, _ := start(t, "-join", url, "-bot", "-pause", "1h")
	b.shows(t, "+ you are Bot 3, peer 3\n")
	c, _, _ := start(t, "-join", url, "-godot")
	c.shows(t, "+ you are Player 4, peer 4\n")
	c.types("w")
	c.shows(t, "players: ♛ Player 2, Bot 3, Player 4 (you)\n")
}

// TestLongNameForGodot has a player join a host that takes any name: it is told what the others see.
func TestLongNameForGodot(t *testing.T) {
	srv, _, _ := start(t, "-addr", "127.0.0.1:0")
	m, _, _ := start(t, "-join", srv.address(t), "-godot", "-name", strings.Repeat("x", 40))
	m.shows(t, "You are "+strings.Repeat("x", 23)+"…: a name has at most 24 characters\n")
	m.shows(t, "+ you are "+strings.Repeat("x", 23)+"…, peer 2\n")
}

// TestHostAtTerminal has the host play with a bot and one who looks at the page.
func TestHostAtTerminal(t *testing.T) {
	h, stop, down := start(t, "-host", "Hosty", "-addr", "127.0.0.1:0")
	url := h.address(t)
	h.shows(t, "players: ♛ Hosty (you)\n♛ your turn")
	h.types("r")
	h.shows(t, "  Hosty: rolls ")
	bot, _, botEnded := start(t, "-join", url, "-bot", "-pause", "0s", "-name", "Bo")
	h.shows(t, "+ Bo joined\nplayers: ♛ Hosty (you), Bo\n")
	bot.shows(t, "+ you are Bo, peer 2\n")
	h.types("p")
	h.shows(t, "  Hosty: passes\n")
	h.shows(t, "  Bo: ")
	h.shows(t, "♛ your turn")
	bot.shows(t, "♛ my turn\n")
	bot.shows(t, "♛ Hosty's turn\n")

	resp, err := http.Get(strings.Replace(url, "ws:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if !strings.Contains(strings.ToLower(string(page)), "<!doctype html>") {
		t.Errorf("the page is %q", page)
	}

	h.typed.Close()
	h.shows(t, "the input ended; the game goes on without you")
	stop()
	if err := <-down; err != nil {
		t.Error(err)
	}
	if err := <-botEnded; err == nil || !strings.Contains(err.Error(), "went down") {
		t.Errorf("the bot says %v", err)
	}
}

// TestLeavingWhileConnecting ends a player who has not been let in yet.
func TestLeavingWhileConnecting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts there
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m, stop, ended := start(t, "-join", l.Addr().String(), "-name", "x")
	m.shows(t, "connecting to ws://")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTroubles(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_, _, ended := start(t, "-addr", addr)
	if err := <-ended; err == nil || err.Error() != addr+" is in use: end the program that listens there, or choose another address with -addr" {
		t.Errorf("got %v", err)
	}
	l.Close()
	addr = refusing.Addr(t)
	_, _, ended = start(t, "-join", "ws://"+addr, "-name", "x")
	if err := <-ended; err == nil || err.Error() != "nobody listens at ws://"+addr+": start the server with `go run ./examples/multiplayer -addr "+addr+"`" {
		t.Errorf("got %v", err)
	}
	_, _, ended = start(t, "-join", "ftp://"+addr, "-name", "x")
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "ws://host:port/path") {
		t.Errorf("got %v", err)
	}
}

// TestAnotherNode joins a game that is at another node: who joins is told which.
func TestAnotherNode(t *testing.T) {
	srv, _, _ := start(t, "-addr", "127.0.0.1:0", "-node", "Main/Game")
	url := srv.address(t)
	for _, args := range [][]string{{"-join", url}, {"-join", url, "-godot"}, {"-join", url, "-bot"}} {
		_, _, ended := start(t, args...)
		if err := <-ended; err == nil || err.Error() != "the game at "+url+" is at another node: join with -node Main/Game" {
			t.Errorf("%q: got %v", args, err)
		}
	}
	m, _, ended := start(t, "-join", url, "-node", "Main/Game", "-name", "Alice")
	m.shows(t, "+ you are Alice")
	m.types("q")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestBots plays whole games of bots, and reckons from the log what the table has to say.
func TestBots(t *testing.T) {
	for _, c := range []struct{ bots, rounds int }{{3, 30}, {1, 5}, {5, 2}, {20, 41}} {
		t.Run(fmt.Sprint(c.bots, " bots"), func(t *testing.T) {
			m, _, ended := start(t, "-bots", fmt.Sprint(c.bots), "-rounds", fmt.Sprint(c.rounds))
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			log, table, ok := strings.Cut(m.String(), fmt.Sprintf("\nafter %d turns:\n", c.rounds))
			if !ok {
				t.Fatalf("no table in\n%s", m)
			}
			type row struct{ rolls, passes, total, best int }
			want := make([]row, c.bots)
			turn := 0
			for line := range strings.Lines(log) {
				r := &want[turn]
				name := fmt.Sprintf("Bot %d", turn+1)
				var n int
				if _, err := fmt.Sscanf(line, name+": rolls %d\n", &n); err == nil {
					r.rolls++
					r.total += n
					r.best = max(r.best, n)
				} else if line == name+": passes\n" {
					r.passes++
				} else {
					t.Fatalf("%q, but it is %s's turn", line, name)
				}
				turn = (turn + 1) % c.bots
			}
			if turn != c.rounds%c.bots {
				t.Errorf("the log ends at turn %d", turn)
			}
			lines := strings.Split(strings.TrimRight(table, "\n"), "\n")
			if len(lines) != c.bots+2 {
				t.Fatalf("the table is\n%s", table)
			}
			for i, line := range lines[1 : c.bots+1] {
				var bot int
				var got row
				var fouls int
				if _, err := fmt.Sscanf(strings.TrimSpace(line), "Bot %d %d %d %d %d %d", &bot, &got.rolls, &got.passes, &got.total, &got.best, &fouls); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				if bot != i+1 || got != want[i] || fouls != 0 {
					t.Errorf("%q, want %+v", line, want[i])
				}
			}
			most := slices.MaxFunc(want, func(a, b row) int { return a.total - b.total }).total
			if end := lines[c.bots+1]; !strings.HasSuffix(end, fmt.Sprintf(", %d; next would be Bot %d", most, turn+1)) {
				t.Errorf("the last line is %q, want a total of %d and bot %d", end, most, turn+1)
			}
		})
	}
}
