package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// contacts yields n upserts of different contacts. The keys are their numbers.
func contacts(n int) iter.Seq2[int, client.UpsertContactRequest] {
	return func(yield func(int, client.UpsertContactRequest) bool) {
		for i := range n {
			if !yield(i, client.UpsertContactRequest{Email: client.Set(fmt.Sprintf("p%d@example.com", i))}) {
				return
			}
		}
	}
}

// inBubble runs a test in a synctest bubble, with a fake that uses its clock.
func inBubble(t *testing.T, test func(t *testing.T, hl *clienttest.Server), opts ...clienttest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, clienttest.NewServer(t, append([]clienttest.Option{clienttest.WithoutSocket(), clienttest.WithoutValidation()}, opts...)...))
	})
}

func count429(hl *clienttest.Server) (n int) {
	for _, request := range hl.Requests() {
		if request.Status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// ideal returns the shortest duration of n requests under the production limit.
func ideal(n int, latency time.Duration) time.Duration {
	limit := clienttest.ProductionLimit
	return time.Duration((n-1)/limit.Max)*limit.Interval + latency
}

func TestAll_IdealTime(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 200 * time.Millisecond, 2 * time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, hl *clienttest.Server) {
				hl.InjectFaults(clienttest.Fault{Delay: latency})
				start, seen := time.Now(), map[int]bool{}
				for i, outcome := range bulk.All(t.Context(), contacts(1000), hl.Client().Contacts.Upsert) {
					if outcome.Err != nil || !outcome.Value.New || seen[i] {
						t.Fatalf("input %d: got %+v, seen %v", i, outcome, seen[i])
					}
					seen[i] = true
				}
				ratio := float64(time.Since(start)) / float64(ideal(1000, latency))
				if ratio > 1.05 || len(seen) != 1000 || hl.Len() != 1000 || count429(hl) > 0 {
					t.Errorf("got %.3f of the ideal, %d outcomes, %d contacts, %d 429s", ratio, len(seen), hl.Len(), count429(hl))
				}
			})
		})
	}
}

func TestAll_OtherCallersAreNotDelayed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		id := hl.Seed(client.Contact{Email: "ada@example.com"})[0].ID
		c := hl.Client()
		hl.InjectFaults(clienttest.Fault{Delay: 200 * time.Millisecond})
		var longest time.Duration
		done := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				time.Sleep(1700 * time.Millisecond)
				start := time.Now()
				if _, err := c.Contacts.Get(t.Context(), id); err != nil {
					t.Error(err)
				}
				longest = max(longest, time.Since(start))
			}
		}()
		for _, outcome := range bulk.All(t.Context(), contacts(1000), c.Contacts.Upsert) {
			if outcome.Err != nil {
				t.Error(outcome.Err)
			}
		}
		cancel()
		<-done
		if longest > 11*time.Second {
			t.Errorf("a Get took %v, want at most 11s", longest)
		}
	})
}

func TestAll_OneContact_CallsInOrder(t *testing.T) {
	t.Parallel()
	upsert := func(email, phone string) client.UpsertContactRequest {
		return client.UpsertContactRequest{Email: client.SetNonZero(email), Phone: client.SetNonZero(phone)}
	}
	const other = 3 // the input about another contact
	inputs := []client.UpsertContactRequest{
		upsert("ada@example.com", ""), upsert(" ADA@example.com ", "(415) 555-0100"), upsert("", "+14155550100"),
		upsert("grace@example.com", ""), upsert("ada@example.com", "+1 415 555 0100"), upsert("", "４１５５５５０１００"),
	}
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: time.Second})
		c := hl.Client()
		var running, most atomic.Int32
		call := func(ctx context.Context, in client.UpsertContactRequest, opts ...client.CallOption) (*client.UpsertContactResult, error) {
			if email, _ := in.Email.Get(); email == "grace@example.com" {
				most.Store(running.Load() + 1)
			} else if running.Add(1) > 1 {
				t.Error("got two calls about one contact at a time")
			} else {
				defer running.Add(-1)
			}
			return c.Contacts.Upsert(ctx, in, opts...)
		}
		var order []int
		for i, outcome := range bulk.All(t.Context(), slices.All(inputs), call) {
			if outcome.Err != nil {
				t.Errorf("input %d: %v", i, outcome.Err)
			}
			if i != other {
				order = append(order, i)
			}
		}
		if want := []int{0, 1, 2, 4, 5}; !slices.Equal(order, want) {
			t.Errorf("got the order %v, want %v", order, want)
		}
		if most.Load() != 2 {
			t.Errorf("got %d calls at a time, want 2 about different contacts", most.Load())
		}
	})
}

