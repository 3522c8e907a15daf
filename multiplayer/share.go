package multiplayer

// What a peer has room for, its budget for what waits and its replay buffer, is shared by sources: this side itself, and
// the peers whose packets it passes on. So that none of these takes what is another's, all that is passed on has half
// of each, and of that half one source has at most as much as it leaves free for others.

// amount is so many packets, and the memory that they take.
type amount struct{ packets, bytes int }

func (a amount) plus(b amount) amount  { return amount{a.packets + b.packets, a.bytes + b.bytes} }
func (a amount) minus(b amount) amount { return amount{a.packets - b.packets, a.bytes - b.bytes} }
func (a amount) part(n int) amount     { return amount{a.packets / n, a.bytes / n} }
func (a amount) within(b amount) bool  { return a.packets <= b.packets && a.bytes <= b.bytes }

// shares is what packets that are passed on take of one budget.
type shares struct {
	all amount
	by  map[PeerID]amount // by source; who takes nothing is not in it
}

// fit tells whether one more packet of a source may be there, of a budget of which other packets that are passed on
// take something, too.
func (s *shares) fit(source PeerID, cost, others, budget amount) bool {
	free := budget.part(2).minus(s.all.plus(others).plus(cost))
	return s.by[source].plus(cost).within(free)
}

func (s *shares) take(source PeerID, cost amount) {
	if s.by == nil {
		s.by = map[PeerID]amount{}
	}
	s.all = s.all.plus(cost)
	s.by[source] = s.by[source].plus(cost)
}

func (s *shares) give(source PeerID, cost amount) {
	s.all = s.all.minus(cost)
	left := s.by[source].minus(cost)
	switch {
	case s.all == amount{}:
		s.by = nil // an idle peer holds nothing
	case left == amount{}:
		delete(s.by, source)
	default:
		s.by[source] = left
	}
}
