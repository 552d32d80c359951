package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// operation describes an operation of the API: what it is called, and how its failures are handled.
type operation struct {
	name               string // method that the program calls
	read               bool   // the operation changes nothing
	idempotent         bool   // the operation may be applied more than once
	goneIsSuccess      bool   // a retry that finds no contact is a success
	notFoundIsExpected bool   // programs use the operation to find out whether a contact exists
	has404             bool   // 404 means that the resource does not exist, not that there is no such route
}

// The operations. The table "Retries" in the package documentation has their retry rules.
var (
	getContact     = operation{name: "Contacts.Get", read: true, idempotent: true, notFoundIsExpected: true}
	createContact  = operation{name: "Contacts.Create"}
	updateContact  = operation{name: "Contacts.Update", idempotent: true}
	upsertContact  = operation{name: "Contacts.Upsert", idempotent: true} // see AlwaysCreates
	deleteContact  = operation{name: "Contacts.Delete", idempotent: true, goneIsSuccess: true}
	listContacts   = operation{name: "Contacts.List", read: true, idempotent: true}
	listByBusiness = operation{name: "Contacts.ListByBusiness", read: true, idempotent: true}
	searchContacts = operation{name: "Contacts.Search", read: true, idempotent: true}
	findDuplicate  = operation{name: "Contacts.FindDuplicate", read: true, idempotent: true, notFoundIsExpected: true}
	addTags        = operation{name: "Contacts.AddTags", idempotent: true}
	removeTags     = operation{name: "Contacts.RemoveTags", idempotent: true}
	getFields      = operation{name: "Contacts.CustomFields", read: true, idempotent: true}
	doOperation    = operation{name: "Do", has404: true}         // read and idempotent depend on the method
	generated      = operation{name: "Generated", has404: false} // as above
)

// withMethod returns op with the rules of an HTTP method.
func (op operation) withMethod(method string) operation {
	op.read = method == http.MethodGet || method == http.MethodHead
	op.idempotent = op.read || method == http.MethodPut || method == http.MethodDelete
	return op
}

// OperationFromContext returns the operation of the call to which a request belongs, such as
// "Contacts.Get", and whether ctx is the context of such a request. An HTTP transport can use it to
// name spans and metrics.
func OperationFromContext(ctx context.Context) (string, bool) {
	name, ok := ctx.Value(operationKey{}).(string)
	return name, ok
}

type operationKey struct{}

// call holds the state of one API call across its attempts.
type call struct {
	client       *Client
	op           operation
	options      callConfig
	ctx          context.Context //nolint:containedctx // the caller's; a call ends when its method returns
	request      *http.Request   // template of the attempts, without a body
	body         []byte          // body of the request; nil if there is none
	started      time.Time
	waited       time.Duration // time spent waiting for the rate limit and between attempts
	token        string        // token of the latest attempt
	maybeApplied bool          // an attempt of a write may have been applied
	response     Response      // response of the latest attempt
}

// send sends req, unless the arguments of the method or the request are invalid, and decodes the
// response into result, unless result is nil.
func (c *Client) send(ctx context.Context, op operation, req *http.Request, argErr error, result any, opts []CallOption) error {
	if argErr != nil {
		return invalid(op, argErr)
	}
	call, err := c.newCall(ctx, op, req, opts)
	if err != nil {
		return err
	}
	failure := call.attempts()
	if failure == nil && result != nil {
		failure = call.decode(result)
	}
	if into := call.options.into; into != nil {
		*into = call.response
	}
	call.report(failure)
	if failure != nil {
		return failure
	}
	return nil
}

// newCall returns a call that sends req.
func (c *Client) newCall(ctx context.Context, op operation, req *http.Request, opts []CallOption) (*call, error) {
	call := &call{client: c, op: op, ctx: ctx, options: callConfig{header: req.Header}, started: time.Now()}
	if err := apply(&call.options, opts); err != nil {
		return nil, invalid(op, err)
	}
	call.op.read = op.read || call.options.readOnly
	call.op.idempotent = op.idempotent || call.options.readOnly || call.options.idempotent
	if req.Body != nil {
		var err error
		if call.body, err = io.ReadAll(req.Body); err != nil {
			return nil, invalid(op, fmt.Errorf("body: %w", err))
		}
	}
	if query, _ := url.QueryUnescape(req.URL.RawQuery); !utf8.ValidString(query) {
		return nil, invalid(op, errors.New("query"+invalidText))
	}
	for key, values := range c.config.header {
		if _, ok := req.Header[key]; !ok {
			req.Header[key] = values
		}
	}
	call.request = req.WithContext(context.WithValue(ctx, operationKey{}, op.name))
	return call, nil
}

