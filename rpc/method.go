package rpc

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// Mode says who may call a method (MultiplayerAPI.RPCMode).
type Mode uint8

const (
	// Authority: only the node's authority ("authority").
	Authority Mode = iota
	// AnyPeer: every peer ("any_peer").
	AnyPeer
	// Disabled: nobody.
	Disabled
)

// String gives Godot's name of the mode.
func (m Mode) String() string {
	switch m {
	case Authority:
		return "authority"
	case AnyPeer:
		return "any_peer"
	case Disabled:
		return "disabled"
	}
	return "Mode(" + strconv.Itoa(int(m)) + ")"
}

// Config is what Godot's @rpc annotation says of a method. The zero value is plain @rpc: only the authority, not
// called locally, reliable, channel 0.
type Config struct {
	// Mode says who may call the method.
	Mode Mode
	// CallLocal also runs the method here when it is called for everyone, or for oneself ("call_local"). Of a call for
	// everyone nothing runs here where the method has no handler.
	CallLocal bool
	// TransferMode is how calls of it travel.
	TransferMode multiplayer.TransferMode
	// Channel is on which channel they do, 0 to 255.
	Channel uint8
	// Optional is how many of the last parameters a caller may leave out; they are zero then, unless Defaults has
	// others. It stands for the default arguments of a GDScript function.
	Optional int
	// Defaults are the values of the last parameters where a caller leaves them out; there are as many Optional ones at
	// least. "func f(a, b = 1, c = true)" has []any{1, true}.
	Defaults []any
	// OnNode marks a method that the Godot side configured with Node.rpc_config, not with @rpc.
	OnNode bool
}

// method is one method of a node.
type method struct {
	Config
	handler
	name   string
	named  *name  // its name among our names on peerage.v1, if it has been sent
	godot  uint16 // its number on Godot's wire, see methodSet.byNumber
	labels context.Context
	calls  multiplayer.Timing

	ignored bool // it was said that it has no handler here
}

// handler runs a method with the arguments that c.params gives. invoke is nil where a method is only declared.
type handler struct {
	invoke func(c *Call) (any, error)
	types  []reflect.Type // of the parameters
	reply  reflect.Type   // of the result; nil: there is none, or only an error
	more   bool           // the last parameter takes any number

	defaults []byte // the Defaults, on peerage.v1
	starts   []int  // of each in it
}

// takeDefaults has the handler use the Defaults, if they are values of its last parameters.
func (h *handler) takeDefaults(defaults []any) error {
	last := h.fixed()
	if len(defaults) > last {
		return fmt.Errorf("it has %d Defaults for %d parameters", len(defaults), last)
	}
	var e args.MessagePackEncoder
	e.Reset(nil)
	for i, v := range defaults {
		start := len(e.Result())
		if err := args.PutAny(&e, v); err != nil {
			return fmt.Errorf("its Config.Defaults[%d]: %w", i, err)
		}
		var d args.MessagePackDecoder
		d.Reset(e.Result()[start:])
		if err := args.GetReflect(&d, reflect.New(h.types[last-len(defaults)+i]).Elem()); err != nil {
			return fmt.Errorf("its Config.Defaults[%d]: %w", i, err)
		}
		h.starts = append(h.starts, start)
	}
	h.defaults = e.Result()
	return nil
}

// fixed is how many parameters there are that take one argument.
func (h *handler) fixed() int {
	if h.more {
		return len(h.types) - 1
	}
	return len(h.types)
}

// params gives a handler its arguments, one after the other.
type params struct {
	dec    args.Decoder
	left   int // how many are there; -1: up to the end
	taken  int
	method *method
	err    error
}

func (p *params) some() bool {
	if p.left >= 0 {
		return p.left > 0
	}
	return p.dec.Len() > 0
}

// begin tells whether there is another argument to read.
func (p *params) begin() bool {
	if p.err != nil {
		return false
	}
	if !p.some() && !p.fallBack() {
		p.taken++
		return false
	}
	p.taken++
	if p.left > 0 {
		p.left--
	}
	return true
}

// fallBack goes on with the Defaults, if they have a value for the next parameter. An argument that is missing and not
// optional is an error.
func (p *params) fallBack() bool {
	m := p.method
	if p.taken < m.fixed()-max(m.Optional, len(m.starts)) {
		p.err = errTooFew
		return false
	}
	first := m.fixed() - len(m.starts)
	if p.taken < first || p.taken >= m.fixed() {
		return false
	}
	d := new(args.MessagePackDecoder)
	d.Reset(m.defaults[m.starts[p.taken-first]:])
	p.dec, p.left = d, len(m.starts)-(p.taken-first)
	return true
}

