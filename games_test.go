package peerage_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// Three games, as small as they can be: what a session gives its author, in use. Each is a server, and a test that plays it
// without a network, in virtual time.

var anyPeer = rpc.Config{Mode: rpc.AnyPeer}

// An arena: players move, and see those who are near.

// Seen is a player in a snapshot. It travels as an array.
type Seen struct {
	_    struct{} `peerage:",array"`
	ID   rpc.PeerID
	X, Y float64
}

var (
	steer    = rpc.Method2[float64, float64]{Name: "steer", Config: rpc.Config{Mode: rpc.AnyPeer, TransferMode: multiplayer.UnreliableOrdered}}
	snapshot = rpc.Method1[[]Seen]{Name: "snapshot", Config: rpc.Config{TransferMode: multiplayer.UnreliableOrdered, Channel: 1}}
	hit      = rpc.Method1[int]{Name: "hit"}
)

type body struct {
	x, y, dx, dy float64
	node         *rpc.Node
	near         *rpc.Group // who sees it
}

func runArena(ctx context.Context, game *rpc.SceneMultiplayer) error {
	bodies := map[rpc.PeerID]*body{}
	players := game.Node("Players/*") // a node for each player, as Godot's spawners make them
	players.Declare(hit)
	steer.Handle(players, func(c *rpc.Call, dx, dy float64) {
		if b := bodies[c.Sender]; b != nil && c.Node == b.node {
			b.dx, b.dy = dx, dy
		}
	})
	arena := game.Node("Arena")
	arena.Declare(snapshot)
	game.OnPeerConnected = func(id rpc.PeerID) {
		bodies[id] = &body{node: game.Node(fmt.Sprint("Players/", id)), near: game.NewGroup()}
	}
	game.OnPeerDisconnected = func(id rpc.PeerID) {
		bodies[id].node.Free()
		bodies[id].near.Clear()
		delete(bodies, id)
	}
	return game.Run(ctx, 60, rpc.FixedStep(time.Second/60, 4, func(step time.Duration) {
		for id, b := range bodies {
			b.x, b.y = b.x+b.dx*step.Seconds(), b.y+b.dy*step.Seconds()
			if b.x > 10 {
				b.x = 10
				hit.RPCGroup(b.node, b.near, 1) // the wall hurts, and all who are near see it
			}
			for other, o := range bodies {
				if (b.x-o.x)*(b.x-o.x)+(b.y-o.y)*(b.y-o.y) < 100 {
					b.near.Add(other)
				} else {
					b.near.Remove(other)
				}
			}
			snapshot.RPCGroup(arena, b.near, []Seen{{ID: id, X: b.x, Y: b.y}})
		}
	}))
}

func TestArena(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := play(t, nil, nil, runArena)
		var mu sync.Mutex
		seen := map[rpc.PeerID]Seen{} // guarded by mu, and hurt
		hurt := 0
		var clients []*rpc.SceneMultiplayer
		for range 3 {
			clients = append(clients, g.join(t, "ws://arena/", "", func(m *rpc.SceneMultiplayer) {
				players := m.Node("Players/*")
				players.Declare(steer)
				hit.Handle(players, func(c *rpc.Call, n int) {
					if c.Node.Path() != "Players/3" {
						t.Errorf("%s was hit", c.Node.Path())
					}
					mu.Lock()
					defer mu.Unlock()
					hurt++
				})
				snapshot.Handle(m.Node("Arena"), func(c *rpc.Call, all []Seen) {
					mu.Lock()
					defer mu.Unlock()
					for _, s := range all {
						seen[s.ID] = s
					}
				})
			}))
		}
		g.do(t, clients[1], func() error { return steer.RPCID(clients[1].Node("Players/3"), multiplayer.Server, 5, 0) })
		g.do(t, clients[2], func() error { return steer.RPCID(clients[2].Node("Players/3"), multiplayer.Server, -50, 0) }) // it is not its own
		time.Sleep(3 * time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if s := seen[3]; s.X != 10 || s.Y != 0 || seen[2].X != 0 || hurt == 0 {
			t.Errorf("%v, and %d hits", seen, hurt)
		}
	})
}

