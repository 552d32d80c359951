package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// strictAPI is a transport that counts as the API does: over every window, by arrival. It is for use in a synctest bubble.
type strictAPI struct {
	requests int
	interval time.Duration
	jitter   func() time.Duration // on the way there
	back     func() time.Duration // on the way back
	silent   bool                 // no headers on a success

	mu       sync.Mutex
	arrivals []time.Time
	refused  int
	foreign  int // requests of others that count in each window
}

func (a *strictAPI) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.jitter != nil {
		<-time.After(a.jitter())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	used := a.foreign
	for _, arrival := range a.arrivals {
		if now.Sub(arrival) < a.interval {
			used++
		}
	}
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req}
	body := `{"contact":{"id":"abc"},"contacts":[],"succeded":true}`
	if used >= a.requests {
		a.refused++
		resp.StatusCode, body = http.StatusTooManyRequests, "slow down"
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

func (a *strictAPI) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(client.StaticToken("pit-test"), client.WithHTTPClient(&http.Client{Transport: a}),
		client.WithLocation("loc"), client.WithBaseURL("http://localhost/proxy"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// callAll makes n mixed calls from as many goroutines as callers.
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

// callMixed makes calls in turn, each with its number.
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

func TestPacingKeepsTheServersRule(t *testing.T) {
	t.Parallel()
	upTo := func(longest time.Duration) func() time.Duration {
		random := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		return func() time.Duration {
			mu.Lock()
			defer mu.Unlock()
			return time.Duration(random.Int64N(int64(longest)))
		}
	}
	tests := []struct {
		name     string
		requests int
		interval time.Duration
		jitter   func() time.Duration
		silent   bool
		slack    float64
	}{
		{"no jitter", 100, 10 * time.Second, nil, false, 1.05},
		{"jitter up to 200 ms", 100, 10 * time.Second, upTo(200 * time.Millisecond), false, 1.15},
		{"a sandbox's 25, unconfigured", 25, 10 * time.Second, upTo(200 * time.Millisecond), false, 1.15},
		{"no headers", 100, 10 * time.Second, upTo(200 * time.Millisecond), true, 1.15},
		{"a window of a minute", 300, time.Minute, upTo(time.Second), false, 1.15},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n, callers = 1000, 50
				api := &strictAPI{requests: test.requests, interval: test.interval, jitter: test.jitter, silent: test.silent}
				began := time.Now()
				callAll(t, api.client(t), n, callers)
				took := time.Since(began)
				ideal := time.Duration((n-1)/test.requests) * test.interval
				const roundTrip = time.Second
				if limit := time.Duration(float64(ideal)*test.slack) + roundTrip; took > limit {
					t.Errorf("took %v, want at most %v", took, limit)
				}
				if api.refused > 0 {
					t.Errorf("%d requests were refused with 429", api.refused)
				}
				t.Logf("ideal %v, took %v (%.3f)", ideal, took, float64(took)/float64(ideal))
			})
		})
	}
}

// TestPacingAgainstTheFake does the same against the fake's limiter, which was written without a look at the pacer.
func TestPacingAgainstTheFake(t *testing.T) {
	t.Parallel()
	jitter := []clienttest.Fault{
		{Rate: 0.3, Seed: 1, Delay: 200 * time.Millisecond}, {Rate: 0.3, Seed: 2, Delay: 110 * time.Millisecond}, {Rate: 0.5, Seed: 3, Delay: 30 * time.Millisecond},
	}
	for _, test := range []struct {
		name   string
		faults []clienttest.Fault
		slack  float64
	}{{"no jitter", nil, 1.05}, {"jitter up to 200 ms", jitter, 1.15}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n, callers = 1000, 50
				fake := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithoutValidation())
				fake.Fail(test.faults...)
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
				if took := time.Since(began); took > time.Duration(float64(ideal)*test.slack)+200*time.Millisecond {
					t.Errorf("took %v, ideal is %v", took, ideal)
				}
				for _, request := range fake.Requests() {
					if request.Status == http.StatusTooManyRequests {
						t.Fatal("a request was refused with 429")
					}
				}
			})
		})
	}
}

