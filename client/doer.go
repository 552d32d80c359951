package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"time"
)

// doer is the one gen.HttpRequestDoer below the generated client; all behavior hangs on it. Generated code sees nothing but
// 2xx whose body has been read.
type doer struct {
	token      func(ctx context.Context) (string, error) // of the TokenSource; a function prints as an address, whatever the verb
	invalidate func(token string)                        // nil if the TokenSource cannot renew
	http       *http.Client
	header     http.Header // sent with every request
	maxBytes   int64
	retry      RetryPolicy
	pacer      Pacer
	logger     *slog.Logger
}

// Do makes the request of a call, in as many attempts as it takes.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	call, req := callOf(req)
	maps.Copy(req.Header, d.header)
	maps.Copy(req.Header, call.header)
	call.request, call.idle = req, time.Now()

	resp, err := d.retry.run(call,
		func() (*http.Response, error) { return d.authorized(call) },
		func(err error) (time.Duration, bool) { return d.judge(call, err) })
	if err != nil {
		err = call.remember(err)
		d.logFailure(call, err)
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(call.response.Body))
	return resp, nil
}

// authorized makes an attempt, and another one with a fresh token if the API calls the token bad or expired, once a call.
func (d *doer) authorized(call *call) (*http.Response, error) {
	resp, err := d.attempt(call)
	if d.renew(call, err) {
		return d.attempt(call)
	}
	return resp, err
}

// attempt makes one attempt: authorize → pace → send → observe → map errors. A token may take seconds to renew: pacing comes after
// it, so that a request starts when the pacer says so.
func (d *doer) attempt(call *call) (*http.Response, error) {
	req, err := call.nextRequest()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call, err)
	}
	if err := d.authorize(req, call); err != nil {
		return nil, err
	}
	if err := d.pacer.Wait(call.ctx); err != nil {
		if unsent, ok := errors.AsType[*Error](err); ok {
			filled := *unsent
			filled.Operation, filled.Method, filled.Path = call.operation.id, req.Method, req.URL.EscapedPath()
			return nil, &filled
		}
		return nil, fmt.Errorf("%s: waiting for the rate limit: %w", call, err)
	}
	call.waited = time.Since(call.idle)
	sent := time.Now()
	resp, err := d.send(req, call)
	call.idle = time.Now()
	d.pacer.Observe(call.ctx, Observation{Sent: sent, Limit: call.response.RateLimit, Pause: pauseAfter(&call.response)})
	if err == nil && !isSuccess(resp.StatusCode) {
		resp, err = mapError(call, resp)
	}
	d.logAttempt(call, err)
	call.unclear = call.unclear || errors.Is(err, ErrMaybeApplied)
	return resp, err
}

// mapError turns a response that is not a success into an error, but for a delete that finds the work of its earlier attempt.
func mapError(call *call, resp *http.Response) (*http.Response, error) {
	err := newError(call)
	if call.operation == deleteContact && call.unclear && errors.Is(err, ErrNotFound) {
		resp.StatusCode, resp.Status = http.StatusOK, http.StatusText(http.StatusOK)
		return resp, nil
	}
	return nil, err
}
