package client_test

import (
	"cmp"
	"context"
	"net/http"
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

	contact     string                           // ID of a contact
	there, back func(number int32) time.Duration // latencies of a request; nil for none
	silent      bool                             // whether responses have no rate limit headers
	sent        atomic.Int32
}

func newLimitedFake(t *testing.T, requests int, interval time.Duration) *limitedFake {
	t.Helper()
	fake := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithoutValidation(),
		clienttest.WithRateLimit(clienttest.RateLimit{Max: requests, Interval: interval}))
	return &limitedFake{Server: fake, contact: fake.Seed(client.Contact{})[0].ID}
}

func (f *limitedFake) RoundTrip(req *http.Request) (*http.Response, error) {
	number := f.sent.Add(1)
	if f.there != nil {
		time.Sleep(f.there(number))
	}
	resp, err := f.HTTPClient().Transport.RoundTrip(req)
	if f.back != nil {
		time.Sleep(f.back(number))
	}
	if f.silent && err == nil {
		resp.Header = http.Header{"Content-Type": resp.Header["Content-Type"]}
	}
	return resp, err
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
	began := time.Now()
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
	return time.Since(began)
}

// constant returns the same latency for each request.
func constant(latency time.Duration) func(int32) time.Duration {
	return func(int32) time.Duration { return latency }
}

// upTo returns latencies between 0 and longest.
func upTo(longest time.Duration) func(int32) time.Duration {
	return func(number int32) time.Duration { return longest * time.Duration(number*37%101) / 100 }
}

// TestPacer_Wait_LimitInEveryWindow makes many calls as fast as the limit allows. Own requests whose
// responses are late are not mistaken for those of other processes. If the token arrives late in an
// interval, the requests of two intervals do not start in one.
func TestPacer_Wait_LimitInEveryWindow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		calls       int           // the default is 400
		requests    int           // the default is 100
		interval    time.Duration // the default is 10 s
		there, back func(int32) time.Duration
		silent      bool
		callers     int           // the default is 50
		latency     time.Duration // longest sum of there and back, and token
		token       time.Duration // when the token arrives
		rejected    int           // responses with status 429, at most
	}{
		{name: "no latency"},
		{name: "no headers", there: upTo(200 * time.Millisecond), latency: 200 * time.Millisecond, silent: true},
		{name: "sandbox, not configured", requests: 25, there: upTo(200 * time.Millisecond), latency: 200 * time.Millisecond, rejected: 50},
		{name: "window of a minute", requests: 300, interval: time.Minute, there: upTo(time.Second), latency: time.Second},
		{name: "slow requests", there: constant(2 * time.Second), callers: 100, latency: 2 * time.Second},
		{name: "slow responses", back: constant(2 * time.Second), callers: 100, latency: 2 * time.Second},
		{name: "slow both ways", there: constant(time.Second), back: constant(time.Second), callers: 100, latency: 2 * time.Second},
		{name: "few callers", calls: 1000, there: constant(100 * time.Millisecond), back: constant(100 * time.Millisecond), callers: 10, latency: 200 * time.Millisecond},
		{name: "late token", callers: 150, token: 9 * time.Second, latency: 9 * time.Second},
		{name: "one very slow response", calls: 1000, callers: 32, latency: 3 * time.Second, back: func(number int32) time.Duration {
			return map[int32]time.Duration{100: 45 * time.Second}[number]
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n, limit, interval, began := cmp.Or(test.calls, 400), cmp.Or(test.requests, 100), cmp.Or(test.interval, 10*time.Second), time.Now()
				api := newLimitedFake(t, limit, interval)
				api.there, api.back, api.silent = test.there, test.back, test.silent
				source := sourceFunc(func(context.Context) (string, error) {
					time.Sleep(time.Until(began.Add(test.token)))
					return api.Token, nil
				})
				c := newClientWith(t, source, api, client.WithBaseURL(api.URL), client.WithPacer(client.NewPacer(0, 0)), retries)
				took := api.run(t, c, n, cmp.Or(test.callers, 50))
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
		{nil, 60 * time.Second, 120},
		{[]client.PacerOption{client.WithShare(0.5)}, 55 * time.Second, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := newLimitedFake(t, 100, 10*time.Second)
			api.there = constant(50 * time.Millisecond)
			began := time.Now()
			var group sync.WaitGroup
			for range 2 {
				pacer := client.NewPacer(0, 0, test.opts...)
				c := newClientWith(t, client.StaticToken(api.Token), api, client.WithBaseURL(api.URL), client.WithPacer(pacer), retries)
				group.Go(func() { api.run(t, c, 300, 10) })
			}
			group.Wait()
			if took := time.Since(began); took > test.longest || api.rejected() > test.rejected {
				t.Errorf("got %v and %d responses with status 429, want at most %v and %d", took, api.rejected(), test.longest, test.rejected)
			}
		})
	}
}

func TestRateLimit_Headers(t *testing.T) {
	none := client.RateLimit{}
	burst := client.RateLimit{Known: true, Max: 100, Remaining: 99, Interval: 10 * time.Second}
	daily := client.RateLimit{Known: true, DailyLimit: 200000, DailyRemaining: 199512}
	both := burst
	both.DailyLimit, both.DailyRemaining = daily.DailyLimit, daily.DailyRemaining
	withReset := both
	withReset.DailyReset = 24 * time.Hour
	keys := []string{"Max", "Remaining", "Interval-Milliseconds", "Limit-Daily", "Daily-Remaining", "Daily-Reset", "Limit", "Reset"}
	for values, want := range map[string]client.RateLimit{
		"100 99 10000 200000 199512":          both,
		"100 99 10000":                        burst,
		"- - - 200000 199512":                 daily,
		"- - - - - - 100 10":                  none, // names that the API does not have
		"100 0 10000":                         {Known: true, Max: 100, Interval: 10 * time.Second},
		"- - - 200000 0":                      {Known: true, DailyLimit: 200000},
		"100 99 - 200000 199512":              daily,
		"100 -1 10000 200000 199512":          daily,
		"99.5 99 10000 200000 199512":         daily,
		"100 99 10000 unlimited 199512":       burst,
		"100 99 10000 +200000 199512":         burst,
		"100 99 10000 200000 NaN":             burst,
		"100 99 1000000000":                   {Known: true, Max: 100, Remaining: 99, Interval: 1e6 * time.Second},
		"100 99 1000000001 200000 199512":     daily,
		"99999999999999999999 99 10000":       none,
		"100 99 10000 200000 199512 86400000": withReset,
		"100 99 10000 200000 199512 86400001": both, // after more than a day
		"100 99 10000 200000 199512 -1":       both,
	} {
		header := http.Header{}
		for i, value := range strings.Fields(values) {
			if value != "-" {
				header.Set("X-RateLimit-"+keys[i], value)
			}
		}
		c, _ := newStub(t, stubResponse{status: 429, header: header})
		var response client.Response
		_ = c.Contacts.Delete(t.Context(), "abc", client.WithResponseInto(&response))
		if response.RateLimit != want {
			t.Errorf("%v: got %+v, want %+v", header, response.RateLimit, want)
		}
	}
}
