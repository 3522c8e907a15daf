package multiplayer

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestDoorbell has one who tries again and again mentioned once a minute, and everybody together not too often.
func TestDoorbell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		var d doorbell
		rang := func(from netip.Addr, why string, times int) (n int) {
			for i := range times {
				if d.rings(from, why, time.Duration(i)*time.Second) {
					n++
				}
				time.Sleep(time.Second)
			}
			return n
		}
		if n := rang(x, "full", 150); n != 3 {
			t.Errorf("it was mentioned %d times in 150 s", n)
		}
		if !d.rings(y, "full", 150*time.Second) || !d.rings(x, "banned", 150*time.Second) {
			t.Error("others were not mentioned")
		}
		n := 0
		for i := range 3 * maxVisits {
			if d.rings(x, fmt.Sprint(i), 150*time.Second) {
				n++
			}
		}
		if n > doorBurst || len(d.rung) > maxVisits {
			t.Errorf("mentioned %d times, remembered %d", n, len(d.rung))
		}
	})
}
