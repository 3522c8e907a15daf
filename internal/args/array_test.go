package args

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/variant"
	"github.com/vmihailenco/msgpack/v5"
)

// compact is sent as an array.
type compact struct {
	_  struct{} `peerage:",array"`
	ID int
	embedded
	Name   string `peerage:"name,omitempty"`
	At     variant.Vector2
	Tags   []string
	Next   *compact `peerage:",omitempty"`
	hidden int
	Left   int `peerage:"-"`
}

// TestSentAsArray has structs that say so of themselves, alone and in others.
func TestSentAsArray(t *testing.T) {
	type (
		point  struct{ X, Y int }
		others struct {
			_msgpack struct{} `msgpack:",as_array"`
			point
			Name string
		}
		blank struct {
			_ struct{} `msgpack:",as_array"`
			A int
		}
		inside struct {
			point2 // flattened: the form is that of the struct around it
			Z      int
		}
		hides struct {
			_ struct{} `peerage:",array"`
			point
			X string
		}
	)
	onWires(t, func(t *testing.T, w wire) {
		none, list := any([]any{}), func(of ...any) any { return of }
		if w.name == godot.name {
			none = []string{}
			list = func(of ...any) any { return variant.Array{Type: variant.Typed(variant.TypeArray), Values: of} }
		}
		for _, c := range []struct {
			v    any
			want any
		}{
			{compact{ID: 1, embedded: embedded{2}, At: variant.Vector2{X: 3}, hidden: 4, Left: 5}, []any{int64(1), int64(2), "", variant.Vector2{X: 3}, none, nil}},
			{others{point: point{1, 2}, Name: "n"}, []any{int64(1), int64(2), "n"}},
			{blank{A: 1}, []any{int64(1)}},
			{inside{point2{X: 1, Y: 2}, 3}, map[string]any{"X": int64(1), "Y": int64(2), "Z": int64(3)}},
			{hides{point: point{1, 2}, X: "x"}, []any{int64(2), "x"}},
			{[]blank{{A: 1}, {A: 2}}, list([]any{int64(1)}, []any{int64(2)})}, {&blank{A: 3}, []any{int64(3)}},
			{map[string]blank{"a": {A: 1}}, map[string]any{"a": []any{int64(1)}}},
			{struct{ B blank }{blank{A: 1}}, map[string]any{"B": []any{int64(1)}}},
		} {
			got, err := GetAny(w.decoder(w.encode(t, c.v)))
			if got = asMaps(got); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%T %+v: got %#v (%v), want %#v", c.v, c.v, got, err, c.want)
			}
		}
	})
	// As msgpack itself has it.
	v := others{point: point{1, 2}, Name: "n"}
	_ = v._msgpack // for linters
	type their struct {
		_msgpack struct{} `msgpack:",as_array"`
		X, Y     int
		Name     string
	}
	of := their{X: 1, Y: 2, Name: "n"}
	_ = of._msgpack
	b, err := msgpack.Marshal(of)
	if got := messagePack.encode(t, v); err != nil || !bytes.Equal(got, b) {
		t.Errorf("got %x, msgpack writes %x (%v)", got, b, err)
	}
}

type point2 struct {
	_    struct{} `peerage:",array"`
	X, Y int
}

