package client

import (
	"cmp"
	"container/list"
	"context"
	"fmt"
	"sort"
	"sync"
	"time"
)

// A Pacer limits the rate of requests. Its methods are called by many goroutines at once.
type Pacer interface {
	// Wait returns nil when a request may start. If none may start before the deadline of ctx, it
	// returns an error that matches [context.DeadlineExceeded] without waiting.
	Wait(ctx context.Context) error
	// Observe is called after each request, whether or not a response was received.
	Observe(ctx context.Context, o Observation)
}

// An Observation describes a request that has ended, for [Pacer.Observe].
type Observation struct {
	Sent  time.Time     // when the request was sent, after Wait had returned
	Limit RateLimit     // from the headers of the response; not Known if no response was received
	Pause time.Duration // how long no request should start, after a response with status 429; otherwise 0
}

// Unpaced is a [Pacer] that never waits. Use it if something else limits the rate of requests.
type Unpaced struct{}

// Wait returns the error of ctx, without waiting.
func (Unpaced) Wait(ctx context.Context) error { return ctx.Err() }

// Observe does nothing.
func (Unpaced) Observe(context.Context, Observation) {}

const (
	defaultRequests = 100
	// longestQueuedPause is the longest pause that calls wait for. During a longer one they fail.
	longestQueuedPause = 30 * time.Second
	// longestFlight is the number of windows for which starts are kept until the responses arrive.
	longestFlight = 8
	// marginDivisor divides a window to get the margin for different latencies: requests that start
	// a window apart may arrive closer together.
	marginDivisor = 40
)

// A PacerOption configures the [Pacer] of [NewPacer].
type PacerOption func(*windowPacer)

// WithShare restricts the pacer to a share of the limit, of the one given to [NewPacer] as well as
// of the one that the API reports. Use 1.0/n for n processes that send requests for the same
// location and share nothing. At least one request per interval is allowed. A share that is not
// between 0 and 1 has no effect.
func WithShare(share float64) PacerOption {
	return func(p *windowPacer) {
		if share > 0 && share <= 1 {
			p.share = share
		}
	}
}

// NewPacer returns a [Pacer] that allows at most the given number of requests in every interval,
// wherever it begins, first come, first served. It adopts the limit that the API reports, and
// leaves room for the requests of others that the API counts. A client has one with 100 requests
// per 10 seconds by default; share one between clients that share a limit. Numbers below 1 and an
// interval of 0 or less mean these defaults; the longest interval is a day.
//
// After a response with status 429, no request starts until the time that the API asks for, or one
// interval, has passed. While more than 30 seconds of such a pause are left, Wait returns an
// [*Error] with status 429 and RetryAfter at once. When the API reports that the daily quota is
// exhausted, Wait returns an error that matches [ErrRateLimited] and [ErrDailyLimit] until the
// quota is reset: at the time that the API reports, otherwise at midnight UTC, but after at most
// one hour.
func NewPacer(requests int, interval time.Duration, opts ...PacerOption) Pacer {
	p := &windowPacer{
		requests: cmp.Or(max(requests, 0), defaultRequests), interval: cmp.Or(min(max(interval, 0), day), defaultInterval), share: 1,
	}
	for _, opt := range opts {
		if opt != nil {
			opt(p)
		}
	}
	return p
}

// windowPacer limits requests as the API counts them: over every window, not on average.
type windowPacer struct {
	share float64

	mu       sync.Mutex
	requests int
	interval time.Duration
	starts   []time.Time // of own requests, oldest first
	evicted  time.Time   // the latest start that was removed from starts
	others   []seen      // requests of other processes, oldest first
	flight   time.Duration
	paused   time.Time // no request starts before
	daily    RateLimit // as reported when the quota was exhausted
	reset    time.Time // no request starts before, because the daily quota is exhausted
	queue    list.List // of *waiter
	timer    *time.Timer
}

// seen is a number of requests of other processes that the API had counted by a time.
type seen struct {
	at    time.Time // at most one margin later
	count int
}

// waiter is a call of Wait that has not returned.
type waiter struct {
	deadline time.Time // zero if there is none
	element  *list.Element
	result   chan error
}

// Wait waits for a slot and takes it. If it returns an error, it has not taken one.
func (p *windowPacer) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	w, err := p.join(deadline)
	if w == nil {
		return err
	}
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case err := <-w.result: // it was decided at the same time
		return err
	default:
		p.queue.Remove(w.element)
		p.dispatch(time.Now())
		return ctx.Err()
	}
}

// join takes a slot, or appends a waiter to the queue. It returns nil and an error if the caller
// cannot start in time.
func (p *windowPacer) join(deadline time.Time) (*waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.evict(now)
	if err := p.refusal(now, deadline, p.queue.Len()); err != nil {
		return nil, err
	}
	if p.queue.Len() == 0 && p.delay(now, 0) <= 0 {
		p.starts = append(p.starts, now)
		return nil, nil
	}
	w := &waiter{deadline: deadline, result: make(chan error, 1)}
	if w.element = p.queue.PushBack(w); p.queue.Len() == 1 {
		p.dispatch(now)
	}
	return w, nil
}

// dispatch gives slots to the waiters at the head of the queue, and sets the timer for the next
// one.
func (p *windowPacer) dispatch(now time.Time) {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	for head := p.queue.Front(); head != nil; head = p.queue.Front() {
		if delay := p.delay(now, 0); delay > 0 {
			p.timer = time.AfterFunc(delay, p.expired)
			return
		}
		p.starts = append(p.starts, now)
		p.resolve(head, nil)
	}
}

