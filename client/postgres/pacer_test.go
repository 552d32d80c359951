//go:build unix

package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

const (
	testRequests = 5
	testInterval = 2 * time.Second
)

// newTestPacer returns the pacer of a process. Without settings, the limit is testRequests in
// testInterval.
func newTestPacer(t testing.TB, db *sql.DB, settings ...PacerSettings) *pacer {
	t.Helper()
	pacers, err := NewPacers(db, append(settings, PacerSettings{Requests: testRequests, Interval: testInterval})[0])
	if err != nil {
		t.Fatal(err)
	}
	return pacers.Pacer("one").(*pacer) //nolint:forcetypeassert // it returns a *pacer
}

// waitAll calls Wait n times concurrently. It returns the times at which the calls returned, in
// order.
func waitAll(t *testing.T, n int, pacers ...client.Pacer) []time.Time {
	t.Helper()
	var (
		mu     sync.Mutex
		starts []time.Time
		group  sync.WaitGroup
	)
	for i := range n {
		group.Go(func() {
			err := pacers[i%len(pacers)].Wait(t.Context())
			mu.Lock()
			defer mu.Unlock()
			starts = append(starts, time.Now())
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	slices.SortFunc(starts, time.Time.Compare)
	return starts
}

// reserve reserves a slot that nobody waits for.
func reserve(t *testing.T, p *pacer) slot {
	t.Helper()
	s, err := p.reserve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkWindows fails the test if more requests started in an interval than the limit allows.
func checkWindows(t *testing.T, starts []time.Time, requests int) {
	t.Helper()
	slices.SortFunc(starts, time.Time.Compare)
	for i := requests; i < len(starts); i++ {
		if apart := starts[i].Sub(starts[i-requests]); apart < testInterval {
			t.Errorf("start %d: got %v after start %d, want at least %v", i, apart, i-requests, testInterval)
		}
	}
}

// countStarts returns the number of starts in the table.
func countStarts(t *testing.T, db *sql.DB) int {
	t.Helper()
	return query[int](t, db, `SELECT coalesce(sum(cardinality(starts)), 0) FROM highlevel_limits`)
}

// exhausted is what a response reports when the daily limit is exhausted.
func exhausted(reset time.Duration) client.Observation {
	return client.Observation{Sent: time.Now(), Limit: client.RateLimit{Known: true, DailyLimit: 200_000, DailyReset: reset}}
}

// Whatever happens, no interval has more starts than the limit.
func TestPacer_LimitInEveryWindow(t *testing.T) {
	t.Parallel()
	const narrower, longer, pause = testRequests - 3, 4 * testInterval, 2 * testInterval
	limit := func(requests, remaining int, interval time.Duration) client.Observation {
		return client.Observation{Sent: time.Now(), Limit: client.RateLimit{Known: true, Max: requests, Remaining: remaining, Interval: interval}}
	}
	later := func(f func()) { time.AfterFunc(testInterval/4, f) } // while calls wait
	for _, row := range []struct {
		name        string
		first, next int // number of requests before and after the event
		event       func(t *testing.T, b *bubble)
		others      int           // number of requests that the event reported, and that no call started
		requests    int           // limit after the event
		delay       time.Duration // of the next requests after the first one; 0 if it is not checked
	}{
		{name: "several processes", next: 4 * testRequests, event: func(*testing.T, *bubble) {}},
		{name: "a pause", first: testRequests, next: 2 * testRequests, delay: pause, event: func(t *testing.T, b *bubble) {
			later(func() { b.other.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: pause}) })
		}},
		{name: "a narrower limit", first: testRequests, next: testRequests, requests: narrower, event: func(t *testing.T, b *bubble) {
			later(func() { b.other.Observe(t.Context(), limit(narrower, 0, testInterval)) })
		}},
		{name: "a longer interval", first: testRequests, next: 1, delay: ratelimit.Window(longer), event: func(t *testing.T, b *bubble) {
			later(func() { b.other.Observe(t.Context(), limit(testRequests, testRequests, longer)) })
		}},
		{name: "requests of other programs", first: 1, next: testRequests, others: 3, event: func(t *testing.T, b *bubble) {
			b.p.Observe(t.Context(), limit(testRequests, 1, testInterval))
		}},
		{name: "requests that net/http repeats", first: 1, next: testRequests, others: testRequests - 1, event: func(t *testing.T, b *bubble) {
			b.p.Observe(t.Context(), client.Observation{Sent: time.Now(), Extra: testRequests - 1})
		}},
		{name: "an emptied table", first: testRequests, next: testRequests, event: func(t *testing.T, b *bubble) {
			later(func() { execute(t, b.db, `TRUNCATE highlevel_limits`) })
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				starts := waitAll(t, row.first, b.p)
				row.event(t, b)
				pacers := []client.Pacer{b.p}
				if row.next > testRequests {
					pacers = append(pacers, b.other, newTestPacer(t, b.db))
				}
				next := waitAll(t, row.next, pacers...)
				if row.delay > 0 {
					if got := next[0].Sub(starts[0]); got < row.delay || got > row.delay+testInterval {
						t.Errorf("got a start after %v, want %v", got, row.delay)
					}
				}
				for range row.others {
					starts = append(starts, starts[0])
				}
				requests := cmp.Or(row.requests, testRequests)
				starts = append(starts, next...)
				checkWindows(t, starts[max(0, row.first-requests):], requests)
				if got := countStarts(t, b.db); row.others > 0 && got != len(starts) {
					t.Errorf("got %d slots, want %d", got, len(starts))
				}
			})
		})
	}
}

