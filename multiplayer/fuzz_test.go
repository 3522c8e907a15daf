package multiplayer

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// listed makes one input of messages: each behind its length, one byte.
func listed(messages ...string) (b []byte) {
	for _, m := range messages {
		b = append(append(b, byte(len(m))), m...)
	}
	return b
}

// FuzzHandshake gives a new connection of a session, or of a client, what the other side might say first and next. A
// server keeps its id, and a peer comes and goes once.
func FuzzHandshake(f *testing.F) {
	const session = "\xa7session\xc4\x10ssssssssssssssss"
	for _, godot := range []bool{false, true} {
		for _, s := range [][]string{
			{"\x00\x80", "\x10\x26raw"}, {"\x00\x81\xa5agent\xa1x", "\x02\x05", "\x03\x05\x06", "\x04\x00"},
			{"\x00\x84\xa5agent\xa1x" + session + "\xa8received\x07\xabmax_message\xcd\x04\x00", "\x14\x07\x26raw"},
			{"\x00\x80", "\x00\x80"}, {"\x00\x80", "\x05\x80"}, {"\x01\x80"}, {"\x00\x80", "\x13x"}, {"\x05\x00\x00\x00", "\x03raw"}, {"", "\x03raw"},
		} {
			f.Add(listed(s...), godot, false)
		}
		welcome := "\x01\x83\xa2id\x05" + session + "\xadresume_window\xcd\x10\x00"
		for _, s := range [][]string{
			{welcome, "\x10\x26raw", "\x04\x00"}, {welcome, welcome}, {welcome, "\x05\x82\xa4code\xcd\x03\xe9\xa6reason\xa1x"},
			{"\x01\x84\xa2id\x05" + session + "\xa7resumed\xc3\xa8received\x05"}, {"\x05\x00\x00\x00", "\x03raw"}, {"\x01\x00\x00\x00"}, {"\xff\xff\xff\xff"},
		} {
			f.Add(listed(s...), godot, true)
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, godot, toClient bool) {
		o := &Options{ResumeWindow: time.Hour, HandshakeTimeout: time.Hour}
		plain := &transport.Options{SupportedProtocols: []string{Subprotocol}, ProtocolOptional: true, Group: transport.NewGroup()}
		if godot {
			o.Wire = Godot
			plain.SupportedProtocols = nil
		}
		m, err := newPeer(o, !toClient)
		if err != nil {
			t.Fatal(err)
		}
		var other *transport.WebSocketPeer
		if toClient {
			err = m.connect(func() (ws *transport.WebSocketPeer, err error) {
				other, ws = transport.Pipe(plain, m.ts)
				return ws, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		} else {
			var ws *transport.WebSocketPeer
			pl := new(place)
			ws, other = transport.Pipe(m.gate(pl), plain)
			m.adopt(ws, pl)
		}
		here, came := map[PeerID]bool{}, map[PeerID]bool{}
		m.OnPeerConnected = func(id PeerID) {
			if here[id] || id < 1 {
				t.Errorf("%d came", id)
			}
			here[id], came[id] = true, true
		}
		m.OnPeerDisconnected = func(id PeerID, _ error) {
			if !here[id] {
				t.Errorf("%d is gone", id)
			}
			delete(here, id)
		}
		poll := func() {
			m.Poll()
			plain.Group.Poll()
			for p := range m.Packets() {
				if !came[p.Peer] || p.Mode > UnreliableOrdered {
					t.Errorf("a packet of %d, mode %v", p.Peer, p.Mode)
				}
			}
			for range other.Packets() {
			}
		}
		for other.ReadyState() == transport.Connecting {
			poll()
		}
		for len(input) > 0 {
			n := min(int(input[0]), len(input)-1)
			if other.PutPacket(input[1:1+n]) != nil {
				break
			}
			input = input[1+n:]
		}
		other.Flush()
		if !toClient && m.UniqueID() != Server || len(here) > 1 {
			t.Errorf("it is %d, with %v", m.UniqueID(), here)
		}
		other.Close(1000, "")
		for other.ReadyState() != transport.Closed || len(m.peers) > 0 {
			poll()
		}
		poll()
		if !toClient && m.UniqueID() != Server || len(here) > 0 || len(m.sessions) > 0 {
			t.Errorf("it is %d, with %v and %d sessions", m.UniqueID(), here, len(m.sessions))
		}
		m.Close()
		m.Poll()
	})
}

// TestOutboxShares puts packets into an outbox and takes them out at random, and holds what is counted against what is there:
// all that is passed on has at most its half, of which something is left for whoever has none, and nothing is kept of who has
// nothing there.
func TestOutboxShares(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		var sum amount
		o := outbox{all: &sum}
		budget := amount{40 + rnd.IntN(400), 20_000 + rnd.IntN(100_000)}
		unwritten := amount{rnd.IntN(budget.packets / 4), rnd.IntN(budget.bytes / 4)}
		for range 3000 {
			q := queued{frame: new(transport.Prepared), Delivery: Delivery{Mode: TransferMode(rnd.IntN(3)), Channel: uint8(rnd.IntN(3))}, source: PeerID(rnd.IntN(6))}
			q.frame.Set(transport.WriteBinary, make([]byte, rnd.IntN(600)))
			switch rnd.IntN(40) {
			case 0:
				n := rnd.IntN(len(o.packets) + 1)
				o.drain(func(queued) bool { n--; return n >= 0 })
			case 1:
				o.drop(q.Channel, func(queued) {})
			case 2:
				o.dropOldest(q, rnd.IntN(2) == 0)
			case 3:
				o.supersede(q)
			default:
				if q.source == 0 && len(o.packets) < budget.packets || q.source != 0 && o.fitsShare(q, unwritten, budget) {
					o.push(q)
				}
			}
			var all, passed amount
			by := map[PeerID]amount{}
			for _, q := range o.packets {
				cost := amount{1, q.cost()}
				all = all.plus(cost)
				if q.source != 0 {
					passed, by[q.source] = passed.plus(cost), by[q.source].plus(cost)
				}
			}
			if all != sum || all.bytes != o.bytes || passed != o.relayed.all || !passed.plus(unwritten).within(budget.part(2)) {
				t.Fatalf("seed %d: %+v are there, %+v and %+v counted of %+v", seed, all, sum, o.relayed, budget)
			}
			if o.relayed.by != nil && !maps.Equal(o.relayed.by, by) {
				t.Fatalf("seed %d: %v are there, %v counted", seed, by, o.relayed.by)
			}
			if small := (queued{frame: new(transport.Prepared), source: 99}); passed.plus(unwritten).packets < budget.packets/2-8 &&
				passed.plus(unwritten).bytes < budget.bytes/2-1000 && !o.fitsShare(small, unwritten, budget) {
				t.Fatalf("seed %d: there is no room for a newcomer beside %v of %v", seed, by, budget)
			}
		}
		if o.clear(); sum != (amount{}) || o.relayed.all != (amount{}) || o.relayed.by != nil {
			t.Fatalf("seed %d: %v, %v left", seed, sum, o.relayed)
		}
	}
}

// FuzzAck acknowledges at will, in between of what is sent: a count that cannot be ends the connection, others leave
// what is kept as it should be.
func FuzzAck(f *testing.F) {
	f.Add([]byte{0x83, 0x03, 0x81, 0x04})
	f.Add([]byte{0x05})
	f.Add([]byte{0x82, 0x02, 0x01})
	f.Add([]byte{0xff, 0x81, 0x05, 0xbf, 0x10})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var r resumption
		var sent, acked uint64
		frame := new(transport.Prepared)
		frame.Set(transport.WriteBinary, []byte("packet"))
		own := queued{frame: frame}
		limit := 40 * own.cost()
		for _, s := range steps {
			if s&0x80 != 0 {
				for range s & 0x3f {
					q := own
					if s&0x40 != 0 {
						q.source = 2 + PeerID(sent%3)
					}
					if r.fits(q, limit, nil) {
						r.reserve(q)
						r.keep(q)
						sent++
					}
				}
				continue
			}
			count := uint64(s)
			if s == 0x7f {
				count = binary.BigEndian.Uint64([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, s})
			}
			err := r.trim(count)
			if possible := count >= acked && count <= sent; (err == nil) != possible {
				t.Fatalf("%d of %d to %d: %v", count, acked, sent, err)
			}
			if err == nil {
				acked = count
			}
			relayed, by := 0, map[PeerID]amount{}
			for _, q := range r.unacked {
				if q.source != 0 {
					relayed += q.cost()
					by[q.source] = by[q.source].plus(amount{bytes: q.cost()})
				}
			}
			if r.relayed.by != nil && !maps.Equal(r.relayed.by, by) {
				t.Fatalf("%v is counted of %v", r.relayed.by, by)
			}
			if r.sent != sent || r.acked() != acked || r.bytes != int(sent-acked)*own.cost() || r.bytes > limit || r.replay != len(r.unacked) ||
				r.relayed.all.bytes != relayed || relayed > limit/2 || relayed == 0 && r.relayed.by != nil {
				t.Fatalf("%+v after %d and %d", r, sent, acked)
			}
		}
	})
}