// expired is called when the timer of dispatch fires.
func (p *windowPacer) expired() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.evict(now)
	p.dispatch(now)
}

// resolve ends the wait of a waiter.
func (p *windowPacer) resolve(element *list.Element, err error) {
	p.queue.Remove(element).(*waiter).result <- err //nolint:forcetypeassert // the queue holds nothing else
}

// refusal returns the error for a caller that cannot start in time, with a number of waiters ahead
// of it.
func (p *windowPacer) refusal(now, deadline time.Time, ahead int) error {
	if wait := p.reset.Sub(now); wait > 0 {
		return newDailyLimitError(wait, p.daily)
	}
	if wait := p.paused.Sub(now); wait > longestQueuedPause {
		return newPausedError(wait)
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

// delay returns how long a request must wait that has a number of requests ahead of it in the
// queue. Without any the result is exact; with some it assumes that they start as early as they
// can.
func (p *windowPacer) delay(now time.Time, ahead int) time.Duration {
	start := later(now, p.paused)
	others := 0
	for _, seen := range p.others {
		others += seen.count
	}
	own := max(int(float64(p.requests)*p.share), 1)
	for _, seen := range p.others {
		leaves := seen.at.Add(p.interval)
		if allowed := min(own, p.requests-others); allowed > 0 {
			if slot := p.slot(start, ahead, allowed); slot.Before(leaves) {
				return slot.Sub(now)
			}
		}
		start = later(start, leaves)
		others -= seen.count
	}
	return p.slot(start, ahead, own).Sub(now)
}

// slot returns when a request may start, start at the earliest, if the given number of own requests
// is allowed per window.
func (p *windowPacer) slot(start time.Time, ahead, allowed int) time.Time {
	if i := len(p.starts) - allowed + ahead%allowed; i >= 0 {
		start = later(start, p.starts[i].Add(p.window()))
	}
	return start.Add(time.Duration(ahead/allowed) * p.window())
}

// window returns the time for which a start counts.
func (p *windowPacer) window() time.Duration {
	return p.interval + p.interval/marginDivisor
}

// evict removes the starts, and the requests of others, that neither the API counts nor a response
// in flight may report.
func (p *windowPacer) evict(now time.Time) {
	oldest := now.Add(-p.window() - min(p.flight, longestFlight*p.interval))
	if n := startsBefore(p.starts, oldest); n > 0 {
		p.evicted = p.starts[n-1]
		p.starts = p.starts[n:]
	}
	for len(p.others) > 0 && p.others[0].at.Before(oldest) {
		p.others = p.others[1:]
	}
}

// Observe adopts the limit, and fails the waiters that can no longer start in time.
func (p *windowPacer) Observe(_ context.Context, o Observation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	sent := o.Sent
	if sent.IsZero() || sent.After(now) {
		sent = now
	}
	changed := p.adopt(o.Limit, sent, now)
	p.flight = max(p.flight, now.Sub(sent))
	p.evict(now)
	if o.Pause > 0 {
		until := now.Add(min(o.Pause, day))
		changed = changed || until.After(p.paused)
		p.paused = later(p.paused, until)
	}
	if o.Limit.DailyLimit > 0 && o.Limit.DailyRemaining <= 0 {
		changed = true
		p.daily, p.reset = o.Limit, dailyReset(o.Limit, now)
	}
	if !changed || p.queue.Len() == 0 {
		return
	}
	ahead := 0
	for element := p.queue.Front(); element != nil; {
		next := element.Next()
		if err := p.refusal(now, element.Value.(*waiter).deadline, ahead); err != nil { //nolint:forcetypeassert // as in resolve
			p.resolve(element, err)
		} else {
			ahead++
		}
		element = next
	}
	p.dispatch(now)
}

// adopt adopts a limit, if it is plausible, and reports whether slots may have moved. A request
// that the API has counted, and that was not started here, belongs to another process. Starts after
// the request was sent count too: the API may have counted them before it served the request.
func (p *windowPacer) adopt(limit RateLimit, sent, now time.Time) bool {
	if limit.Max < 1 || limit.Interval <= 0 || limit.Interval > longestInterval {
		return false
	}
	changed := p.requests != limit.Max || p.interval != limit.Interval
	p.requests, p.interval = limit.Max, limit.Interval
	since := sent.Add(-p.window())
	if p.evicted.After(since) {
		return changed // the request took too long to know what the API had counted
	}
	known := len(p.starts) - startsBefore(p.starts, since)
	for _, seen := range p.others {
		if !seen.at.Before(since) {
			known += seen.count
		}
	}
	unknown := limit.Max - max(limit.Remaining, 0) - known
	if unknown <= 0 {
		return changed
	}
	// What is seen within a margin is one entry, so that the number of entries is bounded.
	if last := len(p.others) - 1; last >= 0 && !p.others[last].at.Before(now) {
		p.others[last].count += unknown
	} else {
		p.others = append(p.others, seen{at: now.Add(p.interval / marginDivisor), count: unknown})
	}
	return true
}

// dailyReset returns when an exhausted daily quota is expected to be reset. When the API's day
// begins is not documented.
func dailyReset(limit RateLimit, now time.Time) time.Time {
	if limit.DailyReset > 0 && limit.DailyReset <= day {
		return now.Add(limit.DailyReset)
	}
	midnight := now.UTC().Truncate(day).Add(day)
	if hour := now.Add(time.Hour); hour.Before(midnight) {
		return hour
	}
	return midnight
}

// startsBefore returns the number of starts before t.
func startsBefore(starts []time.Time, t time.Time) int {
	return sort.Search(len(starts), func(i int) bool { return !starts[i].Before(t) })
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
