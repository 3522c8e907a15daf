package rpc

import (
	"errors"

	"github.com/peerage-go/peerage/internal/args"
)

type pathTable struct{}

type godotWire struct{ m *SceneMultiplayer }

var errTodo = errors.New("rpc: Godot's wire is not there yet")

func newGodotWire(m *SceneMultiplayer) wire { return &godotWire{m} }

func (w *godotWire) joined(*remote) {}
func (w *godotWire) left(*remote)   {}
func (w *godotWire) decode(r, as *remote, packet []byte, m *message) (bool, error) {
	return false, errTodo
}
func (w *godotWire) begin(from *remote, m *message, to []*remote) (args.Encoder, error) {
	return nil, errTodo
}
func (w *godotWire) end(int) error { return errTodo }
func (w *godotWire) abort()        {}
func (w *godotWire) forward(r *remote, m *message, packet []byte, to []*remote) error {
	return errTodo
}
