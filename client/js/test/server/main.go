// Command server is what the tests of client/js talk to: a real server of peerage.v1. It prints the address of its
// sessions and ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
	"github.com/peerage-go/peerage/variant"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	mux := http.NewServeMux()
	mux.Handle("/", open(ctx, nil, 0))
	mux.Handle("/resume", open(ctx, nil, time.Minute))
	mux.Handle("/leaving", open(ctx, nil, time.Minute))
	mux.Handle("/brief", open(ctx, nil, 50*time.Millisecond))
	mux.Handle("/auth", auth(ctx))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ws://%s\n", ln.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(ln, mux))
}

// auth is a session whose clients say a word and get one back.
func auth(ctx context.Context) http.Handler {
	var m *rpc.SceneMultiplayer
	return open(ctx, &rpc.Options{AuthTimeout: 2 * time.Second, AuthCallback: func(id rpc.PeerID, word []byte) {
		if string(word) != "open sesame" {
			return
		}
		m.SendAuth(id, []byte("come in"))
		m.CompleteAuth(id)
	}}, 0, func(made *rpc.SceneMultiplayer) { m = made })
}

var any1 = rpc.Config{Mode: rpc.AnyPeer}

// open makes a session, whose lost peers can come back for a while, and runs it.
func open(ctx context.Context, o *rpc.Options, window time.Duration, made ...func(*rpc.SceneMultiplayer)) http.Handler {
	s, err := multiplayer.NewServer(&multiplayer.Options{
		ResumeWindow: window,
		Transport:    transport.Options{InboundBufferSize: 1 << 20, OutboundBufferSize: 1 << 20},
	})
	if err != nil {
		log.Fatal(err)
	}
	m, err := rpc.New(s, o)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range made {
		f(m)
	}
	var refused []string
	m.OnCallRefused = func(f rpc.Refusal) { refused = append(refused, f.String()) }
	m.OnPeerPacket = func(id rpc.PeerID, data []byte) {
		m.SendBytes(id, multiplayer.Delivery{Channel: 3, Mode: multiplayer.Unreliable}, append([]byte("back: "), data...))
	}
	cancelled := 0
	noted := map[rpc.PeerID][]int{}
	goodbye := make(chan multiplayer.Goodbye, 1)
	n := m.Node("Test")
	for name, f := range map[string]any{
		"echo": func(v any) any { return v },
		"add":  func(a, b int) int { return a + b },
		"fail": func(code int, text string) error { return rpc.Errorf(rpc.Code(code), "%s", text) },
		"slow": func(c *rpc.Call) {
			rpc.Later[any](c)
			go func(ctx context.Context) {
				<-ctx.Done()
				m.Post(func() { cancelled++ })
			}(c.Context())
		},
		"cancelled": func() int { return cancelled },
		"number":    func(c *rpc.Call, n int) { noted[c.Sender] = append(noted[c.Sender], n) },
		"numbers":   func(c *rpc.Call) []int { return noted[c.Sender] },
		"soon": func(c *rpc.Call, n int) int {
			a := rpc.Later[int](c)
			time.AfterFunc(100*time.Millisecond, func() { a.Reply(n) })
			return 0
		},
		// The server counts to n, with the connection lost at half of it.
		"count_to": func(c *rpc.Call, n int) {
			m.Node("Here").DeclareMethod("counted", rpc.Config{})
			for i := range n {
				if i == n/2 {
					m.Flush()
					s.Peer(c.Sender).WebSocket().Close(-1, "")
				}
				m.Node("Here").RPCID(c.Sender, "counted", i)
			}
		},
		"refused": func() []string { return refused },
		"samples": func() []any { return samples },
		"points":  func(p []variant.Vector2) []variant.Vector2 { return p },
		"names": func(m map[int]string) map[int]string {
			for id := range m {
				m[id] += "!"
			}
			return m
		},
		"dictionaries": func() []any { return dictionaries },
		"typed":        func() []any { return typed },
		"describe":     describe,
		"total": func(n []int) (sum int) {
			for _, n := range n {
				sum += n
			}
			return sum
		},
		"person": func(p person) person { p.Age++; return p },
		"heroes": func(heroes []hero) []hero {
			for i := range heroes {
				heroes[i].HP++
			}
			return heroes
		},
		"sender":   func(c *rpc.Call) int { return int(c.Sender) },
		"delivery": func(c *rpc.Call) []int { return []int{int(c.Channel), int(c.Mode)} },
		// The server calls what it is told to.
		"call_me": func(c *rpc.Call, node, method string, args []any) {
			n := m.Node(node)
			n.DeclareMethod(method, rpc.Config{Mode: rpc.AnyPeer})
			n.RPCID(c.Sender, method, args...)
		},
		"ask_me": func(c *rpc.Call, method string, args []any) any {
			a := rpc.Later[any](c)
			n.Call(context.Background(), c.Sender, method, args...).Then(func(v any, err error) {
				if err != nil {
					a.Fail(err)
					return
				}
				a.Reply(v)
			})
			return nil
		},
		// The connection is lost.
		"drop": func(c *rpc.Call) { s.Peer(c.Sender).WebSocket().Close(-1, "") },
		"kick": func(c *rpc.Call, code int, reason string) { s.DisconnectPeerWith(c.Sender, code, reason) },
	} {
		n.Handle(name, f, any1)
	}
	for _, name := range []string{"note", "question", "scores"} {
		n.DeclareMethod(name, any1) // what the relay passes on between clients
	}
	n.Handle("leave", func(url string) {
		goodbye <- multiplayer.Goodbye{Reason: "moving", After: 100 * time.Millisecond, URL: url}
	}, any1)
	go func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		m.Run(ctx, 0, func(time.Duration) {
			if len(goodbye) > 0 {
				cancel()
			}
		})
		s.Shutdown(context.Background(), <-goodbye)
	}()
	return s
}

