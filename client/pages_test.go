package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// newListFake returns a fake with contacts of business b, and their sorted IDs.
func newListFake(t testing.TB, total int, opts ...clienttest.Option) (*clienttest.Server, []string) {
	t.Helper()
	fake := clienttest.NewServer(t, append([]clienttest.Option{
		clienttest.WithoutSocket(), clienttest.WithoutValidation(), clienttest.WithRateLimit(clienttest.RateLimit{}),
	}, opts...)...)
	var ids []string
	for i := range total {
		ids = append(ids, fake.Seed(client.Contact{BusinessID: "b", FirstName: strconv.Itoa(i)})[0].ID)
	}
	return fake, slices.Sorted(slices.Values(ids))
}

func TestContactsService_All_Fake(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ total, limit, requests int }{
		{0, 100, 1}, {1, 100, 1}, {99, 100, 1}, {100, 100, 1}, {101, 100, 2}, {250, 0, 3}, {45, 20, 3}, {5, 1, 5},
	} {
		fake, want := newListFake(t, test.total)
		ids, err := collect(t, fake.Client().Contacts.All(t.Context(), client.ListRequest{Limit: test.limit}))
		if err != nil || !slices.Equal(slices.Sorted(slices.Values(ids)), want) || len(fake.Requests()) != test.requests {
			t.Errorf("%+v: got %d contacts in %d requests, %v", test, len(ids), len(fake.Requests()), err)
		}
	}
	for end := clienttest.ListEndNull; end <= clienttest.ListEndNoMeta; end++ { // each form in which a list ends
		fake, want := newListFake(t, 130, clienttest.WithBehavior(clienttest.Behavior{ListEnd: end}))
		ids, err1 := collect(t, fake.Client().Contacts.All(t.Context(), client.ListRequest{Limit: 65}))
		byBusiness, err2 := collect(t, fake.Client().Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 65}))
		if err1 != nil || err2 != nil || !slices.Equal(slices.Sorted(slices.Values(ids)), want) || !slices.Equal(slices.Sorted(slices.Values(byBusiness)), want) {
			t.Errorf("end %d: got %d contacts, %v, and %d, %v", end, len(ids), err1, len(byBusiness), err2)
		}
	}
}

// pagedAPI returns pages of at most length contacts, with the properties that meta returns for the
// number of contacts so far.
func pagedAPI(total, length int, meta func(next int) string) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		query := req.URL.Query()
		from, _ := strconv.Atoi(query.Get("skip"))
		if id, ok := strings.CutPrefix(query.Get("startAfterId"), "c"); ok {
			from, _ = strconv.Atoi(id)
		}
		limit, _ := strconv.Atoi(query.Get("limit"))
		count := max(min(limit, length, total-from), 0)
		return listResponse(from+1, count, meta(from+count)).response(req), nil
	}
}

// A server that limits its pages to fewer contacts than requested does not end the iteration.
func TestContactsService_All_ShortPages(t *testing.T) {
	t.Parallel()
	const total = 250
	numbered := func(properties string) func(int) string {
		return func(next int) string {
			if next >= total {
				return `"meta":{"nextPage":null}`
			}
			return fmt.Sprintf(properties, next)
		}
	}
	constantly := func(properties string) func(int) string { return func(int) string { return properties } }
	for name, api := range map[string]roundTrip{
		"whole cursors":          pagedAPI(total, 7, numbered(`"meta":{"nextPage":2,"startAfter":1603870249758,"startAfterId":"c%d"}`)),
		"half of a cursor":       pagedAPI(total, 7, numbered(`"meta":{"nextPage":2,"startAfterId":null,"x":%d}`)),
		"empty meta, full pages": pagedAPI(total, 100, constantly(`"meta":{}`)),
		"no meta, full pages":    pagedAPI(total, 100, constantly(``)),
	} {
		ids, err := collect(t, newClient(t, api).Contacts.All(t.Context(), client.ListRequest{}))
		if err != nil || !slices.Equal(ids, contactIDs(1, total)) {
			t.Errorf("%s: got %d contacts, %v, want %d", name, len(ids), err, total)
		}
	}
	for _, properties := range []string{`"count":250`, `"count":100`, `"count":0`, ``} {
		c := newClient(t, pagedAPI(total, 100, constantly(properties)))
		ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 200}))
		if err != nil || !slices.Equal(ids, contactIDs(1, total)) {
			t.Errorf("business, %s: got %d contacts, %v, want %d", properties, len(ids), err, total)
		}
	}
}

