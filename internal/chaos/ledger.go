package chaos

import (
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// A ledger knows every call that was made, and holds what comes against it.
type ledger struct {
	fault  func(format string, a ...any)
	first  uint64 // number of the first of calls
	calls  []*record
	last   map[rpc.PeerID]map[lane]uint64 // by receiver: the last call of each lane
	alive  map[rpc.PeerID]bool            // is a peer, and has been one without a break
	shaken map[rpc.PeerID]bool            // its connection was cut, which loses unreliable calls
	newest map[track]uint64               // the last call that came

	whole int // that many of calls have reached whom they must

	came uint64
}

// A lane is what keeps its order: what one peer sends on one channel.
type lane struct {
	sender  rpc.PeerID
	channel uint8
}

// A track is what keeps its newest call, where the method is unreliable and ordered.
type track struct {
	sender, at rpc.PeerID
	method     string
}

// A record is one call.
type record struct {
	sender, target rpc.PeerID
	channel        uint8
	mode           multiplayer.TransferMode
	method         string
	forbidden      bool                // must not run
	must           map[rpc.PeerID]bool // has to reach these; true once it did
	may            map[rpc.PeerID]bool // reached others, who came while it was under way
}

func newLedger(fault func(string, ...any)) *ledger {
	return &ledger{fault: fault, last: map[rpc.PeerID]map[lane]uint64{}, alive: map[rpc.PeerID]bool{multiplayer.Server: true},
		shaken: map[rpc.PeerID]bool{}, newest: map[track]uint64{}}
}

// mark goes with a call's number, so that no garbage can look like a call.
func mark(number uint64, sender rpc.PeerID) int64 {
	h := (number+1)*0x9e3779b97f4a7c15 ^ uint64(sender)*0xbf58476d1ce4e5b9
	return int64(h ^ h>>29)
}

// next is the number of the next call.
func (l *ledger) next() uint64 { return l.first + uint64(len(l.calls)) }

// call is a call that was made and is not judged.
func (l *ledger) call(number uint64) *record { return l.calls[number-l.first] }

// note takes a call in. must are the peers that it has to reach.
func (l *ledger) note(r *record, must []rpc.PeerID) {
	r.must, r.may = map[rpc.PeerID]bool{}, map[rpc.PeerID]bool{}
	for _, id := range must {
		r.must[id] = false
	}
	l.calls = append(l.calls, r)
}

// take checks a call that ran at a peer.
func (l *ledger) take(at, sender rpc.PeerID, method string, channel uint8, number uint64, m int64) {
	if m != mark(number, sender) {
		for id := range l.alive {
			if m == mark(number, id) {
				l.fault("call %d of %d came to %d as one of %d", number, id, at, sender)
				return
			}
		}
		if l.alive[sender] {
			l.fault("a call came to %d from %d that it never made: %d", at, sender, number)
		}
		return // garbage
	}
	if number < l.first {
		return // too old to tell; it was judged without
	}
	if number >= l.next() {
		l.fault("call %d came to %d, which was never made", number, at)
		return
	}
	l.came++
	r := l.call(number)
	lanes := l.last[at]
	if lanes == nil {
		lanes = map[lane]uint64{}
		l.last[at] = lanes
	}
	way := lane{sender, r.channel}
	_, due := r.must[at]
	switch {
	case r.sender != sender || r.method != method || r.channel != channel:
		l.fault("call %d of %d, %s on channel %d, came to %d as %s of %d on channel %d", number, r.sender, r.method, r.channel, at, method, sender, channel)
	case r.forbidden:
		l.fault("call %d of %d came to %d, which does not allow it", number, sender, at)
	case !reaches(r.target, r.sender, at):
		l.fault("call %d of %d, for %d, came to %d", number, sender, r.target, at)
	case r.must[at] || r.may[at]:
		l.fault("call %d of %d came to %d twice", number, sender, at)
	case lanes[way] > number:
		l.fault("call %d of %d, %s for %d, came to %d on channel %d after call %d, %s for %d", number, sender, r.method, r.target, at, r.channel,
			lanes[way], l.call(lanes[way]).method, l.call(lanes[way]).target)
	}
	lanes[way] = number
	l.newest[track{sender, at, method}] = number
	if due {
		r.must[at] = true
	} else {
		r.may[at] = true
	}
}

// reaches tells whether a target means a peer.
func reaches(target, sender, id rpc.PeerID) bool {
	return id != sender && (target == multiplayer.Everyone || target == id || target < 0 && target != -id)
}

// end takes note that a peer is gone.
func (l *ledger) end(id rpc.PeerID) {
	delete(l.alive, id)
	delete(l.last, id)
}

// forget takes note that a peer has learnt that another one is gone.
func (l *ledger) forget(at, sender rpc.PeerID) {
	for way := range l.last[at] {
		if way.sender == sender {
			delete(l.last[at], way)
		}
	}
}

// both tells whether two peers are there, and always were.
func (l *ledger) both(a, b rpc.PeerID) bool { return l.alive[a] && l.alive[b] }

// missing tells what a call has not reached of what it must have.
func (l *ledger) missing(number uint64, r *record) (ids []rpc.PeerID) {
	loose := r.mode != multiplayer.Reliable
	if !l.alive[r.sender] || loose && l.shaken[r.sender] {
		return nil
	}
	for id, got := range r.must {
		switch {
		case got, !l.alive[id], loose && l.shaken[id]:
		case r.mode == multiplayer.UnreliableOrdered && l.newest[track{r.sender, id, r.method}] > number:
		default:
			ids = append(ids, id)
		}
	}
	return ids
}

// parted finds fault with the reliable calls of one peer to another that have not come before an orderly end.
func (l *ledger) parted(sender, at rpc.PeerID, before uint64) {
	for number := l.first; number < before; number++ {
		r := l.call(number)
		if got, must := r.must[at]; must && !got && r.sender == sender && r.mode == multiplayer.Reliable {
			l.fault("call %d, %s of %d for %d on channel %d, has not come to %d before the end", number, r.method, r.sender, r.target, r.channel, at)
		}
	}
}

// complete tells whether every call has reached whom it must.
func (l *ledger) complete() bool {
	for ; l.whole < len(l.calls); l.whole++ {
		if l.missing(l.first+uint64(l.whole), l.calls[l.whole]) != nil {
			return false
		}
	}
	return true
}

// judge finds fault with the calls that did not arrive, and forgets all.
func (l *ledger) judge() {
	for i, r := range l.calls {
		if ids := l.missing(l.first+uint64(i), r); ids != nil {
			l.fault("call %d, %s of %d for %d on channel %d, has not come to %v", l.first+uint64(i), r.method, r.sender, r.target, r.channel, ids)
		}
	}
	l.first += uint64(len(l.calls))
	l.calls, l.whole = nil, 0
	l.newest = map[track]uint64{} // a map that is cleared keeps its memory, which is none of what a soak looks for
}
