package browser

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/lxzan/gws"
)

// bidi is a connection that speaks WebDriver BiDi: commands with replies, and events.
type bidi struct {
	gws.BuiltinEventHandler
	conn  *gws.Conn
	done  chan struct{} // closed when nothing comes any more
	event func(method string, params json.RawMessage)

	mu      sync.Mutex // guards the fields below
	id      int
	replies map[int]chan bidiReply
	err     error // why the connection ended
}

type bidiReply struct {
	ID      int             `json:"id"`
	Type    string          `json:"type"` // success, error or event
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// dialBiDi connects and opens a session. It calls event for each event, one after the other, on the goroutine that
// reads: event must not call the browser.
func dialBiDi(url string, event func(method string, params json.RawMessage)) (*bidi, error) {
	c := &bidi{done: make(chan struct{}), event: event, replies: map[int]chan bidiReply{}}
	conn, _, err := gws.NewClient(c, &gws.ClientOption{Addr: url + "/session", HandshakeTimeout: deadline})
	if err != nil {
		return nil, err
	}
	c.conn = conn
	go conn.ReadLoop()
	if err := c.call("session.new", values{"capabilities": values{}}, nil); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// close ends the connection, and waits for the goroutine that reads.
func (c *bidi) close() {
	c.conn.NetConn().Close()
	<-c.done
}

// OnClose fails all commands that wait.
func (c *bidi) OnClose(_ *gws.Conn, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = fmt.Errorf("the browser is gone: %w", err)
	close(c.done)
}

// OnMessage hands replies and events on.
func (c *bidi) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	var r bidiReply
	if err := json.Unmarshal(m.Bytes(), &r); err != nil {
		r.Error, r.Message = "not understood", err.Error()
	}
	if r.Type == "event" {
		c.event(r.Method, r.Params)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if waits := c.replies[r.ID]; waits != nil {
		waits <- r
		delete(c.replies, r.ID)
	}
}

// values are the parameters of a command.
type values map[string]any

// call sends a command and waits for its reply, for at most deadline. It decodes the reply into result unless that is
// nil.
func (c *bidi) call(method string, params values, result any) error {
	reply := make(chan bidiReply, 1)
	c.mu.Lock()
	c.id++
	id := c.id
	c.replies[id] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.replies, id)
	}()
	command, err := json.Marshal(values{"id": id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := c.conn.WriteMessage(gws.OpcodeText, command); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	late := time.NewTimer(deadline)
	defer late.Stop()
	select {
	case r := <-reply:
		if r.Error != "" {
			return fmt.Errorf("%s: %s: %s", method, r.Error, r.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		return fmt.Errorf("%s: %w", method, c.err)
	case <-late.C:
		return fmt.Errorf("%s: no reply in %v", method, deadline)
	}
}
