package multiplayer

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/peerage-go/peerage/transport"
)

// outbox holds what one congested connection could not take yet. It is empty, and costs nothing, while the
// connection keeps up.
type outbox struct {
	packets []queued
	bytes   int     // of memory
	relayed shares  // of it
	all     *amount // what waits in all outboxes of the session
	round   uint32  // of what comes now
	highest int     // channel of this side's own in it, plus one
}

// queued is one framed message that waits. The frame is shared by all peers of one send.
type queued struct {
	frame *transport.Prepared
	Delivery
	source PeerID // for whom it is passed on; 0: it is this side's own
	round  uint32 // it leaves after those of earlier rounds
}

func (o *outbox) empty() bool { return len(o.packets) == 0 }

// cost is what it takes in memory, in bytes, while it waits.
func (q queued) cost() int { return q.frame.Size() + 2*int(unsafe.Sizeof(q)) }

// supersede removes the UnreliableOrdered packet that a newer one of its channel and key comes for, and tells whether
// there was one. The newer one also takes the later place: reliable ones of its channel sent in between stay before it.
func (o *outbox) supersede(q queued) bool {
	_, ok := o.removeFirst(func(w queued) bool {
		return w.Mode == UnreliableOrdered && w.Channel == q.Channel && w.Key == q.Key && w.source == q.source
	})
	return ok
}

// dropOldest makes room for a packet by one unreliable packet, the oldest. One that is passed on takes no other's share:
// where its own is used up it takes the place of one of its source, else of one of this side's own, which then has more
// than its half. It gives that one, if there was one.
func (o *outbox) dropOldest(q queued, inShare bool) (dropped queued, ok bool) {
	return o.removeFirst(func(w queued) bool {
		switch {
		case w.Mode == Reliable:
			return false
		case q.source == 0:
			return true
		case inShare:
			return w.source == 0
		}
		return w.source == q.source
	})
}

func (o *outbox) removeFirst(which func(queued) bool) (removed queued, ok bool) {
	i := slices.IndexFunc(o.packets, which)
	if i < 0 {
		return queued{}, false
	}
	removed = o.packets[i]
	o.remove(i, i+1)
	return removed, true
}

// drop removes the unreliable packets of a channel, and hands each to dropped.
func (o *outbox) drop(channel uint8, dropped func(queued)) {
	o.packets = slices.DeleteFunc(o.packets, func(q queued) bool {
		if q.Channel != channel || q.Mode == Reliable {
			return false
		}
		o.uncount(q)
		dropped(q)
		return true
	})
}

// reliable tells whether a reliable packet waits.
func (o *outbox) reliable() bool {
	return slices.ContainsFunc(o.packets, func(q queued) bool { return q.Mode == Reliable })
}

// fitsShare tells whether a packet that is passed on fits into its source's share of what may wait.
func (o *outbox) fitsShare(q queued, unwritten, budget amount) bool {
	return o.relayed.fit(q.source, amount{1, q.cost()}, unwritten, budget, func(yield func(PeerID, amount) bool) {
		for _, w := range o.packets {
			if w.source != 0 && !yield(w.source, amount{1, w.cost()}) {
				return
			}
		}
	})
}

// push puts a packet at the end. One that is passed on does not pass this side's own that wait on higher channels, or a
// stream of such packets would hold those up for ever: it begins a new round.
func (o *outbox) push(q queued) {
	switch {
	case q.source == 0:
		o.highest = max(o.highest, int(q.Channel)+1)
	case int(q.Channel)+1 < o.highest:
		o.round++
		o.highest = 0
	}
	q.round = o.round
	o.packets = append(o.packets, q)
	cost := amount{1, q.cost()}
	o.bytes += cost.bytes
	*o.all = o.all.plus(cost)
	if q.source != 0 {
		o.relayed.take(q.source, cost)
	}
}

func (o *outbox) remove(from, to int) {
	for _, q := range o.packets[from:to] {
		o.uncount(q)
	}
	o.packets = slices.Delete(o.packets, from, to)
}

func (o *outbox) uncount(q queued) {
	cost := amount{1, q.cost()}
	o.bytes -= cost.bytes
	*o.all = o.all.minus(cost)
	if q.source != 0 {
		o.relayed.give(q.source, cost)
	}
}

// clear makes it empty, and gives what was in it.
func (o *outbox) clear() []queued {
	packets := o.packets
	*o.all = o.all.minus(amount{len(packets), o.bytes})
	o.packets, o.bytes, o.relayed, o.round, o.highest = nil, 0, shares{}, 0, 0
	return packets
}

// drain hands packets to send, in each round lower channels first and in order within a channel, until send says no.
func (o *outbox) drain(send func(queued) bool) {
	slices.SortStableFunc(o.packets, func(a, b queued) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.Channel, b.Channel))
	})
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
