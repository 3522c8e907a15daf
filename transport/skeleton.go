package transport

import (
	"context"
	"iter"
	"net"
	"net/http"
	"time"
)

// A State is where a connection stands.
type State int

const (
	Connecting State = iota // the handshake is under way
	Open                    // messages can be sent and received
	Closing                 // a close was sent, the answer has not come
	Closed                  // over, or never came to be
)

func (s State) String() string { panic("not yet") }

// A WriteMode says how a message travels.
type WriteMode int

const (
	WriteText   WriteMode = iota // as text, which must be UTF-8
	WriteBinary                  // as bytes
)

// A WebSocketPeer is one end of a WebSocket connection, polled.
type WebSocketPeer struct{}

// Dial starts to connect to a ws:// or wss:// URL and returns at once.
func Dial(url string, o *Options) (*WebSocketPeer, error) { panic("not yet") }

// Accept serves the handshake of a client on a bare connection, in the
// background, and returns at once.
func Accept(nc net.Conn, o *Options) *WebSocketPeer { panic("not yet") }

// Upgrade answers an HTTP request for a WebSocket.
func Upgrade(w http.ResponseWriter, r *http.Request, o *Options) (*WebSocketPeer, error) {
	panic("not yet")
}

// Pipe returns two connected peers that need no network.
func Pipe(server, client *Options) (s, c *WebSocketPeer) { panic("not yet") }

func (p *WebSocketPeer) Poll()                               { panic("not yet") }
func (p *WebSocketPeer) Flush()                              { panic("not yet") }
func (p *WebSocketPeer) ReadyState() State                   { panic("not yet") }
func (p *WebSocketPeer) Err() error                          { panic("not yet") }
func (p *WebSocketPeer) Send(data []byte, m WriteMode) error { panic("not yet") }
func (p *WebSocketPeer) SendText(s string) error             { panic("not yet") }
func (p *WebSocketPeer) PutPacket(data []byte) error         { panic("not yet") }
func (p *WebSocketPeer) SendPrepared(f *Prepared) error      { panic("not yet") }
func (p *WebSocketPeer) AvailablePacketCount() int           { panic("not yet") }
func (p *WebSocketPeer) GetPacket() ([]byte, error)          { panic("not yet") }
func (p *WebSocketPeer) WasStringPacket() bool               { panic("not yet") }
func (p *WebSocketPeer) Packets() iter.Seq[Packet]           { panic("not yet") }
func (p *WebSocketPeer) Close(code int, reason string) error { panic("not yet") }
func (p *WebSocketPeer) CloseCode() int                      { panic("not yet") }
func (p *WebSocketPeer) CloseReason() string                 { panic("not yet") }
func (p *WebSocketPeer) Done() <-chan struct{}               { panic("not yet") }
func (p *WebSocketPeer) ConnectedHost() string               { panic("not yet") }
func (p *WebSocketPeer) ConnectedPort() int                  { panic("not yet") }
func (p *WebSocketPeer) RequestedURL() string                { panic("not yet") }
func (p *WebSocketPeer) SelectedProtocol() string            { panic("not yet") }
func (p *WebSocketPeer) HandshakeHeaders() http.Header       { panic("not yet") }
func (p *WebSocketPeer) CurrentOutboundBufferedAmount() int  { panic("not yet") }
func (p *WebSocketPeer) SetNoDelay(enabled bool) error       { panic("not yet") }
func (p *WebSocketPeer) Congested() bool                     { panic("not yet") }
func (p *WebSocketPeer) RemoteAddr() net.Addr                { panic("not yet") }
func (p *WebSocketPeer) Stats() Stats                        { panic("not yet") }
func (p *WebSocketPeer) SetUserData(v any)                   { panic("not yet") }
func (p *WebSocketPeer) UserData() any                       { panic("not yet") }

// A Packet is one received message. Data belongs to who took the packet,
// until Release.
type Packet struct {
	Data []byte
	Text bool
}

// Release gives the memory of Data back for reuse. It is optional.
func (p *Packet) Release() { panic("not yet") }

// A Prepared is a message framed once, to be sent to many peers.
type Prepared struct{}

// Set makes f the message that the parts form when joined. It copies them.
func (f *Prepared) Set(m WriteMode, parts ...[]byte) { panic("not yet") }

// Len returns the size of the message, without its frame.
func (f *Prepared) Len() int { panic("not yet") }

// A Group gathers the peers that have news.
type Group struct{}

func NewGroup() *Group                          { panic("not yet") }
func (g *Group) Poll() []*WebSocketPeer         { panic("not yet") }
func (g *Group) Flush()                         { panic("not yet") }
func (g *Group) Wait(ctx context.Context) error { panic("not yet") }
func (g *Group) Wake()                          { panic("not yet") }

// Stats count what one peer has done since it was made.
type Stats struct {
	PacketsIn, PacketsOut uint64 // messages received and sent
	BytesIn, BytesOut     uint64 // bytes on the wire, handshake included
	Reads, Writes         uint64 // calls that moved bytes
	PingsIn, PingsOut     uint64
	RoundTrip             time.Duration // of the last heartbeat; 0 = none yet
}
