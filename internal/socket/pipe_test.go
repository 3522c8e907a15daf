package socket

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		buf := make([]byte, 2*pipeSize)

		// Buffers take pipeSize, and a try takes what fits.
		if n, err := a.TryWrite(buf); n != pipeSize || err != nil {
			t.Errorf("tried to write: %d, %v", n, err)
		}
		a.SetWriteDeadline(time.Now().Add(time.Second))
		start := time.Now()
		if n, err := a.Write(buf); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("wrote %d, %v after %v", n, err, time.Since(start))
		}
		a.SetWriteDeadline(time.Time{})
		go a.Write(buf[:10])
		if n, err := b.Read(buf); n != pipeSize || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		if n, err := b.Read(buf); n != 10 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		b.SetReadDeadline(time.Now().Add(-time.Second))
		synctest.Wait()
		if _, err := b.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		b.SetReadDeadline(time.Time{})

		// Half closed, then closed.
		a.Write([]byte("end"))
		a.CloseWrite()
		if _, err := a.Write(buf); !errors.Is(err, net.ErrClosed) {
			t.Errorf("wrote after CloseWrite: %v", err)
		}
		n, err := b.Read(buf)
		if _, err2 := b.Read(buf); n != 3 || err != nil || err2 == nil {
			t.Errorf("read %d, %v, then %v", n, err, err2)
		}
		b.Write([]byte("answer"))
		if n, err := a.Read(buf); n != 6 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		b.Close()
		if _, err := b.Read(buf); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after Close: %v", err)
		}
		a.Close()
	})
}
