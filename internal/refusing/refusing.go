// Package refusing gives tests an address at which nobody listens.
package refusing

import (
	"net"
	"testing"
)

// Addr is a TCP address of this machine that refuses connections as long as the test runs. No other process can come
// to listen there, as it could where a listener was closed: it is the near end of a connection.
func Addr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}
