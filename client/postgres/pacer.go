package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

const (
	maxRequests = 10_000 // largest limit, because the row stores the starts of two windows
	// A request may start without a confirmation if it is late by at most interval/latenessDivisor.
	latenessDivisor = 80
)

// A PacerOption configures the [client.Pacer] of [NewPacer].
type PacerOption func(*pacer)

// WithLimit sets the limit that applies until the API reports another one. The default is 100
// requests per 10 seconds. WithLimit has no effect if another process has used the limit before, if
// requests is not between 1 and 10,000, or if interval is less than a millisecond.
func WithLimit(requests int, interval time.Duration) PacerOption {
	return func(p *pacer) {
		if requests > 0 && requests <= maxRequests && interval >= time.Millisecond {
			p.requests, p.interval = requests, interval
		}
	}
}

// WithLocalShare allows this process a share of the limit while the database is unavailable, as
// [client.WithShare] does: a number above 0 and up to 1. Use 1.0/n for n processes. Without this
// option, or with a share outside of this range, Wait returns [ErrUnavailable] during that time.
func WithLocalShare(share float64) PacerOption {
	return func(p *pacer) {
		p.share = 0
		if share > 0 && share <= 1 {
			p.share = share
		}
	}
}

// WithLogger sets the logger, which receives a record when the database becomes unavailable and
// when it is available again. Without this option, or with nil, nothing is logged.
func WithLogger(logger *slog.Logger) PacerOption {
	return func(p *pacer) {
		p.limits.database.logger = cmp.Or(logger, slog.New(slog.DiscardHandler))
	}
}

