package multiplayer_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// demoLine is a line of the capture of the engine's multiplayer demo: an HTTP head or a WebSocket frame.
type demoLine struct {
	Conn   int
	Dir    string
	HTTP   string
	Hex    string
	Opcode byte
	EOF    bool
}

const toServer = "client->server"

// demo gives the lines of one connection of the capture, up to its end.
func demo(t *testing.T, conn int) (lines []demoLine) {
	f, err := os.Open("testdata/godot/websocket_multiplayer_demo.jsonl")
	must(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var l demoLine
		must(t, json.Unmarshal(s.Bytes(), &l))
		if l.Conn == conn && !l.EOF {
			lines = append(lines, l)
		}
	}
	return lines
}

func (l demoLine) packet(t *testing.T) []byte {
	b, err := hex.DecodeString(l.Hex)
	must(t, err)
	return b
}

// sameHead compares two HTTP heads but for what each connection has of its own.
func sameHead(t *testing.T, got http.Header, captured string, own ...string) {
	t.Helper()
	got = got.Clone()
	_, fields, _ := strings.Cut(captured, "\r\n")
	want := http.Header{}
	for line := range strings.SplitSeq(fields, "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		want.Add(name, value)
	}
	for _, name := range own {
		got.Del(name)
		want.Del(name)
	}
	var a, b bytes.Buffer
	got.Write(&a)
	want.Write(&b)
	if a.String() != b.String() {
		t.Errorf("the head has\n%swant\n%s", &a, &b)
	}
}

// readFrame reads one short frame and unmasks it.
func readFrame(t *testing.T, r io.Reader) (first byte, masked bool, payload []byte) {
	t.Helper()
	head := make([]byte, 2)
	_, err := io.ReadFull(r, head)
	must(t, err)
	n := int(head[1] & 0x7f)
	if n > 125 {
		t.Fatalf("a frame with the length code %d", n)
	}
	var key [4]byte
	if masked = head[1]&0x80 != 0; masked {
		_, err = io.ReadFull(r, key[:])
		must(t, err)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	must(t, err)
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return head[0], masked, payload
}

// frame makes one short frame.
func frame(opcode byte, masked bool, payload []byte) []byte {
	b := []byte{0x80 | opcode, byte(len(payload))}
	if !masked {
		return append(b, payload...)
	}
	key := [4]byte{1, 2, 3, 4}
	b[1] |= 0x80
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}

// acceptKey is what a server has to answer to a request's key (RFC 6455, section 4.2.2).
func acceptKey(req *http.Request) string {
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// rawServer connects a client of ours on Godot's wire with a bare WebSocket.
func rawServer(t *testing.T) (*transport.WebSocketPeer, *multiplayer.MultiplayerPeer) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	m, err := multiplayer.Dial("ws://"+ln.Addr().String(), &multiplayer.Options{Wire: multiplayer.Godot})
	must(t, err)
	t.Cleanup(func() { m.Close() })
	nc, err := ln.Accept()
	must(t, err)
	ws := transport.Accept(nc, nil)
	t.Cleanup(func() {
		ws.Close(1000, "")
		<-ws.Done()
	})
	pollUntil(t, m, "the WebSocket opens", func() bool {
		ws.Poll()
		return ws.ReadyState() == transport.Open
	})
	return ws, m
}

// pollUntil polls one peer of ours against what a test does by hand.
func pollUntil(t *testing.T, m *multiplayer.MultiplayerPeer, what string, done func() bool) {
	t.Helper()
	end := time.Now().Add(deadline)
	for m.Poll(); !done(); m.Poll() {
		if time.Now().After(end) {
			t.Fatalf("waited %v for: %s", deadline, what)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond) // the other side does not wake m
		m.Wait(ctx)
		cancel()
	}
}

// unbeaten sends no pings, which would come between the frames if a busy machine took longer than a second.
var unbeaten = transport.Options{HeartbeatInterval: -1}

// TestGodotServer takes the place of the demo's host, byte for byte: heads and frames.
func TestGodotServer(t *testing.T) {
	for conn := 1; conn <= 2; conn++ {
		lines := demo(t, conn)
		var id multiplayer.PeerID
		for i, b := range lines[2].packet(t) {
			id |= multiplayer.PeerID(b) << (8 * i)
		}
		m, err := multiplayer.Listen("127.0.0.1:0", &multiplayer.Options{
			GodotProtocols: []string{"ludus"},
			AssignID:       func(any) (multiplayer.PeerID, error) { return id, nil },
			Transport:      unbeaten,
		})
		must(t, err)
		t.Cleanup(func() { m.Close() })
		nc, err := net.Dial("tcp", m.Addr().String())
		must(t, err)
		defer nc.Close()
		_, err = io.WriteString(nc, lines[0].HTTP+"\r\n\r\n")
		must(t, err)
		r := bufio.NewReader(nc)
		res, err := http.ReadResponse(r, nil)
		must(t, err)
		if res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("answered %s", res.Status)
		}
		sameHead(t, res.Header, lines[1].HTTP)
		pollUntil(t, m, "the client is connected", func() bool { return m.Peer(id) != nil })
		for i, l := range lines[2:] {
			if l.Dir == toServer {
				_, err := nc.Write(frame(l.Opcode, true, l.packet(t)))
				must(t, err)
				pollUntil(t, m, "the packet", func() bool { return m.AvailablePacketCount() > 0 })
				if p, _ := m.GetPacket(); p.Peer != id || !bytes.Equal(p.Data, l.packet(t)) || p.Delivery != (multiplayer.Delivery{}) {
					t.Errorf("got %+v, want %s from %d", p, l.Hex, id)
				}
				continue
			}
			if i > 0 { // the id goes out by itself
				must(t, m.Send(id, multiplayer.Delivery{}, l.packet(t)))
				m.Flush()
			}
			first, masked, payload := readFrame(t, r)
			if first != 0x80|l.Opcode || masked || !bytes.Equal(payload, l.packet(t)) {
				t.Errorf("sent a frame %#x, masked %v, %x; want %s", first, masked, payload, l.Hex)
			}
		}
	}
}

