package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const interval = 10 * time.Second

// contacts yields n contacts to upsert.
func contacts(n int) iter.Seq2[int, client.UpsertContactRequest] {
	return func(yield func(int, client.UpsertContactRequest) bool) {
		for i := range n {
			if !yield(i, client.UpsertContactRequest{Email: client.Set(fmt.Sprintf("c%d@example.com", i))}) {
				return
			}
		}
	}
}

func newServer(t *testing.T, latency time.Duration, opts ...clienttest.Option) *clienttest.Server {
	t.Helper()
	s := clienttest.NewServer(t, append([]clienttest.Option{clienttest.WithoutSocket(), clienttest.WithoutValidation()}, opts...)...)
	if latency > 0 {
		s.Fail(clienttest.Fault{Operation: "upsertContact", Delay: latency})
	}
	return s
}

func TestAllIsAsFastAsTheLimit(t *testing.T) {
	for _, latency := range []time.Duration{0, 200 * time.Millisecond, 2 * time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, latency)
				c := s.Client()
				start, done := time.Now(), 0
				for key, outcome := range bulk.All(t.Context(), contacts(1000), c.Contacts.Upsert) {
					if done++; outcome.Err != nil {
						t.Fatalf("input %d: %v", key, outcome.Err)
					}
				}
				ideal := 9*interval + latency
				if took := time.Since(start); done != 1000 || took > ideal*105/100 {
					t.Errorf("got %d outcomes in %v, want 1000 in at most 1.05 of %v", done, took, ideal)
				}
				if requests := len(s.Requests()); requests != 1000 {
					t.Errorf("got %d requests, want 1000: none was rejected and retried", requests)
				}
				t.Logf("%.3f of the ideal", time.Since(start).Seconds()/ideal.Seconds())
			})
		})
	}
}

func TestAllLetsOthersThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, 0)
		seeded := s.Seed(client.Contact{Email: "get@example.com"})
		c := s.Client()
		waits := make(chan time.Duration, 1)
		go func() {
			time.Sleep(interval / 2)
			start := time.Now()
			if _, err := c.Contacts.Get(t.Context(), seeded[0].ID); err != nil {
				t.Error(err)
			}
			waits <- time.Since(start)
		}()
		for _, outcome := range bulk.All(t.Context(), contacts(500), c.Contacts.Upsert) {
			if outcome.Err != nil {
				t.Fatal(outcome.Err)
			}
		}
		if wait := <-waits; wait > interval*11/10 {
			t.Errorf("a get waited for %v, want at most 1.1 intervals", wait)
		}
	})
}

func TestAllOrdersCallsAboutOneContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newServer(t, time.Second).Client()
		var requests []client.UpsertContactRequest
		for i, email := range []string{"a@example.com", "A@example.com ", "a@EXAMPLE.com"} {
			requests = append(requests, client.UpsertContactRequest{Email: client.Set(email), City: client.Set(strconv.Itoa(i))})
		}
		var order []int
		for key, outcome := range bulk.All(t.Context(), slices.All(requests), c.Contacts.Upsert) {
			if order = append(order, key); outcome.Err != nil || outcome.Unapplied() != nil {
				t.Errorf("input %d: got %v, unapplied %q", key, outcome.Err, outcome.Unapplied())
			}
		}
		if !slices.Equal(order, []int{0, 1, 2}) {
			t.Errorf("got order %v, want that of the inputs", order)
		}
	})
}

func TestAllEndsOnBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, time.Second)
		for range bulk.All(t.Context(), contacts(50), s.Client().Contacts.Upsert) {
			break
		}
		if sent, stored := len(s.Requests()), s.Len(); sent != stored {
			t.Errorf("got %d requests and %d contacts, want that calls which were sent run to their end", sent, stored)
		}
	})
}

func TestAllYieldsWhatWasSentWhenTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newServer(t, 20*time.Second).Client()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		ambiguous := 0
		for _, outcome := range bulk.All(ctx, contacts(50), c.Contacts.Upsert) {
			if errors.Is(outcome.Err, client.ErrMaybeApplied) {
				ambiguous++
			}
		}
		if ambiguous != 50 {
			t.Errorf("got %d ambiguous outcomes, want 50", ambiguous)
		}
	})
}