func TestAll_OneContact_OthersAreNotDelayed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		ids := hl.Seed(client.Contact{Email: "a@example.com"}, client.Contact{Email: "b@example.com"})
		hl.InjectFaults(clienttest.Fault{Delay: time.Second})
		changes := []bulk.Change{
			{ids[0].ID, client.UpdateContactRequest{City: client.Set("1")}},
			{ids[0].ID, client.UpdateContactRequest{City: client.Set("2")}},
			{ids[1].ID, client.UpdateContactRequest{City: client.Set("3")}},
		}
		start := time.Now()
		for i, outcome := range bulk.All(t.Context(), slices.All(changes), bulk.Update(hl.Client())) {
			if outcome.Err != nil || outcome.Unapplied() != nil {
				t.Errorf("%d: got %v, %v", i, outcome.Err, outcome.Unapplied())
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want 2s", took)
		}
		for i, outcome := range bulk.All(t.Context(), slices.All([]string{ids[0].ID, ids[0].ID}), bulk.Delete(hl.Client())) {
			if i == 0 && outcome.Err != nil || i == 1 && !errors.Is(outcome.Err, client.ErrNotFound) {
				t.Errorf("delete %d: got %v", i, outcome.Err)
			}
		}
	})
}

func TestWithContactKey(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: time.Second})
		c := hl.Client()
		call := func(ctx context.Context, i int, opts ...client.CallOption) (*client.Contact, error) {
			return c.Contacts.Create(ctx, client.CreateContactRequest{Email: fmt.Sprintf("p%d@example.com", i)}, opts...)
		}
		parity := bulk.WithContactKey(func(i int) string { return strconv.Itoa(i % 2) })
		start := time.Now()
		for i, outcome := range bulk.All(t.Context(), slices.All([]int{1, 3, 2, 4, 6}), call, parity, nil) {
			if outcome.Err != nil {
				t.Errorf("input %d: %v", i, outcome.Err)
			}
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want 3s for three calls with the same key", took)
		}
		defer func() {
			if recover() == nil {
				t.Error("no panic for a function of another type")
			}
		}()
		for range bulk.All(t.Context(), slices.All([]int{1}), call, bulk.WithContactKey(func(s string) string { return s })) {
		}
	})
}

func TestAll_Break(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: time.Second})
		read, start := 0, time.Now()
		inputs := func(yield func(int, client.UpsertContactRequest) bool) {
			for i, in := range contacts(1000) {
				read++
				if !yield(i, in) {
					return
				}
			}
		}
		for range bulk.All(t.Context(), inputs, hl.Client().Contacts.Upsert) {
			break
		}
		// The first outcome arrives after a second, when all calls that were sent end.
		if took := time.Since(start); took > 3*time.Second || hl.Len() != 100 || read > 101 {
			t.Errorf("took %v, %d contacts, %d inputs read, want at most 3s, 100 and 101", took, hl.Len(), read)
		}
	})
}

func TestAll_DeadlineExpires(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: 3 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 14*time.Second)
		defer cancel()
		read := 0
		inputs := func(yield func(int, client.CreateContactRequest) bool) {
			for i := range 1000 {
				read++
				if !yield(i, client.CreateContactRequest{Email: fmt.Sprintf("p%d@example.com", i)}) {
					return
				}
			}
		}
		outcomes, ok, ambiguous := 0, 0, 0
		for _, outcome := range bulk.All(ctx, inputs, hl.Client().Contacts.Create) {
			outcomes++
			switch {
			case outcome.Err == nil:
				ok++
			case errors.Is(outcome.Err, client.ErrMaybeApplied):
				ambiguous++
			case !errors.Is(outcome.Err, context.DeadlineExceeded):
				t.Error(outcome.Err)
			}
		}
		if outcomes != read || read > 202 || ok < 100 {
			t.Errorf("got %d inputs read, %d outcomes, %d ok, %d ambiguous, want an outcome for each input", read, outcomes, ok, ambiguous)
		}
		cancel()
		for range bulk.All(ctx, inputs, hl.Client().Contacts.Create) {
			t.Error("an outcome after the end of the context")
		}
	})
}

func TestAll_ContextCanceled_SentWritesAreAmbiguous(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: 3 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		outcomes, ambiguous, canceled := 0, 0, 0
		for _, outcome := range bulk.All(ctx, contacts(1000), hl.Client().Contacts.Upsert) {
			outcomes++
			if errors.Is(outcome.Err, client.ErrMaybeApplied) {
				ambiguous++
			}
			if errors.Is(outcome.Err, context.Canceled) {
				canceled++
			}
		}
		if outcomes != 100 || ambiguous != 100 || canceled != 100 {
			t.Errorf("got %d outcomes, %d ambiguous, %d canceled, want 100 of each", outcomes, ambiguous, canceled)
		}
	})
}

