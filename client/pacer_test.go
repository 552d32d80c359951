package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// strictAPI is a transport that limits requests as the API does, over every window, by the time of
// their arrival. It is used in a synctest bubble.
type strictAPI struct {
	requests   int
	interval   time.Duration
	jitter     func() time.Duration // latency of the request
	back       func() time.Duration // latency of the response
	silent     bool                 // responses have no rate limit headers
	retryAfter string               // header of a response with status 429

	mu       sync.Mutex
	arrivals []time.Time
	rejected int
	others   int // requests of other processes in each window
}

func (a *strictAPI) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.jitter != nil {
		<-time.After(a.jitter())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	used := a.others
	for _, arrival := range a.arrivals {
		if now.Sub(arrival) < a.interval {
			used++
		}
	}
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req}
	body := `{"contact":{"id":"abc"},"contacts":[],"succeded":true}`
	if used >= a.requests {
		a.rejected++
		resp.StatusCode, body = http.StatusTooManyRequests, "slow down"
		if a.retryAfter != "" {
			resp.Header.Set("Retry-After", a.retryAfter)
		}
	} else {
		a.arrivals = append(a.arrivals, now)
		used++
	}
	if !a.silent {
		resp.Header.Set("X-RateLimit-Max", strconv.Itoa(a.requests))
		resp.Header.Set("X-RateLimit-Remaining", strconv.Itoa(a.requests-used))
		resp.Header.Set("X-RateLimit-Interval-Milliseconds", strconv.FormatInt(a.interval.Milliseconds(), 10))
	}
	resp.Body = io.NopCloser(strings.NewReader(body))
	if a.back != nil {
		a.mu.Unlock()
		<-time.After(a.back())
		a.mu.Lock()
	}
	return resp, nil
}

func (a *strictAPI) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(client.StaticToken("pit-test"), append([]client.Option{
		client.WithHTTPClient(&http.Client{Transport: a}),
		client.WithLocation("loc"), client.WithBaseURL("http://localhost/proxy"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// callAll makes n mixed calls from the given number of goroutines.
func callAll(t *testing.T, c *client.Client, n, callers int) {
	t.Helper()
	callMixed(t, n, callers, []func(int) error{
		func(int) error { _, err := c.Contacts.Get(t.Context(), "abc"); return err },
		func(int) error { _, err := c.Contacts.List(t.Context(), client.ListRequest{}); return err },
		func(int) error { return c.Contacts.Delete(t.Context(), "abc") },
		func(int) error {
			_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{Email: "a@example.com"})
			return err
		},
	})
}

// callMixed makes n calls of the given kinds in turn, and passes its number to each call.
func callMixed(t *testing.T, n, callers int, calls []func(number int) error) {
	t.Helper()
	numbers := make(chan int)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for number := range numbers {
				if err := calls[number%len(calls)](number); err != nil {
					t.Errorf("call %d: %v", number, err)
				}
			}
		})
	}
	for number := range n {
		numbers <- number
	}
	close(numbers)
	group.Wait()
}

// constant returns a constant latency.
func constant(latency time.Duration) func() time.Duration {
	return func() time.Duration { return latency }
}

// upTo returns a random latency between 0 and longest.
func upTo(longest time.Duration) func() time.Duration {
	random := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(random.Int64N(int64(longest)))
	}
}

// idealDuration returns the shortest duration of n requests with at most limit requests in each
// interval and the given number of callers, each of which waits for its response.
func idealDuration(n, limit int, interval time.Duration, callers int, latency time.Duration) time.Duration {
	starts := make([]time.Duration, n)
	for i := range starts {
		if i >= callers {
			starts[i] = starts[i-callers] + latency
		}
		if i >= limit {
			starts[i] = max(starts[i], starts[i-limit]+interval)
		}
	}
	return starts[n-1] + latency
}

