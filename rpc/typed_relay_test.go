package rpc_test

import (
	"reflect"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/variant"
)

// TestTypedThroughTheRelay has clients of both wires call each other with typed arrays and dictionaries: they come as they do
// between two engines.
func TestTypedThroughTheRelay(t *testing.T) {
	type card struct{ Suit, Rank int }
	ints := variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(3), int64(-4)}}
	scores := variant.Dictionary{KeyType: variant.Typed(variant.TypeString), ValueType: variant.Typed(variant.TypeFloat), Entries: []variant.Entry{{Key: "a", Value: 0.5}}}
	for _, test := range []struct{ sent, want any }{
		{[]int{3, -4}, ints},
		{ints, ints},
		{[]uint16{7}, variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(7)}}},
		{[]int{}, variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{}}},
		{[]bool{true}, variant.Array{Type: variant.Typed(variant.TypeBool), Values: []any{true}}},
		{[2]string{"a", "b"}, variant.Array{Type: variant.Typed(variant.TypeString), Values: []any{"a", "b"}}},
		{[][]int{{1}}, variant.Array{Type: variant.Typed(variant.TypeArray), Values: []any{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1)}}}}},
		{[]card{{1, 2}}, variant.Array{Type: variant.Typed(variant.TypeDictionary), Values: []any{variant.NewDictionary("Suit", int64(1), "Rank", int64(2))}}},
		{[]variant.StringName{"x"}, variant.Array{Type: variant.Typed(variant.TypeStringName), Values: []any{variant.StringName("x")}}},
		{map[string][]int{"a": {5}}, variant.NewDictionary("a", variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(5)}})},
		{[]any{[]int{6}}, []any{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(6)}}}},
		{[]any{1, 2}, []any{int64(1), int64(2)}},
		{scores, scores},
	} {
		for _, from := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
			for _, to := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
				server, join := links["memory"](t, nil)
				s := newSession(t, server, nil)
				a, b := s.join(join(&multiplayer.Options{Wire: from}), nil), s.join(join(&multiplayer.Options{Wire: to}), nil)
				var got, heard any
				s.server.Node("N").Handle("f", func(v any) { heard = v }, anyPeer)
				b.Node("N").Handle("f", func(v any) { got = v }, anyPeer)
				a.Node("N").DeclareMethod("f", anyPeer)
				s.until("they know each other", func() bool { return a.HasPeer(b.UniqueID()) })
				must(t, a.Node("N").RPCID(b.UniqueID(), "f", test.sent))
				s.until("it has come", func() bool { return got != nil })
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("%v to %v: %#v came as %#v, want %#v", from, to, test.sent, got, test.want)
				}
				got = nil
				must(t, a.Node("N").RPC("f", test.sent)) // to the server too
				s.until("it has come", func() bool { return got != nil && heard != nil })
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("%v to everybody on %v: %#v came as %#v, want %#v", from, to, test.sent, got, test.want)
				}
			}
		}
	}
}

// TestUntypableThroughTheRelay sends a list that Godot has no form for: clients on peerage.v1 have it all the same.
func TestUntypableThroughTheRelay(t *testing.T) {
	server, join := links["memory"](t, nil)
	s := newSession(t, server, nil)
	a, b := s.join(join(nil), nil), s.join(join(nil), nil)
	var got []uint
	b.Node("N").Handle("f", func(v []uint) { got = v }, anyPeer)
	a.Node("N").DeclareMethod("f", anyPeer)
	s.until("they know each other", func() bool { return a.HasPeer(b.UniqueID()) })
	must(t, a.Node("N").RPCID(b.UniqueID(), "f", []uint{1<<64 - 1}))
	s.until("it has come", func() bool { return got != nil })
	if got[0] != 1<<64-1 {
		t.Errorf("%d came", got[0])
	}
}
