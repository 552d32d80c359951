package bulk_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func upsert(email, phone string) client.UpsertContactRequest {
	return client.UpsertContactRequest{Email: client.SetNonZero(email), Phone: client.SetNonZero(phone)}
}

// testStarts makes calls that take a second each, and checks the second in which each of them starts.
func testStarts[In, Out any](t *testing.T, hl *clienttest.Server, name string, op bulk.Operation[In, Out], inputs []In, want []int) {
	t.Helper()
	hl.InjectFaults(clienttest.Fault{Delay: time.Second})
	start, got := time.Now(), make([]int, len(inputs))
	call := op.Call
	var started atomic.Int32
	keyed := bulk.Operation[int, Out]{
		Call: func(ctx context.Context, i int, opts ...client.CallOption) (Out, error) {
			got[i] = int(time.Since(start) / time.Second)
			started.Add(1)
			return call(ctx, inputs[i], opts...)
		},
		ContactKeys: func(i int) []string { return op.ContactKeys(inputs[i]) },
		Idempotent:  func(i int) bool { return op.Idempotent(inputs[i]) },
	}
	for range bulk.All(t.Context(), numbered(len(inputs), func(i int) int { return i }), keyed) {
	}
	if !slices.Equal(got, want) || int(started.Load()) != len(inputs) {
		t.Errorf("%s: got %d calls that started in the seconds %v, want %v", name, started.Load(), got, want)
	}
}

func TestAll_OneContact_CallsInOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		inputs []client.UpsertContactRequest
		want   []int
	}{
		{"different contacts", []client.UpsertContactRequest{upsert("ada@example.com", "+14155550100"), upsert("grace@example.com", "+14155550101")}, []int{0, 0}},
		{"no identifiers", []client.UpsertContactRequest{{}, {}}, []int{0, 0}},
		{"spellings of an email address", []client.UpsertContactRequest{upsert("ada@example.com", ""), upsert(" ADA@example.com ", "")}, []int{0, 1}},
		{"spellings of a phone number", []client.UpsertContactRequest{upsert("", "(415) 555-0100"), upsert("", "+14155550100"), upsert("", "４１５５５５０１００")}, []int{0, 1, 2}},
		{"extensions", []client.UpsertContactRequest{upsert("", "+14155550100"), upsert("", "415-555-0100 ext. 5"), upsert("", "+14155550100;ext=7")}, []int{0, 1, 2}},
		{"fewer than seven digits", []client.UpsertContactRequest{upsert("", "12345"), upsert("", "+49 12345"), upsert("", "012345#6")}, []int{0, 1, 2}},
		{"email and phone of two others", []client.UpsertContactRequest{
			upsert("ada@example.com", ""), upsert("", "+14155550100"), upsert("ada@example.com", "+14155550100"),
			upsert("", "415 555 0100"), upsert("Ada@example.com", ""), upsert("grace@example.com", ""),
		}, []int{0, 0, 1, 2, 2, 0}},
	} {
		inBubble(t, func(t *testing.T, hl *clienttest.Server) {
			testStarts(t, hl, tt.name, bulk.Upsert(hl.Client()), tt.inputs, tt.want)
		})
	}
}

func TestOperations_ContactKeys(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		seeded := hl.Seed(client.Contact{Email: "a@example.com"}, client.Contact{Email: "b@example.com"})
		a, b, c := seeded[0].ID, seeded[1].ID, hl.Client()
		create, tags := client.CreateContactRequest{Email: "ada@example.com"}, []string{"vip"}
		testStarts(t, hl, "Create", bulk.Create(c), []client.CreateContactRequest{create, create, {Phone: "+14155550100"}}, []int{0, 1, 0})
		testStarts(t, hl, "Update", bulk.Update(c), []bulk.Change{{ID: a}, {ID: a}, {ID: b}}, []int{0, 1, 0})
		testStarts(t, hl, "AddTags", bulk.AddTags(c), []bulk.TagChange{{a, tags}, {a, tags}, {b, tags}}, []int{0, 1, 0})
		testStarts(t, hl, "RemoveTags", bulk.RemoveTags(c), []bulk.TagChange{{a, tags}, {a, tags}, {b, tags}}, []int{0, 1, 0})
		testStarts(t, hl, "Get", bulk.Get(c), []string{a, a, b}, []int{0, 1, 0})
		testStarts(t, hl, "Delete", bulk.Delete(c), []string{a, a, b}, []int{0, 1, 0})
		own := bulk.Get(c)
		own.ContactKeys = func(id string) []string { return []string{id, "", id} } // twice, and an empty key
		testStarts(t, hl, "own", own, []string{a, a, b, b, ""}, []int{0, 1, 0, 1, 0})
	})
}

func TestOperations_Idempotent(t *testing.T) {
	t.Parallel()
	c := clienttest.NewServer(t).Client()
	always := upsert("ada@example.com", "")
	always.CreateNewIfDuplicateAllowed = client.Set(true)
	if bulk.Create(c).Idempotent(client.CreateContactRequest{}) || bulk.Upsert(c).Idempotent(always) {
		t.Error("got idempotent calls that always create, want others")
	}
	if !bulk.Upsert(c).Idempotent(upsert("ada@example.com", "")) || !bulk.Update(c).Idempotent(bulk.Change{}) || !bulk.Get(c).Idempotent("") {
		t.Error("got calls that are not idempotent, want idempotent ones") // the others are made by the same function
	}
}

