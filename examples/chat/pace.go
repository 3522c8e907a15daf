package main

import "time"

// How fast a member may speak, in messages, and all together, in bytes. Who reads 100 KB in a second keeps up with the
// room however many speak: what comes at once fits into maxUnwritten many times.
const (
	burst     = 200
	perSecond = 100

	roomBurst     = 128 << 10
	roomPerSecond = 64 << 10
	// lineCost is what a line costs the room besides its bytes: frames, packets, memory.
	lineCost = 100
)

// bucket is a right to do something so often, which comes back by and by.
type bucket struct {
	size, perSecond int
	left            int       // below 0 where more was taken than was there
	at              time.Time // when left was right
}

func newBucket(size, perSecond int, now time.Time) bucket { return bucket{size, perSecond, size, now} }

// wait tells how long it takes until there is something to take; 0 if there is.
func (b *bucket) wait(now time.Time) time.Duration {
	b.refill(now)
	if b.left > 0 {
		return 0
	}
	return b.at.Add(b.lasts(1 - b.left)).Sub(now)
}

// take takes n, whether it is there or not. The debt is never more than size: members who come and go are told of at
// once, and must not silence the room for long.
func (b *bucket) take(n int) { b.left = max(b.left-n, -b.size) }

func (b *bucket) refill(now time.Time) {
	if now.Sub(b.at) >= b.lasts(b.size-b.left) {
		b.left, b.at = b.size, now
		return
	}
	back := int(now.Sub(b.at) * time.Duration(b.perSecond) / time.Second)
	b.left += back
	b.at = b.at.Add(time.Duration(back) * time.Second / time.Duration(b.perSecond))
}

// lasts is how long it takes until n came back.
func (b *bucket) lasts(n int) time.Duration {
	return (time.Duration(n)*time.Second + time.Duration(b.perSecond) - 1) / time.Duration(b.perSecond)
}
