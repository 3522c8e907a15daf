// Package uring reads and writes many sockets in one call of the system, by
// io_uring(7), without waiting for any of them. It knows sockets by their
// numbers alone.
package uring

// An Op is a read or a write of a socket that does not wait, and what came of
// it.
type Op struct {
	FD    int // less than 0: nothing is to be done
	B     []byte
	Write bool

	N   int
	Err error // syscall.EAGAIN if it would have had to wait
}
