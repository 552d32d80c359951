package client_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// TestContactsService_All_End has the pages of lists, which end with an error or after all contacts. If
// an empty page names a next page, the client asks exactly once more.
func TestContactsService_All_End(t *testing.T) {
	pages := func(pages ...stubResponse) []stubResponse { return pages }
	two, from0 := client.ListRequest{Limit: 2}, client.ListRequest{Limit: 2, After: "contact:1603870249758:c0"}
	business, search, page1 := client.BusinessListRequest{Limit: 2}, client.SearchRequest{Limit: 2}, pageResponse(1, 2, "c2")
	empty := func(cursor string) stubResponse { return pageResponse(0, 0, cursor) }
	anonymous := ok(`{"contacts":[{"city":"Oslo"},{"city":"Rome"}]}`)
	for _, test := range []struct {
		name  string
		list  any
		pages []stubResponse // the client asks for all of them
		want  string         // IDs
		kind  client.Kind
	}{
		{"empty page, then more contacts", two, pages(page1, empty("c3"), pageResponse(3, 2, "")), "c1 c2 c3 c4", ""},
		{
			"empty page, then more contacts, twice", two,
			pages(page1, empty("c3"), pageResponse(3, 2, "c4"), empty("c5"), pageResponse(5, 1, "")), "c1 c2 c3 c4 c5", "",
		},
		{"empty page at first", two, pages(empty("c0"), pageResponse(1, 2, "")), "c1 c2", ""},
		{"empty page, then the end", two, pages(page1, empty("c3"), empty("")), "c1 c2", ""},
		{"empty page, then another one", two, pages(page1, empty("c3"), empty("c4")), "c1 c2", client.ErrBadResponse},
		{"empty page with the cursor of the request", two, pages(page1, empty("c2")), "c1 c2", client.ErrBadResponse},
		{"empty page with a cursor that was used", two, pages(page1, pageResponse(3, 2, "c4"), empty("c2")), "c1 c2 c3 c4", client.ErrBadResponse},
		{"empty page with the first cursor", from0, pages(page1, empty("c0")), "c1 c2", client.ErrBadResponse},
		{"empty page with a total alone", two, pages(page1, listResponse(0, 0, `"meta":{"total":300}`)), "c1 c2", ""},
		{
			"business, empty page, then more contacts", business,
			pages(businessPage(1, 2, 6), businessPage(3, 0, 6), businessPage(3, 2, 6), businessPage(5, 2, 6)), "c1 c2 c3 c4 c5 c6", "",
		},
		{"business, empty page, then another one", business, pages(businessPage(1, 2, 6), businessPage(3, 0, 6), businessPage(3, 0, 6)), "c1 c2", client.ErrBadResponse},
		{
			"business, empty page, then the end, because contacts were deleted", business,
			pages(businessPage(1, 2, 6), businessPage(3, 0, 6), businessPage(3, 0, 2)), "c1 c2", "",
		},
		{"business, empty page at first", business, pages(businessPage(1, 0, 6), businessPage(1, 0, 6)), "", client.ErrBadResponse},

		{"first page again", two, pages(page1, page1), "c1 c2", client.ErrBadResponse},
		{"back to the first page", two, pages(page1, pageResponse(3, 2, "c4"), pageResponse(5, 2, "c2")), "c1 c2 c3 c4 c5 c6", client.ErrBadResponse},
		{"back to the beginning of the iteration", from0, pages(pageResponse(1, 2, "c1"), pageResponse(3, 2, "c0")), "c1 c2 c3 c4", client.ErrBadResponse},
		{"new cursors, the same page", two, pages(page1, pageResponse(1, 2, "c3"), pageResponse(1, 2, "c4")), "c1 c2", client.ErrBadResponse},
		{"business, skip is ignored", business, slices.Repeat(pages(businessPage(1, 2, 500)), 3), "c1 c2", client.ErrBadResponse},
		{"business, skip is ignored, no IDs", business, pages(anonymous, anonymous), "   ", client.ErrBadResponse},

		{"search, no contact", search, pages(searchResponse(0)), "", ""},
		{"search, short page that reaches the total", search, pages(searchResponse(3, "a", "b"), searchResponse(3, "c")), "a b c", ""},
		{"search, short page before the total", search, pages(searchResponse(3, "a"), searchResponse(3, "b", "c"), searchResponse(3)), "a b c", ""},
		{"search, full page at the end", search, pages(searchResponse(2, "a", "b"), searchResponse(2)), "a b", ""},
		{"search, total that grows", search, pages(searchResponse(2, "a", "b"), searchResponse(4, "c"), searchResponse(4)), "a b c", ""},
		{"search, a page overlaps", search, pages(searchResponse(9, "a", "b"), searchResponse(9, "b", "c"), searchResponse(9)), "a b c", ""},
		{"search, a contact is updated", search, pages(searchResponse(9, "a@1", "b@2"), searchResponse(9, "a@3"), searchResponse(9)), "a b a", ""},

		{
			"a page overlaps, and is repeated",
			client.ListRequest{Limit: 3},
			pages(pageResponse(1, 3, "c3"), pageResponse(3, 3, "c5"), pageResponse(3, 3, "c5x"), pageResponse(6, 3, "")), "c1 c2 c3 c4 c5 c6 c7 c8", "",
		},
		{"contacts without an ID, and versions of a contact", two, pages(ok(`{"contacts":[{"city":"Oslo"},{"city":"Rome"},{"id":"a"},{"id":"a"},` +
			`{"id":"a","dateUpdated":"2021-07-02T05:18:26.704Z"}],"meta":{"nextPage":null}}`)), "  a a", ""},
		{"500", two, pages(page1, stubResponse{status: 500, body: html}), "c1 c2", client.ErrServer},
		{"business, 403", business, pages(businessPage(1, 2, 5), stubResponse{status: 403}), "c1 c2", client.ErrForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := script(t, test.pages)
			ids, err := collect(t, allOf(t.Context(), c, test.list))
			if client.KindOf(err) != test.kind || strings.Join(ids, " ") != test.want {
				t.Errorf("got %v, %v, want %s, %q", ids, err, test.want, test.kind)
			}
		})
	}
}