// TestVersions has both sides of a call know another number of fields, and send in another form.
func TestVersions(t *testing.T) {
	type (
		old struct {
			_    struct{} `peerage:",array"`
			ID   int
			Name string
		}
		grown struct {
			_    struct{} `peerage:",array"`
			ID   int
			Name string
			At   variant.Vector2
			Tags []string
			More map[string]any
		}
		named struct {
			ID   int
			Name string
		}
	)
	at := variant.Vector2{X: 1}
	for _, c := range []struct{ sent, want any }{
		{old{ID: 1, Name: "a"}, grown{ID: 1, Name: "a"}},
		{grown{ID: 1, Name: "a", At: at, Tags: []string{"x"}, More: map[string]any{"y": []any{1}}}, old{ID: 1, Name: "a"}},
		{grown{ID: 1, Name: "a", At: at}, named{1, "a"}}, {named{1, "a"}, grown{ID: 1, Name: "a"}}, {old{ID: 1, Name: "a"}, named{1, "a"}},
		{[]any{1}, named{ID: 1}}, {[]any{}, old{}}, {[]any{1, "a", nil, nil, nil, nil}, old{ID: 1, Name: "a"}}, {map[string]any{"name": "a", "other": 1}, old{Name: "a"}},
		{[]any{1, variant.StringName("a")}, named{1, "a"}}, {[]any{2.0, "a"}, &old{ID: 2, Name: "a"}}, {[]any{[]any{1}, map[string]any{"ID": 2}}, []old{{ID: 1}, {ID: 2}}},
		{[]int{1, 2}, struct{ A, B, C int8 }{1, 2, 0}}, {[]float32{1.5}, struct{ A float64 }{1.5}}, {[]variant.Vector2{{X: 1}, {Y: 2}, {}}, struct{ A, B variant.Vector2 }{variant.Vector2{X: 1}, variant.Vector2{Y: 2}}},
		{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1), int64(2)}}, struct{ A uint }{1}},
		{variant.Dictionary{KeyType: variant.Typed(variant.TypeString), Entries: []variant.Entry{{Key: "id", Value: 1}}}, old{ID: 1}},
		{[]old{{ID: 1}}, []named{{ID: 1}}}, {map[string]old{"a": {ID: 1}}, map[string]grown{"a": {ID: 1}}},
	} {
		onWires(t, func(t *testing.T, w wire) {
			e := w.encoder()
			if err := errors.Join(PutAny(e, c.sent), e.Int(7)); err != nil {
				t.Fatal(err)
			}
			d := w.decoder(e.Result())
			got := reflect.New(reflect.TypeOf(c.want)).Elem()
			err := GetReflect(d, got)
			if err != nil || !reflect.DeepEqual(got.Interface(), c.want) {
				t.Errorf("%T %v: got %#v (%v), want %#v", c.sent, c.sent, got, err, c.want)
			}
			if n, err := d.Int(); n != 7 || err != nil || d.Len() != 0 {
				t.Errorf("%T %v: then %v (%v), and %d bytes", c.sent, c.sent, n, err, d.Len())
			}
		})
	}
	onWires(t, func(t *testing.T, w wire) {
		var m *MismatchError
		_, err := Get[[]old](w.decoder(w.encode(t, []any{[]any{1, 2}})))
		if !errors.As(err, &m) || m.At != "[0].Name" || m.Want != "string" {
			t.Errorf("a field of another type: %v", err)
		}
		// What was there goes, in either form.
		v := grown{ID: 1, Name: "a", At: at}
		if err := GetReflect(w.decoder(w.encode(t, []any{5})), reflect.ValueOf(&v).Elem()); err != nil || !reflect.DeepEqual(v, grown{ID: 5}) {
			t.Errorf("over another: %v, %v", v, err)
		}
	})
}

func TestTagOfABlankField(t *testing.T) {
	for _, c := range []struct {
		v    any
		says string
	}{
		{struct {
			_ struct{} `peerage:"array"`
			A int
		}{}, `the tag of _ says "array", which means nothing there`},
		{struct {
			_msgpack struct{} `msgpack:",omitempty"`
			A        int
		}{}, `the tag of _msgpack says ",omitempty"`},
		{struct {
			_ struct{} `peerage:",array"`
			a int
		}{}, "none of its fields is exported"},
		{struct {
			_ [4]byte `msgpack:"-"`
			A int
		}{}, ""},
	} {
		err := Check(reflect.TypeOf(c.v))
		if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%T: %v; want %q", c.v, err, c.says)
		}
	}
}

// TestDeepArrays nests structs that are arrays as deep as values may be.
func TestDeepArrays(t *testing.T) {
	type link struct {
		_    struct{} `peerage:",array"`
		Next *link
	}
	onWires(t, func(t *testing.T, w wire) {
		var head *link
		for range MaxDepth {
			head = &link{Next: head}
		}
		if got, err := Get[*link](w.decoder(w.encode(t, head))); err != nil || !reflect.DeepEqual(got, head) {
			t.Errorf("%v", err)
		}
		if err := PutAny(w.encoder(), &link{Next: head}); !errors.Is(err, ErrDepth) {
			t.Errorf("one more: %v", err)
		}
	})
}
