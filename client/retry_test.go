package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// The operations that are retried after a failure.
const (
	retriesIdempotent = "idempotent"
	retriesAll        = "all"
)

func retryAfter(value string) http.Header { return http.Header{"Retry-After": {value}} }

// TestRetry_EachOperationAfterEachFailure is the table "Retries" of the package documentation, with the
// kind of each failure. There is no Pacer, which would refuse attempts too.
func TestRetry_EachOperationAfterEachFailure(t *testing.T) {
	t.Parallel()
	daily := http.Header{"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"0"}}
	gone := `{"message":"Contact not found for id:abc"}`
	for _, failure := range []struct {
		name         string
		fails        stubResponse
		kind         client.Kind
		retried      string // "" for none of the operations
		maybeApplied bool
	}{
		{name: "refused connection", fails: stubResponse{err: syscall.ECONNREFUSED, unsent: true}, kind: client.ErrNetwork, retried: retriesAll},
		{name: "reset before the request was sent", fails: stubResponse{err: syscall.ECONNRESET, unsent: true}, kind: client.ErrNetwork, retried: retriesAll},
		{name: "reset after the request was sent", fails: stubResponse{err: syscall.ECONNRESET}, kind: client.ErrNetwork, retried: retriesIdempotent, maybeApplied: true},
		{name: "timeout", fails: stubResponse{err: context.DeadlineExceeded}, kind: client.ErrNetwork, retried: retriesIdempotent, maybeApplied: true},
		{name: "truncated body", fails: stubResponse{body: `{"contact":{"id"`, cut: true}, kind: client.ErrNetwork, retried: retriesIdempotent, maybeApplied: true},
		{name: "certificate that is not trusted", fails: stubResponse{err: &tls.CertificateVerificationError{Err: io.EOF}, unsent: true}, kind: client.ErrNetwork},
		{name: "301", fails: stubResponse{status: 301}, kind: "other"},
		{name: "400, no such contact", fails: stubResponse{status: 400, body: gone}, kind: client.ErrNotFound},
		{name: "401", fails: stubResponse{status: 401, body: `{"message":"Invalid JWT"}`}, kind: client.ErrUnauthorized},
		{name: "403, truncated", fails: stubResponse{status: 403, body: `{"mess`, cut: true}, kind: client.ErrForbidden},
		{name: "404, no such contact", fails: stubResponse{status: 404, body: gone}, kind: client.ErrNotFound},
		{name: "408", fails: stubResponse{status: 408}, kind: "other", retried: retriesIdempotent, maybeApplied: true},
		{name: "409", fails: stubResponse{status: 409}, kind: "other"},
		{name: "422", fails: stubResponse{status: 422, body: `{"message":["no"]}`}, kind: client.ErrInvalid},
		{name: "425", fails: stubResponse{status: 425}, kind: "other", retried: retriesIdempotent},
		{name: "429", fails: stubResponse{status: 429}, kind: client.ErrRateLimited, retried: retriesAll},
		{name: "429, seconds to wait", fails: stubResponse{status: 429, header: retryAfter("7")}, kind: client.ErrRateLimited, retried: retriesAll},
		{name: "429, an hour to wait", fails: stubResponse{status: 429, header: retryAfter("3600")}, kind: client.ErrRateLimited},
		{name: "429, daily limit exhausted", fails: stubResponse{status: 429, header: daily}, kind: client.ErrRateLimited},
		{name: "500", fails: stubResponse{status: 500, body: `{"message":"Internal server error"}`}, kind: client.ErrServer, retried: retriesIdempotent, maybeApplied: true},
		{name: "501", fails: stubResponse{status: 501}, kind: client.ErrServer, maybeApplied: true},
		{name: "502 with an HTML page", fails: stubResponse{status: 502, body: html}, kind: client.ErrServer, retried: retriesIdempotent, maybeApplied: true},
		{name: "503", fails: stubResponse{status: 503, header: retryAfter("1")}, kind: client.ErrServer, retried: retriesIdempotent, maybeApplied: true},
		{name: "504", fails: stubResponse{status: 504}, kind: client.ErrServer, retried: retriesIdempotent, maybeApplied: true},
		{name: "519", fails: stubResponse{status: 519}, kind: client.ErrServer, maybeApplied: true},
		{name: "520", fails: stubResponse{status: 520}, kind: client.ErrServer, retried: retriesIdempotent, maybeApplied: true},
		{name: "527", fails: stubResponse{status: 527}, kind: client.ErrServer, retried: retriesIdempotent, maybeApplied: true},
		{name: "528", fails: stubResponse{status: 528}, kind: client.ErrServer, maybeApplied: true},
		{name: "2xx with an HTML page", fails: ok(html), kind: client.ErrBadResponse, maybeApplied: true},
		{name: "2xx that is too large", fails: ok(strings.Repeat(" ", 1001)), kind: client.ErrResponseTooLarge, maybeApplied: true},
		{name: "200 that reports a failure", fails: ok(`{"succeded":"false","contact":{"id":"abc"},"contacts":[]}`), kind: client.ErrServer, maybeApplied: true},
		{name: "201 that reports a failure", fails: stubResponse{status: 201, body: `{"succeded":true,"succeeded":false}`}, kind: client.ErrServer, maybeApplied: true},
	} {
		for _, operation := range allOperations {
			synctest.Test(t, func(t *testing.T) {
				lasting := []stubResponse{failure.fails}
				if failure.retried == retriesAll || (failure.retried == retriesIdempotent && operation.idempotent) {
					c, passing := script(t, []stubResponse{failure.fails, everything}, retries)
					var response client.Response
					if err := operation.call(t.Context(), c, client.WithResponseInto(&response)); err != nil || response.Attempts != 2 {
						t.Errorf("%s, %s once: got %v after %d attempts, want success after 2", operation.name, failure.name, err, response.Attempts)
					}
					if len(passing.sent) == 2 && passing.sent[0] != passing.sent[1] {
						t.Errorf("%s was retried as %s", passing.sent[0], passing.sent[1])
					}
					lasting = slices.Repeat(lasting, 3)
				}
				c, _ := script(t, lasting, retries, client.WithMaxResponseBytes(1000))
				err := operation.call(t.Context(), c)
				checkOneKind(t, err)
				if client.KindOf(err) != failure.kind || errors.Is(err, client.ErrMaybeApplied) != (operation.write && failure.maybeApplied) ||
					strings.Contains(err.Error(), client.ErrMaybeApplied.Error()) != errors.Is(err, client.ErrMaybeApplied) {
					t.Errorf("%s, %s: got %v, want %s, ErrMaybeApplied: %v", operation.name, failure.name, err, failure.kind, operation.write && failure.maybeApplied)
				}
			})
		}
	}
}

// timed returns the result of a call in a synctest bubble, and how long it took.
func timed(call func() error) (time.Duration, error) {
	start := time.Now()
	err := call()
	return time.Since(start), err
}

func TestRetry_Delays(t *testing.T) {
	limits := http.Header{"X-Ratelimit-Max": {"5"}, "X-Ratelimit-Remaining": {"5"}, "X-Ratelimit-Interval-Milliseconds": {"3000"}}
	implausible := http.Header{"X-Ratelimit-Max": {"1"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Interval-Milliseconds": {"1000000000"}}
	for _, test := range []struct {
		name string
		fail stubResponse
		want time.Duration
	}{
		{"503, seconds to wait", stubResponse{status: 503, header: retryAfter("7")}, 7 * time.Second},
		{"503, nothing to wait", stubResponse{status: 503, header: retryAfter("0")}, 0},
		{"429, seconds to wait", stubResponse{status: 429, header: retryAfter("7")}, 7 * time.Second},
		{"429, nothing to wait", stubResponse{status: 429, header: retryAfter("0")}, 0},
		{"429, as long as MaxDelay", stubResponse{status: 429, header: retryAfter("30")}, 30 * time.Second},
		{"429, no header", stubResponse{status: 429}, 10 * time.Second},
		{"429, an interval", stubResponse{status: 429, header: limits}, 3 * time.Second},
		{"429, an implausible interval", stubResponse{status: 429, header: implausible}, 10 * time.Second},
	} {
		for _, pacer := range []func() client.Pacer{func() client.Pacer { return client.Unpaced{} }, func() client.Pacer { return client.NewPacer(0, 0) }} {
			synctest.Test(t, func(t *testing.T) {
				c, _ := script(t, []stubResponse{test.fail, everything}, retries, client.WithPacer(pacer()))
				if took, err := timed(func() error { return c.Contacts.Delete(t.Context(), "abc") }); err != nil || took != test.want {
					t.Errorf("%s: got %v after %v, want success after %v", test.name, err, took, test.want)
				}
			})
		}
	}
}

// TestRetry_Backoff makes calls with many random delays. Each delay is chosen up to a limit that doubles.
func TestRetry_Backoff(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		policy client.RetryPolicy
		limits []time.Duration // of the delays
	}{
		{client.RetryPolicy{}, []time.Duration{500 * time.Millisecond, time.Second}},
		{client.RetryPolicy{MaxAttempts: 1}, nil},
		{client.RetryPolicy{MinDelay: time.Minute}, []time.Duration{30 * time.Second, 30 * time.Second}},
		{client.RetryPolicy{MaxAttempts: 5, MinDelay: time.Second, MaxDelay: 5 * time.Second}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			longest, shortest := make([]time.Duration, len(test.limits)), slices.Clone(test.limits)
			for range 100 {
				var last time.Time
				attempt := 0
				c := newClient(t, roundTrip(func(*http.Request) (*http.Response, error) {
					if attempt > 0 {
						delay := time.Since(last)
						longest[attempt-1], shortest[attempt-1] = max(longest[attempt-1], delay), min(shortest[attempt-1], delay)
					}
					attempt, last = attempt+1, time.Now()
					return nil, syscall.ECONNREFUSED
				}), client.WithRetry(test.policy))
				if err := errOf(c.Contacts.Get(t.Context(), "abc")); !errors.Is(err, syscall.ECONNREFUSED) || attempt != len(test.limits)+1 {
					t.Fatalf("got %v after %d attempts", err, attempt)
				}
			}
			for i, limit := range test.limits {
				if longest[i] > limit || longest[i] < limit*8/10 || shortest[i] > limit*2/10 {
					t.Errorf("%+v, delay %d: got %v to %v, want 0 to %v", test.policy, i+1, shortest[i], longest[i], limit)
				}
			}
		})
	}
}

// TestRetry_AfterBeyondMaxDelay has delays that are too long to wait. No header asks for more than an
// hour.
func TestRetry_AfterBeyondMaxDelay(t *testing.T) {
	for value, want := range map[string]time.Duration{"31": 31 * time.Second, "99999999": time.Hour} {
		for _, status := range []int{429, 503} {
			synctest.Test(t, func(t *testing.T) {
				c, _ := script(t, []stubResponse{{status: status, header: retryAfter(value)}}, retries)
				took, err := timed(func() error { return c.Contacts.Delete(t.Context(), "abc") })
				apiErr, ok := errors.AsType[*client.Error](err)
				if !ok || apiErr.RetryAfter != want || took != 0 || !strings.Contains(err.Error(), "(retry after "+want.String()+")") {
					t.Errorf("%d, %s: got %v after %v, want RetryAfter %v immediately", status, value, err, took, want)
				}
			})
		}
	}
}

// TestRetry_DeadlineBeforeTheWait checks that no wait starts that cannot end before the deadline, and
// that the error has the kind of the failure.
func TestRetry_DeadlineBeforeTheWait(t *testing.T) {
	for status, kind := range map[int]client.Kind{429: client.ErrRateLimited, 503: client.ErrServer} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := script(t, []stubResponse{{status: status, header: retryAfter("20")}}, retries)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			took, err := timed(func() error { return c.Contacts.Delete(ctx, "abc") })
			checkOneKind(t, err)
			if took != 0 || !errors.Is(err, context.DeadlineExceeded) || client.KindOf(err) != kind || !strings.Contains(err.Error(), "20") {
				t.Errorf("got %v (%s) after %v, want the deadline, %s and the wait", err, client.KindOf(err), took, kind)
			}
		})
	}
}

