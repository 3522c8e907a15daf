package uring

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func newRing(t *testing.T, size int) *Ring {
	t.Helper()
	r, err := New(size)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(r.Close)
	return r
}

// pair gives both ends of a connection.
func pair(t *testing.T) (near, far int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Close(fds[0])
		syscall.Close(fds[1])
	})
	return fds[0], fds[1]
}

// TestDo has a ring, and calls of their own, write to and read from many sockets, of which some are ended, closed, empty or
// not to be used.
func TestDo(t *testing.T) {
	const size = 64
	for _, broken := range []bool{false, true} {
		t.Run(fmt.Sprint("broken ", broken), func(t *testing.T) {
			r := newRing(t, size)
			r.broken = broken
			for range 5 { // around the queues
				var writes, reads []Op
				for i := range size {
					near, far := pair(t)
					b := bytes.Repeat([]byte{byte(i)}, 1+i)
					switch i {
					case 0: // the other side reads no more
						syscall.Shutdown(far, syscall.SHUT_RD)
					case 1: // nothing is said
						b = nil
					case 2: // it is no socket
						near, far = 1<<20, 1<<20
					case 3:
						near, far = -1, -1
					}
					writes = append(writes, Op{FD: near, B: b, Write: true})
					reads = append(reads, Op{FD: far, B: make([]byte, 1000)})
				}
				if r.Do(writes) == broken || r.Do(reads) == broken {
					t.Error("it does not say whether it works")
				}
				for i, want := range []struct{ write, read error }{
					{syscall.EPIPE, nil}, {nil, syscall.EAGAIN}, {syscall.EBADF, syscall.EBADF}, {nil, nil},
				} {
					if w, o := writes[i], reads[i]; w.Err != want.write || o.Err != want.read || o.N != 0 {
						t.Errorf("%d: write %v, read %d, %v", i, w.Err, o.N, o.Err)
					}
				}
				for i := 4; i < size; i++ {
					if w := writes[i]; w.Err != nil || w.N != len(w.B) {
						t.Errorf("write %d: %d of %d, %v", i, w.N, len(w.B), w.Err)
					}
					if o := reads[i]; o.Err != nil || !bytes.Equal(o.B[:o.N], writes[i].B) {
						t.Errorf("read %d: %d bytes, %v", i, o.N, o.Err)
					}
				}
				r.Do(nil)
			}
		})
	}
}

// TestRingThatFails has io_uring_enter fail at once, after some Ops, now and then, or for good: every Op is done, once.
func TestRingThatFails(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    syscall.Errno
		after  int // calls that do a part of the work
		lasts  bool
		broken bool
	}{
		{"EAGAIN", syscall.EAGAIN, 0, true, false},
		{"EBUSY once, after a part", syscall.EBUSY, 1, false, false},
		{"ENOMEM after two parts", syscall.ENOMEM, 2, true, false},
		{"EINTR once", syscall.EINTR, 0, false, false},
		{"EPERM, by seccomp", syscall.EPERM, 0, true, true},
		{"ENOSYS after a part", syscall.ENOSYS, 1, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRing(t, 16)
			calls := 0
			r.enter = func(fd, submit, wait int, raw bool) syscall.Errno {
				calls++
				switch {
				case calls <= test.after:
					part := min(submit, 3)
					return ringEnter(fd, part, min(wait, part), raw)
				case calls == test.after+1 || test.lasts:
					return test.err
				}
				return ringEnter(fd, submit, wait, raw)
			}
			write := func(round int) {
				var far []int
				var ops []Op
				for i := range 10 {
					near, other := pair(t)
					far = append(far, other)
					ops = append(ops, Op{FD: near, B: fmt.Append(nil, "round ", round, " to ", i), Write: true})
				}
				works := r.Do(ops)
				if works == test.broken {
					t.Errorf("works: %t", works)
				}
				for i, o := range ops {
					if o.Err != nil || o.N != len(o.B) {
						t.Fatalf("write %d: %d, %v", i, o.N, o.Err)
					}
					b := make([]byte, 100)
					n, err := syscall.Read(far[i], b)
					if _, again := syscall.Read(far[i], b[n:]); err != nil || string(b[:n]) != string(o.B) || !errors.Is(again, syscall.EAGAIN) {
						t.Errorf("write %d came as %q, %v, and then %v", i, b[:n], err, again)
					}
				}
			}
			for round := range 3 {
				write(round)
			}
			most := calls
			write(3)
			if test.broken && calls != most {
				t.Error("it is asked again after it was forbidden")
			}
		})
	}
}