// NewPacer returns a [client.Pacer] that shares a rate limit among all processes that pass the same
// limit, which is a name, for the same database. The API limits the requests of an app for a
// location, so use the app's name and the location ID. Call [Migrate] before the pacer is used.
//
// Requests of all processes start in the order in which they called Wait. The minimum time between
// two starts is a quarter of interval/requests: 25 milliseconds for 100 requests per 10 seconds.
// The pacer follows the limit that the API reports, allows for the requests of other programs, and
// stops all processes after a response with status 429. It ignores reported limits of more than
// 10,000 requests or with an interval of more than 10 minutes.
//
// Like the pacer of [client.NewPacer], Wait fails immediately if the request cannot start before
// the deadline, during a pause of more than 30 seconds, and while the daily limit is exhausted. If
// such a pause begins or the daily limit is exhausted while Wait waits, it fails when the request
// would have started. If ctx ends while Wait waits, other requests may use the reserved start. The
// starts that a killed process has reserved remain unused.
//
// Wait executes one statement if the request may start immediately. Otherwise it executes one
// statement to reserve a start and one to confirm it at that time, and does not occupy a connection
// in between. The end of ctx interrupts the wait for a connection but not a statement, and Wait
// then executes a statement that releases the reserved start. Each wait for a connection and each
// statement fails after 5 seconds.
//
// If the database is unavailable, Wait returns [ErrUnavailable] immediately, except with
// [WithLocalShare]. One call per second tries to use the database again. A crash of PostgreSQL
// empties the unlogged table of the limits; each process then stores its recent starts again.
func NewPacer(db *sql.DB, limit string, opts ...PacerOption) client.Pacer {
	p := &pacer{
		limits:   newLimitTable(db, limit),
		requests: ratelimit.DefaultRequests, interval: ratelimit.DefaultInterval, turn: make(chan struct{}, 1),
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
	turn   chan struct{} // has capacity 1; contains an element while a caller reserves a slot

	mu         sync.Mutex
	requests   int           // of the limit, as the row or a response last reported it
	interval   time.Duration // of the limit
	joined     bool          // whether the row exists and contains the starts of this process
	epoch      int64         // of the row that the pacer last joined; 0 if there is none
	starts     []time.Time   // recent starts of this process that the row contains
	unreported []time.Time   // starts of this process that the row does not contain yet
	usage      *usage        // reported by the latest response, until a reservation passes it on
}

// usage is the number of requests that the API had counted in its window.
type usage struct {
	requests int
	sent     time.Time // when the request was sent whose response reported the number
}

// Wait returns nil when a request may start.
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

// wait reserves a slot, waits for its start, and confirms it, because the limit can change while
// the call waits. It reserves another slot if the slot no longer exists.
func (p *pacer) wait(ctx context.Context) error {
	for {
		began := time.Now()
		reserved, err := p.reserve(ctx)
		if err != nil {
			return err
		}
		confirmed := reserved.delay == 0 && time.Since(began) <= reserved.interval/latenessDivisor
		if !confirmed {
			confirmed, err = p.awaitStart(ctx, &reserved)
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

// awaitStart waits until the request may start and returns true. It returns false if the slot no
// longer exists.
func (p *pacer) awaitStart(ctx context.Context, s *slot) (bool, error) {
	for {
		if err := ctxtime.Sleep(ctx, s.delay); err != nil {
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

// reserve reserves a slot, or returns an error if the request may not start in time. One caller of
// this process reserves at a time: turn admits callers in order, and a connection pool does not.
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
		s, reserved, err := p.limits.reserve(ctx, epoch, p.takeUsage())
		if errors.Is(err, errNoLimit) {
			p.setNotJoined()
			continue
		}
		if err != nil {
			return slot{}, err
		}
		p.mu.Lock()
		p.requests, p.interval = s.requests, s.interval
		p.mu.Unlock()
		if reserved {
			return s, nil
		}
		if err := s.refusal(); err != nil {
			return slot{}, err
		}
		return slot{}, newDeadlineError(s.delay)
	}
}

// takeUsage returns the usage that has not been passed on, or nil, and clears it.
func (p *pacer) takeUsage() *usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	usage := p.usage
	p.usage = nil
	return usage
}

// join returns the epoch of the row. If necessary, it creates the row and adds the starts of this
// process that the row does not contain.
func (p *pacer) join(ctx context.Context) (epoch int64, err error) {
	p.mu.Lock()
	if p.joined && len(p.unreported) == 0 {
		defer p.mu.Unlock()
		return p.epoch, nil
	}
	p.starts = p.recent(p.starts)
	unreported := p.recent(p.unreported)
	all := slices.Concat(p.starts, unreported)
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

// setNotJoined records that the row that the pacer had joined no longer exists.
func (p *pacer) setNotJoined() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.joined = false
}

// recent deletes the starts that the API no longer counts from the slice and returns it. The caller
// must hold p.mu.
func (p *pacer) recent(starts []time.Time) []time.Time {
	oldest := time.Now().Add(-2 * p.interval)
	return slices.DeleteFunc(starts, func(start time.Time) bool { return start.Before(oldest) })
}

// Observe stores a changed limit, a pause or an exhausted daily limit in the row. The next
// reservation of this process passes on how many requests the API has counted.
func (p *pacer) Observe(ctx context.Context, o client.Observation) {
	if p.local != nil {
		p.local.Observe(ctx, o)
	}
	limit := o.Limit
	var change limitChange
	p.mu.Lock()
	if limit.Max > 0 && limit.Max <= maxRequests && limit.Interval >= time.Millisecond && limit.Interval <= ratelimit.LongestInterval {
		if limit.Max != p.requests || limit.Interval != p.interval {
			change.requests, change.interval = limit.Max, limit.Interval
			p.requests, p.interval = limit.Max, limit.Interval
		}
		if !o.Sent.IsZero() {
			p.usage = &usage{requests: limit.Max - limit.Remaining, sent: o.Sent}
		}
	}
	p.mu.Unlock()
	change.pause = min(max(o.Pause, 0), ratelimit.Day)
	if limit.DailyLimit > 0 && limit.DailyRemaining <= 0 {
		change.dailyLimit, change.dailyReset = limit.DailyLimit, ratelimit.UntilDailyReset(limit.DailyReset, time.Now())
	}
	if change != (limitChange{}) {
		p.limits.change(ctx, change)
	}
}
