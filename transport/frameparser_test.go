package transport

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// FuzzParser gives any bytes, in pieces, to both readers of frames: the one of
// the shared reader, and gws behind its gate. They must agree.
func FuzzParser(f *testing.F) {
	r := &raw{}
	text, more, end := byte(opText), byte(opContinuation), byte(bitFin|opContinuation)
	for _, seed := range [][][]byte{
		{r.frame(bitFin|opText, "hello"), r.frame(bitFin|opBinary, ""), r.frame(bitFin|opPong, "x")},
		{r.frame(text, "he"), r.frame(bitFin|opPing, "x"), r.frame(more, ""), r.frame(end, "llo")},
		{r.frame(text, "\xc3"), r.frame(end, "\xbc"), r.frame(text, "\xc3"), r.frame(end, "x")},
		{r.frame(bitFin|opBinary, strings.Repeat("x", 600)), r.frame(bitFin|opPing, strings.Repeat("x", 125))},
		{r.frame(opBinary, strings.Repeat("x", 3000)), r.frame(end, strings.Repeat("y", 1096)), r.frame(bitFin|opText, "z")},
		{r.frame(opBinary, strings.Repeat("x", 3000)), r.frame(end, strings.Repeat("y", 1097))},
		{r.frame(bitFin|opBinary, strings.Repeat("x", 4096)), r.frame(bitFin|opBinary, strings.Repeat("x", 4097))},
		{r.frame(text, "x"), r.frame(text, "y")},
		{r.frame(text, "x"), r.frame(bitFin|opText, "y")},
		{r.frame(end, "x")},
		{r.frame(more, "x")},
		{r.frame(bitFin|opClose, closeFrame(1000, "bye")), r.frame(bitFin|opText, "late")},
		{r.frame(bitFin|opClose, closeFrame(4999, ""))},
		{r.frame(bitFin|opClose, closeFrame(1005, "\xff"))},
		{r.frame(bitFin|opClose, closeFrame(1005, ""))},
		{r.frame(bitFin|opClose, closeFrame(1014, ""))},
		{r.frame(bitFin|opClose, closeFrame(1000, "\xff"))},
		{r.frame(bitFin|opClose, "")},
		{r.frame(bitFin|opClose, "\x03")},
		{r.frame(opClose, closeFrame(1000, ""))},
		{r.frame(bitFin|opClose, strings.Repeat("x", 126))},
		{r.frame(bitFin|opPing, strings.Repeat("x", 126))},
		{r.frame(bitFin|opText, "\xff")},
		{r.frame(opPing, "x")},
		{r.frame(0x83, "x")},
		{r.frame(0x03, "x")},
		{r.frame(0x8B, "x")},
		{r.frame(0xC1, "x")},
		{r.frame(0xA9, "x")},
		{[]byte("\x82\x01x")},
		{[]byte("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00KEYS")},
		{[]byte("\x8F\xff\x80\x00\x00\x00\x00\x00\x00\x00KEYS")},
		{[]byte("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00")},
		{[]byte("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xffKEYSx")},
		{[]byte("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x03KEYSxyz")},
		{[]byte("\x88\xfe\x00\x7eKEYS")},
		{[]byte("\xC2\xfe\x03\xffKEYSx")}, // malformed, and not whole
		{[]byte("\x82\x7e\x03\xffx")},
		{[]byte("\x83\xfe\x03\xffKEYSx")},
		{[]byte("\x02\xfe\x03\xffKEYSx")},
		{},
	} {
		for _, pieces := range [][]byte{nil, {1}, {3}, {2, 7, 200}} {
			f.Add(slices.Concat(seed...), pieces)
		}
	}
	f.Fuzz(func(t *testing.T, stream, pieces []byte) {
		ours, ownEnd := parsedBy(stream, pieces, readByParser)
		theirs, gwsEnd := parsedBy(stream, pieces, readByGWS)
		if ownEnd != gwsEnd {
			t.Errorf("the parser ends with %s, gws with %s", ownEnd, gwsEnd)
		}
		if a, b := ours.in.pings, theirs.in.pings; a != b {
			t.Errorf("the parser has seen %d pings, gws %d", a, b)
		}
		if a, b := ours.in.unread.Load(), theirs.in.unread.Load(); a != b {
			t.Errorf("the parser has counted %x, gws %x", a, b)
		}
		if !slices.EqualFunc(ours.in.msgs, theirs.in.msgs, func(a, b *message) bool {
			return a.text == b.text && bytes.Equal(a.data, b.data)
		}) {
			t.Errorf("the parser has %d messages, gws %d, or others", len(ours.in.msgs), len(theirs.in.msgs))
		}
	})
}

