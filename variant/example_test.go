package variant_test

import (
	"errors"
	"fmt"

	"github.com/peerage-go/peerage/variant"
)

func Example() {
	b, err := variant.Append(nil, []any{1, "two", variant.Vector2{X: 3, Y: 4}})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, n, err := variant.Decode(b)
	fmt.Println(v, n == len(b), err)
	// Output: [1 two {3 4}] true <nil>
}

// The arguments of a call, one behind the other.
func ExampleAppendArg() {
	var b []byte
	for _, v := range []any{true, 300, "hi"} {
		var err error
		if b, err = variant.AppendArg(b, v); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Printf("% x\n", b)
	// Output: 81 42 2c 01 04 00 00 00 02 00 00 00 68 69 00 00
}

// A container that is written and read without boxing its elements.
func ExampleDecoder() {
	b := variant.AppendArrayHeader(nil, 3)
	for i := range int64(3) {
		b = variant.AppendInt(b, i*i)
	}

	var d variant.Decoder
	d.Reset(b, variant.Limits{Size: 1 << 16})
	n, _, err := d.ArrayHeader(false)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range n {
		v, err := d.Int(false)
		fmt.Println(v, err)
	}
	// Output:
	// 0 <nil>
	// 1 <nil>
	// 4 <nil>
}

func ExampleDecoder_Type() {
	var d variant.Decoder
	d.Reset(variant.AppendIntArg(nil, 3), variant.Limits{})
	_, err := d.Float(true)
	fmt.Println(errors.Is(err, variant.ErrType), err)

	// An int will do where a float is wanted.
	if t, _ := d.Type(true); t == variant.TypeInt {
		n, _ := d.Int(true)
		fmt.Println(float64(n))
	}
	// Output:
	// true variant: wrong type: got int, want float, at offset 0
	// 3
}

func ExampleDecode() {
	b, _ := variant.Append(nil, "a long name")
	_, _, err := variant.Decode(b[:10])
	fmt.Println(errors.Is(err, variant.ErrCount), err)
	// Output: true variant: count out of range, at offset 4
}

func ExampleDictionary() {
	d := variant.NewDictionary("name", "Ada", "hp", 100)
	d.Set("hp", 90)
	hp, ok := d.Get("hp")
	fmt.Println(hp, ok)
	for key, value := range d.All() {
		fmt.Println(key, value)
	}
	// Output:
	// 90 true
	// name Ada
	// hp 90
}

func ExampleArray() {
	a := variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{1, 2}}
	_, err := variant.Append(nil, a)
	fmt.Println(a.Type, err)

	a.Values[1] = "two"
	_, err = variant.Append(nil, a)
	fmt.Println(err)
	// Output:
	// int <nil>
	// variant: wrong type: got String in a container of int
}

func ExampleParseNodePath() {
	p, err := variant.ParseNodePath("Main//Player:position:x")
	fmt.Println(p, p.Names(), p.Subnames(), p.IsAbsolute(), err)
	// Output: Main/Player:position:x [Main Player] [position x] false <nil>
}
