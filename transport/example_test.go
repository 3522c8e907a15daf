package transport_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// The minimal client of Godot's tutorial: it polls in a loop as a game does,
// and says something once it has been greeted.
func ExampleDial() {
	url, stop := startEchoServer()
	defer stop()

	socket, err := transport.Dial(url, nil)
	if err != nil {
		log.Fatal("Unable to connect: ", err)
	}
	fmt.Printf("Connecting to %s...\n", strings.TrimRight(url, "0123456789"))

	received := 0
	for range time.Tick(time.Second / 60) {
		socket.Poll()
		switch socket.ReadyState() {
		case transport.Open:
			for packet := range socket.Packets() {
				if packet.Text {
					fmt.Printf("< Got text data from server: %s\n", packet.Data)
				} else {
					fmt.Printf("< Got binary data from server: %d bytes\n", len(packet.Data))
				}
				received++
				if received == 1 {
					fmt.Println("> Sending test packet.")
					socket.SendText("Test packet")
				} else {
					socket.Close(1000, "")
				}
			}
		case transport.Closing:
			// Polling goes on until the server has answered.
		case transport.Closed:
			code := socket.CloseCode()
			fmt.Printf("WebSocket closed with code: %d. Clean: %t\n", code, code != -1)
			return
		}
	}

	// Output:
	// Connecting to ws://127.0.0.1:...
	// < Got text data from server: Request served by 7811941c69e658
	// > Sending test packet.
	// < Got text data from server: Test packet
	// WebSocket closed with code: 1000. Clean: true
}

// The minimal server of Godot's tutorial: it takes connections as they come,
// polls them all and echoes what they say.
func ExampleAccept() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal("Unable to start server: ", err)
	}
	defer listener.Close()
	fmt.Println("Server started.")
	go playTestClient("ws://" + listener.Addr().String())

	connections := make(chan net.Conn)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections <- conn
		}
	}()

	peers := map[int]*transport.WebSocketPeer{}
	lastPeerID := 1
	for range time.Tick(time.Second / 60) {
		select {
		case conn := <-connections:
			lastPeerID++
			fmt.Printf("+ Peer %d connected.\n", lastPeerID)
			peers[lastPeerID] = transport.Accept(conn, nil)
		default:
		}
		for id, peer := range peers {
			peer.Poll()
			switch peer.ReadyState() {
			case transport.Open:
				for packet := range peer.Packets() {
					if packet.Text {
						fmt.Printf("< Got text data from peer %d: %s ... echoing\n", id, packet.Data)
						peer.Send(packet.Data, transport.WriteText)
					} else {
						fmt.Printf("< Got binary data from peer %d: %d ... echoing\n", id, len(packet.Data))
						peer.PutPacket(packet.Data)
					}
				}
			case transport.Closed:
				delete(peers, id)
				code := peer.CloseCode()
				fmt.Printf("- Peer %d closed with code: %d, reason %s. Clean: %t\n", id, code, peer.CloseReason(), code != -1)
				return
			}
		}
	}

	// Output:
	// Server started.
	// + Peer 2 connected.
	// < Got text data from peer 2: Test packet ... echoing
	// - Peer 2 closed with code: 1000, reason done. Clean: true
}

// A server on any mux: handlers only accept, and one goroutine polls the
// peers that have news.
func ExampleGroup() {
	group := transport.NewGroup()
	options := &transport.Options{Group: group, MaxQueuedPackets: 256}
	mux := http.NewServeMux()
	mux.HandleFunc("/play", func(w http.ResponseWriter, r *http.Request) {
		transport.Upgrade(w, r, options) // has answered, whatever it returns
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	go playTestClient("ws" + strings.TrimPrefix(server.URL, "http") + "/play")

	for {
		if err := group.Wait(context.Background()); err != nil {
			return
		}
		for _, peer := range group.Poll() {
			for packet := range peer.Packets() {
				fmt.Printf("Got %q on %s\n", packet.Data, "/play")
				peer.Send(packet.Data, transport.WriteText)
				packet.Release()
			}
			if peer.ReadyState() == transport.Closed {
				fmt.Println("Closed:", peer.CloseReason())
				return
			}
		}
		group.Flush()
	}

	// Output:
	// Got "Test packet" on /play
	// Closed: done
}

// A server and a client in one process, without a network.
func ExamplePipe() {
	group := transport.NewGroup()
	server, client := transport.Pipe(&transport.Options{Group: group}, &transport.Options{Group: group})
	for {
		group.Wait(context.Background())
		for _, peer := range group.Poll() {
			if peer == server && peer.ReadyState() == transport.Open {
				peer.SendText("welcome")
				peer.Close(1000, "that was all")
			}
			for packet := range client.Packets() {
				fmt.Println(string(packet.Data))
			}
		}
		if client.ReadyState() == transport.Closed {
			fmt.Println(client.CloseReason())
			return
		}
	}

	// Output:
	// welcome
	// that was all
}

// A message for many peers is framed once.
func ExamplePrepared() {
	server, client := transport.Pipe(nil, nil)
	for server.ReadyState() != transport.Open || client.ReadyState() != transport.Open {
		server.Poll()
		client.Poll()
	}
	var move transport.Prepared
	move.Set(transport.WriteBinary, []byte("player 7 "), []byte("moves"))
	for _, peer := range []*transport.WebSocketPeer{server} {
		if err := peer.SendPrepared(&move); err != nil {
			fmt.Println(err)
		}
		peer.Flush()
	}
	for client.AvailablePacketCount() == 0 {
		client.Poll()
	}
	packet, _ := client.GetPacket()
	fmt.Printf("%s (%d bytes)\n", packet, move.Len())
	server.Close(-1, "")

	// Output:
	// player 7 moves (14 bytes)
}

// startEchoServer greets, then echoes.
func startEchoServer() (url string, stop func()) {
	group := transport.NewGroup()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		transport.Upgrade(w, r, &transport.Options{Group: group})
	}))
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for group.Wait(ctx) == nil {
			for _, peer := range group.Poll() {
				if peer.ReadyState() == transport.Open && peer.Stats().PacketsOut == 0 {
					peer.SendText("Request served by 7811941c69e658")
				}
				for packet := range peer.Packets() {
					peer.Send(packet.Data, transport.WriteText)
				}
			}
		}
	}()
	return "ws" + strings.TrimPrefix(server.URL, "http"), func() {
		cancel()
		server.Close()
	}
}

// playTestClient says "Test packet", waits for the echo and closes.
func playTestClient(url string) {
	group := transport.NewGroup()
	peer, err := transport.Dial(url, &transport.Options{Group: group})
	if err != nil {
		log.Fatal(err)
	}
	for peer.ReadyState() != transport.Closed {
		group.Wait(context.Background())
		for range group.Poll() {
			if peer.ReadyState() == transport.Open && peer.Stats().PacketsOut == 0 {
				peer.SendText("Test packet")
			}
			for range peer.Packets() {
				peer.Close(1000, "done")
			}
		}
	}
}