func (p *params) failed(err error) {
	if err != nil {
		p.err = &argumentError{p.taken, err}
	}
}

var (
	errTooFew  = errors.New("too few arguments")
	errTooMany = errors.New("too many arguments")
)

// argumentError says which argument does not fit.
type argumentError struct {
	n   int // from 1
	err error
}

func (e *argumentError) Error() string { return fmt.Sprintf("argument %d: %v", e.n, e.err) }
func (e *argumentError) Unwrap() error { return e.err }

// take reads the next argument as a T.
func take[T any](c *Call) (v T) {
	if !c.params.begin() {
		return v
	}
	v, err := args.Get[T](c.params.dec)
	c.params.failed(err)
	return v
}

// over tells, after the last take, whether the handler can run.
func (c *Call) over() error {
	if c.params.err == nil && c.params.some() {
		c.params.err = errTooMany
	}
	return c.params.err
}

var (
	callType  = reflect.TypeFor[*Call]()
	errorType = reflect.TypeFor[error]()
)

// reflectHandler makes a handler of an ordinary func.
func reflectHandler(f any) (handler, error) {
	v := reflect.ValueOf(f)
	if f == nil || v.Kind() != reflect.Func {
		return handler{}, fmt.Errorf("the handler has the type %T: pass a func", f)
	}
	if v.IsNil() {
		return handler{}, errors.New("the handler is a nil func")
	}
	t := v.Type()
	first := 0
	if t.NumIn() > 0 && t.In(0) == callType {
		first = 1
	}
	h := handler{more: t.IsVariadic()}
	slots := make([]reflect.Type, 0, t.NumIn())
	for i := first; i < t.NumIn(); i++ {
		p := t.In(i)
		if p == callType {
			return handler{}, fmt.Errorf("parameter %d is a *rpc.Call: make it the first", i+1)
		}
		if h.more && i == t.NumIn()-1 {
			p = p.Elem()
		}
		if err := args.Check(p); err != nil {
			return handler{}, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		slots = append(slots, p)
		h.types = append(h.types, p)
	}
	value, failure, err := results(t)
	if err != nil {
		return handler{}, err
	}
	if value >= 0 {
		h.reply = t.Out(value)
	}
	h.invoke = func(c *Call) (any, error) {
		in := make([]reflect.Value, 0, t.NumIn())
		if first == 1 {
			in = append(in, reflect.ValueOf(c))
		}
		for i, s := range slots {
			if h.more && i == len(slots)-1 {
				break
			}
			slot := reflect.New(s).Elem()
			if c.params.begin() {
				c.params.failed(args.GetReflect(c.params.dec, slot))
			}
			in = append(in, slot)
		}
		for h.more && c.params.err == nil && c.params.some() {
			slot := reflect.New(slots[len(slots)-1]).Elem()
			c.params.begin()
			c.params.failed(args.GetReflect(c.params.dec, slot))
			in = append(in, slot)
		}
		if err := c.over(); err != nil {
			return nil, err
		}
		out := v.Call(in)
		if failure >= 0 {
			if err, _ := out[failure].Interface().(error); err != nil {
				return nil, &handlerError{err: err}
			}
		}
		if value >= 0 {
			return out[value].Interface(), nil
		}
		return nil, nil
	}
	return h, nil
}

// results finds the value and the error that a func returns; -1 for none.
func results(t reflect.Type) (value, failure int, err error) {
	value, failure = -1, -1
	n := t.NumOut()
	if n > 0 && t.Out(n-1) == errorType {
		failure = n - 1
		n--
	}
	switch n {
	case 0:
	case 1:
		value = 0
		if err := args.Check(t.Out(0)); err != nil {
			return 0, 0, fmt.Errorf("the result: %w", err)
		}
	default:
		return 0, 0, fmt.Errorf("it returns %d values: return a value, an error, or a value and an error", t.NumOut())
	}
	return value, failure, nil
}

// handlerError is what a handler returned, as against what kept it from running.
type handlerError struct {
	err      error
	panicked bool
}

func (e *handlerError) Error() string { return e.err.Error() }
func (e *handlerError) Unwrap() error { return e.err }
