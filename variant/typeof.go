package variant

import "reflect"

// TypeOf returns the type that Append gives v, and whether v's Go type has one.
// The value is looked at only for an unsigned one beyond 2⁶³-1, which has none.
func TypeOf(v any) (Type, bool) {
	switch v.(type) {
	case nil:
		return TypeNil, true
	case bool:
		return TypeBool, true
	case int, int64, int32, int16, int8, uint32, uint16, uint8:
		return TypeInt, true
	case float64, float32:
		return TypeFloat, true
	case string:
		return TypeString, true
	case Vector2:
		return TypeVector2, true
	case Vector2i:
		return TypeVector2i, true
	case Rect2:
		return TypeRect2, true
	case Rect2i:
		return TypeRect2i, true
	case Vector3:
		return TypeVector3, true
	case Vector3i:
		return TypeVector3i, true
	case Transform2D:
		return TypeTransform2D, true
	case Vector4:
		return TypeVector4, true
	case Vector4i:
		return TypeVector4i, true
	case Plane:
		return TypePlane, true
	case Quaternion:
		return TypeQuaternion, true
	case AABB:
		return TypeAABB, true
	case Basis:
		return TypeBasis, true
	case Transform3D:
		return TypeTransform3D, true
	case Projection:
		return TypeProjection, true
	case Color:
		return TypeColor, true
	case StringName:
		return TypeStringName, true
	case NodePath:
		return TypeNodePath, true
	case RID:
		return TypeRID, true
	case ObjectID:
		return TypeObject, true
	case Callable:
		return TypeCallable, true
	case Signal:
		return TypeSignal, true
	case Dictionary:
		return TypeDictionary, true
	case []any, Array:
		return TypeArray, true
	case []byte:
		return TypePackedByteArray, true
	case []int32:
		return TypePackedInt32Array, true
	case []int64:
		return TypePackedInt64Array, true
	case []float32:
		return TypePackedFloat32Array, true
	case []float64:
		return TypePackedFloat64Array, true
	case []string:
		return TypePackedStringArray, true
	case []Vector2:
		return TypePackedVector2Array, true
	case []Vector3:
		return TypePackedVector3Array, true
	case []Color:
		return TypePackedColorArray, true
	case []Vector4:
		return TypePackedVector4Array, true
	}
	if _, ok := integer(v); ok {
		return TypeInt, true
	}
	switch reflect.ValueOf(v).Kind() {
	case reflect.Bool:
		return TypeBool, true
	case reflect.Float32, reflect.Float64:
		return TypeFloat, true
	case reflect.String:
		return TypeString, true
	}
	return TypeNil, false
}
