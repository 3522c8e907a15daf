package trouble

import (
	"errors"

	"github.com/peerage-go/peerage/multiplayer"
)

// Behind gives the peers that a call did not reach because they do not read what they are sent.
func Behind(err error) (ids []multiplayer.PeerID) {
	switch e := err.(type) {
	case *multiplayer.PeerError:
		if errors.Is(e, multiplayer.ErrBufferFull) {
			ids = append(ids, e.Peer)
		}
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			ids = append(ids, Behind(err)...)
		}
	case interface{ Unwrap() error }:
		return Behind(e.Unwrap())
	}
	return ids
}
