package args

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/peerage-go/peerage/variant"
)

type (
	inner  struct{ A, B int }
	Inner  struct{ A, B int }
	tagged struct {
		Inner `peerage:"in"`
	}
	ptrEmbed struct{ *inner }
	twins    struct {
		A int `peerage:"x"`
		B int `peerage:"x"`
	}
	shadow struct {
		inner
		A string
	}
	otherInner struct{ A int }
	ambiguous  struct {
		inner
		otherInner
	}
	native struct{ variant.Vector2 }
	stamp  time.Time
	faces  interface{ Face() }
	ring   struct{ Next *ring }
	bad    struct {
		Deep []map[string]*struct{ C chan int }
	}
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		v    any
		says string // "" if it can travel
	}{
		{make(chan int), "channels stay"}, {func() {}, "functions stay"}, {complex64(0), "two floats"}, {complex128(0), "two floats"},
		{uintptr(0), "pass an id"}, {unsafe.Pointer(nil), "pass an id"}, {new(*int), "two meanings; pass *int"}, {new(any), "pass interface {}"},
		{[]faces{}, "pass any"}, {[]error{}, "pass any"}, {map[*int]int{}, "use what it points to"}, {map[[1]*int]int{}, "pointer"}, {map[struct{ P *int }]int{}, "pointer"},
		{map[chan int]int{}, "channels"}, {map[int]chan int{}, "channels"}, {[2]func(){}, "functions"}, {&bad{}, "field Deep of args.bad"},
		{ptrEmbed{}, "embed the struct"}, {stamp{}, "none of its fields"}, {&sync.Mutex{}, "none of its fields"}, {struct {
			inner `peerage:"in"`
		}{}, "export it"}, {twins{}, `two fields are "x"`}, {ambiguous{}, `two fields are "A"`},
		{nil, ""}, {shadow{}, ""}, {tagged{}, ""}, {native{}, ""}, {ring{}, ""}, {tree{}, ""}, {map[time.Time]int{}, ""}, {[]any{}, ""}, {map[any]any{}, ""},
	} {
		typ := reflect.TypeOf(c.v)
		for range 2 { // the second is remembered
			err := Check(typ)
			if c.says == "" {
				if err != nil {
					t.Errorf("%T: %v", c.v, err)
				}
				continue
			}
			if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%T: %v; want %q", c.v, err, c.says)
			}
		}
		if c.says == "" {
			continue
		}
		onWires(t, func(t *testing.T, w wire) {
			if err := PutAny(w.encoder(), []any{c.v}); !errors.Is(err, ErrUnsupported) {
				t.Errorf("PutAny(%T): %v", c.v, err)
			}
			if _, err := w.get(w.encode(t, nil), typ); !errors.Is(err, ErrUnsupported) {
				t.Errorf("Get of %T: %v", c.v, err)
			}
		})
	}
}

func TestFields(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		none := any([]any{})
		if w.name == godot.name {
			none = variant.Array{Type: variant.Typed(variant.TypeDictionary), Values: []any{}}
		}
		for _, c := range []struct {
			v    any
			want any
		}{
			{shadow{inner{1, 2}, "a"}, map[string]any{"A": "a", "B": int64(2)}},
			{tagged{Inner{1, 2}}, map[string]any{"in": map[string]any{"A": int64(1), "B": int64(2)}}},
			{native{variant.Vector2{X: 1}}, map[string]any{"Vector2": variant.Vector2{X: 1}}},
			{player{Name: "a", Skipped: "x", hidden: 1}, map[string]any{"id": int64(0), "name": "a", "Position": variant.Vector3{}, "scores": map[string]any{}, "Any": nil}},
			{nested{Inner: &nested{}}, map[string]any{"Name": "", "inner": map[string]any{"Name": "", "List": none}, "List": none}},
			{ring{&ring{}}, map[string]any{"Next": map[string]any{"Next": nil}}},
		} {
			got, err := GetAny(w.decoder(w.encode(t, c.v)))
			if got = asMaps(got); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v: got %v (%v), want %v", c.v, got, err, c.want)
			}
		}
	})
}

// asMaps makes Go maps of dictionaries whose keys are strings.
func asMaps(v any) any {
	d, ok := v.(variant.Dictionary)
	if !ok {
		return v
	}
	m := map[string]any{}
	for k, v := range d.All() {
		m[k.(string)] = asMaps(v)
	}
	return m
}
