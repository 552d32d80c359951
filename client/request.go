package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// call holds the state of one API call across its attempts. It implements [gen.HttpRequestDoer]:
// the generated client builds the request and passes it to Do.
type call struct {
	callConfig

	client         *Client
	operation      operation
	idempotentPost bool             // the request is a POST that may be applied more than once
	callerCtx      context.Context  //nolint:containedctx // a call ends when its method returns
	ctx            operationContext // for requests
	api            gen.Client       // builds the request and sends it with Do
	started        time.Time
	waited         time.Duration // for the rate limit and between attempts
	token          string
	tokenReplaced  bool
	request        *http.Request // nil until the generated client has built it
	getBody        func() (io.ReadCloser, error)
	response       Response
	maybeApplied   bool // an attempt may have been applied
}

// newCall returns a call of op with the options of the caller.
func (c *Client) newCall(ctx context.Context, op operation, opts []CallOption) (*call, error) {
	call := &call{client: c, operation: op, callerCtx: ctx, started: time.Now()}
	if err := call.apply(opts); err != nil {
		return nil, invalid(op, err.Error())
	}
	call.ctx = operationContext{Context: ctx, operation: op}
	call.api = gen.Client{Server: c.config.baseURL, Client: call}
	return call, nil
}

// Do sends the request, and retries it as its operation and the retry policy allow. On success, it
// has read the body of the response into c.response.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	c.prepare(req)
	var previousErr error
	for attempt := 1; ; attempt++ {
		sent := c.response.Attempts
		resp, err := c.attempt()
		if err != nil && c.replaceToken(err) {
			resp, err = c.attempt()
		}
		if err == nil || c.deletedByPreviousAttempt(err) {
			return resp, nil
		}
		if previousErr != nil && c.response.Attempts == sent { // the attempt was not sent
			return nil, c.afterFailure(err, previousErr)
		}
		delay, retry := retryDelay(c.isIdempotent(), err, attempt, c.client.config.retry)
		if !retry || !c.canResendBody() {
			return nil, err
		}
		if waitErr := c.wait(delay, err); waitErr != nil {
			return nil, waitErr
		}
		previousErr = err
	}
}

// prepare stores the request and sets its headers. If the request is not idempotent, it removes
// GetBody, because net/http resends a request that has it.
func (c *call) prepare(req *http.Request) {
	for key, values := range c.client.config.header {
		if _, ok := req.Header[key]; !ok {
			req.Header[key] = values
		}
	}
	maps.Copy(req.Header, c.header)
	c.request, c.getBody = req, req.GetBody
	if !c.isIdempotent() {
		req.GetBody = nil
	}
}

// isWrite reports whether the call may change something.
func (c *call) isWrite() bool { return c.request.Method != http.MethodGet }

// isIdempotent reports whether the request may be applied more than once.
func (c *call) isIdempotent() bool {
	return c.idempotentPost || (c.request.Method != http.MethodPost && c.request.Method != http.MethodPatch)
}

// canResendBody reports whether the body can be sent again. It is false only for a reader that the
// program passed to the generated client.
func (c *call) canResendBody() bool {
	return c.getBody != nil || c.request.Body == nil || c.request.Body == http.NoBody
}

// attempt authorizes the request, waits for the rate limit, and sends the request. The order
// matters: a token may take seconds to refresh, but a request must start when the Pacer allows it.
func (c *call) attempt() (*http.Response, error) {
	if err := c.authorize(); err != nil {
		return nil, err
	}
	start := time.Now()
	err := c.client.config.pacer.Wait(c.callerCtx)
	c.waited += time.Since(start)
	if err != nil {
		return nil, c.limitError(err)
	}
	if c.onSend != nil {
		c.onSend()
		c.onSend = nil
	}
	start = time.Now()
	resp, err := c.send()
	c.client.config.pacer.Observe(c.callerCtx, Observation{Sent: start, Limit: c.response.RateLimit, Pause: pauseAfter(&c.response)})
	if err == nil && !isSuccess(resp.StatusCode) {
		err = c.newError()
	}
	c.maybeApplied = c.maybeApplied || (c.isWrite() && attemptMaybeApplied(err))
	c.logAttempt(err, time.Since(start))
	return resp, err
}

