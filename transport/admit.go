package transport

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// admit asks Options.Admit, whose panics are refusals.
func admit(r *http.Request, o *Options) (userData any, refusal *HandshakeError) {
	if o == nil || o.Admit == nil {
		return nil, nil
	}
	defer func() {
		if v := recover(); v != nil {
			if o.Logger != nil {
				o.Logger.Error("transport: Admit panicked", "addr", r.RemoteAddr, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			}
			userData = nil
			refusal = notAdmitted(&HandshakeError{StatusCode: http.StatusInternalServerError}, fmt.Errorf("panic: %v", v))
		}
	}()
	userData, err := o.Admit(r)
	if err == nil {
		return userData, nil
	}
	var chosen *HandshakeError
	if errors.As(err, &chosen) {
		return nil, notAdmitted(chosen, chosen.Err)
	}
	return nil, notAdmitted(&HandshakeError{}, err)
}

// notAdmitted makes a refusal that can be answered from what Admit said. It
// leaves e as it is, which may be a value that serves all refusals.
func notAdmitted(e *HandshakeError, err error) *HandshakeError {
	c := *e
	if c.StatusCode < 400 || c.StatusCode > 599 {
		c.StatusCode = http.StatusForbidden
	}
	if c.Reason == "" {
		c.Reason = http.StatusText(c.StatusCode)
	}
	c.Err = ErrNotAdmitted
	if err != nil {
		c.Err = fmt.Errorf("%w: %w", ErrNotAdmitted, err)
	}
	return &c
}
