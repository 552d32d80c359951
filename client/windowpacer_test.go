package client_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// observe reports a limit for a request that was sent at the given time.
func observe(pacer client.Pacer, sent time.Time, limit client.RateLimit) {
	limit.Known = true
	pacer.Observe(context.Background(), client.Observation{Sent: sent, Limit: limit})
}

// Waiting calls fail as soon as a new limit or pause shows that they cannot start in time.
func TestPacer_LongPause_FailsWaitingCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		observation client.Observation
		deadline    time.Duration
		want        error
	}{
		{"long pause", client.Observation{Pause: time.Minute}, time.Hour, client.ErrRateLimited},
		{"pause longer than the deadline", client.Observation{Pause: 20 * time.Second}, 15 * time.Second, context.DeadlineExceeded},
		{"smaller limit", client.Observation{Limit: client.RateLimit{Known: true, Max: 1, Remaining: 1, Interval: time.Minute}}, 15 * time.Second, context.DeadlineExceeded},
		{"requests of others", client.Observation{Limit: client.RateLimit{Known: true, Max: 2, Interval: 11 * time.Second}}, 11 * time.Second, context.DeadlineExceeded},
		{"further requests of its own", client.Observation{Extra: 1}, 10500 * time.Millisecond, context.DeadlineExceeded},
		{"daily limit", client.Observation{Limit: client.RateLimit{Known: true, DailyLimit: 100}}, time.Hour, client.ErrDailyLimit},
	} {
		synctest.Test(t, func(t *testing.T) {
			pacer := client.NewPacer(1, 10*time.Second)
			if err := pacer.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
			defer cancel()
			time.AfterFunc(time.Second, func() {
				test.observation.Sent = time.Now()
				pacer.Observe(ctx, test.observation)
			})
			if took, err := timed(func() error { return pacer.Wait(ctx) }); took != time.Second || !errors.Is(err, test.want) {
				t.Errorf("%s: got %v after %v, want %v after 1 s", test.name, err, took, test.want)
			}
		})
	}
}

// startTimes returns the times since now at which count calls of Wait return.
func startTimes(t *testing.T, pacer client.Pacer, count int) (starts []time.Duration) {
	t.Helper()
	now := time.Now()
	for range count {
		if err := pacer.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		starts = append(starts, time.Since(now))
	}
	return starts
}

// TestPacer_Observe_ComparesAtTheTimeOfSending has responses that arrive late.
func TestPacer_Observe_ComparesAtTheTimeOfSending(t *testing.T) {
	t.Parallel()
	limit := client.RateLimit{Max: 2, Remaining: 0, Interval: 10 * time.Second}
	synctest.Test(t, func(t *testing.T) { // the API had counted two requests of our own
		pacer := client.NewPacer(2, 10*time.Second)
		startTimes(t, pacer, 1)
		time.Sleep(5 * time.Second)
		startTimes(t, pacer, 1)
		sent := time.Now()
		time.Sleep(7 * time.Second)
		observe(pacer, sent, limit)
		if got := startTimes(t, pacer, 1); got[0] != 0 {
			t.Errorf("own requests: got a wait of %v, want none", got[0])
		}
	})
	synctest.Test(t, func(t *testing.T) { // the API had counted one of another process, which may have arrived late
		pacer := client.NewPacer(2, 10*time.Second)
		sent := time.Now()
		startTimes(t, pacer, 1)
		time.Sleep(9 * time.Second)
		observe(pacer, sent, limit)
		if got, want := startTimes(t, pacer, 2), []time.Duration{1250 * time.Millisecond, 10250 * time.Millisecond}; !slices.Equal(got, want) {
			t.Errorf("another process: got %v, want %v", got, want)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a later response asks for a shorter pause
		pacer := client.NewPacer(0, 0)
		pacer.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: 20 * time.Second})
		pacer.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: time.Second})
		if got := startTimes(t, pacer, 1); got[0] != 20*time.Second {
			t.Errorf("two pauses: got a wait of %v, want 20s", got[0])
		}
	})
	synctest.Test(t, func(t *testing.T) { // net/http sent two further requests
		pacer := client.NewPacer(3, 10*time.Second)
		startTimes(t, pacer, 1)
		pacer.Observe(t.Context(), client.Observation{Sent: time.Now(), Extra: 2})
		if got := startTimes(t, pacer, 1); got[0] != 10250*time.Millisecond {
			t.Errorf("further requests: got a wait of %v, want 10.25s", got[0])
		}
	})
}

// The deadline of a call is compared with the time at which it may start after those ahead of it. A
// call that fails is not counted.
func TestPacer_Wait_Deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := client.NewPacer(2, 40*time.Second)
		var group sync.WaitGroup
		for range 7 {
			group.Go(func() { startTimes(t, pacer, 1) })
		}
		synctest.Wait()
		tooEarly, cancel := context.WithTimeout(t.Context(), 122*time.Second)
		defer cancel()
		for range 100 {
			if took, err := timed(func() error { return pacer.Wait(tooEarly) }); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2m3s") || took > 0 {
				t.Fatalf("got %v after %v, want DeadlineExceeded and the wait immediately", err, took)
			}
		}
		inTime, cancel := context.WithTimeout(t.Context(), 124*time.Second)
		defer cancel()
		if took, err := timed(func() error { return pacer.Wait(inTime) }); err != nil || took != 123*time.Second {
			t.Errorf("got %v after %v, want a start after 2m3s", err, took)
		}
		group.Wait()
	})
}

