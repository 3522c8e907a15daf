package args

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/peerage-go/peerage/variant"
)

// MessagePackDecoder reads values that are MessagePack. It can be used again after
// Reset and then allocates nothing by itself. It must not be copied after its
// first use.
//
// The library reads the tokens; lengths and nesting are checked here before
// anything is allocated, and strings and bytes are taken from the input itself.
type MessagePackDecoder struct {
	// MaxDepth is how many arrays and maps a value may stand in, if it is less
	// than the constant of that name; 0 is that.
	MaxDepth int

	in      input
	dec     *msgpack.Decoder
	nest    nesting
	general variant.Decoder // for extensions whose data is a Variant
	scratch [generalHeader + maxMath]byte
}

// input is the slice that the library reads from.
type input struct {
	buf []byte
	off int
}

func (r *input) Read(p []byte) (int, error) {
	if r.off == len(r.buf) && len(p) > 0 {
		return 0, io.EOF
	}
	n := copy(p, r.buf[r.off:])
	r.off += n
	return n, nil
}

func (r *input) ReadByte() (byte, error) {
	if r.off == len(r.buf) {
		return 0, io.EOF
	}
	r.off++
	return r.buf[r.off-1], nil
}

func (r *input) UnreadByte() error {
	r.off--
	return nil
}

// Reset makes the decoder read buf, which must not change until the decoder is
// done with it.
func (d *MessagePackDecoder) Reset(buf []byte) {
	d.in = input{buf: buf}
	d.nest.depth, d.nest.pending = 0, 0
	d.nest.most = depthLimit(d.MaxDepth)
	if d.dec == nil {
		d.dec = msgpack.NewDecoder(&d.in)
	}
}

func (d *MessagePackDecoder) Len() int { return len(d.in.buf) - d.in.off }

func (d *MessagePackDecoder) Kind() (Kind, error) {
	if d.in.off == len(d.in.buf) {
		return 0, ErrShort
	}
	k := codeKinds[d.in.buf[d.in.off]]
	switch k {
	case kindInvalid:
		return 0, fmt.Errorf("%w: byte %#x", ErrMalformed, d.in.buf[d.in.off])
	case KindNative:
		ext, _, err := d.peekExtension()
		if err != nil {
			return 0, err
		}
		if ext == extTime {
			return KindTime, nil
		}
	}
	return k, nil
}

// is reports whether the next value is of kind k. All extensions are KindNative.
func (d *MessagePackDecoder) is(k Kind) bool {
	return d.in.off < len(d.in.buf) && codeKinds[d.in.buf[d.in.off]] == k
}

// refuse says what came instead of what was wanted.
func (d *MessagePackDecoder) refuse(want string) error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	if k == KindNative {
		if ext, _, err := d.peekExtension(); err == nil {
			return mismatch(want, extensionName(ext))
		}
	}
	return mismatch(want, k.String())
}

func (d *MessagePackDecoder) Nil() error {
	if !d.is(KindNil) {
		return d.refuse("nil")
	}
	d.in.off++
	d.nest.value()
	return nil
}

func (d *MessagePackDecoder) Bool() (bool, error) {
	if !d.is(KindBool) {
		return false, d.refuse("bool")
	}
	v, err := d.dec.DecodeBool()
	d.nest.value()
	return v, err
}

func (d *MessagePackDecoder) String() (string, error) {
	b, err := d.StringBytes()
	return string(b), err
}

func (d *MessagePackDecoder) StringBytes() ([]byte, error) {
	if !d.is(KindString) {
		return d.name()
	}
	return d.text(d.dec.DecodeBytesLen())
}

// name reads a StringName as text.
func (d *MessagePackDecoder) name() ([]byte, error) {
	if d.is(KindNative) {
		if ext, _, err := d.peekExtension(); err == nil && ext == extStringName {
			_, n, err := d.dec.DecodeExtHeader()
			return d.text(n, err)
		}
	}
	return nil, d.refuse("string")
}

func (d *MessagePackDecoder) text(n int, err error) ([]byte, error) {
	b, err := d.take(n, err)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%w: a string is not UTF-8", ErrMalformed)
	}
	d.nest.value()
	return b, nil
}

func (d *MessagePackDecoder) Bytes() ([]byte, error) {
	if !d.is(KindBytes) {
		return nil, d.refuse("bytes")
	}
	b, err := d.take(d.dec.DecodeBytesLen())
	if err == nil {
		d.nest.value()
	}
	return b, err
}

// take takes n bytes of the input, whose length was read with err.
func (d *MessagePackDecoder) take(n int, err error) ([]byte, error) {
	if err != nil {
		return nil, short(err)
	}
	if n < 0 || n > d.Len() { // less where an int has 32 bits
		return nil, ErrShort
	}
	end := d.in.off + n
	b := d.in.buf[d.in.off:end:end]
	d.in.off = end
	return b, nil
}

func (d *MessagePackDecoder) Array() (int, error) {
	if !d.is(KindArray) {
		return 0, d.refuse("array")
	}
	n, err := d.dec.DecodeArrayLen()
	if err != nil {
		return 0, short(err)
	}
	return n, d.nest.begin(n, d.Len())
}

func (d *MessagePackDecoder) Map() (int, error) {
	if !d.is(KindMap) {
		return 0, d.refuse("map")
	}
	n, err := d.dec.DecodeMapLen()
	if err != nil {
		return 0, short(err)
	}
	if n < 0 || n > d.Len() { // for 2*n not to overflow
		return 0, fmt.Errorf("%w: a map of %d entries", ErrMalformed, n)
	}
	return n, d.nest.begin(2*n, d.Len())
}

// Skip passes over the next value. It checks what reading it would, but does not
// look into extensions.
func (d *MessagePackDecoder) Skip() error {
	for depth := d.nest.depth; ; {
		if err := d.skipOne(); err != nil {
			return err
		}
		if d.nest.depth <= depth {
			return nil
		}
	}
}

// skipOne passes over a value, or begins a container.
func (d *MessagePackDecoder) skipOne() error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	switch k {
	case KindArray:
		_, err = d.Array()
	case KindMap:
		_, err = d.Map()
	case KindNil:
		err = d.Nil()
	case KindBool:
		_, err = d.Bool()
	case KindInt:
		_, err = d.dec.DecodeInt64()
		d.nest.value()
	case KindFloat:
		_, err = d.Float()
	case KindString:
		_, err = d.StringBytes()
	case KindBytes:
		_, err = d.Bytes()
	case KindTime:
		_, err = d.Time()
	default:
		_, _, err = d.extension()
		d.nest.value()
	}
	return short(err)
}

// short names the library's error for an input that ends too early.
func short(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrShort
	}
	return err
}
