package main

import (
	"fmt"
	"strings"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
)

// screen shows the board to somebody at a terminal, line by line, and takes what is typed.
type screen struct {
	*console.Console
	board *board
	me    func() game.ID
	act   func(action string) error // nil: nobody plays here
	quit  func()
	asked

	listed bool   // the list as it was printed last is still true
	shown  string // the turn as it was printed last

	// What is piped in is done one line after the other, each when it can be.
	piped *piped
	ended func() // called when all is done; nil while the input goes on
}

// piped is a line that waits until it can be done.
type piped struct {
	line string
	told bool // that it waits
	done chan struct{}
}

// newScreen makes a screen of a board.
func newScreen(c *console.Console, b *board, me func() game.ID, act func(string) error, quit func()) *screen {
	s := &screen{Console: c, board: b, me: me, act: act, quit: quit, listed: true}
	b.watch(s)
	return s
}

const crown = "♛"

func (s *screen) logged(line string) {
	id, foul := game.Cheater(line)
	if p, ok := s.board.table.Find(id); foul && ok && p.Name != "" {
		line += " (" + p.Name + ")"
	}
	if foul || strings.HasPrefix(line, "Invalid action:") {
		line = s.Paint(console.Red, line)
	}
	s.Println("  " + line)
}

func (s *screen) added(p game.Player) {
	if p.Name != "" && s.seated() {
		s.listed = false
	}
}

func (s *screen) renamed(before, p game.Player) {
	switch {
	case p.ID == s.me():
		s.named(p)
	case before.Name == "":
		s.Println(s.Paint(console.Green, "+ "+p.Title()+" joined"))
	default:
		s.Println(s.Paint(console.Dim, "~ "+before.Title()+" is now "+p.Title()))
	}
	s.listed = false
}

// named tells who the player is to the others.
func (s *screen) named(p game.Player) {
	s.Println(s.Paint(console.Green, fmt.Sprintf("+ you are %s, peer %d", p.Title(), p.ID)))
}

func (s *screen) removed(p game.Player) {
	s.asked.removed()
	if p.Name == "" {
		return // nobody was told that anybody came
	}
	s.Println(s.Paint(console.Dim, "- "+p.Title()+" left"))
	s.listed = false
}

func (s *screen) turned() {
	asked := s.waiting
	s.asked.turned(s.mine())
	if asked && !s.waiting {
		s.shown = "" // who plays alone has the next turn, too
	}
}

func (s *screen) mine() bool { return s.board.table.IsTurnOf(s.me()) }

// seated tells whether this player is at the table.
func (s *screen) seated() bool {
	_, ok := s.board.table.Find(s.me())
	return ok || s.me() == 1
}

// settle does what is piped in, if it can, and shows what came of all that happened in one poll.
func (s *screen) settle() {
	s.drain()
	if !s.seated() {
		return
	}
	if p, ok := s.board.table.Find(s.me()); ok && p.Name == "" {
		return // the name is still on its way
	}
	if !s.listed {
		s.list()
	}
	p, ok := s.board.table.Current()
	turn := fmt.Sprint(p.ID, ok, p.Title())
	if turn == s.shown {
		return
	}
	s.shown = turn
	switch {
	case s.Interactive():
		s.SetPrompt(s.prompt(p, ok))
	case ok && s.mine() && s.act != nil:
		s.Println(crown + " your turn: r rolls, p passes")
	case ok && s.mine():
		s.Println(crown + " my turn")
	case ok:
		s.Println(s.Paint(console.Dim, crown+" "+p.Title()+"'s turn"))
	}
}

func (s *screen) prompt(p game.Player, ok bool) string {
	switch {
	case !ok:
		return s.Paint(console.Dim, "nobody's turn") + " > "
	case s.mine():
		return s.Paint(console.Yellow, crown+" your turn, r or p") + " > "
	}
	return s.Paint(console.Dim, crown+" "+p.Title()+"'s turn") + " > "
}

