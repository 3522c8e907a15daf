//go:build !unix

package transport

import "net"

// newTryWriter returns nil if writing to nc cannot be tried without waiting:
// here, for every real socket.
func newTryWriter(nc net.Conn) tryWriter {
	w, _ := nc.(tryWriter)
	return w
}