// TestPacer_Wait_OrderOfCalls cancels every other waiter. Canceled waiters delay no other.
func TestPacer_Wait_OrderOfCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const waiters, limit, window = 100, 5, 1025 * time.Millisecond
		pacer := client.NewPacer(limit, time.Second)
		began := time.Now()
		started := make([]time.Duration, waiters)
		var group sync.WaitGroup
		for number := range waiters {
			ctx, cancel := context.WithCancel(t.Context())
			if number%2 == 1 && number > limit {
				time.AfterFunc(500*time.Millisecond, cancel)
			}
			group.Go(func() {
				defer cancel()
				if err := pacer.Wait(ctx); err == nil {
					started[number] = time.Since(began)
				}
			})
			synctest.Wait() // until the waiter is in the queue
		}
		group.Wait()
		patient := 0
		for number, got := range started {
			want := time.Duration(0)
			if number%2 == 0 || number <= limit {
				want = time.Duration(patient/limit) * window
				patient++
			}
			if got != want {
				t.Errorf("waiter %d: got a start after %v, want %v", number, got, want)
			}
		}
	})
}

func TestNewPacer(t *testing.T) {
	t.Parallel()
	header := &client.RateLimit{Max: 40, Remaining: 40, Interval: 10 * time.Second}
	for _, test := range []struct {
		requests int
		interval time.Duration
		opts     []client.PacerOption
		observed *client.RateLimit
		want     int // requests that start immediately; -1 if the arguments are invalid
	}{
		{0, 0, nil, nil, 100},
		{7, time.Second, nil, nil, 7},
		{0, 0, nil, header, 40},
		{0, 0, []client.PacerOption{client.WithShare(0.25)}, nil, 25},
		{0, 0, []client.PacerOption{client.WithShare(1.0 / 3)}, nil, 33},
		{0, 0, []client.PacerOption{client.WithShare(0.25)}, header, 10},
		{0, 0, []client.PacerOption{client.WithShare(1)}, nil, 100},
		{0, 0, []client.PacerOption{client.WithShare(0.001)}, nil, 1},
		{0, 0, []client.PacerOption{client.WithShare(0)}, nil, -1},
		{0, 0, []client.PacerOption{client.WithShare(-1)}, nil, -1},
		{0, 0, []client.PacerOption{client.WithShare(1.01)}, nil, -1},
		{0, 0, []client.PacerOption{nil}, nil, -1},
		{-1, 0, nil, nil, -1},
		{0, -1, nil, nil, -1},
		{1, 24 * time.Hour, nil, nil, 1},
		{1, 24*time.Hour + 1, nil, nil, -1},
	} {
		synctest.Test(t, func(t *testing.T) {
			pacer := client.NewPacer(test.requests, test.interval, test.opts...)
			if test.observed != nil {
				observe(pacer, time.Now(), *test.observed)
			}
			_, err := client.New(client.StaticToken(token), client.WithPacer(pacer))
			if (err != nil) != (test.want < 0) || (pacer.Wait(t.Context()) != nil) != (test.want < 0) {
				t.Errorf("%+v: got %v", test, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			started := 1
			for test.want > 0 && pacer.Wait(ctx) == nil {
				started++
			}
			if test.want > 0 && started != test.want {
				t.Errorf("%+v: got %d immediate requests, want %d", test, started, test.want)
			}
		})
	}
}

func TestPacer_DailyLimit_Remembered(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		hour  int // of the day, UTC
		reset time.Duration
		want  time.Duration
	}{
		{"as the API reports", 3, 5 * time.Hour, 5 * time.Hour},
		{"a whole day", 3, 24 * time.Hour, 24 * time.Hour},
		{"not reported: an hour", 3, 0, time.Hour},
		{"not reported: midnight", 23, 0, 30 * time.Minute},
		{"implausible", 3, 25 * time.Hour, time.Hour},
		{"negative", 3, -time.Hour, time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Duration(test.hour)*time.Hour + 30*time.Minute) // a bubble begins at midnight UTC
			pacer := client.NewPacer(0, 0)
			observe(pacer, time.Now(), client.RateLimit{DailyLimit: 1000, DailyRemaining: 1})
			if err := pacer.Wait(t.Context()); err != nil {
				t.Errorf("%s: one request remains: got %v", test.name, err)
			}
			observe(pacer, time.Now(), client.RateLimit{DailyLimit: 1000, DailyReset: test.reset})
			err := pacer.Wait(t.Context())
			failure, ok := errors.AsType[*client.Error](err)
			if !ok || !errors.Is(err, client.ErrRateLimited) || !errors.Is(err, client.ErrDailyLimit) || failure.RetryAfter != test.want || failure.StatusCode != 0 {
				t.Fatalf("%s: got %v, want ErrRateLimited, ErrDailyLimit and %v", test.name, err, test.want)
			}
			time.Sleep(test.want - 1)
			if err := pacer.Wait(t.Context()); !errors.Is(err, client.ErrDailyLimit) {
				t.Errorf("%s: before the reset: got %v, want ErrDailyLimit", test.name, err)
			}
			time.Sleep(time.Nanosecond)
			if err := pacer.Wait(t.Context()); err != nil {
				t.Errorf("%s: after the reset: %v", test.name, err)
			}
		})
	}
}

