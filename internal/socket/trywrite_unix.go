//go:build unix

package socket

import (
	"net"
	"syscall"
)

// NewTryWriter returns nil if writing to nc cannot be tried without waiting.
// A type that wraps a connection is left alone: going to the socket would go
// past it.
func NewTryWriter(nc net.Conn) TryWriter {
	var sc syscall.Conn
	switch v := nc.(type) {
	case TryWriter:
		return v
	case *net.TCPConn:
		sc = v
	case *net.UnixConn:
		sc = v
	default:
		return nil
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	w := &rawWriter{rc: rc}
	w.fn = w.write
	return w
}

// A rawWriter makes the system call itself, so that it can take "would block"
// for an answer. fn is made once because a new one each time would be garbage.
type rawWriter struct {
	rc  syscall.RawConn
	fn  func(fd uintptr) bool
	b   []byte
	n   int
	err error
}

func (w *rawWriter) Socket() syscall.RawConn { return w.rc }

func (w *rawWriter) TryWrite(b []byte) (int, error) {
	w.b, w.n, w.err = b, 0, nil
	err := w.rc.Write(w.fn)
	w.b = nil
	if err == nil {
		err = w.err
	}
	return w.n, err
}

func (w *rawWriter) write(fd uintptr) bool {
	for w.n < len(w.b) {
		n, err := write(fd, w.b[w.n:])
		switch {
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			w.err = err
			return true
		}
		w.n += n
	}
	return true
}
