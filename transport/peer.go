package transport

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A State is where a connection stands.
type State int

const (
	Connecting State = iota // the handshake is under way
	Open                    // messages can be sent and received
	Closing                 // Close was called, the other side has not answered
	Closed                  // over, or never came to be
)

func (s State) String() string {
	switch s {
	case Connecting:
		return "Connecting"
	case Open:
		return "Open"
	case Closing:
		return "Closing"
	case Closed:
		return "Closed"
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// A WriteMode says how a message travels.
type WriteMode int

const (
	WriteText   WriteMode = iota // as text, which must be UTF-8
	WriteBinary                  // as any bytes
)

// A WebSocketPeer is one end of a WebSocket connection. It comes from [Dial],
// [Accept], [Upgrade] or [Pipe].
//
// It is polled: goroutines of its own read and write the socket, but what a
// program sees of it (its state, its packets, its close code) changes only in
// Poll. One goroutine at a time may use a peer. Close, Done, Stats, UserData
// and SetUserData may be called from any goroutine.
type WebSocketPeer struct {
	settings
	server bool

	// Of the goroutine that uses the peer; changed in Poll.
	state       State
	wasText     bool
	dirty       bool   // something was sent since the last Flush
	listed      bool   // in the group's list of peers to flush
	batched     amount // what is in out.batch, or was
	common      commonRange
	queue       []message
	queueAt     int // what of queue has been taken
	closeCode   int
	closeReason string
	err         error
	extra       http.Header // Options.HandshakeHeaders

	// Set under in.mu while in.phase is Connecting, and only then.
	nc       net.Conn
	client   net.Addr // whom nc brings, if that is another: see speaksFor
	protocol string
	url      string

	userData atomic.Pointer[any]

	lastWords atomic.Int64 // how long Close waits for them to be read, in nanoseconds
	refs      atomic.Int32 // goroutines; the last one closes in.done

	in  inbox
	out outbox

	// Of the goroutine that reads.
	meter     *meter // nil: no rate limits
	bytesIn   atomic.Uint64
	readsDone atomic.Uint64
	flooding  atomic.Bool
}

// inbox is where the reading side leaves what Poll will show. Its entry
// points are deliver, pinged, onPong and ended.
type inbox struct {
	hasNews atomic.Bool   // Poll has something to take
	unread  atomic.Uint64 // packed by unreadOf: messages not yet taken by the user
	waiting atomic.Bool   // the reader waits for room
	halfway atomic.Bool   // a large message is on its way

	// mu guards what follows.
	mu       sync.Mutex
	phase    State // what state becomes at the next Poll
	msgs     []message
	end      ending
	reader   reader             // nil until the peer is open
	paused   bool               // the reader waits to be called
	reported bool               // in the group's list of peers with news
	done     chan struct{}      // made by Done
	over     bool               // done is closed, or would be
	cancel   context.CancelFunc // of a dial or a handshake
	timer    *time.Timer        // HandshakeTimeout, later CloseTimeout
	gone     bool               // nothing is left to be ended
	beat     *heartbeat
	farewell *farewell // the close frame waits
	packets  uint64
	pings    uint64
	trip     time.Duration // last round trip of the heartbeat

	rateWaits  uint64
	rateWaited time.Duration
}

// ending is how a connection ended.
type ending struct {
	code   int // received from the other side, or -1
	reason string
	err    error
	reply  int // the code of the close frame to send if none was sent yet, or 0
}

func newPeer(s settings, o *Options, server bool) *WebSocketPeer {
	p := &WebSocketPeer{settings: s, server: server, closeCode: -1}
	p.meter = newMeter(s.packetRate, s.byteRate)
	p.refs.Store(1)
	if o != nil {
		p.extra = o.HandshakeHeaders
		if o.UserData != nil {
			p.SetUserData(o.UserData)
		}
	}
	return p
}

// unref takes note of the end of one of the peer's goroutines.
func (p *WebSocketPeer) unref() {
	if p.refs.Add(-1) > 0 {
		return
	}
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	p.in.over = true
	if p.in.done != nil {
		close(p.in.done)
	}
}

// Poll takes what has come since the last Poll: packets, a change of state.
// Then it flushes what was sent. It never blocks.
func (p *WebSocketPeer) Poll() {
	if p.in.hasNews.Load() {
		p.take(false)
	}
	p.Flush()
}

func (p *WebSocketPeer) take(group bool) {
	in := &p.in
	in.mu.Lock()
	defer in.mu.Unlock()
	in.hasNews.Store(false)
	if group {
		in.reported = false
	}
	if n := len(in.msgs); n > 0 {
		if group {
			p.group.pace.found += n
		}
		p.enqueueLocked()
	}
	if p.state != in.phase && in.phase == Closed {
		p.closeCode, p.closeReason, p.err = in.end.code, in.end.reason, in.end.err
	}
	p.state = in.phase
}

// newsLocked tells the user that Poll has something to take.
func (p *WebSocketPeer) newsLocked() {
	if p.reportLocked() {
		p.group.notify()
	}
}

// reportLocked is newsLocked for who will notify the group if that is needed.
func (p *WebSocketPeer) reportLocked() (notify bool) {
	p.in.hasNews.Store(true)
	if p.group == nil || p.in.reported {
		return false
	}
	p.in.reported = true
	return p.group.add(p)
}

// ReadyState returns where the connection stood at the last Poll.
func (p *WebSocketPeer) ReadyState() State { return p.state }

// Err returns why a Closed peer failed or was closed: nil after a closing
// handshake, whatever the code, and while the peer is not Closed. Use
// [errors.Is] and [errors.As] on it: see [ErrHandshakeTimeout],
// [ErrConnectionLost], [HandshakeError], [ProtocolError] and others.
func (p *WebSocketPeer) Err() error { return p.err }

// CloseCode returns the close code that the other side sent, -1 if there was
// no clean close, 1005 if it closed cleanly without a code. It is -1 until
// the peer is Closed.
func (p *WebSocketPeer) CloseCode() int { return p.closeCode }

// CloseReason returns the reason that the other side sent with CloseCode.
func (p *WebSocketPeer) CloseReason() string { return p.closeReason }

// Done returns a channel that is closed when the socket and every goroutine
// of the peer are gone. That needs no polling. It may be called from any
// goroutine.
func (p *WebSocketPeer) Done() <-chan struct{} {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	if p.in.done == nil {
		p.in.done = make(chan struct{})
		if p.in.over {
			close(p.in.done)
		}
	}
	return p.in.done
}

// RemoteAddr returns the other side's address, nil while it is not known. On a
// server that is the RemoteAddr of its request, which [Options].TrustedProxies
// or middleware may have found behind a proxy.
func (p *WebSocketPeer) RemoteAddr() net.Addr {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	if p.state == Connecting && !p.server || p.nc == nil {
		return nil
	}
	return p.remoteAddr()
}

// remoteAddr is RemoteAddr for who knows that there is one.
func (p *WebSocketPeer) remoteAddr() net.Addr {
	if p.client != nil {
		return p.client
	}
	return p.nc.RemoteAddr()
}

// ConnectedHost returns the IP address of RemoteAddr, "" while it is not known.
func (p *WebSocketPeer) ConnectedHost() string {
	switch a := p.RemoteAddr().(type) {
	case nil:
		return ""
	case *net.TCPAddr:
		if a.Zone != "" {
			return a.IP.String() + "%" + a.Zone
		}
		return a.IP.String()
	default:
		if host, _, err := net.SplitHostPort(a.String()); err == nil {
			return host
		}
		return a.String()
	}
}

// ConnectedPort returns the port of RemoteAddr, 0 where there is none.
func (p *WebSocketPeer) ConnectedPort() int {
	switch a := p.RemoteAddr().(type) {
	case nil:
		return 0
	case *net.TCPAddr:
		return a.Port
	default:
		_, port, _ := net.SplitHostPort(a.String())
		n, _ := strconv.Atoi(port)
		return n
	}
}

// RequestedURL returns the URL that was dialed, without a password; on a
// server the one that the client asked for, once the handshake is over.
func (p *WebSocketPeer) RequestedURL() string {
	if p.state == Connecting && p.server {
		return ""
	}
	return p.url
}

// SelectedProtocol returns the subprotocol both sides agreed on, or "".
func (p *WebSocketPeer) SelectedProtocol() string {
	if p.state == Connecting {
		return ""
	}
	return p.protocol
}

// HandshakeHeaders returns a copy of [Options].HandshakeHeaders.
func (p *WebSocketPeer) HandshakeHeaders() http.Header { return p.extra.Clone() }

// SetUserData hangs a value of the caller's on the peer, for who gets the
// peer from a [Group]. It may be called from any goroutine.
func (p *WebSocketPeer) SetUserData(v any) { p.userData.Store(&v) }

// UserData returns what SetUserData was given last, or [Options].UserData. It
// may be called from any goroutine.
func (p *WebSocketPeer) UserData() any {
	if v := p.userData.Load(); v != nil {
		return *v
	}
	return nil
}
