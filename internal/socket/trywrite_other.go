//go:build !unix

package socket

import "net"

// NewTryWriter returns nil if writing to nc cannot be tried without waiting:
// here, for every real socket.
func NewTryWriter(nc net.Conn) TryWriter {
	w, _ := nc.(TryWriter)
	return w
}
