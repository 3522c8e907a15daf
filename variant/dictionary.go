package variant

import (
	"iter"
	"reflect"
)

// Entry is a key and its value.
type Entry struct{ Key, Value any }

// Dictionary is an ordered dictionary. The zero value is empty, untyped and
// ready to use. Look-ups go through the entries one by one: convert a large
// dictionary to a map before many of them.
type Dictionary struct {
	// KeyType and ValueType are set for the typed dictionaries of Godot 4.4 and
	// later; 4.3 cannot read those, so leave them zero for it.
	KeyType, ValueType ContainerType
	// Entries are the keys and values in order. A decoded dictionary has them as
	// they were sent, which may be with a key twice.
	Entries []Entry
}

// NewDictionary returns an untyped dictionary of alternating keys and values. It
// panics if there is a key without a value.
func NewDictionary(pairs ...any) Dictionary {
	if len(pairs)%2 != 0 {
		panic("variant: NewDictionary: a key has no value")
	}
	var d Dictionary
	if len(pairs) > 0 {
		d.Entries = make([]Entry, 0, len(pairs)/2)
	}
	for i := 0; i < len(pairs); i += 2 {
		d.Entries = append(d.Entries, Entry{pairs[i], pairs[i+1]})
	}
	return d
}

// Len returns the number of entries.
func (d Dictionary) Len() int { return len(d.Entries) }

// Get returns the value of key, and whether there is one. As in Godot, a string
// and a StringName are the same key, an int and a float are not, and the last of
// two entries with the same key counts. All Go integer types are int, float32
// and float64 are float.
func (d Dictionary) Get(key any) (value any, ok bool) {
	if i := d.find(key); i >= 0 {
		return d.Entries[i].Value, true
	}
	return nil, false
}

// Set gives key a value, in its place if it is there (as Get has it), else at
// the end.
func (d *Dictionary) Set(key, value any) {
	if i := d.find(key); i >= 0 {
		d.Entries[i].Value = value
		return
	}
	d.Append(key, value)
}

// Append adds an entry at the end without looking whether key is there already.
func (d *Dictionary) Append(key, value any) {
	d.Entries = append(d.Entries, Entry{key, value})
}

// All ranges over the keys and values in order.
func (d Dictionary) All() iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for _, e := range d.Entries {
			if !yield(e.Key, e.Value) {
				return
			}
		}
	}
}

func (d Dictionary) find(key any) int {
	key = canonical(key)
	for i := len(d.Entries) - 1; i >= 0; i-- {
		if sameKey(key, canonical(d.Entries[i].Key)) {
			return i
		}
	}
	return -1
}

// canonical folds the Go types that are one type of key in Godot.
func canonical(key any) any {
	switch k := key.(type) {
	case string, int64, float64:
		return key
	case StringName:
		return string(k)
	case float32:
		return float64(k)
	}
	if n, ok := integer(key); ok {
		return n
	}
	return key
}

func sameKey(a, b any) bool {
	if s, ok := a.(string); ok {
		t, ok := b.(string)
		return ok && s == t
	}
	if a == nil || b == nil {
		return a == b
	}
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	if reflect.TypeOf(a).Comparable() {
		return a == b
	}
	return reflect.DeepEqual(a, b)
}
