package transport

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"
)

// Defaults of [Options]; the first three are those of Godot's WebSocketPeer.
const (
	DefaultInboundBufferSize  = 65535
	DefaultOutboundBufferSize = 65535
	DefaultMaxQueuedPackets   = 2048
	DefaultHandshakeTimeout   = 3 * time.Second
	DefaultCloseTimeout       = 3 * time.Second
	DefaultWriteTimeout       = 10 * time.Second
	DefaultFloodTimeout       = 30 * time.Second
)

// minBufferSize is the largest control frame: a smaller limit would refuse
// the other side's pings.
const minBufferSize = 125

// Options say how a [WebSocketPeer] behaves. A nil *Options and a zero
// Options mean the defaults. Options are read when the peer is made and never
// written to, so one value may serve any number of peers, also at once.
type Options struct {
	// HandshakeHeaders are sent with the handshake: by a client with its
	// request, by a server with its 101 reply. Those that the handshake
	// itself is made of (Upgrade, Connection, Sec-WebSocket-*) are ignored,
	// but for a client's Host. Default none.
	HandshakeHeaders http.Header

	// SupportedProtocols are the subprotocols that a client offers, most
	// wanted first, or that a server accepts: it takes the first one on the
	// client's list that is on its own, and refuses a client none of whose
	// are. Default none: a client offers none, a server refuses every client
	// that offers any.
	SupportedProtocols []string

	// ProtocolOptional lets a server with SupportedProtocols also accept a
	// client that offers none, and a client with SupportedProtocols go on
	// with a server that chose none. Default false, as in Godot.
	ProtocolOptional bool

	// InboundBufferSize, in bytes, is how much received but unread data may
	// wait, and the size of the largest message that is accepted: a larger
	// one ends the connection with code 1009. When unread messages reach it
	// the peer stops reading, which slows the sender; nothing is dropped.
	// Default 65535, at least 125. A hostile client can make a server hold a
	// few times this much for each connection, if it sends that much.
	InboundBufferSize int

	// OutboundBufferSize, in bytes, is how much sent but unwritten data may
	// wait, and the size of the largest message that can be sent. Over it
	// sending fails with ErrBufferFull. Default 65535, at least 125.
	OutboundBufferSize int

	// MaxQueuedPackets is how many messages may wait in each direction, in
	// the way of the two sizes above. A waiting message costs some 200 bytes
	// besides its own. Default 2048.
	MaxQueuedPackets int

	// MaxPacketsPerSecond and MaxBytesPerSecond limit what is read from the
	// other side: messages, pings and pongs, and bytes on the wire. Two
	// seconds' worth may come at once. Over it the peer reads no faster, which
	// slows the sender down. Default 0, as in Godot: no limit; nor with less.
	MaxPacketsPerSecond int
	MaxBytesPerSecond   int

	// FloodTimeout is how long the other side may go on being over those
	// limits. Then it is disconnected with code 1008. After a third of it
	// the peer is Flooding. Default 30 s.
	FloodTimeout time.Duration

	// HandshakeTimeout is how long name lookup, connecting, TLS and the HTTP
	// handshake may take in all. Default 3 s.
	HandshakeTimeout time.Duration

	// CloseTimeout is how long closing may take from Close, or from the
	// other side's close, until the socket is gone. Default 3 s.
	CloseTimeout time.Duration

	// HeartbeatInterval is the time from one ping to the next; a peer whose
	// pong has not come by the next one is closed. Default 0: no pings, and
	// then a connection that died in silence is only noticed by sending.
	HeartbeatInterval time.Duration

	// WriteTimeout is how long one blocked write may take before the
	// connection is dropped. Default 10 s.
	WriteTimeout time.Duration

	// TLSConfig is what a client uses for wss:// (a copy of it): own roots,
	// client certificates, InsecureSkipVerify. Default nil: the system's
	// roots. For [Accept], if set, TLS is spoken and it must hold a
	// certificate. Ignored by [Upgrade] and [Pipe]. InsecureSkipVerify lets
	// anyone on the way read and change everything.
	TLSConfig *tls.Config

	// Origins are the hosts, besides the server's own, whose web pages may
	// connect: "example.com", "example.com:8080", "example.com:*",
	// "*.example.com", or a whole origin such as "https://example.com". "null"
	// is a page without one, of a file or a sandbox. "*" allows every page,
	// and with cookies or a private network that is an open door. Requests
	// without an Origin header, as from games, always pass. What can never
	// match is an [ErrOptions]. Server only.
	Origins []string

	// TrustedProxies are the addresses ("127.0.0.1") and networks ("10.0.0.0/8") of
	// proxies that tell whom they connect, in X-Forwarded-For or Forwarded: see
	// ClientAddr. The request has the client's address as its RemoteAddr for Admit
	// then, the peer as its own, and the log. Connections over a Unix socket count
	// as a trusted proxy's if any is named. Default none: nobody is believed.
	// Server only.
	TrustedProxies []string

	// Admit decides over a handshake that is good otherwise, before it is
	// answered. What it returns beside a nil error becomes the peer's UserData,
	// unless it is nil. A [HandshakeError] as the error chooses what the client
	// is told: StatusCode, Reason and Header; after any other error that is 403
	// and no more. It runs on the goroutine of the handshake, several at once,
	// and may take its time; the request's context ends when the client gives
	// up. Server only. Default nil: everybody.
	Admit func(r *http.Request) (userData any, err error)

	// Logger is told of refusals, violations and time-outs, by goroutines that
	// read: it must not block. Default nil: silence.
	Logger *slog.Logger

	// Group is what the peer reports to; see [Group]. Default nil.
	Group *Group

	// UserData is what the peer's UserData returns from the start, so that
	// who polls the Group never meets a peer without it. Default nil.
	UserData any
}

