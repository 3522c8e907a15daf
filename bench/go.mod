module github.com/peerage-go/peerage/bench

go 1.26

require (
	github.com/lxzan/gws v1.9.1
	github.com/peerage-go/peerage v0.0.0
	github.com/vmihailenco/msgpack/v5 v5.4.1
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/klauspost/compress v1.17.9 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
)

replace github.com/peerage-go/peerage => ../