// emptyPage is an empty page that names a next page, with the ID of its cursor.
func emptyPage(cursor string) stubResponse { return pageResponse(0, 0, cursor) }

// TestContactsService_All_EmptyPage has empty pages before the end of a list. The client asks exactly
// once more, and never ends early without an error.
func TestContactsService_All_EmptyPage(t *testing.T) {
	t.Parallel()
	start := cursorAt(1603870249758, "c0")
	for _, test := range []struct {
		name      string
		after     client.Cursor
		responses []stubResponse
		want      int
		fails     bool
	}{
		{"then more contacts", "", []stubResponse{pageResponse(1, 2, "c2"), emptyPage("c3"), pageResponse(3, 2, "")}, 4, false},
		{"then more contacts, twice", "", []stubResponse{pageResponse(1, 2, "c2"), emptyPage("c3"), pageResponse(3, 2, "c4"), emptyPage("c5"), pageResponse(5, 1, "")}, 5, false},
		{"first page", "", []stubResponse{emptyPage("c0"), pageResponse(1, 2, "")}, 2, false},
		{"then the end", "", []stubResponse{pageResponse(1, 2, "c2"), emptyPage("c3"), emptyPage("")}, 2, false},
		{"then another empty page", "", []stubResponse{pageResponse(1, 2, "c2"), emptyPage("c3"), emptyPage("c4")}, 2, true},
		{"with the cursor of the request", "", []stubResponse{pageResponse(1, 2, "c2"), emptyPage("c2")}, 2, true},
		{"with a cursor that was used", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), emptyPage("c2")}, 4, true},
		{"with the first cursor", start, []stubResponse{pageResponse(1, 2, "c2"), emptyPage("c0")}, 2, true},
		{"without a cursor", "", []stubResponse{pageResponse(1, 2, "c2"), listResponse(0, 0, `"meta":{"total":300,"nextPage":2}`)}, 2, true},
		{"with a total alone", "", []stubResponse{pageResponse(1, 2, "c2"), listResponse(0, 0, `"meta":{"total":300}`)}, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := script(t, test.responses)
			ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2, After: test.after}))
			if errors.Is(err, client.ErrBadResponse) != test.fails || (err != nil) != test.fails || !slices.Equal(ids, contactIDs(1, test.want)) {
				t.Errorf("got %v, %v, want %d contacts, ErrBadResponse: %v", ids, err, test.want, test.fails)
			}
		})
	}
	for _, test := range []struct {
		name      string
		responses []stubResponse
		want      int
		fails     bool
	}{
		{"then more contacts", []stubResponse{businessPage(1, 25, 60), businessPage(26, 0, 60), businessPage(26, 25, 60), businessPage(51, 10, 60)}, 60, false},
		{"then another empty page", []stubResponse{businessPage(1, 25, 60), businessPage(26, 0, 60), businessPage(26, 0, 60)}, 25, true},
		{"then the end, because contacts were deleted", []stubResponse{businessPage(1, 25, 60), businessPage(26, 0, 60), businessPage(26, 0, 25)}, 25, false},
		{"first pages", []stubResponse{businessPage(1, 0, 60), businessPage(1, 0, 60)}, 0, true},
	} {
		t.Run("business, "+test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := script(t, test.responses)
			ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 25}))
			if errors.Is(err, client.ErrBadResponse) != test.fails || (err != nil) != test.fails || !slices.Equal(ids, contactIDs(1, test.want)) {
				t.Errorf("got %v, %v, want %d contacts, ErrBadResponse: %v", ids, err, test.want, test.fails)
			}
		})
	}
}

