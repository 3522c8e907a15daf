package rpc

import (
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/internal/crowd"
	"github.com/peerage-go/peerage/internal/owner"
	"github.com/peerage-go/peerage/internal/watch"
	"github.com/peerage-go/peerage/multiplayer"
)

// SceneMultiplayer makes remote calls over one session (SceneMultiplayer and MultiplayerAPI in Godot's class
// reference). One goroutine at a time uses it; handlers and the On functions run inside Poll, on that goroutine. From
// other goroutines only Post, Wake and Snapshot may be called, and the methods of Reply and Answer that say so.
type SceneMultiplayer struct {
	// OnConnectedToServer: this client was admitted (connected_to_server).
	OnConnectedToServer func()
	// OnConnectionFailed: this client could not connect, or was not admitted (connection_failed). err says why.
	OnConnectionFailed func(err error)
	// OnServerDisconnected: this client lost its server and its session, or was sent away (server_disconnected). err
	// says why. The peers that it knew were disconnected before. With multiplayer.Options.Reconnect it may come back as
	// a new peer: then the connection status is Connecting, and OnConnectedToServer or OnConnectionFailed follows.
	OnServerDisconnected func(err error)
	// OnPeerConnected: a peer can be called: the server, or a client, also one that is reached through the server
	// (peer_connected). While many come at once, clients are told of each other up to 100 ms later than else, but before
	// anything comes from each other.
	OnPeerConnected func(id PeerID)
	// OnPeerDisconnected: a peer that was connected is gone (peer_disconnected).
	OnPeerDisconnected func(id PeerID)
	// OnPeerAway: the connection to a peer is lost, and the peer may come back: then OnPeerBack follows, else
	// OnPeerDisconnected. Clients of peerage.v1 are told it of each other, too. See multiplayer.Options.ResumeWindow.
	OnPeerAway func(id PeerID)
	// OnPeerBack: a peer that was away goes on where it was.
	OnPeerBack func(id PeerID)
	// OnPacketsDropped: a peer that did not keep up, or was away, does again, and will not get n unreliable packets of this
	// side, which were dropped or gave way to newer ones. Whoever sends changes by unreliable methods sends it all now.
	OnPacketsDropped func(id PeerID, n int)
	// OnPeerAuthenticating: a connection waits to be admitted, with AuthCallback (peer_authenticating).
	OnPeerAuthenticating func(id PeerID)
	// OnPeerAuthenticationFailed: it left, or was sent away, before it was admitted (peer_authentication_failed).
	OnPeerAuthenticationFailed func(id PeerID)
	// OnPeerPacket: a peer sent bytes with SendBytes (peer_packet). They are valid until it returns.
	OnPeerPacket func(id PeerID, data []byte)
	// OnCallRefused: a remote call was not run, here or at the other side, and why.
	OnCallRefused func(f Refusal)
	// OnChecksumMismatch: a Godot client has another list of methods for a node than this side.
	OnChecksumMismatch func(c ChecksumMismatch)
	// OnReplication: a packet of a MultiplayerSpawner or MultiplayerSynchronizer came from a Godot client to this peer.
	// Of a synchronizer that stands in the client's scene they come only for a node that this side has made. The bytes
	// are valid until it returns.
	OnReplication func(id PeerID, packet []byte)

	peer *multiplayer.MultiplayerPeer
	opts Options
	log  *slog.Logger

	nodes    map[string]*Node
	patterns []*Node              // those of nodes whose path is a pattern
	remotes  map[PeerID]*remote   // admitted
	pending  map[PeerID]*remote   // authenticating
	crowd    crowd.Crowd[*remote] // the same
	order    []*remote            // admitted, in the order in which they came
	byWire   [wireCount][]*remote
	behind   []*remote // those to whom something of others is untold
	unsaid   []*answer // failures whose caller had no room for them
	wires    [wireCount]wire
	sender   PeerID
	status   multiplayer.ConnectionStatus

	newcomers    int           // how many, the last of order, are not introduced yet
	introducing  time.Duration // when they may be, if nothing is sent
	waiting      bool          // they wait for that
	introduction *time.Timer   // wakes who waits, then

	seed      maphash.Seed // of copying
	slots     int          // how many remote.slot there are
	freeSlots []int

	groups   PeerID // how many were made
	replies  map[uint64]*waiting
	lastID   uint64
	owner    owner.Goroutine
	closing  bool // Shutdown goes on
	leaving  bool // a client: it sent its server away
	departed bool // somebody has, in this Poll

	stats   Stats
	board   watch.Board[Stats]
	notices watch.Notices // of all peers
	made    time.Time
	shown   time.Duration   // since made: when board was written
	mark    time.Duration   // since made: when the last handler returned, if only packets came since; else 0
	leaver  *remote         // whose going is told
	labels  context.Context // with ProfileHandlers: those of the handler that runs

	// Scratch of the goroutine that polls.
	in       message // the packet that came
	inner    message // the one inside it, of a relay
	out      message
	one      [1]*remote
	some     [wireCount][]*remote
	passing  [wireCount][]*remote
	seen     bits
	calls    []*Call
	locals   []*localCall
	localEnc args.MessagePackEncoder
}