func TestAll_DailyLimit(t *testing.T) {
	t.Parallel()
	limit := clienttest.ProductionLimit
	limit.Daily = 150
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		outcomes, read, rejected := 0, 0, 0
		inputs := func(yield func(int, client.UpsertContactRequest) bool) {
			for i, in := range contacts(1000) {
				read++
				if !yield(i, in) {
					return
				}
			}
		}
		for _, outcome := range bulk.All(t.Context(), inputs, hl.Client().Contacts.Upsert) {
			outcomes++
			if outcome.Err != nil {
				rejected++
				if !errors.Is(outcome.Err, client.ErrDailyLimit) || !errors.Is(outcome.Err, client.ErrRateLimited) {
					t.Error(outcome.Err)
				}
			}
		}
		if hl.Len() != 150 || outcomes != read || rejected == 0 || rejected > 100 {
			t.Errorf("got %d contacts, %d inputs read, %d outcomes, %d rejected, want 150 contacts and an outcome for each input", hl.Len(), read, outcomes, rejected)
		}
	}, clienttest.WithRateLimit(limit))
}

// The last write before the daily limit may have been applied. The writes that wait for it are not
// sent, so they cannot have been applied.
func TestAll_DailyLimit_UnsentCallsAreNotAmbiguous(t *testing.T) {
	t.Parallel()
	limit := clienttest.ProductionLimit
	limit.Daily = 1
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Operation: "upsertContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply})
		oneContact := bulk.WithContactKey(func(client.UpsertContactRequest) string { return "same" })
		ambiguous, rejected := 0, 0
		for _, outcome := range bulk.All(t.Context(), contacts(10), hl.Client().Contacts.Upsert, oneContact, bulk.WithMaxInFlight(3)) {
			if errors.Is(outcome.Err, client.ErrMaybeApplied) {
				ambiguous++
			}
			if errors.Is(outcome.Err, client.ErrDailyLimit) && errors.Is(outcome.Err, client.ErrRateLimited) {
				rejected++
			}
		}
		if ambiguous != 1 || rejected != 4 {
			t.Errorf("got %d ambiguous and %d rejected outcomes, want 1 and 4", ambiguous, rejected)
		}
	}, clienttest.WithRateLimit(limit))
}

// During a pause of more than 30 seconds the pacer rejects calls immediately.
func TestAll_LongPause_LosesNoInput(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{After: 50, Count: 1, Status: 429, Header: http.Header{"Retry-After": {"120"}}})
		outcomes := 0
		for i, outcome := range bulk.All(t.Context(), contacts(300), hl.Client().Contacts.Upsert) {
			if outcomes++; outcome.Err != nil {
				t.Fatalf("input %d: %v", i, outcome.Err)
			}
		}
		if outcomes != 300 || hl.Len() != 300 {
			t.Errorf("got %d outcomes, %d contacts, want 300 of each", outcomes, hl.Len())
		}
	})
}

func TestAll_Panic(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		call, body, read bool
	}{{name: "call", call: true}, {name: "body", body: true}, {name: "inputs", read: true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, _ *clienttest.Server) {
				defer func() {
					if got := recover(); got != tt.name {
						t.Errorf("got the panic %v, want %q", got, tt.name)
					}
				}()
				inputs := func(yield func(int, int) bool) {
					yield(0, 0)
					if tt.read {
						panic(tt.name)
					}
				}
				call := func(context.Context, int, ...client.CallOption) (int, error) {
					if tt.call {
						panic(tt.name)
					}
					return 0, nil
				}
				for range bulk.All(t.Context(), inputs, call) {
					if tt.body {
						panic(tt.name)
					}
				}
			})
		})
	}
}

func TestWithProgress(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{After: 5, Count: 1, Status: 422, Body: `{"statusCode":422,"message":"no"}`})
		var last bulk.Progress
		for range bulk.All(t.Context(), contacts(500), hl.Client().Contacts.Upsert, bulk.WithProgress(func(p bulk.Progress) { last = p }), bulk.WithMaxInFlight(7)) {
		}
		if last.Done != 500 || last.Failed != 1 || last.Ambiguous != 0 || last.Limit.Max != 100 || last.Rate < 9 || last.Rate > 25 {
			t.Errorf("got %+v", last)
		}
	})
}
