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
	for _, test := range []struct {
		name        string
		observation client.Observation
		ahead       int // number of calls that wait before it
		deadline    time.Duration
		want        error
	}{
		{"smaller limit, behind another call", client.Observation{Limit: client.RateLimit{Known: true, Max: 1, Remaining: 1, Interval: 20 * time.Second}}, 1, 25 * time.Second, context.DeadlineExceeded},
		{"long pause", client.Observation{Pause: time.Minute}, 0, time.Hour, client.ErrRateLimited},
		{"pause longer than the deadline", client.Observation{Pause: 20 * time.Second}, 0, 15 * time.Second, context.DeadlineExceeded},
		{"smaller limit", client.Observation{Limit: client.RateLimit{Known: true, Max: 1, Remaining: 1, Interval: time.Minute}}, 0, 15 * time.Second, context.DeadlineExceeded},
		{"requests of others", client.Observation{Limit: client.RateLimit{Known: true, Max: 2, Interval: 11 * time.Second}}, 0, 11 * time.Second, context.DeadlineExceeded},
		{"further requests of its own", client.Observation{Extra: 1}, 0, 10500 * time.Millisecond, context.DeadlineExceeded},
		{"daily limit", client.Observation{Limit: client.RateLimit{Known: true, DailyLimit: 100}}, 0, time.Hour, client.ErrDailyLimit},
	} {
		synctest.Test(t, func(t *testing.T) {
			pacer := client.NewPacer(1, 10*time.Second)
			if err := pacer.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range test.ahead {
				go func() { _ = pacer.Wait(t.Context()) }()
				synctest.Wait()
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
	exhausted := client.RateLimit{Known: true, Max: 2, Interval: 10 * time.Second}
	for name, test := range map[string]struct {
		starts   []time.Duration // before the request that is observed
		sent     time.Duration
		observed []client.Observation
		at       time.Duration
		want     []time.Duration // of the next starts, after the observation
	}{
		"own requests":                       {[]time.Duration{0, 5 * time.Second}, 5 * time.Second, []client.Observation{{Limit: exhausted}}, 12 * time.Second, []time.Duration{0}},
		"one of another, which arrived late": {[]time.Duration{0}, 0, []client.Observation{{Limit: exhausted}}, 9 * time.Second, []time.Duration{1250 * time.Millisecond, 10250 * time.Millisecond}},
		"after more than eight intervals":    {[]time.Duration{0, 0, 99 * time.Second}, 0, []client.Observation{{Limit: exhausted}}, 100 * time.Second, []time.Duration{0}},
		"two pauses, the second is shorter":  {nil, 0, []client.Observation{{Pause: 20 * time.Second}, {Pause: time.Second}}, 0, []time.Duration{20 * time.Second}},
		"two further requests of its own":    {[]time.Duration{0}, 0, []client.Observation{{Extra: 1}}, 0, []time.Duration{10250 * time.Millisecond}},
	} {
		synctest.Test(t, func(t *testing.T) {
			pacer, began := client.NewPacer(2, 10*time.Second), time.Now()
			for _, start := range test.starts {
				time.Sleep(time.Until(began.Add(start)))
				startTimes(t, pacer, 1)
			}
			time.Sleep(time.Until(began.Add(test.at)))
			for _, observed := range test.observed {
				observed.Sent = began.Add(test.sent)
				pacer.Observe(t.Context(), observed)
			}
			if got := startTimes(t, pacer, len(test.want)); !slices.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
		})
	}
}

// The deadline of a call is compared with the time at which it may start after those ahead of it, when
// earlier starts have left the window. A call that fails is not counted.
func TestPacer_Wait_Deadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pacer := client.NewPacer(2, 40*time.Second)
		startTimes(t, pacer, 1)
		time.Sleep(20 * time.Second)
		startTimes(t, pacer, 1)
		var group sync.WaitGroup
		for range 5 { // they start after 41, 61, 82, 102 and 123 seconds
			group.Go(func() { startTimes(t, pacer, 1) })
		}
		synctest.Wait()
		tooEarly, cancel := context.WithTimeout(t.Context(), 122*time.Second)
		defer cancel()
		for range 100 {
			took, err := timed(func() error { return pacer.Wait(tooEarly) })
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2m3s") || took > 0 {
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

// TestPacer_BoundedMemory starts many requests, each beside one of another process.
func TestPacer_BoundedMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests, limit = 50_000, 1 << 20 // 24 bytes a start would take more
		pacer := client.NewPacer(10, time.Second)
		heap := func() int64 {
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			return int64(stats.HeapAlloc)
		}
		before := heap()
		for range requests {
			if err := pacer.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			observe(pacer, time.Now(), client.RateLimit{Max: 10, Remaining: 8, Interval: time.Second})
			time.Sleep(time.Second)
		}
		if used := heap() - before; used > limit {
			t.Errorf("%d requests take %d bytes, want at most %d", requests, used, limit)
		}
		runtime.KeepAlive(pacer)
	})
}

// TestPacer_Wait_OrderOfCalls cancels the waiters of the second window. They delay no other.
func TestPacer_Wait_OrderOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, window = 5, 1025 * time.Millisecond
		pacer, began := client.NewPacer(limit, time.Second), time.Now()
		started := make([]time.Duration, 4*limit)
		var group sync.WaitGroup
		for number := range started {
			ctx, cancel := context.WithCancel(t.Context())
			if number/limit == 1 {
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
		for number, got := range started {
			if want := []time.Duration{0, 0, window, 2 * window}[number/limit]; got != want {
				t.Errorf("waiter %d: got a start after %v, want %v", number, got, want)
			}
		}
	})
}

