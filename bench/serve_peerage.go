package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// The node and the methods of the benchmark: clients call say, and the server has the others, or the caller in
// echo mode, call heard.
const (
	nodePath    = "Game"
	sayMethod   = "say"
	heardMethod = "heard"
)

var (
	say   = rpc.Method1[[]byte]{Name: sayMethod, Config: rpc.Config{Mode: rpc.AnyPeer}}
	heard = rpc.Method1[[]byte]{Name: heardMethod}
)

// servePeerage is this project's whole stack. A room is a session of its own, polled by a goroutine of its own; the
// client's subprotocol says which wire it speaks.
func servePeerage(ln net.Listener, s serving) error {
	rooms := make([]*multiplayer.MultiplayerPeer, s.rooms)
	for i := range rooms {
		peer, err := newRoom(s)
		if err != nil {
			return err
		}
		rooms[i] = peer
	}
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rooms[roomOf(r)%len(rooms)].ServeHTTP(w, r)
	}))
}

// serveGroups is servePeerage with a group for each sender, where that says everyone but one.
func serveGroups(ln net.Listener, s serving) error {
	s.groups = true
	return servePeerage(ln, s)
}

func newRoom(s serving) (*multiplayer.MultiplayerPeer, error) {
	// Some workloads send more than a player may.
	peer, err := multiplayer.NewServer(&multiplayer.Options{
		Transport: transport.Options{MaxPacketsPerSecond: -1, MaxBytesPerSecond: -1, OutboundBufferSize: s.budget},
	})
	if err != nil {
		return nil, err
	}
	m, err := rpc.New(peer, &rpc.Options{NoServerRelay: !s.relay})
	if err != nil {
		return nil, err
	}
	var failed failures
	node := m.Node(nodePath)
	node.Declare(heard)
	if s.mode == modeEcho {
		say.Handle(node, func(c *rpc.Call, b []byte) { failed.note(heard.RPCID(node, c.Sender, b)) })
		go m.Run(context.Background(), 0, nil)
		return peer, nil
	}
	if s.groups {
		others := map[rpc.PeerID]*rpc.Group{}
		m.OnPeerConnected = func(id rpc.PeerID) {
			others[id] = m.NewGroup()
			for o := range m.Peers() {
				if o != id {
					failed.note(others[id].Add(o))
					failed.note(others[o].Add(id))
				}
			}
		}
		m.OnPeerDisconnected = func(id rpc.PeerID) { delete(others, id) }
		say.Handle(node, func(c *rpc.Call, b []byte) { failed.note(heard.RPCGroup(node, others[c.Sender], b)) })
		go m.Run(context.Background(), s.ticks, nil)
		return peer, nil
	}
	say.Handle(node, func(c *rpc.Call, b []byte) { failed.note(heard.RPCID(node, multiplayer.Except(c.Sender), b)) })
	go m.Run(context.Background(), s.ticks, nil)
	return peer, nil
}

// failures says the first of many.
type failures struct{ once sync.Once }

func (f *failures) note(err error) {
	if err != nil {
		f.once.Do(func() { log.Printf("a call failed: %.200s", err.Error()) })
	}
}
