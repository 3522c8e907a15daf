package args

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/peerage-go/peerage/variant"
)

// peekExtension reads the header of the extension that comes next, without
// consuming it.
func (d *MessagePackDecoder) peekExtension() (ext int8, n int, err error) {
	start := d.in.off
	ext, n, err = d.dec.DecodeExtHeader()
	d.in.off = start
	return ext, n, short(err)
}

// extension reads the extension that comes next, without counting it yet.
func (d *MessagePackDecoder) extension() (ext int8, data []byte, err error) {
	ext, n, err := d.dec.DecodeExtHeader()
	data, err = d.take(n, err)
	return ext, data, err
}

func extensionName(ext int8) string {
	if ext < extFirst || ext > extLast {
		return "extension " + strconv.Itoa(int(ext))
	}
	return variant.Type(ext).String()
}

func (d *MessagePackDecoder) Time() (time.Time, error) {
	if k, err := d.Kind(); err != nil || k != KindTime {
		return time.Time{}, d.refuse("time")
	}
	_, n, err := d.peekExtension()
	if err != nil {
		return time.Time{}, err
	}
	if n != 4 && n != 8 && n != 12 {
		return time.Time{}, fmt.Errorf("%w: a timestamp of %d bytes", ErrMalformed, n)
	}
	v, err := d.dec.DecodeTime()
	if err != nil {
		return time.Time{}, short(err)
	}
	d.nest.value()
	return v.UTC(), nil
}

func (d *MessagePackDecoder) Native() (any, error) {
	start := d.in.off
	if k, err := d.Kind(); err != nil || k != KindNative {
		return nil, d.refuse("native")
	}
	ext, data, err := d.extension()
	if err != nil {
		return nil, err
	}
	v, err := d.native(ext, data)
	if err != nil {
		if _, ok := err.(*MismatchError); ok {
			d.in.off = start
		}
		return nil, err
	}
	d.nest.value()
	return v, nil
}

func (d *MessagePackDecoder) native(ext int8, data []byte) (any, error) {
	switch {
	case ext < extFirst || ext > extLast || ext == extBytes: // those are a bin
		return nil, mismatch("native", extensionName(ext))
	case ext == extStringName:
		if !utf8.Valid(data) {
			return nil, fmt.Errorf("%w: a StringName is not UTF-8", ErrMalformed)
		}
		return variant.StringName(data), nil
	case ext == extNodePath:
		p, err := variant.ParseNodePath(string(data))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return p, nil
	}
	if err := d.openGeneral(ext, data); err != nil {
		return nil, err
	}
	v, err := d.general.Value(false)
	if err != nil {
		return nil, variantError(err)
	}
	if list, ok := v.([]any); ok {
		v = variant.Array{Values: list} // the one that has no need to be an extension
	}
	return v, d.closeGeneral(ext)
}

// openGeneral makes d.general read the data of an extension.
func (d *MessagePackDecoder) openGeneral(ext int8, data []byte) error {
	if ext < extGeneral {
		if len(data) > maxMath {
			return fmt.Errorf("%w: %s of %d bytes", ErrMalformed, extensionName(ext), len(data))
		}
		d.scratch = [len(d.scratch)]byte{byte(ext)}
		data = d.scratch[:generalHeader+copy(d.scratch[generalHeader:], data)]
	}
	// What is inside stands in the containers around the extension too.
	room := d.nest.most - d.nest.depth
	if room == 0 { // which would be variant's default
		if ext == extArray || ext == extDictionary {
			return ErrDepth
		}
		room = 1
	}
	d.general.Reset(data, variant.Limits{Depth: room, Size: len(data) + 1})
	t, err := d.general.Type(false)
	if err != nil {
		return variantError(err)
	}
	if int8(t) != ext {
		return fmt.Errorf("%w: extension %d holds a %v", ErrMalformed, ext, t)
	}
	return nil
}

// closeGeneral fails if there is more in an extension than one value.
func (d *MessagePackDecoder) closeGeneral(ext int8) error {
	if n := d.general.Len(); n > 0 {
		return fmt.Errorf("%w: %s with %d bytes too many", ErrMalformed, extensionName(ext), n)
	}
	return nil
}

// vector2 reads a Vector2 without boxing it.
func (d *MessagePackDecoder) vector2() (v variant.Vector2, err error) {
	if err = d.openVector(variant.TypeVector2); err == nil {
		v, err = d.general.Vector2(false)
	}
	return v, d.closeVector(variant.TypeVector2, err)
}

// vector3 reads a Vector3 without boxing it.
func (d *MessagePackDecoder) vector3() (v variant.Vector3, err error) {
	if err = d.openVector(variant.TypeVector3); err == nil {
		v, err = d.general.Vector3(false)
	}
	return v, d.closeVector(variant.TypeVector3, err)
}

func (d *MessagePackDecoder) openVector(t variant.Type) error {
	if !d.is(KindNative) {
		return d.refuse(t.String())
	}
	if ext, _, err := d.peekExtension(); err != nil || ext != int8(t) {
		return d.refuse(t.String())
	}
	ext, data, err := d.extension()
	if err != nil {
		return err
	}
	return d.openGeneral(ext, data)
}

func (d *MessagePackDecoder) closeVector(t variant.Type, err error) error {
	if err != nil {
		return variantError(err)
	}
	if err := d.closeGeneral(int8(t)); err != nil {
		return err
	}
	d.nest.value()
	return nil
}
