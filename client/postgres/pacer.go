package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

const (
	defaultRequests = 100
	defaultInterval = 10 * time.Second
	longestInterval = 10 * time.Minute // that is accepted from the headers
	maxRequests     = 10_000           // of a limit; the row stores the starts of two windows
	day             = 24 * time.Hour
	// longestQueuedPause is the longest pause that calls wait for, as with client.NewPacer.
	longestQueuedPause = 30 * time.Second
	// latenessDivisor divides an interval to get the time that a request may start late.
	latenessDivisor = 80
)

// A PacerOption configures the pacer of [NewPacer].
type PacerOption func(*pacer)

// WithLimit sets the limit that applies until the API reports another one, in place of 100 requests
// per 10 seconds. It has no effect if another process has used the limit before, if requests is not
// between 1 and 10,000, or if interval is less than a millisecond.
func WithLimit(requests int, interval time.Duration) PacerOption {
	return func(p *pacer) {
		if requests > 0 && requests <= maxRequests && interval >= time.Millisecond {
			p.requests, p.interval = requests, interval
		}
	}
}

// WithLocalShare makes the pacer allow a share of the limit to this process while the database is
// unavailable, as [client.WithShare] does. Use 1.0/n for n processes. Without this option, or with
// a share that is not between 0 and 1, Wait returns [ErrUnavailable] then.
func WithLocalShare(share float64) PacerOption {
	return func(p *pacer) {
		p.share = 0
		if share > 0 && share <= 1 {
			p.share = share
		}
	}
}

// WithLogger logs when the database becomes unavailable and when it is available again. Nothing is
// logged by default.
func WithLogger(logger *slog.Logger) PacerOption {
	return func(p *pacer) {
		if logger != nil {
			p.limits.logger = logger
		}
	}
}

// NewPacer returns a [client.Pacer] that shares a rate limit with all processes that use the same
// name of the limit in the same database. The API limits the requests of an app for a location, so
// a good name consists of the app's name and the location ID. Call [Migrate] before its first use.
//
// Requests start in the order of the calls of Wait in all processes, at a distance of at least a
// quarter of the average that the limit allows: 25 milliseconds for 100 requests per 10 seconds.
// The pacer adopts the limit that the API reports, leaves capacity for the requests of other
// programs, and stops all processes after a response with status 429. Like the pacer of
// [client.NewPacer], it fails immediately if no request may start before the deadline, during a
// pause of more than 30 seconds, and while the daily limit is exhausted. A call whose context ends
// returns its slot. A process that is killed leaves the slots of its waiting calls unused.
//
// A request needs one statement if it may start immediately. Otherwise it needs two, one that
// reserves a slot and one that confirms it when the time has come. No connection is in use between
// them. The end of ctx interrupts the wait for a connection, but not a statement, which fails after
// 5 seconds.
//
// If the database is unavailable, Wait returns [ErrUnavailable] immediately, except with
// [WithLocalShare]. One call per second tries to use it again. If the table has been emptied, which
// a crash of PostgreSQL does because the table is not logged, each process adds its last starts.
func NewPacer(db *sql.DB, limit string, opts ...PacerOption) client.Pacer {
	p := &pacer{
		limits:   limitTable{db: db, name: limit, logger: slog.New(slog.DiscardHandler)},
		requests: defaultRequests, interval: defaultInterval, turn: make(chan struct{}, 1),
	}
	for _, opt := range opts {
		if opt != nil {
			opt(p)
		}
	}
	if p.share > 0 {
		p.local = client.NewPacer(p.requests, p.interval, client.WithShare(p.share))
	}
	return p
}

// pacer shares a rate limit through a row of a limitTable.
type pacer struct {
	limits limitTable
	share  float64
	local  client.Pacer  // nil without WithLocalShare
	turn   chan struct{} // holds an element while a caller reserves; the others queue in order

	mu         sync.Mutex
	requests   int // the limit, as known here
	interval   time.Duration
	joined     bool        // the row has the starts of this process
	epoch      int64       // of the row when it was last used; 0 before
	starts     []time.Time // of this process, that are in the row
	unreported []time.Time // of this process, while the database was unavailable
	usage      *usage      // what the last response reported, until it is passed on
}

// usage is the number of requests that the API had counted in a window.
type usage struct {
	requests int
	sent     time.Time // the request whose response reported it
}

// Wait waits for a slot.
func (p *pacer) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := p.wait(ctx)
	if p.local == nil || !errors.Is(err, ErrUnavailable) {
		return err
	}
	if err := p.local.Wait(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unreported = append(p.recent(p.unreported), time.Now())
	return nil
}

// wait reserves a slot, waits for its start, and confirms it. Another process cannot take the slot,
// but the limit can change while the call waits, and the table can be emptied.
func (p *pacer) wait(ctx context.Context) error {
	for {
		asked := time.Now()
		reserved, err := p.reserve(ctx)
		if err != nil {
			return err
		}
		confirmed := reserved.delay == 0 && time.Since(asked) <= reserved.interval/latenessDivisor
		if !confirmed {
			confirmed, err = p.confirm(ctx, &reserved)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			p.limits.release(ctx, reserved.id)
			return err
		}
		if confirmed {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.starts = append(p.recent(p.starts), time.Now())
			return nil
		}
	}
}