// A pieceReader gives a stream in pieces of the given sizes, again and again.
type pieceReader struct {
	net.Conn
	stream, pieces []byte
	at             int
}

func (r *pieceReader) Write(b []byte) (int, error) { return len(b), nil }

func (r *pieceReader) Read(b []byte) (int, error) {
	if len(r.stream) == 0 {
		return 0, io.EOF
	}
	if len(r.pieces) > 0 {
		b = b[:min(len(b), int(r.pieces[r.at%len(r.pieces)])+1)]
		r.at++
	}
	n := copy(b, r.stream)
	r.stream = r.stream[n:]
	return n, nil
}

const parserLimit = 4096

// parsedBy has a peer read a stream, and says how it ended.
func parsedBy(stream, pieces []byte, read func(p *WebSocketPeer) (ending, int)) (*WebSocketPeer, string) {
	s, _ := (&Options{InboundBufferSize: 1 << 29, MaxQueuedPackets: 1 << 20}).settings()
	p := newPeer(s, nil, true)
	p.gws.gate.limit = parserLimit
	p.nc = &pieceReader{stream: stream, pieces: pieces}
	p.in.phase = Open
	e, reply := read(p)
	return p, fmt.Sprintf("%d %q %v (%d)", e.code, e.reason, e.err, reply)
}

func readByGWS(p *WebSocketPeer) (ending, int) {
	r := &http.Request{Header: http.Header{headerKey: {sampleKey}}}
	socket, err := upgrader(parserLimit).UpgradeFromConn((*wire)(p), newReader(p), gwsRequest(r))
	if err != nil {
		panic(err)
	}
	p.shaking = false
	return p.readAll(socket)
}

func readByParser(p *WebSocketPeer) (ending, int) {
	c := &sharedConn{p: p}
	c.frames.limit = parserLimit
	defer c.frames.release()
	b := make([]byte, 64<<10)
	var n news
	for {
		got, err := p.nc.Read(b)
		if err != nil {
			return lostEnding(err)
		}
		if over, e, reply := c.take(b[:got], &n); over {
			return e, reply
		}
	}
}

// A connection on which nothing is half way holds no memory.
func TestParserHoldsNothing(t *testing.T) {
	var f frameParser
	f.limit = parserLimit
	r := &raw{}
	stream := slices.Concat(r.frame(opText, "a"), r.frame(bitFin|opPing, "ping"), r.frame(bitFin|opContinuation, "b"), r.frame(bitFin|opBinary, "c"))
	for size := 1; size <= len(stream); size++ {
		var found []string
		for piece := range slices.Chunk(bytes.Clone(stream), size) {
			for len(piece) > 0 {
				n, p := f.next(piece)
				piece = piece[n:]
				switch {
				case p.op == opText:
					found = append(found, string(p.msg.data))
				case p.op != opNothing:
					found = append(found, string(p.data))
				}
				if p.msg != nil {
					p.msg.release()
				}
			}
		}
		if !slices.Equal(found, []string{"ping", "ab", "c"}) {
			t.Errorf("in pieces of %d: %q", size, found)
		}
		if f.msg != nil || f.control != nil || f.n != 0 || f.inside || f.parts {
			t.Errorf("in pieces of %d: something is left", size)
		}
	}
}

// What has come grows, what is declared does not.
func TestParserDeclaredCostsNothing(t *testing.T) {
	f := frameParser{limit: 1 << 30}
	f.next([]byte("\x82\xff\x00\x00\x00\x00\x3f\xff\xff\xffKEYS" + "only this"))
	if c := cap(f.msg.data); c > 64 {
		t.Errorf("%d bytes are set aside", c)
	}
	f.next(payload(100_000))
	if c := cap(f.msg.data); c > 1<<17 {
		t.Errorf("%d bytes are set aside", c)
	}
	f.release()
}

func BenchmarkParser(b *testing.B) {
	for _, size := range []int{16, 64, 1024, 16384} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			r := &raw{}
			stream := r.frames(max(32768/size, 1), bitFin|opBinary, string(payload(size)))
			buf := make([]byte, len(stream))
			f := frameParser{limit: 1 << 20}
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				for in := buf[:copy(buf, stream)]; len(in) > 0; {
					n, found := f.next(in)
					in = in[n:]
					found.msg.release()
				}
			}
		})
	}
}
