package main

import (
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/lxzan/gws"
)

// serveFloor is the least that a room can cost: gws reads, and once a tick each connection gets all that was said in
// one write. There are no peers, no calls and no limits; everybody hears themselves too, which saves sorting it out.
func serveFloor(ln net.Listener, s serving) error {
	rooms := make([]*floorRoom, s.rooms)
	for i := range rooms {
		rooms[i] = &floorRoom{}
		go rooms[i].run(s.ticks)
	}
	up := gws.NewUpgrader(&floorHandler{}, nil)
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r)
		if err != nil {
			return
		}
		room := rooms[roomOf(r)%len(rooms)]
		c.Session().Store(hallKey, room)
		room.mu.Lock()
		room.conns = append(room.conns, c.NetConn())
		room.mu.Unlock()
		go c.ReadLoop()
	}))
}

type floorRoom struct {
	mu    sync.Mutex
	said  []byte // frames
	conns []net.Conn
}

func (r *floorRoom) run(ticks int) {
	var spare []byte
	for range time.Tick(time.Second / time.Duration(ticks)) {
		r.mu.Lock()
		said, conns := r.said, r.conns
		r.said = spare[:0]
		r.mu.Unlock()
		if spare = said; len(said) == 0 {
			continue
		}
		for _, nc := range conns {
			nc.Write(said)
		}
	}
}

type floorHandler struct{ gws.BuiltinEventHandler }

func (*floorHandler) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	v, _ := c.Session().Load(hallKey)
	r := v.(*floorRoom)
	r.mu.Lock()
	r.said = appendServerFrame(r.said, m.Bytes())
	r.mu.Unlock()
}

// appendServerFrame appends an unmasked binary frame.
func appendServerFrame(b, payload []byte) []byte {
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x82, byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x82, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x82, 127), uint64(n))
	}
	return append(b, payload...)
}
