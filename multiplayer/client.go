package multiplayer

import "github.com/peerage-go/peerage/transport"

// Dial makes a client of the session at a ws:// or wss:// URL (WebSocketMultiplayerPeer.create_client). It returns at
// once, Connecting; Poll until ConnectionStatus is Connected, or Disconnected with an Err. The error tells of a URL
// or options that are wrong.
func Dial(url string, o *Options) (*MultiplayerPeer, error) {
	m, err := newPeer(o, false)
	if err != nil {
		return nil, err
	}
	dial, err := m.dialer(url)
	if err != nil {
		return nil, err
	}
	if err := m.connect(dial); err != nil {
		return nil, err
	}
	return m, nil
}

// connect begins the first connection of a client; later ones are made in the same way.
func (m *MultiplayerPeer) connect(dial func() (*transport.WebSocketPeer, error)) error {
	ws, err := dial()
	if err != nil {
		return err
	}
	m.reconnect.dial = dial
	m.meet(ws)
	m.adopt(ws, new(place))
	return nil
}

// Pipe makes a server and one client of its session in memory, for tests and for playing alone. More clients join
// with Join.
func Pipe(server, client *Options) (s, c *MultiplayerPeer, err error) {
	if s, err = NewServer(server); err != nil {
		return nil, nil, err
	}
	if c, err = s.Join(client); err != nil {
		return nil, nil, err
	}
	return s, c, nil
}

// Join makes a client of a server's session that is connected in memory. It belongs to another goroutine than
// the server if they are polled by different ones. A client cannot be joined, which is an error.
func (m *MultiplayerPeer) Join(o *Options) (*MultiplayerPeer, error) {
	return m.JoinURL("ws://pipe/", o)
}

// JoinURL is Join for a server that looks at requests: the client asks for a URL, "ws://game/duel?token=secret" say, of
// which Admit sees path and query, and with the HandshakeHeaders of its Transport. The error tells of a URL or options that
// are wrong.
func (m *MultiplayerPeer) JoinURL(url string, o *Options) (*MultiplayerPeer, error) {
	if !m.server {
		return nil, errClient
	}
	c, err := newPeer(o, false)
	if err != nil {
		return nil, err
	}
	err = c.connect(func() (*transport.WebSocketPeer, error) {
		pl := new(place)
		sws, cws, err := transport.PipeURL(url, m.gate(pl), c.offer())
		if err != nil {
			return nil, err
		}
		m.adopt(sws, pl)
		return cws, nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Offline is a session of one: a server with id 1 and no peers, that needs no network (OfflineMultiplayerPeer).
func Offline() *MultiplayerPeer {
	m, err := newPeer(nil, true)
	if err != nil {
		panic(err) // the defaults are valid
	}
	m.refusing.Store(true)
	return m
}
