package main

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// histogram counts durations in buckets that are at most 1.6 % wide.
type histogram struct {
	counts [64 << subBits]uint32
	n      uint64
}

const subBits = 6

func (h *histogram) add(d int64) {
	h.counts[bucketOf(uint64(max(d, 0)))]++
	h.n++
}

func bucketOf(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	e := bits.Len64(v) - subBits
	return e<<subBits + int(v>>(e-1)) - 1<<subBits
}

// valueOf is the lowest value of a bucket.
func valueOf(i int) uint64 {
	e := i >> subBits
	if e == 0 {
		return uint64(i)
	}
	return uint64(i&(1<<subBits-1)+1<<subBits) << (e - 1)
}

func (h *histogram) merge(o *histogram) {
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.n += o.n
}

// quantile is the duration that a share q of those counted do not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	left := uint64(math.Ceil(q * float64(h.n)))
	for i, c := range h.counts {
		if uint64(c) >= left {
			return time.Duration(valueOf(i + 1))
		}
		left -= uint64(c)
	}
	return 0
}

// median of the values that are numbers; NaN if none is.
func median(v []float64) float64 {
	v = slices.DeleteFunc(slices.Clone(v), math.IsNaN)
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