func TestAllPassesPanicsOn(t *testing.T) {
	for name, run := range map[string]func(){
		"input": func() {
			for range bulk.All(t.Context(), func(func(int, string) bool) { panic("x") }, noCall) {
			}
		},
		"loop body": func() {
			for range bulk.All(t.Context(), slices.All([]string{"a"}), noCall) {
				panic("x")
			}
		},
		"call": func() {
			call := func(context.Context, string, ...client.CallOption) (int, error) { panic("x") }
			for range bulk.All(t.Context(), slices.All([]string{"a"}), call) {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != "x" {
					t.Errorf("got panic %v, want x", got)
				}
			}()
			run()
		})
	}
}

func noCall(context.Context, string, ...client.CallOption) (int, error) { return 0, nil }

func TestAllEndsOnDailyLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newServer(t, 0, clienttest.WithRateLimit(clienttest.RateLimit{Max: 100, Interval: interval, Daily: 20})).Client()
		consumed, limited := 0, 0
		inputs := func(yield func(int, client.UpsertContactRequest) bool) {
			for i, request := range contacts(1000) {
				if consumed++; !yield(i, request) {
					return
				}
			}
		}
		for _, outcome := range bulk.All(t.Context(), inputs, c.Contacts.Upsert) {
			if errors.Is(outcome.Err, client.ErrRateLimited) {
				limited++
			}
		}
		if limited == 0 || consumed > 130 {
			t.Errorf("got %d inputs consumed and %d rate limited, want an end after the first of them", consumed, limited)
		}
	})
}

func TestAllUsesConstantMemory(t *testing.T) {
	inputs := func(yield func(int, string) bool) {
		for i := range 1_000_000 {
			if !yield(i, "") {
				return
			}
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for key := range bulk.All(t.Context(), inputs, noCall) {
		if key%250_000 == 249_999 {
			runtime.GC()
			if runtime.ReadMemStats(&after); after.HeapAlloc > before.HeapAlloc+4<<20 {
				t.Fatalf("after %d inputs: the heap grew by %d bytes, want at most 4 MiB", key+1, after.HeapAlloc-before.HeapAlloc)
			}
		}
	}
}

func TestProgress(t *testing.T) {
	s := newServer(t, 0)
	s.Fail(clienttest.Fault{Operation: "upsertContact", Count: 1, Status: 422})
	var last bulk.Progress
	for range bulk.All(t.Context(), contacts(3), s.Client().Contacts.Upsert, bulk.WithProgress(func(p bulk.Progress) { last = p })) {
	}
	if last.Done != 3 || last.Failed != 1 || last.Limit.Max != 100 || last.Rate <= 0 {
		t.Errorf("got %+v, want 3 done, 1 failed and the limit", last)
	}
}

func ExampleAll() {
	server, err := clienttest.Start(clienttest.WithoutSocket())
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	c := server.Client()

	rows := []client.UpsertContactRequest{{Email: client.Set("ada@example.com")}, {Email: client.Set("grace@example.com")}}
	var ids []string
	for row, outcome := range bulk.All(context.Background(), slices.All(rows), c.Contacts.Upsert) {
		if outcome.Err != nil {
			log.Printf("row %d: %v", row, outcome.Err)
			continue
		}
		ids = append(ids, outcome.Value.Contact.ID)
	}
	failed := 0
	for _, outcome := range bulk.All(context.Background(), slices.All(ids), bulk.Delete(c)) {
		if outcome.Err != nil {
			failed++
		}
	}
	fmt.Println(len(ids), "created,", failed, "not deleted", strings.Repeat("!", server.Len()))
	// Output: 2 created, 0 not deleted
}

func TestWithKeyOrdersCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newServer(t, time.Second).Client()
		upsert := func(ctx context.Context, row int, opts ...client.CallOption) (*client.UpsertContactResult, error) {
			return c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(fmt.Sprintf("c%d@example.com", row))}, opts...)
		}
		rows := slices.All([]int{1, 2, 3})
		took := func(opts ...bulk.Option) time.Duration {
			start := time.Now()
			for row, outcome := range bulk.All(t.Context(), rows, upsert, opts...) {
				if outcome.Err != nil {
					t.Errorf("row %d: %v", row, outcome.Err)
				}
			}
			return time.Since(start)
		}
		same := bulk.WithKey(func(int) string { return "same" })
		if apart, together := took(), took(same); apart != time.Second || together != 3*time.Second {
			t.Errorf("got %v without a key and %v with the same key, want 1s and 3s", apart, together)
		}
	})
}