// confirm waits until the request may start. It reports false if the slot no longer exists.
func (p *pacer) confirm(ctx context.Context, s *slot) (bool, error) {
	for {
		if err := sleep(ctx, s.delay); err != nil {
			return false, err
		}
		found, err := p.limits.confirm(ctx, s)
		if err != nil || !found {
			return false, err
		}
		if err := s.refusal(); err != nil {
			return false, err
		}
		if s.delay == 0 {
			return true, nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < s.delay {
			return false, newDeadlineError(s.delay)
		}
	}
}

// reserve reserves a slot, or returns an error if no request may start in time. One caller at a time
// does so, because waiting callers do not receive connections in order.
func (p *pacer) reserve(ctx context.Context) (slot, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return slot{}, ctx.Err()
	}
	for {
		epoch, err := p.join(ctx)
		if err != nil {
			return slot{}, err
		}
		reserved, taken, err := p.limits.reserve(ctx, epoch, p.takeUsage())
		if errors.Is(err, errNoLimit) {
			p.leave()
			continue
		}
		if err != nil {
			return slot{}, err
		}
		p.mu.Lock()
		p.requests, p.interval = reserved.requests, reserved.interval
		p.mu.Unlock()
		if taken {
			return reserved, nil
		}
		if err := reserved.refusal(); err != nil {
			return slot{}, err
		}
		return slot{}, newDeadlineError(reserved.delay)
	}
}

// takeUsage returns what the last response reported, once.
func (p *pacer) takeUsage() *usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	usage := p.usage
	p.usage = nil
	return usage
}

// join returns the epoch of the row. It creates the row if necessary, and reports the starts of
// this process that the row does not have.
func (p *pacer) join(ctx context.Context) (epoch int64, err error) {
	p.mu.Lock()
	if p.joined && len(p.unreported) == 0 {
		defer p.mu.Unlock()
		return p.epoch, nil
	}
	unreported := p.recent(p.unreported)
	all := slices.Concat(p.recent(p.starts), unreported)
	p.unreported = nil
	requests, interval, known := p.requests, p.interval, p.epoch
	p.mu.Unlock()
	epoch, err = p.limits.join(ctx, requests, interval, known, unreported, all)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.unreported = append(unreported, p.unreported...)
		return 0, err
	}
	p.joined, p.epoch = true, epoch
	p.starts = append(p.starts, unreported...)
	return epoch, nil
}

// leave records that the row no longer exists.
func (p *pacer) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.joined = false
}

// recent returns the starts that the API may still count. The caller holds the lock.
func (p *pacer) recent(starts []time.Time) []time.Time {
	oldest := time.Now().Add(-2 * p.interval)
	return slices.DeleteFunc(starts, func(start time.Time) bool { return start.Before(oldest) })
}

// Observe stores a changed limit, a pause or an exhausted quota for all processes. What the API has
// counted is passed on with the next reservation of this process.
func (p *pacer) Observe(ctx context.Context, o client.Observation) {
	if p.local != nil {
		p.local.Observe(ctx, o)
	}
	limit := o.Limit
	var change limitChange
	p.mu.Lock()
	if limit.Max > 0 && limit.Max <= maxRequests && limit.Interval >= time.Millisecond && limit.Interval <= longestInterval {
		if limit.Max != p.requests || limit.Interval != p.interval {
			change.requests, change.interval = limit.Max, limit.Interval
			p.requests, p.interval = limit.Max, limit.Interval
		}
		if !o.Sent.IsZero() {
			p.usage = &usage{requests: limit.Max - limit.Remaining, sent: o.Sent}
		}
	}
	p.mu.Unlock()
	change.pause = min(max(o.Pause, 0), day)
	if limit.DailyLimit > 0 && limit.DailyRemaining <= 0 {
		change.dailyLimit, change.dailyReset = limit.DailyLimit, dailyReset(limit, time.Now())
	}
	if change != (limitChange{}) {
		p.limits.change(ctx, change)
	}
}

// dailyReset returns after which time an exhausted daily limit is expected to be reset, as
// client.NewPacer does. When the API's day begins is not documented.
func dailyReset(limit client.RateLimit, now time.Time) time.Duration {
	if limit.DailyReset > 0 && limit.DailyReset <= day {
		return limit.DailyReset
	}
	return min(time.Hour, now.UTC().Truncate(day).Add(day).Sub(now))
}

// refusal returns the error for a caller that should not wait for the slot.
func (s slot) refusal() error {
	switch {
	case s.dailyReset > 0:
		return &client.Error{
			StatusCode: http.StatusTooManyRequests, RetryAfter: s.dailyReset,
			Response: client.Response{RateLimit: client.RateLimit{Known: true, DailyLimit: s.dailyLimit}},
			Messages: []string{"the request was not sent, because the daily limit is exhausted for another " + s.dailyReset.Round(time.Second).String()},
		}
	case s.pause > longestQueuedPause:
		return &client.Error{
			StatusCode: http.StatusTooManyRequests, RetryAfter: s.pause,
			Messages: []string{"the request was not sent, because the API has asked to wait for another " + s.pause.Round(time.Second).String()},
		}
	default:
		return nil
	}
}

func newDeadlineError(delay time.Duration) error {
	return fmt.Errorf("no request may start for %v, which is after the deadline of the call: %w",
		delay.Round(time.Millisecond), context.DeadlineExceeded)
}

// sleep waits for d, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
