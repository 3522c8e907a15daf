package godot_test

import (
	"testing"

	"github.com/peerage-go/peerage/internal/godot"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/variant"
)

// TestEngineStructs has structs that are arrays go to typed parameters, and takes what stands for them in a game.
func TestEngineStructs(t *testing.T) {
	type hero struct {
		_    struct{} `peerage:",array"`
		Name string
		At   variant.Vector2
		HP   int
	}
	s := serve(t, nil, &rpc.Options{Logger: slogt(t)}, func(s *session) {
		s.node.Handle("sent", func(h hero) { s.say("%s %v %d", h.Name, h.At, h.HP) }, anyPeer)
		s.node.DeclareMethod("hero", rpc.Config{})
		s.node.DeclareMethod("heroes", rpc.Config{})
	})
	e := godot.Start(t, "probe", "structs", s.url())
	s.expect("connected 2", "Ann {1 2} 3", "Bob {0 0} 0", "Cid {1 2} 3", "Dan {0 0} 3", "Eve {0 0} 0", "Fay {0 0} 0")
	ann := hero{Name: "Ann", At: variant.Vector2{X: 1, Y: 2}, HP: 3}
	s.call(2, "hero", ann)
	s.call(2, "heroes", []hero{ann, {}})
	e.Expect("hero Ann (1.0, 2.0) 3", `heroes [["Ann", (1.0, 2.0), 3], ["", (0.0, 0.0), 0]]`)
	e.Done()
}
