package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// numbered yields n inputs. The keys are their numbers.
func numbered[In any](n int, input func(i int) In) iter.Seq2[int, In] {
	return func(yield func(int, In) bool) {
		for i := range n {
			if !yield(i, input(i)) {
				return
			}
		}
	}
}

func email(i int) string { return fmt.Sprintf("p%d@example.com", i) }

// contacts yields n upserts of different contacts.
func contacts(n int) iter.Seq2[int, client.UpsertContactRequest] {
	return numbered(n, func(i int) client.UpsertContactRequest { return upsert(email(i), "") })
}

// creates yields n creates of different contacts.
func creates(n int) iter.Seq2[int, client.CreateContactRequest] {
	return numbered(n, func(i int) client.CreateContactRequest { return client.CreateContactRequest{Email: email(i)} })
}

// operation returns an operation that is not idempotent, whose inputs are independent.
func operation[In, Out any](call func(context.Context, In, ...client.CallOption) (Out, error)) bulk.Operation[In, Out] {
	return bulk.Operation[In, Out]{
		Call: call, ContactKeys: func(In) []string { return nil }, Idempotent: func(In) bool { return false },
	}
}

// counted yields the inputs and counts them.
func counted[K, In any](inputs iter.Seq2[K, In], read *int) iter.Seq2[K, In] {
	return func(yield func(K, In) bool) {
		inputs(func(key K, in In) bool {
			*read++
			return yield(key, in)
		})
	}
}

// errAny is the key of the number of all outcomes in the result of count.
var errAny = errors.New("any outcome")

// count makes a run, and counts the outcomes whose errors match. The key of successful outcomes is
// nil.
func count[K, In, Out any](outcomes iter.Seq2[K, bulk.Outcome[In, Out]]) map[error]int {
	counts := map[error]int{}
	for _, outcome := range outcomes {
		counts[errAny]++
		for _, want := range []error{
			nil, client.ErrMaybeApplied, client.ErrRateLimited, client.ErrDailyLimit, client.ErrUnauthorized, client.ErrForbidden,
			client.ErrInvalid, context.Canceled, context.DeadlineExceeded,
		} {
			if errors.Is(outcome.Err, want) {
				counts[want]++
			}
		}
	}
	return counts
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

// testIdealTime makes a run, and compares its duration with the shortest one that the production
// limit allows.
func testIdealTime[In, Out any](t *testing.T, latency time.Duration, op func(*client.Client) bulk.Operation[In, Out], inputs func(*clienttest.Server) []In) {
	t.Helper()
	t.Run(latency.String(), func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T, hl *clienttest.Server) {
			in := inputs(hl)
			hl.InjectFaults(clienttest.Fault{Delay: latency})
			start := time.Now()
			counts := count(bulk.All(t.Context(), slices.All(in), op(hl.Client())))
			limit := clienttest.ProductionLimit
			ideal := time.Duration((len(in)-1)/limit.Max)*limit.Interval + latency
			ratio := float64(time.Since(start)) / float64(ideal)
			t.Logf("%d contacts in %v, %.3f of the ideal", len(in), time.Since(start), ratio)
			if ratio > 1.05 || counts[nil] != len(in) || hl.Len() != len(in) || count429(hl) > 0 {
				t.Errorf("got %.3f of the ideal, %v, %d contacts, %d responses with status 429", ratio, counts, hl.Len(), count429(hl))
			}
		})
	})
}

func TestAll_IdealTime(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 200 * time.Millisecond, 2 * time.Second} {
		testIdealTime(t, latency, bulk.Upsert, func(*clienttest.Server) (requests []client.UpsertContactRequest) {
			for _, request := range contacts(500) {
				requests = append(requests, request)
			}
			return requests
		})
	}
}

// TestAll_AddTags_IdealTime adds a tag to 5,000 contacts at the real limits.
func TestAll_AddTags_IdealTime(t *testing.T) {
	t.Parallel()
	testIdealTime(t, 200*time.Millisecond, bulk.AddTags, func(hl *clienttest.Server) (changes []bulk.TagChange) {
		if err := hl.SeedSamples(5000); err != nil {
			t.Error(err)
		}
		for _, contact := range hl.Contacts() {
			changes = append(changes, bulk.TagChange{ID: contact.ID, Tags: []string{"VIP"}})
		}
		return changes
	})
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
		counts := count(bulk.All(t.Context(), contacts(300), bulk.Upsert(c)))
		cancel()
		<-done
		if counts[nil] != 300 || longest > 11*time.Second {
			t.Errorf("got %v, and a Get took %v, want at most 11s", counts, longest)
		}
	})
}

