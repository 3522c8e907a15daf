package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/peerage-go/peerage/transport"
)

const (
	// subprotocol is what Godot's official chat demo offers.
	subprotocol = "demo-chat"
	// askID, as the query of the URL, has the server tell a newcomer its id. The official demo's clients do not ask,
	// and its server does not tell.
	askID = "id"
	// maxMembers is how many may chat at once.
	maxMembers = 1000
	// maxMessage is how long a message may be, in bytes.
	maxMessage = 2000
	// maxUnwritten, in bytes, is how far behind a member may be with reading.
	maxUnwritten = 1 << 20
	// heartbeat finds members whose connection died in silence.
	heartbeat = 15 * time.Second
)

// The close codes with which the server sends members away.
const (
	closeGoingAway = 1001
	closeTextOnly  = 1003
	closeBehind    = 4013 // not 1013, which engines up to 4.3 do not know
)

// server passes on what each member says to all others. It is an http.Handler, which any goroutine may call; from
// other goroutines than the one of run only say may be called beside it.
type server struct {
	group   *transport.Group
	opts    *transport.Options
	log     *slog.Logger
	now     func() time.Time
	members map[int]*member
	frame   transport.Prepared
	closed  bool // of the goroutine of run

	// mu guards what follows.
	mu         sync.Mutex
	posted     []func()
	count      int // of members, those that run has not met yet included
	closing    bool
	handshakes sync.WaitGroup // Add only with mu held and closing false
}

// member is one who chats.
type member struct {
	id     int
	ws     *transport.WebSocketPeer
	pace   pace
	paused bool // its messages wait until it may speak again
	away   bool // sent away; gets nothing any more
}

// newServer makes a server. Pages of the origins may connect, besides its own.
func newServer(log, warnings *slog.Logger, origins []string) *server {
	s := &server{group: transport.NewGroup(), log: log, now: time.Now, members: map[int]*member{}}
	s.opts = &transport.Options{
		SupportedProtocols: []string{subprotocol},
		OutboundBufferSize: maxUnwritten,
		HeartbeatInterval:  heartbeat,
		Origins:            origins,
		Logger:             warnings,
		Group:              s.group,
	}
	return s
}

// ServeHTTP takes a WebSocket handshake.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		http.Error(w, "the chat is full, or closing: try again later", http.StatusServiceUnavailable)
		return
	}
	defer s.handshakes.Done()
	if _, err := transport.Upgrade(w, r, s.opts); err != nil {
		s.leave() // nobody came; otherwise the group tells of the newcomer
	}
}

func (s *server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || s.count >= maxMembers {
		return false
	}
	s.count++
	s.handshakes.Add(1)
	return true
}

func (s *server) leave() {
	s.mu.Lock()
	s.count--
	s.mu.Unlock()
}

// run is the server's loop, until ctx ends; then it tells everybody that it goes, and returns when all are gone.
func (s *server) run(ctx context.Context) {
	for s.group.Wait(ctx) == nil {
		s.poll()
	}
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.handshakes.Wait()
	s.poll() // meets the last who came
	s.closed = true
	for _, m := range s.members {
		m.ws.Close(closeGoingAway, "stopped by its operator")
	}
	for len(s.members) > 0 {
		s.group.Wait(context.Background()) // closing takes CloseTimeout at most
		s.poll()
	}
}

// poll does what there is to do.
func (s *server) poll() {
	s.mu.Lock()
	posted := s.posted
	s.posted = nil
	s.mu.Unlock()
	for _, f := range posted {
		f()
	}
	for _, ws := range s.group.Poll() {
		s.serve(ws)
	}
	s.group.Flush()
}

// post has f run in the next poll.
func (s *server) post(f func()) {
	s.mu.Lock()
	s.posted = append(s.posted, f)
	s.mu.Unlock()
	s.group.Wake()
}

// say tells everybody what the server says. Any goroutine may call it.
func (s *server) say(text string) {
	s.post(func() {
		if text = oneLine(text); text != "" {
			s.tell(nil, "Server says: "+text)
		}
	})
}

// serve handles a connection that has news.
func (s *server) serve(ws *transport.WebSocketPeer) {
	m, _ := ws.UserData().(*member)
	if m == nil {
		m = s.meet(ws)
	}
	left := ws.ReadyState() == transport.Closed
	if left {
		m.paused = false // what it said last still counts
	}
	s.listen(m)
	if left {
		s.part(m)
	}
}

