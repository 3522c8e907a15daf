package transport

// deliver takes a message in. It reports whether the group has to be notified,
// and whether the reader has to wait for room.
func (p *WebSocketPeer) deliver(m message) (notify, full bool) {
	p.meter.packet()
	in := &p.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.phase != Open {
		m.buf.Release()
		return false, false
	}
	in.msgs = append(in.msgs, m)
	in.packets++
	in.unread.Add(unreadOf(m))
	return p.reportLocked(), p.full()
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

// wakeReaderLocked ends a pause of the reader.
func (p *WebSocketPeer) wakeReaderLocked() {
	in := &p.in
	if !in.paused {
		return
	}
	in.paused = false
	in.waiting.Store(false)
	in.reader.call()
	if in.beat != nil {
		in.beat.excused = true
	}
}

// callReader lets the reader look at the peer, if it has one.
func (p *WebSocketPeer) callReader() {
	p.in.mu.Lock()
	r := p.in.reader
	p.in.mu.Unlock()
	if r != nil {
		r.call()
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
