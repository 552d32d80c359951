package client_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// limitedFake is a fake with a rate limit, which was written independently of the Pacer, and a
// network with latency. It is used in a synctest bubble.
type limitedFake struct {
	*clienttest.Server

	contact     string               // ID of a contact
	there, back func() time.Duration // latencies; nil for none
	silent      bool                 // whether responses have no rate limit headers
}

func newLimitedFake(t *testing.T, requests int, interval time.Duration) *limitedFake {
	t.Helper()
	fake := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithoutValidation(),
		clienttest.WithRateLimit(clienttest.RateLimit{Max: requests, Interval: interval}))
	return &limitedFake{Server: fake, contact: fake.Seed(client.Contact{})[0].ID}
}

func (f *limitedFake) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.there != nil {
		time.Sleep(f.there())
	}
	resp, err := f.HTTPClient().Transport.RoundTrip(req)
	if f.back != nil {
		time.Sleep(f.back())
	}
	if f.silent && err == nil {
		resp.Header = http.Header{"Content-Type": resp.Header["Content-Type"]}
	}
	return resp, err
}

// client returns a client with the default Pacer.
func (f *limitedFake) client(opts ...client.Option) *client.Client {
	pacer := client.WithPacer(client.NewPacer(0, 0))
	return f.Client(append([]client.Option{client.WithHTTPClient(&http.Client{Transport: f}), pacer}, opts...)...)
}

// rejected returns the number of responses with status 429.
func (f *limitedFake) rejected() (count int) {
	for _, request := range f.Requests() {
		if request.Status == http.StatusTooManyRequests {
			count++
		}
	}
	return count
}

// run makes n calls from the given number of goroutines, and returns how long they took.
func (f *limitedFake) run(t *testing.T, c *client.Client, n, callers int) time.Duration {
	t.Helper()
	took, _ := timed(func() error {
		var calls atomic.Int32
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				for int(calls.Add(1)) <= n {
					if _, err := c.Contacts.Get(t.Context(), f.contact); err != nil {
						t.Errorf("got %v", err)
					}
				}
			})
		}
		group.Wait()
		return nil
	})
	return took
}

func constant(latency time.Duration) func() time.Duration {
	return func() time.Duration { return latency }
}

// upTo returns random latencies between 0 and longest.
func upTo(longest time.Duration) func() time.Duration {
	random := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(random.Int64N(int64(longest)))
	}
}

// one returns a latency of 20 ms, and another one for one request.
func one(number int32, latency time.Duration) func() time.Duration {
	var requests atomic.Int32
	return func() time.Duration {
		if requests.Add(1) == number {
			return latency
		}
		return 20 * time.Millisecond
	}
}

// TestPacer_Wait_LimitInEveryWindow makes 1,000 calls as fast as the limit allows. Own requests whose
// responses are late are not mistaken for those of other processes.
func TestPacer_Wait_LimitInEveryWindow(t *testing.T) {
	t.Parallel()
	const n = 1000
	for _, test := range []struct {
		name        string
		requests    int           // the default is 100
		interval    time.Duration // the default is 10 s
		there, back func() time.Duration
		silent      bool
		callers     int           // the default is 50
		latency     time.Duration // longest sum of there and back
		rejected    int           // responses with status 429, at most
	}{
		{name: "no latency"},
		{name: "no headers", there: upTo(200 * time.Millisecond), latency: 200 * time.Millisecond, silent: true},
		{name: "sandbox, not configured", requests: 25, there: upTo(200 * time.Millisecond), latency: 200 * time.Millisecond, rejected: 50},
		{name: "window of a minute", requests: 300, interval: time.Minute, there: upTo(time.Second), latency: time.Second},
		{name: "slow requests", there: constant(2 * time.Second), callers: 100, latency: 2 * time.Second},
		{name: "slow responses", back: constant(2 * time.Second), callers: 100, latency: 2 * time.Second},
		{name: "slow both ways", there: constant(time.Second), back: constant(time.Second), callers: 100, latency: 2 * time.Second},
		{name: "slow both ways, few callers", there: constant(100 * time.Millisecond), back: constant(100 * time.Millisecond), callers: 10, latency: 200 * time.Millisecond},
		{name: "one very slow response", back: one(100, 45*time.Second), callers: 32, latency: 3 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limit, interval := cmp.Or(test.requests, 100), cmp.Or(test.interval, 10*time.Second)
				api := newLimitedFake(t, limit, interval)
				api.there, api.back, api.silent = test.there, test.back, test.silent
				took := api.run(t, api.client(), n, cmp.Or(test.callers, 50))
				ideal := time.Duration((n-1)/limit)*interval + test.latency
				if took > ideal*105/100 || api.rejected() > test.rejected {
					t.Errorf("got %v and %d responses with status 429, want at most 1.05 times %v and %d", took, api.rejected(), ideal, test.rejected)
				}
			})
		})
	}
}

