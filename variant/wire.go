package variant

// The general form of a value, as Godot's var_to_bytes makes it. Everything is
// little-endian and every value is a multiple of 4 bytes long.
//
//	header    uint32: bits 0-7 type, 8-15 zero, 16-31 flags
//	Nil       nothing
//	bool      uint32, 0 or 1
//	int       int32; flag64: int64
//	float     float32; flag64: float64
//	String    string (below); StringName alike
//	Vector2 … Projection, Color
//	          their numbers, float32 (flag64: float64, but for Color) or int32;
//	          a Basis by rows, the other matrices by columns
//	NodePath  uint32 names | pathMark, uint32 subnames, uint32 flags (pathAbsolute),
//	          then the names and the subnames, each a string
//	RID       uint64
//	Object    flagID: uint64; without it a class name and properties (refused)
//	Callable  nothing
//	Signal    string name, uint64 object
//	Array     container type, uint32 count (bit 31 ignored), the elements
//	Dictionary
//	          container type of the keys, of the values, uint32 count (bit 31
//	          ignored), then key, value, key, value …
//	Packed*   uint32 count, the elements without headers (flag64: float64, but
//	          for colours), padding; strings have a NUL that counts
//
//	string    uint32 length in bytes, UTF-8, padding to a multiple of 4
//	container type, by its 2 bits in the header
//	          kindNone: nothing; kindBuiltin: uint32 type;
//	          kindClass: string name; kindScript: string path
//
// What padding holds does not matter: Godot leaves that of a NodePath as it was.
//
// The argument form, which remote calls use, differs for two types and only at
// the top level: byte 0 is type | mode<<6 and there is no header.
//
//	bool      1 byte, 0x80 is the value
//	int       mode 0, 1, 2, 3: an int8, int16, int32, int64 follows
const (
	headerSize  = 4
	headerFlags = 0xffffff00

	flag64 = 1 << 16
	flagID = 1 << 16

	arrayKindShift = 16
	keyKindShift   = 16
	valueKindShift = 18
	kindMask       = 3

	countMask = 0x7fffffff // of a container
	countAll  = 0xffffffff // of a packed array or a string

	pathMark     = 1 << 31
	pathAbsolute = 1

	argTypeMask = 0x3f
	argTrue     = 0x80
	argMode8    = 0 << 6
	argMode16   = 1 << 6
	argMode32   = 2 << 6
	argMode64   = 3 << 6
)

// The kinds of a container type.
const (
	kindNone = iota
	kindBuiltin
	kindClass
	kindScript
)

type shape uint8

const (
	shapeOther  shape = iota
	shapeFixed        // size is that of the value
	shapePacked       // a count; size is that of an element
)

// layout says how the values of a type are laid out.
type layout struct {
	shape shape
	size  uint8
	size8 uint8  // the same with flag64, 0 if the type has no such form
	flags uint32 // those that the type may have
}

var layouts = [typeCount]layout{
	TypeNil:         {shapeFixed, 0, 0, 0},
	TypeBool:        {shapeFixed, 4, 0, 0},
	TypeInt:         {shapeFixed, 4, 8, flag64},
	TypeFloat:       {shapeFixed, 4, 8, flag64},
	TypeVector2:     {shapeFixed, 8, 16, flag64},
	TypeVector2i:    {shapeFixed, 8, 0, 0},
	TypeRect2:       {shapeFixed, 16, 32, flag64},
	TypeRect2i:      {shapeFixed, 16, 0, 0},
	TypeVector3:     {shapeFixed, 12, 24, flag64},
	TypeVector3i:    {shapeFixed, 12, 0, 0},
	TypeTransform2D: {shapeFixed, 24, 48, flag64},
	TypeVector4:     {shapeFixed, 16, 32, flag64},
	TypeVector4i:    {shapeFixed, 16, 0, 0},
	TypePlane:       {shapeFixed, 16, 32, flag64},
	TypeQuaternion:  {shapeFixed, 16, 32, flag64},
	TypeAABB:        {shapeFixed, 24, 48, flag64},
	TypeBasis:       {shapeFixed, 36, 72, flag64},
	TypeTransform3D: {shapeFixed, 48, 96, flag64},
	TypeProjection:  {shapeFixed, 64, 128, flag64},
	TypeColor:       {shapeFixed, 16, 0, 0},
	TypeRID:         {shapeFixed, 8, 0, 0},
	TypeObject:      {shapeFixed, 8, 0, flagID},
	TypeCallable:    {shapeFixed, 0, 0, 0},

	TypeDictionary: {flags: kindMask<<keyKindShift | kindMask<<valueKindShift},
	TypeArray:      {flags: kindMask << arrayKindShift},

	TypePackedByteArray:    {shapePacked, 1, 0, 0},
	TypePackedInt32Array:   {shapePacked, 4, 0, 0},
	TypePackedInt64Array:   {shapePacked, 8, 0, 0},
	TypePackedFloat32Array: {shapePacked, 4, 0, 0},
	TypePackedFloat64Array: {shapePacked, 8, 0, 0},
	TypePackedVector2Array: {shapePacked, 8, 16, flag64},
	TypePackedVector3Array: {shapePacked, 12, 24, flag64},
	TypePackedColorArray:   {shapePacked, 16, 0, 0},
	TypePackedVector4Array: {shapePacked, 16, 32, flag64},
}

// stride is the size of a fixed value, or of a packed element, under flags.
func (l *layout) stride(flags uint32) int {
	if l.size8 != 0 && flags&flag64 != 0 {
		return int(l.size8)
	}
	return int(l.size)
}

// padded rounds n up to a multiple of 4.
func padded(n int) int { return (n + 3) &^ 3 }