func TestPacer_OrderOfCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		waitAll(t, testRequests, b.p)
		const calls = 2 * testRequests
		var (
			order []int
			mu    sync.Mutex
			group sync.WaitGroup
		)
		for i := range calls {
			group.Go(func() {
				if err := []*pacer{b.p, b.other}[i%2].Wait(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			})
			synctest.Wait() // until the call has reserved its slot
		}
		group.Wait()
		if !slices.IsSorted(order) || len(order) != calls {
			t.Errorf("got the order %v, want that of the calls", order)
		}
	})
}

// A call that ends without a request leaves no slot.
func TestPacer_Wait_Fails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name             string
		deadline, cancel time.Duration      // of the context; 0 for none
		observation      client.Observation // what another process observes while the call waits
		err              error
		after            time.Duration // when the call returns
		retryAfter       time.Duration
	}{
		{name: "a deadline before the start", deadline: testInterval / 2, err: context.DeadlineExceeded},
		{name: "canceled", cancel: testInterval / 4, err: context.Canceled, after: testInterval / 4},
		{name: "a long pause", observation: client.Observation{Pause: time.Minute}, err: client.ErrRateLimited, retryAfter: time.Minute},
		{name: "the daily limit", observation: exhausted(time.Hour), err: client.ErrDailyLimit, retryAfter: time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				waitAll(t, testRequests, b.p)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if row.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, row.deadline)
					defer cancel()
				}
				if row.cancel > 0 {
					time.AfterFunc(row.cancel, cancel)
				}
				if row.retryAfter > 0 {
					time.AfterFunc(testInterval/4, func() { b.other.Observe(ctx, row.observation) })
				}
				began := time.Now()
				if err := b.p.Wait(ctx); !errors.Is(err, row.err) || row.retryAfter == 0 && time.Since(began) != row.after {
					t.Errorf("got %v after %v, want %v after %v", err, time.Since(began), row.err, row.after)
				}
				if row.retryAfter > 0 {
					err := b.p.Wait(ctx) // a new call
					apiErr, ok := errors.AsType[*client.Error](err)
					if !ok || !errors.Is(err, row.err) || !errors.Is(err, client.ErrRateLimited) || apiErr.RetryAfter < row.retryAfter-2*testInterval {
						t.Errorf("a new call: got %v, want %v with RetryAfter %v", err, row.err, row.retryAfter)
					}
				}
				if got := countStarts(t, b.db); got != testRequests {
					t.Errorf("got %d slots, want %d", got, testRequests)
				}
			})
		})
	}
}

// Each process reports its starts when it first uses the new row.
func TestPacer_EmptiedTable_IsFilledByEachProcess(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		waitAll(t, 2, b.p, b.other)
		b.p.Observe(t.Context(), client.Observation{Sent: time.Now(), Extra: 1})
		waitAll(t, 1, b.p) // reports the other request
		execute(t, b.db, `TRUNCATE highlevel_limits`)
		waitAll(t, 1, b.p)
		waitAll(t, 1, b.other)
		if got := countStarts(t, b.db); got != 6 {
			t.Errorf("got %d starts in the row, want 6", got)
		}
	})
}

// A process that was frozen between its reservation and its confirmation does not start in the
// window of others.
func TestPacer_LateConfirmation_MovesTheSlot(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		frozen := reserve(t, b.p)
		time.Sleep(2 * testInterval) // the process is frozen
		starts := waitAll(t, testRequests, b.p)
		found, err := b.p.limits.confirm(t.Context(), &frozen)
		if err != nil || found && frozen.delay == 0 {
			t.Errorf("got %v, %v, %v, want a delay or no slot: the window is full", frozen.delay, found, err)
		}
		checkWindows(t, append(starts, waitAll(t, 1, b.p)...), testRequests)
	})
}