// sender sends one attempt.
type sender struct {
	client         http.Client                                        // a copy of the program's HTTP client, with the redirect policy of checkRedirect
	redirectPolicy func(req *http.Request, via []*http.Request) error // of the program's HTTP client; may be nil
	trace          httpx.RequestTrace
}

// send sends the request once and reads the body of the response.
func (c *call) send() (*http.Response, error) {
	c.response = Response{Attempts: c.response.Attempts + 1}
	s := &sender{client: *c.client.config.http, redirectPolicy: c.client.config.http.CheckRedirect}
	s.client.CheckRedirect = s.checkRedirect
	req := s.trace.Start(c.request)
	defer s.trace.Close()
	if c.response.Attempts > 1 {
		if err := c.copyBodyAndHeader(req); err != nil {
			return nil, invalid(c.operation, "body: "+redact.Text(err.Error(), c.token))
		}
	}
	req.Header["Authorization"] = c.authorization()
	if timeout := c.client.config.timeout; timeout > 0 {
		timer := time.AfterFunc(timeout, func() { s.trace.Cancel(errAttemptTimeout) })
		defer timer.Stop()
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, c.networkError(s.trace.Err(err), s.trace.MaybeSent())
	}
	c.response.StatusCode, c.response.Header = resp.StatusCode, resp.Header
	c.response.RateLimit = parseRateLimit(resp.Header)
	c.response.Body, err = readBody(resp, c.client.config.maxBytes)
	if err != nil && isSuccess(resp.StatusCode) { // an error response has its status, even if its body is incomplete
		return nil, c.networkError(s.trace.Err(err), true)
	}
	resp.Body = http.NoBody
	return resp, nil
}

// copyBodyAndHeader replaces the body and headers of req, a shallow copy of the call's request, by
// copies. The transport may still be reading those of the previous attempt.
func (c *call) copyBodyAndHeader(req *http.Request) error {
	req.Header = req.Header.Clone()
	if c.getBody == nil {
		return nil
	}
	body, err := c.getBody()
	req.Body = body
	return err
}

// deletedByPreviousAttempt reports whether err says that the contact does not exist, and a previous
// attempt may have deleted it. If so, the call succeeds, and deletedByPreviousAttempt replaces its
// response by that of a successful delete.
func (c *call) deletedByPreviousAttempt(err error) bool {
	if c.operation != deleteContact || !c.maybeApplied || !errors.Is(err, ErrNotFound) {
		return false
	}
	c.response.StatusCode, c.response.Body = http.StatusOK, []byte(`{"succeded":true}`)
	return true
}

// decode decodes the body of a 2xx response into out.
func (c *call) decode(out any) error {
	drift, err := decodeBody(c.response.Body, out)
	if err != nil {
		return c.badResponse(fmt.Errorf("the body is %w", err))
	}
	c.response.Drift = drift
	return nil
}

// finish ends the call. It marks the error if an attempt may have been applied, stores the response
// for WithResponseInto, logs the outcome and calls the call hooks.
func (c *call) finish(err error) error {
	if err != nil && c.request == nil { // the generated client could not encode the request
		return invalid(c.operation, redact.Text(err.Error()))
	}
	if err != nil && c.maybeApplied {
		markMaybeApplied(err)
	}
	if c.into != nil {
		*c.into = c.response
	}
	if c.quiet && c.callerCtx.Err() != nil {
		return err
	}
	c.logOutcome(err)
	for _, hook := range c.client.config.hooks {
		hook(c.callerCtx, c.info(err))
	}
	return err
}

// path returns the path of the request without the token and without personal data, which a path of
// Do or Generated may contain.
func (c *call) path() string {
	return redact.Text(c.request.URL.EscapedPath(), c.token)
}

// String returns operation, method and path.
func (c *call) String() string {
	return string(c.operation) + ": " + c.request.Method + " " + c.path()
}