func TestPacer_Latency_NotMistakenForOtherClients(t *testing.T) {
	t.Parallel()
	const n, limit, interval = 1000, 100, 10 * time.Second
	shares := []struct {
		name string
		back int64 // part of the latency that is the response's, in percent
	}{{"slow requests", 0}, {"slow both ways", 50}, {"slow responses", 100}}
	for _, callers := range []int{10, 32, 100} {
		for _, latency := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second} {
			for _, share := range shares {
				t.Run(fmt.Sprintf("%d callers, %v, %s", callers, latency, share.name), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						back := latency * time.Duration(share.back) / 100
						api := &strictAPI{requests: limit, interval: interval, jitter: constant(latency - back), back: constant(back)}
						began := time.Now()
						callAll(t, api.client(t), n, callers)
						took, ideal := time.Since(began), idealDuration(n, limit, interval, callers, latency)
						if took > ideal*105/100 {
							t.Errorf("got %v, want at most 1.05 times %v", took, ideal)
						}
						if api.rejected > 0 {
							t.Errorf("got %d responses with status 429, want none", api.rejected)
						}
						t.Logf("%.3f times the ideal", float64(took)/float64(ideal))
					})
				})
			}
		}
	}
}

func TestPacer_Wait_LimitInEveryWindow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		requests int
		interval time.Duration
		jitter   func() time.Duration
		silent   bool
		slack    float64
		rejected int // responses with status 429, at most
	}{
		{"no latency", 100, 10 * time.Second, nil, false, 1.05, 0},
		{"latency up to 200 ms", 100, 10 * time.Second, upTo(200 * time.Millisecond), false, 1.05, 0},
		{"sandbox, not configured", 25, 10 * time.Second, upTo(200 * time.Millisecond), false, 1.05, 50},
		{"no headers", 100, 10 * time.Second, upTo(200 * time.Millisecond), true, 1.05, 0},
		{"window of a minute", 300, time.Minute, upTo(time.Second), false, 1.05, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n, callers, roundTrip = 1000, 50, time.Second
				api := &strictAPI{requests: test.requests, interval: test.interval, jitter: test.jitter, silent: test.silent}
				began := time.Now()
				callAll(t, api.client(t), n, callers)
				took := time.Since(began)
				ideal := time.Duration((n-1)/test.requests) * test.interval
				if limit := time.Duration(float64(ideal)*test.slack) + roundTrip; took > limit {
					t.Errorf("got %v, want at most %v", took, limit)
				}
				if api.rejected > test.rejected {
					t.Errorf("got %d responses with status 429, want at most %d", api.rejected, test.rejected)
				}
			})
		})
	}
}

// TestPacer_Wait_LimitOfTheFake uses the fake's rate limiter, which was written independently of
// the pacer.
func TestPacer_Wait_LimitOfTheFake(t *testing.T) {
	t.Parallel()
	jitter := []clienttest.Fault{
		{Rate: 0.3, Seed: 1, Delay: 200 * time.Millisecond},
		{Rate: 0.3, Seed: 2, Delay: 110 * time.Millisecond},
		{Rate: 0.5, Seed: 3, Delay: 30 * time.Millisecond},
	}
	for _, test := range []struct {
		name   string
		faults []clienttest.Fault
	}{{"no latency", nil}, {"latency up to 200 ms", jitter}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n, callers = 1000, 50
				fake := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithoutValidation())
				fake.InjectFaults(test.faults...)
				c := fake.Client()
				id := fake.Seed(client.Contact{})[0].ID
				began := time.Now()
				callMixed(t, n, callers, []func(int) error{
					func(int) error { _, err := c.Contacts.Get(t.Context(), id); return err },
					func(int) error { _, err := c.Contacts.List(t.Context(), client.ListRequest{}); return err },
					func(number int) error {
						_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{Email: fmt.Sprintf("a%d@example.com", number)})
						return err
					},
					func(int) error {
						_, err := c.Contacts.Update(t.Context(), id, client.UpdateContactRequest{City: client.Set("Oslo")})
						return err
					},
				})
				ideal := time.Duration((n-1)/clienttest.ProductionLimit.Max) * clienttest.ProductionLimit.Interval
				if took := time.Since(began); took > ideal*105/100+200*time.Millisecond {
					t.Errorf("got %v, want at most 1.05 times %v", took, ideal)
				}
				for _, request := range fake.Requests() {
					if request.Status == http.StatusTooManyRequests {
						t.Fatal("got a response with status 429, want none")
					}
				}
			})
		})
	}
}

