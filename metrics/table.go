package metrics

import (
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// prefix stands before every name in Prometheus's format.
const prefix = "peerage_"

// kind is how a metric behaves, and how it is added up.
type kind uint8

const (
	counter kind = iota
	gauge
	peak // the highest that there ever was
)

// String gives Prometheus's name.
func (k kind) String() string {
	if k == counter {
		return "counter"
	}
	return "gauge"
}

// metric is one number that is shown.
type metric struct {
	name string
	kind kind
	help string
	get  func(s *rpc.Stats) float64
}

// add adds a session's number to a sum.
func (m *metric) add(sum *float64, s *rpc.Stats) {
	v := m.get(s)
	if m.kind == peak {
		*sum = max(*sum, v)
		return
	}
	*sum += v
}

// count makes the metric of a counter.
func count(name, help string, field func(s *rpc.Stats) uint64) metric {
	return metric{name + "_total", counter, help, func(s *rpc.Stats) float64 { return float64(field(s)) }}
}

// now makes the metric of something that is there at present.
func now(name, help string, field func(s *rpc.Stats) int) metric {
	return metric{name, gauge, help, func(s *rpc.Stats) float64 { return float64(field(s)) }}
}

// timing makes the metrics of a Timing.
func timing(name, what string, field func(s *rpc.Stats) *multiplayer.Timing) []metric {
	seconds := func(k kind, of func(t *multiplayer.Timing) time.Duration, suffix, help string) metric {
		return metric{name + suffix, k, help, func(s *rpc.Stats) float64 { return of(field(s)).Seconds() }}
	}
	return []metric{
		count(name+"s", "How often "+what+".", func(s *rpc.Stats) uint64 { return field(s).Count }),
		count(name+"s_slow", "How often that took 50 ms or longer.", func(s *rpc.Stats) uint64 { return field(s).Slow }),
		seconds(counter, func(t *multiplayer.Timing) time.Duration { return t.Total }, "_seconds_total", "How long in all "+what+"."),
		seconds(peak, func(t *multiplayer.Timing) time.Duration { return t.Max }, "_seconds_max", "How long at most "+what+"."),
	}
}

// metrics is everything that is shown, in order.
var metrics = concat(
	[]metric{
		now("peers", "Peers that are connected, those that are away included.", func(s *rpc.Stats) int { return s.Session.Peers }),
		now("connections", "WebSockets, those in their handshake included.", func(s *rpc.Stats) int { return s.Session.Connections }),
		now("authenticating", "Peers that are held back until they are authenticated.", func(s *rpc.Stats) int { return s.Authenticating }),
		now("callable_peers", "Peers that can be called, those that are reached through the server included.", func(s *rpc.Stats) int { return s.Peers }),
		count("peers_connected", "Peers that have connected.", func(s *rpc.Stats) uint64 { return s.Session.Connected }),

		count("packets_in", "Packets from peers.", func(s *rpc.Stats) uint64 { return s.Session.PacketsIn }),
		count("packets_out", "Packets to peers, one for each target.", func(s *rpc.Stats) uint64 { return s.Session.PacketsOut }),
		count("packet_bytes_in", "Bytes of packets from peers.", func(s *rpc.Stats) uint64 { return s.Session.BytesIn }),
		count("packet_bytes_out", "Bytes of packets to peers.", func(s *rpc.Stats) uint64 { return s.Session.BytesOut }),

		now("queued_packets", "Packets that wait for peers that do not keep up.", func(s *rpc.Stats) int { return s.Session.QueuedPackets }),
		now("queued_bytes", "Bytes of packets that wait for peers that do not keep up.", func(s *rpc.Stats) int { return s.Session.QueuedBytes }),
		count("packets_dropped", "Unreliable packets dropped for peers that do not keep up.", func(s *rpc.Stats) uint64 { return s.Session.Dropped }),
		count("packets_replaced", "Unreliable ordered packets replaced by newer ones for peers that do not keep up.", func(s *rpc.Stats) uint64 { return s.Session.Replaced }),
		count("packets_refused", "Reliable packets that failed because a peer does not keep up.", func(s *rpc.Stats) uint64 { return s.Session.Refused }),
		count("slow_peers", "Peers disconnected because they did not read.", func(s *rpc.Stats) uint64 { return s.Session.SlowPeers }),
		now("inbox_packets", "Packets that wait for GetPacket.", func(s *rpc.Stats) int { return s.Session.InboxPackets }),
		count("inbox_waits", "How often a peer was not read on because too many of its packets wait for GetPacket.", func(s *rpc.Stats) uint64 { return s.Session.InboxWaits }),

		count("rate_waits", "How often reading waited because a peer was over its rate limits.", func(s *rpc.Stats) uint64 { return s.Session.RateWaits }),
		{"rate_waited_seconds_total", counter, "How long reading waited because peers were over their rate limits.", func(s *rpc.Stats) float64 { return s.Session.RateWaited.Seconds() }},
		count("calls_ignored", "Calls of methods that are declared without a handler, from Godot clients.", func(s *rpc.Stats) uint64 { return s.Ignored }),
		count("flood_packets_dropped", "Unreliable packets and calls dropped because their sender was flooding.", func(s *rpc.Stats) uint64 { return s.Session.DroppedIn + s.DroppedIn }),
		count("flooding_peers", "Peers disconnected because they were flooding.", func(s *rpc.Stats) uint64 { return s.Session.Flooded }),

		count("not_accepted", "How often the system could not give a connection that came: too many open files.", func(s *rpc.Stats) uint64 { return s.Session.NotAccepted }),
		count("turned_away_full", "Connections refused because of MaxPeers or MaxPeersPerAddress.", func(s *rpc.Stats) uint64 { return s.Session.TurnedAway }),
		count("turned_away_closed", "Connections refused because the session takes none.", func(s *rpc.Stats) uint64 { return s.Session.TurnedAwayClosed }),
		count("turned_away_origin", "Connections refused because they came from a page of another origin.", func(s *rpc.Stats) uint64 { return s.Session.TurnedAwayOrigin }),
		count("turned_away_not_admitted", "Connections refused by Admit.", func(s *rpc.Stats) uint64 { return s.Session.NotAdmitted }),
		count("bad_handshakes", "Requests that were no good WebSocket handshake.", func(s *rpc.Stats) uint64 { return s.Session.BadHandshakes }),
		count("handshake_timeouts", "Connections that did not become peers in time.", func(s *rpc.Stats) uint64 { return s.Session.HandshakeTimeouts }),

		count("protocol_errors", "Connections that broke the rules of WebSocket or of their wire.", func(s *rpc.Stats) uint64 { return s.Session.ProtocolErrors }),
		count("lost_connections", "Connections that ended without a word.", func(s *rpc.Stats) uint64 { return s.Session.Lost }),
		count("heartbeat_timeouts", "Connections that did not answer a ping.", func(s *rpc.Stats) uint64 { return s.Session.HeartbeatTimeouts }),
		count("away", "Connections lost that could be resumed.", func(s *rpc.Stats) uint64 { return s.Session.Away }),
		count("resumed", "Connections resumed.", func(s *rpc.Stats) uint64 { return s.Session.Resumed }),
		count("replay_overflows", "Reliable packets that waited, or were refused, because too much was not acknowledged.", func(s *rpc.Stats) uint64 { return s.Session.ReplayOverflows }),
		count("sessions_denied", "Sessions asked for by somebody whom Admit takes for another.", func(s *rpc.Stats) uint64 { return s.Session.SessionsDenied }),
		count("unknown_opcodes", "Messages of a later version of peerage.v1.", func(s *rpc.Stats) uint64 { return s.Session.UnknownOpcodes + s.UnknownOpcodes }),
		count("log_lines_silenced", "Log lines left out because peers caused too many.", func(s *rpc.Stats) uint64 { return s.Session.Silenced + s.Silenced }),
	},
	timing("poll", "Poll ran", func(s *rpc.Stats) *multiplayer.Timing { return &s.Session.Polls }),
	timing("handler", "handlers ran", func(s *rpc.Stats) *multiplayer.Timing { return &s.Handlers }),
	[]metric{
		count("rpc_packets_in", "Packets from peers that came to the calls.", func(s *rpc.Stats) uint64 { return s.PacketsIn }),
		count("calls_in", "Calls that ran a handler.", func(s *rpc.Stats) uint64 { return s.CallsIn }),
		count("calls_out", "Calls made, one for each wire.", func(s *rpc.Stats) uint64 { return s.CallsOut }),
		count("calls_unknown_node", "Calls not run: there is no such node.", func(s *rpc.Stats) uint64 { return s.UnknownNode }),
		count("calls_unknown_method", "Calls not run: there is no such method.", func(s *rpc.Stats) uint64 { return s.UnknownMethod }),
		count("calls_not_allowed", "Calls not run: their sender may not.", func(s *rpc.Stats) uint64 { return s.NotAllowed }),
		count("calls_bad_arguments", "Calls not run: the arguments do not fit.", func(s *rpc.Stats) uint64 { return s.BadArguments }),
		count("calls_too_many", "Calls not run: too many requests of their sender wait.", func(s *rpc.Stats) uint64 { return s.TooManyRequests }),
		count("calls_refused_by_remote", "Calls made that the other side did not run.", func(s *rpc.Stats) uint64 { return s.RefusedByRemote }),
		count("handler_panics", "Handlers that panicked.", func(s *rpc.Stats) uint64 { return s.HandlerPanics }),
		count("callback_panics", "Callbacks and posted functions that panicked.", func(s *rpc.Stats) uint64 { return s.CallbackPanics + s.Session.CallbackPanics }),
		count("handler_errors", "Handlers that returned an error.", func(s *rpc.Stats) uint64 { return s.HandlerErrors }),
		now("replies_awaited", "Calls made whose reply has not come.", func(s *rpc.Stats) int { return s.Waiting }),
		count("replies_stray", "Replies that nobody waits for.", func(s *rpc.Stats) uint64 { return s.StrayReplies }),
		count("requests_cancelled", "Requests given up by their caller.", func(s *rpc.Stats) uint64 { return s.Cancelled }),
		count("relayed", "Packets from client to client.", func(s *rpc.Stats) uint64 { return s.Relayed }),
		count("relay_unreachable", "Packets for a client that is not there.", func(s *rpc.Stats) uint64 { return s.Unreachable }),
		count("relay_untranslatable", "Packets with no form on the wire of their target.", func(s *rpc.Stats) uint64 { return s.Untranslatable }),
		count("relay_from_departed", "Packets of clients that were said to be gone already.", func(s *rpc.Stats) uint64 { return s.FromDeparted }),
		count("relay_failures", "Packets that could not be passed on because a target does not keep up.", func(s *rpc.Stats) uint64 { return s.RelayFailures }),
		count("malformed", "Packets that no correct peer sends.", func(s *rpc.Stats) uint64 { return s.Malformed }),
		count("before_auth", "Packets from peers that were not admitted yet.", func(s *rpc.Stats) uint64 { return s.BeforeAuth }),
		count("auth_timeouts", "Peers that were not authenticated in time.", func(s *rpc.Stats) uint64 { return s.AuthTimeouts }),
		count("auth_refused", "Peers turned away because too many were being authenticated.", func(s *rpc.Stats) uint64 { return s.AuthRefused }),
		count("too_many_names", "Peers disconnected for too many names.", func(s *rpc.Stats) uint64 { return s.TooManyNames }),
		count("too_many_faults", "Peers disconnected for too many refused calls and malformed packets.", func(s *rpc.Stats) uint64 { return s.TooManyFaults }),
		count("checksum_mismatches", "Nodes for which a Godot client has another list of methods.", func(s *rpc.Stats) uint64 { return s.ChecksumMismatches }),
		count("replication_packets", "Packets of spawners and synchronizers.", func(s *rpc.Stats) uint64 { return s.Replication }),
	},
)

func concat(lists ...[]metric) (all []metric) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
