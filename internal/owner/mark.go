//go:build !race

package owner

type mark struct{}

func (*mark) set() {}
