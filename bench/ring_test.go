//go:build linux

package main

import (
	"bytes"
	"syscall"
	"testing"
)

// TestRing has a ring, and calls of their own, write to and read from many sockets, some of which are full, closed or empty.
func TestRing(t *testing.T) {
	for _, way := range []string{"together", "alone"} {
		t.Run(way, func(t *testing.T) {
			r := &ring{broken: true}
			if way == "together" {
				var err error
				if r, err = newRing(); err != nil {
					t.Skip(err)
				}
				defer r.close()
			}
			for range 5 { // around the queues
				useRing(t, r)
			}
		})
	}
}

func useRing(t *testing.T, r *ring) {
	var writes, reads []op
	for i := range ringSize {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(fds[0])
		switch i {
		case 0: // who reads is gone
			syscall.Close(fds[1])
			fds[1] = -1
		default:
			defer syscall.Close(fds[1])
		}
		b := bytes.Repeat([]byte{byte(i)}, 1+i)
		if i == 1 { // nothing is said
			b = nil
		}
		writes = append(writes, op{fd: fds[0], b: b, write: true})
		reads = append(reads, op{fd: fds[1], b: make([]byte, 1000)})
	}
	r.do(writes)
	if writes[0].err != syscall.EPIPE {
		t.Errorf("a write to a closed socket: %v", writes[0].err)
	}
	r.do(reads)
	if reads[0].err != syscall.EBADF {
		t.Errorf("a read of no socket: %v", reads[0].err)
	}
	if reads[1].err != syscall.EAGAIN {
		t.Errorf("a read of a socket to which nothing came: %d, %v", reads[1].n, reads[1].err)
	}
	for i := 2; i < ringSize; i++ {
		if w := writes[i]; w.err != nil || w.n != len(w.b) {
			t.Errorf("write %d: %d of %d, %v", i, w.n, len(w.b), w.err)
		}
		if o := reads[i]; o.err != nil || !bytes.Equal(o.b[:o.n], writes[i].b) {
			t.Errorf("read %d: %d bytes, %v", i, o.n, o.err)
		}
	}
	r.do(nil)
}