// The pacer detects the requests of other processes only after a response. The API can reject at
// most one request of each caller in each window.
func TestPacer_Observe_LeavesRoomForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, callers, others = 400, 10, 60
		api := &strictAPI{requests: 100, interval: 10 * time.Second, others: others, jitter: constant(50 * time.Millisecond)}
		began := time.Now()
		callAll(t, api.client(t), n, callers)
		ideal := time.Duration((n-1)/(100-others)) * api.interval
		if took := time.Since(began); took > ideal*105/100 {
			t.Errorf("got %v, want at most 1.05 times %v", took, ideal)
		}
		if windows := n/(100-others) + 1; api.rejected > windows*callers {
			t.Errorf("got %d responses with status 429 in %d windows", api.rejected, windows)
		}
	})
}

func TestPacer_TwoProcesses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		opts     []client.PacerOption
		longest  time.Duration
		rejected int
	}{
		// At the end of each window, each of the 20 callers may send a request before the pacer
		// detects the requests of other processes.
		{"without a share", nil, 100 * time.Second, 200},
		{"with half of the limit each", []client.PacerOption{client.WithShare(0.5)}, 95 * time.Second, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &strictAPI{requests: 100, interval: 10 * time.Second, jitter: constant(50 * time.Millisecond)}
				began := time.Now()
				var group sync.WaitGroup
				for range 2 {
					c := api.client(t, client.WithPacer(client.NewPacer(100, 10*time.Second, test.opts...)))
					group.Go(func() { callAll(t, c, 500, 10) })
				}
				group.Wait()
				if took := time.Since(began); took > test.longest {
					t.Errorf("got %v, want at most %v", took, test.longest)
				}
				if api.rejected > test.rejected {
					t.Errorf("got %d responses with status 429, want at most %d", api.rejected, test.rejected)
				}
			})
		})
	}
}

// One request takes 45 s, the others take 20 ms. The starts of its window are no longer stored when
// it ends.
func TestPacer_OneSlowRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int32
		api := &strictAPI{requests: 100, interval: 10 * time.Second, back: func() time.Duration {
			if requests.Add(1) == 100 {
				return 45 * time.Second
			}
			return 20 * time.Millisecond
		}}
		began := time.Now()
		callAll(t, api.client(t), 1000, 32)
		if took := time.Since(began); took > 94*time.Second {
			t.Errorf("got %v, want at most 94 s", took)
		}
		if api.rejected > 0 {
			t.Errorf("got %d responses with status 429, want none", api.rejected)
		}
	})
}

// wrappedPacer is a Pacer of a program. It counts the calls of Wait and forwards all calls.
type wrappedPacer struct {
	client.Pacer
	waits atomic.Int32
}

func (w *wrappedPacer) Wait(ctx context.Context) error {
	w.waits.Add(1)
	return w.Pacer.Wait(ctx)
}

// The requests of other processes exhaust the limit for a second, but the headers do not report it.
func TestPacer_Status429_PausesAllCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		callers  int
		calls    int
		wrap     bool
		rejected int
	}{
		{"one burst", 20, 20, false, 20},
		{"more calls than callers", 7, 128, false, 7},
		{"more calls than callers, wrapped pacer", 7, 128, true, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &strictAPI{requests: 200, interval: 10 * time.Second, others: 200, silent: true, jitter: constant(20 * time.Millisecond)}
				pacer := client.NewPacer(200, 10*time.Second)
				if test.wrap {
					pacer = &wrappedPacer{Pacer: pacer}
				}
				c := api.client(t, client.WithPacer(pacer))
				go func() {
					<-time.After(time.Second)
					api.mu.Lock()
					api.others = 0
					api.mu.Unlock()
				}()
				began := time.Now()
				callAll(t, c, test.calls, test.callers)
				if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
					t.Errorf("got %v, want one interval", took)
				}
				if api.rejected > test.rejected {
					t.Errorf("got %d responses with status 429, want at most %d", api.rejected, test.rejected)
				}
			})
		})
	}
}