// At the end of each window, each of the 20 callers may send a request before the Pacer detects the
// requests of the other process.
func TestPacer_TwoProcesses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		opts     []client.PacerOption
		longest  time.Duration
		rejected int
	}{
		{nil, 100 * time.Second, 200},
		{[]client.PacerOption{client.WithShare(0.5)}, 95 * time.Second, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := newLimitedFake(t, 100, 10*time.Second)
			api.there = constant(50 * time.Millisecond)
			took, _ := timed(func() error {
				var group sync.WaitGroup
				for range 2 {
					group.Go(func() { api.run(t, api.client(client.WithPacer(client.NewPacer(0, 0, test.opts...))), 500, 10) })
				}
				group.Wait()
				return nil
			})
			if took > test.longest || api.rejected() > test.rejected {
				t.Errorf("got %v and %d responses with status 429, want at most %v and %d", took, api.rejected(), test.longest, test.rejected)
			}
		})
	}
}

// wrappedPacer is a Pacer of a program that forwards all calls.
type wrappedPacer struct{ client.Pacer }

// Other processes have exhausted the limit for a second, but no header reports it. After the first
// 429, all calls wait for the interval.
func TestPacer_Status429_PausesAllCalls(t *testing.T) {
	t.Parallel()
	for _, pacer := range []func() client.Pacer{
		func() client.Pacer { return client.NewPacer(0, 0) }, func() client.Pacer { return wrappedPacer{client.NewPacer(0, 0)} },
	} {
		for _, test := range []struct{ callers, calls int }{{20, 20}, {7, 90}} {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var rejected atomic.Int32
				transport := roundTrip(func(req *http.Request) (*http.Response, error) {
					time.Sleep(20 * time.Millisecond)
					if time.Since(began) < time.Second {
						rejected.Add(1)
						return stubResponse{status: 429}.response(req), nil
					}
					return everything.response(req), nil
				})
				c := newClient(t, transport, retries, client.WithPacer(pacer()))
				took := (&limitedFake{contact: "abc"}).run(t, c, test.calls, test.callers)
				if took < 10*time.Second || took > 11*time.Second || int(rejected.Load()) > test.callers {
					t.Errorf("%+v: got %v and %d responses with status 429, want one interval and at most %d", test, took, rejected.Load(), test.callers)
				}
			})
		}
	}
}

func TestPacer_LongPause_FailsCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := script(t, []stubResponse{{status: 429, header: retryAfter("120")}, everything}, retries, client.WithPacer(client.NewPacer(0, 0)))
		for number := range 50 {
			took, err := timed(func() error { return c.Contacts.Delete(t.Context(), "abc") })
			checkOneKind(t, err)
			want := client.Error{Kind: client.ErrRateLimited, Operation: "Contacts.Delete", Path: "/proxy/v1/contacts/abc", RetryAfter: 2 * time.Minute}
			if number == 0 {
				want.StatusCode = 429
			}
			got, _ := errors.AsType[*client.Error](err)
			if got.Kind != want.Kind || got.Operation != want.Operation || got.Path != want.Path || got.RetryAfter != want.RetryAfter || got.StatusCode != want.StatusCode ||
				got.MaybeApplied || errors.Is(err, client.ErrDailyLimit) || took > 0 {
				t.Errorf("call %d: got %v after %v", number, err, took)
			}
		}
		time.Sleep(90 * time.Second) // calls wait for the rest of the pause
		if took, err := timed(func() error { return c.Contacts.Delete(t.Context(), "abc") }); err != nil || took != 30*time.Second {
			t.Errorf("got %v after %v, want success after 30 s", err, took)
		}
	})
}

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
		{Interval: time.Second}, {Max: 1, Interval: 1e9 * time.Millisecond}, {Max: 1, Interval: 1 << 60}, {Max: 1, Interval: 10*time.Minute + 1}, {Max: 1},
		{Max: 1, Interval: -1}, {Max: -1, Interval: time.Second}, {Max: 1_000_000_000, Remaining: -1_000_000_000, Interval: time.Second},
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
