package rpc_test

import (
	"testing"

	"github.com/peerage-go/peerage/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