func TestNewPacer(t *testing.T) {
	share := client.WithShare
	for _, test := range []struct {
		requests int
		interval time.Duration
		opts     []client.PacerOption
		observed client.RateLimit
		want     int // requests that start immediately; 0 if the arguments are invalid
	}{
		{want: 100},
		{requests: 7, interval: time.Second, want: 7},
		{observed: client.RateLimit{Max: 40, Remaining: 40, Interval: 10 * time.Second}, want: 40},
		{opts: []client.PacerOption{share(0.25)}, observed: client.RateLimit{Max: 40, Remaining: 40, Interval: 10 * time.Second}, want: 10},
		{opts: []client.PacerOption{share(1.0 / 3)}, want: 33},
		{opts: []client.PacerOption{share(0.001)}, want: 1},
		{opts: []client.PacerOption{share(0)}},
		{opts: []client.PacerOption{share(1.01)}},
		{opts: []client.PacerOption{nil}},
		{requests: -1},
		{interval: -1},
		{interval: 24*time.Hour + 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			pacer := client.NewPacer(test.requests, test.interval, test.opts...)
			observe(pacer, time.Now(), test.observed)
			_, err := client.New(client.StaticToken(token), client.WithPacer(pacer))
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			started := 0
			for pacer.Wait(ctx) == nil {
				started++
			}
			if started != test.want || (err != nil) != (test.want == 0) {
				t.Errorf("%+v: got %v and %d immediate requests, want %d", test, err, started, test.want)
			}
		})
	}
}

// TestPacer_CallsNotSent makes calls after a response with a long pause or an exhausted daily limit. They
// fail without a request, and wait for the rest of a pause that is shorter than a minute.
func TestPacer_CallsNotSent(t *testing.T) {
	exhausted := http.Header{"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"0"}, "X-Ratelimit-Daily-Reset": {"7200000"}}
	for _, test := range []struct {
		first       stubResponse
		daily       bool
		pause, rest time.Duration // rest is the part of the pause that a call waits for
	}{
		{stubResponse{status: 429, header: retryAfter("120")}, false, 2 * time.Minute, 30 * time.Second},
		{stubResponse{body: everything.body, header: exhausted}, true, 2 * time.Hour, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := script(t, []stubResponse{test.first, everything}, retries, client.WithPacer(client.NewPacer(0, 0)))
			remove := func() error { return c.Contacts.Delete(t.Context(), "abc") }
			_ = remove()
			took, err := timed(remove)
			checkOneKind(t, err)
			got, _ := errors.AsType[*client.Error](err)
			if got.Kind != client.ErrRateLimited || errors.Is(err, client.ErrDailyLimit) != test.daily || got.RetryAfter != test.pause || took > 0 {
				t.Errorf("got %v after %v, want ErrRateLimited immediately", err, took)
			}
			time.Sleep(test.pause - test.rest)
			if took, err := timed(remove); err != nil || took != test.rest {
				t.Errorf("got %v after %v, want success after %v", err, took, test.rest)
			}
		})
	}
}

// TestPacer_Observe_ImplausibleLimits observes limits and pauses that would stop the client for long.
// A limit is ignored if its interval is implausible, and no pause is longer than an hour.
func TestPacer_Observe_ImplausibleLimits(t *testing.T) {
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
