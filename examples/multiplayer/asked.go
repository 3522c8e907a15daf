package main

// asked remembers that an action was asked for and nothing came of it yet, so that nobody asks twice in one turn, which
// would be a cheat.
type asked struct {
	waiting bool
	someone bool // left, and the turn is about to be told again
}

// removed is for when somebody leaves.
func (a *asked) removed() { a.someone = true }

// turned is for when the turn is told.
func (a *asked) turned(mine bool) {
	again := a.someone
	a.someone = false
	if again && mine {
		return // told because somebody left: what was asked for is still to come
	}
	a.waiting = false
}
