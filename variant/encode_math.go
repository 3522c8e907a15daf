package variant

import (
	"fmt"
	"math"
	"slices"
)

// appendMath appends a value of the fixed-size math types.
func appendMath(dst []byte, v any) ([]byte, bool) {
	switch v := v.(type) {
	case Vector2:
		dst = AppendVector2(dst, v)
	case Vector2i:
		dst = appendInts(appendHeader(dst, TypeVector2i, 0), v.X, v.Y)
	case Rect2:
		dst = appendReals(appendHeader(dst, TypeRect2, 0),
			v.Position.X, v.Position.Y, v.Size.X, v.Size.Y)
	case Rect2i:
		dst = appendInts(appendHeader(dst, TypeRect2i, 0),
			v.Position.X, v.Position.Y, v.Size.X, v.Size.Y)
	case Vector3:
		dst = AppendVector3(dst, v)
	case Vector3i:
		dst = appendInts(appendHeader(dst, TypeVector3i, 0), v.X, v.Y, v.Z)
	case Transform2D:
		dst = appendReals(appendHeader(dst, TypeTransform2D, 0),
			v.X.X, v.X.Y, v.Y.X, v.Y.Y, v.Origin.X, v.Origin.Y)
	case Vector4:
		dst = appendReals(appendHeader(dst, TypeVector4, 0), v.X, v.Y, v.Z, v.W)
	case Vector4i:
		dst = appendInts(appendHeader(dst, TypeVector4i, 0), v.X, v.Y, v.Z, v.W)
	case Plane:
		dst = appendReals(appendHeader(dst, TypePlane, 0), v.Normal.X, v.Normal.Y, v.Normal.Z, v.D)
	case Quaternion:
		dst = appendReals(appendHeader(dst, TypeQuaternion, 0), v.X, v.Y, v.Z, v.W)
	case AABB:
		dst = appendReals(appendHeader(dst, TypeAABB, 0),
			v.Position.X, v.Position.Y, v.Position.Z, v.Size.X, v.Size.Y, v.Size.Z)
	case Basis:
		dst = appendBasis(appendHeader(dst, TypeBasis, 0), &v)
	case Transform3D:
		dst = appendBasis(appendHeader(dst, TypeTransform3D, 0), &v.Basis)
		dst = appendReals(dst, v.Origin.X, v.Origin.Y, v.Origin.Z)
	case Projection:
		dst = appendHeader(dst, TypeProjection, 0)
		for _, c := range [4]Vector4{v.X, v.Y, v.Z, v.W} {
			dst = appendReals(dst, c.X, c.Y, c.Z, c.W)
		}
	case Color:
		dst = appendReals(appendHeader(dst, TypeColor, 0), v.R, v.G, v.B, v.A)
	default:
		return dst, false
	}
	return dst, true
}

func appendBasis(dst []byte, b *Basis) []byte {
	return appendReals(dst,
		b.X.X, b.Y.X, b.Z.X,
		b.X.Y, b.Y.Y, b.Z.Y,
		b.X.Z, b.Y.Z, b.Z.Z)
}

// appendPacked appends a value of the Packed*Array types.
func appendPacked(dst []byte, v any) (_ []byte, ok bool, err error) {
	switch v := v.(type) {
	case []byte:
		if err = checkCount(len(v)); err == nil {
			dst = AppendBytes(dst, v)
		}
	case []int32:
		if dst, err = grow(dst, TypePackedInt32Array, len(v)); err == nil {
			dst = appendInts(dst, v...)
		}
	case []int64:
		if dst, err = grow(dst, TypePackedInt64Array, len(v)); err == nil {
			for _, n := range v {
				dst = le.AppendUint64(dst, uint64(n))
			}
		}
	case []float32:
		if dst, err = grow(dst, TypePackedFloat32Array, len(v)); err == nil {
			dst = appendReals(dst, v...)
		}
	case []float64:
		if dst, err = grow(dst, TypePackedFloat64Array, len(v)); err == nil {
			for _, f := range v {
				dst = le.AppendUint64(dst, math.Float64bits(f))
			}
		}
	case []string:
		dst, err = appendStrings(dst, v)
	case []Vector2:
		if dst, err = grow(dst, TypePackedVector2Array, len(v)); err == nil {
			for _, e := range v {
				dst = appendReals(dst, e.X, e.Y)
			}
		}
	case []Vector3:
		if dst, err = grow(dst, TypePackedVector3Array, len(v)); err == nil {
			for _, e := range v {
				dst = appendReals(dst, e.X, e.Y, e.Z)
			}
		}
	case []Color:
		if dst, err = grow(dst, TypePackedColorArray, len(v)); err == nil {
			for _, e := range v {
				dst = appendReals(dst, e.R, e.G, e.B, e.A)
			}
		}
	case []Vector4:
		if dst, err = grow(dst, TypePackedVector4Array, len(v)); err == nil {
			for _, e := range v {
				dst = appendReals(dst, e.X, e.Y, e.Z, e.W)
			}
		}
	default:
		return dst, false, nil
	}
	return dst, true, err
}

// grow appends the header and the count of a packed array of n elements and makes
// room for them.
func grow(dst []byte, t Type, n int) ([]byte, error) {
	if err := checkCount(n); err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, 2*headerSize+n*int(layouts[t].size))
	return appendCount(dst, t, n), nil
}

func appendStrings(dst []byte, v []string) ([]byte, error) {
	dst, err := grow(dst, TypePackedStringArray, len(v))
	if err != nil {
		return dst, err
	}
	for i, s := range v {
		if err := checkString(s); err != nil {
			return dst, fmt.Errorf("%w, element %d", err, i)
		}
		dst = append(le.AppendUint32(dst, uint32(len(s)+1)), s...)
		dst = appendPadding(append(dst, 0), len(s)+1)
	}
	return dst, nil
}
