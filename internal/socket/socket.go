// Package socket reads and writes without waiting: one socket at a time by a
// [TryWriter], many in one call of the system by a [Ring], and by a [Pipe] what
// is no socket at all but can be used like one. It knows bytes, not frames.
package socket

import "syscall"

// A TryWriter writes what can be written without waiting: n may be less than
// there is to write, and err is nil then.
type TryWriter interface {
	TryWrite(b []byte) (n int, err error)
}

// A Writer is a TryWriter that writes to a socket of the system.
type Writer interface{ Socket() syscall.RawConn }
