package client

import (
	"cmp"
	"context"
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
	Sent  time.Time     // when the request was sent, after Wait had returned
	Limit RateLimit     // from the headers of the response; Known is false if no response was received
	Pause time.Duration // how long no request should start, after a response with status 429; otherwise 0
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
// interval is allowed. A share outside of this range has no effect.
func WithShare(share float64) PacerOption {
	return func(p *windowPacer) {
		if share > 0 && share <= 1 {
			p.share = share
		}
	}
}

// NewPacer returns a [Pacer] that allows at most the given number of requests in any period that is
// as long as interval. Requests start in the order in which Wait was called. If requests is below
// 1, it is 100; if interval is 0 or less, it is 10 seconds. The longest interval is a day.
//
// The Pacer then follows the limit that the API reports in its headers. If the API counts requests
// of other processes, the Pacer allows fewer of its own. Clients that share a limit should share
// one Pacer, see [WithPacer].
//
// After a response with status 429, no request starts for as long as the API asks, or for one
// interval if it does not say how long. While more than 30 seconds of such a pause are left, Wait
// immediately returns an [*Error] with status 429 and RetryAfter.
//
// When the API reports that the daily limit is exhausted, Wait returns an error that matches
// [ErrRateLimited] and [ErrDailyLimit] until the limit is reset. If the API does not report when
// that is, the Pacer assumes midnight UTC, and allows requests again after at most one hour.
func NewPacer(requests int, interval time.Duration, opts ...PacerOption) Pacer {
	p := &windowPacer{
		requests: cmp.Or(max(requests, 0), ratelimit.DefaultRequests), interval: cmp.Or(min(max(interval, 0), ratelimit.Day), ratelimit.DefaultInterval), share: 1,
	}
	for _, opt := range opts {
		if opt != nil {
			opt(p)
		}
	}
	return p
}