// TestContactsService_Delete_Retried retries a delete that finds no contact.
func TestContactsService_Delete_Retried(t *testing.T) {
	notFound := stubResponse{status: 400, body: `{"error":"Contact with id abc not found","status":400}`}
	for name, test := range map[string]struct {
		first, last stubResponse
		want        error
	}{
		"after a 502":                        {stubResponse{status: 502}, notFound, nil},
		"after a 502, plain text":            {stubResponse{status: 502}, stubResponse{status: 400, body: "Contact not found"}, nil},
		"after a truncated success":          {stubResponse{status: 200, cut: true}, notFound, nil},
		"after an attempt that was not sent": {stubResponse{err: syscall.ECONNREFUSED, unsent: true}, notFound, client.ErrNotFound},
		"after a 429":                        {stubResponse{status: 429}, notFound, client.ErrNotFound},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := script(t, []stubResponse{test.first, test.last}, retries)
			var response client.Response
			err := c.Contacts.Delete(t.Context(), "abc", client.WithResponseInto(&response))
			if !errors.Is(err, test.want) || response.Attempts != 2 || (err == nil && response.StatusCode != http.StatusOK) {
				t.Errorf("%s: got %v, %v, want %v after 2 attempts", name, err, response, test.want)
			}
			c, _ = script(t, []stubResponse{test.first, test.last}, retries) // another program deleted the contact
			if _, err := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{}); !errors.Is(err, client.ErrNotFound) {
				t.Errorf("%s: update: got %v, want ErrNotFound", name, err)
			}
		})
	}
}

