package multiplayer_test

import (
	"context"
	"fmt"

	"github.com/peerage-go/peerage/multiplayer"
)

// A server that echoes, and a client, in the habit of Godot's PacketPeer.
func Example() {
	server, err := multiplayer.Listen("127.0.0.1:0", nil)
	if err != nil {
		panic(err)
	}
	defer server.Close()
	go func() {
		for server.ConnectionStatus() == multiplayer.Connected {
			server.Wait(context.Background())
			server.Poll()
			for pkt := range server.Packets() {
				server.Send(pkt.Peer, pkt.Delivery, pkt.Data)
			}
			server.Flush()
		}
	}()

	client, err := multiplayer.Dial(server.URL(), nil)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	client.OnPeerConnected = func(id multiplayer.PeerID) {
		fmt.Printf("I am %d, connected to %d\n", client.UniqueID(), id)
		client.Send(multiplayer.Server, multiplayer.Delivery{Channel: 3}, []byte("hello"))
	}
	for client.AvailablePacketCount() == 0 {
		client.Wait(context.Background())
		client.Poll()
	}
	pkt, _ := client.GetPacket()
	fmt.Printf("%s from %d on channel %d\n", pkt.Data, pkt.Peer, pkt.Channel)
	// Output:
	// I am 2, connected to 1
	// hello from 1 on channel 3
}
