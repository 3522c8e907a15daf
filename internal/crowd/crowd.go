// Package crowd decides who makes room where too many wait at a door: somebody from where most of them come. So a crowd
// from one place, however large, keeps out nobody from another.
package crowd

import (
	"net/netip"
	"time"
)

// Network is the network of an IP address ("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1") that counts as one place: the
// address itself, or of IPv6 the /64, of which a household has one at least. What is no IP address, as of a connection in
// memory, has the zero Addr.
func Network(host string) netip.Addr {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	if a = a.Unmap(); a.Is6() {
		a = netip.PrefixFrom(a.WithZone(""), 64).Masked().Addr()
	}
	return a
}

// Near tells the addresses of this machine and of private networks. A proxy that is not known as one may be behind them,
// with everybody behind that.
func Near(network netip.Addr) bool {
	return network.IsLoopback() || network.IsPrivate() || network.IsLinkLocalUnicast() || loopback6 == network
}

// loopback6 is the network of ::1.
var loopback6 = Network("::1")

// A Crowd is those who wait. The zero Crowd is empty.
type Crowd[T comparable] struct{ waiting map[T]waiter }

type waiter struct {
	from  netip.Addr
	since time.Duration
}

// Enter adds one who waits since a time, on any clock, and comes from a Network.
func (c *Crowd[T]) Enter(t T, from netip.Addr, since time.Duration) {
	if c.waiting == nil {
		c.waiting = map[T]waiter{}
	}
	c.waiting[t] = waiter{from, since}
}

// Leave takes one away, who need not be there.
func (c *Crowd[T]) Leave(t T) { delete(c.waiting, t) }

// Len is how many wait.
func (c *Crowd[T]) Len() int { return len(c.waiting) }

// Crowded gives who makes room for a newcomer from a network: who has waited longest of those from where most come, if
// those are more than come from the newcomer's own, as else people who come at one time would drive each other out; or,
// from the newcomer's own, who has waited since before slow. There may be none.
func (c *Crowd[T]) Crowded(from netip.Addr, slow time.Duration) (who T, ok bool) {
	count := map[netip.Addr]int{}
	for _, w := range c.waiting {
		count[w.from]++
	}
	most := from
	for network, n := range count {
		if n > count[most] || n == count[most] && network.Less(most) && most != from {
			most = network
		}
	}
	if most == from || count[most] <= count[from]+1 {
		return c.Slow(from, slow)
	}
	return c.longest(most)
}

// Slow gives who has waited longest of those from a network, if that is since before slow.
func (c *Crowd[T]) Slow(from netip.Addr, slow time.Duration) (who T, ok bool) {
	who, ok = c.longest(from)
	return who, ok && c.waiting[who].since <= slow
}

func (c *Crowd[T]) longest(from netip.Addr) (who T, ok bool) {
	var since time.Duration
	for t, w := range c.waiting {
		if w.from == from && (!ok || w.since < since) {
			who, since, ok = t, w.since, true
		}
	}
	return who, ok
}