// describe tells what the server sees in a value of Godot's.
func describe(v any) string {
	switch v := v.(type) {
	case variant.Array:
		return fmt.Sprintf("Array[%v] %v", v.Type, v.Values)
	case variant.Dictionary:
		return fmt.Sprintf("Dictionary[%v, %v] %v", v.KeyType, v.ValueType, v.Entries)
	}
	return fmt.Sprintf("%T %v", v, v)
}

type person struct {
	Name string
	Age  int
}

// hero is sent as an array.
type hero struct {
	_    struct{} `peerage:",array"`
	Name string
	At   variant.Vector2
	HP   int
}

var (
	axis    = variant.Vector3{X: 1, Y: 2, Z: 3}
	basis   = variant.Basis{X: axis, Y: variant.Vector3{X: 4, Y: 5, Z: 6}, Z: variant.Vector3{X: 7, Y: 8, Z: 9}}
	samples = []any{
		nil, true, 1, -1, int64(1) << 40, uint64(1<<64 - 1), 0.5, 0.1, "text ☃", []byte{1, 2}, []any{1, []any{}}, map[string]any{"a": 1},
		time.UnixMilli(1_700_000_000_123).UTC(),
		variant.Vector2{X: 1, Y: 2}, variant.Vector2i{X: 1, Y: -2},
		variant.Rect2{Position: variant.Vector2{X: 1, Y: 2}, Size: variant.Vector2{X: 3, Y: 4}},
		variant.Rect2i{Position: variant.Vector2i{X: 1, Y: 2}, Size: variant.Vector2i{X: 3, Y: 4}},
		axis, variant.Vector3i{X: 1, Y: 2, Z: 3},
		variant.Transform2D{X: variant.Vector2{X: 1, Y: 2}, Y: variant.Vector2{X: 3, Y: 4}, Origin: variant.Vector2{X: 5, Y: 6}},
		variant.Vector4{X: 1, Y: 2, Z: 3, W: 4}, variant.Vector4i{X: 1, Y: 2, Z: 3, W: 4},
		variant.Plane{Normal: axis, D: 4}, variant.Quaternion{X: 1, Y: 2, Z: 3, W: 4},
		variant.AABB{Position: axis, Size: axis}, basis, variant.Transform3D{Basis: basis, Origin: axis},
		variant.Projection{X: variant.Vector4{X: 1, Y: 2, Z: 3, W: 4}, W: variant.Vector4{X: 13, Y: 14, Z: 15, W: 16}},
		variant.Color{R: 0.25, G: 0.5, B: 0.75, A: 1}, variant.StringName("name"), variant.NodePath("a/b:c"),
	}
	typed = []any{
		variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1), int64(-2), int64(1) << 60}},
		variant.Array{Type: variant.Typed(variant.TypeString), Values: []any{"a", "ä☃"}},
		variant.Array{Type: variant.Typed(variant.TypeVector3), Values: []any{axis}},
		variant.Array{Type: variant.Typed(variant.TypeNodePath), Values: []any{variant.NodePath("/a/b:c:d")}},
		variant.Array{Type: variant.Typed(variant.TypeDictionary), Values: []any{variant.NewDictionary("a", []any{1, 0.1})}},
		[]variant.Vector2{{X: 1, Y: 2}},
		variant.Dictionary{KeyType: variant.Typed(variant.TypeString), ValueType: variant.Typed(variant.TypeFloat), Entries: []variant.Entry{{Key: "x", Value: 0.1}}},
		variant.NewDictionary(1.5, "half", true, []byte{1, 2, 3}),
	}
	dictionaries = []any{
		variant.NewDictionary(3, "c", -1, map[int]bool{2: true}), variant.NewDictionary("a", 1), variant.NewDictionary(),
		variant.NewDictionary(1, "a", "b", 2), variant.NewDictionary(1.0, "a"), variant.NewDictionary(variant.Vector2i{}, "a"),
		variant.Dictionary{KeyType: variant.Typed(variant.TypeInt), Entries: []variant.Entry{{Key: int64(1), Value: true}}},
	}
)
