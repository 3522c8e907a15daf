package multiplayer

import (
	"slices"
	"unsafe"

	"github.com/peerage-go/peerage/transport"
)

// outbox holds what one congested connection could not take yet. It is empty, and costs nothing, while the
// connection keeps up.
type outbox struct {
	packets []queued
	bytes   int // of memory
	all     *waitingSum
}

// waitingSum is what waits in all outboxes of a session.
type waitingSum struct{ packets, bytes int }

// queued is one framed message that waits. The frame is shared by all peers of one send.
type queued struct {
	frame *transport.Prepared
	Delivery
}

func (o *outbox) empty() bool { return len(o.packets) == 0 }

// cost is what it takes in memory, in bytes, while it waits.
func (q queued) cost() int { return q.frame.Size() + 2*int(unsafe.Sizeof(q)) }

// replace puts q in the place of an UnreliableOrdered packet of the same channel and key.
func (o *outbox) replace(q queued) bool {
	for i := range o.packets {
		w := &o.packets[i]
		if w.Mode == UnreliableOrdered && w.Channel == q.Channel && w.Key == q.Key {
			// The newer packet also takes the later place: reliable ones of its channel sent in between stay before it.
			o.remove(i, i+1)
			o.push(q)
			return true
		}
	}
	return false
}

// dropOldest makes room by one unreliable packet, the oldest. It tells whether there was one.
func (o *outbox) dropOldest() bool {
	i := slices.IndexFunc(o.packets, func(q queued) bool { return q.Mode != Reliable })
	if i < 0 {
		return false
	}
	o.remove(i, i+1)
	return true
}

// drop removes the packets of a channel, and tells how many there were.
func (o *outbox) drop(channel uint8) int {
	before := len(o.packets)
	o.packets = slices.DeleteFunc(o.packets, func(q queued) bool {
		if q.Channel != channel {
			return false
		}
		o.count(-1, -q.cost())
		return true
	})
	return before - len(o.packets)
}

func (o *outbox) push(q queued) {
	o.packets = append(o.packets, q)
	o.count(1, q.cost())
}

func (o *outbox) remove(from, to int) {
	for _, q := range o.packets[from:to] {
		o.count(-1, -q.cost())
	}
	o.packets = slices.Delete(o.packets, from, to)
}

func (o *outbox) count(packets, bytes int) {
	o.bytes += bytes
	o.all.packets += packets
	o.all.bytes += bytes
}

// clear makes it empty, and gives what was in it.
func (o *outbox) clear() []queued {
	packets := o.packets
	o.count(-len(packets), -o.bytes)
	o.packets = nil
	return packets
}

// drain hands packets to send, lower channels first and in order within a channel, until send says no.
func (o *outbox) drain(send func(queued) bool) {
	slices.SortStableFunc(o.packets, func(a, b queued) int { return int(a.Channel) - int(b.Channel) })
	n := 0
	for n < len(o.packets) && send(o.packets[n]) {
		n++
	}
	if n == len(o.packets) {
		o.clear()
		return
	}
	o.remove(0, n)
}
