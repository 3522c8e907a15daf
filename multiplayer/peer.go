package multiplayer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/peerage-go/peerage/internal/crowd"
	"github.com/peerage-go/peerage/internal/owner"
	"github.com/peerage-go/peerage/internal/watch"
	"github.com/peerage-go/peerage/transport"
)

// MultiplayerPeer is one session (a room, a match, a world), as its server or as one of its clients
// (MultiplayerPeer and WebSocketMultiplayerPeer in Godot's class reference).
//
// One goroutine at a time uses it, and every event happens inside Poll on that goroutine. From any other goroutine
// only ServeHTTP, Accept, Join, Post, Wake, Snapshot, SetRefuseNewConnections, RefusesNewConnections, Close and Done may
// be called.
type MultiplayerPeer struct {
	// OnPeerConnected is called in Poll when a peer has an id and can be sent to: every client on a server, the
	// server (1) on a client. Not used once SetReceiver was called.
	OnPeerConnected func(id PeerID)
	// OnPeerDisconnected is called in Poll when a peer that was connected is gone. reason is nil if the peer closed
	// by itself, ErrLeft if this side did and gave none. Not used once SetReceiver was called.
	OnPeerDisconnected func(id PeerID, reason error)
	// OnPeerAway is called in Poll when the connection to a peer is lost and the peer may come back: then OnPeerBack
	// follows, otherwise its disconnection. See Options.ResumeWindow and Options.Reconnect. Not used once SetReceiver was
	// called, as the next two.
	OnPeerAway func(id PeerID)
	// OnPeerBack is called in Poll when a peer that was away goes on with its session.
	OnPeerBack func(id PeerID)
	// OnPacketsDropped is called in Poll when a peer keeps up again, or is back, that did not: it will not get n unreliable
	// packets of this side, which were dropped, or gave way to newer ones. Whoever sends changes by them sends it all now.
	OnPacketsDropped func(id PeerID, n int)

	opts     Options
	server   bool
	ts       *transport.Options // of new connections
	group    *transport.Group
	receiver Receiver
	knows    string // opcodes that this side knows
	log      *slog.Logger

	id        PeerID
	status    ConnectionStatus
	err       error
	peers     map[PeerID]*Peer
	order     []*Peer // the connected peers, in the order in which they came
	nextID    PeerID
	usedID    map[PeerID]struct{} // with RandomIDs: all that were ever given
	inbox     []inboxed           // for GetPacket
	waiting   []*Peer             // those whose packets waited until GetPacket made room
	sessions  map[uuid.UUID]*Peer // those that can be resumed
	peersFrom map[netip.Addr]int  // connected peers by network
	reconnect reconnection
	clock     clock
	timers    map[*Timer]struct{} // nil: the session is over
	addresses *addresses          // of a client
	stats     Stats
	board     watch.Board[Stats]
	made      time.Time
	shown     time.Duration // since made: when board was written
	queued    amount        // the packets in the outboxes of all peers
	flushes   uint64        // how often Flush was called
	notices   watch.Notices // of all peers
	comings   watch.Notices // the same, of coming and going

	target   PeerID
	delivery Delivery
	owner    owner.Goroutine
	done     chan struct{} // closed at the end of the session
	endOnce  sync.Once     // closes done

	frames [wireCount]transport.Prepared // scratch of one send
	header []byte

	refusing atomic.Bool
	ending   atomic.Bool // Close or Shutdown was called
	addr     net.Addr
	http     *http.Server

	// mu guards what other goroutines touch.
	mu       sync.Mutex
	posted   []func()
	over     bool                                // no more functions are posted: the session has ended
	live     map[*transport.WebSocketPeer]*place // nil: it ended before adopt
	shaking  crowd.Crowd[*place]                 // of newcomers in their handshake
	telling  crowd.Crowd[*place]                 // of connections that are only there for their refusal
	kept     map[uuid.UUID]*place                // for those who can come back; nil: nobody is doing it
	closed   bool
	taken    int                // places that connections have
	networks map[netip.Addr]int // the same by network
	turned   turnedAway
	doorbell doorbell
}

// Receiver takes what Poll finds, in the order in which each peer did it: connected, its packets, disconnected.
// All calls come from inside Poll, on the goroutine that polls.
type Receiver interface {
	// PeerConnected tells of a peer that can be sent to.
	PeerConnected(p *Peer)
	// PeerDisconnected tells of a connected peer that is gone. reason is nil if it closed by itself, ErrLeft if this
	// side did and gave none.
	PeerDisconnected(p *Peer, reason error)
	// ReceivePacket gives one packet. Its data is valid until ReceivePacket returns.
	ReceivePacket(p *Peer, pkt Packet)
	// PeerAway and PeerBack tell of a connected peer whose connection is lost, and that it goes on with its session.
	PeerAway(p *Peer)
	PeerBack(p *Peer)
	// PacketsDropped tells, once a peer keeps up again, how many unreliable packets of this side it will not get.
	PacketsDropped(p *Peer, n int)
	// Polled ends a Poll: all that came has been told. What is sent now still leaves with what was sent during the Poll.
	Polled()
}