func TestAll_Break(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: time.Second})
		read, start := 0, time.Now()
		for range bulk.All(t.Context(), counted(contacts(1000), &read), bulk.Upsert(hl.Client()), bulk.WithMaxInFlight(200)) {
			break
		}
		// The first outcome arrives after a second, when all calls that were sent end. The next call
		// waits for the rate limit, and is not sent.
		if took := time.Since(start); took > 3*time.Second || hl.Len() != 100 || read > 101 {
			t.Errorf("took %v, %d contacts, %d inputs read, want at most 3s, 100 and 101", took, hl.Len(), read)
		}
	})
}

// During a pause of more than 30 seconds the pacer rejects calls immediately.
func TestAll_LongPause_LosesNoInput(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{After: 50, Count: 1, Status: 429, Header: http.Header{"Retry-After": {"120"}}})
		if counts := count(bulk.All(t.Context(), contacts(300), bulk.Upsert(hl.Client()))); counts[nil] != 300 || hl.Len() != 300 {
			t.Errorf("got %v, %d contacts, want 300 of each", counts, hl.Len())
		}
	})
}

func TestAll_EndlessRejections_AreAnError(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Status: 429, Header: http.Header{"Retry-After": {"60"}}})
		counts := count(bulk.All(t.Context(), contacts(1), bulk.Upsert(hl.Client())))
		if sent := len(hl.Requests()); counts[client.ErrRateLimited] != 1 || sent != 10 {
			t.Errorf("got %v after %d requests, want ErrRateLimited after 10", counts, sent)
		}
	})
}

func TestAll_InvalidArguments(t *testing.T) {
	t.Parallel()
	valid := operation(func(context.Context, int, ...client.CallOption) (int, error) {
		t.Error("a call was made")
		return 0, nil
	})
	withoutCall, withoutKeys, withoutIdempotent := valid, valid, valid
	withoutCall.Call, withoutKeys.ContactKeys, withoutIdempotent.Idempotent = nil, nil, nil
	j := openJournal(t, filepath.Join(t.TempDir(), "journal"))
	for name, seq := range map[string]iter.Seq2[int, bulk.Outcome[int, int]]{
		"no inputs":         bulk.All(t.Context(), iter.Seq2[int, int](nil), valid),
		"no Call":           bulk.All(t.Context(), slices.All([]int{1}), withoutCall),
		"no ContactKeys":    bulk.All(t.Context(), slices.All([]int{1}), withoutKeys),
		"no Idempotent":     bulk.All(t.Context(), slices.All([]int{1}), withoutIdempotent),
		"nil option":        bulk.All(t.Context(), slices.All([]int{1}), valid, nil),
		"no call in flight": bulk.All(t.Context(), slices.All([]int{1}), valid, bulk.WithMaxInFlight(0)),
		"nil progress":      bulk.All(t.Context(), slices.All([]int{1}), valid, bulk.WithProgress(nil)),
		"nil journal":       bulk.All(t.Context(), slices.All([]int{1}), valid, bulk.WithJournal(nil, strconv.Itoa)),
		"nil journal key":   bulk.All(t.Context(), slices.All([]int{1}), valid, bulk.WithJournal[int](j, nil)),
		"other journal key": bulk.All(t.Context(), slices.All([]int{1}), valid, bulk.WithJournal(j, func(s string) string { return s })),
	} {
		if counts := count(seq); counts[client.ErrInvalid] != 1 || counts[errAny] != 1 {
			t.Errorf("%s: got %v, want one outcome with ErrInvalid", name, counts)
		}
	}
}

func TestAll_Panic(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"call", "body", "inputs"} {
		inBubble(t, func(t *testing.T, _ *clienttest.Server) {
			defer func() {
				if got := recover(); got != place {
					t.Errorf("got the panic %v, want %q", got, place)
				}
			}()
			panicIn := func(p string) {
				if p == place {
					panic(place)
				}
			}
			inputs := func(yield func(int, int) bool) { yield(0, 0); panicIn("inputs") }
			op := operation(func(context.Context, int, ...client.CallOption) (int, error) { panicIn("call"); return 0, nil })
			for range bulk.All(t.Context(), inputs, op) {
				panicIn("body")
			}
		})
	}
}

func TestWithProgress(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{After: 5, Count: 1, Status: 422, Body: `{"statusCode":422,"message":"no"}`})
		var last bulk.Progress
		for range bulk.All(t.Context(), contacts(500), bulk.Upsert(hl.Client()), bulk.WithProgress(func(p bulk.Progress) { last = p }), bulk.WithMaxInFlight(7)) {
		}
		if last.Done != 500 || last.Failed != 1 || last.Ambiguous != 0 || last.Limit.Max != 100 || last.Rate < 9 || last.Rate > 25 {
			t.Errorf("got %+v", last)
		}
	})
}
