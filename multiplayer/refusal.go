package multiplayer

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// Refusal is the word that somebody is not let in: what Options.Admit and AssignID return to choose it, and what Err, and
// OnConnectionFailed of package rpc, give on a client that was refused. As neither a page nor a game in the engine can see
// the status of a handshake, the handshake is answered, and the connection closed with the code and the reason. Where too
// many are being told so, others get the status 403, or 503 with Retry-After, and the reason.
type Refusal struct {
	// Code is a close code from 3000 to 4999. Default: CloseRefused.
	Code int
	// Reason says why, in words for who is refused: up to 123 bytes.
	Reason string
	// RetryAfter is when to try again, for clients that try at all. Default: 0, never. It is not told on Godot's wire.
	RetryAfter time.Duration

	cause error
}

func (r *Refusal) Error() string {
	text := fmt.Sprintf("multiplayer: refused with code %d", r.code())
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	var closed *transport.CloseError
	if r.cause == nil || errors.As(r.cause, &closed) || r.cause.Error() == "multiplayer: "+r.Reason {
		return text
	}
	return text + ": " + r.cause.Error()
}

// Unwrap gives the error that was told so, on a server, and a transport.CloseError on a client.
func (r *Refusal) Unwrap() error { return r.cause }

func (r *Refusal) code() int {
	if r.Code < 3000 || r.Code > 4999 {
		return CloseRefused
	}
	return r.Code
}

// tryAgainAfter is when to try again where the session has no room.
const tryAgainAfter = 5 * time.Second

// refusalOf is what is told of an error.
func refusalOf(err error) *Refusal {
	var chosen *Refusal
	if errors.As(err, &chosen) && chosen != nil {
		return &Refusal{chosen.code(), chosen.Reason, max(0, chosen.RetryAfter), chosen.cause}
	}
	if errors.Is(err, ErrFull) || errors.Is(err, ErrRefused) || errors.Is(err, ErrTooManyFromAddress) {
		return &Refusal{CloseRefused, strings.TrimPrefix(err.Error(), "multiplayer: "), tryAgainAfter, err}
	}
	return &Refusal{Code: CloseNotAuthenticated, Reason: "not admitted", cause: err} // what err says may be for the operator alone
}

// toldReason is what the other side is told of the reason of a disconnection.
func toldReason(why error) string {
	var r *Refusal
	switch {
	case why == nil:
		return ""
	case errors.As(why, &r):
		return r.Reason
	}
	return strings.TrimPrefix(why.Error(), "multiplayer: ")
}

// handshake is the answer to the request of a client that cannot be told otherwise.
func (r *Refusal) handshake() error {
	e := &transport.HandshakeError{StatusCode: http.StatusForbidden, Reason: r.Reason, Err: r}
	if r.RetryAfter > 0 {
		e.StatusCode = http.StatusServiceUnavailable
		seconds := (r.RetryAfter + time.Second - 1) / time.Second
		e.Header = http.Header{"Retry-After": {strconv.Itoa(int(seconds))}}
	}
	return e
}

// toBeRefused is what a connection belongs to that is only there for its refusal.
type toBeRefused struct{ *Refusal }

// enter decides over a request: what Admit said of it, or the refusal of it.
func (m *MultiplayerPeer) enter(pl *place, r *http.Request) (any, error) {
	admitted, err := any(nil), m.reserve(pl, r)
	if err == nil && m.opts.Admit != nil {
		admitted, err = m.opts.Admit(r)
	}
	if err == nil {
		return admitted, nil
	}
	var chosen *transport.HandshakeError
	if errors.As(err, &chosen) {
		return nil, err
	}
	refusal := refusalOf(err)
	if m.mayTell(pl, r) {
		m.turnAway(r.RemoteAddr, refusal)
		return toBeRefused{refusal}, nil
	}
	return nil, refusal.handshake()
}

// maxTelling is how many connections at once are only there for their refusal. They take nobody's place; who is refused
// when there are so many sees the status of the handshake.
const maxTelling = 32

// mayTell tells whether there is room for a connection that is only there for its refusal. It gives its place back.
func (m *MultiplayerPeer) mayTell(pl *place, r *http.Request) bool {
	network := networkOf(r.RemoteAddr)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.vacateLocked(pl)
	if pl.over {
		return false
	}
	if m.telling.Len() >= maxTelling {
		idler, ok := m.telling.Crowded(network, m.now()-m.opts.HandshakeTimeout/slowPart)
		if !ok {
			return false
		}
		m.leaveLocked(idler)
		if idler.ws != nil { // else adopt closes it
			defer idler.ws.Close(-1, "")
		}
	}
	m.telling.Enter(pl, network, m.now())
	return true
}

// refuse tells a client that it is not let in. The error ends its connection.
func (w peerageWire) refuse(p *Peer, h hello, err error) error {
	r := refusalOf(err)
	if strings.IndexByte(string(h.Knows), opGoodbye) >= 0 {
		f := goodbyeFields{Code: r.Code, Reason: r.Reason, After: int64((r.RetryAfter + time.Millisecond - 1) / time.Millisecond)}
		if err := p.control(opGoodbye, f); err != nil {
			return err
		}
	}
	return &violation{r.Code, r}
}

// refused takes the server's word that this client is not let in.
func (p *Peer) refused(g goodbyeFields) {
	p.reason = &Refusal{g.Code, g.Reason, after(g.After), &transport.CloseError{Code: g.Code, Reason: g.Reason}}
}

// closedBy is what a client is told by a close frame: before it is in, with one of a program's codes, that it is not let in.
func (p *Peer) closedBy() error {
	closed := &transport.CloseError{Code: p.ws.CloseCode(), Reason: p.ws.CloseReason()}
	if p.phase == handshaking && closed.Code >= 3000 {
		return &Refusal{Code: closed.Code, Reason: closed.Reason, cause: closed}
	}
	return closed
}

// after is the pause that a goodbye asks for.
func after(milliseconds int64) time.Duration {
	return time.Duration(min(max(0, milliseconds), maxAfter.Milliseconds())) * time.Millisecond
}
