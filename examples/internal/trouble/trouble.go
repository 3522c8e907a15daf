// Package trouble says in plain words why a connection did not come to be or ended, and what to do about it, and who does
// not keep up.
package trouble

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/transport"
)

// A Place is where a program wanted to go.
type Place struct {
	URL   string
	Start string // the command that starts the server
	Other string // what to do when the server speaks something else, "" for nothing
}

// NotConnected explains why there was no connection.
func (p Place) NotConnected(err error) error {
	var (
		shake   *transport.HandshakeError
		said    *transport.CloseError
		dns     *net.DNSError
		unknown *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nobody listens at %s: start the server with `%s`", p.URL, p.Start)
	case errors.As(err, &dns):
		return fmt.Errorf("there is no host %s: is it spelled right?", console.Clean(dns.Name, 100))
	case errors.As(err, &unknown):
		return fmt.Errorf("the certificate of %s cannot be trusted: %w", p.URL, unknown)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer from %s in time: is it the right address, and is no firewall between?", p.URL)
	case errors.As(err, &said):
		return fmt.Errorf("%s turned us away%s", p.URL, reason(said))
	case errors.As(err, &shake) && shake.StatusCode == http.StatusServiceUnavailable:
		return fmt.Errorf("%s is full, or closing: try again later", p.URL)
	case errors.As(err, &shake) && shake.StatusCode == http.StatusBadGateway:
		return fmt.Errorf("nobody listens behind %s (HTTP status 502): start the server with `%s`", p.URL, p.Start)
	case errors.As(err, &shake):
		return fmt.Errorf("%s answers, but is not the server of this example%s: %s", p.URL, p.other(), clean(err))
	}
	return fmt.Errorf("no connection to %s: %s", p.URL, clean(err))
}

// Lost explains why a connection ended, nil if it ended as it should.
func (p Place) Lost(err error) error {
	var (
		said   *transport.CloseError
		broken *transport.ProtocolError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &broken):
		return fmt.Errorf("%s sent what is against the rules of WebSocket: %s", p.URL, clean(err))
	case errors.As(err, &said):
		switch said.Code {
		case 1000, 1001, 1005:
			return fmt.Errorf("the server at %s went down%s: join again when it is back", p.URL, reason(said))
		case 1013, 4013:
			return fmt.Errorf("the server at %s sent us away: we did not read what it sent in time", p.URL)
		}
		return fmt.Errorf("the server at %s sent us away%s", p.URL, reason(said))
	}
	return fmt.Errorf("the connection to %s was lost: join again when the server is back (%s)", p.URL, clean(err))
}

func (p Place) other() string {
	if p.Other == "" {
		return ""
	}
	return ", or " + p.Other
}

// reason is what the other side said, with its code where there are no words.
func reason(e *transport.CloseError) string {
	switch text := console.Clean(e.Reason, 123); {
	case text != "":
		return " (" + text + ")"
	case e.Code == 1000 || e.Code == 1001 || e.Code == 1005:
		return ""
	default:
		return fmt.Sprintf(" (code %d)", e.Code)
	}
}

// clean gives the text of an error, in which there may be words of the other side.
func clean(err error) string { return strings.TrimSpace(console.Clean(err.Error(), 300)) }
