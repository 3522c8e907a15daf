package main

import (
	"context"
	"errors"
	"expvar"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"github.com/peerage-go/peerage/examples/internal/trouble"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/metrics"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

const (
	// maxPlayers is how many may play at once.
	maxPlayers = 200
	// maxFouls is how often a player may do what is not allowed without a proper move between.
	maxFouls = 20
	// goodbye is how long players may take to leave when the server goes down.
	goodbye = 3 * time.Second
	// heartbeat finds players whose connection died in silence: the others wait for their turn.
	heartbeat = 10 * time.Second
	// resumeWindow is how long a player whose connection was lost keeps the seat. The others wait that long at most.
	resumeWindow = 15 * time.Second
)

// sessions are what /debug/vars shows of the games of this process.
var sessions metrics.Set

func init() { expvar.Publish("peerage", &sessions) }

// server is the authority of the game: it judges what players ask for and tells everybody what came of it.
type server struct {
	*board
	m     *rpc.SceneMultiplayer
	log   *slog.Logger
	dice  func() int
	tally game.Tally
	past  game.Past
	fouls map[game.ID]int

	// limit ends the game after so many turns, if it is not 0; over is called then, once.
	limit int
	over  func()
}

// serverOptions configure a server.
type serverOptions struct {
	node      string
	log       *slog.Logger // who comes and goes
	warnings  *slog.Logger // what the library has to say
	dice      func() int   // default: random
	randomIDs bool         // peer ids as a Godot host would choose them
	origins   []string     // of whose pages may connect, besides the server's own
}

// newServer makes the server of a game. Its session still has to be mounted somewhere.
func newServer(o serverOptions) (*server, error) {
	session, err := multiplayer.NewServer(&multiplayer.Options{
		GodotProtocols: []string{subprotocol},
		RandomIDs:      o.randomIDs,
		MaxPeers:       maxPlayers,
		ResumeWindow:   resumeWindow,
		Logger:         o.warnings,
		Transport:      transport.Options{HeartbeatInterval: heartbeat, Origins: o.origins},
	})
	if err != nil {
		return nil, err
	}
	m, err := rpc.New(session, &rpc.Options{Logger: o.warnings})
	if err != nil {
		return nil, err
	}
	s := &server{board: newBoard(m, o.node), m: m, log: o.log, dice: o.dice, fouls: map[game.ID]int{}}
	if s.dice == nil {
		s.dice = func() int { return rand.IntN(game.Sides) }
	}
	setPlayerName.Handle(s.node, func(c *rpc.Call, name string) { s.name(game.ID(c.Sender), name) })
	requestAction.Handle(s.node, func(c *rpc.Call, action string) { s.act(game.ID(c.Sender), action) })
	m.OnPeerConnected = func(id rpc.PeerID) { s.joined(game.ID(id)) }
	m.OnPeerDisconnected = func(id rpc.PeerID) { s.left(game.ID(id)) }
	return s, nil
}

// host seats a player at the server itself, as peer 1, and says why under another name than this, "" if it is not. Call
// it before anybody else can come.
func (s *server) host(name string) (why string) {
	id := game.ID(multiplayer.Server)
	name, why = s.table.NameFor(id, name)
	s.add(id, name)
	p, _ := s.table.Find(id)
	s.tally.Seat(p)
	return why
}

// run is the server's loop, until ctx ends.
func (s *server) run(ctx context.Context, tick func()) {
	defer sessions.Add("game", s.m)()
	s.m.Run(ctx, 0, func(time.Duration) {
		if tick != nil {
			tick()
		}
	})
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	s.m.Shutdown(bye, multiplayer.Goodbye{Reason: "stopped by its operator"})
}

// joined seats a newcomer: it is told of those who are there, everybody of it, and it of the turn. Beyond what the
// demo's host does it reads in its log what happened before, which the demo's clients show as any other line.
func (s *server) joined(id game.ID) {
	p := s.m.MultiplayerPeer().Peer(rpc.PeerID(id))
	s.log.Info("connected", "peer", id, "wire", p.Wire(), "from", p.WebSocket().RemoteAddr())
	for _, o := range s.table.Players() {
		s.told(addPlayer.RPCID(s.node, rpc.PeerID(id), o.ID, o.Label()))
	}
	s.told(s.node.RPC(addPlayer.Name, id)) // without a name: a Godot client shows that one is still to come
	s.told(setTurn.RPCID(s.node, rpc.PeerID(id), s.table.Turn()))
	for _, line := range s.past.Told(&s.table, &s.tally) {
		s.told(logLine.RPCID(s.node, rpc.PeerID(id), line))
	}
	if p, ok := s.table.Find(id); ok {
		s.tally.Seat(p)
	}
}

func (s *server) left(id game.ID) {
	p, _ := s.table.Find(id)
	s.log.Info("left", "peer", id, "name", p.Title(), "players", s.table.Len()-1)
	delete(s.fouls, id)
	s.told(delPlayer.RPC(s.node, id))
	s.told(setTurn.RPC(s.node, s.table.Turn()))
}

// name gives a player the name that it asks for, or one like it.
func (s *server) name(id game.ID, wanted string) {
	before, ok := s.table.Find(id)
	if !ok {
		return
	}
	name, why := s.table.NameFor(id, wanted)
	if before.Name != "" && s.foul(id) {
		return
	}
	s.told(updatePlayerName.RPC(s.node, id, name))
	if why != "" {
		s.told(logLine.RPCID(s.node, rpc.PeerID(id), youAre(name, why)))
	}
	p, _ := s.table.Find(id)
	s.tally.Seat(p)
	if before.Name == "" {
		s.log.Info("joined", "peer", id, "name", name, "players", s.table.Len())
	} else {
		s.log.Info("renamed", "peer", id, "name", name, "before", before.Name)
	}
}

// youAre is the line for the log of one player that says why its name is not the one that it asked for. All clients
// show it, those of Godot's demo too.
func youAre(name, why string) string { return "You are " + name + ": " + why }

// act does what a player asks for, if the rules allow it.
func (s *server) act(id game.ID, action string) {
	p, ok := s.table.Find(id)
	if !ok || s.ended() {
		return
	}
	r := s.table.Rule(id, action, s.dice)
	s.tally.Note(p, r)
	s.past.Note(p, r)
	s.told(logLine.RPC(s.node, r.Line))
	s.board.log(r.Line) // _log is not CallLocal
	if !r.Moved() {
		s.log.Info("foul", "peer", id, "name", p.Title())
		s.foul(id)
		return
	}
	delete(s.fouls, id)
	s.told(setTurn.RPC(s.node, r.Next))
	if s.ended() && s.over != nil {
		s.over()
	}
}

// ended tells whether all turns were played.
func (s *server) ended() bool { return s.limit > 0 && s.tally.Moves() >= s.limit }

// foul counts what a player should not have done, and sends away who does not stop: every foul is told to everybody.
func (s *server) foul(id game.ID) (gone bool) {
	s.fouls[id]++
	if s.fouls[id] < maxFouls || id == game.ID(multiplayer.Server) {
		return false
	}
	s.log.Warn("sent away", "peer", id, "fouls", s.fouls[id])
	s.m.MultiplayerPeer().DisconnectPeerWith(rpc.PeerID(id), multiplayer.CloseDisconnected, "too many fouls")
	return true
}

// told looks at what came of a call. It need not reach those who are just leaving. But a player whom a call did not reach, because it does not read what it is sent, no
// longer sees the game as it is, and has to go.
func (s *server) told(err error) {
	late := trouble.Behind(err)
	if err != nil && (len(late) > 0 || !errors.Is(err, net.ErrClosed)) {
		s.log.Warn("a call did not reach everybody", "err", err)
	}
	for _, id := range late {
		s.m.MultiplayerPeer().DisconnectPeerWith(id, multiplayer.CloseDisconnected, "you do not read what you are sent")
	}
}
