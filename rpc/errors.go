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
	// ErrNotConnected is returned for a call before the session stands or after it ended, and for one to a peer that
	// is leaving.
	ErrNotConnected error = closedError("rpc: not connected")
	// ErrUnknownPeer is returned for a call to a peer id that nobody here has.
	ErrUnknownPeer = errors.New("rpc: no connected peer has this id")
	// ErrCallSelf is returned for a call to oneself of a method that is not CallLocal.
	ErrCallSelf = errors.New("rpc: a call to oneself: configure the method with CallLocal, or call another peer")
	// ErrFreed is returned for a call on a node after its Free.
	ErrFreed = errors.New("rpc: the node was freed: SceneMultiplayer.Node makes it again")
	// ErrPattern is returned for a call on a node that stands for others.
	ErrPattern = errors.New("rpc: the path is a pattern: call a node that SceneMultiplayer.Node has made")
	// ErrUndeclared is returned for a call that needs a declaration which the node does not have: RPC and RPCID of a
	// Node take the method's configuration from there, and on Godot's wire methods are numbered, so every method of the
	// node must be declared or handled.
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
	ErrPeerGone error = closedError("rpc: the peer left before it replied")
	// ErrReplyType is what a Reply fails with when the value that came does not fit its type.
	ErrReplyType = errors.New("rpc: the reply is not of the type that the caller declared")
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

var (
	errNotYet = fmt.Errorf("%w yet: poll until OnConnectedToServer, then call", ErrNotConnected)
	errNoMore = fmt.Errorf("%w any more: the session has ended", ErrNotConnected)
)

// closedError is an error that stands for a closed thing.
type closedError string

func (e closedError) Error() string { return string(e) }

// Is makes errors.Is true for net.ErrClosed.
func (e closedError) Is(target error) bool { return target == net.ErrClosed }

// Code says what kind of failure an Error is. 100 and above are the program's own.
type Code int

// The codes of peerage.v1 (docs/protocol.md, "Calls").
const (
	// CodeUnknownNode: the receiver has no such node.
	CodeUnknownNode Code = 1
	// CodeUnknownMethod: the node has no such method there, or does not handle it.
	CodeUnknownMethod Code = 2
	// CodeNotAllowed: the method's Mode does not let this sender call it.
	CodeNotAllowed Code = 3
	// CodeBadArguments: too few, too many, or of the wrong types.
	CodeBadArguments Code = 4
	// CodeHandlerFailed: the handler returned an error that is no *Error, or panicked, or its reply is nothing that can
	// travel.
	CodeHandlerFailed Code = 5
	// CodePeerGone: the server could not pass a call on, because its target is gone.
	CodePeerGone Code = 6
	// CodeTimeout and CodeCancelled are for handlers that gave up in time: this package does not send them.
	CodeTimeout   Code = 7
	CodeCancelled Code = 8
	// CodeNoReplies: the target of a request that the server should pass on speaks Godot's wire.
	CodeNoReplies Code = 9
	// CodeTooMany: MaxPendingRequests wait already, or clients have used too many names.
	CodeTooMany Code = 10
	// CodeShuttingDown: the request came during Shutdown.
	CodeShuttingDown Code = 11
	// CodeBusy: the server could not pass a call on, because its target does not keep up with what it is sent; or there was
	// no room for the reply, because the caller does not: call again later, or less often.
	CodeBusy Code = 12
	// CodeTooLarge: the reply, or a call that was to be passed on, is larger than its receiver reads.
	CodeTooLarge Code = 13
	// CodeApplication is the first code that a program may give a meaning of its own.
	CodeApplication Code = 100
)

var codeNames = map[Code]string{
	CodeUnknownNode: "unknown node", CodeUnknownMethod: "unknown method", CodeNotAllowed: "not allowed",
	CodeBadArguments: "bad arguments", CodeHandlerFailed: "handler failed", CodePeerGone: "peer gone",
	CodeTimeout: "timeout", CodeCancelled: "cancelled", CodeNoReplies: "no replies", CodeTooMany: "too many requests",
	CodeShuttingDown: "shutting down", CodeBusy: "busy", CodeTooLarge: "too large",
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
	// Code says what kind of failure it is: one of this package's, or the program's own from CodeApplication on.
	Code Code
	// Message says it in words; a long one is cut on its way, at 512 bytes.
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
	// Peer is the target as it was given: an id, 0 for everyone, -n for everyone but n. Group tells that it was a Group.
	Peer  PeerID
	Group bool
	// Node is the path of the node, Method the name of the method.
	Node   string
	Method string
	// Err is the cause.
	Err error
}

func (e *CallError) Error() string {
	to := fmt.Sprintf("peer %d", e.Peer)
	switch {
	case e.Group:
		to = "a group"
	case e.Peer == multiplayer.Everyone:
		to = "everyone"
	case e.Peer < 0:
		to = fmt.Sprintf("everyone but %d", -int64(e.Peer))
	}
	return fmt.Sprintf("rpc: %s.%s to %s: %v", e.Node, e.Method, to, e.Err)
}

// Is makes a call that the session below could not send, because the peer is leaving, an ErrNotConnected.
func (e *CallError) Is(target error) bool {
	return target == ErrNotConnected && errors.Is(e.Err, multiplayer.ErrNotConnected)
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