// wireCount is how many wires there are: multiplayer.Peerage and multiplayer.Godot.
const wireCount = 2

// New makes remote calls possible on a session. It takes the session's packets and events: do not use its GetPacket, On
// fields or SetReceiver beside it, nor its DisconnectPeer with force, of which nobody is told. Call it once a session,
// on the goroutine that polls. Peers that are connected already are told of, and what they sent is taken, in the first
// Poll. The error tells of options that are wrong, or that there is no session.
func New(peer *multiplayer.MultiplayerPeer, o *Options) (*SceneMultiplayer, error) {
	if peer == nil {
		return nil, errors.New("rpc: New without a session: pass what multiplayer.Listen, NewServer, Dial or Offline gave")
	}
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &SceneMultiplayer{
		peer:    peer,
		opts:    opts,
		log:     opts.Logger,
		nodes:   map[string]*Node{},
		remotes: map[PeerID]*remote{},
		pending: map[PeerID]*remote{},
		replies: map[uint64]*waiting{},
		status:  peer.ConnectionStatus(),
		made:    time.Now().Add(-time.Nanosecond),
		shown:   -watch.Every,
		labels:  context.Background(),
		seed:    maphash.MakeSeed(),
	}
	if m.status == multiplayer.Connected && !peer.IsServer() {
		m.status = multiplayer.Connecting // until it is admitted
	}
	m.wires = [wireCount]wire{multiplayer.Peerage: newPeerageWire(m), multiplayer.Godot: newGodotWire(m)}
	peer.SetKnown(laterOpcodes...)
	v := (*receiver)(m)
	peer.SetReceiver(v)
	late := peer.AvailablePacketCount() > 0
	for p := range peer.Peers() {
		p.Attachment, late = nil, true // of whoever had the session before
	}
	if late {
		peer.Post(v.takeOver)
	}
	return m, nil
}

// MultiplayerPeer is the session: see New for what of it not to use.
func (m *SceneMultiplayer) MultiplayerPeer() *multiplayer.MultiplayerPeer { return m.peer }

// UniqueID is the id of this peer (MultiplayerAPI.get_unique_id).
func (m *SceneMultiplayer) UniqueID() PeerID { return m.peer.UniqueID() }

// IsServer tells whether this peer is the server (MultiplayerAPI.is_server).
func (m *SceneMultiplayer) IsServer() bool { return m.peer.IsServer() }

// RemoteSenderID is the peer whose call is running, this peer itself in a local call, 0 outside of handlers
// (MultiplayerAPI.get_remote_sender_id).
func (m *SceneMultiplayer) RemoteSenderID() PeerID {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return m.sender
}

// Peers are the ids of the peers that can be called, in the order in which they came (MultiplayerAPI.get_peers).
func (m *SceneMultiplayer) Peers() iter.Seq[PeerID] {
	return func(yield func(PeerID) bool) {
		m.owner.OnlyThePollingGoroutineElsePostOrDo()
		for _, r := range slices.Clone(m.order) {
			if !yield(r.id) {
				return
			}
		}
	}
}

// Admitted is what multiplayer.Options.Admit said of a peer: who it is. It is there from OnPeerAuthenticating until
// OnPeerDisconnected or OnPeerAuthenticationFailed has returned, and stays what it was when the peer comes back on another
// connection. It is nil without Admit, and for a peer that is reached through the server.
func (m *SceneMultiplayer) Admitted(id PeerID) any {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	for _, r := range [...]*remote{m.remotes[id], m.pending[id], m.leaver} {
		if r != nil && r.id == id {
			return r.admitted()
		}
	}
	return nil
}

func (r *remote) admitted() any {
	if r == nil || r.via != nil {
		return nil
	}
	return r.link.Admitted()
}

// Away tells whether a peer's connection is lost and it may still come back: see OnPeerAway.
func (m *SceneMultiplayer) Away(id PeerID) bool {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	r := m.remotes[id]
	return r != nil && r.away
}

// HasPeer tells whether a peer can be called.
func (m *SceneMultiplayer) HasPeer(id PeerID) bool {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return m.remotes[id] != nil
}

