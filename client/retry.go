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

	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
)

// RetryPolicy sets how many attempts a call has and how long it waits between them. It does not set
// which failures are retried: see "Retries" in the package documentation. A zero field means its
// default.
type RetryPolicy struct {
	// MaxAttempts is the number of attempts of a call, 3 by default. 1 disables retries.
	MaxAttempts int
	// MinDelay limits the first delay, 500 ms by default. A delay is chosen randomly between 0 and
	// its limit, and the limit doubles after each attempt, up to MaxDelay.
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

// delayRange is a range of durations. The delay before a retry is chosen randomly from it.
type delayRange struct{ min, max time.Duration }

// retryDelay reports whether a call may be retried after the given attempt, from 1 on, failed with
// err, and how long to wait first.
func retryDelay(idempotent bool, err error, attempt int, policy RetryPolicy) (delayRange, bool) {
	if attempt >= policy.MaxAttempts {
		return delayRange{}, false
	}
	backoff := delayRange{max: policy.MinDelay}
	for i := 1; i < attempt && backoff.max < policy.MaxDelay; i++ {
		backoff.max *= 2
	}
	backoff.max = min(backoff.max, policy.MaxDelay)
	if callErr, ok := errors.AsType[*callError](err); ok {
		return backoff, callErr.temporary && (idempotent || !callErr.attemptMaybeApplied)
	}
	apiErr, ok := errors.AsType[*Error](err)
	if !ok || errors.Is(err, ErrDailyLimit) {
		return delayRange{}, false
	}
	wait := pauseAfter(&apiErr.Response)
	if wait == 0 {
		wait = apiErr.RetryAfter
	}
	if wait > 0 {
		backoff = delayRange{min: wait, max: wait}
	}
	switch {
	case wait > policy.MaxDelay:
		return delayRange{}, false
	case apiErr.StatusCode == http.StatusTooManyRequests:
		return backoff, true
	default:
		return backoff, idempotent && isTransient(apiErr.StatusCode)
	}
}

// isTransient reports whether a request that failed with status may succeed later. The statuses
// from 520 to 527 are Cloudflare's.
func isTransient(status int) bool {
	return slices.Contains([]int{408, 425, 500, 502, 503, 504}, status) || (status >= 520 && status <= 527)
}

// attemptMaybeApplied reports whether an attempt that ended with err may have been applied, if it
// is a write.
func attemptMaybeApplied(err error) bool {
	if callErr, ok := errors.AsType[*callError](err); ok {
		return callErr.attemptMaybeApplied
	}
	apiErr, ok := errors.AsType[*Error](err)
	return ok && (apiErr.StatusCode >= http.StatusInternalServerError || apiErr.StatusCode == http.StatusRequestTimeout)
}

// wait waits before a retry after failure. It returns an error immediately if the deadline of the
// caller would expire first.
func (c *call) wait(d delayRange, failure error) error {
	duration := d.min
	if d.max > d.min {
		duration += rand.N(d.max - d.min) //nolint:gosec // jitter need not be secret
	}
	if deadline, ok := c.callerCtx.Deadline(); ok && time.Until(deadline) < duration {
		return c.afterFailure(fmt.Errorf("the retry would wait %s: %w", duration.Round(time.Millisecond), context.DeadlineExceeded), failure)
	}
	start := time.Now()
	err := ctxtime.Sleep(c.callerCtx, duration)
	c.waited += time.Since(start)
	if err != nil {
		return c.afterFailure(err, failure)
	}
	return nil
}

// afterFailure returns the error of a call that failed with failure and could not be retried
// because of err. It matches both.
func (c *call) afterFailure(err, failure error) error {
	return &callError{text: failure.Error() + "; not retried: " + err.Error(), cause: err, previousErr: failure}
}
