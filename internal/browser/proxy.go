package browser

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy stands between a page and its server, and can cut what goes through.
type Proxy struct {
	ln net.Listener
	wg sync.WaitGroup

	mu    sync.Mutex // guards the fields below
	to    string
	cut   bool
	conns map[net.Conn]bool
}

// NewProxy makes a proxy to a TCP address. It ends with its test.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{to: to, ln: ln, conns: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		ln.Close()
		p.Cut()
		p.wg.Wait()
	})
	return p
}

// URL is where a browser finds the page.
func (p *Proxy) URL() string { return "http://" + p.ln.Addr().String() + "/" }

// Cut breaks all connections, and takes none until Mend.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.conns {
		c.Close()
	}
}

// Mend undoes Cut for what comes, which may go to another address from then on.
func (p *Proxy) Mend(to ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	for _, addr := range to {
		p.to = addr
	}
}

func (p *Proxy) accept() {
	for {
		in, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		to := p.to
		p.mu.Unlock()
		out, err := net.Dial("tcp", to)
		if err != nil {
			in.Close()
			continue
		}
		if !p.keep(in, out) {
			in.Close()
			out.Close()
			continue
		}
		p.wg.Go(func() { p.pump(in, out) })
		p.wg.Go(func() { p.pump(out, in) })
	}
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.cut {
			return false
		}
		p.conns[c] = true
	}
	return true
}

func (p *Proxy) pump(from, to net.Conn) {
	io.Copy(to, from)
	from.Close()
	to.Close()
	p.mu.Lock()
	delete(p.conns, from)
	p.mu.Unlock()
}