// Poll takes in what has arrived, runs handlers and events, and sends what was called meanwhile. It never blocks.
// Inside Poll, in a handler, an event or a function of Post, it does nothing; while another goroutine is in it, it panics.
func (m *SceneMultiplayer) Poll() {
	m.owner.Poll(m.poll)
}

func (m *SceneMultiplayer) poll() {
	m.mark = 0
	m.peer.Poll()
	m.updateStatus()
	if t := m.now(); t-m.shown >= watch.Every {
		m.shown = t
		m.board.Put(m.Stats(), m.status == multiplayer.Disconnected)
	}
}

// Flush sends what was called since the last Poll or Flush.
func (m *SceneMultiplayer) Flush() {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	m.introduceInTime()
	m.settle()
	m.peer.Flush()
}

// settle has the wires say what can wait for the end of a tick.
func (m *SceneMultiplayer) settle() {
	for _, w := range m.wires {
		w.settle()
	}
}

// Wait returns nil when there is something to poll, or the error of ctx.
func (m *SceneMultiplayer) Wait(ctx context.Context) error { return m.peer.Wait(ctx) }

// WaitPaced is Wait for who answers many at once for less: see transport.Group.WaitPaced.
func (m *SceneMultiplayer) WaitPaced(ctx context.Context, period time.Duration) error {
	return m.peer.WaitPaced(ctx, period)
}

// Wake makes Wait return. Any goroutine may call it.
func (m *SceneMultiplayer) Wake() { m.peer.Wake() }

// Post has f run inside the next Poll, on the goroutine that polls. It returns false, and f never runs, when the session
// has ended and its last Poll is over. Any goroutine may call it.
func (m *SceneMultiplayer) Post(f func()) bool { return m.peer.Post(f) }

// Done is closed when the session has ended, see multiplayer.MultiplayerPeer.Done.
func (m *SceneMultiplayer) Done() <-chan struct{} { return m.peer.Done() }

// Close ends the session, see multiplayer.MultiplayerPeer.Close. The next Poll tells the events.
func (m *SceneMultiplayer) Close() error { return m.peer.Close() }

// DisconnectPeer sends a peer away (SceneMultiplayer.disconnect_peer), with the close code 4000: on a server a client,
// also one that is being authenticated; on a client the server, 1, and nobody else, which is to leave. The events come in
// a later Poll. The error is multiplayer.ErrUnknownPeer, in a multiplayer.PeerError.
func (m *SceneMultiplayer) DisconnectPeer(id PeerID) error {
	return m.left(id, m.peer.DisconnectPeer(id, false))
}

// DisconnectPeerWith is DisconnectPeer with a close code, 1000 or 3000 to 4999, and a reason, which the peer is told.
func (m *SceneMultiplayer) DisconnectPeerWith(id PeerID, code int, reason string) error {
	return m.left(id, m.peer.DisconnectPeerWith(id, code, reason))
}

// left notes that a client leaves of its own will.
func (m *SceneMultiplayer) left(id PeerID, err error) error {
	if err == nil && id == multiplayer.Server {
		m.leaving = true
	}
	return err
}

// updateStatus tells a client how its connection ended.
func (m *SceneMultiplayer) updateStatus() {
	was := m.status
	if was == multiplayer.Disconnected || m.peer.ConnectionStatus() != multiplayer.Disconnected {
		return
	}
	m.status = multiplayer.Disconnected
	m.shown = -watch.Every // the last Snapshot has it all
	for _, r := range slices.Backward(slices.Clone(m.order)) {
		m.depart(r) // clients that were reached through the server
	}
	m.failReplies(errNoMore, nil)
	if m.IsServer() {
		return
	}
	if was == multiplayer.Connecting {
		m.eventError("OnConnectionFailed", m.OnConnectionFailed, m.peer.Err())
		return
	}
	m.eventError("OnServerDisconnected", m.OnServerDisconnected, m.peer.Err())
}

// receiver takes the events of the session.
type receiver SceneMultiplayer

// takeOver meets the peers that were connected before New.
func (v *receiver) takeOver() {
	peer := v.peer
	for p := range peer.Peers() {
		if p.Attachment == nil {
			v.PeerConnected(p)
		}
	}
	for pkt := range peer.Packets() {
		if p := peer.Peer(pkt.Peer); p != nil {
			v.ReceivePacket(p, pkt)
		}
	}
}

func (v *receiver) PeerConnected(p *multiplayer.Peer) {
	m := (*SceneMultiplayer)(v)
	r := &remote{id: p.ID(), link: p}
	p.Attachment = r
	m.wires[p.Wire()].joined(r)
	m.mark = 0
	switch {
	case m.opts.AuthCallback == nil:
		m.admit(r)
	case !m.roomToAuthenticate(p):
		r.phase = departed
		m.wires[p.Wire()].left(r)
		m.expel(r, &m.stats.AuthRefused, ErrTooManyAuthenticating)
	default:
		m.authenticate(r)
	}
}

