package variant

import (
	"bytes"
	"fmt"
	"strings"
)

// NodePath is a path to a node and, after colons, to a property of it or of its
// resources: "Main/Player:position:x", "/root/Main", "..". Like Godot it takes a
// doubled or trailing slash for one, so convert with ParseNodePath before you
// compare paths that were typed.
type NodePath string

// ParseNodePath returns s as a NodePath in Godot's own spelling. It fails with
// ErrUnsupported if a property name is empty ("a::b") and with ErrString if s is
// not a string that Godot can hold.
func ParseNodePath(s string) (NodePath, error) {
	p := NodePath(s)
	if _, _, err := p.check(); err != nil {
		return "", err
	}
	path := strings.Join(p.Names(), "/")
	if p.IsAbsolute() {
		path = "/" + path
	}
	for _, name := range p.Subnames() {
		path += ":" + name
	}
	return NodePath(path), nil
}

// String returns the path as Godot writes it.
func (p NodePath) String() string { return string(p) }

// IsAbsolute reports whether the path begins at the root of the scene tree.
func (p NodePath) IsAbsolute() bool { return strings.HasPrefix(string(p), "/") }

// Names returns the names of the nodes along the path.
func (p NodePath) Names() []string {
	nodes, _, _ := strings.Cut(string(p), ":")
	var names []string
	for name := range strings.SplitSeq(nodes, "/") {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Subnames returns the property names behind the colons.
func (p NodePath) Subnames() []string {
	_, props, _ := strings.Cut(string(p), ":")
	var names []string
	for name := range strings.SplitSeq(props, ":") {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// check counts the names and subnames of a path that Godot can hold.
func (p NodePath) check() (names, subnames int, err error) {
	if err := checkString(string(p)); err != nil {
		return 0, 0, err
	}
	nodes, props, _ := strings.Cut(string(p), ":")
	for name := range strings.SplitSeq(nodes, "/") {
		if name != "" {
			names++
		}
	}
	if props == "" {
		return names, 0, nil
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(props, ":"), ":") {
		if name == "" {
			return 0, 0, fmt.Errorf("%w: NodePath %.40q has an empty property", ErrUnsupported, p)
		}
		subnames++
	}
	return names, subnames, nil
}

func appendNodePath(dst []byte, p NodePath) ([]byte, error) {
	names, subnames, err := p.check()
	if err != nil {
		return dst, err
	}
	var flags uint32
	if p.IsAbsolute() {
		flags = pathAbsolute
	}
	dst = appendHeader(dst, TypeNodePath, 0)
	dst = le.AppendUint32(dst, uint32(names)|pathMark)
	dst = le.AppendUint32(dst, uint32(subnames))
	dst = le.AppendUint32(dst, flags)
	nodes, props, _ := strings.Cut(string(p), ":")
	for name := range strings.SplitSeq(nodes, "/") {
		if name != "" {
			dst = appendText(dst, name)
		}
	}
	for name := range strings.SplitSeq(props, ":") {
		if name != "" {
			dst = appendText(dst, name)
		}
	}
	return dst, nil
}

// nodePathSpan checks the fields of a NodePath at off, behind the header, and
// returns where it ends and how long its text is.
func (r *reader) nodePathSpan(off int) (next, size int, err error) {
	if len(r.b)-off < 12 {
		return 0, 0, r.short(off)
	}
	names, subnames, flags := le.Uint32(r.b[off:]), le.Uint32(r.b[off+4:]), le.Uint32(r.b[off+8:])
	if names&pathMark == 0 || flags&^pathAbsolute != 0 {
		return 0, 0, at(ErrFormat, off)
	}
	names &^= pathMark
	next = off + 12
	// Each name takes 8 bytes or more.
	if uint64(names)+uint64(subnames) > uint64(max(len(r.b)-next-r.reserved, 0))/8 {
		return 0, 0, r.over(off)
	}
	size = int(flags)
	for i := range names + subnames {
		start := next
		var s []byte
		if s, next, err = r.text(next); err != nil {
			return 0, 0, err
		}
		if !nameFits(s, i < names) {
			return 0, 0, at(ErrFormat, start)
		}
		size += 1 + len(s)
	}
	if names > 0 {
		size-- // no slash before the first
	}
	return next, size, nil
}

// nodePath reads a NodePath at off, behind the header.
func (r *reader) nodePath(off int) (NodePath, int, error) {
	next, size, err := r.nodePathSpan(off)
	if err != nil {
		return "", 0, err
	}
	names := le.Uint32(r.b[off:]) &^ pathMark
	total := names + le.Uint32(r.b[off+4:])
	path := make([]byte, 0, size)
	if le.Uint32(r.b[off+8:])&pathAbsolute != 0 {
		path = append(path, '/')
	}
	p := off + 12
	for i := range total {
		n := int(le.Uint32(r.b[p:]))
		if i >= names {
			path = append(path, ':')
		} else if i > 0 {
			path = append(path, '/')
		}
		path = append(path, r.b[p+4:p+4+n]...)
		p += 4 + padded(n)
	}
	return NodePath(path), next, nil
}

// nameFits reports whether a NodePath's text can have s as a name.
func nameFits(s []byte, node bool) bool {
	return len(s) > 0 && bytes.IndexByte(s, ':') < 0 && (!node || bytes.IndexByte(s, '/') < 0)
}