func TestErrDailyLimit_CallsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := script(t, []stubResponse{{body: everything.body, header: http.Header{
			"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"0"}, "X-Ratelimit-Daily-Reset": {"7200000"},
		}}}, retries, client.WithPacer(client.NewPacer(0, 0)))
		if err := c.Contacts.Delete(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		for _, operation := range allOperations {
			took, err := timed(func() error { return operation.call(t.Context(), c) })
			checkOneKind(t, err)
			failure, ok := errors.AsType[*client.Error](err)
			if !ok || !errors.Is(err, client.ErrRateLimited) || !errors.Is(err, client.ErrDailyLimit) || failure.MaybeApplied || failure.RetryAfter != 2*time.Hour || took > 0 {
				t.Errorf("%s: got %v after %v, want ErrDailyLimit immediately", operation.name, err, took)
			}
		}
	})
}

// A limit of a billion requests, of which none remain, must not need memory for each request.
func TestPacer_BoundedMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pacer := client.NewPacer(0, 0)
		heap := func() uint64 {
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			return stats.HeapAlloc
		}
		before := heap()
		for i := range 4000 {
			limit := client.RateLimit{Max: 1_000_000_000, Remaining: i * 10 % 1000, Interval: 10 * time.Second}
			observe(pacer, time.Now().Add(-time.Hour), limit)
			observe(pacer, time.Now(), limit)
			time.Sleep(7 * time.Millisecond)
		}
		if after := heap(); after > before+64<<10 {
			t.Errorf("got %d bytes after 4,000 responses, want less than 64 KiB", after-before)
		}
		startTimes(t, pacer, 1)
	})
}

// TestPacer_Observe_ImplausibleLimits observes limits and pauses that would stop the client for long.
// A limit is ignored if its interval is implausible, and no pause is longer than an hour.
func TestPacer_Observe_ImplausibleLimits(t *testing.T) {
	t.Parallel()
	for _, limit := range []client.RateLimit{
		{Interval: time.Second},
		{Max: 1, Interval: 1e9 * time.Millisecond},
		{Max: 1, Interval: 1 << 60},
		{Max: 1, Interval: 10*time.Minute + 1},
		{Max: 1},
		{Max: 1, Interval: -1},
		{Max: -1, Interval: time.Second},
		{Max: 1_000_000_000, Remaining: -1_000_000_000, Interval: time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			pacer := client.NewPacer(100, time.Second)
			for _, sent := range []time.Time{{}, time.Now(), time.Now().Add(time.Hour)} {
				observe(pacer, sent, limit)
			}
			if got := startTimes(t, pacer, 100); got[99] > 2*time.Second {
				t.Errorf("%+v: got %v for 100 requests at 100 per second", limit, got[99])
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		pacer := client.NewPacer(100, time.Second)
		observe(pacer, time.Now(), client.RateLimit{Max: 1, Interval: 10 * time.Minute, Remaining: 1}) // the longest interval
		if got, want := startTimes(t, pacer, 2), 615*time.Second; got[1] != want {
			t.Errorf("got a wait of %v, want %v", got[1], want)
		}
		pacer.Observe(t.Context(), client.Observation{Sent: time.Now(), Pause: 99999999 * time.Second})
		failure, ok := errors.AsType[*client.Error](pacer.Wait(t.Context()))
		if !ok || failure.RetryAfter != time.Hour {
			t.Errorf("got %v, want ErrRateLimited for an hour", failure)
		}
		time.Sleep(time.Hour)
		if got := startTimes(t, pacer, 1); got[0] != 0 {
			t.Errorf("got a wait of %v after an hour", got[0])
		}
	})
}

// If the token arrives late in an interval, the requests of two intervals must not start in one
// interval. Requests that are not sent do not delay later ones.
func TestPacer_Wait_AfterTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newLimitedFake(t, 100, 10*time.Second)
		from := time.Now().Add(9 * time.Second)
		source := sourceFunc(func(context.Context) (string, error) {
			time.Sleep(time.Until(from))
			return api.Token, nil
		})
		c := newClientWith(t, source, api, client.WithPacer(client.NewPacer(0, 0)), client.WithBaseURL(api.URL))
		if took := api.run(t, c, 250, 150); api.rejected() > 0 || took > 30*time.Second {
			t.Errorf("got %v and %d responses with status 429, want none", took, api.rejected())
		}
	})
}

func TestUnpaced_Wait_ContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (client.Unpaced{}).Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
