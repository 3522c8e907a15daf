package multiplayer

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/peerage-go/peerage/internal/watch"
)

// A doorbell bounds what is logged of those who do not come in. Who tries again for the same reason, from the same
// network, is mentioned once in quietFor; all together cause doorBurst lines at once, and doorRate a second. The zero
// doorbell has said nothing yet.
type doorbell struct {
	notices watch.Notices
	rung    map[visit]time.Duration // when it was logged
}

// visit is a try to come in, by its network and its reason to be refused.
type visit struct {
	from netip.Addr
	why  uint64
}

const (
	doorBurst, doorRate = 50, 5
	quietFor            = time.Minute
	maxVisits           = 512 // that are remembered
)

var doorSeed = maphash.MakeSeed()

// rings tells whether a try is to be logged.
func (d *doorbell) rings(from netip.Addr, why string, now time.Duration) bool {
	v := visit{from, maphash.String(doorSeed, why)}
	if last, ok := d.rung[v]; ok && now-last < quietFor || !d.notices.Allow(doorBurst, doorRate) {
		return false
	}
	if d.rung == nil || len(d.rung) >= maxVisits {
		d.rung = map[visit]time.Duration{}
	}
	d.rung[v] = now
	return true
}