func newPeer(o *Options, server bool) (*MultiplayerPeer, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &MultiplayerPeer{
		opts:      opts,
		server:    server,
		group:     transport.NewGroup(),
		log:       opts.Logger,
		peers:     map[PeerID]*Peer{},
		nextID:    Server + 1,
		sessions:  map[uuid.UUID]*Peer{},
		peersFrom: map[netip.Addr]int{},
		networks:  map[netip.Addr]int{},
		live:      map[*transport.WebSocketPeer]*place{},
		kept:      map[uuid.UUID]*place{},
		timers:    map[*Timer]struct{}{},
		made:      time.Now(),
		shown:     -watch.Every,
		done:      make(chan struct{}),
		knows:     ownKnown,
	}
	m.receiver = (*queueReceiver)(m)
	if server {
		m.id, m.status = Server, Connected
		m.ts = m.opts.serverTransport(m.group)
	} else {
		m.status = Connecting
		m.ts = m.opts.clientTransport(m.group)
	}
	if err := m.ts.Validate(); err != nil {
		return nil, fmt.Errorf("multiplayer: Options.Transport or GodotProtocols: %w", err)
	}
	return m, nil
}

// SetReceiver makes r take the events and packets that Poll finds, instead of the On fields and GetPacket. Call it
// before the first Poll.
func (m *MultiplayerPeer) SetReceiver(r Receiver) { m.receiver = r }

// SetKnown tells which opcodes of packets the floor above knows that are not in the first version of peerage.v1
// (docs/protocol.md, "Versions"). Each peer is told as it comes, and Peer.Knows has its answer. Call it before the first
// Poll.
func (m *MultiplayerPeer) SetKnown(opcodes ...byte) { m.knows = ownKnown + string(opcodes) }

// Poll takes in what has arrived, tells the receiver of it, and sends what was queued meanwhile. It never blocks,
// and it costs what has arrived, however many peers there are.
//
// Inside Poll, in a callback or a function of Post, it does nothing; while another goroutine is in it, it panics. A callback
// that panics is logged and counted, and ends nothing.
func (m *MultiplayerPeer) Poll() {
	m.owner.Poll(m.poll)
}

func (m *MultiplayerPeer) poll() {
	began := m.now()
	m.runPosted()
	m.serviceWaiting()
	for _, ws := range m.group.Poll() {
		m.service(ws)
	}
	m.tellPolled()
	m.Flush()
	if m.status == Disconnected {
		m.stopPosts()
	}
	ended := m.now()
	m.stats.Polls.Add(ended - began)
	if ended-m.shown >= watch.Every {
		m.show()
	}
}

// now is the time since the session was made.
func (m *MultiplayerPeer) now() time.Duration { return time.Since(m.made) }

// Flush hands what was queued since the last Poll or Flush to the connections. It never blocks.
func (m *MultiplayerPeer) Flush() {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	m.flushes++
	m.group.Flush()
}

// Wait returns nil when there is something to poll, or the error of ctx.
func (m *MultiplayerPeer) Wait(ctx context.Context) error { return m.group.Wait(ctx) }

// WaitPaced is Wait for who answers many at once for less: it returns as soon as there is something while little comes, and
// once a period while more than two or three messages come in one. See transport.Group.WaitPaced.
func (m *MultiplayerPeer) WaitPaced(ctx context.Context, period time.Duration) error {
	return m.group.WaitPaced(ctx, period)
}

// Wake makes Wait return. Any goroutine may call it.
func (m *MultiplayerPeer) Wake() { m.group.Wake() }

// Post has f run inside the next Poll, on the goroutine that polls; functions run in the order in which they were
// posted. It returns false, and f never runs, when the session has ended and its last Poll is over. Any goroutine may
// call it.
func (m *MultiplayerPeer) Post(f func()) bool {
	m.mu.Lock()
	over := m.over
	if !over {
		m.posted = append(m.posted, f)
	}
	m.mu.Unlock()
	m.group.Wake() // also who waits for a session that has ended
	return !over
}

// stopPosts takes no more functions, if none waits.
func (m *MultiplayerPeer) stopPosts() {
	m.mu.Lock()
	m.over = len(m.posted) == 0
	over := m.over
	m.mu.Unlock()
	if over {
		m.stopTimers()
	}
}

func (m *MultiplayerPeer) runPosted() {
	m.mu.Lock()
	fs := m.posted
	m.posted = nil
	m.mu.Unlock()
	for _, f := range fs {
		m.call("Post", f)
	}
}

