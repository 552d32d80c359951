package client

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// maxLatencyWindows is the largest number of windows for which starts are stored until the
// responses arrive.
const maxLatencyWindows = 8

// windowPacer limits requests as the API counts them: over every window, not on average.
type windowPacer struct {
	share   float64
	invalid error // invalid argument of NewPacer; Wait returns it

	mu            sync.Mutex
	requests      int             // the limit for all processes in each interval
	interval      time.Duration   // of the limit
	starts        []time.Time     // of the own requests, oldest first
	latestDropped time.Time       // the latest start that was removed from starts
	others        []otherRequests // oldest first
	maxLatency    time.Duration   // of the requests that have ended
	pausedUntil   time.Time
	dailyResetAt  time.Time // no request starts before this time, because the daily limit is exhausted
	queue         list.List // of *waiter
	timer         *time.Timer
}

// otherRequests is a number of requests of other processes that the API had counted.
type otherRequests struct {
	at    time.Time // when a response showed them, or at most one margin later
	count int
}

// waiter is a call of Wait that has not returned.
type waiter struct {
	deadline time.Time // zero if there is none
	element  *list.Element
	result   chan error
}

// Wait returns nil when a request may start, and counts the start. It counts nothing if it returns
// an error.
func (p *windowPacer) Wait(ctx context.Context) error {
	if err := cmp.Or(p.invalid, ctx.Err()); err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	w, err := p.startOrEnqueue(deadline)
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
	case err := <-w.result: // the result arrived at the same time
		return err
	default:
		p.queue.Remove(w.element)
		p.dispatch(time.Now())
		return ctx.Err()
	}
}

// startOrEnqueue counts the start of a request if it may start now, and otherwise appends a waiter
// to the queue and returns it. It returns an error if the request cannot start in time.
func (p *windowPacer) startOrEnqueue(deadline time.Time) (*waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.dropOld(now)
	if err := p.waitError(now, deadline, p.queue.Len()); err != nil {
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

// dispatch lets the waiters at the head of the queue start, and sets the timer for the next one.
func (p *windowPacer) dispatch(now time.Time) {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	for head := p.queue.Front(); head != nil; head = p.queue.Front() {
		if delay := p.delay(now, 0); delay > 0 {
			p.timer = time.AfterFunc(delay, p.onTimer)
			return
		}
		p.starts = append(p.starts, now)
		p.resolve(head, nil)
	}
}

// onTimer is called when the timer of dispatch fires.
func (p *windowPacer) onTimer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.dropOld(now)
	p.dispatch(now)
}

// resolve ends the wait of a waiter.
func (p *windowPacer) resolve(element *list.Element, err error) {
	p.queue.Remove(element).(*waiter).result <- err //nolint:forcetypeassert // the queue holds nothing else
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
	otherCount := 0
	for _, other := range p.others {
		otherCount += other.count
	}
	own := max(int(float64(p.requests)*p.share), 1)
	for _, other := range p.others {
		leavesWindow := other.at.Add(p.interval)
		if allowed := min(own, p.requests-otherCount); allowed > 0 {
			if slot := p.slot(start, ahead, allowed); slot.Before(leavesWindow) {
				return slot.Sub(now)
			}
		}
		start = later(start, leavesWindow)
		otherCount -= other.count
	}
	return p.slot(start, ahead, own).Sub(now)
}

// slot returns the earliest time, not before start, at which a request may start. The argument
// ahead is the number of requests ahead of it in the queue, and allowed the number of own requests
// per window.
func (p *windowPacer) slot(start time.Time, ahead, allowed int) time.Time {
	if i := len(p.starts) - allowed + ahead%allowed; i >= 0 {
		start = later(start, p.starts[i].Add(p.window()))
	}
	return start.Add(time.Duration(ahead/allowed) * p.window())
}

// window returns how long a start counts toward the limit: the interval and the margin.
func (p *windowPacer) window() time.Duration {
	return p.interval + p.interval/ratelimit.MarginDivisor
}

// dropOld removes the starts and the requests of other processes that the API no longer counts and
// that no response in flight can report.
func (p *windowPacer) dropOld(now time.Time) {
	oldest := now.Add(-p.window() - min(p.maxLatency, maxLatencyWindows*p.interval))
	if n := startsBefore(p.starts, oldest); n > 0 {
		p.latestDropped = p.starts[n-1]
		p.starts = p.starts[n:]
	}
	for len(p.others) > 0 && p.others[0].at.Before(oldest) {
		p.others = p.others[1:]
	}
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
		p.starts = append(p.starts, now)
	}
	changed := p.updateLimit(o.Limit, sent, now) || o.Extra > 0
	p.maxLatency = max(p.maxLatency, now.Sub(sent))
	p.dropOld(now)
	if o.Pause > 0 {
		until := now.Add(min(o.Pause, ratelimit.LongestPause))
		changed = changed || until.After(p.pausedUntil)
		p.pausedUntil = later(p.pausedUntil, until)
	}
	if o.Limit.DailyLimit > 0 && o.Limit.DailyRemaining <= 0 {
		changed = true
		p.dailyResetAt = now.Add(ratelimit.UntilDailyReset(o.Limit.DailyReset, now))
	}
	if !changed || p.queue.Len() == 0 {
		return
	}
	ahead := 0
	for element := p.queue.Front(); element != nil; {
		next := element.Next()
		if err := p.waitError(now, element.Value.(*waiter).deadline, ahead); err != nil { //nolint:forcetypeassert // as in resolve
			p.resolve(element, err)
		} else {
			ahead++
		}
		element = next
	}
	p.dispatch(now)
}

// updateLimit stores a plausible limit, and reports whether the times at which waiters may start
// may have changed. A request that the API has counted and that was not started here belongs to
// another process. Starts after the request was sent count too: the API may have counted them
// before it served the request.
func (p *windowPacer) updateLimit(limit RateLimit, sent, now time.Time) bool {
	if limit.Max < 1 || limit.Interval <= 0 || limit.Interval > ratelimit.LongestInterval {
		return false
	}
	changed := p.requests != limit.Max || p.interval != limit.Interval
	p.requests, p.interval = limit.Max, limit.Interval
	since := sent.Add(-p.window())
	if p.latestDropped.After(since) {
		return changed // the request took too long: some starts of its window are no longer stored
	}
	known := len(p.starts) - startsBefore(p.starts, since)
	for _, other := range p.others {
		if !other.at.Before(since) {
			known += other.count
		}
	}
	unknown := limit.Max - max(limit.Remaining, 0) - known
	if unknown <= 0 {
		return changed
	}
	// The requests found within one margin are one entry, so that the number of entries is bounded.
	if last := len(p.others) - 1; last >= 0 && !p.others[last].at.Before(now) {
		p.others[last].count += unknown
	} else {
		p.others = append(p.others, otherRequests{at: now.Add(p.interval / ratelimit.MarginDivisor), count: unknown})
	}
	return true
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