// TestGodotClient takes the place of the demo's clients.
func TestGodotClient(t *testing.T) {
	for conn := 1; conn <= 2; conn++ {
		lines := demo(t, conn)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer ln.Close()
		m, err := multiplayer.Dial("ws://"+ln.Addr().String(), &multiplayer.Options{Wire: multiplayer.Godot, GodotProtocols: []string{"ludus"}, Transport: unbeaten})
		must(t, err)
		t.Cleanup(func() { m.Close() })
		nc, err := ln.Accept()
		must(t, err)
		defer nc.Close()
		r := bufio.NewReader(nc)
		req, err := http.ReadRequest(r)
		must(t, err)
		if req.Method != "GET" || req.URL.Path != "/" {
			t.Errorf("asked for %s %s", req.Method, req.URL)
		}
		sameHead(t, req.Header, lines[0].HTTP, "Host", "Sec-WebSocket-Key", "User-Agent") // the engine names no agent
		answer := strings.NewReplacer("BEw8Lu2TEjKtFa0XyGI/VFx7ILc=", acceptKey(req), "vl+FXpb2C4n35oPgGwRlS+NT80c=", acceptKey(req))
		_, err = io.WriteString(nc, answer.Replace(lines[1].HTTP)+"\r\n\r\n")
		must(t, err)
		for i, l := range lines[2:] {
			if l.Dir == toServer {
				must(t, m.Send(multiplayer.Server, multiplayer.Delivery{}, l.packet(t)))
				m.Flush()
				first, masked, payload := readFrame(t, r)
				if first != 0x80|l.Opcode || !masked || !bytes.Equal(payload, l.packet(t)) {
					t.Errorf("sent a frame %#x, masked %v, %x; want %s", first, masked, payload, l.Hex)
				}
				continue
			}
			_, err := nc.Write(frame(l.Opcode, false, l.packet(t)))
			must(t, err)
			if i == 0 {
				pollUntil(t, m, "our id", func() bool { return m.ConnectionStatus() == multiplayer.Connected })
				if want := "e201e10f 29edd667"; !strings.Contains(want, l.Hex) || m.UniqueID() < 2 {
					t.Errorf("our id is %d", m.UniqueID())
				}
				continue
			}
			pollUntil(t, m, "the packet", func() bool { return m.AvailablePacketCount() > 0 })
			if p, _ := m.GetPacket(); p.Peer != multiplayer.Server || !bytes.Equal(p.Data, l.packet(t)) {
				t.Errorf("got %+v, want %s from the server", p, l.Hex)
			}
		}
	}
}

// TestGodotID refuses a first message that is no peer id, and passes over empty messages.
func TestGodotID(t *testing.T) {
	for first, want := range map[string]multiplayer.PeerID{
		"": 0, "02": 0, "0200": 0, "0200000000": 0, "00000000": 0, "01000000": 0, "ffffffff": 0, "00000080": 0,
		"02000000": 2, "ffffff7f": 1<<31 - 1,
	} {
		t.Run("first message "+first, func(t *testing.T) {
			payload, _ := hex.DecodeString(first)
			ws, m := rawServer(t)
			must(t, ws.PutPacket(payload))
			must(t, ws.PutPacket(nil))
			must(t, ws.PutPacket([]byte{9}))
			ws.Poll()
			pollUntil(t, m, "an end or a packet", func() bool {
				return m.ConnectionStatus() == multiplayer.Disconnected || m.AvailablePacketCount() > 0
			})
			if want == 0 {
				if !errors.Is(m.Err(), multiplayer.ErrProtocol) {
					t.Errorf("the client is %v with %v, want ErrProtocol", m.ConnectionStatus(), m.Err())
				}
				return
			}
			if p, _ := m.GetPacket(); m.UniqueID() != want || !bytes.Equal(p.Data, []byte{9}) || m.AvailablePacketCount() != 0 {
				t.Errorf("the id is %d, the packet %x; want %d and one packet", m.UniqueID(), p.Data, want)
			}
		})
	}
}

// TestAssignID gives ids that the program chooses, and turns away whom it gives none.
func TestAssignID(t *testing.T) {
	ids := []multiplayer.PeerID{7, 7, 1, 40}
	server, err := multiplayer.NewServer(&multiplayer.Options{AssignID: func(any) (multiplayer.PeerID, error) {
		id := ids[0]
		ids = ids[1:]
		return id, nil
	}})
	must(t, err)
	defer server.Close()
	for i, want := range []multiplayer.PeerID{7, 0, 0, 40} {
		c, err := server.Join(&multiplayer.Options{Wire: multiplayer.Wire(i % 2)})
		must(t, err)
		defer c.Close()
		pollUntil(t, c, "the client is in, or turned away", func() bool {
			server.Poll()
			return c.ConnectionStatus() != multiplayer.Connecting
		})
		if c.UniqueID() != want {
			t.Errorf("client %d has the id %d, want %d", i, c.UniqueID(), want)
		}
		var closed *transport.CloseError
		if want == 0 && (!errors.As(c.Err(), &closed) || closed.Code != multiplayer.CloseRefused) {
			t.Errorf("client %d was turned away with %v", i, c.Err())
		}
	}
}
