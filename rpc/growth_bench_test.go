package rpc

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkGrowth takes a call in sessions that grow: it costs the same however many paths its sender has named, and
// however many peers there are that it is not for.
func BenchmarkGrowth(b *testing.B) {
	args := movePacket[4:]
	byPath := binary.LittleEndian.AppendUint32([]byte{0x20}, 1<<31|uint32(7+len(args)))
	byPath = append(append(append(byPath, 1, 3), args...), "Game\x00"...)
	for _, packet := range []struct {
		name string
		data []byte
	}{{"id", movePacket}, {"path", byPath}} {
		for _, names := range []int{1, 64, 4096} {
			b.Run(fmt.Sprintf("names=%d/%s", names, packet.name), func(b *testing.B) {
				m, _ := sinks(b, 1)
				for i := range names - 1 {
					path := fmt.Sprintf("Elsewhere/%d", i)
					told := binary.LittleEndian.AppendUint32(append([]byte{cmdSimplify}, strings.Repeat("0", md5Digits)+"\x00"...), uint32(i+2))
					receive(m, m.order[0], append(append(told, path...), 0))
				}
				benchReceive(b, m, packet.data)
			})
		}
	}
	for _, peers := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("peers=%d", peers), func(b *testing.B) {
			m, _ := sinks(b, peers)
			benchReceive(b, m, movePacket)
		})
	}
}

func benchReceive(b *testing.B, m *SceneMultiplayer, packet []byte) {
	before := m.Stats().CallsIn
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		receive(m, m.order[0], packet)
	}
	b.StopTimer()
	if n := m.Stats().CallsIn - before; n != uint64(b.N) {
		b.Fatalf("%d of %d calls ran", n, b.N)
	}
}
