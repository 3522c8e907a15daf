package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/peerage-go/peerage/transport"
)

const (
	// subprotocol is what Godot's official chat demo offers.
	subprotocol = "demo-chat"
	// maxMembers is how many may chat at once.
	maxMembers = 1000
	// maxMessage is how long a message may be, in bytes.
	maxMessage = 2000
	// maxPast is how many of the messages that were said before a newcomer came it gets to read.
	maxPast = 10
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
	past    []string // the last lines that were said
	frame   transport.Prepared
	closed  bool // of the goroutine of run

	room     bucket
	queue    []*member // those who have something to say; it is the turn of the first
	waking   bool      // a timer goes on with the queue
	operator *member   // not one of members

	// mu guards what follows.
	mu         sync.Mutex
	posted     []func()
	count      int // of members, those that run has not met yet included
	closing    bool
	handshakes sync.WaitGroup // Add only with mu held and closing false
}

// member is one who chats.
type member struct {
	id   int
	ws   *transport.WebSocketPeer // nil: the operator, who says lines
	pace bucket
	away bool // sent away; gets nothing any more
	left bool // the connection is gone, what it brought may not be said yet

	queued  bool      // in the queue, or in its own pause
	since   time.Time // when it had to wait first since it had nothing to say
	noticed time.Time // when it was told last that it has to wait

	lines []line
}

// line is what the operator says. said is closed when everybody was told.
type line struct {
	text string
	said chan struct{}
}

// newServer makes a server. Pages of the origins may connect, besides its own.
func newServer(log, warnings *slog.Logger, origins []string) *server {
	s := &server{group: transport.NewGroup(), log: log, now: time.Now, members: map[int]*member{}}
	s.room = newBucket(roomBurst, roomPerSecond, s.now())
	s.operator = &member{pace: newBucket(burst, perSecond, s.now())}
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
		if m.left {
			s.part(m) // what it could still say nobody hears any more
			continue
		}
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
	s.speak()
	s.group.Flush()
}

// post has f run in the next poll.
func (s *server) post(f func()) {
	s.mu.Lock()
	s.posted = append(s.posted, f)
	s.mu.Unlock()
	s.group.Wake()
}

// say tells everybody what the server says, when its turn has come: then said is closed. It never is once the server is
// down. Any goroutine may call it.
func (s *server) say(text string) (said <-chan struct{}) {
	l := line{oneLine(text), make(chan struct{})}
	s.post(func() {
		s.operator.lines = append(s.operator.lines, l)
		s.listen(s.operator)
	})
	return l.said
}

// serve handles a connection that has news.
func (s *server) serve(ws *transport.WebSocketPeer) {
	m, _ := ws.UserData().(*member)
	if m == nil {
		m = s.meet(ws)
	}
	m.left = ws.ReadyState() == transport.Closed
	s.listen(m)
}

// meet makes a newcomer a member.
func (s *server) meet(ws *transport.WebSocketPeer) *member {
	m := &member{id: s.newID(), ws: ws, pace: newBucket(burst, perSecond, s.now())}
	ws.SetUserData(m)
	s.members[m.id] = m
	s.log.Info(fmt.Sprintf("[%d] connected", m.id), "from", ws.RemoteAddr(), "members", len(s.members))
	s.tell(m, fmt.Sprintf("[%d] connected", m.id))
	s.greet(m)
	return m
}

