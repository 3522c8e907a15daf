package args

import (
	"github.com/peerage-go/peerage/variant"
)

// An engine converts an argument for a parameter of another type
// (Variant::can_convert_strict). What follows does it too where nothing is lost.

// otherKind is what came, and is still to be read, where err is that it does not
// fit.
func otherKind(d Decoder, err error) (k Kind, ok bool) {
	if _, ok := err.(*MismatchError); !ok {
		return 0, false
	}
	k, err = d.Kind()
	return k, err == nil
}

// getBool reads a bool: or 0 or 1.
func getBool(d Decoder) (bool, error) {
	b, err := d.Bool()
	if k, ok := otherKind(d, err); !ok || k != KindInt && k != KindFloat {
		return b, err
	}
	n, err := d.Int()
	if err == nil && n != 0 && n != 1 {
		err = mismatch("bool", intText(n))
	}
	return n == 1, wanting("bool", err)
}

// getBit reads the number that a bool is, where err is that no number came.
func getBit(d Decoder, err error) (uint8, error) {
	if k, ok := otherKind(d, err); !ok || k != KindBool {
		return 0, err
	}
	b, err := d.Bool()
	if b {
		return 1, err
	}
	return 0, err
}

func getInt64(d Decoder) (int64, error) {
	n, err := d.Int()
	if err != nil {
		bit, err := getBit(d, err)
		return int64(bit), err
	}
	return n, nil
}

func getUint64(d Decoder) (uint64, error) {
	n, err := d.Uint()
	if err != nil {
		bit, err := getBit(d, err)
		return uint64(bit), err
	}
	return n, nil
}

func getFloat64(d Decoder) (float64, error) {
	v, err := d.Float()
	if err != nil {
		bit, err := getBit(d, err)
		return float64(bit), err
	}
	return v, nil
}

// getString reads a string, a StringName or a NodePath.
func getString(d Decoder) (string, error) {
	s, err := d.String()
	if k, ok := otherKind(d, err); !ok || k != KindNative {
		return s, err
	}
	v, err := d.Native()
	if err != nil {
		return "", wanting("string", err)
	}
	path, ok := v.(variant.NodePath)
	if !ok {
		return "", mismatch("string", nativeName(v))
	}
	return string(path), nil
}

// getBytes reads bytes, or an array of numbers that are some. They are a copy.
func getBytes(d Decoder) ([]byte, error) {
	b, err := d.Bytes()
	if err == nil {
		return append(make([]byte, 0, len(b)), b...), nil
	}
	k, ok := otherKind(d, err)
	switch {
	case ok && k == KindNil:
		return nil, d.Nil()
	case ok && k == KindNative:
		native, bad := d.Native()
		if bad != nil {
			return nil, wanting("bytes", bad)
		}
		w := walker{next: []any{native}}
		if w.open() != KindArray {
			return nil, mismatch("bytes", nativeName(native))
		}
		return getBytes(&w)
	case ok && k == KindArray:
		n, err := d.Array()
		if err != nil {
			return nil, err
		}
		b = make([]byte, n)
		for i := range b {
			if b[i], err = getUint[uint8](d, "uint8"); err != nil {
				return nil, at(step(i), err)
			}
		}
		return b, nil
	}
	return nil, err
}

