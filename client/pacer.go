package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// A Pacer limits the rate of requests. Its methods are called by many goroutines concurrently.
type Pacer interface {
	// Wait returns nil when a request may start, and the error of ctx when ctx is canceled first. If
	// no request may start before the deadline of ctx, it returns an error that matches
	// [context.DeadlineExceeded] without waiting. If Wait returns an error, the request is not sent.
	// If it is an [*Error], the client adds the operation, method and path.
	Wait(ctx context.Context) error
	// Observe is called after each request, whether or not a response was received.
	Observe(ctx context.Context, o Observation)
}

// An Observation describes a request that has ended, for [Pacer.Observe].
type Observation struct {
	Sent  time.Time     // time when the request was sent, after Wait had returned
	Extra int           // number of requests that net/http sent besides it, to follow redirects or on another connection
	Limit RateLimit     // limit in the headers of the response; Known is false if no response was received
	Pause time.Duration // time during which no request should start, after a response with status 429; otherwise 0
}

// Unpaced is a [Pacer] that never waits. Use it if something else limits the rate of requests.
type Unpaced struct{}

// Wait returns ctx.Err() without waiting.
func (Unpaced) Wait(ctx context.Context) error { return ctx.Err() }

// Observe does nothing.
func (Unpaced) Observe(context.Context, Observation) {}

// A PacerOption configures the [Pacer] of [NewPacer].
type PacerOption func(*windowPacer)

// WithShare restricts the Pacer to a share of the limit, a number above 0 and up to 1. Use 1.0/n if
// n processes send requests for the same location, each with a Pacer of its own. The share applies
// to the limit passed to [NewPacer] and to the limit that the API reports. At least one request per
// interval is allowed. A share outside of this range is an error of [New].
func WithShare(share float64) PacerOption {
	return func(p *windowPacer) {
		if p.share = share; !(share > 0 && share <= 1) {
			p.invalid = fmt.Errorf("WithShare: %v is not above 0 and at most 1", share)
		}
	}
}

// NewPacer returns a [Pacer] that allows at most the given number of requests in any period that is
// as long as interval, and then follows the limit that the API reports. Requests start in the order
// in which Wait was called. If requests is 0, it is 100; if interval is 0, it is 10 seconds. Other
// invalid arguments are errors of [New], and of Wait.
//
// If the API counts requests of other processes, the Pacer allows fewer of its own. Clients that
// share a limit should share one Pacer. See "Rate limiting" in the package documentation.
func NewPacer(requests int, interval time.Duration, opts ...PacerOption) Pacer {
	p := &windowPacer{
		requests: cmp.Or(requests, ratelimit.DefaultRequests), interval: cmp.Or(interval, ratelimit.DefaultInterval), share: 1,
	}
	if requests < 0 || interval < 0 || interval > ratelimit.Day {
		p.invalid = fmt.Errorf("NewPacer: %d requests per %v: use positive numbers, and an interval of at most a day", requests, interval)
	}
	for _, opt := range opts {
		if opt == nil {
			p.invalid = errors.New("NewPacer: a PacerOption is nil")
			continue
		}
		opt(p)
	}
	return p
}

// RateLimit is the rate limit that the API reports in the headers of a response. Known is false and
// the other fields are zero if the response has no such headers.
type RateLimit struct {
	Known          bool
	Max            int           // requests allowed in each Interval; 0 if the API did not report it
	Remaining      int           // requests left in the current Interval; meaningful only if Max is not 0
	Interval       time.Duration // usually 10 seconds
	DailyLimit     int           // requests allowed per day; 0 if the API did not report it
	DailyRemaining int           // requests left today; meaningful only if DailyLimit is not 0
	DailyReset     time.Duration // time until DailyRemaining is reset; 0 if the API did not report a plausible value
}

// parseRateLimit reads the rate limit from the headers of a response. It ignores a header that is
// not a number.
func parseRateLimit(header http.Header) RateLimit {
	maximum, okMax := headerInt(header, "X-Ratelimit-Max")
	remaining, okRemaining := headerInt(header, "X-Ratelimit-Remaining")
	interval, okInterval := headerInt(header, "X-Ratelimit-Interval-Milliseconds")
	dailyLimit, okDaily := headerInt(header, "X-Ratelimit-Limit-Daily")
	dailyRemaining, okDailyRemaining := headerInt(header, "X-Ratelimit-Daily-Remaining")
	var limit RateLimit
	if okMax && okRemaining && okInterval {
		limit.Known, limit.Max, limit.Remaining = true, maximum, remaining
		limit.Interval = time.Duration(interval) * time.Millisecond
	}
	if okDaily && okDailyRemaining {
		limit.Known, limit.DailyLimit, limit.DailyRemaining = true, dailyLimit, dailyRemaining
		reset, _ := headerInt(header, "X-Ratelimit-Daily-Reset") // undocumented
		if reset := time.Duration(reset) * time.Millisecond; reset <= ratelimit.Day {
			limit.DailyReset = reset
		}
	}
	return limit
}

// headerInt reads a header that holds a number from 0 to a billion. The key must be canonical.
func headerInt(header http.Header, key string) (int, bool) {
	values := header[key]
	if len(values) == 0 {
		return 0, false
	}
	number, err := strconv.ParseUint(values[0], 10, 32)
	if err != nil || number > 1_000_000_000 {
		return 0, false
	}
	return int(number), true
}

// interval returns the interval of the limit, or the default one if it is missing or implausible.
func (l RateLimit) interval() time.Duration {
	if l.Interval > 0 && l.Interval <= ratelimit.LongestInterval {
		return l.Interval
	}
	return ratelimit.DefaultInterval
}

// pauseAfter returns how long no request should start after a response.
func pauseAfter(response *Response) time.Duration {
	if response.StatusCode != http.StatusTooManyRequests {
		return 0
	}
	pause, _ := requestedDelay(response)
	return pause
}
