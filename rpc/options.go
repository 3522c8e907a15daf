package rpc

import (
	"fmt"
	"log/slog"
	"time"
)

// Options configure a SceneMultiplayer. nil, or any zero field, means the default. They are copied.
type Options struct {
	// NoServerRelay keeps a server from telling clients of each other and from passing packets on between them
	// (SceneMultiplayer.server_relay is its opposite). Default: the relay is on.
	NoServerRelay bool

	// AuthCallback takes the bytes that a peer sent with SendAuth while it is not admitted. With it every peer
	// must be admitted with CompleteAuth, on both sides (SceneMultiplayer.auth_callback). It runs in Poll.
	// Default: none, and peers are admitted at once.
	AuthCallback func(id PeerID, data []byte)

	// AuthTimeout is how long a peer may take to be authenticated before it is disconnected
	// (SceneMultiplayer.auth_timeout). Default: 3 s.
	AuthTimeout time.Duration

	// MaxAuthenticating is how many peers may be authenticated at once. For one more, one of those of the address that
	// has the most of them is disconnected, or one of the newcomer's own address that has sent nothing yet, or has taken a
	// sixth of AuthTimeout since; where there is none, the newcomer is. Default: 1024.
	MaxAuthenticating int

	// ReplyTimeout is how long Call waits for a reply when its context has no deadline. Default: 30 s.
	ReplyTimeout time.Duration

	// MaxPendingRequests is how many requests of one peer may be unanswered; more are refused with CodeTooMany.
	// Default: 1024.
	MaxPendingRequests int

	// MaxNames is how many node paths and method names one peer may number; more end its connection. On Godot's
	// wire more are not confirmed instead, so that calls on them go on carrying their path. Of the names in calls that
	// clients make to each other, and that the server does not know, a session takes half as many, and of one client as
	// many as it leaves to the others; calls with more are refused, and end no connection. Default: 4096.
	MaxNames int

	// MaxFaults is how many calls of one peer may be refused, and packets be malformed, at once; a sixtieth of it comes
	// back each second, and one more than there are ends its connection. Calls for everyone that a server passes on and
	// does not know itself are no faults. Default: 10000; -1: any number.
	MaxFaults int

	// MaxNotices is how many log lines, calls of OnCallRefused and answers to refused calls one peer can cause at once,
	// and ten times that the peers of a session; a third of that may follow each second. The rest is only counted.
	// Default: 32.
	MaxNotices int

	// MaxDepth is how many arrays and maps an argument may stand in. Default, and the most: 64. There is no limit of
	// its own for the size of arguments: a packet is at most Transport.InboundBufferSize.
	MaxDepth int

	// Authorize may refuse a call of another peer that the rules allow: for limits, or for those who may only watch. It is
	// asked before the arguments are read; on a server also, once, about a call that is to be passed on to other clients,
	// and about nodes that only clients know. After an error the call is not run, nor passed on: it is refused with
	// CodeNotAllowed, or the code of an *Error, and the error's text. It runs in Poll. Default: none.
	Authorize func(a Attempt) error

	// Observe is told when a handler begins to run, and when a call is made; the function that it returns, if any, when
	// that has ended, and with which error: for traces, measures, and to see what is going on. Both run in Poll or in the
	// method that makes the call, and should take little time. Default: none, which costs nothing.
	Observe func(s Span) (end func(err error))

	// ProfileHandlers puts the labels node and method on the goroutine while a handler runs, for CPU and goroutine
	// profiles. The goroutine that polls loses labels of its own by it. Default: no labels.
	ProfileHandlers bool

	// RootPath is the node that paths are relative to (SceneMultiplayer.root_path): Node accepts paths below it
	// that are written from the root, too. Default: "/root".
	RootPath string

	// Logger is told of refused calls and failed handlers. Default: silent.
	Logger *slog.Logger
}

const (
	defaultAuthTimeout  = 3 * time.Second
	defaultReplyTimeout = 30 * time.Second
	defaultMaxPending   = 1024
	defaultMaxNames     = 4096
	defaultRootPath     = "/root"

	defaultMaxAuthenticating = 1024
	defaultMaxFaults         = 10_000
	defaultMaxNotices        = 32
)

func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	for _, v := range []struct {
		name string
		n    int64
	}{
		{"AuthTimeout", int64(c.AuthTimeout)},
		{"ReplyTimeout", int64(c.ReplyTimeout)},
		{"MaxPendingRequests", int64(c.MaxPendingRequests)},
		{"MaxNames", int64(c.MaxNames)},
		{"MaxAuthenticating", int64(c.MaxAuthenticating)},
		{"MaxNotices", int64(c.MaxNotices)},
		{"MaxDepth", int64(c.MaxDepth)},
	} {
		if v.n < 0 {
			return c, fmt.Errorf("rpc: Options.%s is %d: give 0 for the default, or more", v.name, v.n)
		}
	}
	setDefault(&c.AuthTimeout, defaultAuthTimeout)
	setDefault(&c.ReplyTimeout, defaultReplyTimeout)
	setDefault(&c.MaxPendingRequests, defaultMaxPending)
	setDefault(&c.MaxNames, defaultMaxNames)
	setDefault(&c.RootPath, defaultRootPath)
	setDefault(&c.MaxAuthenticating, defaultMaxAuthenticating)
	setDefault(&c.MaxFaults, defaultMaxFaults)
	setDefault(&c.MaxNotices, defaultMaxNotices)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
