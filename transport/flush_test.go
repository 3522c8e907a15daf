package transport

import (
	"fmt"
	"testing"
)

// A group with more peers than a ring takes, of every kind, some of which read
// nothing, or are gone.
func TestFlushOfMany(t *testing.T) {
	g := NewGroup()
	type one struct {
		s, c *WebSocketPeer
		kind string
	}
	var all []one
	for _, kind := range []string{"tcp", "pipe", "tls", "other"} {
		for range 40 {
			s, c := links[kind](t, g, nil, nil)
			all = append(all, one{s, c, kind})
			t.Cleanup(func() {
				s.Close(-1, "")
				c.Close(-1, "")
				finished(t, s, c)
			})
		}
	}
	until(t, g, func() bool {
		for _, o := range all {
			if o.s.ReadyState() != Open || o.c.ReadyState() != Open {
				return false
			}
		}
		return true
	})
	gone, dropped := all[3], all[20]
	dropped.c.Close(-1, "")
	finished(t, dropped.c)
	var f Prepared
	for k := range 3 {
		f.Set(WriteBinary, fmt.Append(nil, "to all ", k))
		for i, o := range all {
			if err := o.s.SendPrepared(&f); err != nil && o != dropped && o != gone {
				t.Fatal(err)
			}
			if i%3 == k {
				o.s.SendText(fmt.Sprint("to ", i))
			}
		}
		if k == 1 {
			gone.s.Close(4000, "")
		}
		g.Flush()
	}
	for i, o := range all {
		if o == gone || o == dropped {
			continue
		}
		for k := range 3 {
			equal(t, receive(t, g, o.c), fmt.Append(nil, "to all ", k))
			if i%3 == k {
				equal(t, receive(t, g, o.c), fmt.Append(nil, "to ", i))
			}
		}
		if s := o.s.Stats(); s.Unwritten != 0 && o.kind == "tcp" {
			t.Errorf("%d: %d bytes are left", i, s.Unwritten)
		}
	}
	for _, want := range []string{"to all 0", "to 3", "to all 1"} {
		equal(t, receive(t, g, gone.c), []byte(want))
	}
	until(t, g, func() bool { return gone.c.ReadyState() == Closed && dropped.s.ReadyState() == Closed })
}
