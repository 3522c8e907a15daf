//go:build linux && !android && (amd64 || arm64)

package uring

import (
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// A Ring is two queues in memory that is shared with the system, of what it is
// to do and of what it has done. One goroutine at a time uses it.
//
// Nothing is left under way between two calls of Do: every entry says that it
// must not wait, so that the system does it, or says that it cannot, before
// the call is over.
type Ring struct {
	fd             int
	enter          func(fd, submit, wait int, raw bool) syscall.Errno // io_uring_enter
	broken         bool                                               // it works no more: each Op is a call of its own
	queues, memory []byte                                             // what is mapped

	tail, head         *uint32 // of what is to be done
	mask               uint32
	order              []uint32
	entries            []ringEntry
	doneTail, doneHead *uint32
	doneMask           uint32
	done               []ringDone
}

// The numbers below are those of linux/io_uring.h.
const (
	sysRingSetup = 425
	sysRingEnter = 426

	offQueues   = 0          // IORING_OFF_SQ_RING
	ringEntries = 0x10000000 // IORING_OFF_SQES
	ringWait    = 1          // IORING_ENTER_GETEVENTS

	ringSend    = 26 // IORING_OP_SEND
	ringReceive = 27 // IORING_OP_RECV

	// What the system has to have: both queues in one mapping, and
	// IORING_FEAT_LINKED_FILE, which stands for Linux 5.19.
	ringFeatures = 1<<0 | 1<<12
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

// New makes a ring for so many Ops at once. Where there is no io_uring, or it is
// not allowed, it fails.
func New(size int) (*Ring, error) {
	var p ringParams
	fd, _, e := syscall.Syscall(sysRingSetup, uintptr(size), uintptr(unsafe.Pointer(&p)), 0)
	if e != 0 {
		return nil, os.NewSyscallError("io_uring_setup", e)
	}
	r := &Ring{fd: int(fd), enter: ringEnter}
	if err := r.mapQueues(&p); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Ring) mapQueues(p *ringParams) (err error) {
	if p.features&ringFeatures != ringFeatures {
		return errors.ErrUnsupported
	}
	size := max(p.at.order+p.entries*4, p.doneAt.done+p.doneEntries*uint32(unsafe.Sizeof(ringDone{})))
	if r.queues, err = r.mapped(offQueues, int(size)); err != nil {
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

func (r *Ring) mapped(offset int64, size int) ([]byte, error) {
	b, err := syscall.Mmap(r.fd, offset, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_POPULATE)
	return b, os.NewSyscallError("mmap", err)
}

// Close gives the queues back.
func (r *Ring) Close() {
	for _, b := range [][]byte{r.queues, r.memory} {
		if b != nil {
			syscall.Munmap(b)
		}
	}
	syscall.Close(r.fd)
}

// ringEnter is io_uring_enter, which waits for so many to be done.
func ringEnter(fd, submit, wait int, raw bool) (e syscall.Errno) {
	if raw {
		_, _, e = syscall.RawSyscall6(sysRingEnter, uintptr(fd), uintptr(submit), uintptr(wait), ringWait, 0, 0)
	} else {
		_, _, e = syscall.Syscall6(sysRingEnter, uintptr(fd), uintptr(submit), uintptr(wait), ringWait, 0, 0)
	}
	return e
}

// A call with no more Ops and bytes than these is over so soon that the
// scheduler need not be told of it.
const (
	quickOps   = 16
	quickBytes = 16 << 10
)

// errUntried is of an Op that the ring has not come to.
var errUntried = errors.New("not tried")

// Do does the Ops, of which there are no more than fit: by the ring, and one by
// one what the ring does not take. It tells whether the ring works: once it is
// forbidden, it is not asked again.
func (r *Ring) Do(ops []Op) bool {
	asked := 0
	for i := range ops {
		if o := &ops[i]; o.FD >= 0 {
			o.Err = errUntried
			asked++
		}
	}
	if !r.broken {
		r.together(ops, asked)
	}
	for i := range ops {
		if o := &ops[i]; o.Err == errUntried {
			o.N, o.Err = o.alone()
		}
	}
	runtime.KeepAlive(ops)
	return !r.broken
}

func (r *Ring) together(ops []Op, asked int) {
	tail, size := *r.tail, 0
	for i := range ops {
		o := &ops[i]
		if o.FD < 0 {
			continue
		}
		size += len(o.B)
		op := uint8(ringReceive)
		if o.Write {
			op = ringSend
		}
		at := tail & r.mask
		r.entries[at] = ringEntry{
			op: op, fd: int32(o.FD), addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(o.B)))), len: uint32(len(o.B)),
			messageFlags: messageFlags, tag: uint64(i),
		}
		r.order[at] = at
		tail++
	}
	atomic.StoreUint32(r.tail, tail)
	raw := asked <= quickOps && size <= quickBytes
	for done := 0; done < asked; {
		taken := asked - int(tail-atomic.LoadUint32(r.head))
		e := r.enter(r.fd, asked-taken, asked-done, raw)
		done += r.reap(ops)
		switch e {
		case 0, syscall.EINTR:
			continue
		case syscall.EAGAIN, syscall.EBUSY, syscall.ENOMEM: // not at the moment
		default: // forbidden by now
			r.broken = true
		}
		// What it has not taken it shall not take.
		left := int(tail - atomic.LoadUint32(r.head))
		tail -= uint32(left)
		atomic.StoreUint32(r.tail, tail)
		asked -= left
	}
}

// messageFlags have an Op not wait.
const messageFlags = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL

// alone does an Op by a call of its own.
func (o *Op) alone() (n int, err error) {
	op := uintptr(syscall.SYS_RECVFROM)
	if o.Write {
		op = syscall.SYS_SENDTO
	}
	for {
		n, _, e := syscall.Syscall6(op, uintptr(o.FD), uintptr(unsafe.Pointer(unsafe.SliceData(o.B))), uintptr(len(o.B)), messageFlags, 0, 0)
		switch e {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		return 0, e
	}
}

// reap takes in what is done, and tells how much that is.
func (r *Ring) reap(ops []Op) (n int) {
	head, tail := *r.doneHead, atomic.LoadUint32(r.doneTail)
	for ; head != tail; head++ {
		d := &r.done[head&r.doneMask]
		o := &ops[d.tag]
		if o.Err = nil; d.result < 0 {
			o.Err = syscall.Errno(-d.result)
		} else {
			o.N = int(d.result)
		}
		n++
	}
	atomic.StoreUint32(r.doneHead, head)
	return n
}