// meet makes a newcomer a member.
func (s *server) meet(ws *transport.WebSocketPeer) *member {
	m := &member{id: s.newID(), ws: ws, pace: newPace(s.now())}
	ws.SetUserData(m)
	s.members[m.id] = m
	s.log.Info(fmt.Sprintf("[%d] connected", m.id), "from", ws.RemoteAddr(), "url", ws.RequestedURL(), "members", len(s.members))
	s.tell(m, fmt.Sprintf("[%d] connected", m.id))
	if u, err := url.Parse(ws.RequestedURL()); err == nil && u.RawQuery == askID {
		s.send(m, fmt.Sprintf("Server says: you are [%d]", m.id))
	}
	return m
}

// newID picks an id as the official demo does.
func (s *server) newID() int {
	for {
		id := 2 + rand.IntN(1<<30-1)
		if _, taken := s.members[id]; !taken {
			return id
		}
	}
}

// listen passes on what a member said, as fast as one may speak: the rest stays unread, which slows the member down.
func (s *server) listen(m *member) {
	for !m.paused && !m.away && m.ws.AvailablePacketCount() > 0 {
		// Who left cannot be slowed down any more, and had not much more to say than its buffer holds.
		if wait := m.pace.take(s.now()); wait > 0 && m.ws.ReadyState() == transport.Open {
			m.paused = true
			time.AfterFunc(wait, func() {
				s.post(func() {
					m.paused = false
					s.listen(m)
				})
			})
			return
		}
		data, err := m.ws.GetPacket()
		if err != nil {
			return
		}
		s.hear(m, data, m.ws.WasStringPacket())
	}
}

// hear handles one message.
func (s *server) hear(m *member, data []byte, isText bool) {
	switch text := oneLine(string(data)); {
	case !isText:
		s.dismiss(m, closeTextOnly, "this chat is about text")
	case len(data) > maxMessage:
		s.send(m, fmt.Sprintf("Server says: nobody got that: it has %d bytes, and %d are the most", len(data), maxMessage))
	case text != "":
		s.log.Info(fmt.Sprintf("[%d] Says: %s", m.id, text))
		s.tell(m, fmt.Sprintf("[%d] Says: %s", m.id, text))
	}
}

// part takes note that a member is gone.
func (s *server) part(m *member) {
	m.away = true
	delete(s.members, m.id)
	s.leave()
	how := []any{"code", m.ws.CloseCode()}
	if reason := m.ws.CloseReason(); reason != "" {
		how = append(how, "reason", reason)
	}
	s.log.Info(fmt.Sprintf("[%d] disconnected", m.id), append(how, "err", m.ws.Err(), "members", len(s.members))...)
	s.tell(m, fmt.Sprintf("[%d] disconnected", m.id))
}

// dismiss sends a member away. It is gone when its connection is.
func (s *server) dismiss(m *member, code int, reason string) {
	m.away = true
	m.ws.Close(code, reason)
}

// tell sends a line to everybody but one.
func (s *server) tell(but *member, line string) {
	if s.closed {
		return // everybody leaves, and nobody needs to be told
	}
	s.frame.Set(transport.WriteText, []byte(line))
	for _, m := range s.members {
		if m != but && !m.away {
			s.sent(m, m.ws.SendPrepared(&s.frame))
		}
	}
}

// send sends a line to one member.
func (s *server) send(m *member, line string) { s.sent(m, m.ws.SendText(line)) }

// sent looks at what came of sending. Lines are not left out: who is too far behind with reading has to go.
func (s *server) sent(m *member, err error) {
	if errors.Is(err, transport.ErrBufferFull) {
		s.dismiss(m, closeBehind, "you do not read what you are sent")
	}
}

// oneLine makes a message one line: nobody can speak in the name of others by starting a new one.
func oneLine(text string) string {
	b := make([]rune, 0, len(text))
	for _, r := range text {
		switch {
		case r < ' ' || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029':
			r = ' '
		case r == utf8.RuneError:
			r = '?'
		}
		if r == ' ' && len(b) == 0 {
			continue
		}
		b = append(b, r)
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return string(b)
}