// attempts sends the request, and retries it as its operation and the retry policy allow. On
// success, c.response holds the response.
func (c *call) attempts() *Error {
	var previous *Error
	tokenReplaced := false
	for attempt := 1; ; attempt++ {
		sent, failure := c.attempt()
		if !tokenReplaced && c.client.invalidate != nil && rejectsToken(failure) {
			tokenReplaced = true
			c.client.invalidate(c.token)
			sent, failure = c.attempt()
		}
		switch {
		case failure == nil:
			return nil
		case !sent && previous != nil:
			return previous.notRetried(failure)
		case !sent:
			return failure
		case c.op.goneIsSuccess && c.maybeApplied && failure.Kind == ErrNotFound: // a previous attempt deleted it
			c.response.StatusCode, c.response.Body = http.StatusOK, []byte(`{"succeeded":true}`)
			return nil
		}
		delay, retry := retryDelay(c.op, failure, attempt, c.client.config.retry)
		if !retry {
			return failure
		}
		if err := c.wait(delay); err != nil {
			return failure.notRetried(err)
		}
		previous = failure
	}
}

// attempt authorizes the request, waits for the rate limit, and sends the request. The order
// matters: a token may take seconds to refresh, but a request must start when the Pacer allows it.
// It reports whether the request was sent.
func (c *call) attempt() (sent bool, failure *Error) {
	token, err := c.client.token(c.ctx)
	if err != nil {
		return false, c.unsentError("token source", err)
	}
	if err := checkToken(token); err != nil {
		return false, invalid(c.op, fmt.Errorf("token source: %w", err))
	}
	c.token = token
	start := time.Now()
	err = c.client.config.pacer.Wait(c.ctx)
	c.waited += time.Since(start)
	if err != nil {
		return false, c.unsentError("waiting for the rate limit", err)
	}
	if c.options.onSend != nil {
		c.options.onSend()
		c.options.onSend = nil
	}
	start = time.Now()
	requests, failure := c.roundTrip()
	observation := Observation{Sent: start, Extra: max(requests-1, 0), Limit: c.response.RateLimit}
	if c.response.StatusCode == http.StatusTooManyRequests {
		observation.Pause, _ = requestedDelay(&c.response)
	}
	c.client.config.pacer.Observe(c.ctx, observation)
	c.logAttempt(failure, time.Since(start))
	return true, failure
}

// roundTrip sends the request once and reads the response. It returns the number of requests that
// net/http may have sent, which also follows redirects.
func (c *call) roundTrip() (requests int, failure *Error) {
	c.response = Response{Attempts: c.response.Attempts + 1}
	req, trace := httpx.Trace(c.request)
	defer trace.Close()
	req.Header = c.request.Header.Clone() // net/http adds cookies to it, and may still be reading that of the previous attempt
	req.Header["Authorization"] = []string{"Bearer " + c.token}
	c.setBody(req)
	if timeout := c.client.config.timeout; timeout > 0 {
		timer := time.AfterFunc(timeout, func() { trace.Cancel(errAttemptTimeout) })
		defer timer.Stop()
	}
	httpClient := *c.client.config.http
	httpClient.CheckRedirect = redirectPolicy(httpClient.CheckRedirect, trace)
	resp, err := httpClient.Do(req)
	if err != nil {
		cause := trace.Err(err)
		return trace.Requests(), c.networkError(cause, trace.MaybeSent() && !httpx.NotProcessed(cause))
	}
	c.response.StatusCode, c.response.Header = resp.StatusCode, resp.Header
	c.response.RateLimit = parseRateLimit(resp.Header)
	c.response.Body, err = readBody(resp, c.client.config.maxBytes)
	switch {
	case err != nil && isSuccess(resp.StatusCode): // an error response has its status, even if its body is incomplete
		return trace.Requests(), c.networkError(trace.Err(err), true)
	case !isSuccess(resp.StatusCode) || reportsFailure(c.response.Body):
		c.maybeApplied = c.maybeApplied || (!c.op.read && statusMaybeApplied(resp.StatusCode))
		failure = newError(c.op, req.Method, c.path(), c.response, c.token, c.maybeApplied)
	}
	return trace.Requests(), failure
}

// setBody sets the body of an attempt. It leaves GetBody unset, and gives a write without a body an
// empty one, because net/http resends a request that it can rewind. Net/http sends no header for an
// empty body whose encoding is identity; otherwise it would send chunks if it reads the body late.
func (c *call) setBody(req *http.Request) {
	req.Body, req.GetBody, req.ContentLength = nil, nil, int64(len(c.body))
	switch {
	case len(c.body) > 0:
		req.Body = io.NopCloser(bytes.NewReader(c.body))
	case !c.op.read:
		req.Body, req.TransferEncoding = io.NopCloser(bytes.NewReader(nil)), []string{"identity"}
	}
}

