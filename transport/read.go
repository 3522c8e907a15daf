package transport

import (
	"bufio"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/lxzan/gws"
)

// The sizes of a peer's read buffer. It stays for as long as the connection,
// and servers have many, so theirs is small; larger messages are read past it.
const (
	readBuffer       = 512
	clientReadBuffer = 4 << 10
)

// events are the callbacks of gws. They run on the reading goroutine, find
// their peer by the connection and hand over.
type events struct{}

func peerOf(c *gws.Conn) *WebSocketPeer { return (*WebSocketPeer)(c.NetConn().(*wire)) }

func (events) OnOpen(*gws.Conn)                        {}
func (events) OnClose(c *gws.Conn, err error)          { peerOf(c).gws.err = err }
func (events) OnPing(c *gws.Conn, payload []byte)      { peerOf(c).onPing(payload) }
func (events) OnPong(c *gws.Conn, payload []byte)      { peerOf(c).onPong(payload) }
func (events) OnMessage(c *gws.Conn, msg *gws.Message) { peerOf(c).onMessage(gwsMessage(msg)) }

// upgraders has the gws.Upgrader for each inbound limit. What it holds is the
// same for every connection with that limit, so they share it.
var upgraders sync.Map // int32 to *gws.Upgrader

func upgrader(limit int32) *gws.Upgrader {
	if u, ok := upgraders.Load(limit); ok {
		return u.(*gws.Upgrader)
	}
	u, _ := upgraders.LoadOrStore(limit, gws.NewUpgrader(events{}, &gws.ServerOption{
		ReadMaxPayloadSize: int(limit),
		CheckUtf8Enabled:   true,
		ParallelGolimit:    1,
		NewSession:         func() gws.SessionStorage { return nil },
	}))
	return u.(*gws.Upgrader)
}

// A gwsSide is what a peer needs while gws reads: at first, or all the time.
type gwsSide struct {
	gate  gate
	head  replyHead // client: what the server replied
	reply []byte    // server: header lines to add to the 101 reply
	err   error     // what gws said when its loop ended
	wrote int       // code of the close frame it wrote; see closeInfo
}

// A wire is a peer in the part of the net.Conn that gws reads and writes.
// During the handshake it is the real connection. Later gws only writes close
// frames, and those are this package's to send: of them just the code is
// noted.
type wire WebSocketPeer

func (w *wire) Read(b []byte) (int, error) {
	p := (*WebSocketPeer)(w)
	return p.gws.gate.read(b, p.readSocket)
}

func (p *WebSocketPeer) readSocket(b []byte) (int, error) {
	if !p.server && (p.shaking || len(p.gws.head.b) > 0) {
		return p.gws.head.read(b, p.nc)
	}
	if p.shaking {
		return p.nc.Read(b)
	}
	if p.meter != nil {
		if err := p.pace(); err != nil {
			return 0, err
		}
	}
	n, err := p.nc.Read(b)
	p.bytesIn.Add(uint64(n))
	p.readsDone.Add(1)
	if p.meter != nil {
		p.meter.read(p, n)
	}
	return n, err
}

func (w *wire) Write(b []byte) (int, error) {
	p := (*WebSocketPeer)(w)
	if p.shaking {
		return p.writeHandshake(b)
	}
	p.gws.wrote = codeOfClose(b)
	return len(b), nil
}

func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return w.nc.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr             { return w.nc.RemoteAddr() }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// codeOfClose is the code in a close frame as gws writes it, 0 if there is
// none in it.
func codeOfClose(frame []byte) int {
	if len(frame) < 2 || frame[0] != bitFin|opClose {
		return 0
	}
	payload := frame[2:]
	if frame[1]&bitMask != 0 {
		if len(payload) < 4+2 {
			return 0
		}
		return int(payload[4]^payload[0])<<8 | int(payload[5]^payload[1])
	}
	if len(payload) < 2 {
		return 0
	}
	return int(payload[0])<<8 | int(payload[1])
}

func newReader(p *WebSocketPeer) *bufio.Reader {
	size := readBuffer
	if p.mayShare() {
		size = 0 // as small as can be: gws will not read
	}
	return bufio.NewReaderSize((*wire)(p), size)
}

// run reads until the connection ends, then ends the peer.
func (p *WebSocketPeer) run(c *gws.Conn) {
	defer p.unref()
	p.ended(p.readAll(c))
}

// readAll runs the read loop of gws and says how it ended. A panic in there,
// which hostile bytes might cause, ends this connection only.
func (p *WebSocketPeer) readAll(c *gws.Conn) (end ending, reply int) {
	defer func() {
		if v := recover(); v != nil {
			p.logError("panic while reading", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			end = ending{code: -1, err: &ProtocolError{codeProtocolError, fmt.Errorf("panic while reading: %v", v)}}
			reply = codeProtocolError
		}
	}()
	c.ReadLoop()
	return closeInfo(p.gws.err, p.gws.gate.err, p.gws.wrote)
}

// deliver takes a message in. It reports whether the group has to be notified,
// and whether the reader has to wait for room.
func (p *WebSocketPeer) deliver(m *message) (notify, full bool) {
	p.meter.packet()
	in := &p.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.phase != Open {
		m.release()
		return false, false
	}
	in.msgs = append(in.msgs, m)
	in.packets++
	in.unread.Add(unreadOf(m))
	return p.reportLocked(), p.full()
}

// onMessage takes a message in, and holds the reader up while the user has
// too much to read.
func (p *WebSocketPeer) onMessage(m *message) {
	notify, full := p.deliver(m)
	if notify {
		p.group.notify()
	}
	if !full {
		return
	}
	in := &p.in
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.phase == Open && p.full() {
		// Who takes a packet counts first and looks at waiting then; here
		// it is the other way round, so that one of the two sees the other.
		in.waiting.Store(true)
		if !p.full() {
			break
		}
		if in.room == nil {
			in.room = make(chan struct{})
		}
		room := in.room
		in.mu.Unlock()
		<-room
		in.mu.Lock()
	}
	in.waiting.Store(false)
}

// full reports whether as much is unread as may be.
func (p *WebSocketPeer) full() bool {
	n := p.in.unread.Load()
	return n>>unreadShift >= uint64(p.maxPackets) || n&(1<<unreadShift-1) >= uint64(p.inLimit)
}

// makeRoom lets a waiting reader go on if it may.
func (p *WebSocketPeer) makeRoom() {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	if !p.full() {
		p.wakeReaderLocked()
	}
}

func (p *WebSocketPeer) wakeReaderLocked() {
	in := &p.in
	switch {
	case in.room != nil:
		close(in.room)
		in.room = nil
	case in.paused:
		in.paused = false
		in.waiting.Store(false)
		in.shared.call()
	default:
		return
	}
	if in.beat != nil {
		in.beat.excused = true
	}
}

func (p *WebSocketPeer) onPing(payload []byte) {
	if p.pinged() {
		p.sendControl(opPong, payload)
	}
}

// pinged counts a ping, and reports whether it is to be answered.
func (p *WebSocketPeer) pinged() bool {
	p.meter.packet()
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	p.in.pings++
	return p.in.phase == Open
}

func (p *WebSocketPeer) logError(msg string, args ...any) {
	if p.logger != nil {
		p.logger.Error("transport: "+msg, args...)
	}
}

func (p *WebSocketPeer) logDebug(msg string, args ...any) {
	if p.logger != nil {
		p.logger.Debug("transport: "+msg, args...)
	}
}
