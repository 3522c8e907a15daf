package args

import (
	"math"
	"strconv"
)

// floatToInt returns a float without a fraction as an int64, if it fits.
func floatToInt(v float64) (int64, bool) {
	if v != math.Trunc(v) || v < -1<<63 || v >= 1<<63 {
		return 0, false
	}
	return int64(v), true
}

// floatToUint returns a float without a fraction as a uint64, if it fits.
func floatToUint(v float64) (uint64, bool) {
	if v != math.Trunc(v) || v < 0 || v >= 1<<64 {
		return 0, false
	}
	return uint64(v), true
}

// intToFloat returns an int as a float64, if nothing is lost.
func intToFloat(n int64) (float64, bool) {
	v := float64(n)
	back, ok := floatToInt(v)
	return v, ok && back == n
}

// uintToFloat returns an int as a float64, if nothing is lost.
func uintToFloat(n uint64) (float64, bool) {
	v := float64(n)
	back, ok := floatToUint(v)
	return v, ok && back == n
}

// toFloat32 rounds a float that does not become an infinity by that.
func toFloat32(v float64) (float32, bool) {
	f := float32(v)
	return f, !math.IsInf(float64(f), 0) || math.IsInf(v, 0)
}

// What came, in the text of a mismatch.

func intText(n int64) string     { return "int " + strconv.FormatInt(n, 10) }
func uintText(n uint64) string   { return "int " + strconv.FormatUint(n, 10) }
func floatText(v float64) string { return "float " + strconv.FormatFloat(v, 'g', -1, 64) }
func wholeText(v float64) string { return "int " + strconv.FormatFloat(v, 'f', 0, 64) }
func lengthText(k Kind, n int) string {
	return k.String() + " of " + strconv.Itoa(n)
}
