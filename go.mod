module github.com/peerage-go/peerage

go 1.26

require (
	github.com/google/uuid v1.6.0
	github.com/lxzan/gws v1.9.1
	github.com/vmihailenco/msgpack/v5 v5.4.1
	golang.org/x/term v0.45.0
)

require (
	github.com/klauspost/compress v1.17.9 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