// ConnectionStatus tells whether the session stands (MultiplayerPeer.get_connection_status).
func (m *MultiplayerPeer) ConnectionStatus() ConnectionStatus {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return m.status
}

// Err tells why a client is Disconnected: what failed, a Refusal if it was not let in, a transport.CloseError with what the
// server said, or ErrLeft.
func (m *MultiplayerPeer) Err() error {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return m.err
}

// UniqueID is the id of this peer: 1 on a server, 0 on a client that is not connected yet
// (MultiplayerPeer.get_unique_id).
func (m *MultiplayerPeer) UniqueID() PeerID {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return m.id
}

// IsServer tells whether this peer is the server of its session.
func (m *MultiplayerPeer) IsServer() bool { return m.server }

// Peer is the connected peer with this id, or nil (WebSocketMultiplayerPeer.get_peer).
func (m *MultiplayerPeer) Peer(id PeerID) *Peer {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return m.peers[id]
}

// Peers are the connected peers, in the order in which they came.
func (m *MultiplayerPeer) Peers() iter.Seq[*Peer] {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return slices.Values(slices.Clone(m.order))
}

// PeerAddress is the IP address of a connected peer, "" if there is none with this id
// (WebSocketMultiplayerPeer.get_peer_address).
func (m *MultiplayerPeer) PeerAddress(id PeerID) string {
	if p := m.Peer(id); p != nil {
		return p.ws.ConnectedHost()
	}
	return ""
}

// PeerPort is the port of a connected peer, 0 if there is none with this id
// (WebSocketMultiplayerPeer.get_peer_port).
func (m *MultiplayerPeer) PeerPort(id PeerID) int {
	if p := m.Peer(id); p != nil {
		return p.ws.ConnectedPort()
	}
	return 0
}

// DisconnectPeer closes the connection to a peer with CloseDisconnected (MultiplayerPeer.disconnect_peer). With
// force the peer is gone at once and its disconnection is not told; otherwise it is told, in a later Poll, once
// what was sent before has been written, for which the peer has Transport.CloseTimeout, and the peer has answered.
func (m *MultiplayerPeer) DisconnectPeer(id PeerID, force bool) error {
	return m.disconnect(id, force, CloseDisconnected, nil)
}

// DisconnectPeerWith is DisconnectPeer without force, and with a close code of 3000 to 4999, or 1000, and a reason
// that the peer is told. With a code that RFC 6455 forbids, such as 1005, 1006 or 2999, the peer is told neither: its
// connection is dropped.
func (m *MultiplayerPeer) DisconnectPeerWith(id PeerID, code int, reason string) error {
	var why error
	if reason != "" {
		why = errors.New(reason)
	}
	return m.disconnect(id, false, code, why)
}

func (m *MultiplayerPeer) disconnect(id PeerID, force bool, code int, why error) error {
	p := m.Peer(id)
	if p == nil {
		return &PeerError{id, ErrUnknownPeer}
	}
	p.leaveInOrder(code, why)
	if force {
		if p.hangUp != nil {
			p.hangUp()
		}
		m.remove(p)
	}
	return nil
}

// SetRefuseNewConnections makes a server turn newcomers away, with CloseRefused
// (MultiplayerPeer.refuse_new_connections). A peer that comes back within Options.ResumeWindow is none. Any goroutine may
// call it.
func (m *MultiplayerPeer) SetRefuseNewConnections(refuse bool) { m.refusing.Store(refuse) }

// RefusesNewConnections tells what SetRefuseNewConnections set.
func (m *MultiplayerPeer) RefusesNewConnections() bool { return m.refusing.Load() }

// Close ends the session: it stops listening, tells every peer that it leaves, and returns when all goroutines of
// the session are gone, which takes CloseTimeout at most. What was flushed before still arrives. The next Poll tells
// the disconnections. Any goroutine may call it, and again.
func (m *MultiplayerPeer) Close() error {
	m.mu.Lock()
	m.closed = true
	live := slices.Collect(maps.Keys(m.live))
	m.mu.Unlock()
	m.refusing.Store(true)
	m.ending.Store(true)
	if m.http != nil {
		m.http.Close()
	}
	code := CloseGoingAway
	if !m.server {
		code = 1000
	}
	for _, ws := range live {
		ws.Close(code, "")
	}
	for _, ws := range live {
		<-ws.Done()
	}
	m.ended()
	m.Post(func() { m.finish() })
	return nil
}

// Done is closed when the session has ended: by Close, by Shutdown, or on a client because it could not connect, lost
// its server or was sent away. The events of the end may still have to be polled. Any goroutine may call it.
func (m *MultiplayerPeer) Done() <-chan struct{} { return m.done }

func (m *MultiplayerPeer) ended() { m.endOnce.Do(func() { close(m.done) }) }
