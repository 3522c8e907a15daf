//go:build !linux

package transport

func canShare() bool { return false }

func withoutSharing() {}

func (p *WebSocketPeer) shareLocked([]byte) bool { return false }