// TestRetry_Connections calls servers that cannot be reached.
func TestRetry_Connections(t *testing.T) {
	t.Parallel()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for address, attempts := range map[string]int{untrusted.URL: 1, closed.URL: 3} {
		c := newClient(t, &http.Transport{}, client.WithBaseURL(address), quickRetries)
		var response client.Response
		_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{}, client.WithResponseInto(&response))
		if !errors.Is(err, client.ErrNetwork) || errors.Is(err, client.ErrMaybeApplied) || response.Attempts != attempts {
			t.Errorf("got %v after %d attempts, want nothing applied after %d", err, response.Attempts, attempts)
		}
		if (err != nil && strings.Contains(err.Error(), "refused")) != (address == closed.URL) || (attempts == 3 && !strings.Contains(err.Error(), "127.0.0.1:")) {
			t.Errorf("got %v, want the cause and the address", err)
		}
	}
}

func TestWithTimeout(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]roundTrip{
		"response": func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		},
		"body": func(req *http.Request) (*http.Response, error) {
			body, never := io.Pipe()
			context.AfterFunc(req.Context(), func() { never.CloseWithError(context.Canceled) })
			return &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Body: body, Request: req}, nil
		},
	} {
		for timeout, options := range map[time.Duration][]client.Option{30 * time.Second: nil, 2 * time.Second: {client.WithTimeout(2 * time.Second)}} {
			for _, operation := range allOperations {
				synctest.Test(t, func(t *testing.T) {
					c := newClient(t, transport, append(options, client.WithRetry(client.RetryPolicy{MaxAttempts: 2, MinDelay: 1, MaxDelay: 1}))...)
					took, err := timed(func() error { return operation.call(t.Context(), c) })
					want := timeout
					if operation.idempotent {
						want *= 2
					}
					if took < want || took > want+time.Second || !errors.Is(err, client.ErrNetwork) || errors.Is(err, context.Canceled) ||
						errors.Is(err, client.ErrMaybeApplied) != operation.write || !strings.Contains(err.Error(), "timed out") {
						t.Errorf("%s, %s: got %v after %v, want ErrNetwork after %v", name, operation.name, err, took, want)
					}
				})
			}
		}
	}
}
