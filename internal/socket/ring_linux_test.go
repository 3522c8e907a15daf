package socket

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
)

// ringOnly gives a ring.
func ringOnly(t *testing.T) *Ring {
	r := NewRing()
	if r == nil {
		t.Skip("this system has no io_uring")
	}
	t.Cleanup(r.Close)
	return r
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got []byte, want string) {
	t.Helper()
	if string(got) != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

// sockets gives both ends of a TCP connection.
func sockets(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l := listen(t)
	near, err := net.Dial("tcp", l.Addr().String())
	check(t, err)
	far, err := l.Accept()
	check(t, err)
	t.Cleanup(func() {
		near.Close()
		far.Close()
	})
	return near.(*net.TCPConn), far.(*net.TCPConn)
}

func rawOf(t *testing.T, nc *net.TCPConn) syscall.RawConn {
	t.Helper()
	rc, err := nc.SyscallConn()
	check(t, err)
	return rc
}

// Each try has what came of it, whatever came of the others.
func TestRing(t *testing.T) {
	r := ringOnly(t)
	const (
		writes = iota
		closed
		full
		reads
		empty
		ended
		kinds
	)
	var near, far [2 * kinds]*net.TCPConn
	stuffed := make([]byte, 16<<20)
	for i := range near {
		near[i], far[i] = sockets(t)
		switch i % kinds {
		case closed:
			near[i].Close()
		case reads:
			far[i].Write([]byte("hello"))
		case ended:
			far[i].CloseWrite()
		}
	}
	for i, nc := range near {
		switch b := make([]byte, 10); i % kinds {
		case writes, closed:
			r.Write(rawOf(t, nc), fmt.Append(nil, "to ", i))
		case full:
			r.Write(rawOf(t, nc), stuffed)
		default:
			r.Read(rawOf(t, nc), b)
		}
	}
	eventuallyReadable(t, near[reads], near[reads+kinds], near[ended], near[ended+kinds])
	r.Run()
	for i, got := range r.Ops {
		switch i % kinds {
		case writes:
			if want := fmt.Sprint("to ", i); got.Err != nil || got.N != len(want) {
				t.Errorf("write %d: %d, %v", i, got.N, got.Err)
			} else {
				b := make([]byte, len(want))
				far[i].Read(b)
				equal(t, b, want)
			}
		case closed:
			if !errors.Is(got.Err, net.ErrClosed) || got.N != 0 {
				t.Errorf("write to the closed %d: %d, %v", i, got.N, got.Err)
			}
		case full:
			if got.Err != nil || got.N <= 0 || got.N >= len(stuffed) {
				t.Errorf("write of too much %d: %d, %v", i, got.N, got.Err)
			}
		case reads:
			if got.Err != nil || string(got.B[:got.N]) != "hello" {
				t.Errorf("read %d: %q, %v", i, got.B[:got.N], got.Err)
			}
		case empty:
			if got.Err != syscall.EAGAIN || got.N != 0 {
				t.Errorf("read of nothing %d: %d, %v", i, got.N, got.Err)
			}
		case ended:
			if got.Err != nil || got.N != 0 {
				t.Errorf("read at the end %d: %d, %v", i, got.N, got.Err)
			}
		}
	}
	r.Clear()
	r.Write(rawOf(t, near[full]), stuffed)
	r.Run()
	if got := r.Ops[0]; got.Err != syscall.EAGAIN || got.N != 0 {
		t.Errorf("write when full: %d, %v", got.N, got.Err)
	}
	r.Clear()
	r.Run() // of nothing
}

// eventuallyReadable waits until there is something to read on each.
func eventuallyReadable(t *testing.T, ncs ...*net.TCPConn) {
	t.Helper()
	for _, nc := range ncs {
		check(t, rawOf(t, nc).Read(func(fd uintptr) bool {
			_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
			return err != syscall.EAGAIN
		}))
	}
}

// The number of a socket that is closed meanwhile may be another socket's at
// once. Nothing may come there that was not for it.
func TestRingAndClosing(t *testing.T) {
	r := ringOnly(t)
	const n, rounds = 16, 200
	var mu sync.Mutex
	var near [n]*net.TCPConn
	var name [n]byte
	var readers sync.WaitGroup
	l := listen(t)
	open := func(i int, as byte) {
		c, err := net.Dial("tcp", l.Addr().String())
		check(t, err)
		s, err := l.Accept()
		check(t, err)
		mu.Lock()
		near[i], name[i] = c.(*net.TCPConn), as
		mu.Unlock()
		readers.Go(func() {
			defer s.Close()
			b := make([]byte, 512)
			for {
				k, err := s.Read(b)
				for _, got := range b[:k] {
					if got != as {
						t.Errorf("%d came to %d", got, as)
						return
					}
				}
				if err != nil {
					return
				}
			}
		})
	}
	for i := range near {
		open(i, byte(i))
	}
	done := make(chan struct{})
	go func() { // closes and opens
		defer close(done)
		for k := range rounds {
			i := rand.IntN(n)
			near[i].Close()
			open(i, byte(n+k))
		}
	}()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		mu.Lock()
		conns, names := near, name
		mu.Unlock()
		for i, nc := range conns {
			r.Write(rawOf(t, nc), []byte{names[i]})
		}
		r.Run()
		r.Clear()
	}
	for _, nc := range near {
		nc.Close()
	}
	readers.Wait()
}
