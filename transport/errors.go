package transport

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
)

// The errors of this package. Test for them with [errors.Is]: what is
// returned often wraps one of them and adds the particulars.
var (
	// ErrOptions: an option has a value that cannot be used. Returned by
	// [Dial] and [Upgrade]; a peer of [Accept] or [Pipe] is closed with it.
	ErrOptions = errors.New("transport: bad option")

	// ErrURL: the URL given to [Dial] cannot be dialed.
	ErrURL = errors.New("transport: bad URL; it should look like ws://host:port/path or wss://host/path")

	// ErrNotOpen: something was asked of a peer that is still connecting.
	// Poll until ReadyState is Open.
	ErrNotOpen error = &stateError{text: "transport: not open yet; call Poll until ReadyState is Open"}

	// ErrClosed: something was asked of a peer that is closing or closed,
	// or the peer was closed by this side before it was open, or dropped by
	// this side with a negative close code. It is a [net.ErrClosed].
	ErrClosed error = &stateError{text: "transport: closed; dial or accept a new connection", is: net.ErrClosed}

	// ErrNoPacket: GetPacket found nothing; see AvailablePacketCount.
	ErrNoPacket = errors.New("transport: no packet there; call Poll, then GetPacket while AvailablePacketCount is not 0")

	// ErrBufferFull: a message was not queued because OutboundBufferSize
	// bytes or MaxQueuedPackets packets wait already. The connection is
	// whole; send again when it is no longer Congested.
	ErrBufferFull = errors.New("transport: outbound buffer full; send less, send later, or raise OutboundBufferSize or MaxQueuedPackets")

	// ErrMessageTooLarge: a message was not queued because it is larger than
	// OutboundBufferSize. The connection is whole.
	ErrMessageTooLarge = errors.New("transport: message larger than OutboundBufferSize; split it or raise the option (and InboundBufferSize on the other side)")

	// ErrInvalidUTF8: a text message was not queued because it is not UTF-8.
	// The connection is whole.
	ErrInvalidUTF8 = errors.New("transport: text is not valid UTF-8; send it as WriteBinary")

	// ErrCloseCode: Close was given a code that must not be sent. The
	// connection stays as it was.
	ErrCloseCode = errors.New("transport: close code not allowed; use 1000, 1001-1003, 1007-1014 or 3000-4999, or a negative one to drop")

	// ErrHandshakeTimeout: the connection was not open after
	// HandshakeTimeout. It is an [os.ErrDeadlineExceeded].
	ErrHandshakeTimeout error = &stateError{text: "transport: not open after HandshakeTimeout", is: os.ErrDeadlineExceeded}

	// ErrCloseTimeout: the other side did not answer a Close within
	// CloseTimeout. It is an [os.ErrDeadlineExceeded].
	ErrCloseTimeout error = &stateError{text: "transport: no answer to Close within CloseTimeout", is: os.ErrDeadlineExceeded}

	// ErrWriteTimeout: the other side took nothing for WriteTimeout. It is
	// an [os.ErrDeadlineExceeded].
	ErrWriteTimeout error = &stateError{text: "transport: the other side took no data for WriteTimeout", is: os.ErrDeadlineExceeded}

	// ErrHeartbeat: no pong came within HeartbeatInterval. It is an
	// [os.ErrDeadlineExceeded].
	ErrHeartbeat error = &stateError{text: "transport: no pong within HeartbeatInterval", is: os.ErrDeadlineExceeded}

	// ErrFlood: the other side sent more than MaxPacketsPerSecond or
	// MaxBytesPerSecond for FloodTimeout. A [ProtocolError] wraps it.
	ErrFlood = errors.New("transport: over MaxPacketsPerSecond or MaxBytesPerSecond for FloodTimeout")

	// ErrOrigin: the handshake came from a page that is not of the server's
	// host nor in Origins. A [HandshakeError] wraps it, with status 403.
	ErrOrigin = errors.New("transport: a page of another origin")

	// ErrNotAdmitted: Admit did not admit a handshake. A [HandshakeError]
	// wraps it, with what Admit returned.
	ErrNotAdmitted = errors.New("transport: not admitted")

	// ErrConnectionLost: the connection ended without a closing handshake.
	ErrConnectionLost = errors.New("transport: connection lost")
)

// stateError is a sentinel that counts as another package's sentinel too.
type stateError struct {
	text string
	is   error
}

func (e *stateError) Error() string { return e.text }
func (e *stateError) Unwrap() error { return e.is }

// A CloseError is what the other side said when it closed. Sending to a peer
// that the other side closed returns one. It is a [net.ErrClosed].
type CloseError struct {
	Code   int
	Reason string
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("transport: the other side closed with code %d", e.Code)
	}
	return fmt.Sprintf("transport: the other side closed with code %d: %s", e.Code, e.Reason)
}

func (e *CloseError) Unwrap() error { return ErrClosed }

// A ProtocolError says that the other side broke the WebSocket protocol or a
// limit of this side, and was disconnected with Code: 1002 for the protocol,
// 1007 for text that is not UTF-8, 1008 for too much in too little time, 1009
// for a message over InboundBufferSize.
type ProtocolError struct {
	Code int
	Err  error
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("transport: the other side broke the protocol (told so with code %d): %v", e.Code, e.Err)
}

func (e *ProtocolError) Unwrap() error { return e.Err }

// A HandshakeError says why a handshake was refused: by the server, as a
// client sees it, or by this side. StatusCode is the HTTP status in question;
// 0 when the handshake failed in another way.
type HandshakeError struct {
	StatusCode int
	Reason     string
	Err        error // what is beneath, or nil

	// Header is what a refusing server adds to its reply, such as
	// Retry-After or WWW-Authenticate.
	Header http.Header
}

func (e *HandshakeError) Error() string {
	s := "transport: handshake failed"
	if e.StatusCode != 0 {
		s += fmt.Sprintf(" with HTTP status %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *HandshakeError) Unwrap() error { return e.Err }