// TestContactsService_All_ConcurrentChanges creates and deletes contacts during iterations, resumes
// them, and searches. The total differs from the number of contacts. That is no reason for an error,
// or for an additional request.
func TestContactsService_All_ConcurrentChanges(t *testing.T) {
	t.Parallel()
	const total, limit = 60, 20
	create := func(fake *clienttest.Server, _ []string) {
		fake.Seed(client.Contact{FirstName: "New", BusinessID: "b"}, client.Contact{FirstName: "Newer", BusinessID: "b"})
	}
	deleteAll := func(fake *clienttest.Server, ids []string) {
		for _, id := range ids {
			_ = fake.Client().Contacts.Delete(context.Background(), id)
		}
	}
	for name, test := range map[string]struct {
		list     client.ListRequest
		during   func(fake *clienttest.Server, ids []string) // called after the first page
		requests int
	}{
		"query": {list: client.ListRequest{Query: "person"}, requests: 1}, "resume": {list: client.ListRequest{After: "second page"}, requests: 3},
		"creates": {during: create, requests: 4}, "deletes": {during: deleteAll, requests: 2},
	} {
		for _, business := range []bool{false, true} {
			if business && name == "query" {
				test.requests++ // the count of the only page may be that of the page
			}
			fake, ids := newListFake(t, total)
			fake.Seed(client.Contact{FirstName: "Person", BusinessID: "b"}, client.Contact{FirstName: "Person", BusinessID: "b"})
			c, list := fake.Client(), client.BusinessListRequest{Limit: limit, Query: test.list.Query}
			test.list.Limit = limit
			if test.list.After != "" {
				first, err1 := c.Contacts.List(t.Context(), client.ListRequest{Limit: limit})
				second, err2 := c.Contacts.ListByBusiness(t.Context(), "b", list)
				if err1 != nil || err2 != nil {
					t.Fatal(err1, err2)
				}
				test.list.After, list.After = first.Next, second.Next
				fake.ClearRequests()
			}
			contacts := c.Contacts.All(t.Context(), test.list)
			if business {
				contacts = c.Contacts.AllByBusiness(t.Context(), "b", list)
			}
			count := 0
			for _, err := range contacts {
				if err != nil {
					t.Errorf("%s, business %v: got %v after %d contacts", name, business, err, count)
				}
				if count++; count == limit && test.during != nil {
					test.during(fake, ids)
				}
			}
			lists := slices.DeleteFunc(fake.Requests(), func(r clienttest.Request) bool { return r.Method != http.MethodGet })
			if len(lists) != test.requests {
				t.Errorf("%s, business %v: got %d contacts in %d requests, want %d", name, business, count, len(lists), test.requests)
			}
		}
	}
}

func TestContactsService_All_Requests(t *testing.T) {
	t.Parallel()
	responses := []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), pageResponse(5, 2, "")}
	for i, cursor := range []string{"", "&startAfter=1603870249758&startAfterId=c2", "&startAfter=1603870249758&startAfterId=c4"} {
		responses[i].want = "GET /contacts/?locationId=ve9EPM428h8vShlRW1KT&query=a+b&limit=2" + cursor
	}
	c, api := script(t, responses)
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Query: "a b", Limit: 2}, client.WithHeader("X-Sync", "7")))
	if err != nil || !slices.Equal(ids, contactIDs(1, 6)) {
		t.Errorf("got %v, %v", ids, err)
	}
	for i, req := range api.requests { // the address in the response is not used
		if req.URL.Host != "api.example" || req.URL.Scheme != "https" || req.Header.Get("X-Sync") != "7" {
			t.Errorf("request %d: got %s %v", i, req.URL, req.Header)
		}
	}
}

func TestContactsService_All_IsLazy(t *testing.T) {
	t.Parallel()
	for contacts, requests := range []int{0, 1, 1, 2, 2} {
		list, _ := script(t, []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4")}[:requests])
		business, _ := script(t, []stubResponse{businessPage(1, 2, 6), businessPage(3, 2, 6)}[:requests])
		for _, iterate := range []iter.Seq2[*client.Contact, error]{
			list.Contacts.All(t.Context(), client.ListRequest{Limit: 2}), business.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}),
		} {
			next, stop := iter.Pull2(iterate)
			for range contacts {
				_, _, _ = next()
			}
			stop()
		}
	}
}

func TestContactsService_All_CanBeRangedAgain(t *testing.T) {
	t.Parallel()
	fake, want := newListFake(t, 25)
	c := fake.Client()
	var group sync.WaitGroup
	for _, contacts := range []iter.Seq2[*client.Contact, error]{
		c.Contacts.All(t.Context(), client.ListRequest{Limit: 10}), c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 10}),
	} {
		for range 3 {
			group.Go(func() {
				for range 2 {
					if ids, err := collect(t, contacts); err != nil || !slices.Equal(slices.Sorted(slices.Values(ids)), want) {
						t.Errorf("got %v, %v", ids, err)
					}
				}
			})
		}
	}
	group.Wait()
}

func TestContactsService_All_ResumesFromAStoredCursor(t *testing.T) {
	t.Parallel()
	fake, want := newListFake(t, 50)
	c := fake.Client()
	for _, stop := range []int{0, 1, 18, 19, 20, 21, 48, 49} {
		var ids []string
		var stored struct{ After client.Cursor }
		for contact, err := range c.Contacts.All(t.Context(), client.ListRequest{Limit: 20}) {
			if err != nil {
				t.Fatal(err)
			}
			ids, stored.After = append(ids, contact.ID), client.CursorAfter(contact)
			if len(ids) > stop {
				break
			}
		}
		file, err := json.Marshal(stored)
		if err != nil || json.Unmarshal(file, &stored) != nil {
			t.Fatalf("%s, %v", file, err)
		}
		rest, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 20, After: stored.After}))
		if err != nil || !slices.Equal(slices.Sorted(slices.Values(append(ids, rest...))), want) {
			t.Errorf("stopped after %d: got %v, then %v, %v", stop, ids, rest, err)
		}
	}
}

