package main

import (
	"math/rand/v2"
	"time"

	"github.com/peerage-go/peerage/examples/multiplayer/game"
)

// bot plays by itself: a client, or the host.
type bot struct {
	bystander
	*board
	me    func() game.ID
	act   func(action string) error
	post  func(func()) bool // runs a function on the goroutine that polls
	pause time.Duration
	pick  func() string // default: mostly a roll

	playing bool
	seated  chan struct{} // closed when the bot has its name
	asked
}

// newBot seats a bot at a board. It plays once it was told to start.
func newBot(b *board, me func() game.ID, act func(string) error, post func(func()) bool) *bot {
	p := &bot{board: b, me: me, act: act, post: post, pick: pick, seated: make(chan struct{})}
	b.watch(p)
	return p
}

// pick passes one turn in eight.
func pick() string {
	if rand.IntN(8) == 0 {
		return game.Pass
	}
	return game.Roll
}

// start makes the bot play, on the goroutine that polls.
func (p *bot) start() {
	p.playing = true
	p.consider()
}

func (p *bot) renamed(before, now game.Player) {
	if now.ID == p.me() && before.Name == "" {
		close(p.seated)
	}
}

func (p *bot) removed(game.Player) { p.asked.removed() }

func (p *bot) turned() {
	p.asked.turned(p.mine())
	p.consider()
}

func (p *bot) mine() bool { return p.table.IsTurnOf(p.me()) }

// consider takes the turn if it is the bot's.
func (p *bot) consider() {
	if !p.playing || p.waiting || !p.mine() {
		return
	}
	p.waiting = true
	move := func() {
		if p.mine() {
			p.act(p.pick())
		}
	}
	if p.pause == 0 {
		p.post(move)
		return
	}
	time.AfterFunc(p.pause, func() { p.post(move) })
}
