package client

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
)

// doer is the one gen.HttpRequestDoer below the generated client; all behavior hangs on it. Generated code sees nothing but
// 2xx whose body has been read.
type doer struct {
	tokens   TokenSource
	http     *http.Client
	header   http.Header // sent with every request
	maxBytes int64
	logger   *slog.Logger
}

// Do makes the request of a call.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	call := callOf(req)
	call.request = req
	maps.Copy(req.Header, d.header)
	maps.Copy(req.Header, call.header)

	resp, err := d.attempt(req, call)
	if err != nil {
		d.logFailure(call, err)
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(call.response.Body))
	return resp, nil
}

// attempt makes one attempt: authorize → send → bound → map errors. What came back is in call.response.
func (d *doer) attempt(req *http.Request, call *call) (*http.Response, error) {
	if err := d.authorize(req, call); err != nil {
		return nil, err
	}
	resp, err := d.send(req, call)
	d.logAttempt(call, err)
	if err != nil {
		return nil, err
	}
	if !isSuccess(resp.StatusCode) {
		return nil, newError(call)
	}
	return resp, nil
}

// send sends req and reads the body of the response within bounds.
func (d *doer) send(req *http.Request, call *call) (*http.Response, error) {
	if err := call.ctx.Err(); err != nil {
		return nil, failure(call, err, false)
	}
	call.response = Response{Attempts: call.response.Attempts + 1}
	reached := func() bool { return false }
	if call.operation.write {
		req, reached = watchSending(req)
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, failure(call, withoutURL(err), reached())
	}
	call.response.StatusCode, call.response.Header = resp.StatusCode, resp.Header
	call.response.RateLimit = parseRateLimit(resp.Header)
	call.response.Body, err = readBody(resp, d.maxBytes)
	if err != nil && isSuccess(resp.StatusCode) { // an error has its status, even if its body broke off
		return nil, failure(call, err, call.operation.write)
	}
	return resp, nil
}

// failure wraps what kept an answer from coming. After it a write may have happened, if the request had been reached.
func failure(call *call, cause error, reached bool) error {
	if reached && call.operation.write {
		return fmt.Errorf("%s: %w; %w", call, cause, ErrMaybeApplied)
	}
	return fmt.Errorf("%s: %w", call, cause)
}

// withoutURL unwraps the error of http.Client, whose text has the URL with its query.
func withoutURL(err error) error {
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // http.Client returns it bare; one further down is not its own
		return wrapped.Err
	}
	return err
}
