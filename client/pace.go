package client

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Pacer decides when requests may start. Wait returns when one may, or with the error of ctx; Observe is told after each request
// the budget that the response carried, which is not Known if it carried none or did not come. Both are called from many
// goroutines at once.
//
// A Pacer that also has a method Pause(time.Duration) is told of each 429 and how long nothing should start after it; for one
// without, a call that met a 429 waits on its own.
type Pacer interface {
	Wait(ctx context.Context) error
	Observe(limit RateLimit)
}

// Unpaced is the Pacer that never waits, for budgets that something else keeps.
type Unpaced struct{}

// Wait returns at once.
func (Unpaced) Wait(ctx context.Context) error { return ctx.Err() }

// Observe does nothing.
func (Unpaced) Observe(RateLimit) {}

const (
	defaultRequests = 100
	defaultInterval = 10 * time.Second
	// smallestRequests start before the first has ended and told the budget: as many as the smallest known one, a sandbox's.
	smallestRequests = 25
	// longestInterval is the longest window that is believed.
	longestInterval = 10 * time.Minute
	// mostForeign bounds what is remembered of other processes' requests.
	mostForeign = 10_000
)

// NewPacer returns the Pacer that a [Client] has of its own when the numbers are 100 and 10 seconds: it starts no more than that
// many requests in any interval, wherever the interval begins, first come, first served. It learns the numbers from the API's
// headers, and that others use the same budget; after a 429 nothing starts for a while. Before the first request has ended at most
// 25 start. Share one Pacer between clients that share a budget. Numbers below 1 and an interval of 0 mean the defaults.
func NewPacer(requests int, interval time.Duration) Pacer {
	return &window{
		turn: semaphore.NewWeighted(1), widened: make(chan struct{}, 1),
		requests: cmp.Or(max(requests, 0), defaultRequests), interval: cmp.Or(max(interval, 0), defaultInterval),
	}
}

// window keeps to the API's rule as the API counts: over every window, not on average.
type window struct {
	turn    *semaphore.Weighted // of the first of those who wait: only that one looks for a slot
	widened chan struct{}       // tells that one to look again

	mu       sync.Mutex
	requests int
	interval time.Duration
	observed bool
	starts   []time.Time // that the API may still count, oldest first; others' requests count as started when they were seen
	paused   time.Time   // until when nothing starts
}

// Wait waits for a slot and takes it. A wait that ctx ends takes none.
func (w *window) Wait(ctx context.Context) error {
	if err := w.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	defer w.turn.Release(1)
	for {
		delay := w.take(time.Now())
		if delay <= 0 {
			return nil
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-w.widened:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// take takes a slot, or returns how long there is none.
func (w *window) take(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(now)
	if delay := w.paused.Sub(now); delay > 0 {
		return delay
	}
	if oldest := len(w.starts) - w.allowed(); oldest >= 0 {
		// Requests that leave an interval apart may arrive closer together: some are longer on their way.
		margin := w.interval / 40
		if delay := w.starts[oldest].Add(w.interval + margin).Sub(now); delay > 0 {
			return delay
		}
	}
	w.starts = append(w.starts, now)
	return 0
}

func (w *window) allowed() int {
	if w.observed {
		return w.requests
	}
	return min(w.requests, smallestRequests)
}

// forget drops starts that no longer count, wherever the window begins.
func (w *window) forget(now time.Time) {
	w.starts = w.starts[w.before(now.Add(-w.interval-w.interval/40)):]
}

// before returns how many starts were before instant.
func (w *window) before(instant time.Time) int {
	count := 0
	for count < len(w.starts) && w.starts[count].Before(instant) {
		count++
	}
	return count
}

// Observe adopts the budget. If the API has counted more requests than started here, others' are in it.
func (w *window) Observe(limit RateLimit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.allowed()
	w.observed = true
	if limit.Max >= 1 && limit.Interval > 0 && limit.Interval <= longestInterval {
		w.adopt(limit, time.Now())
	}
	if w.allowed() > before {
		select {
		case w.widened <- struct{}{}:
		default: // it was told already
		}
	}
}

func (w *window) adopt(limit RateLimit, now time.Time) {
	w.requests, w.interval = limit.Max, limit.Interval
	w.forget(now)
	own := len(w.starts) - w.before(now.Add(-w.interval))
	for range min(limit.Max-limit.Remaining-own, mostForeign) {
		w.starts = append(w.starts, now)
	}
}

// Pause lets nothing start for a while.
func (w *window) Pause(delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := time.Now().Add(delay); until.After(w.paused) {
		w.paused = until
	}
}
