package main

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(int64(i+1) * 1000)
	}
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0.5, 500 * time.Microsecond}, {0.99, 990 * time.Microsecond}, {1, time.Millisecond}} {
		got := h.quantile(c.q)
		if got < c.want || float64(got) > 1.04*float64(c.want) {
			t.Errorf("quantile %v is %v, want %v", c.q, got, c.want)
		}
	}
	for i := range len(h.counts) - 1 - 6<<subBits {
		if got := bucketOf(valueOf(i)); got != i {
			t.Fatalf("the lowest value of bucket %d is in bucket %d", i, got)
		}
	}
}

func TestFrames(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 0xffff, 0x10000} {
		payload := bytes.Repeat([]byte("payload "), n/8+1)[:n]
		b := appendServerFrame(nil, payload)
		for cut := range min(len(b), 20) {
			if _, _, size := serverFrame(b[:cut]); size != 0 {
				t.Errorf("%d bytes of a frame of %d are taken for a whole one", cut, len(b))
			}
		}
		first, got, size := serverFrame(append(b, 0x82))
		if first != 0x80|opBinary || !bytes.Equal(got, payload) || size != len(b) {
			t.Errorf("a frame with %d bytes is read as one with %d", n, len(got))
		}
		f := newFrame(opBinary, payload)
		for i, c := range f.b[f.body:] {
			if c^mask[i&3] != payload[i] {
				t.Fatalf("byte %d of %d is masked wrongly", i, n)
			}
		}
	}
}

func TestStamps(t *testing.T) {
	want := stamp{sender: 7, seq: 1 << 20, at: 1 << 40}
	for _, s := range allServers {
		for _, size := range []int{16, 64, 512, 4096, 70000} {
			f, at := s.wire.say(&conn{}, size)
			f.patch(at, s.wire.stamp(nil, want))
			body := bytes.Clone(f.b[f.body:])
			for i := range body {
				body[i] ^= mask[i&3]
			}
			if got, ok := s.wire.unstamp(body[at:]); !ok || got != want {
				t.Errorf("%s with %d bytes: a stamp of %v is read as %v", s.name, size, want, got)
			}
		}
	}
}

func TestRoomScriptNoticesWhatDoesNotCome(t *testing.T) {
	r := &roomScript{}
	c := &conn{worker: &worker{}, index: 1, seen: make([]uint32, 3)}
	for _, s := range []stamp{{sender: 0, seq: 0}, {sender: 0, seq: 1}, {sender: 2, seq: 0}, {sender: 1, seq: 9}, {sender: 0, seq: 4}, {sender: 0, seq: 2}} {
		r.delivered(c, s)
	}
	if r.heard != 4 || r.missing != 2 || r.disorder != 1 {
		t.Errorf("heard %d, missing %d, out of order %d; want 4, 2, 1", r.heard, r.missing, r.disorder)
	}
}

func TestRatiosArePaired(t *testing.T) {
	a := &result{Samples: []values{{"x": 2}, {"x": 40}, nil, {"x": 8}}}
	b := &result{Samples: []values{{"x": 1}, {"x": 20}, {"x": 1}, {"x": 1}}}
	if got := a.ratios(b, "x"); !slices.Equal(got, []float64{2, 2, 8}) || median(got) != 2 {
		t.Errorf("the ratios are %v, want 2, 2 and 8", got)
	}
	if got := median(a.ratios(&result{Samples: []values{nil}}, "x")); !math.IsNaN(got) {
		t.Errorf("the ratio to nothing is %v", got)
	}
}

// TestCentrifugeTakesSeveralRepliesAtOnce reads a message as centrifuge's writer makes it: replies behind their lengths.
func TestCentrifugeTakesSeveralRepliesAtOnce(t *testing.T) {
	payload := func(seq uint32) []byte { return binaryStamp{}.stamp(nil, stamp{sender: 1, seq: seq}) }
	var m []byte
	for seq := range uint32(3) {
		pub := cfField(cfField(nil, cfPubData, payload(seq)), 5, []byte("who"))
		reply := cfField(nil, cfPush, cfField(cfField(nil, cfPushChan, []byte("room-0")), cfPushPub, pub))
		m = append(append(m, byte(len(reply))), reply...)
	}
	published := cfField([]byte{cfID << 3, cfPublishID}, cfPublished, nil)
	m = append(append(m, byte(len(published))), published...)
	r := &roomScript{}
	c := &conn{load: &load{wire: centrifugeWire{}}, worker: &worker{script: r, poll: &poller{}}, seen: make([]uint32, 3), fd: -1}
	c.message(0x80|opBinary, m)
	if r.heard != 3 || r.missing != 0 || c.dead {
		t.Errorf("heard %d, missing %d: %v", r.heard, r.missing, c.worker.err)
	}
	for cut := range len(m) {
		broken := &conn{load: c.load, worker: &worker{script: &roomScript{}, poll: &poller{}}, seen: make([]uint32, 3), fd: -1}
		broken.message(0x80|opBinary, m[:cut])
	}
}

// TestTablesSayHowFarFiguresSpread looks at a table of three rounds, one of which is void for one server.
func TestTablesSayHowFarFiguresSpread(t *testing.T) {
	w := workload{name: "room", metrics: roomMetrics[:1], cases: []workCase{{label: "10 a second"}}}
	rs := []*result{
		{Case: "10 a second", Server: "gws", Samples: []values{{"cpu": 4}, {"cpu": 8}, {"cpu": 6}}},
		{Case: "10 a second", Server: "ws", Samples: []values{{"cpu": 8}, nil, {"cpu": 6}}, Voids: []string{"why"}},
	}
	var b strings.Builder
	printTable(&b, w, rs)
	var got [][]string
	for line := range strings.Lines(b.String()) {
		got = append(got, strings.Fields(line))
	}
	want := [][]string{
		{"bare", "gws", "6.00", "µs", "1.00×"}, {"4.00–8.00", "µs", "="},
		{"node", "ws", "7.00", "µs", "1.50×"}, {"6.00–8.00", "µs", "1.00–2.00×"},
	}
	for _, line := range want {
		if !slices.ContainsFunc(got, func(g []string) bool { return slices.Equal(g, line) }) {
			t.Errorf("no line %q in\n%s", line, b.String())
		}
	}
}
