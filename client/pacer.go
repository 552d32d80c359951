package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
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

const (
	// maxLatencyIntervals is the number of intervals for which starts are stored until the responses
	// arrive.
	maxLatencyIntervals = 8
	// maxReported is the largest limit that is accepted from a response.
	maxReported = 10_000
)

// windowPacer limits requests as the API counts them: over every window, not on average.
type windowPacer struct {
	share   float64
	invalid error // invalid argument of NewPacer; Wait returns it

	mu           sync.Mutex
	requests     int           // the limit for all processes in each interval
	interval     time.Duration // of the limit
	own          []time.Time   // starts of the own requests, oldest first
	all          []time.Time   // own, and the times at which responses showed requests of other processes
	pausedUntil  time.Time
	dailyResetAt time.Time // no request starts before this time, because the daily limit is exhausted
	queue        []*waiter
	timer        *time.Timer
}

// waiter is a call of Wait that has not returned.
type waiter struct {
	deadline time.Time // zero if there is none
	result   chan error
}

// Wait returns nil when a request may start, and counts the start. It counts nothing if it returns
// an error.
func (p *windowPacer) Wait(ctx context.Context) error {
	if err := cmp.Or(p.invalid, ctx.Err()); err != nil {
		return err
	}
	w := &waiter{result: make(chan error, 1)}
	w.deadline, _ = ctx.Deadline()
	p.enqueue(w)
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case err := <-w.result: // the result arrived at the same time
		return err
	default:
		p.queue = slices.DeleteFunc(p.queue, func(other *waiter) bool { return other == w })
		return ctx.Err()
	}
}

// enqueue appends a waiter to the queue. Its wait ends at once if the request may start, or if it
// cannot start in time.
func (p *windowPacer) enqueue(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if err := p.waitError(now, w.deadline, len(p.queue)); err != nil {
		w.result <- err
		return
	}
	if p.queue = append(p.queue, w); len(p.queue) == 1 {
		p.dispatch(now)
	}
}

// dispatch lets the waiters at the head of the queue start, and sets the timer for the next one.
func (p *windowPacer) dispatch(now time.Time) {
	if p.timer != nil {
		p.timer.Stop()
	}
	p.dropOld(now)
	for len(p.queue) > 0 {
		if delay := p.delay(now, 0); delay > 0 {
			p.timer = time.AfterFunc(delay, func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.dispatch(time.Now())
			})
			return
		}
		p.count(now)
		p.queue[0].result <- nil
		p.queue = p.queue[1:]
	}
}

// count counts the start of an own request.
func (p *windowPacer) count(now time.Time) {
	p.own = append(p.own, now)
	p.all = append(p.all, now)
}

// waitError returns an error if a request with the given number of waiters ahead of it cannot start
// before the deadline, or because of a long pause or the daily limit.
func (p *windowPacer) waitError(now, deadline time.Time, ahead int) error {
	if wait := p.dailyResetAt.Sub(now); wait > 0 {
		return &Error{Kind: ErrRateLimited, RetryAfter: wait, Err: fmt.Errorf("%s: %w", ratelimit.DailyLimitMessage(wait), ErrDailyLimit)}
	}
	if wait := p.pausedUntil.Sub(now); wait > ratelimit.LongestQueuedPause {
		return &Error{Kind: ErrRateLimited, RetryAfter: wait, Err: errors.New(ratelimit.PauseMessage(wait))}
	}
	if deadline.IsZero() {
		return nil
	}
	if delay := p.delay(now, ahead); delay > 0 && now.Add(delay).After(deadline) {
		return fmt.Errorf("no request may start for %v, which is after the deadline of the call: %w",
			delay.Round(time.Millisecond), context.DeadlineExceeded)
	}
	return nil
}

// delay returns how long a request must wait if the given number of requests are ahead of it in the
// queue. It assumes that those requests start as early as they can.
func (p *windowPacer) delay(now time.Time, ahead int) time.Duration {
	own := max(int(float64(p.requests)*p.share), 1)
	return max(p.slot(p.own, now, ahead, own), p.slot(p.all, now, ahead, p.requests))
}

// slot returns how long a request must wait at least if each window may have the allowed number of
// starts. The argument ahead is the number of requests ahead of it in the queue.
func (p *windowPacer) slot(starts []time.Time, now time.Time, ahead, allowed int) time.Duration {
	window, delay := ratelimit.Window(p.interval), max(p.pausedUntil.Sub(now), 0)
	if i := len(starts) - allowed + ahead%allowed; i >= 0 {
		delay = max(delay, starts[i].Add(window).Sub(now))
	}
	return delay + time.Duration(ahead/allowed)*window
}

// dropOld removes the starts that the API no longer counts and that no response in flight can report.
func (p *windowPacer) dropOld(now time.Time) {
	oldest := now.Add(-ratelimit.Window(p.interval) - maxLatencyIntervals*p.interval)
	p.own = p.own[startsBefore(p.own, oldest):]
	p.all = p.all[startsBefore(p.all, oldest):]
}

// Observe updates the limit and the pauses, and ends the wait of the waiters that can no longer
// start in time.
func (p *windowPacer) Observe(_ context.Context, o Observation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	sent := o.Sent
	if sent.IsZero() || sent.After(now) {
		sent = now
	}
	for range o.Extra {
		p.count(now)
	}
	p.updateLimit(o.Limit, sent, now)
	p.pausedUntil = now.Add(max(p.pausedUntil.Sub(now), min(o.Pause, ratelimit.LongestPause)))
	if o.Limit.DailyLimit > 0 && o.Limit.DailyRemaining <= 0 {
		p.dailyResetAt = now.Add(ratelimit.UntilDailyReset(o.Limit.DailyReset, now))
	}
	ahead := 0
	p.queue = slices.DeleteFunc(p.queue, func(w *waiter) bool {
		err := p.waitError(now, w.deadline, ahead)
		if err == nil {
			ahead++
			return false
		}
		w.result <- err
		return true
	})
	p.dispatch(now)
}

// updateLimit stores a plausible limit. A request that the API has counted and that was not started
// here belongs to another process. Starts after the request was sent count too: the API may have
// counted them before it served the request.
func (p *windowPacer) updateLimit(limit RateLimit, sent, now time.Time) {
	if limit.Max < 1 || limit.Max > maxReported || limit.Interval <= 0 || limit.Interval > ratelimit.LongestInterval {
		return
	}
	p.requests, p.interval = limit.Max, limit.Interval
	if now.Sub(sent) > maxLatencyIntervals*p.interval {
		return // some starts of its window are no longer stored
	}
	known := len(p.all) - startsBefore(p.all, sent.Add(-ratelimit.Window(p.interval)))
	for range limit.Max - max(limit.Remaining, 0) - known {
		p.all = append(p.all, now)
	}
}

// startsBefore returns the number of starts before t.
func startsBefore(starts []time.Time, t time.Time) int {
	i, _ := slices.BinarySearchFunc(starts, t, time.Time.Compare)
	return i
}
