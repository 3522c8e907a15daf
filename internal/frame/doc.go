// Package frame writes and reads WebSocket frames (RFC 6455, section 5). It
// knows bytes, not connections.
//
// A frame is
//
//	byte 0      FIN, RSV1-3, opcode (4 bits)
//	byte 1      MASK, length (7 bits)
//	2 or 8      the length, if the 7 bits say 126 or 127
//	4           the masking key, from clients only
//	...         payload
//
// The functions beginning with Append write frames; a [Parser] takes a stream
// apart. Its faults are what is wrong with what the other side sent, and are
// found as soon as the header of a frame is there, whatever its payload.
package frame
