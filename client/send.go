package client

import (
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// send sends req and reads the body of the response within bounds. What came back is in call.response.
func (d *doer) send(req *http.Request, call *call) (*http.Response, error) {
	if err := call.ctx.Err(); err != nil {
		return nil, &sendError{call: call, cause: err}
	}
	call.response = Response{Attempts: call.response.Attempts + 1}
	reached := func() bool { return false }
	if call.operation.write {
		req, reached = watchSending(req)
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, &sendError{call: call, cause: withoutURL(err), reached: reached()}
	}
	call.response.StatusCode, call.response.Header = resp.StatusCode, resp.Header
	call.response.RateLimit = parseRateLimit(resp.Header)
	call.response.Body, err = readBody(resp, d.maxBytes)
	if err != nil && isSuccess(resp.StatusCode) { // an error has its status, even if its body broke off
		return nil, &sendError{call: call, cause: err, reached: call.operation.write}
	}
	return resp, nil
}

// sendError is what kept an answer from coming.
type sendError struct {
	call    *call
	cause   error
	reached bool // a write had begun to be sent, and may have happened
}

func (e *sendError) Error() string {
	text := e.call.String() + ": " + sanitize(e.cause.Error())
	if e.reached {
		text += "; " + ErrMaybeApplied.Error()
	}
	return text
}

func (e *sendError) Unwrap() []error {
	if e.reached {
		return []error{e.cause, ErrMaybeApplied}
	}
	return []error{e.cause}
}

// withoutURL unwraps the error of http.Client, whose text has the URL with its query.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// watchSending returns req with a trace that tells whether its headers were written to a connection: until then a write cannot
// have been applied. A transport without traces tells nothing, and counts as having written.
func watchSending(req *http.Request) (watched *http.Request, reached func() bool) {
	var traced, wrote atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn:      func(string) { traced.Store(true) },
		WroteHeaders: func() { wrote.Store(true) },
	}
	watched = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	return watched, func() bool { return wrote.Load() || !traced.Load() }
}