// After a crash, another process uses the new row. A call that still waits for a slot of the former
// row must neither start at a slot of the new row nor release it.
func TestPacer_EmptiedTable_SlotIDsAreNotReused(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		former := reserve(t, b.p)
		execute(t, b.db, `TRUNCATE highlevel_limits`)
		time.Sleep(time.Microsecond) // the new row is created later than the former one
		reserve(t, b.other)
		if found, err := b.p.limits.confirm(t.Context(), &former); err != nil || found {
			t.Errorf("confirm: got %v, %v, want no slot", found, err)
		}
		b.p.limits.release(t.Context(), former.id)
		if got := countStarts(t, b.db); got != 1 {
			t.Errorf("release: got %d slots, want that of the other process", got)
		}
	})
}

// A call that is late does not start in a pause that began after the start of its slot, and keeps
// its place before the calls that wait.
func TestPacer_Pause_DelaysLateConfirmation(t *testing.T) {
	t.Parallel()
	for _, lateness := range []time.Duration{0, testInterval / 2} {
		t.Run(lateness.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				var slots []slot
				for range 2 * testRequests {
					slots = append(slots, reserve(t, b.p))
				}
				time.Sleep(slots[1].delay + lateness)
				const pause = 10 * time.Second
				b.p.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: pause})
				late, last := slots[1], slots[len(slots)-1]
				for _, s := range []*slot{&late, &last} {
					if found, err := b.p.limits.confirm(t.Context(), s); err != nil || !found || s.delay < pause/2 {
						t.Errorf("got a delay of %v, found %v, error %v, want the pause", s.delay, found, err)
					}
				}
				if late.delay >= last.delay {
					t.Errorf("got a delay of %v, and of %v for the last slot, want the order of the slots", late.delay, last.delay)
				}
			})
		})
	}
}

// No pause is longer than an hour, except that of the daily limit.
func TestPacer_Observe_LongestPause(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		waitAll(t, 1, b.p)
		for _, row := range []struct {
			observation client.Observation
			want        time.Duration
		}{
			{client.Observation{Pause: 10_000 * time.Hour}, time.Hour},
			{exhausted(10 * time.Hour), 10 * time.Hour},
			{exhausted(10_000 * time.Hour), 10 * time.Hour},
		} {
			b.p.Observe(t.Context(), row.observation)
			var refusal *client.Error
			if err := b.p.Wait(t.Context()); !errors.As(err, &refusal) || refusal.Kind != client.ErrRateLimited || refusal.RetryAfter != row.want {
				t.Errorf("%+v: got %v, want a wait of %v", row.observation, err, row.want)
			}
		}
	})
}

// The row has room for the requests of two windows, so an implausible limit must not be stored.
func TestPacer_Observe_ImplausibleLimits(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		for _, limit := range []client.RateLimit{
			{Known: true, Max: maxRequests + 1, Interval: testInterval},
			{Known: true, Max: testRequests, Interval: 2 * ratelimit.LongestInterval},
		} {
			b.p.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: limit})
			waitAll(t, 1, b.p)
		}
		if b.p.requests != testRequests || b.p.interval != testInterval || countStarts(t, b.db) != 2 {
			t.Errorf("got %d requests in %v and %d slots, want %d in %v and 2", b.p.requests, b.p.interval, countStarts(t, b.db), testRequests, testInterval)
		}
	})
}

func TestPacer_NotMigrated(t *testing.T) {
	t.Parallel()
	db := newTestDB(t)
	execute(t, db, `DROP TABLE highlevel_limits CASCADE`)
	err := newTestPacer(t, db, PacerSettings{LocalShare: 0.5}).Wait(t.Context())
	if err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want the error of the server", err)
	}
}

func TestPacer_Unavailable(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		var log strings.Builder
		b.p = newTestPacer(t, b.db, PacerSettings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		waitAll(t, 1, b.p)
		b.setDown(true)
		for range 2 {
			began := time.Now()
			if err := b.p.Wait(t.Context()); !errors.Is(err, ErrUnavailable) || time.Since(began) > 0 {
				t.Errorf("got %v after %v, want ErrUnavailable immediately", err, time.Since(began))
			}
		}
		b.setDown(false)
		if err := b.p.Wait(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("before the next probe: got %v, want ErrUnavailable", err)
		}
		time.Sleep(probeInterval)
		waitAll(t, 1, b.p)
		if strings.Count(log.String(), "is unavailable") != 2 || strings.Count(log.String(), "is available again") != 1 {
			t.Errorf("got the records %s, want one of each change", log.String()) // the first one has the error too
		}
	})
}

