package main

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// ring is an io_uring (io_uring(7)), by which many sockets are read or written in one call. Nothing is left under way
// between two calls of do: every operation says that it must not wait.
type ring struct {
	fd             int
	broken         bool // it works no more: each operation is a call of its own
	queues, memory []byte

	tail, head         *uint32 // of what is to be done
	mask               uint32
	order              []uint32
	entries            []ringEntry
	doneTail, doneHead *uint32
	doneMask           uint32
	done               []ringDone
}

// op is a read or a write of a socket, and what came of it.
type op struct {
	fd    int
	b     []byte
	write bool
	n     int
	err   error
}

// ringSize is how many operations one call does.
const ringSize = 128

// The numbers below are those of linux/io_uring.h.
const (
	sysRingSetup = 425
	sysRingEnter = 426

	ringQueues  = 0          // IORING_OFF_SQ_RING
	ringEntries = 0x10000000 // IORING_OFF_SQES
	ringWait    = 1          // IORING_ENTER_GETEVENTS

	ringSend    = 26 // IORING_OP_SEND
	ringReceive = 27 // IORING_OP_RECV

	ringFeatures = 1<<0 | 1<<12 // both queues in one mapping; Linux 5.19
)

// ringParams is struct io_uring_params.
type ringParams struct {
	entries, doneEntries, flags, threadCPU, threadIdle, features, workFD uint32
	_                                                                    [3]uint32
	at                                                                   struct {
		head, tail, mask, entries, flags, dropped, order, _ uint32
		_                                                   uint64
	}
	doneAt struct {
		head, tail, mask, entries, overflow, done, flags, _ uint32
		_                                                   uint64
	}
}

// ringEntry is struct io_uring_sqe.
type ringEntry struct {
	op, flags    uint8
	priority     uint16
	fd           int32
	offset, addr uint64
	len          uint32
	messageFlags uint32
	tag          uint64
	_            [3]uint64
}

// ringDone is struct io_uring_cqe.
type ringDone struct {
	tag    uint64
	result int32
	flags  uint32
}

func newRing() (*ring, error) {
	var p ringParams
	fd, _, e := syscall.Syscall(sysRingSetup, ringSize, uintptr(unsafe.Pointer(&p)), 0)
	if e != 0 {
		return nil, os.NewSyscallError("io_uring_setup", e)
	}
	r := &ring{fd: int(fd)}
	if err := r.mapQueues(&p); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) mapQueues(p *ringParams) (err error) {
	if p.features&ringFeatures != ringFeatures {
		return errors.ErrUnsupported
	}
	size := max(p.at.order+p.entries*4, p.doneAt.done+p.doneEntries*uint32(unsafe.Sizeof(ringDone{})))
	if r.queues, err = r.mapped(ringQueues, int(size)); err != nil {
		return err
	}
	if r.memory, err = r.mapped(ringEntries, int(p.entries)*int(unsafe.Sizeof(ringEntry{}))); err != nil {
		return err
	}
	number := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.queues[at])) }
	r.head, r.tail, r.mask = number(p.at.head), number(p.at.tail), *number(p.at.mask)
	r.order = unsafe.Slice(number(p.at.order), p.entries)
	r.entries = unsafe.Slice((*ringEntry)(unsafe.Pointer(&r.memory[0])), p.entries)
	r.doneHead, r.doneTail, r.doneMask = number(p.doneAt.head), number(p.doneAt.tail), *number(p.doneAt.mask)
	r.done = unsafe.Slice((*ringDone)(unsafe.Pointer(&r.queues[p.doneAt.done])), p.doneEntries)
	return nil
}

func (r *ring) mapped(offset int64, size int) ([]byte, error) {
	b, err := syscall.Mmap(r.fd, offset, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_POPULATE)
	return b, os.NewSyscallError("mmap", err)
}

func (r *ring) close() {
	for _, b := range [][]byte{r.queues, r.memory} {
		if b != nil {
			syscall.Munmap(b)
		}
	}
	syscall.Close(r.fd)
}

// errUntried is of an operation that the ring has not come to.
var errUntried = errors.New("not tried")

// do does operations, of which there are no more than ringSize: in one call, and one by one what the ring does not take.
func (r *ring) do(ops []op) {
	for i := range ops {
		ops[i].err = errUntried
	}
	if !r.broken && len(ops) > 1 {
		r.together(ops)
	}
	for i := range ops {
		if o := &ops[i]; o.err == errUntried {
			o.n, o.err = o.alone()
		}
	}
}

func (r *ring) together(ops []op) {
	tail := *r.tail
	for i := range ops {
		o := &ops[i]
		e := ringEntry{
			op: ringReceive, fd: int32(o.fd), addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(o.b)))), len: uint32(len(o.b)),
			messageFlags: syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL, tag: uint64(i),
		}
		if o.write {
			e.op = ringSend
		}
		at := tail & r.mask
		r.entries[at], r.order[at] = e, at
		tail++
	}
	atomic.StoreUint32(r.tail, tail)
	asked := len(ops)
	for done := 0; done < asked; {
		left := int(tail - atomic.LoadUint32(r.head)) // what it has not taken yet
		_, _, e := syscall.Syscall6(sysRingEnter, uintptr(r.fd), uintptr(left), uintptr(asked-done), ringWait, 0, 0)
		done += r.reap(ops)
		if e == 0 || e == syscall.EINTR {
			continue
		}
		r.broken = e != syscall.EAGAIN && e != syscall.EBUSY && e != syscall.ENOMEM
		// What it has not taken it shall not take.
		left = int(tail - atomic.LoadUint32(r.head))
		tail -= uint32(left)
		atomic.StoreUint32(r.tail, tail)
		asked -= left
	}
}

// reap takes in what is done, and tells how much that is.
func (r *ring) reap(ops []op) (n int) {
	head, tail := *r.doneHead, atomic.LoadUint32(r.doneTail)
	for ; head != tail; head++ {
		d := &r.done[head&r.doneMask]
		o := &ops[d.tag]
		if o.err = nil; d.result < 0 {
			o.err = syscall.Errno(-d.result)
		} else {
			o.n = int(d.result)
		}
		n++
	}
	atomic.StoreUint32(r.doneHead, head)
	return n
}

// alone does an operation by a call of its own.
func (o *op) alone() (n int, err error) {
	if o.write {
		n, err = syscall.Write(o.fd, o.b)
	} else {
		n, err = syscall.Read(o.fd, o.b)
	}
	return max(n, 0), err
}
