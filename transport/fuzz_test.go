package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/socket"
)

// FuzzFrames gives a peer any bytes behind a good handshake. It must end, and
// must have told the other side why before it closed the socket.
func FuzzFrames(f *testing.F) {
	r := &raw{}
	for _, seed := range [][]byte{
		{},
		r.frame(frame.Fin|frame.Text, "hello"),
		bytes.Join([][]byte{r.frame(frame.Text, "he"), r.frame(frame.Fin|frame.Ping, "x"), r.frame(frame.Fin|frame.Continuation, "llo")}, nil),
		r.frame(frame.Fin|frame.Binary, strings.Repeat("x", 600)),
		r.frame(frame.Fin|frame.Close, closeFrame(1000, "bye")),
		r.frame(frame.Fin|frame.Close, ""),
		r.frame(frame.Fin|frame.Close, "\x03"),
		r.frame(frame.Fin|frame.Text, "\xff"),
		[]byte("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00KEYS"),
		[]byte("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xffKEYSx"),
		[]byte("\x88\xfe\x00\x7eKEYS"),
		r.frame(0xC1, "compressed"),
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, stream []byte, client bool) {
		near, far := socket.Pipe()
		g := NewGroup()
		o := &Options{Group: g, InboundBufferSize: 4096}
		other := &raw{Conn: far, t: t, br: bufio.NewReader(far), server: client}
		var p *WebSocketPeer
		var hello string
		if client {
			p = clientOn(t, near, o)
			hello = other.reply()
		} else {
			p = Accept(near, o)
			hello = request()
		}
		go func() {
			io.WriteString(far, hello)
			far.Write(stream)
			far.CloseWrite()
		}()
		told, after := 0, 0
		heard := make(chan error)
		go func() { heard <- other.listen(&told, &after) }()
		until(t, g, func() bool {
			for packet := range p.Packets() {
				packet.Release()
			}
			return p.ReadyState() == Closed
		})
		if err := <-heard; err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		far.Close()
		var broke *ProtocolError
		switch {
		case after > 0:
			t.Error("sent something after the close frame")
		case p.ReadyState() != Closed:
			t.Errorf("ended in state %v", p.ReadyState())
		case p.Err() == nil:
			if p.CloseCode() == -1 || p.CloseCode() != told {
				t.Errorf("closed with %d, answered %d", p.CloseCode(), told)
			}
		case errors.As(p.Err(), &broke):
			if told != broke.Code || p.CloseCode() != -1 {
				t.Errorf("told %d: %v", told, p.Err())
			}
			if strings.Contains(p.Err().Error(), "panic") {
				t.Error(p.Err())
			}
		case !errors.Is(p.Err(), ErrConnectionLost) || told != 0:
			t.Errorf("told %d: %v", told, p.Err())
		}
	})
}

// listen reads the frames of the other side, and the reply before them if that
// is a server, up to the end: told is the code in its close frame, after the
// number of frames behind that.
func (r *raw) listen(told, after *int) error {
	if !r.server {
		if _, err := http.ReadResponse(r.br, nil); err != nil {
			return err
		}
	}
	for {
		op, b, err := r.read()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if *told != 0 {
			*after++
		}
		switch op {
		case frame.Close:
			*told = frame.CodeNoStatus
			if len(b) > 0 {
				*told = int(b[0])<<8 | int(b[1])
			}
		case frame.Pong:
		default:
			return fmt.Errorf("sent opcode %x", op)
		}
	}
}

// FuzzHandshake gives a server peer any bytes as a handshake. It must answer
// or close, and open only for what net/http takes for a WebSocket request.
func FuzzHandshake(f *testing.F) {
	for _, test := range handshakeTests() {
		f.Add([]byte(test.request))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		near, far := socket.Pipe()
		p := Accept(near, &Options{SupportedProtocols: []string{"a"}, ProtocolOptional: true})
		go func() {
			far.Write(sent)
			far.CloseWrite()
		}()
		answer, err := io.ReadAll(far)
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		far.Close()
		p.Poll()
		if p.ReadyState() != Closed {
			t.Errorf("ended in state %v", p.ReadyState())
		}
		if len(answer) == 0 {
			return
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
		if err != nil {
			t.Fatalf("answered %q: %v", answer, err)
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(sent)))
			if err != nil || r.Method != http.MethodGet || !validKey(r.Header.Get(headerKey)) {
				t.Errorf("opened for %q", sent)
			}
		}
	})
}