// convert makes what came the type of Godot's that is wanted.
func convert(v any, to variant.Type) (any, bool) {
	switch from := v.(type) {
	case variant.Vector2i:
		w := variant.Vector2{X: float32(from.X), Y: float32(from.Y)}
		back, ok := vector2i(w)
		return w, to == variant.TypeVector2 && ok && back == from
	case variant.Vector2:
		w, ok := vector2i(from)
		return w, to == variant.TypeVector2i && ok
	case variant.Rect2i:
		w := variant.Rect2{
			Position: variant.Vector2{X: float32(from.Position.X), Y: float32(from.Position.Y)},
			Size:     variant.Vector2{X: float32(from.Size.X), Y: float32(from.Size.Y)},
		}
		back, ok := rect2i(w)
		return w, to == variant.TypeRect2 && ok && back == from
	case variant.Rect2:
		w, ok := rect2i(from)
		return w, to == variant.TypeRect2i && ok
	case variant.Vector3i:
		w := variant.Vector3{X: float32(from.X), Y: float32(from.Y), Z: float32(from.Z)}
		back, ok := vector3i(w)
		return w, to == variant.TypeVector3 && ok && back == from
	case variant.Vector3:
		w, ok := vector3i(from)
		return w, to == variant.TypeVector3i && ok
	case variant.Vector4i:
		w := variant.Vector4{X: float32(from.X), Y: float32(from.Y), Z: float32(from.Z), W: float32(from.W)}
		back, ok := vector4i(w)
		return w, to == variant.TypeVector4 && ok && back == from
	case variant.Vector4:
		w, ok := vector4i(from)
		return w, to == variant.TypeVector4i && ok
	case variant.Basis:
		return variant.Transform3D{Basis: from}, to == variant.TypeTransform3D
	case variant.Transform2D:
		return variant.Transform3D{
			Basis: variant.Basis{
				X: variant.Vector3{X: from.X.X, Y: from.X.Y},
				Y: variant.Vector3{X: from.Y.X, Y: from.Y.Y},
				Z: variant.Vector3{Z: 1},
			},
			Origin: variant.Vector3{X: from.Origin.X, Y: from.Origin.Y},
		}, to == variant.TypeTransform3D
	case variant.Projection:
		column := func(v variant.Vector4) variant.Vector3 { return variant.Vector3{X: v.X, Y: v.Y, Z: v.Z} }
		w := variant.Transform3D{Basis: variant.Basis{X: column(from.X), Y: column(from.Y), Z: column(from.Z)}, Origin: column(from.W)}
		back, _ := convert(w, variant.TypeProjection)
		return w, to == variant.TypeTransform3D && back == from
	case variant.Transform3D:
		if to == variant.TypeTransform2D {
			w := variant.Transform2D{
				X:      variant.Vector2{X: from.Basis.X.X, Y: from.Basis.X.Y},
				Y:      variant.Vector2{X: from.Basis.Y.X, Y: from.Basis.Y.Y},
				Origin: variant.Vector2{X: from.Origin.X, Y: from.Origin.Y},
			}
			back, _ := convert(w, variant.TypeTransform3D)
			return w, back == from
		}
		column := func(v variant.Vector3, w float32) variant.Vector4 {
			return variant.Vector4{X: v.X, Y: v.Y, Z: v.Z, W: w}
		}
		return variant.Projection{
			X: column(from.Basis.X, 0), Y: column(from.Basis.Y, 0), Z: column(from.Basis.Z, 0), W: column(from.Origin, 1),
		}, to == variant.TypeProjection
	}
	if to != variant.TypeArray {
		return nil, false
	}
	w := walker{next: []any{v}}
	if w.open() != KindArray {
		return nil, false
	}
	return variant.Array{Values: w.next[0].([]any)}, true
}

// wholeInt32 gives a float without a fraction as an int32, if it fits.
func wholeInt32(f float32) (int32, bool) {
	n, ok := floatToInt(float64(f))
	return int32(n), ok && int64(int32(n)) == n
}

func vector2i(v variant.Vector2) (w variant.Vector2i, ok bool) {
	var x, y bool
	w.X, x = wholeInt32(v.X)
	w.Y, y = wholeInt32(v.Y)
	return w, x && y
}

func rect2i(r variant.Rect2) (w variant.Rect2i, ok bool) {
	var position, size bool
	w.Position, position = vector2i(r.Position)
	w.Size, size = vector2i(r.Size)
	return w, position && size
}

func vector3i(v variant.Vector3) (w variant.Vector3i, ok bool) {
	var x, y, z bool
	w.X, x = wholeInt32(v.X)
	w.Y, y = wholeInt32(v.Y)
	w.Z, z = wholeInt32(v.Z)
	return w, x && y && z
}

func vector4i(v variant.Vector4) (w variant.Vector4i, ok bool) {
	xyz, three := vector3i(variant.Vector3{X: v.X, Y: v.Y, Z: v.Z})
	last, one := wholeInt32(v.W)
	return variant.Vector4i{X: xyz.X, Y: xyz.Y, Z: xyz.Z, W: last}, three && one
}

// hexColor makes of 0xRRGGBBAA the colour, as Color.hex does.
func hexColor(n int64) (variant.Color, error) {
	if n < 0 || n > 0xffffffff {
		return variant.Color{}, mismatch(variant.TypeColor.String(), intText(n))
	}
	part := func(shift uint) float32 { return float32(n>>shift&0xff) / 255 }
	return variant.Color{R: part(24), G: part(16), B: part(8), A: part(0)}, nil
}