// A match of turns: who has the highest card wins, and nobody sees the other's hand. A player who comes again, after a
// reload or from another machine, has the same seat, which is the same peer.

var (
	dealt  = rpc.Method1[[]int]{Name: "dealt"}
	turnOf = rpc.Method1[rpc.PeerID]{Name: "turn_of"}
	over   = rpc.Method1[map[rpc.PeerID]int]{Name: "over"}
	put    = rpc.Query1[int, []int]{Name: "put", Config: anyPeer}
)

const notYourTurn, notYourCard = rpc.CodeApplication, rpc.CodeApplication + 1

var seats = map[any]multiplayer.PeerID{"ann": 2, "bob": 3}

func matchOptions() *multiplayer.Options {
	return &multiplayer.Options{
		Admit: func(r *http.Request) (any, error) {
			name := r.URL.Query().Get("player")
			if _, ok := seats[name]; !ok {
				return nil, &multiplayer.Refusal{Code: 4100, Reason: "this match is Ann's and Bob's"}
			}
			return name, nil
		},
		AssignID: func(admitted any) (multiplayer.PeerID, error) { return seats[admitted], nil },
	}
}

func runMatch(ctx context.Context, game *rpc.SceneMultiplayer) error {
	table := game.Node("Table")
	table.Declare(dealt, turnOf, over)
	hands := map[rpc.PeerID][]int{2: {3, 9}, 3: {7, 5}}
	played := map[rpc.PeerID]int{}
	turn := rpc.PeerID(2)
	var clock *multiplayer.Timer
	var next func()
	take := func(id rpc.PeerID, card int) {
		hands[id] = slices.DeleteFunc(hands[id], func(c int) bool { return c == card })
		played[id] = card
		next()
	}
	next = func() {
		if clock != nil {
			clock.Stop()
		}
		if len(played) == 2 {
			over.RPC(table, played)
			return
		}
		turn = 2 + rpc.PeerID(len(played))
		turnOf.RPC(table, turn)
		clock = game.After(30*time.Second, func() { take(turn, hands[turn][0]) }) // who thinks too long puts the first card
	}
	put.Handle(table, func(c *rpc.Call, card int) ([]int, error) {
		switch {
		case c.Sender != turn:
			return nil, rpc.Errorf(notYourTurn, "it is %d's turn", turn)
		case !slices.Contains(hands[c.Sender], card):
			return nil, rpc.Errorf(notYourCard, "you do not have a %d", card)
		}
		take(c.Sender, card)
		return hands[c.Sender], nil
	})
	begun := false
	game.OnPeerConnected = func(id rpc.PeerID) {
		dealt.RPCID(table, id, hands[id])
		if begun {
			turnOf.RPCID(table, id, turn)
		} else if begun = game.HasPeer(2) && game.HasPeer(3); begun {
			next()
		}
	}
	return game.Run(ctx, 0, nil)
}

func TestMatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := play(t, matchOptions(), nil, runMatch)
		var mu sync.Mutex
		var told []string // guarded by mu
		tell := func(format string, a ...any) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf(format, a...))
		}
		sit := func(name string) *rpc.SceneMultiplayer {
			return g.join(t, "ws://match/?player="+name, "", func(m *rpc.SceneMultiplayer) {
				table := m.Node("Table")
				dealt.Handle(table, func(_ *rpc.Call, hand []int) { tell("%s has %v", name, hand) })
				turnOf.Handle(table, func(_ *rpc.Call, id rpc.PeerID) { tell("%s sees turn of %d", name, id) })
				over.Handle(table, func(_ *rpc.Call, all map[rpc.PeerID]int) { tell("%s sees %v", name, all) })
				m.OnConnectionFailed = func(err error) { tell("%s: %v", name, err) }
				m.OnServerDisconnected = func(err error) { tell("%s out: %v", name, err) }
			})
		}
		expect := func(what string, want ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if slices.Sort(told); !slices.Equal(told, want) {
				t.Errorf("%s: told %q, want %q", what, told, want)
			}
			told = nil
		}
		sit("ann")
		bob := sit("bob")
		sit("eve")
		expect("the deal", "ann has [3 9]", "ann sees turn of 2", "bob has [7 5]", "bob sees turn of 2",
			"eve: multiplayer: refused with code 4100: this match is Ann's and Bob's")
		ask := func(m *rpc.SceneMultiplayer, card int) error {
			reply, err := multiplayer.Do(context.Background(), m, func() (*rpc.Reply[[]int], error) {
				return put.Call(context.Background(), m.Node("Table"), multiplayer.Server, card), nil
			})
			if err == nil {
				_, err = reply.Wait(context.Background())
			}
			return err
		}
		if err := ask(bob, 7); !errors.Is(err, &rpc.Error{Code: notYourTurn}) {
			t.Errorf("bob out of turn: %v", err)
		}
		again := sit("ann") // she loads the page again: the same seat, told everything
		expect("ann again", "ann has [3 9]", "ann out: transport: the other side closed with code 4026: the same player came on another connection",
			"ann sees turn of 2")
		if err := ask(again, 8); !errors.Is(err, &rpc.Error{Code: notYourCard}) {
			t.Errorf("a card that she does not have: %v", err)
		}
		time.Sleep(31 * time.Second) // she thinks too long
		expect("the clock", "ann sees turn of 3", "bob sees turn of 3")
		ask(bob, 7)
		expect("the end", "ann sees map[2:3 3:7]", "bob sees map[2:3 3:7]")
	})
}

// A chat with a login: users have names that they do not choose here, talk in channels, and can be muted.

type user struct {
	name  string
	muted bool
}

var (
	enter   = rpc.Query1[string, []string]{Name: "enter", Config: anyPeer} // a channel; gives what was said there
	say     = rpc.Method2[string, string]{Name: "say", Config: anyPeer}
	said    = rpc.Method3[string, string, string]{Name: "said"}
	present = rpc.Method2[string, bool]{Name: "present"}
)

// logins is the database of users, by token.
var logins = map[string]string{"token-of-ann": "Ann", "token-of-bob": "Bob", "token-of-mallory": "Mallory"}

func chatOptions(users map[string]*user) *multiplayer.Options {
	return &multiplayer.Options{
		Admit: func(r *http.Request) (any, error) {
			name, ok := logins[r.Header.Get("Authorization")]
			if !ok {
				return nil, &multiplayer.Refusal{Code: 4101, Reason: "log in first"}
			}
			return users[name], nil
		},
	}
}

func chatRPC(game **rpc.SceneMultiplayer) *rpc.Options {
	return &rpc.Options{
		NoServerRelay: true,
		Authorize: func(a rpc.Attempt) error {
			if u := (*game).Admitted(a.Sender).(*user); u.muted && a.Method == say.Name {
				return rpc.Errorf(rpc.CodeApplication, "%s is muted", u.name)
			}
			return nil
		},
	}
}

func runChat(ctx context.Context, game *rpc.SceneMultiplayer) error {
	hall := game.Node("Hall")
	hall.Declare(said, present)
	channels := map[string]*rpc.Group{}
	enter.Handle(hall, func(c *rpc.Call, channel string) ([]string, error) {
		if channels[channel] == nil {
			channels[channel] = game.NewGroup()
		}
		channels[channel].Add(c.Sender)
		answer := rpc.Later[[]string](c)
		go func() { // the past is in a database
			time.Sleep(20 * time.Millisecond)
			answer.Reply([]string{"welcome to " + channel})
		}()
		return nil, nil
	})
	say.Handle(hall, func(c *rpc.Call, channel, text string) {
		if g := channels[channel]; g != nil && g.Has(c.Sender) {
			said.RPCGroup(hall, g, channel, c.Admitted().(*user).name, text)
		}
	})
	game.OnPeerConnected = func(id rpc.PeerID) { present.RPC(hall, game.Admitted(id).(*user).name, true) }
	game.OnPeerDisconnected = func(id rpc.PeerID) { present.RPC(hall, game.Admitted(id).(*user).name, false) }
	return game.Run(ctx, 0, nil)
}

func TestChatWithLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := map[string]*user{"Ann": {name: "Ann"}, "Bob": {name: "Bob"}, "Mallory": {name: "Mallory", muted: true}}
		var game *rpc.SceneMultiplayer
		g := play(t, chatOptions(users), chatRPC(&game), func(ctx context.Context, m *rpc.SceneMultiplayer) error {
			game = m
			return runChat(ctx, m)
		})
		var mu sync.Mutex
		heard := map[string]int{} // guarded by mu
		hear := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			heard[what]++
		}
		come := func(token string) *rpc.SceneMultiplayer {
			return g.join(t, "ws://chat/", token, func(m *rpc.SceneMultiplayer) {
				hall := m.Node("Hall")
				hall.Declare(say)
				said.Handle(hall, func(_ *rpc.Call, channel, who, text string) { hear(channel + " " + who + ": " + text) })
				present.Handle(hall, func(_ *rpc.Call, who string, here bool) { hear(fmt.Sprint(who, " ", here)) })
				m.OnConnectionFailed = func(err error) { hear(err.Error()) }
				m.OnCallRefused = func(r rpc.Refusal) { hear(r.Reason) }
				m.OnConnectedToServer = func() {
					enter.Call(context.Background(), hall, multiplayer.Server, "tea").Then(func(past []string, err error) {
						hear(fmt.Sprint(past, err))
					})
				}
			})
		}
		ann, bob, mallory := come("token-of-ann"), come("token-of-bob"), come("token-of-mallory")
		come("guessed")
		time.Sleep(time.Second)
		g.do(t, ann, func() error { return say.RPCID(ann.Node("Hall"), multiplayer.Server, "tea", "hello") })
		g.do(t, bob, func() error { return say.RPCID(bob.Node("Hall"), multiplayer.Server, "coffee", "is not heard") })
		g.do(t, mallory, func() error { return say.RPCID(mallory.Node("Hall"), multiplayer.Server, "tea", "BUY") })
		synctest.Wait()
		bob.Close()
		synctest.Wait()
		want := map[string]int{"tea Ann: hello": 3, "Mallory is muted": 1, "[welcome to tea] <nil>": 3, "multiplayer: refused with code 4101: log in first": 1,
			"Ann true": 1, "Bob true": 2, "Mallory true": 3, "Bob false": 2}
		mu.Lock()
		defer mu.Unlock()
		if !maps.Equal(heard, want) {
			t.Errorf("heard %v, want %v", heard, want)
		}
	})
}

// playing is a server in a synctest bubble, and its clients.
type playing struct{ server *multiplayer.MultiplayerPeer }

func play(t *testing.T, o *multiplayer.Options, ro *rpc.Options, run func(context.Context, *rpc.SceneMultiplayer) error) *playing {
	server, err := multiplayer.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	game, err := rpc.New(server, ro)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(context.Background(), game)
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return &playing{server}
}

func (p *playing) join(t *testing.T, url, authorization string, setup func(m *rpc.SceneMultiplayer)) *rpc.SceneMultiplayer {
	peer, err := p.server.JoinURL(url, &multiplayer.Options{Transport: transport.Options{
		HandshakeHeaders: http.Header{"Authorization": {authorization}}}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := rpc.New(peer, nil)
	if err != nil {
		t.Fatal(err)
	}
	setup(m)
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Run(context.Background(), 0, nil)
	}()
	t.Cleanup(func() {
		m.Close()
		<-done
	})
	time.Sleep(time.Second / 10) // some ticks of the server
	synctest.Wait()
	return m
}

// do has a client do something on its goroutine.
func (p *playing) do(t *testing.T, m *rpc.SceneMultiplayer, f func() error) {
	t.Helper()
	if _, err := multiplayer.Do(context.Background(), m, func() (struct{}, error) { return struct{}{}, f() }); err != nil {
		t.Error(err)
	}
}
