package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

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
	start := later(now, p.pausedUntil)
	own := max(int(float64(p.requests)*p.share), 1)
	return later(p.slot(p.own, start, ahead, own), p.slot(p.all, start, ahead, p.requests)).Sub(now)
}

// slot returns the earliest time, not before start, at which a request may start if each window may
// have the allowed number of starts. The argument ahead is the number of requests ahead of it in the
// queue.
func (p *windowPacer) slot(starts []time.Time, start time.Time, ahead, allowed int) time.Time {
	window := ratelimit.Window(p.interval)
	if i := len(starts) - allowed + ahead%allowed; i >= 0 {
		start = later(start, starts[i].Add(window))
	}
	return start.Add(time.Duration(ahead/allowed) * window)
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
	p.pausedUntil = later(p.pausedUntil, now.Add(min(o.Pause, ratelimit.LongestPause)))
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

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
