package client

import (
	"cmp"
	"context"
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
type PacerOption func(*windowPacer) error

// WithShare restricts the Pacer to a share of the limit, a number above 0 and up to 1. Use 1.0/n if
// n processes send requests for the same location, each with a Pacer of its own. The share applies
// to the limit passed to [NewPacer] and to the limit that the API reports. At least one request per
// interval is allowed. A share outside of this range is an error of [New].
func WithShare(share float64) PacerOption {
	problem := fmt.Sprintf("WithShare: %v is not above 0 and at most 1", share)
	return setting(share > 0 && share <= 1, problem, func(p *windowPacer) { p.share = share })
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
	p.invalid = apply(p, opts)
	if requests < 0 || interval < 0 || interval > ratelimit.Day {
		p.invalid = fmt.Errorf("NewPacer: %d requests per %v: use positive numbers, and an interval of at most a day", requests, interval)
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
	var limit RateLimit
	maximum, remaining := headerInt(header, "X-Ratelimit-Max"), headerInt(header, "X-Ratelimit-Remaining")
	interval := headerInt(header, "X-Ratelimit-Interval-Milliseconds")
	if min(maximum, remaining, interval) >= 0 {
		limit.Known, limit.Max, limit.Remaining = true, maximum, remaining
		limit.Interval = time.Duration(interval) * time.Millisecond
	}
	dailyLimit, dailyRemaining := headerInt(header, "X-Ratelimit-Limit-Daily"), headerInt(header, "X-Ratelimit-Daily-Remaining")
	if min(dailyLimit, dailyRemaining) >= 0 {
		limit.Known, limit.DailyLimit, limit.DailyRemaining = true, dailyLimit, dailyRemaining
		reset := time.Duration(headerInt(header, "X-Ratelimit-Daily-Reset")) * time.Millisecond // undocumented
		if reset > 0 && reset <= ratelimit.Day {
			limit.DailyReset = reset
		}
	}
	return limit
}

// headerInt returns the number in a header, or -1 if it is not a number from 0 to a billion. The key must
// be canonical.
func headerInt(header http.Header, key string) int {
	values := header[key]
	if len(values) == 0 {
		return -1
	}
	number, err := strconv.ParseUint(values[0], 10, 32)
	if err != nil || number > 1_000_000_000 {
		return -1
	}
	return int(number)
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
