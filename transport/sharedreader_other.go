//go:build !linux

package transport

// A sharedReader is for Linux.
type sharedReader struct{}

func canShare() bool { return false }

func (p *WebSocketPeer) shareLocked() bool { return false }

func (c *sharedConn) call() {}
