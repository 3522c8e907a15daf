package args

import (
	"reflect"

	"github.com/peerage-go/peerage/variant"
)

// natives are the Go types of what only Godot has, but for the packed arrays,
// which are slices first.
var natives = map[reflect.Type]variant.Type{
	reflect.TypeFor[variant.Vector2]():     variant.TypeVector2,
	reflect.TypeFor[variant.Vector2i]():    variant.TypeVector2i,
	reflect.TypeFor[variant.Rect2]():       variant.TypeRect2,
	reflect.TypeFor[variant.Rect2i]():      variant.TypeRect2i,
	reflect.TypeFor[variant.Vector3]():     variant.TypeVector3,
	reflect.TypeFor[variant.Vector3i]():    variant.TypeVector3i,
	reflect.TypeFor[variant.Transform2D](): variant.TypeTransform2D,
	reflect.TypeFor[variant.Vector4]():     variant.TypeVector4,
	reflect.TypeFor[variant.Vector4i]():    variant.TypeVector4i,
	reflect.TypeFor[variant.Plane]():       variant.TypePlane,
	reflect.TypeFor[variant.Quaternion]():  variant.TypeQuaternion,
	reflect.TypeFor[variant.AABB]():        variant.TypeAABB,
	reflect.TypeFor[variant.Basis]():       variant.TypeBasis,
	reflect.TypeFor[variant.Transform3D](): variant.TypeTransform3D,
	reflect.TypeFor[variant.Projection]():  variant.TypeProjection,
	reflect.TypeFor[variant.Color]():       variant.TypeColor,
	reflect.TypeFor[variant.StringName]():  variant.TypeStringName,
	reflect.TypeFor[variant.NodePath]():    variant.TypeNodePath,
	reflect.TypeFor[variant.RID]():         variant.TypeRID,
	reflect.TypeFor[variant.ObjectID]():    variant.TypeObject,
	reflect.TypeFor[variant.Callable]():    variant.TypeCallable,
	reflect.TypeFor[variant.Signal]():      variant.TypeSignal,
	reflect.TypeFor[variant.Dictionary]():  variant.TypeDictionary,
	reflect.TypeFor[variant.Array]():       variant.TypeArray,
}

// packedTypes are the slices that are packed arrays, by their elements. Bytes are
// not among them.
var packedTypes = map[reflect.Type]reflect.Type{
	reflect.TypeFor[int32]():           reflect.TypeFor[[]int32](),
	reflect.TypeFor[int64]():           reflect.TypeFor[[]int64](),
	reflect.TypeFor[float32]():         reflect.TypeFor[[]float32](),
	reflect.TypeFor[float64]():         reflect.TypeFor[[]float64](),
	reflect.TypeFor[string]():          reflect.TypeFor[[]string](),
	reflect.TypeFor[variant.Vector2](): reflect.TypeFor[[]variant.Vector2](),
	reflect.TypeFor[variant.Vector3](): reflect.TypeFor[[]variant.Vector3](),
	reflect.TypeFor[variant.Color]():   reflect.TypeFor[[]variant.Color](),
	reflect.TypeFor[variant.Vector4](): reflect.TypeFor[[]variant.Vector4](),
}

// nativeTypeOf returns Godot's type of v if that is one that Encoder.Native takes.
func nativeTypeOf(v any) (variant.Type, bool) {
	t, ok := variant.TypeOf(v)
	switch {
	case !ok || t < variant.TypeVector2 || t == variant.TypePackedByteArray:
		return t, false
	case t == variant.TypeArray:
		_, ok = v.(variant.Array)
	}
	return t, ok
}

// nativeName is Godot's name of v's type.
func nativeName(v any) string {
	if t, ok := variant.TypeOf(v); ok {
		return t.String()
	}
	return reflect.TypeOf(v).String()
}
