package variant

import "strconv"

// Type is the type of a Variant, numbered as in Godot 4.
type Type uint8

// The types, in Godot's order.
const (
	TypeNil Type = iota
	TypeBool
	TypeInt
	TypeFloat
	TypeString
	TypeVector2
	TypeVector2i
	TypeRect2
	TypeRect2i
	TypeVector3
	TypeVector3i
	TypeTransform2D
	TypeVector4
	TypeVector4i
	TypePlane
	TypeQuaternion
	TypeAABB
	TypeBasis
	TypeTransform3D
	TypeProjection
	TypeColor
	TypeStringName
	TypeNodePath
	TypeRID
	TypeObject
	TypeCallable
	TypeSignal
	TypeDictionary
	TypeArray
	TypePackedByteArray
	TypePackedInt32Array
	TypePackedInt64Array
	TypePackedFloat32Array
	TypePackedFloat64Array
	TypePackedStringArray
	TypePackedVector2Array
	TypePackedVector3Array
	TypePackedColorArray
	TypePackedVector4Array

	typeCount = iota
)

var typeNames = [typeCount]string{
	TypeNil:                "Nil",
	TypeBool:               "bool",
	TypeInt:                "int",
	TypeFloat:              "float",
	TypeString:             "String",
	TypeVector2:            "Vector2",
	TypeVector2i:           "Vector2i",
	TypeRect2:              "Rect2",
	TypeRect2i:             "Rect2i",
	TypeVector3:            "Vector3",
	TypeVector3i:           "Vector3i",
	TypeTransform2D:        "Transform2D",
	TypeVector4:            "Vector4",
	TypeVector4i:           "Vector4i",
	TypePlane:              "Plane",
	TypeQuaternion:         "Quaternion",
	TypeAABB:               "AABB",
	TypeBasis:              "Basis",
	TypeTransform3D:        "Transform3D",
	TypeProjection:         "Projection",
	TypeColor:              "Color",
	TypeStringName:         "StringName",
	TypeNodePath:           "NodePath",
	TypeRID:                "RID",
	TypeObject:             "Object",
	TypeCallable:           "Callable",
	TypeSignal:             "Signal",
	TypeDictionary:         "Dictionary",
	TypeArray:              "Array",
	TypePackedByteArray:    "PackedByteArray",
	TypePackedInt32Array:   "PackedInt32Array",
	TypePackedInt64Array:   "PackedInt64Array",
	TypePackedFloat32Array: "PackedFloat32Array",
	TypePackedFloat64Array: "PackedFloat64Array",
	TypePackedStringArray:  "PackedStringArray",
	TypePackedVector2Array: "PackedVector2Array",
	TypePackedVector3Array: "PackedVector3Array",
	TypePackedColorArray:   "PackedColorArray",
	TypePackedVector4Array: "PackedVector4Array",
}

// String returns Godot's name of the type, such as "int" or "PackedByteArray".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "Type(" + strconv.Itoa(int(t)) + ")"
}