// TestContactsService_All_RepeatedContacts has pages that overlap, with more contacts than are
// remembered. A contact that is no longer remembered is returned again.
func TestContactsService_All_RepeatedContacts(t *testing.T) {
	t.Parallel()
	responses := make([]stubResponse, 30)
	for i := range responses {
		responses[i] = pageResponse(i*60, 100, "c"+strconv.Itoa(i))
	}
	c, _ := script(t, slices.Concat(responses, []stubResponse{pageResponse(0, 1, "")}))
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{}))
	if want := append(contactIDs(0, 29*60+100), "c0"); err != nil || !slices.Equal(ids, want) {
		t.Errorf("got %d contacts, %v, want %d", len(ids), err, len(want))
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
	for _, test := range []struct {
		name     string
		list     any
		during   func(fake *clienttest.Server, ids []string) // called after the first page
		requests int
	}{
		{"query", client.ListRequest{Limit: limit, Query: "person"}, nil, 1},
		{"query of a business", client.BusinessListRequest{Limit: limit, Query: "person"}, nil, 2}, // the count of the only page may be that of the page
		{"resume", client.ListRequest{Limit: limit, After: "second page"}, nil, 3},
		{"resume of a business", client.BusinessListRequest{Limit: limit, After: "business:20"}, nil, 3},
		{"creates", client.ListRequest{Limit: limit}, create, 4},
		{"creates of a business", client.BusinessListRequest{Limit: limit}, create, 4},
		{"deletes", client.ListRequest{Limit: limit}, deleteAll, 2},
		{"deletes of a business", client.BusinessListRequest{Limit: limit}, deleteAll, 2},
	} {
		fake, ids := newListFake(t, total)
		fake.Seed(client.Contact{FirstName: "Person", BusinessID: "b"}, client.Contact{FirstName: "Person", BusinessID: "b"})
		c := fake.Client()
		if list, ok := test.list.(client.ListRequest); ok && list.After != "" {
			first, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			test.list = client.ListRequest{Limit: limit, After: first.Next}
			fake.ClearRequests()
		}
		count := 0
		for _, err := range allOf(t.Context(), c, test.list) {
			if err != nil {
				t.Errorf("%s: got %v after %d contacts", test.name, err, count)
			}
			if count++; count == limit && test.during != nil {
				test.during(fake, ids)
			}
		}
		lists := slices.DeleteFunc(fake.Requests(), func(r clienttest.Request) bool { return r.Method != http.MethodGet })
		if len(lists) != test.requests {
			t.Errorf("%s: got %d contacts in %d requests, want %d", test.name, count, len(lists), test.requests)
		}
	}
}

// newListFake starts a fake with contacts of the business b, and returns their IDs.
func newListFake(t testing.TB, total int) (*clienttest.Server, []string) {
	t.Helper()
	fake := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithoutValidation(), clienttest.WithRateLimit(clienttest.RateLimit{}))
	var ids []string
	for i := range total {
		ids = append(ids, fake.Seed(client.Contact{BusinessID: "b", FirstName: strconv.Itoa(i)})[0].ID)
	}
	return fake, slices.Sorted(slices.Values(ids))
}