func TestPacer_LongPause_FailsCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &strictAPI{requests: 1, others: 1, interval: time.Second, silent: true, retryAfter: "120", jitter: constant(20 * time.Millisecond)}
		c := api.client(t)
		began := time.Now()
		for number := range 50 {
			_, err := c.Contacts.Get(t.Context(), "abc")
			failure, ok := errors.AsType[*client.Error](err)
			if !ok || !errors.Is(err, client.ErrRateLimited) || errors.Is(err, client.ErrDailyLimit) {
				t.Fatalf("call %d: got %v, want ErrRateLimited", number, err)
			}
			if failure.StatusCode != http.StatusTooManyRequests || failure.RetryAfter != 2*time.Minute || failure.Operation != "getContact" || failure.Path != "/proxy/contacts/abc" {
				t.Errorf("call %d: got %+v", number, *failure)
			}
		}
		if took := time.Since(began); took > 20*time.Millisecond || api.rejected != 1 {
			t.Errorf("got %d requests in %v, want 1 in 20 ms", api.rejected, took)
		}
		time.Sleep(90 * time.Second) // calls wait for the rest of the pause
		api.mu.Lock()
		api.others = 0
		api.mu.Unlock()
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil || time.Since(began) < 2*time.Minute {
			t.Errorf("got %v after %v, want success after 2 minutes", err, time.Since(began))
		}
	})
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
		{"daily limit", client.Observation{Limit: client.RateLimit{Known: true, DailyLimit: 100}}, time.Hour, client.ErrDailyLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pacer := client.NewPacer(1, 10*time.Second)
				if err := pacer.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				began := time.Now()
				result := make(chan error)
				go func() { result <- pacer.Wait(ctx) }()
				time.Sleep(time.Second)
				test.observation.Sent = time.Now()
				pacer.Observe(t.Context(), test.observation)
				err := <-result
				if took := time.Since(began); took != time.Second || !errors.Is(err, test.want) {
					t.Errorf("got %v after %v, want %v after 1 s", err, took, test.want)
				}
			})
		})
	}
}

func TestPacer_Wait_DeadlineTooEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &strictAPI{requests: 100, interval: 10 * time.Second}
		c := api.client(t)
		callAll(t, c, 100, 10)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		for range 1000 {
			_, err := c.Contacts.Get(ctx, "abc")
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "10.25s") {
				t.Fatalf("got %v, want DeadlineExceeded and the wait", err)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("got %v, want no wait", took)
		}
		// No start was counted.
		callAll(t, c, 100, 10)
		if took := time.Since(began); took > 10250*time.Millisecond {
			t.Errorf("got %v for the next 100 calls, want 10.25 s", took)
		}
	})
}

// The deadline of a caller is compared with the time at which it may start after the callers ahead
// of it.
func TestPacer_Wait_DeadlineBehindTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := client.NewPacer(2, 40*time.Second)
		began := time.Now()
		var group sync.WaitGroup
		var started atomic.Int32
		for range 7 {
			group.Go(func() {
				if err := pacer.Wait(t.Context()); err == nil {
					started.Add(1)
				}
			})
		}
		synctest.Wait()
		tooEarly, cancel := context.WithTimeout(t.Context(), 122*time.Second)
		defer cancel()
		if err := pacer.Wait(tooEarly); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2m3s") || time.Since(began) > 0 {
			t.Errorf("got %v after %v, want DeadlineExceeded immediately", err, time.Since(began))
		}
		inTime, cancel := context.WithTimeout(t.Context(), 124*time.Second)
		defer cancel()
		if err := pacer.Wait(inTime); err != nil || time.Since(began) != 123*time.Second {
			t.Errorf("got %v after %v, want a slot after 2m3s", err, time.Since(began))
		}
		group.Wait()
		if started.Load() != 7 {
			t.Errorf("got %d starts, want 7", started.Load())
		}
	})
}