func TestContactsService_All_YieldsTheErrorLast(t *testing.T) {
	t.Parallel()
	failure := stubResponse{status: 500, body: `{"message":"Internal server error"}`}
	for _, responses := range [][]stubResponse{
		{failure}, {pageResponse(1, 2, "c2"), failure}, {pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), {status: 500, body: html}},
	} {
		c, _ := script(t, responses)
		ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2}))
		if !errors.Is(err, client.ErrServer) || !slices.Equal(ids, contactIDs(1, 2*(len(responses)-1))) {
			t.Errorf("got %v, %v after %d pages", ids, err, len(responses)-1)
		}
	}
	c, _ := script(t, []stubResponse{businessPage(1, 2, 5), {status: 403}})
	ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}))
	if !errors.Is(err, client.ErrForbidden) || !slices.Equal(ids, contactIDs(1, 2)) {
		t.Errorf("business: got %v, %v", ids, err)
	}
}

func TestContactsService_All_EndsOnARepeatedCursor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		after     client.Cursor
		responses []stubResponse
		want      int // number of contacts
	}{
		{"first page again", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(1, 2, "c2")}, 2},
		{"second page again", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), pageResponse(3, 2, "c4")}, 4},
		{"back to the first page", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), pageResponse(5, 2, "c2")}, 6},
		{"back to the beginning of the iteration", cursorAt(1603870249758, "c0"), []stubResponse{pageResponse(1, 2, "c1"), pageResponse(3, 2, "c0")}, 4},
		{"new cursors, the same page", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(1, 2, "c3"), pageResponse(1, 2, "c4")}, 2},
	} {
		c, _ := script(t, test.responses)
		ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2, After: test.after}))
		last := test.responses[len(test.responses)-1]
		if !errors.Is(err, client.ErrBadResponse) || (!slices.Equal(ids, contactIDs(1, test.want)) && last.body != "") {
			t.Errorf("%s: got %v, %v, want %d contacts and ErrBadResponse", test.name, ids, err, test.want)
		}
	}
}

func TestContactsService_All_SkipsRepeatedContacts(t *testing.T) {
	t.Parallel()
	// A contact that is added during the iteration moves others to the next page. The API may
	// return a whole page twice.
	c, _ := script(t, []stubResponse{pageResponse(1, 3, "c3"), pageResponse(3, 3, "c5"), pageResponse(3, 3, "c5x"), pageResponse(6, 3, "")})
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 3}))
	if err != nil || !slices.Equal(ids, contactIDs(1, 8)) {
		t.Errorf("got %v, %v", ids, err)
	}
	// Contacts without an ID are different contacts, and so are versions of one contact.
	c, _ = script(t, []stubResponse{ok(`{"contacts":[{"city":"Oslo"},{"city":"Rome"},{"id":"a"},{"id":"a"},{"id":"a","dateUpdated":"2021-07-02T05:18:26.704Z"}],"meta":{"nextPage":null}}`)})
	ids, err = collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 5}))
	if err != nil || !slices.Equal(ids, []string{"", "", "a", "a"}) {
		t.Errorf("got %q, %v", ids, err)
	}
	// Each page has half of the previous one, over more contacts than are remembered.
	responses := make([]stubResponse, 30)
	for i := range responses {
		responses[i] = pageResponse(i*50, 100, "c"+strconv.Itoa(i))
	}
	responses[29] = pageResponse(29*50, 100, "")
	c, _ = script(t, responses)
	ids, err = collect(t, c.Contacts.All(t.Context(), client.ListRequest{}))
	if err != nil || !slices.Equal(ids, contactIDs(0, 31*50)) {
		t.Errorf("got %d contacts, %v", len(ids), err)
	}
}

func TestContactsService_All_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, _ := script(t, []stubResponse{pageResponse(1, 2, "c2")})
	var ids []string
	var failure error
	for contact, err := range c.Contacts.All(ctx, client.ListRequest{Limit: 2}) {
		if failure = err; err != nil {
			break
		}
		ids = append(ids, contact.ID)
		cancel()
	}
	if !errors.Is(failure, context.Canceled) || !slices.Equal(ids, contactIDs(1, 2)) {
		t.Errorf("got %v, %v", ids, failure)
	}
	if _, err := collect(t, c.Contacts.All(ctx, client.ListRequest{})); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled before: got %v", err)
	}
}

