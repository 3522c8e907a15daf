//go:build linux && !android && (amd64 || arm64)

package socket

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// A ringSystem is an io_uring (io_uring(7)): two queues in memory that is
// shared with the system, of what it is to do and of what it has done.
//
// Nothing is left under way between two calls of run: every entry says that it
// must not wait, so that the system does it, or says that it cannot, before
// the call is over.
type ringSystem struct {
	fd             int
	enter          func(fd, submit, wait int, raw bool) syscall.Errno // io_uring_enter
	broken         bool                                               // it works no more: each try is a call of its own
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

	ringQueues  = 0          // IORING_OFF_SQ_RING
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

// noRings, in the environment, keeps this package from using io_uring.
const noRings = "PEERAGE_NO_IO_URING"

func (s *ringSystem) open() error {
	if os.Getenv(noRings) != "" {
		return errors.ErrUnsupported
	}
	var p ringParams
	fd, _, e := syscall.Syscall(sysRingSetup, RingSize, uintptr(unsafe.Pointer(&p)), 0)
	if e != 0 {
		return os.NewSyscallError("io_uring_setup", e)
	}
	s.fd, s.enter = int(fd), ringEnter
	err := s.mapQueues(&p)
	if err != nil {
		s.close()
	}
	return err
}

func (s *ringSystem) mapQueues(p *ringParams) (err error) {
	if p.features&ringFeatures != ringFeatures {
		return errors.ErrUnsupported
	}
	size := max(p.at.order+p.entries*4, p.doneAt.done+p.doneEntries*uint32(unsafe.Sizeof(ringDone{})))
	if s.queues, err = s.mapped(ringQueues, int(size)); err != nil {
		return err
	}
	if s.memory, err = s.mapped(ringEntries, int(p.entries)*int(unsafe.Sizeof(ringEntry{}))); err != nil {
		return err
	}
	number := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&s.queues[at])) }
	s.head, s.tail, s.mask = number(p.at.head), number(p.at.tail), *number(p.at.mask)
	s.order = unsafe.Slice(number(p.at.order), p.entries)
	s.entries = unsafe.Slice((*ringEntry)(unsafe.Pointer(&s.memory[0])), p.entries)
	s.doneHead, s.doneTail, s.doneMask = number(p.doneAt.head), number(p.doneAt.tail), *number(p.doneAt.mask)
	s.done = unsafe.Slice((*ringDone)(unsafe.Pointer(&s.queues[p.doneAt.done])), p.doneEntries)
	return nil
}

func (s *ringSystem) mapped(offset int64, size int) ([]byte, error) {
	b, err := syscall.Mmap(s.fd, offset, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_POPULATE)
	return b, os.NewSyscallError("mmap", err)
}

func (s *ringSystem) close() {
	for _, b := range [][]byte{s.queues, s.memory} {
		if b != nil {
			syscall.Munmap(b)
		}
	}
	syscall.Close(s.fd)
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

// quickTries is how many tries a raw call may make.
const quickTries = 16

// errUntried is of a try that the ring has not come to.
var errUntried = errors.New("not tried")

// run does the tries whose sockets are not closed: by the ring, and one by one
// what the ring does not take.
func (s *ringSystem) run(tries []Try) {
	asked := 0
	for i := range tries {
		if t := &tries[i]; t.fd >= 0 {
			t.Err = errUntried
			asked++
		}
	}
	if !s.broken {
		s.runTogether(tries, asked)
	}
	for i := range tries {
		if t := &tries[i]; t.Err == errUntried {
			t.N, t.Err = t.alone()
		}
	}
}

func (s *ringSystem) runTogether(tries []Try, asked int) {
	tail, size := *s.tail, 0
	for i := range tries {
		t := &tries[i]
		if t.fd < 0 {
			continue
		}
		size += len(t.B)
		op := uint8(ringReceive)
		if t.write {
			op = ringSend
		}
		at := tail & s.mask
		s.entries[at] = ringEntry{
			op: op, fd: int32(t.fd), addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(t.B)))), len: uint32(len(t.B)),
			messageFlags: messageFlags, tag: uint64(i),
		}
		s.order[at] = at
		tail++
	}
	atomic.StoreUint32(s.tail, tail)
	raw := asked <= quickTries && size <= quick
	for done := 0; done < asked; {
		taken := asked - int(tail-atomic.LoadUint32(s.head))
		e := s.enter(s.fd, asked-taken, asked-done, raw)
		done += s.reap(tries)
		switch e {
		case 0, syscall.EINTR:
			continue
		case syscall.EAGAIN, syscall.EBUSY, syscall.ENOMEM: // not at the moment
		default: // forbidden by now
			s.broken = true
			cannotRing.Store(true)
		}
		// What it has not taken it shall not take.
		left := int(tail - atomic.LoadUint32(s.head))
		tail -= uint32(left)
		atomic.StoreUint32(s.tail, tail)
		asked -= left
	}
}

// messageFlags have a try not wait.
const messageFlags = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL

// alone does a try by a call of its own.
func (t *Try) alone() (n int, err error) {
	op := uintptr(syscall.SYS_RECVFROM)
	if t.write {
		op = syscall.SYS_SENDTO
	}
	for {
		n, _, e := syscall.Syscall6(op, uintptr(t.fd), uintptr(unsafe.Pointer(unsafe.SliceData(t.B))), uintptr(len(t.B)), messageFlags, 0, 0)
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
func (s *ringSystem) reap(tries []Try) (n int) {
	head, tail := *s.doneHead, atomic.LoadUint32(s.doneTail)
	for ; head != tail; head++ {
		d := &s.done[head&s.doneMask]
		t := &tries[d.tag]
		if t.Err = nil; d.result < 0 {
			t.Err = syscall.Errno(-d.result)
		} else {
			t.N = int(d.result)
		}
		n++
	}
	atomic.StoreUint32(s.doneHead, head)
	return n
}
