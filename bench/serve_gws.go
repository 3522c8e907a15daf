package main

import (
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/lxzan/gws"
)

// serveGWS is the bare library, used as its README does: a goroutine a connection, and every message written on its own.
func serveGWS(ln net.Listener, s serving) error {
	halls := make([]hall, s.rooms)
	up := gws.NewUpgrader(&gwsHandler{halls: halls, echo: s.mode == modeEcho}, nil)
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r)
		if err != nil {
			return
		}
		h := &halls[roomOf(r)%len(halls)]
		c.Session().Store(hallKey, h)
		h.add(c)
		go c.ReadLoop()
	}))
}

const hallKey = "hall"

// roomOf is the room that a client asks for with ?room=.
func roomOf(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Query().Get("room"))
	return max(n, 0)
}

// hall is one room of connections.
type hall struct {
	mu    sync.RWMutex
	conns []*gws.Conn
}

func (h *hall) add(c *gws.Conn) {
	h.mu.Lock()
	h.conns = append(h.conns, c)
	h.mu.Unlock()
}

type gwsHandler struct {
	gws.BuiltinEventHandler
	halls []hall
	echo  bool
}

func (g *gwsHandler) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	if g.echo {
		c.WriteMessage(m.Opcode, m.Bytes())
		return
	}
	v, _ := c.Session().Load(hallKey)
	h := v.(*hall)
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, other := range h.conns {
		if other != c {
			other.WriteMessage(m.Opcode, m.Bytes())
		}
	}
}
