package rpc

import "hash/maphash"

// An engine's rpc() on a client is a packet for each of the others: copies of one call, of which only the first counts
// against the rate limits. The limits would otherwise be for fewer calls the more peers there are.

// copying is what a client is sending once to each of the others.
type copying struct {
	round [copyForms]round
	next  int // which round gives way to a new one
}

// copyForms is how many forms one call has on its way to several peers: with the path of the node for those that have not
// confirmed its id, with the id for the others. They come in any mixture.
const copyForms = 2

// round is one packet and who has had it.
type round struct {
	sum uint64
	had bits // by remote.slot
}

// forgiveCopy does not count a packet for one other peer that its sender has sent to others just before, but not to this
// one yet. So a peer gets no more of what is forgiven than of what counts.
func (m *SceneMultiplayer) forgiveCopy(r, to *remote, packet []byte) {
	if !m.wires[r.wire()].copies() {
		return
	}
	if r.copying == nil {
		r.copying = new(copying)
	}
	c := r.copying
	sum := maphash.Bytes(m.seed, packet)
	for i := range c.round {
		if got := &c.round[i]; got.sum == sum && len(got.had) > 0 {
			if got.had.add(to.slot) {
				r.link.WebSocket().Forgive(1, aroundCopy+len(packet))
				return
			}
			got.begin(sum, to.slot)
			return
		}
	}
	c.round[c.next].begin(sum, to.slot)
	c.next = (c.next + 1) % copyForms
}

func (r *round) begin(sum uint64, slot int) {
	clear(r.had)
	r.sum = sum
	r.had.add(slot)
}

// takeSlot gives a remote a small number of its own, giveSlot takes it back.
func (m *SceneMultiplayer) takeSlot(r *remote) {
	if n := len(m.freeSlots); n > 0 {
		r.slot, m.freeSlots = m.freeSlots[n-1], m.freeSlots[:n-1]
		return
	}
	m.slots++
	r.slot = m.slots
}

func (m *SceneMultiplayer) giveSlot(r *remote) { m.freeSlots = append(m.freeSlots, r.slot) }

// aroundCopy is what stands around the packet of a small relay, in bytes: the header of its frame, and of the relay.
const aroundCopy = 6 + systemSize