// Processes with a local share exceed the limit in no window: not when the database becomes
// unavailable, nor when it is available again.
func TestPacer_LocalShare_LimitInEveryWindow(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		settings := PacerSettings{Requests: 10, Interval: testInterval, LocalShare: 1.0 / 2}
		first, second := newTestPacer(t, b.open(t), settings), newTestPacer(t, b.open(t), settings)
		starts := waitAll(t, 9, first)
		b.setDown(true)
		down := waitAll(t, 10, first, second)
		starts = append(starts, down...)
		if took := down[9].Sub(starts[0]); took < testInterval || took > 2*testInterval {
			t.Errorf("got %v until the local share was used, want about the interval", took)
		}
		time.Sleep(testInterval)
		starts = append(starts, waitAll(t, 5, second)...)
		b.setDown(false)
		starts = append(starts, waitAll(t, 20, first)...) // does not know the starts of second
		starts = append(starts, waitAll(t, 1, second)...)
		starts = append(starts, waitAll(t, 20, first, second)...)
		checkWindows(t, starts, 10)
		if took := starts[len(starts)-1].Sub(starts[0]); took > 11*testInterval {
			t.Errorf("got %d starts in %v, want at most 11 intervals", len(starts), took)
		}
		if available, _ := first.limits.database.state(); !available || len(first.unreported)+len(second.unreported) > 0 {
			t.Errorf("got available %v, %d and %d unreported starts, want the shared limit again", available, len(first.unreported), len(second.unreported))
		}
		ctx, cancel := context.WithTimeout(t.Context(), testInterval/2)
		defer cancel()
		b.setDown(true)
		if err := first.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			t.Errorf("got %v, want DeadlineExceeded before the deadline", err)
		}
		canceled, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, stop)
		began := time.Now()
		if err := first.Wait(canceled); !errors.Is(err, context.Canceled) || time.Since(began) > time.Millisecond {
			t.Errorf("got %v after %v, want Canceled at once", err, time.Since(began))
		}
	})
}

// pacerFunc is a pacer whose Wait is a function.
type pacerFunc func(ctx context.Context) error

func (f pacerFunc) Wait(ctx context.Context) error            { return f(ctx) }
func (pacerFunc) Observe(context.Context, client.Observation) {}

// The database has just been available again, and becomes unavailable while a call waits for the local
// share. The starts through the database still count, so the call waits for the window.
func TestPacer_LocalShare_UnavailableAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		p := newTestPacer(t, b.open(t), PacerSettings{Requests: 10, Interval: testInterval, LocalShare: 1})
		database := p.limits.database
		database.changed = time.Now()
		p.local = pacerFunc(func(ctx context.Context) error {
			b.setDown(true)
			database.record(ctx, ErrUnavailable)
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), testInterval/2)
		defer cancel()
		if err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
	})
}

// A server that is shut down and started again is unavailable in between.
func TestPacer_ServerRestarts(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	p := newTestPacer(t, open(t, server.URL()))
	for range 2 {
		waitAll(t, 1, p)
		server.Stop()
		if err := p.Wait(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		server.Resume(t)
		p.limits.database.nextProbe = time.Time{}
	}
	waitAll(t, 1, p)
	execute(t, open(t, server.URL()), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	waitAll(t, 1, p) // with a new connection
}

func TestNewPacers_Invalid(t *testing.T) {
	t.Parallel()
	for _, settings := range []PacerSettings{
		{Requests: -1},
		{Requests: maxRequests + 1},
		{Interval: -1},
		{Interval: time.Microsecond},
		{Interval: time.Hour},
		{LocalShare: -0.1},
		{LocalShare: 1.1},
		{LocalShare: math.NaN()},
	} {
		if pacers, err := NewPacers(nil, settings); err == nil || pacers != nil {
			t.Errorf("%+v: got %v, error %v, want an error", settings, pacers, err)
		}
	}
	pacers, err := NewPacers(nil, PacerSettings{})
	if err != nil {
		t.Fatal(err)
	}
	if p := pacers.Pacer("one").(*pacer); p.requests != 100 || p.interval != 10*time.Second || p.local != nil { //nolint:forcetypeassert // it returns a *pacer
		t.Errorf("got %d requests in %v, want 100 in 10 seconds", p.requests, p.interval)
	}
}
