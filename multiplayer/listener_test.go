package multiplayer

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// failing is a listener whose Accept fails.
type failing struct {
	net.Listener
	errs []error
}

func (f *failing) Accept() (net.Conn, error) {
	err := f.errs[0]
	f.errs = f.errs[1:]
	return nil, err
}

func TestConnectionsThatCannotBeAccepted(t *testing.T) {
	log := new(bytes.Buffer)
	m, err := NewServer(&Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	full := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	l := listener{&failing{errs: []error{full, errors.New("strange"), net.ErrClosed}}, m}
	for range 3 {
		if _, err := l.Accept(); err == nil {
			t.Error("accepted")
		}
	}
	if n := m.Stats().NotAccepted; n != 2 {
		t.Errorf("%d counted, want 2: an end of listening is no failure", n)
	}
	if s := log.String(); !strings.Contains(s, "ulimit -n") || !strings.Contains(s, "strange") || strings.Count(s, "level=WARN") != 2 {
		t.Errorf("the log says\n%s", s)
	}
}
