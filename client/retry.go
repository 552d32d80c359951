package client

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RetryPolicy tells how often a call is attempted and how long it waits in between. What is repeated after which failure is not
// a matter of policy but of meaning: see the table in the package documentation. The zero value, given to [WithRetry], means one
// attempt.
type RetryPolicy struct {
	MaxAttempts int           // attempts in all; 0 means 1
	MinDelay    time.Duration // the first wait is up to this long, by chance; each further one up to twice as long
	MaxDelay    time.Duration // the longest wait; a call that the API asks to wait longer ends at once, with RetryAfter set
}

var defaultRetry = RetryPolicy{MaxAttempts: 3, MinDelay: 500 * time.Millisecond, MaxDelay: 30 * time.Second}

// run makes attempts until one succeeds or none is worthwhile.
func (p RetryPolicy) run(call *call, attempt func() (*http.Response, error), judge func(error) (time.Duration, bool)) (*http.Response, error) {
	var last error
	resp, err := backoff.Retry(call.ctx, func() (*http.Response, error) {
		resp, err := attempt()
		if err == nil {
			return resp, nil
		}
		last = err
		delay, again := judge(err)
		if !again {
			return nil, backoff.Permanent(err)
		}
		if delay >= 0 {
			return nil, &backoff.RetryAfterError{Duration: delay}
		}
		return nil, err
	}, backoff.WithBackOff(p.waits()), backoff.WithMaxTries(uint(max(p.MaxAttempts, 1))), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return resp, nil
	}
	if call.ctx.Err() != nil && !errors.Is(last, call.ctx.Err()) {
		last = fmt.Errorf("%w, before another attempt after: %w", call.ctx.Err(), last)
	}
	return nil, last
}

// waits returns exponential waits with full jitter: each is anything from nothing to its bound.
func (p RetryPolicy) waits() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval: p.MinDelay / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: max(p.MaxDelay, p.MinDelay) / 2,
	}
}

// ownDelay is the wait that judge returns to leave it to the policy.
const ownDelay = -1

// judge tells whether a call may be attempted again after err, and after which wait.
func (d *doer) judge(call *call, err error) (delay time.Duration, again bool) {
	if call.ctx.Err() != nil || !canRepeatBody(call.request) {
		return 0, false
	}
	if apiError, ok := errors.AsType[*Error](err); ok {
		return d.judgeStatus(call, apiError)
	}
	lost, ok := errors.AsType[*sendError](err) // something else is, for example, that there is no token
	return ownDelay, ok && lost.mayPass() && (call.operation.repeatable || !lost.reached)
}

func (d *doer) judgeStatus(call *call, apiError *Error) (delay time.Duration, again bool) {
	if apiError.RetryAfter > d.retry.MaxDelay || apiError.Response.Attempts == 0 { // the pacer has not let it start
		return 0, false
	}
	delay = ownDelay
	if apiError.RetryAfter > 0 {
		delay = apiError.RetryAfter
	}
	if apiError.StatusCode != http.StatusTooManyRequests {
		return delay, call.operation.repeatable && isTransient(apiError.StatusCode)
	}
	limit := apiError.Response.RateLimit
	if limit.DailyLimit > 0 && limit.DailyRemaining == 0 {
		return 0, false // the day is used up
	}
	delay = pauseAfter(&apiError.Response) // the pacer waits as long, for all calls at once
	return delay, true
}

// isTransient tells whether a status may be another one soon. 520 to 527 are Cloudflare's.
func isTransient(status int) bool {
	return slices.Contains([]int{408, 425, 500, 502, 503, 504}, status) || (status >= 520 && status <= 527)
}

// mayPass tells whether what kept the answer from coming may be gone soon.
func (e *sendError) mayPass() bool {
	_, distrusted := errors.AsType[*tls.CertificateVerificationError](e.cause)
	return !distrusted && !errors.Is(e.cause, ErrResponseTooLarge) && !errors.Is(e.cause, errTooManyRedirects)
}

// canRepeatBody tells whether req can be sent again. Only a caller's own reader, by way of Generated, cannot.
func canRepeatBody(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// retryAfter reads the header Retry-After: seconds or a date. What is neither, or is past, is 0; a year is the most.
func retryAfter(header http.Header) time.Duration {
	const longest = 365 * 24 * time.Hour
	text := header.Get("Retry-After")
	if date, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(date), 0), longest)
	}
	seconds, err := strconv.ParseUint(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(min(seconds, uint64(longest/time.Second))) * time.Second
}

// asksNewCreation tells whether an upsert asks for a new contact where duplicates are allowed: it cannot be repeated then.
func asksNewCreation(req *http.Request) bool {
	if req.GetBody == nil {
		return true
	}
	var upsert struct {
		Asks bool `json:"createNewIfDuplicateAllowed"`
	}
	body, err := req.GetBody()
	return err != nil || json.NewDecoder(body).Decode(&upsert) != nil || upsert.Asks
}