func (v *receiver) PeerDisconnected(p *multiplayer.Peer, reason error) {
	m := (*SceneMultiplayer)(v)
	m.mark = 0
	r, met := p.Attachment.(*remote)
	if !met {
		return // it left before takeOver
	}
	if r.phase == authenticating {
		m.authFailed(r)
		return
	}
	if !m.IsServer() {
		for _, o := range slices.Backward(slices.Clone(m.order)) { // who came last goes first, the server last of all
			if o.via == r {
				m.depart(o)
			}
		}
	}
	m.depart(r)
	if !m.IsServer() && m.peer.ConnectionStatus() != multiplayer.Disconnected { // else updateStatus tells it
		m.status = multiplayer.Connecting
		m.eventError("OnServerDisconnected", m.OnServerDisconnected, reason)
	}
}

func (v *receiver) ReceivePacket(p *multiplayer.Peer, pkt multiplayer.Packet) {
	m := (*SceneMultiplayer)(v)
	r := p.Attachment.(*remote)
	m.stats.PacketsIn++
	m.receive(r, pkt)
}

func (v *receiver) PeerAway(p *multiplayer.Peer) { (*SceneMultiplayer)(v).setAway(p, true) }

func (v *receiver) PeerBack(p *multiplayer.Peer) { (*SceneMultiplayer)(v).setAway(p, false) }

func (v *receiver) PacketsDropped(p *multiplayer.Peer, n int) {
	m := (*SceneMultiplayer)(v)
	if r, met := p.Attachment.(*remote); met && r.phase == admitted && m.OnPacketsDropped != nil {
		m.call("OnPacketsDropped", func() { m.OnPacketsDropped(r.id, n) })
	}
}

func (v *receiver) Polled() {
	m := (*SceneMultiplayer)(v)
	m.introduceInTime()
	m.informAll()
	m.sayUnsaid()
	m.settle()
	if m.departed { // what is scratch may hold them
		m.departed = false
		m.in, m.inner, m.out, m.one = message{}, message{}, message{}, [1]*remote{}
		m.some, m.passing = [wireCount][]*remote{}, [wireCount][]*remote{}
	}
}

// receive handles a packet of a connected peer.
func (m *SceneMultiplayer) receive(r *remote, pkt multiplayer.Packet) {
	if r.phase == authenticating && r.local && !m.wires[r.wire()].isAuth(pkt.Data) {
		m.admit(r) // a side without a callback does not say that it has completed
	}
	m.in = message{delivery: pkt.Delivery}
	ok, err := m.wires[r.wire()].decode(r, nil, pkt.Data, &m.in)
	switch {
	case r.phase == authenticating:
		m.duringAuth(r, ok && err == nil, &m.in)
	case err != nil:
		m.malformed(r, err)
	case ok:
		m.handle(r, &m.in)
	}
}

// handle acts on a message from r.
func (m *SceneMultiplayer) handle(r *remote, msg *message) {
	if msg.kind != kindCall && msg.kind != kindRequest {
		m.mark = 0 // the program may take its time over it
	}
	switch msg.kind {
	case kindCall, kindRequest:
		m.incoming(r, msg)
	case kindReply, kindFailure:
		m.answered(r, msg)
	case kindCancel:
		m.cancelled(r, msg.request)
	case kindRefused:
		m.stats.RefusedByRemote++
		if m.loud(r) {
			m.report(Refusal{Sender: r.id, Node: msg.path, Method: msg.name, Code: msg.code, Reason: msg.text, Remote: true})
		}
	case kindRaw:
		m.eventBytes("OnPeerPacket", m.OnPeerPacket, r.id, msg.data)
	case kindReplication:
		m.stats.Replication++
		m.eventBytes("OnReplication", m.OnReplication, r.id, msg.data)
	case kindRelay, kindRelayed, kindPeerAdded, kindPeerRemoved, kindPeerAway, kindPeerBack:
		m.handleRelay(r, msg)
	case kindAuth, kindAuthDone:
		// The late confirmation of a side that has admitted this one already.
	}
}

// malformed deals with bytes that no correct peer sends.
func (m *SceneMultiplayer) malformed(r *remote, err error) {
	m.stats.Malformed++
	r.stats.Malformed++
	if m.loud(r) {
		m.log.Warn("rpc: a packet was ignored", "peer", r.id, "err", err)
	}
	m.fault(r)
}
