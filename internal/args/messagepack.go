package args

import (
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/peerage-go/peerage/variant"
)

// The form of values on the wire peerage.v1 is MessagePack. What MessagePack has
// no type for is an extension: the type number is the Variant type's.
//
//	-1        a moment, the standard timestamp of 4, 8 or 12 bytes
//	5 to 20   the math types: the numbers of Godot's general form, float32 or
//	          int32, little-endian, without the header
//	21        StringName: UTF-8
//	22        NodePath: the path as text, UTF-8
//	23 to 28  RID, Object (its id), Callable, Signal, Dictionary with types or
//	          whose keys are neither all strings nor all ints, typed Array: the
//	          whole general form, header and all
//	35 to 38  PackedVector2Array, PackedVector3Array, PackedColorArray,
//	          PackedVector4Array: the whole general form
//
// Those that peerage.v1 has a plain form for, an untyped Array as much as a
// PackedInt32Array, are read as extensions too, in whole general form; but for
// PackedByteArray, which is never one.
const (
	extTime       = -1
	extFirst      = int8(variant.TypeVector2)
	extStringName = int8(variant.TypeStringName)
	extNodePath   = int8(variant.TypeNodePath)
	extGeneral    = int8(variant.TypeRID) // from here on the data has its header
	extDictionary = int8(variant.TypeDictionary)
	extArray      = int8(variant.TypeArray)
	extBytes      = int8(variant.TypePackedByteArray)
	extLast       = int8(variant.TypePackedVector4Array)

	generalHeader = 4      // bytes
	maxMath       = 16 * 4 // bytes: a Projection

	codeUint64 = 0xcf
)

// codeKinds is the kind of a value by its first byte. Extensions are KindNative
// here: their type byte tells which is KindTime.
var codeKinds = func() (kinds [256]Kind) {
	for c := range kinds {
		switch c := byte(c); {
		case msgpcode.IsFixedNum(c):
			kinds[c] = KindInt
		case msgpcode.IsFixedMap(c):
			kinds[c] = KindMap
		case msgpcode.IsFixedArray(c):
			kinds[c] = KindArray
		case msgpcode.IsString(c):
			kinds[c] = KindString
		case msgpcode.IsBin(c):
			kinds[c] = KindBytes
		case msgpcode.IsExt(c):
			kinds[c] = KindNative
		default:
			kinds[c] = kindInvalid
		}
	}
	for c, k := range map[byte]Kind{
		msgpcode.Nil: KindNil, msgpcode.True: KindBool, msgpcode.False: KindBool,
		msgpcode.Uint8: KindInt, msgpcode.Uint16: KindInt,
		msgpcode.Uint32: KindInt, msgpcode.Uint64: KindInt,
		msgpcode.Int8: KindInt, msgpcode.Int16: KindInt,
		msgpcode.Int32: KindInt, msgpcode.Int64: KindInt,
		msgpcode.Float: KindFloat, msgpcode.Double: KindFloat,
		msgpcode.Array16: KindArray, msgpcode.Array32: KindArray,
		msgpcode.Map16: KindMap, msgpcode.Map32: KindMap,
	} {
		kinds[c] = k
	}
	return kinds
}()

const kindInvalid Kind = 0xff
