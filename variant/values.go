package variant

import "strconv"

// StringName is an interned string of Godot's, such as the name of a method.
type StringName string

// RID is the handle of a low-level resource. It means something only in the
// process that made it.
type RID uint64

// ObjectID is an object that was sent as its instance id, as every object is.
// The id means something only in the process that made it.
type ObjectID uint64

// Callable stands for a Callable: nothing of it is ever sent.
type Callable struct{}

// Signal is the name of a signal and the object it belongs to.
type Signal struct {
	Name   StringName
	Object ObjectID
}

// ContainerType is the type of a typed array's elements, or of a typed
// dictionary's keys or values. The zero value is untyped: anything goes.
type ContainerType struct {
	// Type is the element type; TypeNil means untyped.
	Type Type
	// Script says that Name is the path of a script, not the name of a class.
	Script bool
	// Name is the class or the script that elements of TypeObject have. Godot
	// sends "EncodedObjectAsID" whatever the class, since it sends the ids alone.
	Name string
}

// Typed returns the container type of a builtin type, such as TypeInt.
func Typed(t Type) ContainerType { return ContainerType{Type: t} }

// String returns the type as GDScript spells it: "int", "Node", or "Variant" for
// untyped; a script is its quoted path.
func (t ContainerType) String() string {
	switch {
	case t.Script:
		return strconv.Quote(t.Name)
	case t.Name != "":
		return t.Name
	case t.Type == TypeNil:
		return "Variant"
	}
	return t.Type.String()
}

// admits reports whether an element of type e may stand in a container of t.
// A null object is sent as Nil.
func (t ContainerType) admits(e Type) bool {
	return t.Type == TypeNil || e == t.Type || t.Type == TypeObject && e == TypeNil
}

// Array is a typed array. An untyped one is a plain []any; an Array whose Type
// is zero encodes like it.
type Array struct {
	Type   ContainerType
	Values []any
}