// Others' requests show in the headers only once ours have come back, so that as many as there are callers may be refused in a
// window. They are repeated, and no time is lost.
func TestPacingWithOthersInTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, callers, others = 400, 10, 60
		api := &strictAPI{requests: 100, interval: 10 * time.Second, foreign: others, jitter: func() time.Duration { return 50 * time.Millisecond }}
		began := time.Now()
		callAll(t, api.client(t), n, callers)
		ideal := time.Duration((n-1)/(100-others)) * api.interval
		if took := time.Since(began); took > ideal*105/100 {
			t.Errorf("took %v, ideal is %v", took, ideal)
		}
		if windows := n/(100-others) + 1; api.refused > windows*callers {
			t.Errorf("%d requests were refused with 429 in %d windows", api.refused, windows)
		}
	})
}

func TestTwoProcessesOnOneBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &strictAPI{requests: 100, interval: 10 * time.Second, jitter: func() time.Duration { return 50 * time.Millisecond }}
		began := time.Now()
		var group sync.WaitGroup
		for range 2 {
			c := api.client(t)
			group.Go(func() { callAll(t, c, 500, 10) })
		}
		group.Wait()
		if took := time.Since(began); took > 100*time.Second {
			t.Errorf("took %v for what one process does in 92 s", took)
		}
	})
}

func TestEveryoneWaitsOnceAfter429(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Others use up the budget; the headers do not tell.
		api := &strictAPI{requests: 100, interval: 10 * time.Second, foreign: 100, silent: true}
		c := api.client(t)
		go func() {
			<-time.After(time.Second)
			api.mu.Lock()
			api.foreign = 0
			api.mu.Unlock()
		}()
		began := time.Now()
		callAll(t, c, 20, 20)
		if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("took %v, want one interval", took)
		}
		if api.refused > 20 {
			t.Errorf("%d requests were refused, want at most one a call", api.refused)
		}
	})
}

func TestPacerIsFairAndLosesNoSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := client.NewPacer(1, time.Second)
		if err := pacer.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var mu sync.Mutex
		var order []string
		var group sync.WaitGroup
		wait := func(ctx context.Context, name string) {
			group.Go(func() {
				err := pacer.Wait(ctx)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, fmt.Sprintf("%s %v", name, err == nil))
			})
			synctest.Wait()
		}
		canceled, cancel := context.WithCancel(t.Context())
		wait(canceled, "first")
		wait(t.Context(), "second")
		wait(canceled, "third")
		wait(t.Context(), "fourth")
		cancel()
		group.Wait()
		if got, want := strings.Join(order[2:], ", "), "second true, fourth true"; got != want {
			t.Errorf("order %q, want the canceled ones and then %q", order, want)
		}
		if took := time.Since(began); took > 2100*time.Millisecond {
			t.Errorf("took %v: canceled waits took slots", took)
		}
	})
}

func TestPacerBelievesNoNonsense(t *testing.T) {
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
				pacer.Observe(limit)
				began := time.Now()
				for range 100 {
					if err := pacer.Wait(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("100 of 100 requests a second took %v", took)
				}
			})
		})
	}
}

// slowSource has no token until an instant.
type slowSource struct{ from time.Time }

func (s slowSource) Token(context.Context) (string, error) {
	<-time.After(time.Until(s.from))
	return "slow", nil
}

// A token that takes most of an interval does not bring the requests of two intervals together.
func TestPacingAfterASlowToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &strictAPI{requests: 100, interval: 10 * time.Second}
		c, err := client.New(slowSource{from: time.Now().Add(9 * time.Second)}, client.WithHTTPClient(&http.Client{Transport: api}), client.WithLocation("loc"))
		if err != nil {
			t.Fatal(err)
		}
		callAll(t, c, 250, 150)
		if api.refused > 0 {
			t.Errorf("%d requests were refused with 429", api.refused)
		}
	})
}

// Requests that nobody answers do not hold up more than those that somebody does.
func TestPacingWhileNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{err: syscall.ECONNREFUSED, unsent: true}}}
		c := api.client(t, client.WithRetry(client.RetryPolicy{}))
		began := time.Now()
		for range 100 {
			if _, err := c.Contacts.Get(t.Context(), "abc"); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("100 refused connections took %v", took)
		}
	})
}

func TestUnpacedEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (client.Unpaced{}).Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