type checkRedirect = func(req *http.Request, via []*http.Request) error

// redirectPolicy returns a CheckRedirect function that follows only a redirect of a GET to the same
// scheme and host, if policy allows it too. Any other redirect is returned as the response.
func redirectPolicy(policy checkRedirect, trace *httpx.RequestTrace) checkRedirect {
	const maxRedirects = 10
	return func(req *http.Request, via []*http.Request) error {
		first := via[0]
		sameHost := req.URL.Scheme == first.URL.Scheme && req.URL.Host == first.URL.Host
		if first.Method != http.MethodGet || !sameHost || len(via) > maxRedirects {
			return http.ErrUseLastResponse
		}
		trace.NextHop()
		if policy != nil {
			return policy(req, via)
		}
		return nil
	}
}

// wait waits before a retry. It returns an error immediately if the deadline of the caller would
// expire first.
func (c *call) wait(delay time.Duration) error {
	if deadline, ok := c.ctx.Deadline(); ok && time.Until(deadline) < delay {
		return fmt.Errorf("the retry would wait %s: %w", delay.Round(time.Millisecond), context.DeadlineExceeded)
	}
	start := time.Now()
	err := ctxtime.Sleep(c.ctx, delay)
	c.waited += time.Since(start)
	return err
}

// decode decodes the body of a 2xx response into result.
func (c *call) decode(result any) *Error {
	drift, err := decodeBody(c.response.Body, result)
	c.response.Drift = drift
	if err == nil {
		return nil
	}
	c.maybeApplied = c.maybeApplied || !c.op.read
	kind, ok := errors.AsType[Kind](err)
	if !ok {
		kind = ErrBadResponse
		err = fmt.Errorf("%w (content type %q, %d bytes)", err, c.response.Header.Get("Content-Type"), len(c.response.Body))
	}
	failure := c.newFailure(kind, err)
	failure.StatusCode = c.response.StatusCode
	return failure
}

// path returns the path of the request. It masks elements that may hold private data, which a path
// of Do or Generated can contain.
func (c *call) path() string {
	elements := strings.Split(c.request.URL.EscapedPath(), "/")
	for i, element := range elements {
		elements[i] = redact.Value(element, c.token)
	}
	return strings.Join(elements, "/")
}

// newFailure returns the error of a call that failed because of cause, which is not a response, or
// nil.
func (c *call) newFailure(kind Kind, cause error) *Error {
	failure := &Error{
		Kind: kind, Operation: c.op.name, Method: c.request.Method, Path: c.path(), MaybeApplied: c.maybeApplied, Response: c.response,
	}
	if !errors.Is(kind, cause) {
		failure.Err = redact.Error(cause, c.token)
	}
	return failure
}

// unsentError returns the error of an attempt that was not sent because of an error of the
// TokenSource or the Pacer. If the cause is or wraps an [*Error], it has the kind of that error.
func (c *call) unsentError(source string, cause error) *Error {
	failure := c.newFailure(KindOf(cause), fmt.Errorf("%s: %w", source, cause))
	if apiErr, ok := errors.AsType[*Error](cause); ok {
		failure.RetryAfter = apiErr.RetryAfter
		if cause == error(apiErr) { //nolint:errorlint // an error of the Pacer needs no other error around it
			failure.Err, failure.Messages = redact.Error(apiErr.Err, c.token), apiErr.Messages
		}
	}
	return failure
}

// networkError returns the error of an attempt that received no complete response because of cause.
func (c *call) networkError(cause error, maybeApplied bool) *Error {
	c.maybeApplied = c.maybeApplied || (!c.op.read && maybeApplied)
	kind := ErrNetwork
	switch ctxErr := c.ctx.Err(); {
	case ctxErr != nil:
		kind = KindOf(ctxErr)
		if !errors.Is(cause, ctxErr) { // the cause of a context.WithCancelCause
			cause = fmt.Errorf("%w: %w", ctxErr, cause)
		}
	case errors.Is(cause, ErrResponseTooLarge):
		kind = ErrResponseTooLarge
	}
	return c.newFailure(kind, cause)
}

// invalid returns the error of arguments that were rejected before any request, because of cause.
func invalid(op operation, cause error) *Error {
	return &Error{Kind: ErrInvalid, Operation: op.name, Err: redact.Error(cause)}
}

// errAttemptTimeout is the cause of an attempt that took longer than WithTimeout allows. It is a
// timeout, as net.Error defines it.
var errAttemptTimeout = fmt.Errorf("the attempt timed out (see WithTimeout): %w", os.ErrDeadlineExceeded)