// one makes a run with one input.
func one[In, Out any](t *testing.T, op bulk.Operation[In, Out], input In, opts ...bulk.Option) bulk.Outcome[In, Out] {
	t.Helper()
	for _, outcome := range bulk.All(t.Context(), slices.All([]In{input}), op, opts...) {
		return outcome
	}
	t.Error("got no outcome")
	return bulk.Outcome[In, Out]{}
}

func TestOperations_Results(t *testing.T) {
	t.Parallel()
	hl := clienttest.NewServer(t)
	c := hl.Client()
	id := hl.Seed(client.Contact{Email: "ada@example.com"})[0].ID
	city := client.UpdateContactRequest{City: client.Set("London")}
	if got := one(t, bulk.Update(c), bulk.Change{ID: id, Request: city}); got.Err != nil || got.Value.City != "London" {
		t.Errorf("update: got %+v", got)
	}
	if got := one(t, bulk.Update(c), bulk.Change{}); !errors.Is(got.Err, client.ErrInvalid) {
		t.Errorf("update without an ID: got %+v", got)
	}
	tags := bulk.TagChange{ID: id, Tags: []string{"VIP", "new"}}
	if got := one(t, bulk.AddTags(c), tags); got.Err != nil || !slices.Equal(got.Value, []string{"vip", "new"}) {
		t.Errorf("add tags: got %+v", got)
	}
	if got := one(t, bulk.RemoveTags(c), tags); got.Err != nil || len(got.Value) != 0 {
		t.Errorf("remove tags: got %+v", got)
	}
	if got := one(t, bulk.Get(c), id); got.Err != nil || got.Value.City != "London" || got.Input != id {
		t.Errorf("get: got %+v", got)
	}
	if got := one(t, bulk.Delete(c), id); got.Err != nil || hl.Len() != 0 {
		t.Errorf("delete: got %+v", got)
	}
}

// A call that creates a contact and then changes it is not made again after the change was rejected,
// in this run and in the next one.
func TestAll_CreateThenUpdate_CreatesOnce(t *testing.T) {
	t.Parallel()
	pause := http.Header{"Retry-After": {"120"}} // too long for the client's own retries
	rejected := clienttest.Fault{Operation: "updateContact", Count: 1, Status: 429, Header: pause}
	for _, tt := range []struct {
		name                             string
		optionsOfCreate, optionsOfUpdate bool
		fault                            clienttest.Fault
	}{
		{"update rejected", true, true, rejected},
		{"update rejected, it has no options", true, false, rejected},
		{"update rejected, no options", false, false, rejected},
		{"update invalid", true, true, clienttest.Fault{Operation: "updateContact", Count: 1, Status: 422, Body: `{"statusCode":422,"message":"no"}`}},
		{"update not sent", true, true, clienttest.Fault{Operation: "getContact", Count: 1, Status: 429, Header: pause}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal")
			inBubble(t, func(t *testing.T, hl *clienttest.Server) {
				hl.InjectFaults(tt.fault)
				c, creates := hl.Client(), 0
				op := operation(func(ctx context.Context, email string, opts ...client.CallOption) (*client.Contact, error) {
					options := map[bool][]client.CallOption{true: opts}
					creates++
					contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{Email: email}, options[tt.optionsOfCreate]...)
					if err != nil {
						return nil, err
					}
					_, _ = c.Contacts.Get(ctx, contact.ID) // a read without options; it can start the pause
					return c.Contacts.Update(ctx, contact.ID, client.UpdateContactRequest{City: client.Set("London")}, options[tt.optionsOfUpdate]...)
				})
				j := openJournal(t, path)
				for run := range 2 {
					if got := one(t, op, "ada@example.com", bulk.WithJournal(j, strconv.Itoa)); !errors.Is(got.Err, client.ErrMaybeApplied) {
						t.Errorf("run %d: got %v, want ErrMaybeApplied", run, got.Err)
					}
				}
				if creates != 1 || hl.Len() != 1 {
					t.Errorf("got %d creates and %d contacts, want 1", creates, hl.Len())
				}
			})
		})
	}
}

// A call whose only request was rejected is made again, even if it is not idempotent.
func TestAll_RejectedCall_IsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"createContact", "getContact"} {
		inBubble(t, func(t *testing.T, hl *clienttest.Server) {
			c := hl.Client()
			hl.InjectFaults(clienttest.Fault{Operation: operation, Count: 1, Status: 429, Header: http.Header{"Retry-After": {"120"}}})
			calls := 0
			op := bulk.Create(c)
			create := op.Call
			op.Call = func(ctx context.Context, in client.CreateContactRequest, opts ...client.CallOption) (*client.Contact, error) {
				calls++
				_, _ = c.Contacts.Get(ctx, "aaaaaaaaaaaaaaaaaaaa") // starts the pause, so that the create is not sent
				return create(ctx, in, opts...)
			}
			if got := one(t, op, client.CreateContactRequest{Email: "ada@example.com"}); got.Err != nil || calls != 2 || hl.Len() != 1 {
				t.Errorf("%s: got %v after %d calls, want success after 2", operation, got.Err, calls)
			}
		})
	}
}

// A call that may have been applied is made again if it is idempotent.
func TestAll_IdempotentCall_IsMadeAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(
			clienttest.Fault{Count: 1, Connection: clienttest.ConnectionResetAfterApply},
			clienttest.Fault{Count: 1, Status: 429, Header: http.Header{"Retry-After": {"120"}}},
		)
		got := one(t, bulk.Upsert(hl.Client()), upsert("ada@example.com", ""))
		if sent := len(hl.Requests()); got.Err != nil || sent != 3 || hl.Len() != 1 {
			t.Errorf("got %v after %d requests, want success after 3", got.Err, sent)
		}
	})
}