// settings are the options a peer goes on needing once it is open.
type settings struct {
	inLimit, outLimit, maxPackets int32
	packetRate, byteRate          int

	closeTimeout, heartbeat, writeTimeout, floodTimeout time.Duration

	logger *slog.Logger
	group  *Group
}

// Validate returns an error, an [ErrOptions], if no peer can be made with o. It
// is what [Accept], [Dial], [Pipe] and [Upgrade] find.
func (o *Options) Validate() error {
	_, err := o.settings()
	return err
}

// settings fills in the defaults and refuses what makes no sense. o may be nil.
func (o *Options) settings() (settings, error) {
	if o == nil {
		o = &Options{}
	}
	for _, v := range [...]struct {
		name string
		n    int64
	}{
		{"InboundBufferSize", int64(o.InboundBufferSize)},
		{"OutboundBufferSize", int64(o.OutboundBufferSize)},
		{"MaxQueuedPackets", int64(o.MaxQueuedPackets)},
		{"HandshakeTimeout", int64(o.HandshakeTimeout)},
		{"CloseTimeout", int64(o.CloseTimeout)},
		{"HeartbeatInterval", int64(o.HeartbeatInterval)},
		{"WriteTimeout", int64(o.WriteTimeout)},
		{"FloodTimeout", int64(o.FloodTimeout)},
	} {
		if v.n < 0 {
			return settings{}, fmt.Errorf("%w: %s is %d; leave it 0 for the default", ErrOptions, v.name, v.n)
		}
	}
	for _, pattern := range o.Origins {
		if err := checkOrigin(pattern); err != nil {
			return settings{}, err
		}
	}
	for _, proxy := range o.TrustedProxies {
		if _, err := parseProxy(proxy); err != nil {
			return settings{}, err
		}
	}
	for _, v := range [...]struct {
		name string
		n    int
	}{
		{"InboundBufferSize", o.InboundBufferSize},
		{"OutboundBufferSize", o.OutboundBufferSize},
		{"MaxQueuedPackets", o.MaxQueuedPackets},
	} {
		limit := math.MaxInt32 / 2
		if v.name == "MaxQueuedPackets" {
			limit = 1<<(63-unreadShift) - 1
		}
		if v.n > limit {
			return settings{}, fmt.Errorf("%w: %s is %d; the most is %d", ErrOptions, v.name, v.n, limit)
		}
	}
	for _, name := range o.SupportedProtocols {
		if !isToken(name) {
			return settings{}, fmt.Errorf("%w: SupportedProtocols has %q; a name is letters, digits and !#$%%&'*+-.^_`|~", ErrOptions, name)
		}
	}
	return settings{
		inLimit:      int32(max(cmp.Or(o.InboundBufferSize, DefaultInboundBufferSize), minBufferSize)),
		outLimit:     int32(max(cmp.Or(o.OutboundBufferSize, DefaultOutboundBufferSize), minBufferSize)),
		maxPackets:   int32(cmp.Or(o.MaxQueuedPackets, DefaultMaxQueuedPackets)),
		closeTimeout: cmp.Or(o.CloseTimeout, DefaultCloseTimeout),
		heartbeat:    o.HeartbeatInterval,
		writeTimeout: cmp.Or(o.WriteTimeout, DefaultWriteTimeout),
		floodTimeout: cmp.Or(o.FloodTimeout, DefaultFloodTimeout),
		packetRate:   o.MaxPacketsPerSecond,
		byteRate:     o.MaxBytesPerSecond,
		logger:       o.Logger,
		group:        o.Group,
	}, nil
}

func (o *Options) handshakeTimeout() time.Duration {
	if o == nil || o.HandshakeTimeout <= 0 {
		return DefaultHandshakeTimeout
	}
	return o.HandshakeTimeout
}

// isToken reports whether s is a token of RFC 9110, as a subprotocol's name
// has to be.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		default:
			if c < '!' || c > '~' || !isTokenMark[c] {
				return false
			}
		}
	}
	return s != ""
}

var isTokenMark = func() (m [128]bool) {
	for _, c := range "!#$%&'*+-.^_`|~" {
		m[c] = true
	}
	return m
}()
