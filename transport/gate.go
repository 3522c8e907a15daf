package transport

import (
	"errors"
	"io"
	"sync/atomic"
)

// smallFrame is the largest payload whose memory may be set aside before it
// has come. An idle connection can make a reader hold about this much.
const smallFrame = 512

// maxHead is the largest HTTP head that a handshake may have.
const maxHead = 64 << 10

var (
	errFrameLength = errors.New("a frame declares a negative length")
	errLongLength  = errors.New("a frame declares its length in more bytes than that needs")
	errHeadTooLong = errors.New("the HTTP head is longer than 64 KiB")
)

// A gate stands between a connection and the frame reader, which sets the
// memory of a frame aside as soon as it has seen the header. The gate keeps
// the last byte of a large frame's header back until the whole frame is here,
// in a buffer that grows with what has come: who declares much and sends
// little costs little. It also stops lengths that the frame reader could not
// take.
//
// Everything else passes through. The gate belongs to the reading goroutine.
type gate struct {
	early []byte // what came behind the handshake, read before src
	held  *buffer

	holding atomic.Bool // held is in use; for other goroutines

	at int // what of held has been handed out

	limit uint64 // frames over it are let through, to be refused
	mask  byte   // bitMask if the other side has to mask
	left  uint64 // payload of the current frame that is still to pass
	want  int    // size held has to reach before it is handed out

	err    error // what src said, or the gate's own verdict
	header [maxHeader]byte
	n      uint8 // bytes in header

	head     bool // an HTTP head comes first (client)
	headLine int  // length of its current line
	headSize int

	open bool // after a refused frame nothing has a meaning any more
}

// read fills b as io.Reader does, from src.
func (g *gate) read(b []byte, src func([]byte) (int, error)) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		if g.held != nil {
			for len(g.held.b) < g.want && g.err == nil {
				g.fill(src)
			}
			if len(g.held.b) < g.want {
				g.release()
				return 0, g.err
			}
			n := copy(b, g.held.b[g.at:])
			if g.at += n; g.at == len(g.held.b) {
				g.release()
			}
			return n, nil
		}
		if g.err != nil {
			return 0, g.err
		}
		n, err := g.pull(b, src)
		g.err = err
		if n = g.admit(b[:n]); n > 0 {
			return n, nil
		}
	}
}

// fill reads more of the frame that is held back, and nothing beyond it.
func (g *gate) fill(src func([]byte) (int, error)) {
	g.held.room(min(g.want-len(g.held.b), max(len(g.held.b), 2048)))
	b := g.held.b
	n, err := g.pull(b[len(b):min(cap(b), g.want)], src)
	g.held.b, g.err = b[:len(b)+n], err
}

func (g *gate) pull(b []byte, src func([]byte) (int, error)) (int, error) {
	if len(g.early) > 0 {
		n := copy(b, g.early)
		if g.early = g.early[n:]; len(g.early) == 0 {
			g.early = nil
		}
		return n, nil
	}
	n, err := src(b)
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	return n, err
}

// admit walks over the frames in b and returns how much of it may pass now;
// the rest has gone to held.
func (g *gate) admit(b []byte) int {
	i := 0
	if g.head {
		if i = g.passHead(b); g.head {
			return i
		}
	}
	for i < len(b) && !g.open {
		if g.left > 0 {
			n := min(g.left, uint64(len(b)-i))
			g.left -= n
			i += int(n)
			continue
		}
		g.header[g.n] = b[i]
		g.n++
		i++
		length, whole := g.length()
		if !whole {
			continue
		}
		g.n = 0
		if length > 1<<63-1 {
			g.err = errFrameLength
			return i - 1
		}
		if !shortest(g.header[1], length) {
			g.err = errLongLength
			return i - 1
		}
		if length > g.limit || length > smallFrame && g.malformed() {
			g.open = true
			return len(b)
		}
		if rest := uint64(len(b) - i); length > smallFrame && rest < length {
			g.hold(b[i-1:], 1+int(length))
			return i - 1
		}
		g.left = length
	}
	return len(b)
}

// length is the payload length in header, if header is whole.
func (g *gate) length() (n uint64, whole bool) {
	n, size := headerOf(g.header[:g.n])
	return n, size > 0
}

// malformed reports whether the header of a large frame is one to be refused
// at once, without a look at the payload.
func (g *gate) malformed() bool {
	h := g.header
	return h[0]&0x70 != 0 || h[0]&0xF > opBinary || h[1]&bitMask != g.mask
}

// passHead looks for the end of an HTTP head in b.
func (g *gate) passHead(b []byte) int {
	for i, c := range b {
		if g.headSize++; g.headSize > maxHead {
			g.err = errHeadTooLong
			return i
		}
		switch {
		case c == '\n' && g.headLine == 0:
			g.head = false
			return i + 1
		case c == '\n':
			g.headLine = 0
		case c != '\r':
			g.headLine++
		}
	}
	return len(b)
}

func (g *gate) hold(b []byte, want int) {
	g.held, g.at, g.want = getBuffer(), 0, want
	g.held.b = append(g.held.b, b...)
	g.holding.Store(true)
}

func (g *gate) release() {
	if g.held != nil {
		putBuffer(g.held)
		g.held = nil
		g.holding.Store(false)
	}
}
