package variant

import "math"

// numbers are the numbers of a value, one after the other.
type numbers struct {
	b    []byte
	wide bool // the floats have 64 bits
}

// real returns number i as a float32, rounded if need be.
func (n numbers) real(i int) float32 {
	if n.wide {
		return float32(math.Float64frombits(le.Uint64(n.b[8*i:])))
	}
	return math.Float32frombits(le.Uint32(n.b[4*i:]))
}

func (n numbers) int32(i int) int32   { return int32(le.Uint32(n.b[4*i:])) }
func (n numbers) uint64(i int) uint64 { return le.Uint64(n.b[8*i:]) }

func (n numbers) vector2(i int) Vector2   { return Vector2{n.real(i), n.real(i + 1)} }
func (n numbers) vector2i(i int) Vector2i { return Vector2i{n.int32(i), n.int32(i + 1)} }
func (n numbers) vector3(i int) Vector3   { return Vector3{n.real(i), n.real(i + 1), n.real(i + 2)} }

func (n numbers) vector4(i int) Vector4 {
	return Vector4{n.real(i), n.real(i + 1), n.real(i + 2), n.real(i + 3)}
}

func (n numbers) color(i int) Color {
	return Color{n.real(i), n.real(i + 1), n.real(i + 2), n.real(i + 3)}
}

func (n numbers) basis() Basis {
	return Basis{
		X: Vector3{n.real(0), n.real(3), n.real(6)},
		Y: Vector3{n.real(1), n.real(4), n.real(7)},
		Z: Vector3{n.real(2), n.real(5), n.real(8)},
	}
}

// fixed returns the value of a type of shapeFixed.
func fixed(t Type, n numbers) any {
	switch t {
	case TypeBool:
		return n.int32(0) != 0
	case TypeInt:
		if n.wide {
			return int64(n.uint64(0))
		}
		return int64(n.int32(0))
	case TypeFloat:
		if n.wide {
			return math.Float64frombits(n.uint64(0))
		}
		return float64(n.real(0))
	case TypeVector2:
		return n.vector2(0)
	case TypeVector2i:
		return n.vector2i(0)
	case TypeRect2:
		return Rect2{n.vector2(0), n.vector2(2)}
	case TypeRect2i:
		return Rect2i{n.vector2i(0), n.vector2i(2)}
	case TypeVector3:
		return n.vector3(0)
	case TypeVector3i:
		return Vector3i{n.int32(0), n.int32(1), n.int32(2)}
	case TypeTransform2D:
		return Transform2D{n.vector2(0), n.vector2(2), n.vector2(4)}
	case TypeVector4:
		return n.vector4(0)
	case TypeVector4i:
		return Vector4i{n.int32(0), n.int32(1), n.int32(2), n.int32(3)}
	case TypePlane:
		return Plane{n.vector3(0), n.real(3)}
	case TypeQuaternion:
		return Quaternion(n.vector4(0))
	case TypeAABB:
		return AABB{n.vector3(0), n.vector3(3)}
	case TypeBasis:
		return n.basis()
	case TypeTransform3D:
		return Transform3D{n.basis(), n.vector3(9)}
	case TypeProjection:
		return Projection{n.vector4(0), n.vector4(4), n.vector4(8), n.vector4(12)}
	case TypeColor:
		return n.color(0)
	case TypeRID:
		return RID(n.uint64(0))
	case TypeObject:
		return ObjectID(n.uint64(0))
	case TypeCallable:
		return Callable{}
	}
	return nil
}

// packed returns the value of a type of shapePacked, with n elements.
func packed(t Type, nums numbers, n int) any {
	switch t {
	case TypePackedByteArray:
		return append(make([]byte, 0, n), nums.b...)
	case TypePackedInt32Array:
		return list(n, 1, nums.int32)
	case TypePackedInt64Array:
		return list(n, 1, func(i int) int64 { return int64(nums.uint64(i)) })
	case TypePackedFloat32Array:
		return list(n, 1, nums.real)
	case TypePackedFloat64Array:
		return list(n, 1, func(i int) float64 { return math.Float64frombits(nums.uint64(i)) })
	case TypePackedVector2Array:
		return list(n, 2, nums.vector2)
	case TypePackedVector3Array:
		return list(n, 3, nums.vector3)
	case TypePackedColorArray:
		return list(n, 4, nums.color)
	case TypePackedVector4Array:
		return list(n, 4, nums.vector4)
	}
	return nil
}

// list makes n elements, each of step numbers.
func list[T any](n, step int, at func(int) T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = at(i * step)
	}
	return s
}
