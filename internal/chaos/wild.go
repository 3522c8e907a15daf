package chaos

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"net/http"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
)

// A wild is a client that keeps to no rules.
type wild struct {
	nc   net.Conn
	turn chan struct{} // it may go on a little; closed: to its end
	done chan struct{}
}

func (x *wild) ended() bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

// next lets a wild one go on.
func (x *wild) next() {
	select {
	case x.turn <- struct{}{}:
	default:
	}
}

// unleash adds a wild one: some send garbage, some read nothing.
func (w *World) unleash() {
	nc, err := w.Connect()
	if err != nil {
		w.fault("connect: %v", err)
		return
	}
	x := &wild{nc: nc, turn: make(chan struct{}, 1), done: make(chan struct{})}
	w.wild = append(w.wild, x)
	go x.run(rand.New(rand.NewPCG(w.rnd.Uint64(), 1)))
}

// samples are messages that have a meaning on a wire, to be spoilt.
var samples = map[string][]string{
	multiplayer.Subprotocol: {
		"\x10\x20\x00\xa5Chaos", "\x10\x20\x01\xa4zero", "\x10\x21\x00\x01\x05\x06", "\x10\x22\x07\x00\x01\x05", "\x10\x23\x01\x05",
		"\x10\x24\x01\x05\xa1x", "\x10\x25\x07", "\x11\x26raw", "\x14\x01\x2a\x00\x21\x00\x01\x05\x06", "\x10\x2a\x02\x26raw",
		"\x10\x2b\x02\x21\x00\x01\x05\x06", "\x10\x28\x02", "\x10\x29\x02", "\x10\x2a\x00\x23\x01\x05", "\x10\x2a\x00\x22\x07\x00\x01\x05",
	},
	"": {
		"\x03raw", "\x07\x00", "\x07\x01\x02\x00\x00\x00", "\x07\x03\x00\x00\x00\x00\x03raw", "\x07\x03\x02\x00\x00\x00\x00\x01\x00\x02\x02\x05\x02\x06",
		"\x01" + "0123456789abcdef0123456789abcdef\x00\x01\x00\x00\x00Chaos\x00", "\x02\x01\x01\x00\x00\x00", "\x00\x01\x00\x02\x02\x05\x02\x06",
		"\x04spawn", "\x06sync",
	},
}

// connection are messages of peerage.v1 that are no packets.
var connection = []string{"\x00\x80", "\x01\x80", "\x02\x05", "\x03\x05\x06", "\x04\x01", "\x05\x80", "", "\x13x", "\x14"}

func (x *wild) run(rnd *rand.Rand) {
	defer close(x.done)
	defer x.nc.Close()
	if rnd.IntN(8) == 0 { // not even HTTP
		b := make([]byte, rnd.IntN(300))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		x.nc.Write(b)
		return
	}
	protocol := ""
	if rnd.IntN(3) > 0 {
		protocol = multiplayer.Subprotocol
	}
	head := rawws.Request(protocol)
	if rnd.IntN(8) == 0 {
		head = head[:rnd.IntN(len(head))]
	}
	if _, err := io.WriteString(x.nc, head); err != nil {
		return
	}
	if resp, err := http.ReadResponse(bufio.NewReaderSize(x.nc, 16), nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return
	}
	reads := rnd.IntN(4) > 0
	if reads {
		read := make(chan struct{})
		go func() {
			io.Copy(io.Discard, x.nc)
			close(read)
		}()
		defer func() { x.nc.Close(); <-read }()
	}
	if protocol != "" && rnd.IntN(8) > 0 {
		x.nc.Write(rawws.Frame(rawws.Binary, "\x00\x80"))
	}
	for range rnd.IntN(8) {
		<-x.turn
	}
	for range rnd.IntN(60) {
		if rnd.IntN(4) == 0 {
			<-x.turn
		}
		p := []byte(samples[protocol][rnd.IntN(len(samples[protocol]))])
		if rnd.IntN(20) == 0 {
			p = []byte(connection[rnd.IntN(len(connection))])
		}
		for len(p) > 0 && rnd.IntN(2) == 0 {
			switch rnd.IntN(4) {
			case 0:
				p[rnd.IntN(len(p))] ^= 1 << rnd.IntN(8)
			case 1:
				p = append(p, byte(rnd.Uint32()))
			case 2:
				p = p[:1+rnd.IntN(len(p))]
			case 3:
				p = binary.LittleEndian.AppendUint64(p, rnd.Uint64())
			}
		}
		f := rawws.Frame(rawws.Binary, p)
		if rnd.IntN(100) == 0 {
			f[rnd.IntN(2)] ^= 1 << rnd.IntN(8)
		}
		if rnd.IntN(200) == 0 {
			f = rawws.Header(rawws.Binary, rnd.Uint64())
		}
		if _, err := x.nc.Write(f); err != nil {
			return
		}
	}
	if !reads {
		for range x.turn { // until it is closed, or the world ends
			if _, err := x.nc.Write(rawws.Frame(rawws.Pong, "")); err != nil {
				return
			}
		}
	}
	if rnd.IntN(2) == 0 {
		x.nc.Write(rawws.Frame(rawws.Close, "\x03\xe8"))
	}
}