func TestPacer_Wait_OrderOfCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const waiters, limit, window = 1000, 10, 1025 * time.Millisecond
		pacer := client.NewPacer(limit, time.Second)
		random := rand.New(rand.NewPCG(3, 4))
		began := time.Now()
		var mu sync.Mutex
		var order []int
		var starts []time.Duration
		var group sync.WaitGroup
		patient := 0
		for number := range waiters {
			ctx, cancel := context.WithCancel(t.Context())
			if random.IntN(2) == 0 {
				patient++
			} else {
				time.AfterFunc(time.Duration(random.Int64N(int64(100*time.Second))), cancel)
			}
			group.Go(func() {
				defer cancel()
				if err := pacer.Wait(ctx); err != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				order, starts = append(order, number), append(starts, time.Since(began))
			})
			synctest.Wait() // until the waiter is in the queue
		}
		group.Wait()
		if len(order) < patient || len(order) == waiters {
			t.Errorf("got %d starts, want the %d waiters that were not canceled, and some others", len(order), patient)
		}
		// Waiters that start at the same time may be recorded in any order.
		for i, number := range order {
			if i+limit < len(order) && slices.Min(order[i+limit:]) < number {
				t.Fatalf("waiter %d started too early", number)
			}
			if want := time.Duration(i/limit) * window; starts[i] != want {
				t.Fatalf("start %d: got %v, want %v: a canceled waiter delayed it", i, starts[i], want)
			}
		}
	})
}

func TestWithShare(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		share    float64
		observed int // Max of the headers; 0 for no headers
		want     int // requests that start immediately
	}{
		{"quarter", 0.25, 0, 25},
		{"third, rounded down", 1.0 / 3, 0, 33},
		{"quarter of the headers", 0.25, 40, 10},
		{"whole", 1, 0, 100},
		{"never less than one", 0.001, 0, 1},
		{"zero has no effect", 0, 0, 100},
		{"negative has no effect", -1, 0, 100},
		{"more than one has no effect", 2, 0, 100},
		{"not a number has no effect", math.NaN(), 0, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pacer := client.NewPacer(100, 10*time.Second, client.WithShare(test.share))
				if test.observed > 0 {
					limit := client.RateLimit{Known: true, Max: test.observed, Remaining: test.observed, Interval: 10 * time.Second}
					pacer.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: limit})
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				started := 0
				for pacer.Wait(ctx) == nil {
					started++
				}
				if started != test.want {
					t.Errorf("got %d immediate requests, want %d", started, test.want)
				}
			})
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
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Duration(test.hour)*time.Hour + 30*time.Minute) // a bubble begins at midnight UTC
				pacer := client.NewPacer(100, 10*time.Second)
				pacer.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: client.RateLimit{
					Known: true, DailyLimit: 1000, DailyReset: test.reset,
				}})
				err := pacer.Wait(t.Context())
				failure, ok := errors.AsType[*client.Error](err)
				if !ok || !errors.Is(err, client.ErrRateLimited) || !errors.Is(err, client.ErrDailyLimit) {
					t.Fatalf("got %v, want ErrRateLimited and ErrDailyLimit", err)
				}
				if failure.RetryAfter != test.want || failure.StatusCode != http.StatusTooManyRequests {
					t.Errorf("got status %d, RetryAfter %v, want 429, %v", failure.StatusCode, failure.RetryAfter, test.want)
				}
				time.Sleep(test.want - 1)
				if err := pacer.Wait(t.Context()); !errors.Is(err, client.ErrDailyLimit) {
					t.Errorf("before the reset: got %v, want ErrDailyLimit", err)
				}
				time.Sleep(time.Nanosecond)
				if err := pacer.Wait(t.Context()); err != nil {
					t.Errorf("after the reset: %v", err)
				}
			})
		})
	}
}

