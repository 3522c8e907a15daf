// Package variant encodes and decodes the values of Godot 4 as its network
// protocol and var_to_bytes write them.
//
// [Append] and [Decode] are for the general form, [AppendArg] and [DecodeArg] for
// the form of a remote call's argument. Code that knows its types uses AppendInt
// and its like and a [Decoder], which box nothing.
//
// # Types
//
// Decoding gives exactly these Go types, and encoding takes them:
//
//	Nil                  nil
//	bool                 bool
//	int                  int64; encoding: every integer type
//	float                float64; encoding: also float32
//	String               string
//	StringName           StringName
//	NodePath             NodePath
//	Vector2, Rect2i …    the struct of that name
//	Color                Color
//	RID                  RID
//	Object               ObjectID (objects are sent as their ids)
//	Callable             Callable (nothing of it is sent)
//	Signal               Signal
//	Dictionary           Dictionary
//	Array                []any
//	Array[T]             Array
//	PackedByteArray      []byte
//	PackedInt32Array     []int32
//	PackedInt64Array     []int64
//	PackedFloat32Array   []float32
//	PackedFloat64Array   []float64
//	PackedStringArray    []string
//	PackedVector2Array   []Vector2
//	PackedVector3Array   []Vector3
//	PackedColorArray     []Color
//	PackedVector4Array   []Vector4
//
// Encoding takes types defined from bool, string, integers and floats too.
//
// # Concurrency
//
// Everything but a Decoder may be used from any goroutine. Encoding only reads
// the value, and a decoded value belongs to the caller.
//
// # Caveats
//
// The math types have float32 components, as in Godot's default build. The 64-bit
// components of a double-precision build are decoded and rounded; encoding makes
// the 32-bit form, which such a build accepts.
//
// A decoded dictionary has its entries as they were sent, even if two have the
// same key. Elements of typed arrays and dictionaries are of the type that the
// container says, or decoding fails. Typed dictionaries are of Godot 4.4 and
// later.
//
// A string that no Godot string can hold is refused: invalid UTF-8, or U+0000
// inside. The same goes for objects with class and properties, which could make
// the receiver run code.
//
// Input from anywhere is safe to decode: it costs at most [Limits] and ten times
// its own size in memory.
package variant
