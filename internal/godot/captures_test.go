package godot_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/peerage-go/peerage/internal/godot"
	"github.com/peerage-go/peerage/variant"
)

// TestEngineSendsWhatWasCaptured takes the captures anew that the tests of rpc and variant replay. Between different
// peers the order of a step's lines is free.
func TestEngineSendsWhatWasCaptured(t *testing.T) {
	folder := map[string]string{"variants": "../../variant/testdata"}
	path := func(name string) string {
		dir, ok := folder[name]
		if !ok {
			dir = "../../rpc/testdata/godot"
		}
		abs, err := filepath.Abs(filepath.Join(dir, name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return abs
	}
	e := godot.Start(t, "capture", "capture", godot.Arg("md5", path("md5")), godot.Arg("variants", path("variants")))
	fresh := map[string][]map[string]any{}
	for _, said := range e.Done() {
		line := jsonLine(t, said)
		name := line["file"].(string)
		delete(line, "file")
		fresh[name] = append(fresh[name], line)
	}
	e.Forgive("Method expected 1 argument(s), but called with 0", "RPC 'tell' is not allowed") // two steps are about that

	for _, name := range []string{"rpc", "sys", "norelay", "auth", "md5", "variants"} {
		data, err := os.ReadFile(path(name))
		if err != nil {
			t.Fatal(err)
		}
		var want []map[string]any
		for row := range bytes.Lines(data) {
			want = append(want, jsonLine(t, string(row)))
		}
		got := fresh[name]
		switch name {
		case "md5":
			for i, line := range want {
				if i >= len(got) || !reflect.DeepEqual(got[i], line) {
					t.Fatalf("md5: got\n%v, want\n%v", got, want)
				}
			}
		case "variants":
			sameValues(t, got, want)
		default:
			sameSteps(t, name, got, want)
		}
	}
}

func jsonLine(t *testing.T, text string) (line map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return line
}

// sameSteps compares step by step what each peer sent to each other, and what happened at each.
func sameSteps(t *testing.T, name string, got, want []map[string]any) {
	t.Helper()
	sorted := func(lines []map[string]any) (steps []any, of map[string][]string) {
		of = map[string][]string{}
		for _, l := range lines {
			if len(steps) == 0 || steps[len(steps)-1] != l["step"] {
				steps = append(steps, l["step"])
			}
			key := fmt.Sprintf("%s, from %v to %v, at %v", l["step"], l["from"], l["to"], l["at"])
			of[key] = append(of[key], fmt.Sprint(l)) // which sorts the keys
		}
		return steps, of
	}
	gotSteps, gotOf := sorted(got)
	wantSteps, wantOf := sorted(want)
	if !slices.Equal(gotSteps, wantSteps) {
		t.Errorf("%s: the steps are\n%q, want\n%q", name, gotSteps, wantSteps)
	}
	for key := range gotOf {
		if wantOf[key] == nil {
			t.Errorf("%s: %s: got\n%q, want nothing", name, key, gotOf[key])
		}
	}
	for key, lines := range wantOf {
		if !slices.Equal(gotOf[key], lines) {
			t.Errorf("%s: %s: got\n%q, want\n%q", name, key, gotOf[key], lines)
		}
	}
}

// sameValues compares the bytes of each value in both forms. Not those of an object, which are its id.
func sameValues(t *testing.T, got, want []map[string]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("variants: got %d, want %d", len(got), len(want))
	}
	for i, w := range want {
		what := fmt.Sprintf("%v %v", w["type"], w["value"])
		if got[i]["typeid"] != w["typeid"] {
			t.Errorf("%s: the type is %v, want %v", what, got[i]["typeid"], w["typeid"])
		}
		if w["type"] == "Object" {
			continue
		}
		for _, form := range []string{"marshal", "rpc_arg"} {
			g, w := got[i][form].(string), w[form].(string)
			if padded(t, g) != padded(t, w) {
				t.Errorf("%s: %s is\n%s, want\n%s", what, form, g, w)
			}
		}
	}
}

// padded gives a value with zeros as the padding of a NodePath, in which Godot 4.3 sends what is in its memory.
func padded(t *testing.T, digits string) string {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	if b[0] != byte(variant.TypeNodePath) {
		return digits
	}
	v, n, err := variant.Decode(b)
	if err != nil || n != len(b) {
		t.Fatalf("%s: %v", digits, err)
	}
	if b, err = variant.Append(nil, v); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b)
}
