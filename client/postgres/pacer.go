package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

const maxRequests = 10_000 // largest limit, because the row stores the starts of two windows

// PacerSettings are the settings of [NewPacers].
type PacerSettings struct {
	// Requests and Interval are the limit of a location until the API reports another one, or until
	// another process has used the limit. Zero values are 100 requests and 10 seconds.
	Requests int
	Interval time.Duration
	// LocalShare is the share of the limit that this process may use while the database is
	// unavailable: 1.0/n for n processes. If it is 0, Wait returns [ErrUnavailable] during that time.
	LocalShare float64
	// Logger receives a record when the database becomes unavailable, and when it is available
	// again. If it is nil, nothing is logged.
	Logger *slog.Logger
}

// Pacers returns the pacers that share rate limits through a database. It is safe for concurrent
// use.
type Pacers struct {
	database *limitDatabase
	settings PacerSettings
}

// NewPacers returns Pacers that store the limits in db. Call [Migrate] before a pacer is used.
func NewPacers(db *sql.DB, settings PacerSettings) (*Pacers, error) {
	switch {
	case settings.Requests < 0 || settings.Requests > maxRequests:
		return nil, fmt.Errorf("postgres: NewPacers: Requests is %d, want 1 to %d, or 0 for the default", settings.Requests, maxRequests)
	case settings.Interval != 0 && (settings.Interval < time.Millisecond || settings.Interval > ratelimit.LongestInterval):
		return nil, fmt.Errorf("postgres: NewPacers: Interval is %v, want a millisecond to %v, or 0 for the default", settings.Interval, ratelimit.LongestInterval)
	case !(settings.LocalShare >= 0 && settings.LocalShare <= 1): // NaN too
		return nil, fmt.Errorf("postgres: NewPacers: LocalShare is %v, want 0 to 1", settings.LocalShare)
	}
	settings.Requests = cmp.Or(settings.Requests, ratelimit.DefaultRequests)
	settings.Interval = cmp.Or(settings.Interval, ratelimit.DefaultInterval)
	database := &limitDatabase{db: db, logger: cmp.Or(settings.Logger, slog.New(slog.DiscardHandler))}
	return &Pacers{database: database, settings: settings}, nil
}

// Pacer returns a [client.Pacer] that shares the rate limit of that name among all processes. The
// API limits the requests of an app for a location, so use the app's name and the location ID as
// the name. The package documentation describes what Wait does.
func (p *Pacers) Pacer(name string) client.Pacer {
	paced := &pacer{
		limits:   limitTable{database: p.database, name: name},
		requests: p.settings.Requests, interval: p.settings.Interval, turn: make(chan struct{}, 1),
	}
	if share := p.settings.LocalShare; share > 0 {
		paced.local = client.NewPacer(p.settings.Requests, p.settings.Interval, client.WithShare(share))
	}
	return paced
}

// pacer shares a rate limit through a row of a limitTable.
type pacer struct {
	limits limitTable
	local  client.Pacer  // pacer of the local share; nil without one
	turn   chan struct{} // semaphore of the callers that reserve a slot, with capacity 1

	mu         sync.Mutex
	requests   int           // number of requests per interval, as the row or a response last reported it
	interval   time.Duration // interval of the limit
	epoch      int64         // epoch of the row that contains the starts of this process; 0 if there is none
	starts     []time.Time   // recent starts of this process that the row contains
	unreported []time.Time   // starts of this process that the row does not contain yet
	usage      *usage        // usage that the latest response reported, until a reservation passes it on
}

// usage is the number of requests that the API had counted in its window.
type usage struct {
	requests int
	sent     time.Time // when the request was sent whose response reported the number
}

// Wait returns nil when a request may start.
func (p *pacer) Wait(ctx context.Context) error {
	if p.local == nil {
		return p.wait(ctx)
	}
	for {
		available, age := p.limits.database.state()
		p.mu.Lock()
		window := ratelimit.Window(p.interval)
		p.mu.Unlock()
		switch {
		case !available && p.limits.database.exec(ctx, `SELECT 1`) == nil:
			continue
		case !available && age <= window:
			// The requests that all processes have started through the database still count.
			delay := window - age
			if err := checkDeadline(ctx, delay); err != nil {
				return err
			}
			if err := ctxtime.Sleep(ctx, min(delay+1, probeInterval)); err != nil {
				return err
			}
			continue
		case !available || age <= window+probeInterval:
			// When the database is available again, others may not have reported their starts yet.
			if err := p.local.Wait(ctx); err != nil {
				return err
			}
			switch available, age := p.limits.database.state(); {
			case !available && age <= window:
				continue // it has just become unavailable
			case !available:
				p.mu.Lock()
				defer p.mu.Unlock()
				p.unreported = append(p.recent(p.unreported), time.Now())
				return nil
			}
		}
		if err := p.wait(ctx); !errors.Is(err, ErrUnavailable) {
			return err
		}
	}
}

// wait reserves a slot, waits for its start, and confirms it, because the limit can change while
// the call waits. It reserves another slot if the slot no longer exists.
func (p *pacer) wait(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := time.Now()
		reserved, err := p.reserve(ctx)
		if err != nil {
			return err
		}
		confirmed := reserved.delay == 0 && time.Since(began) <= reserved.tolerance
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
		if found, err := p.limits.confirm(ctx, s); err != nil || !found || s.delay == 0 {
			return found, err
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
		if err := p.join(ctx); err != nil {
			return slot{}, err
		}
		p.mu.Lock()
		epoch, used := p.epoch, p.usage
		p.usage = nil
		p.mu.Unlock()
		s, found, err := p.limits.reserve(ctx, epoch, used)
		p.mu.Lock()
		if found {
			p.requests, p.interval = s.requests, s.interval
		} else if err == nil {
			p.epoch = 0
		}
		p.mu.Unlock()
		if found || err != nil {
			return s, err
		}
	}
}

// join sets the epoch. If necessary, it creates the row and adds the starts of this process that
// the row does not contain.
func (p *pacer) join(ctx context.Context) error {
	p.mu.Lock()
	if p.epoch != 0 && len(p.unreported) == 0 {
		p.mu.Unlock()
		return nil
	}
	p.starts = p.recent(p.starts)
	unreported := p.recent(p.unreported)
	all := slices.Concat(p.starts, unreported)
	p.unreported = nil
	requests, interval, known := p.requests, p.interval, p.epoch
	p.mu.Unlock()
	epoch, err := p.limits.join(ctx, requests, interval, known, unreported, all)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.unreported = append(unreported, p.unreported...)
		return err
	}
	p.epoch = epoch
	p.starts = append(p.starts, unreported...)
	return nil
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
	for range o.Extra {
		p.unreported = append(p.unreported, time.Now())
	}
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
	change.pause = min(max(o.Pause, 0), ratelimit.LongestPause)
	if limit.DailyLimit > 0 && limit.DailyRemaining <= 0 {
		change.dailyReset = ratelimit.UntilDailyReset(limit.DailyReset, time.Now())
	}
	if change != (limitChange{}) {
		p.limits.change(ctx, change)
	}
}
