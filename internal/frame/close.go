package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// Close codes of RFC 6455, section 7.4, and its registry.
const (
	CodeNormal        = 1000
	CodeProtocolError = 1002
	CodeNoStatus      = 1005 // received: a close frame that says nothing
	CodeInvalidData   = 1007
	CodePolicy        = 1008
	CodeTooLarge      = 1009
	CodeInternalError = 1011
)

const maxReason = MaxControl - 2

// ValidCode reports whether a close frame may carry the code.
func ValidCode(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}

// ClosePayload is the payload of a close frame, the reason cut to what fits,
// never through the middle of a rune. CodeNoStatus makes it empty.
func ClosePayload(code int, reason string) []byte {
	if code == CodeNoStatus {
		return nil
	}
	if n := maxReason; len(reason) > n {
		for n > 0 && !utf8.RuneStart(reason[n]) {
			n--
		}
		reason = reason[:n]
	}
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reason)), uint16(code)), reason...)
}

// ParseClose is the code and the reason in the payload of a close frame.
func ParseClose(payload []byte) (code int, reason string, fault *Fault) {
	switch len(payload) {
	case 0:
		return CodeNoStatus, "", nil
	case 1:
		return 0, "", &Fault{CodeProtocolError, errCode}
	}
	code = int(binary.BigEndian.Uint16(payload))
	switch {
	case !utf8.Valid(payload[2:]):
		return 0, "", &Fault{CodeInvalidData, errReason}
	case !ValidCode(code):
		return 0, "", &Fault{CodeProtocolError, errCode}
	}
	return code, string(payload[2:]), nil
}
