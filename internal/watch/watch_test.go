package watch

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Board[int]
		woken := 0
		wake := func() { woken++ }

		// Nobody writes: the reader goes away empty-handed.
		start := time.Now()
		if v := b.Read(wake); v != 0 || time.Since(start) != Patience || woken != 1 {
			t.Errorf("read %d after %v, woke %d times", v, time.Since(start), woken)
		}

		// What is there and new is given at once, to any number.
		b.Put(7, false)
		start = time.Now()
		time.Sleep(Every - time.Nanosecond)
		if v := b.Read(wake); v != 7 || woken != 1 || time.Since(start) != Every-time.Nanosecond {
			t.Errorf("read %d, woke %d times", v, woken)
		}

		// What is old is asked for again.
		time.Sleep(time.Nanosecond)
		read := make(chan int, 2)
		for range 2 {
			go func() { read <- b.Read(wake) }()
			synctest.Wait()
		}
		synctest.Wait()
		if woken != 3 {
			t.Fatalf("woke %d times", woken)
		}
		b.Put(8, false)
		if v, w := <-read, <-read; v != 8 || w != 8 {
			t.Errorf("read %d and %d", v, w)
		}

		// After the last one nobody waits.
		b.Put(9, true)
		time.Sleep(time.Hour)
		start = time.Now()
		if v := b.Read(wake); v != 9 || woken != 3 || time.Since(start) != 0 {
			t.Errorf("read %d after %v", v, time.Since(start))
		}
	})
}

func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n Notices
		count := func(tries int) (allowed int) {
			for range tries {
				if n.Allow(5, 10) {
					allowed++
				}
			}
			return allowed
		}
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{0, 5}, {0, 0}, {99 * time.Millisecond, 0}, {time.Millisecond, 1}, {300 * time.Millisecond, 3}, {time.Hour, 5}} {
			time.Sleep(c.after)
			if got := count(20); got != c.want {
				t.Errorf("after %v more: %d allowed, want %d", c.after, got, c.want)
			}
		}
		got := 0
		for range 50 { // what is refused does not put off the next
			time.Sleep(11 * time.Millisecond)
			got += count(1)
		}
		if got != 5 {
			t.Errorf("%d allowed in half a second, want 5", got)
		}
	})
}
