// Package args turns Go values into the arguments of a remote call and back, on
// both wires: Godot's own and peerage.v1, which is MessagePack.
//
// [Put] and [Get] are for values whose type is known when compiling, [PutAny],
// [GetAny] and [GetReflect] for the others. [Check] tells when a method is
// registered whether its types can travel, and [Transcode] passes a value on from
// one wire to the other.
//
//	var e args.MessagePackEncoder
//	e.Reset(nil)
//	err := args.Put(&e, "hello")
//	…
//	var d args.MessagePackDecoder
//	d.Reset(e.Result())
//	text, err := args.Get[string](&d)
//
// # Types
//
// What a Go type is on the wires. A type defined from another travels like it, but
// for time.Time and the structs of package variant: of those only the type itself.
//
//	Go                        Variant                      MessagePack
//
//	nil, a nil pointer        Nil                          nil
//	bool                      bool                         bool
//	int, int8 … int64         int                          int, the shortest
//	uint, uint8 … uint64      int, up to 2⁶³-1             int, the shortest
//	float32, float64          float                        float 32 if nothing is
//	                                                       lost by it, else 64
//	string                    String                       str
//	[]byte, [n]byte           PackedByteArray              bin
//	time.Time                 int, microseconds since 1970 timestamp, ext -1
//	time.Duration             int, nanoseconds             int, nanoseconds
//	[]int32, []int64          PackedInt32Array, …          array
//	[]float32, []float64      PackedFloat32Array, …        array
//	[]string                  PackedStringArray            array
//	[]Vector2, []Vector3,     PackedVector2Array, …        ext 35 to 38
//	[]Color, []Vector4
//	[]T, [n]T                 Array[T]; Array where T is   array; for relays ext 28
//	                          a pointer, any or ObjectID   as Array[T]
//	[]any                     Array                        array
//	map[K]V                   Dictionary                   map
//	struct                    Dictionary; Array if its     map; array if its tag
//	                          tag says so                  says so
//	*T                        as T                         as T
//	any                       as the value in it           as the value in it
//	Vector2 … Color           the type of that name        ext 5 to 20
//	StringName, NodePath      the type of that name        ext 21, 22
//	RID, ObjectID, Callable,  RID, Object, Callable,       ext 23 to 26
//	Signal                    Signal
//	Array with a type         Array[T]                     ext 28
//	Array without             Array                        array
//	Dictionary                Dictionary                   map if it has no types and
//	                                                       its keys are all strings
//	                                                       or all ints, else ext 27
//
// The capitalized names are those of package variant. A nil slice or map is an
// empty one, since Godot has no null for its typed parameters. Structs are sent
// with the names of their exported fields, or those of a tag:
//
//	Health int `peerage:"health,omitempty"` // or `msgpack:"…"`; "-" leaves it out
//
// and have the fields of embedded structs as their own. A struct with the tag
//
//	_ struct{} `peerage:",array"` // or `msgpack:",as_array"`, also at _msgpack
//
// is sent as an array of its fields in order of declaration, those of an embedded
// struct where that stands, and omitempty has no effect. Every struct takes both
// forms. On arrival case does not matter, unknown keys and elements behind the last
// field are ignored, and missing ones leave the zero value. Map keys
// may be of any type that can be compared and is not a pointer; maps are sent in no
// particular order, and the last of two equal keys counts.
//
// # Extensions
//
// The data of a MessagePack extension, which is little-endian throughout:
//
//	5   Vector2      x, y: float32              14  Plane        normal x, y, z, d: float32
//	6   Vector2i     x, y: int32                15  Quaternion   x, y, z, w: float32
//	7   Rect2        x, y, width, height:       16  AABB         position x, y, z,
//	                 float32                                     size x, y, z: float32
//	8   Rect2i       the same: int32            17  Basis        3 rows of 3 float32
//	9   Vector3      x, y, z: float32           18  Transform3D  the Basis, then
//	10  Vector3i     x, y, z: int32                              origin x, y, z: float32
//	11  Transform2D  columns x, y, origin,      19  Projection   4 columns of 4 float32
//	                 each x, y: float32         20  Color        r, g, b, a: float32
//	12  Vector4      x, y, z, w: float32        21  StringName   UTF-8
//	13  Vector4i     x, y, z, w: int32          22  NodePath     the path as text, UTF-8
//
//	the whole general form, a header of 4 bytes first (type, 0, flags as uint16):
//
//	23  RID          17 00 0000, id: uint64
//	24  ObjectID     18 00 0100, id: uint64
//	25  Callable     19 00 0000
//	26  Signal       1a 00 0000, name: string, object id: uint64
//	27  Dictionary   1b 00 flags, types of keys and values, count: uint32, then
//	                 key, value, key, value …, each in general form
//	28  Array        1c 00 flags, type of the elements, count: uint32, then the
//	                 elements, each in general form
//	35  PackedVector2Array   23 00 0000, count: uint32, then x, y of each: float32
//	36  PackedVector3Array   24 00 0000, count: uint32, then x, y, z of each
//	37  PackedColorArray     25 00 0000, count: uint32, then r, g, b, a of each
//	38  PackedVector4Array   26 00 0000, count: uint32, then x, y, z, w of each
//
// Types 30 to 34, the other packed arrays in general form, are understood but never
// sent. A string in general form is its length as uint32, UTF-8, and padding to a
// multiple of 4.
//
// # What fits
//
// A value fits a parameter if nothing of it is lost. Otherwise reading it is a
// [MismatchError].
//
//   - An int fits every kind of int that has room for it, and a float if it is
//     exact there. A float fits an int if it has no fraction, and a float32 rounded
//     (but no finite one becomes an infinity). A bool is 0 or 1, and these a bool.
//   - A string fits types that are strings, StringName and NodePath; a StringName
//     and a NodePath fit strings too. An int of 32 bits fits a Color.
//   - nil fits pointers, slices, maps, ObjectID and any.
//   - Arrays, typed and packed ones and bytes too, fit a slice, or an [n]T of just
//     that length, if each of their elements fits; maps a map or a struct likewise.
//     All arrays but bytes fit a struct, each element its field.
//   - Vectors and Rect2 fit their kind of integers if all are whole, and the other
//     way round if all are exact. A Basis, a Transform2D and a Projection without
//     perspective fit a Transform3D, and that a Projection, and in the plane a
//     Transform2D.
//   - Godot's other types fit their own type alone.
//   - Everything fits any: see [GetAny] for what it becomes. A map is a Dictionary
//     there, whatever its keys are, so that its order is kept.
//   - A time fits time.Time, on Godot's wire an int does.
//
// # Concurrency
//
// An Encoder or Decoder is for one goroutine at a time. The functions may be called
// from everywhere.
//
// # Caveats
//
// Input from anywhere is safe to read. Values are at most [MaxDepth] deep, counts
// are checked against the bytes left before anything is made for them, text that is
// not UTF-8 is refused. Memory is at most about 120 times the input for what becomes
// a Go map, 64 times for other values, times the size of its elements for a slice
// of large structs or arrays.
//
// A Go map with keys that are neither strings nor ints is a MessagePack map as well.
// Go programs read it; the JavaScript client refuses it, as it does two equal keys.
//
// A time passed on to Godot's wire is an int from then on: MessagePack does not get
// a time back from there.
//
// Strings inside which U+0000 stands have no form on Godot's wire, nor has an int
// over 2⁶³-1; both are [ErrUnsupported] when they are put there.
package args
