package args

import (
	"fmt"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// Transcode copies the next value of d to e, which may be of another wire. What
// has no form of its own there takes the nearest: a time on Godot's wire an int of
// microseconds, a PackedInt32Array in MessagePack an array.
func Transcode(d Decoder, e Encoder) error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	switch k {
	case KindNil:
		if err = d.Nil(); err == nil {
			err = e.Nil()
		}
	case KindBool:
		var v bool
		if v, err = d.Bool(); err == nil {
			err = e.Bool(v)
		}
	case KindInt:
		err = transcodeInt(d, e)
	case KindFloat:
		var v float64
		if v, err = d.Float(); err == nil {
			err = e.Float64(v)
		}
	case KindString:
		var v string
		if v, err = d.String(); err == nil {
			err = e.String(v)
		}
	case KindBytes:
		var v []byte
		if v, err = d.Bytes(); err == nil {
			err = e.Bytes(v)
		}
	case KindTime:
		var v time.Time
		if v, err = d.Time(); err == nil {
			err = e.Time(v)
		}
	case KindArray:
		var n int
		if n, err = d.Array(); err == nil {
			err = transcodeAll(d, e, n, e.Array(n, variant.TypeNil))
		}
	case KindMap:
		err = transcodeMap(d, e)
	default:
		err = transcodeNative(e, d.Native)
	}
	return err
}

func transcodeInt(d Decoder, e Encoder) error {
	n, err := d.Int()
	if err == nil {
		return e.Int(n)
	}
	if _, over := err.(*MismatchError); !over {
		return err
	}
	u, err := d.Uint()
	if err != nil {
		return err
	}
	return e.Uint(u)
}

func transcodeMap(d Decoder, e Encoder) error {
	if v, ok := d.(*VariantDecoder); ok && !v.plainMap() {
		return transcodeNative(e, v.value)
	}
	n, err := d.Map()
	if err != nil {
		return err
	}
	return transcodeAll(d, e, 2*n, e.Map(n))
}

// transcodeAll copies n values, unless there was an error already.
func transcodeAll(d Decoder, e Encoder, n int, err error) error {
	for ; n > 0 && err == nil; n-- {
		err = Transcode(d, e)
	}
	return err
}

func transcodeNative(e Encoder, read func() (any, error)) error {
	v, err := read()
	if err != nil {
		return err
	}
	ok, err := e.Native(v)
	if err == nil && !ok {
		err = fmt.Errorf("%w: %T", ErrUnsupported, v)
	}
	return err
}
