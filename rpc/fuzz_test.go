package rpc_test

import (
	"encoding/binary"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// sequence makes one input of packets: each behind its length, a uint16.
func sequence(packets ...[]byte) (b []byte) {
	for _, p := range packets {
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(p))), p...)
	}
	return b
}

// FuzzGodotPacket gives a server, or a client, what a peer on Godot's wire might send.
func FuzzGodotPacket(f *testing.F) {
	all := captured(f)
	for i, p := range all {
		f.Add(sequence(p), i%2 == 0)
	}
	f.Add(sequence(all...), false)
	f.Add(sequence(all...), true)
	fuzzPackets(f, multiplayer.Godot)
}

// FuzzPeeragePacket gives a server, or a client, what a peer on peerage.v1 might send.
func FuzzPeeragePacket(f *testing.F) {
	names := [][]byte{[]byte("\x20\x00\xa4Game"), []byte("\x20\x01\xa3one")}
	for _, p := range []string{
		"\x21\x00\x01\x05", "\x22\x07\x00\x01\x05", "\x23\x01\x05", "\x24\x01\x05\xa1x", "\x25\x07", "\x26raw",
		"\x27\xa4Game\xa3one\x03\xa1x", "\x28\x02", "\x29\x02", "\x2a\x00\x21\x00\x01\x05", "\x2a\xff\x26raw",
		"\x2b\x02\x21\x00\x01\x05", "\x2cauth", "\x2d", "\x30",
	} {
		f.Add(sequence(names[0], names[1], []byte(p)), false)
		f.Add(sequence(names[0], names[1], []byte("\x28\x02"), []byte(p)), true)
	}
	fuzzPackets(f, multiplayer.Peerage)
}

// fuzzPackets sends a sequence of packets from a bare session to one with remote calls on it, which has to go on.
func fuzzPackets(f *testing.F, wire multiplayer.Wire) {
	f.Fuzz(func(t *testing.T, input []byte, toClient bool) {
		server, client, err := multiplayer.Pipe(nil, &multiplayer.Options{Wire: wire})
		must(t, err)
		defer server.Close()
		defer client.Close()
		ours, theirs := server, client
		if toClient {
			ours, theirs = client, server
		}
		m, err := rpc.New(ours, nil)
		must(t, err)
		n := m.Node("Game")
		n.Handle("one", func(*rpc.Call, any) {}, rpc.Config{Mode: rpc.AnyPeer})
		n.Handle("tell", func(*rpc.Call, string) {}, rpc.Config{CallLocal: true})
		n.KnownMethods("old", "tell")
		until := func(done func() bool) {
			for !done() {
				m.Poll()
				theirs.Poll()
			}
		}
		until(func() bool {
			return server.ConnectionStatus() == multiplayer.Connected && client.ConnectionStatus() == multiplayer.Connected && server.Peer(2) != nil
		})
		m.OnConnectedToServer = nil
		n.RPC("tell", "x") // so that there is something to answer
		sent := uint64(0)
		for len(input) >= 2 {
			size := min(int(binary.LittleEndian.Uint16(input)), len(input)-2)
			p := input[2 : 2+size]
			input = input[2+size:]
			if size == 0 || size > 1000 {
				continue
			}
			if theirs.Send(multiplayer.Everyone, multiplayer.Delivery{}, p) != nil {
				break
			}
			sent++
		}
		over := func() bool { return ours.Stats().Peers == 0 || ours.ConnectionStatus() != multiplayer.Connected }
		until(func() bool { return m.Stats().PacketsIn >= sent || over() })
		if wire == multiplayer.Godot && over() {
			t.Fatal("a packet ended the session")
		}
	})
}
