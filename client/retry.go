package client

import (
	"cmp"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

// RetryPolicy sets how many attempts a call has and how long it waits between them. It does not set
// which failures are retried: see "Retries" in the package documentation. A zero field means its
// default.
type RetryPolicy struct {
	// MaxAttempts is the number of attempts of a call, 3 by default. 1 disables retries, except the
	// one with a new token after a 401.
	MaxAttempts int
	// MinDelay is the limit of the first delay, 500 ms by default. The limit doubles after each
	// attempt, up to MaxDelay. Each delay is random, between 0 and its limit.
	MinDelay time.Duration
	// MaxDelay is the longest delay, 30 s by default. If the API asks for a longer delay, the call
	// fails immediately with Error.RetryAfter set.
	MaxDelay time.Duration
}

var defaultRetry = RetryPolicy{MaxAttempts: 3, MinDelay: 500 * time.Millisecond, MaxDelay: 30 * time.Second}

func (p RetryPolicy) withDefaults() RetryPolicy {
	return RetryPolicy{
		MaxAttempts: cmp.Or(p.MaxAttempts, defaultRetry.MaxAttempts),
		MinDelay:    cmp.Or(p.MinDelay, defaultRetry.MinDelay),
		MaxDelay:    cmp.Or(p.MaxDelay, defaultRetry.MaxDelay),
	}
}

// retryDelay reports whether a call of op may be retried after the given attempt, from 1 on, failed
// with err, and returns how long to wait first.
func retryDelay(op operation, err *Error, attempt int, policy RetryPolicy) (time.Duration, bool) {
	if attempt >= policy.MaxAttempts || !isRetryable(op, err) {
		return 0, false
	}
	if delay, ok := requestedDelay(&err.Response); ok {
		return delay, delay <= policy.MaxDelay
	}
	limit := httpx.Backoff(policy.MinDelay, policy.MaxDelay, attempt)
	return rand.N(max(limit, 1)), true //nolint:gosec // jitter need not be secret
}

// isRetryable reports whether a request of op that failed with err may succeed later and may be sent
// again.
func isRetryable(op operation, err *Error) bool {
	switch {
	case errors.Is(err, ErrDailyLimit):
		return false
	case err.StatusCode == http.StatusTooManyRequests:
		return true
	case err.Kind == ErrNetwork:
		_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
		return !untrusted && (op.idempotent || !err.MaybeApplied)
	}
	return op.idempotent && isTransient(err.StatusCode)
}

// isTransient reports whether a request that failed with status may succeed later. The statuses
// from 520 to 527 are Cloudflare's.
func isTransient(status int) bool {
	return slices.Contains([]int{408, 425, 500, 502, 503, 504}, status) || (status >= 520 && status <= 527)
}

// statusMaybeApplied reports whether a write that failed with status may have been applied.
func statusMaybeApplied(status int) bool {
	return isSuccess(status) || status == http.StatusRequestTimeout || status >= http.StatusInternalServerError
}

// requestedDelay returns the delay before the next request that a response asks for, and whether it
// asks for one. A response with status 429 that does not say how long asks for one interval.
func requestedDelay(response *Response) (time.Duration, bool) {
	delay, ok := httpx.RetryAfter(response.Header)
	if !ok && response.StatusCode == http.StatusTooManyRequests {
		return response.RateLimit.interval(), true
	}
	return delay, ok
}