func TestContactsService_AllByBusiness(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, businessPage(1, 2, 5))
	page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		list      client.BusinessListRequest
		responses []stubResponse
		want      []string
		targets   []string // after the location
	}{
		{"no contacts", client.BusinessListRequest{}, []stubResponse{businessPage(1, 0, 0)}, nil, []string{""}},
		{"one page, count of the page", client.BusinessListRequest{}, []stubResponse{businessPage(1, 2, 2), businessPage(3, 0, 0)}, contactIDs(1, 2), []string{"", "&skip=2"}},
		{"count of the business", client.BusinessListRequest{Limit: 2}, []stubResponse{businessPage(1, 2, 5), businessPage(3, 2, 5), businessPage(5, 1, 5)}, contactIDs(1, 5), []string{"&limit=2", "&limit=2&skip=2", "&limit=2&skip=4"}},
		{"shorter pages than requested", client.BusinessListRequest{Limit: 1000}, []stubResponse{businessPage(1, 2, 3), businessPage(3, 1, 3)}, contactIDs(1, 3), []string{"&limit=1000", "&limit=1000&skip=2"}},
		{"from the middle, overlapping", client.BusinessListRequest{Limit: 2, Skip: 10}, []stubResponse{businessPage(11, 2, 14), businessPage(12, 2, 14)}, contactIDs(11, 3), []string{"&limit=2&skip=10", "&limit=2&skip=12"}},
		{"stored cursor", client.BusinessListRequest{Limit: 2, After: page.Next}, []stubResponse{businessPage(3, 2, 5), businessPage(5, 1, 5)}, contactIDs(3, 3), []string{"&limit=2&skip=2", "&limit=2&skip=4"}},
	} {
		for i, target := range test.targets {
			test.responses[i].want = "GET /contacts/business/b?locationId=ve9EPM428h8vShlRW1KT" + target
		}
		c, _ := script(t, test.responses)
		ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", test.list))
		if err != nil || !slices.Equal(ids, test.want) {
			t.Errorf("%s: got %v, %v, want %v", test.name, ids, err, test.want)
		}
	}
}

func TestContactsService_AllByBusiness_EndsIfSkipIsIgnored(t *testing.T) {
	t.Parallel()
	anonymous := ok(`{"contacts":[{"city":"Oslo"},{"city":"Rome"}]}`)
	for _, pages := range [][]stubResponse{slices.Repeat([]stubResponse{businessPage(1, 2, 500)}, 3), {anonymous, anonymous}} {
		c, _ := script(t, pages)
		_, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}))
		if !errors.Is(err, client.ErrBadResponse) {
			t.Errorf("got %v, want ErrBadResponse", err)
		}
	}
}

// TestPages iterates over the pages of a function. A page that comes with an error is yielded first.
func TestPages(t *testing.T) {
	t.Parallel()
	page := func(next client.Cursor, ids ...string) *client.Page {
		page := &client.Page{Next: next, Total: 7}
		for _, id := range ids {
			page.Contacts = append(page.Contacts, client.Contact{ID: id})
		}
		return page
	}
	pages := map[client.Cursor]*client.Page{"": page("1", "a", "b"), "1": page("2", "b", "c"), "2": page("", "d"), "bad": page("", "e")}
	for _, test := range []struct {
		after client.Cursor
		want  string
	}{{"", "a b 1 | c 2 | d  | <nil>"}, {"2", "d  | <nil>"}, {"bad", "e  | EOF"}, {"missing", "EOF"}} {
		var got strings.Builder
		var failure error
		for page, err := range client.Pages(t.Context(), test.after, func(_ context.Context, after client.Cursor) (*client.Page, error) {
			if pages[after] == nil || after == "bad" {
				return pages[after], io.EOF
			}
			return page(pages[after].Next, contactIDsOf(pages[after])...), nil
		}) {
			if failure = err; err == nil {
				fmt.Fprintf(&got, "%s %s | ", strings.Join(contactIDsOf(page), " "), page.Next)
			}
		}
		if got := got.String() + fmt.Sprint(failure); got != test.want {
			t.Errorf("after %q: got %s, want %s", test.after, got, test.want)
		}
	}
}

func contactIDsOf(page *client.Page) []string {
	var ids []string
	for _, contact := range page.Contacts {
		ids = append(ids, contact.ID)
	}
	return ids
}