// TestContactsService_All_Requests compares the requests of iterations, each of which is made twice. They
// have the options of the call, and the largest page if the program sets no limit.
func TestContactsService_All_Requests(t *testing.T) {
	const contacts, business = "GET /contacts/?locationId=ve9EPM428h8vShlRW1KT", "GET /contacts/business/b?locationId=ve9EPM428h8vShlRW1KT"
	for _, test := range []struct {
		list  any
		pages []stubResponse
		want  []string
	}{
		{
			client.ListRequest{Query: "a b", Limit: 2},
			[]stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "")},
			[]string{contacts + "&query=a+b&limit=2", contacts + "&query=a+b&limit=2&startAfter=1603870249758&startAfterId=c2"},
		},
		{client.ListRequest{}, []stubResponse{pageResponse(1, 2, "")}, []string{contacts + "&limit=100"}},
		{client.BusinessListRequest{}, []stubResponse{businessPage(1, 2, 2), businessPage(3, 0, 0)}, []string{business, business + "&skip=2"}},
		{
			client.BusinessListRequest{Limit: 2, Skip: 10},
			[]stubResponse{businessPage(11, 2, 14), businessPage(12, 2, 14)},
			[]string{business + "&limit=2&skip=10", business + "&limit=2&skip=12"},
		},
		{
			client.BusinessListRequest{Limit: 2, After: "business:2"},
			[]stubResponse{businessPage(3, 2, 5), businessPage(5, 1, 5)},
			[]string{business + "&limit=2&skip=2", business + "&limit=2&skip=4"},
		},
		{client.SearchRequest{Limit: 2}, []stubResponse{searchResponse(3, "a", "b"), searchResponse(3, "c")}, []string{
			`POST /contacts/search {"locationId":"ve9EPM428h8vShlRW1KT","pageLimit":2}`,
			`POST /contacts/search {"locationId":"ve9EPM428h8vShlRW1KT","pageLimit":2,"searchAfter":[1603870249758,"b"]}`,
		}},
		{client.SearchRequest{}, []stubResponse{searchResponse(0)}, []string{`POST /contacts/search {"locationId":"ve9EPM428h8vShlRW1KT","pageLimit":500}`}},
	} {
		c, api := script(t, slices.Repeat(test.pages, 2))
		contacts := allOf(t.Context(), c, test.list, client.WithHeader("X-Sync", "7"))
		first, err1 := collect(t, contacts)
		second, err2 := collect(t, contacts)
		if err := errors.Join(err1, err2); err != nil || !slices.Equal(first, second) || !slices.Equal(api.sent, slices.Repeat(test.want, 2)) {
			t.Errorf("%+v: got %q and %q from %q, %v, want twice %q", test.list, first, second, api.sent, err, test.want)
		}
		for i, req := range api.requests { // the address in the response is not used
			if req.URL.Host != "api.example" || req.URL.Scheme != "https" || req.Header.Get("X-Sync") != "7" {
				t.Errorf("request %d: got %s %v", i, req.URL, req.Header)
			}
		}
	}
}

func TestContactsService_All_IsLazy(t *testing.T) {
	for contacts, requests := range []int{0, 1, 1, 2, 2} {
		for list, pages := range map[any][]stubResponse{
			client.ListRequest{Limit: 2}:         {pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4")},
			client.BusinessListRequest{Limit: 2}: {businessPage(1, 2, 6), businessPage(3, 2, 6)},
		} {
			c, _ := script(t, pages[:requests])
			next, stop := iter.Pull2(allOf(t.Context(), c, list))
			for range contacts {
				_, _, _ = next()
			}
			stop()
		}
	}
}

// TestPages iterates over pages. A page that comes with an error is yielded before it.
func TestPages(t *testing.T) {
	c, _ := script(t, []stubResponse{pageResponse(1, 2, "c2"), pageResponse(2, 2, "c3"), listResponse(4, 1, `"meta":{"nextPage":2,"startAfter":1603870249758,"startAfterId":"c3"}`)})
	var got []string
	for page, err := range client.Pages(t.Context(), "", func(ctx context.Context, after client.Cursor) (*client.Page, error) {
		return c.Contacts.List(ctx, client.ListRequest{Limit: 2, After: after})
	}) {
		if err != nil {
			got = append(got, fmt.Sprintf("%v %s", page == nil, client.KindOf(err)))
			continue
		}
		for _, contact := range page.Contacts {
			got = append(got, contact.ID)
		}
		got = append(got, string(page.Next))
	}
	want := []string{"c1", "c2", "contact:1603870249758:c2", "c3", "contact:1603870249758:c3", "c4", "", "true bad response"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, err := range client.Pages(t.Context(), "", func(context.Context, client.Cursor) (*client.Page, error) { return nil, nil }) { //nolint:nilnil // a mistake of the program
		if !errors.Is(err, client.ErrBadResponse) {
			t.Errorf("no page: got %v, want ErrBadResponse", err)
		}
	}
}