// greet tells a newcomer who it is, who is there, and what was said before, the first two in one line each. The official
// demo's server does not, but its clients show whatever line they get.
func (s *server) greet(m *member) {
	s.send(m, fmt.Sprintf("Server says: you are [%d]", m.id))
	var others []string
	for _, id := range slices.Sorted(maps.Keys(s.members)) {
		if id != m.id {
			others = append(others, fmt.Sprintf("[%d]", id))
		}
	}
	here := "nobody else is here yet"
	switch n := len(others); {
	case n == 1:
		here = "1 other is here: " + others[0]
	case n > 1:
		here = fmt.Sprintf("%d others are here: %s", n, strings.Join(others, ", "))
	}
	s.send(m, "Server says: "+here)
	for _, line := range s.past {
		s.send(m, "Before you came: "+line)
	}
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

// listen puts a member into the queue that has something to say.
func (s *server) listen(m *member) {
	switch {
	case m.queued && !s.closed:
	case m.waits() && !s.closed:
		m.queued = true
		s.queue = append(s.queue, m)
	default:
		s.silent(m)
	}
}

// silent is for a member that has nothing to say any more. Who left is gone then.
func (s *server) silent(m *member) {
	m.queued, m.since = false, time.Time{}
	if m.left {
		s.part(m)
	}
}

// speak passes on what is to be said, a message of each in turn, as fast as each and the room may. The rest stays unread,
// which slows members down: nothing is lost.
func (s *server) speak() {
	now := s.now()
	for len(s.queue) > 0 && !s.waking && !s.closed {
		if wait := s.room.wait(now); wait > 0 {
			s.waking = true
			s.after(wait, func() { s.waking = false })
			break
		}
		m := s.queue[0]
		s.queue = s.queue[1:]
		if !m.waits() {
			s.silent(m)
			continue
		}
		if wait := m.pace.wait(now); wait > 0 {
			s.slow(m, now, fmt.Sprintf("you say more than %d messages in a second", perSecond))
			s.after(wait, func() { s.queue = append(s.queue, m) })
			continue
		}
		m.pace.take(1)
		s.next(m)
		s.queue = append(s.queue, m)
	}
	for _, m := range s.queue {
		if m.since.IsZero() {
			m.since = now
		} else if now.Sub(m.since) >= time.Second {
			s.slow(m, now, fmt.Sprintf("the room passes on %d KB in a second, of all together", roomPerSecond>>10))
		}
	}
}

// tick is how long nothing is said at least when somebody has to wait: what is said then leaves together.
const tick = 20 * time.Millisecond

// after has f called in a poll after a while.
func (s *server) after(wait time.Duration, f func()) {
	time.AfterFunc(max(wait, tick), func() { s.post(f) })
}

// noticeEvery is how often a member is told that it has to wait.
const noticeEvery = 10 * time.Second

// slow tells a member why what it says has to wait.
func (s *server) slow(m *member, now time.Time, why string) {
	if m.ws == nil || m.left || m.away || !m.noticed.IsZero() && now.Sub(m.noticed) < noticeEvery {
		return
	}
	m.noticed = now
	s.send(m, "Server says: not so fast: "+why+". What you say waits its turn, and nothing of it is lost")
}

// waits tells whether a member has something to say.
func (m *member) waits() bool {
	if m.ws == nil {
		return len(m.lines) > 0
	}
	return !m.away && m.ws.AvailablePacketCount() > 0
}

// next passes on one message of a member that has one.
func (s *server) next(m *member) {
	if m.ws == nil {
		l := m.lines[0]
		m.lines = m.lines[1:]
		if l.text != "" {
			s.said(nil, "Server says: "+l.text)
		}
		close(l.said)
		return
	}
	if data, err := m.ws.GetPacket(); err == nil {
		s.hear(m, data, m.ws.WasStringPacket())
	}
}

// hear handles one message.
func (s *server) hear(m *member, data []byte, isText bool) {
	switch text, why := oneLine(string(data)), unfit(string(data)); {
	case !isText:
		s.dismiss(m, closeTextOnly, "this chat is about text")
	case why != "":
		s.send(m, "Server says: nobody got that: "+why)
	case text != "":
		s.log.Info(fmt.Sprintf("[%d] Says: %s", m.id, text))
		s.said(m, fmt.Sprintf("[%d] Says: %s", m.id, text))
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
	s.log.Info(fmt.Sprintf("[%d] sent away", m.id), "code", code, "reason", reason)
	m.ws.Close(code, reason)
}

// said tells a line that somebody said, and keeps it for newcomers.
func (s *server) said(by *member, line string) {
	s.past = append(s.past, line)
	s.past = s.past[max(0, len(s.past)-maxPast):]
	s.tell(by, line)
}

// tell sends a line to everybody but one.
func (s *server) tell(but *member, line string) {
	if s.closed {
		return // everybody leaves, and nobody needs to be told
	}
	s.room.take(len(line) + lineCost)
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