func TestErrDailyLimit_CallsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{status: 200, body: success.body, header: http.Header{
			"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"0"}, "X-Ratelimit-Daily-Reset": {"7200000"},
		}}}}
		c := api.client(t)
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 200 {
			err := c.Contacts.Delete(t.Context(), "abc")
			failure, ok := errors.AsType[*client.Error](err)
			if !ok || !errors.Is(err, client.ErrRateLimited) || !errors.Is(err, client.ErrDailyLimit) || errors.Is(err, client.ErrMaybeApplied) {
				t.Fatalf("got %v, want ErrRateLimited and ErrDailyLimit", err)
			}
			if failure.Operation != "deleteContact" || failure.RetryAfter != 2*time.Hour {
				t.Errorf("got %+v", *failure)
			}
		}
		if sent := api.requests.Load(); sent != 1 || time.Since(began) > 0 {
			t.Errorf("got %d requests in %v, want 1 immediately", sent, time.Since(began))
		}
	})
}

// A limit of a billion requests, of which none remain, must not need memory for each request.
func TestPacer_BoundedMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pacer := client.NewPacer(100, 10*time.Second)
		heap := func() uint64 {
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			return stats.HeapAlloc
		}
		before := heap()
		for i := range 4000 {
			limit := client.RateLimit{Known: true, Max: 1_000_000_000, Remaining: i * 10 % 1000, Interval: 10 * time.Second}
			pacer.Observe(t.Context(), client.Observation{Sent: time.Now().Add(-time.Hour), Limit: limit})
			pacer.Observe(t.Context(), client.Observation{Sent: time.Now(), Limit: limit})
			time.Sleep(7 * time.Millisecond)
		}
		if after := heap(); after > before+64<<10 {
			t.Errorf("got %d bytes after 4,000 responses, want less than 64 KiB", after-before)
		}
		if err := pacer.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestPacer_Observe_ImplausibleLimits(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]client.RateLimit{
		"no requests":        {Known: true, Interval: time.Second},
		"an endless window":  {Known: true, Max: 1, Interval: 1 << 60},
		"no window":          {Known: true, Max: 1},
		"negative remaining": {Known: true, Max: 1_000_000_000, Remaining: -1_000_000_000, Interval: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pacer := client.NewPacer(100, time.Second)
				for _, sent := range []time.Time{{}, time.Now(), time.Now().Add(time.Hour)} {
					pacer.Observe(t.Context(), client.Observation{Sent: sent, Limit: limit})
				}
				began := time.Now()
				for range 100 {
					if err := pacer.Wait(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("got %v for 100 requests at 100 per second", took)
				}
			})
		})
	}
}

// slowSource is a TokenSource whose token is available at a given time.
type slowSource struct{ from time.Time }

func (s slowSource) Token(context.Context) (string, error) {
	<-time.After(time.Until(s.from))
	return "slow", nil
}

// If the token arrives late in an interval, the requests of two intervals must not start in one
// interval.
func TestPacer_Wait_AfterTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &strictAPI{requests: 100, interval: 10 * time.Second}
		c, err := client.New(slowSource{from: time.Now().Add(9 * time.Second)}, client.WithHTTPClient(&http.Client{Transport: api}), client.WithLocation("loc"))
		if err != nil {
			t.Fatal(err)
		}
		callAll(t, c, 250, 150)
		if api.rejected > 0 {
			t.Errorf("got %d responses with status 429, want none", api.rejected)
		}
	})
}

// Requests without a response do not delay later requests.
func TestPacer_WithoutAServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{err: syscall.ECONNREFUSED, unsent: true}}}
		c := api.client(t, client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
		began := time.Now()
		for range 100 {
			if _, err := c.Contacts.Get(t.Context(), "abc"); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("got %v for 100 refused connections, want no wait", took)
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
