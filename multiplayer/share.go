package multiplayer

import "iter"

// What a peer has room for, its budget for what waits and its replay buffer, is shared by sources: this side itself, and
// the peers whose packets it passes on. So that none of these takes what is another's, all that is passed on has half
// of each, and of that half one source has at most as much as it leaves free for others.

// amount is so many packets, and the memory that they take.
type amount struct{ packets, bytes int }

func (a amount) plus(b amount) amount  { return amount{a.packets + b.packets, a.bytes + b.bytes} }
func (a amount) minus(b amount) amount { return amount{a.packets - b.packets, a.bytes - b.bytes} }
func (a amount) part(n int) amount     { return amount{a.packets / n, a.bytes / n} }
func (a amount) within(b amount) bool  { return a.packets <= b.packets && a.bytes <= b.bytes }

// shares is what packets that are passed on take of one budget. Whose they are is not counted before it matters.
type shares struct {
	all   amount
	by    map[PeerID]amount // by source; nil: not counted
	began amount            // what all was when the counting began
}

// fit tells whether one more packet of a source may be there, of a budget of which other packets that are passed on
// take something, too. each gives what all consists of.
func (s *shares) fit(source PeerID, cost, others, budget amount, each iter.Seq2[PeerID, amount]) bool {
	all, half := s.all.plus(others).plus(cost), budget.part(2)
	if all.plus(all).within(half) {
		return true // even if all are of this source
	}
	if s.by == nil {
		s.by, s.began = map[PeerID]amount{}, s.all
		for id, a := range each {
			s.by[id] = s.by[id].plus(a)
		}
	}
	return s.by[source].plus(cost).within(half.minus(all))
}

func (s *shares) take(source PeerID, cost amount) {
	s.all = s.all.plus(cost)
	if s.by != nil {
		s.by[source] = s.by[source].plus(cost)
	}
}

func (s *shares) give(source PeerID, cost amount) {
	s.all = s.all.minus(cost)
	if s.by == nil {
		return
	}
	if s.all.within(s.began.part(4)) {
		s.by = nil
		return
	}
	if s.by[source] = s.by[source].minus(cost); s.by[source] == (amount{}) {
		delete(s.by, source)
	}
}
