package rpc

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/peerage-go/peerage/multiplayer"
)

// PeerID names a peer: 1 is the server; as a target 0 is everyone and -n everyone but n.
type PeerID = multiplayer.PeerID

// The errors of this package. A closed session matches net.ErrClosed, a time-out os.ErrDeadlineExceeded.
var (
	// ErrNotConnected is returned for a call before the session stands or after it ended.
	ErrNotConnected = fmt.Errorf("rpc: not connected: poll until the session is, then call: %w", net.ErrClosed)
	// ErrUnknownPeer is returned for a call to a peer id that nobody here has.
	ErrUnknownPeer = errors.New("rpc: no connected peer has this id")
	// ErrCallSelf is returned for a call to oneself of a method that is not CallLocal.
	ErrCallSelf = errors.New("rpc: a call to oneself: configure the method with CallLocal, or call another peer")
	// ErrUndeclared is returned for a call that needs a declaration which the node does not have: on Godot's wire
	// methods are numbered, so every method of the node must be declared or handled.
	ErrUndeclared = errors.New("rpc: the node does not know this method: Declare or Handle it first")
	// ErrMethodsDiffer is returned for a call to a Godot peer that numbers the node's methods in another way than this
	// side, so that it would run another method.
	ErrMethodsDiffer = errors.New("rpc: the Godot peer has another list of methods for this node: declare the same ones, or tell of its list with KnownMethods")
	// ErrNoReplies is returned for a call with a reply to a peer whose wire has none.
	ErrNoReplies = errors.New("rpc: the peer speaks Godot's wire, which has no replies: use RPCID and have it call back")
	// ErrArgument is returned for an argument that cannot travel to one of the targets.
	ErrArgument = errors.New("rpc: this argument cannot travel")
	// ErrTooManyArguments is returned for more than 255 arguments.
	ErrTooManyArguments = errors.New("rpc: a call has at most 255 arguments")
	// ErrTimeout is what a Reply fails with when none came in time.
	ErrTimeout = fmt.Errorf("rpc: no reply in time: %w", os.ErrDeadlineExceeded)
	// ErrPeerGone is what a Reply fails with when the peer left first.
	ErrPeerGone = fmt.Errorf("rpc: the peer left before it replied: %w", net.ErrClosed)
	// ErrNotAuthenticating is returned by SendAuth and CompleteAuth for a peer that is not being authenticated.
	ErrNotAuthenticating = errors.New("rpc: this peer is not being authenticated")
	// ErrAuthCompleted is returned by SendAuth and CompleteAuth after CompleteAuth.
	ErrAuthCompleted = errors.New("rpc: the authentication of this peer was completed already")
	// ErrTooManyNames, ErrTooManyFaults and ErrTooManyAuthenticating end the connection of a peer that went over
	// Options.MaxNames, MaxFaults or MaxAuthenticating. They are its reason in the log, and what the peer is told.
	ErrTooManyNames          = errors.New("rpc: too many names")
	ErrTooManyFaults         = errors.New("rpc: too many refused calls and malformed packets")
	ErrTooManyAuthenticating = errors.New("rpc: too many peers are being authenticated, come back later")
	// ErrMalformed is the cause of a refusal of bytes that no correct peer sends.
	ErrMalformed = errors.New("rpc: malformed packet")
)

// Code says what kind of failure an Error is. 100 and above are the program's own.
type Code int

// The codes of peerage.v1 (docs/protocol.md, "Calls").
const (
	CodeUnknownNode   Code = 1
	CodeUnknownMethod Code = 2
	CodeNotAllowed    Code = 3
	CodeBadArguments  Code = 4
	CodeHandlerFailed Code = 5
	CodePeerGone      Code = 6
	CodeTimeout       Code = 7
	CodeCancelled     Code = 8
	CodeNoReplies     Code = 9
	CodeTooMany       Code = 10
	CodeShuttingDown  Code = 11
	// CodeApplication is the first code that a program may give a meaning of its own.
	CodeApplication Code = 100
)

var codeNames = map[Code]string{
	CodeUnknownNode: "unknown node", CodeUnknownMethod: "unknown method", CodeNotAllowed: "not allowed",
	CodeBadArguments: "bad arguments", CodeHandlerFailed: "handler failed", CodePeerGone: "peer gone",
	CodeTimeout: "timeout", CodeCancelled: "cancelled", CodeNoReplies: "no replies", CodeTooMany: "too many requests",
	CodeShuttingDown: "shutting down",
}

// String names the codes of this package, and gives the number of others.
func (c Code) String() string {
	if s, ok := codeNames[c]; ok {
		return s
	}
	return fmt.Sprintf("code %d", int(c))
}

// Error is a failure with a code: what a handler returns to choose the code that the caller sees, and what a Reply
// fails with when the other side answered with a failure.
type Error struct {
	Code    Code
	Message string
}

// Errorf makes an Error.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return fmt.Sprintf("rpc: %v: %s", e.Code, e.Message) }

// Is makes errors.Is true for an Error of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == ""
}

// CallError is an error of a call, with where it was to go.
type CallError struct {
	Peer   PeerID
	Node   string
	Method string
	Err    error
}

func (e *CallError) Error() string {
	return fmt.Sprintf("rpc: %s.%s to peer %d: %v", e.Node, e.Method, e.Peer, e.Err)
}

// Unwrap gives the cause.
func (e *CallError) Unwrap() error { return e.Err }

// Refusal is a report of a remote call that was not run.
type Refusal struct {
	// Sender made the call; Node and Method are what it named, as far as that is known.
	Sender       PeerID
	Node, Method string
	// Code and Reason say why. Remote tells that it was this side's call, and the other side that refused it.
	Code   Code
	Reason string
	Remote bool
}

func (r Refusal) String() string {
	if r.Remote {
		return fmt.Sprintf("peer %d refused %s.%s: %v: %s", r.Sender, r.Node, r.Method, r.Code, r.Reason)
	}
	return fmt.Sprintf("a call of %s.%s by peer %d was refused: %v: %s", r.Node, r.Method, r.Sender, r.Code, r.Reason)
}
