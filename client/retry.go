package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// RetryPolicy sets how many attempts a call has and how long it waits between them. Which failures
// are retried is fixed: see "Retries" in the package documentation. A zero field means its default.
type RetryPolicy struct {
	// MaxAttempts is the number of attempts of a call, 3 by default. 1 disables retries.
	MaxAttempts int
	// MinDelay is the upper bound of the first delay, which is chosen randomly; 500 ms by default.
	// The bound doubles after each attempt.
	MinDelay time.Duration
	// MaxDelay is the longest delay, 30 s by default. A call that the API asks to wait longer fails
	// immediately, with Error.RetryAfter set.
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

// delay is how long to wait before a retry: at least min, and up to max, chosen randomly.
type delay struct{ min, max time.Duration }

// retryDelay reports whether a call may be retried after attempt failed with err, and how long to
// wait first. The operation is retryable if it may be applied twice.
func retryDelay(retryable bool, err error, attempt int, policy RetryPolicy) (delay, bool) {
	if attempt >= policy.MaxAttempts {
		return delay{}, false
	}
	backoff := delay{max: policy.MinDelay}
	for i := 1; i < attempt && backoff.max < policy.MaxDelay; i++ {
		backoff.max *= 2
	}
	backoff.max = min(backoff.max, policy.MaxDelay)
	if callErr, ok := errors.AsType[*callError](err); ok {
		return backoff, callErr.temporary && (retryable || !callErr.doubtful)
	}
	apiErr, ok := errors.AsType[*Error](err)
	if !ok || errors.Is(err, ErrDailyLimit) {
		return delay{}, false
	}
	wait := pauseAfter(&apiErr.Response)
	if wait == 0 {
		wait = apiErr.RetryAfter
	}
	if wait > 0 {
		backoff = delay{min: wait, max: wait}
	}
	switch {
	case wait > policy.MaxDelay:
		return delay{}, false
	case apiErr.StatusCode == http.StatusTooManyRequests:
		return backoff, true
	default:
		return backoff, retryable && isTransient(apiErr.StatusCode)
	}
}

// isTransient reports whether a request that got this status may succeed later. The statuses from
// 520 to 527 are Cloudflare's.
func isTransient(status int) bool {
	return slices.Contains([]int{408, 425, 500, 502, 503, 504}, status) || (status >= 520 && status <= 527)
}

// leavesDoubt reports whether a write that ended with err may have been applied.
func leavesDoubt(err error) bool {
	if callErr, ok := errors.AsType[*callError](err); ok {
		return callErr.doubtful
	}
	apiErr, ok := errors.AsType[*Error](err)
	return ok && (apiErr.StatusCode >= http.StatusInternalServerError || apiErr.StatusCode == http.StatusRequestTimeout)
}

// wait waits before a retry after cause. It does not start to wait if the deadline of the caller
// comes first.
func (c *call) wait(d delay, cause error) error {
	duration := d.min
	if d.max > d.min {
		duration += rand.N(d.max - d.min) //nolint:gosec // jitter need not be secret
	}
	if deadline, ok := c.caller.Deadline(); ok && time.Until(deadline) < duration {
		return c.afterFailure(fmt.Errorf("the retry would wait %s: %w", duration.Round(time.Millisecond), context.DeadlineExceeded), cause)
	}
	timer := time.NewTimer(duration)
	defer timer.Stop()
	start := time.Now()
	defer func() { c.waited += time.Since(start) }()
	select {
	case <-timer.C:
		return nil
	case <-c.caller.Done():
		return c.afterFailure(c.caller.Err(), cause)
	}
}

// afterFailure returns the error of a call that could not be retried because of err after it failed
// with failure. It matches both.
func (c *call) afterFailure(err, failure error) error {
	return &callError{text: failure.Error() + "; not retried: " + err.Error(), cause: err, earlier: failure}
}
