//go:build unix

package postgres

import (
	"context"
	"database/sql"
	"errors"
	"slices"
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
func countStarts(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT coalesce(sum(cardinality(starts)), 0) FROM highlevel_limits`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPacer_LimitsAllProcesses(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		starts := waitAll(t, 4*testRequests, newTestPacer(t, db), newTestPacer(t, db), newTestPacer(t, db))
		checkWindows(t, starts, testRequests)
	})
}

func TestPacer_OrderOfCalls(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		pacers := []*pacer{newTestPacer(t, db), newTestPacer(t, db)}
		waitAll(t, testRequests, pacers[0])
		const calls = 2 * testRequests
		var (
			order []int
			mu    sync.Mutex
			group sync.WaitGroup
		)
		for i := range calls {
			group.Go(func() {
				if err := pacers[i%2].Wait(t.Context()); err != nil {
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

func TestPacer_Deadline_IsRefusedWithoutASlot(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p := newTestPacer(t, db)
		waitAll(t, testRequests, p)
		ctx, cancel := context.WithTimeout(t.Context(), testInterval/2)
		defer cancel()
		began := time.Now()
		err := p.Wait(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			t.Errorf("got %v after %v, want DeadlineExceeded before the deadline", err, time.Since(began))
		}
		if got := countStarts(t, db); got != testRequests {
			t.Errorf("got %d slots, want %d", got, testRequests)
		}
	})
}

func TestPacer_CanceledCall_ReturnsItsSlot(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p := newTestPacer(t, db)
		waitAll(t, testRequests, p)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(testInterval/4, cancel)
		if err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want Canceled", err)
		}
		if got := countStarts(t, db); got != testRequests {
			t.Errorf("got %d slots, want %d", got, testRequests)
		}
	})
}

func TestPacer_Pause_StopsAllProcesses(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		paused, other := newTestPacer(t, db), newTestPacer(t, db)
		waitAll(t, testRequests, paused)
		pause := 2 * testInterval
		began := time.Now()
		time.AfterFunc(testInterval/4, func() {
			other.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: pause})
		})
		starts := waitAll(t, 2*testRequests, paused, other)
		if got := starts[0].Sub(began); got < pause {
			t.Errorf("got a start after %v, want at least %v", got, pause)
		}
		checkWindows(t, starts, testRequests)
	})
}

func TestPacer_LongPause_FailsWaitingCalls(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p, other := newTestPacer(t, db), newTestPacer(t, db)
		waitAll(t, testRequests, p)
		time.AfterFunc(testInterval/4, func() {
			other.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: time.Minute})
		})
		for _, name := range []string{"a waiting call", "a new call"} {
			err := p.Wait(t.Context())
			apiErr, ok := errors.AsType[*client.Error](err)
			if !ok || !errors.Is(err, client.ErrRateLimited) || apiErr.RetryAfter < 50*time.Second {
				t.Errorf("%s: got %v, want ErrRateLimited with RetryAfter", name, err)
			}
		}
		if got := countStarts(t, db); got != testRequests {
			t.Errorf("got %d slots, want %d", got, testRequests)
		}
	})
}

func TestPacer_DailyLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p, other := newTestPacer(t, db), newTestPacer(t, db)
		waitAll(t, 1, p)
		other.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: client.RateLimit{
			Known: true, DailyLimit: 200_000, DailyReset: time.Hour,
		}})
		err := p.Wait(t.Context())
		apiErr, ok := errors.AsType[*client.Error](err)
		if !ok || !errors.Is(err, client.ErrDailyLimit) || !errors.Is(err, client.ErrRateLimited) || apiErr.RetryAfter.Round(time.Minute) != time.Hour {
			t.Errorf("got %v, want ErrDailyLimit with RetryAfter", err)
		}
	})
}

func TestPacer_NarrowerLimit_AppliesToWaitingCalls(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p, other := newTestPacer(t, db), newTestPacer(t, db)
		first := waitAll(t, testRequests, p)
		const narrower = testRequests - 3
		time.AfterFunc(testInterval/4, func() {
			other.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: client.RateLimit{
				Known: true, Max: narrower, Remaining: 0, Interval: testInterval,
			}})
		})
		checkWindows(t, append(first[testRequests-narrower:], waitAll(t, testRequests, p)...), narrower)
	})
}

func TestPacer_OtherPrograms_AreCounted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p := newTestPacer(t, db)
		first := waitAll(t, 1, p)[0]
		p.Observe(t.Context(), client.Observation{Sent: first, Limit: client.RateLimit{
			Known: true, Max: testRequests, Remaining: 1, Interval: testInterval, // 3 requests of others
		}})
		starts := append([]time.Time{first, first, first, first}, waitAll(t, 1, p)...) // passes on what Observe has seen
		starts = append(starts, waitAll(t, testRequests, p)...)
		checkWindows(t, starts, testRequests)
		if got := countStarts(t, db); got != 1+3+1+testRequests {
			t.Errorf("got %d starts, want the 3 of others too", got)
		}
	})
}

// Requests that net/http sends besides that of a call count, and the row stores them.
func TestPacer_Observe_ExtraRequests(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		p := newTestPacer(t, n.open(t))
		starts := waitAll(t, 1, p)
		p.Observe(t.Context(), client.Observation{Sent: time.Now(), Extra: testRequests - 1})
		starts = append(starts, slices.Repeat(starts, testRequests-1)...)
		checkWindows(t, append(starts, waitAll(t, testRequests, p)...), testRequests)
	})
}

// Each process reports its starts when it first uses the new row.
func TestPacer_EmptiedTable_IsFilledByEachProcess(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		pacers := []client.Pacer{newTestPacer(t, db), newTestPacer(t, db)}
		waitAll(t, testRequests, pacers...)
		execute(t, db, `TRUNCATE highlevel_limits`)
		waitAll(t, 1, pacers[0])
		waitAll(t, 1, pacers[1])
		if got := countStarts(t, db); got != testRequests+2 {
			t.Errorf("got %d starts in the row, want %d", got, testRequests+2)
		}
	})
}

func TestPacer_EmptiedTable_WhileCallsWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p := newTestPacer(t, db)
		first := waitAll(t, testRequests, p)
		time.AfterFunc(testInterval/4, func() { execute(t, db, `TRUNCATE highlevel_limits`) })
		checkWindows(t, append(first, waitAll(t, testRequests, p)...), testRequests)
	})
}

// A process that was frozen between its reservation and its confirmation does not start in the
// window of others.
func TestPacer_LateConfirmation_MovesTheSlot(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p := newTestPacer(t, db)
		frozen, err := p.reserve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * testInterval) // the process is frozen in real time
		starts := waitAll(t, testRequests, p)
		found, err := p.limits.confirm(t.Context(), &frozen)
		if err != nil || found && frozen.delay == 0 {
			t.Errorf("got %v, %v, %v, want a delay or no slot: the window is full", frozen.delay, found, err)
		}
		checkWindows(t, append(starts, waitAll(t, 1, p)...), testRequests)
	})
}

// After a crash, another process uses the new row. A call that still waits for a slot of the former
// row must neither start at a slot of the new row nor release it.
func TestPacer_EmptiedTable_SlotIDsAreNotReused(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p, other := newTestPacer(t, db), newTestPacer(t, db)
		former, err := p.reserve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		execute(t, db, `TRUNCATE highlevel_limits`)
		time.Sleep(time.Microsecond) // the new row is created later than the former one
		if _, err := other.reserve(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found, err := p.limits.confirm(t.Context(), &former); err != nil || found {
			t.Errorf("confirm: got %v, %v, want no slot", found, err)
		}
		p.limits.release(t.Context(), former.id)
		if got := countStarts(t, db); got != 1 {
			t.Errorf("release: got %d slots, want that of the other process", got)
		}
	})
}

func TestPacer_DailyLimit_FailsWaitingCalls(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p, other := newTestPacer(t, db), newTestPacer(t, db)
		waitAll(t, testRequests, p)
		time.AfterFunc(testInterval/4, func() {
			other.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: client.RateLimit{
				Known: true, DailyLimit: 200_000, DailyReset: time.Hour,
			}})
		})
		if err := p.Wait(t.Context()); !errors.Is(err, client.ErrDailyLimit) {
			t.Errorf("got %v, want ErrDailyLimit", err)
		}
		if got := countStarts(t, db); got != testRequests {
			t.Errorf("got %d slots, want %d", got, testRequests)
		}
	})
}

// A call that is late does not start in a pause that began after the start of its slot, and keeps
// its place before the calls that wait.
func TestPacer_Pause_DelaysLateConfirmation(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		for _, lateness := range []time.Duration{0, testInterval / 2} {
			db := n.open(t)
			p := newTestPacer(t, db)
			var slots []slot
			for range 2 * testRequests {
				s, err := p.reserve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				slots = append(slots, s)
			}
			time.Sleep(slots[1].delay + lateness) // in real time, as PostgreSQL counts
			const pause = 10 * time.Second
			p.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: pause})
			late, last := slots[1], slots[len(slots)-1]
			for _, s := range []*slot{&late, &last} {
				if found, err := p.limits.confirm(t.Context(), s); err != nil || !found || s.delay < pause/2 {
					t.Errorf("%v late: got a delay of %v, found %v, error %v, want the pause", lateness, s.delay, found, err)
				}
			}
			if late.delay >= last.delay {
				t.Errorf("%v late: got a delay of %v, and of %v for the last slot, want the order of the slots", lateness, late.delay, last.delay)
			}
		}
	})
}

// No pause is longer than an hour, except that of the daily limit.
func TestPacer_Observe_LongestPause(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		p := newTestPacer(t, n.open(t))
		waitAll(t, 1, p)
		for _, row := range []struct {
			observation client.Observation
			want        time.Duration
		}{
			{client.Observation{Pause: 10_000 * time.Hour}, time.Hour},
			{client.Observation{Limit: client.RateLimit{Known: true, DailyLimit: 10, DailyReset: 10 * time.Hour}}, 10 * time.Hour},
			{client.Observation{Limit: client.RateLimit{Known: true, DailyLimit: 10, DailyReset: 10_000 * time.Hour}}, 10 * time.Hour},
		} {
			p.Observe(t.Context(), row.observation)
			var refusal *client.Error
			if err := p.Wait(t.Context()); !errors.As(err, &refusal) || refusal.Kind != client.ErrRateLimited || refusal.RetryAfter != row.want {
				t.Errorf("%+v: got %v, want a wait of %v", row.observation, err, row.want)
			}
		}
	})
}

// The row has room for the requests of two windows, so an implausible limit must not be stored.
func TestPacer_Observe_ImplausibleLimits(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		db := n.open(t)
		p := newTestPacer(t, db)
		for _, limit := range []client.RateLimit{
			{Known: true, Max: maxRequests + 1, Interval: testInterval},
			{Known: true, Max: 1_000_000_000, Interval: testInterval},
			{Known: true, Max: testRequests, Interval: 2 * ratelimit.LongestInterval},
		} {
			p.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: limit})
			waitAll(t, 1, p)
		}
		if p.requests != testRequests || p.interval != testInterval || countStarts(t, db) != 3 {
			t.Errorf("got %d requests in %v and %d slots, want %d in %v and 3", p.requests, p.interval, countStarts(t, db), testRequests, testInterval)
		}
	})
}

func TestPacer_NotMigrated(t *testing.T) {
	db := newTestDB(t)
	execute(t, db, `DROP TABLE highlevel_limits CASCADE`)
	err := newTestPacer(t, db, PacerSettings{LocalShare: 0.5}).Wait(t.Context())
	if err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want the error of the server", err)
	}
}