// list prints who is here, the crown before the one whose turn it is.
func (s *screen) list() {
	s.listed = true
	if s.board.table.Len() == 0 {
		s.Println("players: nobody yet")
		return
	}
	var names []string
	for i, p := range s.board.table.Players() {
		name := p.Label()
		if p.ID == s.me() {
			name += " (you)"
		}
		if i == s.board.table.Turn() {
			name = s.Paint(console.Yellow, crown+" "+name)
		}
		names = append(names, name)
	}
	s.Println("players: " + strings.Join(names, ", "))
}

// pipe has settle do a line of an input that is no terminal as soon as it can be done, and close done then.
func (s *screen) pipe(line string, done chan struct{}) { s.piped = &piped{line: line, done: done} }

// drain goes on with what is piped in.
func (s *screen) drain() {
	if p := s.piped; p != nil && s.canDo(p) {
		s.piped = nil
		s.command(p.line)
		close(p.done)
	}
	if s.piped == nil && s.ended != nil && !s.waiting {
		ended := s.ended
		s.ended = nil
		ended()
	}
}

// canDo tells whether a line need not wait: moves are for the player's own turn, and nothing but to quit is to be done
// before it has its seat and its name, or before what it did last has come back.
func (s *screen) canDo(p *piped) bool {
	action := action(p.line)
	me, seated := s.board.table.Find(s.me())
	switch {
	case action == quit:
		return true
	case !seated || me.Name == "" || s.waiting:
		return false
	case action != game.Roll && action != game.Pass || s.mine() || s.act == nil:
		return true
	}
	if turn, ok := s.board.table.Current(); ok && !p.told {
		p.told = true
		s.Println(s.Paint(console.Dim, fmt.Sprintf("it is %s's turn: %q waits for yours", turn.Title(), console.Clean(p.line, 40))))
	}
	return false
}

// quit is what it means to leave.
const quit = "quit"

// action is what a line means that is no cheat: [game.Roll], [game.Pass], quit or something else.
func action(line string) string {
	switch line = strings.ToLower(strings.TrimSpace(line)); line {
	case "q", "exit":
		return quit
	case "r":
		return game.Roll
	case "p":
		return game.Pass
	}
	return line
}

// command does what was typed.
func (s *screen) command(line string) {
	line = strings.ToLower(strings.TrimSpace(line))
	plain, cheat := strings.CutSuffix(line, "!")
	do := action(plain)
	switch {
	case do == quit && !cheat:
		s.quit()
	case line == "?", line == "h", line == "help":
		s.help()
	case line == "w", line == "who":
		s.list()
	case s.act == nil:
		s.Println("nobody plays at this terminal; w lists the players, q quits")
	case do == game.Roll, do == game.Pass:
		s.request(do, cheat)
	case line != "":
		s.Println(fmt.Sprintf("there is no command %q: r rolls, p passes, ? tells more", console.Clean(line, 40)))
	case s.mine():
		s.Println("it is your turn: r rolls, p passes")
	}
}

// request asks for an action. Out of turn it does so only when told to cheat.
func (s *screen) request(action string, cheat bool) {
	p, ok := s.board.table.Current()
	switch {
	case !s.seated():
		s.Println("you are not in the game yet")
		return
	case cheat:
	case s.waiting && s.mine():
		return
	case !ok:
		s.Println("it is nobody's turn")
		return
	case !s.mine():
		s.Println(fmt.Sprintf("it is %s's turn, not yours (%s! does it all the same, and everybody reads that you cheat)", p.Title(), action[:1]))
		return
	}
	s.waiting = s.mine()
	if err := s.act(action); err != nil {
		s.waiting = false
		s.Println(s.Paint(console.Red, "that did not go out: "+console.Clean(err.Error(), maxLogLine)))
	}
}

// help tells what can be typed.
func (s *screen) help() {
	for _, row := range [][2]string{
		{"r", "roll the dice, when it is your turn"},
		{"p", "pass"},
		{"r! p!", "the same, whoever's turn it is"},
		{"w", "who is here, and who has the crown (" + crown + "): it is that player's turn"},
		{"q", "quit (or Ctrl-C)"},
	} {
		s.Println(fmt.Sprintf("  %s  %s", s.Paint(console.Bold, fmt.Sprintf("%-5s", row[0])), row[1]))
	}
}

// hint is the help in one line.
func (s *screen) hint() {
	s.Println(s.Paint(console.Dim, "r roll   p pass   w who is here   ? help   q quit"))
}
