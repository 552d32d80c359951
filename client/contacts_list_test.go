package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// firstError ranges over an iterator and returns its first error.
func firstError(contacts iter.Seq2[*client.Contact, error]) error {
	for _, err := range contacts {
		if err != nil {
			return err
		}
	}
	return nil
}

// collect ranges over an iterator to its end. It fails the test if anything follows an error or comes with one.
func collect(t testing.TB, contacts iter.Seq2[*client.Contact, error]) (ids []string, failure error) {
	t.Helper()
	for contact, err := range contacts {
		if failure != nil {
			t.Errorf("got %v, %v after the error %v", contact, err, failure)
		}
		failure = err
		if (contact == nil) != (err != nil) {
			t.Errorf("got %v with %v", contact, err)
		}
		if err == nil {
			ids = append(ids, contact.ID)
		}
	}
	return ids, failure
}

// served is a transport that gets its responses from a handler and records the request targets.
type served struct {
	handler http.Handler
	mu      sync.Mutex
	targets []string
}

func (s *served) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.targets = append(s.targets, req.URL.RequestURI())
	s.mu.Unlock()
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, req)
	return recorder.Result(), nil
}

// contactList returns contacts as JSON, with IDs from first on and dates a second apart, newest first.
func contactList(first, count int) string {
	items := make([]string, count)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":"c%d","dateAdded":"2021-07-02T05:18:%02d.704Z"}`, first+i, 59-(first+i)%60)
	}
	return "[" + strings.Join(items, ",") + "]"
}

// contactIDs returns the IDs of contactList.
func contactIDs(first, count int) []string {
	var ids []string
	for i := range count {
		ids = append(ids, "c"+strconv.Itoa(first+i))
	}
	return ids
}

// pageAnswer is a page of a location, with the ID of its cursor; without one it is the last page.
func pageAnswer(first, count int, cursor string) answer {
	next := `null`
	if cursor != "" {
		next = `2,"startAfter":1603870249758,"startAfterId":"` + cursor + `"`
	}
	return listAnswer(first, count, `"meta":{"nextPageUrl":"http://localhost:8080/contacts/","nextPage":`+next+`}`)
}

// listAnswer is a page of a list, with the given properties beside its contacts.
func listAnswer(first, count int, properties string) answer {
	if properties != "" {
		properties = "," + properties
	}
	return ok(`{"contacts":` + contactList(first, count) + properties + `}`)
}

// businessPage is a page of the contacts of a business.
func businessPage(first, count, total int) answer {
	return listAnswer(first, count, fmt.Sprintf(`"count":%d`, total))
}

// cursorAt returns the cursor that the API describes by these values.
func cursorAt(millis int64, id string) client.Cursor {
	return client.CursorAfter(&client.Contact{ID: id, DateAdded: time.UnixMilli(millis)})
}

// businessCursor returns the cursor of a business's list after a number of contacts.
func businessCursor(t testing.TB, skip int) client.Cursor {
	t.Helper()
	c, _ := newStub(t, businessPage(skip, 1, 0))
	page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{Skip: skip - 1})
	if err != nil {
		t.Fatal(err)
	}
	return page.Next
}

func places(l *listing, count int) []string {
	ids := make([]string, count)
	for i := range ids {
		ids[i] = l.id(i)
	}
	return ids
}

func TestContactsService_List_Query(t *testing.T) {
	t.Parallel()
	cursor := cursorAt(1603870249758, contactID)
	for _, test := range []struct {
		name string
		list client.ListRequest
		want string
	}{
		{"nothing", client.ListRequest{}, "locationId=ve9EPM428h8vShlRW1KT"},
		{"another location", client.ListRequest{LocationID: "a&b"}, "locationId=a%26b"},
		{"limit", client.ListRequest{Limit: 100}, "locationId=ve9EPM428h8vShlRW1KT&limit=100"},
		{"smallest limit", client.ListRequest{Limit: 1}, "locationId=ve9EPM428h8vShlRW1KT&limit=1"},
		{"text", client.ListRequest{Query: "rosan@deos.example"}, "locationId=ve9EPM428h8vShlRW1KT&query=rosan%40deos.example"},
		{"text to be escaped", client.ListRequest{Query: "a b&c=d+e,f#g?h/ü"}, "locationId=ve9EPM428h8vShlRW1KT&query=a+b%26c%3Dd%2Be%2Cf%23g%3Fh%2F%C3%BC"},
		{"cursor", client.ListRequest{After: cursor}, "locationId=ve9EPM428h8vShlRW1KT&startAfter=1603870249758&startAfterId=ocQHyuzHvysMo5N5VsXc"},
		{"large cursor", client.ListRequest{After: cursorAt(9007199254740993, "a")}, "locationId=ve9EPM428h8vShlRW1KT&startAfter=9007199254740993&startAfterId=a"},
		{"cursor to be escaped", client.ListRequest{After: cursorAt(1, "a:b&c")}, "locationId=ve9EPM428h8vShlRW1KT&startAfter=1&startAfterId=a%3Ab%26c"},
		{"prefetch", client.ListRequest{Prefetch: true}, "locationId=ve9EPM428h8vShlRW1KT"},
		{
			"everything",
			client.ListRequest{LocationID: "l", Query: "q", Limit: 7, After: cursor},
			"locationId=l&query=q&limit=7&startAfter=1603870249758&startAfterId=ocQHyuzHvysMo5N5VsXc",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			if _, err := c.Contacts.List(t.Context(), test.list); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"GET /proxy/v1/contacts/?" + test.want}, api.targets()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if query, err := url.ParseQuery(test.want); err != nil || query.Get("query") != test.list.Query {
				t.Errorf("got %q, %v", query.Get("query"), err)
			}
		})
	}
}

func TestContactsService_ListByBusiness_Query(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		list client.BusinessListRequest
		want string
	}{
		{"nothing", client.BusinessListRequest{}, "locationId=ve9EPM428h8vShlRW1KT"},
		{"limit without a known maximum", client.BusinessListRequest{Limit: 1000}, "locationId=ve9EPM428h8vShlRW1KT&limit=1000"},
		{"skip", client.BusinessListRequest{Skip: 25}, "locationId=ve9EPM428h8vShlRW1KT&skip=25"},
		{"cursor", client.BusinessListRequest{After: businessCursor(t, 50)}, "locationId=ve9EPM428h8vShlRW1KT&skip=50"},
		{"everything", client.BusinessListRequest{LocationID: "l", Query: "a b", Limit: 7, Skip: 14}, "locationId=l&query=a+b&limit=7&skip=14"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			if _, err := c.Contacts.ListByBusiness(t.Context(), "641c", test.list); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"GET /proxy/v1/contacts/business/641c?" + test.want}, api.targets()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInvalidListsAreRejectedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	c := newClient(t, noRequests(t))
	business := businessCursor(t, 100)
	lists := map[string]client.ListRequest{
		"negative limit":       {Limit: -1},
		"limit above 100":      {Limit: 101},
		"cursor of a business": {After: business},
	}
	businessLists := map[string]client.BusinessListRequest{
		"negative limit":       {Limit: -1},
		"negative skip":        {Skip: -1},
		"cursor of a location": {After: cursorAt(1603870249758, "abc")},
		"skip and cursor":      {Skip: 1, After: business},
	}
	for _, text := range []client.Cursor{
		":", "abc", "1603870249758:abc", "contact:", "contact:1603870249758", "contact:1603870249758:", "contact::abc", "contact:0:abc",
		"contact:-1:abc", "contact:1.5:abc", "contact:abc:1603870249758", "contact: 1:abc", "contact:+1:abc", "contact:01:abc",
		"contact:99999999999999999999:abc", "contact:1e3:abc", "Contact:1:abc",
		"business:", "business:0", "business:-1", "business:+1", "business:01", "business:1 ", "business:1:2", "business:99999999999999999999",
	} {
		lists["cursor "+string(text)] = client.ListRequest{After: text}
		businessLists["cursor "+string(text)] = client.BusinessListRequest{After: text}
	}
	for name, list := range lists {
		if page, err := c.Contacts.List(t.Context(), list); !errors.Is(err, client.ErrInvalid) || page != nil {
			t.Errorf("List, %s: got %v, %v, want ErrInvalid", name, page, err)
		}
		if err := firstError(c.Contacts.All(t.Context(), list)); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("All, %s: got %v, want ErrInvalid", name, err)
		}
	}
	for name, list := range businessLists {
		if page, err := c.Contacts.ListByBusiness(t.Context(), "b", list); !errors.Is(err, client.ErrInvalid) || page != nil {
			t.Errorf("ListByBusiness, %s: got %v, %v, want ErrInvalid", name, page, err)
		}
		if err := firstError(c.Contacts.AllByBusiness(t.Context(), "b", list)); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("AllByBusiness, %s: got %v, want ErrInvalid", name, err)
		}
	}
}

// The table has each form of a page that the API has been seen to return, or that its documentation allows.
func TestContactsService_List_Next(t *testing.T) {
	t.Parallel()
	const cursor = `"startAfterId":"c2","startAfter":1603870249758`
	meta := cursorAt(1603870249758, "c2")
	last := cursorAt(instant(t, "2021-07-02T05:18:57.704Z").UnixMilli(), "c2")
	lastOfOne := cursorAt(instant(t, "2021-07-02T05:18:58.704Z").UnixMilli(), "c1")
	for _, test := range []struct {
		name  string
		count int
		rest  string // properties beside contacts
		limit int
		want  client.Cursor
	}{
		{"next page is a number", 2, `"meta":{"total":230,"nextPageUrl":"http://localhost/x","currentPage":1,"nextPage":2,"prevPage":null,` + cursor + `}`, 2, meta},
		{"next page is a number, address is null", 2, `"meta":{"nextPageUrl":null,"nextPage":2,` + cursor + `}`, 2, meta},
		{"next page is a number, more contacts than requested", 3, `"meta":{"nextPage":2,` + cursor + `}`, 2, meta},
		{"next page is a number, short page", 1, `"meta":{"nextPage":2,` + cursor + `}`, 2, meta},
		{"next page is a number, no cursor", 2, `"meta":{"nextPage":2}`, 2, last},
		{"next page is a number, short page, no cursor", 1, `"meta":{"nextPage":2}`, 2, lastOfOne},
		{"next page is a number, cursor without the time", 2, `"meta":{"nextPage":2,"startAfterId":"x"}`, 2, last},
		{"next page is a number, cursor without the ID", 2, `"meta":{"nextPage":2,"startAfter":1603870249758}`, 2, last},
		{"next page is a number, cursor of nulls", 2, `"meta":{"nextPage":2,"startAfter":null,"startAfterId":null}`, 2, last},
		{"address alone", 2, `"meta":{"nextPageUrl":"http://localhost/x",` + cursor + `}`, 2, meta},
		{"address alone, short page", 1, `"meta":{"nextPageUrl":"http://localhost/x",` + cursor + `}`, 2, meta},
		{"address alone, short page, no cursor", 1, `"meta":{"nextPageUrl":"http://localhost/x"}`, 2, lastOfOne},
		{"cursor alone, full page", 2, `"meta":{` + cursor + `}`, 2, meta},
		{"cursor alone, short page", 1, `"meta":{` + cursor + `}`, 2, ""},
		{"next page is null, cursor is set", 2, `"meta":{"total":2,"nextPageUrl":null,"nextPage":null,` + cursor + `}`, 2, ""},
		{"next page is null, address is set", 2, `"meta":{"nextPageUrl":"http://localhost/x","nextPage":null,` + cursor + `}`, 2, ""},
		{"next page is an empty string, address is set", 2, `"meta":{"nextPageUrl":"http://localhost/x","nextPage":"",` + cursor + `}`, 2, ""},
		{"no contacts, empty meta", 0, `"meta":{}`, 2, ""},
		{"no contacts, no meta", 0, `"count":0`, 2, ""},
		{"no contacts, cursor and next page", 0, `"meta":{"nextPage":2,` + cursor + `}`, 2, ""},
		{"empty meta, full page", 2, `"meta":{}`, 2, last},
		{"empty meta, short page", 1, `"meta":{}`, 2, ""},
		{"no meta, full page", 2, `"count":230`, 2, last},
		{"no meta, short page", 1, `"count":230`, 2, ""},
		{"meta is null, full page", 2, `"meta":null`, 2, last},
		{"no limit, full page of 20", 20, `"meta":{` + cursor + `}`, 0, meta},
		{"no limit, short page of 19", 19, `"meta":{` + cursor + `}`, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, listAnswer(1, test.count, test.rest))
			page, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: test.limit})
			if err != nil {
				t.Fatal(err)
			}
			if page.Next != test.want || len(page.Contacts) != test.count {
				t.Errorf("got %d contacts, next %q, want %d, %q", len(page.Contacts), page.Next, test.count, test.want)
			}
		})
	}
}

// If there is no way to continue, the contacts of the page are returned, and the error says that they are not all.
func TestListsThatCannotContinue(t *testing.T) {
	t.Parallel()
	for _, rest := range []string{`"meta":{"nextPage":2}`, `"meta":{"nextPage":2,"startAfterId":"x"}`, `"meta":{"nextPageUrl":"http://localhost/x"}`, `"meta":{}`, `"count":230`} {
		undated := ok(`{"contacts":[{"id":"c3"},{"id":"c4","dateAdded":"soon"}],` + rest + `}`)
		c, _ := newStub(t, undated)
		page, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 2})
		if !errors.Is(err, client.ErrBadResponse) || page == nil || len(page.Contacts) != 2 || page.Next != "" {
			t.Errorf("List, %s: got %+v, %v, want the page and ErrBadResponse", rest, page, err)
		}
		c, api := newStub(t, pageAnswer(1, 2, "c2"), undated)
		ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2}))
		if !errors.Is(err, client.ErrBadResponse) || !strings.Contains(err.Error(), "after 4 contacts") ||
			!slices.Equal(ids, contactIDs(1, 4)) || len(api.sent) != 2 {
			t.Errorf("All, %s: got %v, %v in %d requests, want 4 contacts and ErrBadResponse in 2", rest, ids, err, len(api.sent))
		}
	}
}

func TestContactsService_List_Total(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rest string
		want int
	}{
		{`"meta":{"total":230}`, 230},
		{`"count":230`, 230},
		{`"meta":{"total":230},"count":1`, 230},
		{`"meta":{"total":null},"count":null`, 0},
		{`"meta":{},"count":7`, 7},
		{`"traceId":null`, 0},
	} {
		c, _ := newStub(t, ok(`{"contacts":[{"id":"c1"}],`+test.rest+`}`))
		page, err := c.Contacts.List(t.Context(), client.ListRequest{})
		if err != nil || page.Total != test.want {
			t.Errorf("%s: got %+v, %v, want %d", test.rest, page, err, test.want)
		}
	}
}

// The count of a business list may be that of the page or that of the business.
func TestContactsService_ListByBusiness_Next(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		list  client.BusinessListRequest
		count int
		rest  string
		want  int // contacts to skip for the next page, 0 for none
	}{
		{"count exceeds the contacts so far", client.BusinessListRequest{Limit: 2, Skip: 4}, 2, `"count":7`, 6},
		{"count is reached", client.BusinessListRequest{Limit: 2, Skip: 4}, 2, `"count":6`, 0},
		{"count is exceeded", client.BusinessListRequest{Limit: 2, Skip: 6}, 2, `"count":7`, 0},
		{"count is that of the page", client.BusinessListRequest{Limit: 2}, 2, `"count":2`, 2},
		{"count is that of the page, short page", client.BusinessListRequest{Limit: 3}, 2, `"count":2`, 2},
		{"count is less than the page", client.BusinessListRequest{Limit: 3}, 2, `"count":1`, 2},
		{"no count", client.BusinessListRequest{Limit: 3}, 2, ``, 2},
		{"fewer contacts than requested", client.BusinessListRequest{Limit: 200}, 100, `"count":250`, 100},
		{"empty page", client.BusinessListRequest{Skip: 4}, 0, `"count":7`, 0},
		{"meta is ignored", client.BusinessListRequest{}, 2, `"count":7,"meta":{"startAfter":1,"startAfterId":"c2","nextPage":null}`, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var want client.Cursor
			if test.want > 0 {
				want = businessCursor(t, test.want)
			}
			c, _ := newStub(t, listAnswer(1, test.count, test.rest))
			page, err := c.Contacts.ListByBusiness(t.Context(), "b", test.list)
			if err != nil || page.Next != want || len(page.Contacts) != test.count {
				t.Errorf("got %+v, %v, want next %q", page, err, want)
			}
		})
	}
}

func TestContactsService_All_ReturnsEachContactOnce(t *testing.T) {
	t.Parallel()
	for _, prefetch := range []bool{false, true} {
		for _, test := range []struct{ total, limit, requests int }{
			{0, 100, 1}, {1, 100, 1}, {99, 100, 1}, {100, 100, 1}, {101, 100, 2}, {250, 0, 3}, {45, 20, 3}, {5, 1, 5}, {2000, 0, 20},
		} {
			t.Run(fmt.Sprintf("%d by %d, prefetch %v", test.total, test.limit, prefetch), func(t *testing.T) {
				t.Parallel()
				l := newListing(t, test.total)
				api := &served{handler: l}
				ids, err := collect(t, newClient(t, api).Contacts.All(t.Context(), client.ListRequest{Limit: test.limit, Prefetch: prefetch}))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(ids, places(l, test.total)) || len(api.targets) != test.requests {
					t.Errorf("got %d contacts in %d requests, want %d in %d", len(ids), len(api.targets), test.total, test.requests)
				}
			})
		}
	}
}

// A server that limits its pages to fewer contacts than requested does not end the iteration.
func TestIterationContinuesAfterShortPages(t *testing.T) {
	t.Parallel()
	const total = 250
	clamped := func(length int, meta func(next int) string) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			query := req.URL.Query()
			from, _ := strconv.Atoi(query.Get("skip"))
			if id, ok := strings.CutPrefix(query.Get("startAfterId"), "c"); ok {
				from, _ = strconv.Atoi(id)
			}
			limit, _ := strconv.Atoi(query.Get("limit"))
			count := max(min(limit, length, total-from), 0)
			return listAnswer(from+1, count, meta(from+count)).response(req), nil
		})
	}
	numbered := func(cursor bool) func(int) string {
		return func(next int) string {
			switch {
			case next >= total:
				return `"meta":{"nextPage":null}`
			case cursor:
				return fmt.Sprintf(`"meta":{"nextPage":2,"startAfter":1603870249758,"startAfterId":"c%d"}`, next)
			default:
				return `"meta":{"nextPage":2,"startAfterId":null}`
			}
		}
	}
	constantly := func(properties string) func(int) string { return func(int) string { return properties } }
	for _, test := range []struct {
		name string
		api  http.RoundTripper
	}{
		{"whole cursors", clamped(7, numbered(true))},
		{"half of a cursor", clamped(7, numbered(false))},
		{"empty meta, full pages", clamped(100, constantly(`"meta":{}`))},
		{"no meta, full pages", clamped(100, constantly(``))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ids, err := collect(t, newClient(t, test.api).Contacts.All(t.Context(), client.ListRequest{}))
			if err != nil || !slices.Equal(ids, contactIDs(1, total)) {
				t.Errorf("got %d contacts, %v, want %d", len(ids), err, total)
			}
		})
	}
	for _, properties := range []string{`"count":250`, `"count":100`, `"count":0`, ``} {
		t.Run("business, "+properties, func(t *testing.T) {
			t.Parallel()
			api := clamped(100, constantly(properties))
			ids, err := collect(t, newClient(t, api).Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 200}))
			if err != nil || !slices.Equal(ids, contactIDs(1, total)) {
				t.Errorf("got %d contacts, %v, want %d", len(ids), err, total)
			}
		})
	}
}

func TestContactsService_All_Requests(t *testing.T) {
	t.Parallel()
	for _, prefetch := range []bool{false, true} {
		c, api := newStub(t, pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), pageAnswer(5, 2, ""))
		list := client.ListRequest{Query: "a b", Limit: 2, Prefetch: prefetch}
		ids, err := collect(t, c.Contacts.All(t.Context(), list, client.WithHeader("X-Sync", "7")))
		if err != nil || !slices.Equal(ids, contactIDs(1, 6)) {
			t.Errorf("got %v, %v", ids, err)
		}
		// Each request has the location and both halves of the cursor. The address in the response is not used.
		want := []string{
			"GET /proxy/v1/contacts/?locationId=ve9EPM428h8vShlRW1KT&query=a+b&limit=2",
			"GET /proxy/v1/contacts/?locationId=ve9EPM428h8vShlRW1KT&query=a+b&limit=2&startAfter=1603870249758&startAfterId=c2",
			"GET /proxy/v1/contacts/?locationId=ve9EPM428h8vShlRW1KT&query=a+b&limit=2&startAfter=1603870249758&startAfterId=c4",
		}
		if diff := cmp.Diff(want, api.targets()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for i, req := range api.requests {
			if req.URL.Host != "api.example" || req.URL.Scheme != "https" || req.Header.Get("X-Sync") != "7" || req.Header.Get("Authorization") != "Bearer "+token {
				t.Errorf("request %d: got %s %v", i, req.URL, req.Header)
			}
		}
	}
}

func TestContactsService_All_IsLazy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ contacts, requests int }{{0, 0}, {1, 1}, {2, 1}, {3, 2}, {4, 2}} {
		c, api := newStub(t, pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), pageAnswer(5, 2, ""))
		contacts := c.Contacts.All(t.Context(), client.ListRequest{Limit: 2})
		received := 0
		if test.contacts > 0 {
			for range contacts { //nolint:errcheck // the stub does not fail
				if received++; received == test.contacts {
					break
				}
			}
		}
		if len(api.sent) != test.requests {
			t.Errorf("got %d requests for %d contacts, want %d", len(api.sent), test.contacts, test.requests)
		}
	}
}

func TestContactsService_All_CanBeRangedAgain(t *testing.T) {
	t.Parallel()
	l := newListing(t, 25)
	api := &served{handler: l}
	list := client.ListRequest{Limit: 10, Prefetch: true}
	contacts := newClient(t, api).Contacts.All(t.Context(), list)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for range 2 {
				ids, err := collect(t, contacts)
				if err != nil || !slices.Equal(ids, places(l, 25)) {
					t.Errorf("got %v, %v", ids, err)
				}
			}
		})
	}
	group.Wait()
	if len(api.targets) != 18 || list != (client.ListRequest{Limit: 10, Prefetch: true}) {
		t.Errorf("got %d requests, list %+v", len(api.targets), list)
	}
}

func TestContactsService_All_ResumesFromAStoredCursor(t *testing.T) {
	t.Parallel()
	l := newListing(t, 50)
	c := newClient(t, &served{handler: l})
	for _, stop := range []int{0, 1, 18, 19, 20, 21, 39, 40, 48, 49} {
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
		if err != nil {
			t.Fatal(err)
		}
		var loaded struct{ After client.Cursor }
		if err := json.Unmarshal(file, &loaded); err != nil {
			t.Fatal(err)
		}
		rest, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 20, After: loaded.After}))
		if err != nil || !slices.Equal(append(ids, rest...), places(l, 50)) {
			t.Errorf("stopped after %d: got %v, then %v, %v", stop, ids, rest, err)
		}
	}
}

func TestContactsService_AllByBusiness_ResumesFromAStoredCursor(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, businessPage(1, 2, 5))
	page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	c, api := newStub(t, businessPage(3, 2, 5), businessPage(5, 1, 5))
	ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2, After: page.Next}))
	if err != nil || !slices.Equal(ids, contactIDs(3, 3)) {
		t.Errorf("got %v, %v", ids, err)
	}
	const target = "GET /proxy/v1/contacts/business/b?locationId=ve9EPM428h8vShlRW1KT&limit=2"
	if diff := cmp.Diff([]string{target + "&skip=2", target + "&skip=4"}, api.targets()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestContactsService_All_YieldsTheErrorLast(t *testing.T) {
	t.Parallel()
	failure := answer{status: 500, body: `{"message":"Internal server error"}`}
	for _, test := range []struct {
		name    string
		answers []answer
		want    []string
	}{
		{"first page", []answer{failure}, nil},
		{"second page", []answer{pageAnswer(1, 2, "c2"), failure}, contactIDs(1, 2)},
		{"third page, HTML", []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), {status: 500, body: html}}, contactIDs(1, 4)},
	} {
		for _, prefetch := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, prefetch %v", test.name, prefetch), func(t *testing.T) {
				t.Parallel()
				c, api := newStub(t, test.answers...)
				ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2, Prefetch: prefetch}))
				if !errors.Is(err, client.ErrServer) || !slices.Equal(ids, test.want) || len(api.sent) != len(test.answers) {
					t.Errorf("got %v, %v in %d requests", ids, err, len(api.sent))
				}
			})
		}
	}
}

func TestContactsService_All_EndsOnARepeatedCursor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		after    client.Cursor
		answers  []answer
		want     int // contacts
		requests int
	}{
		{"first page again and again", "", []answer{pageAnswer(1, 2, "c2")}, 2, 2},
		{"second page again and again", "", []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4")}, 4, 3},
		{"back to the first page", "", []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), pageAnswer(5, 2, "c2")}, 6, 3},
		{"back to the beginning of the iteration", cursorAt(1603870249758, "c0"), []answer{pageAnswer(1, 2, "c0")}, 2, 1},
		{"new cursors, the same page", "", []answer{pageAnswer(1, 2, "c2"), pageAnswer(1, 2, "c3"), pageAnswer(1, 2, "c4")}, 2, 3},
	} {
		for _, prefetch := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, prefetch %v", test.name, prefetch), func(t *testing.T) {
				t.Parallel()
				c, api := newStub(t, test.answers...)
				ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2, After: test.after, Prefetch: prefetch}))
				if !errors.Is(err, client.ErrBadResponse) || !strings.Contains(err.Error(), fmt.Sprintf("after %d contacts", test.want)) {
					t.Errorf("got %v, want ErrBadResponse and the number of contacts", err)
				}
				if !slices.Equal(ids, contactIDs(1, test.want)) || len(api.sent) > test.requests+1 || (!prefetch && len(api.sent) != test.requests) {
					t.Errorf("got %v in %d requests", ids, len(api.sent))
				}
			})
		}
	}
}

func TestContactsService_All_SkipsRepeatedContacts(t *testing.T) {
	t.Parallel()
	// A contact that is added during the iteration moves others to the next page. A whole page may be repeated once.
	c, _ := newStub(t, pageAnswer(1, 3, "c3"), pageAnswer(3, 3, "c5"), pageAnswer(3, 3, "c5x"), pageAnswer(6, 3, ""))
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 3}))
	if err != nil || !slices.Equal(ids, contactIDs(1, 8)) {
		t.Errorf("got %v, %v", ids, err)
	}
	// Contacts without an ID are different contacts.
	c, _ = newStub(t, ok(`{"contacts":[{"city":"Oslo"},{"city":"Rome"},{"id":"a"},{"id":"a"}],"meta":{"nextPage":null}}`))
	ids, err = collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 4}))
	if err != nil || !slices.Equal(ids, []string{"", "", "a"}) {
		t.Errorf("got %q, %v", ids, err)
	}
}

// Each page repeats half of the one before, over more pages than IDs are stored for.
func TestContactsService_All_RemembersTheLatestContacts(t *testing.T) {
	t.Parallel()
	page := 0
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		page++
		cursor := "c" + strconv.Itoa(page)
		if page == 30 {
			cursor = ""
		}
		return pageAnswer((page-1)*50, 100, cursor).response(req), nil
	}))
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{}))
	if err != nil || !slices.Equal(ids, contactIDs(0, 31*50)) {
		t.Errorf("got %d contacts, %v", len(ids), err)
	}
}

func TestContactsService_All_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, api := newStub(t, pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"))
	var ids []string
	var failure error
	for contact, err := range c.Contacts.All(ctx, client.ListRequest{Limit: 2}) {
		if failure = err; err != nil {
			break
		}
		ids = append(ids, contact.ID)
		cancel()
	}
	if !errors.Is(failure, context.Canceled) || !slices.Equal(ids, contactIDs(1, 2)) || len(api.sent) != 1 {
		t.Errorf("got %v, %v in %d requests", ids, failure, len(api.sent))
	}
	if _, err := collect(t, c.Contacts.All(ctx, client.ListRequest{})); !errors.Is(err, context.Canceled) || len(api.sent) != 1 {
		t.Errorf("canceled before: got %v in %d requests", err, len(api.sent))
	}
}

func TestContactsOfAnIterationRemainValid(t *testing.T) {
	t.Parallel()
	var contacts []*client.Contact
	for contact, err := range newClient(t, &served{handler: newListing(t, 30)}).Contacts.All(t.Context(), client.ListRequest{Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		contacts = append(contacts, contact)
	}
	l := newListing(t, 30)
	for i, contact := range contacts {
		if contact.ID != l.id(i) || !contact.DateAdded.Equal(l.added(i)) || !strings.HasPrefix(string(contact.CustomFields[0].Value), "1603") {
			t.Errorf("%d: got %+v", i, contact)
		}
	}
}

// slowPages is a transport with a number of pages of one contact each, for a synctest bubble.
type slowPages struct {
	pages   int
	latency time.Duration

	mu       sync.Mutex
	started  []time.Duration // since the beginning of the bubble
	canceled int
	began    time.Time
}

func (s *slowPages) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.started = append(s.started, time.Since(s.began))
	s.mu.Unlock()
	select {
	case <-req.Context().Done():
		s.mu.Lock()
		s.canceled++
		s.mu.Unlock()
		return nil, req.Context().Err()
	case <-time.After(s.latency):
	}
	page := 1
	if id, ok := strings.CutPrefix(req.URL.Query().Get("startAfterId"), "c"); ok {
		page, _ = strconv.Atoi(id)
		page++
	}
	cursor := "c" + strconv.Itoa(page)
	if page == s.pages {
		cursor = ""
	}
	answer := pageAnswer(page, 1, cursor)
	answer.header = http.Header{"X-Page": {strconv.Itoa(page)}}
	return answer.response(req), nil
}

func TestPrefetchRequestsTheNextPageDuringTheWork(t *testing.T) {
	t.Parallel()
	const pages, latency, work = 50, 200 * time.Millisecond, 200 * time.Millisecond
	took := map[bool]time.Duration{}
	for _, prefetch := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			api := &slowPages{pages: pages, latency: latency, began: time.Now()}
			began, count := time.Now(), 0
			for _, err := range newClient(t, api).Contacts.All(t.Context(), client.ListRequest{Limit: 1, Prefetch: prefetch}) {
				if err != nil {
					t.Fatal(err)
				}
				count++
				time.Sleep(work)
			}
			took[prefetch] = time.Since(began)
			if count != pages || len(api.started) != pages {
				t.Errorf("prefetch %v: got %d contacts in %d requests, want %d", prefetch, count, len(api.started), pages)
			}
		})
	}
	if took[true] > took[false]*60/100 {
		t.Errorf("got %v with and %v without prefetch, want at most 0.6 times", took[true], took[false])
	}
	t.Logf("%v with and %v without prefetch", took[true], took[false])
}

// The request in flight is canceled, silently, and none follows. A goroutine that remains fails the bubble.
func TestPrefetchEndsWithTheLoop(t *testing.T) {
	t.Parallel()
	endings := map[string]func(contacts iter.Seq2[*client.Contact, error]){
		"break": func(contacts iter.Seq2[*client.Contact, error]) {
			for range contacts { //nolint:errcheck // the first page does not fail
				break
			}
		},
		"panic": func(contacts iter.Seq2[*client.Contact, error]) {
			defer func() { _ = recover() }()
			for range contacts { //nolint:errcheck // the first page does not fail
				panic("the program failed")
			}
		},
		"exit of the goroutine": func(contacts iter.Seq2[*client.Contact, error]) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				for range contacts { //nolint:errcheck // the first page does not fail
					runtime.Goexit()
				}
			}()
			<-done
		},
		"break later": func(contacts iter.Seq2[*client.Contact, error]) {
			for range contacts { //nolint:errcheck // the first page does not fail
				time.Sleep(50 * time.Millisecond)
				break
			}
		},
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				api := &slowPages{pages: 50, latency: 200 * time.Millisecond, began: time.Now()}
				var response client.Response
				c := newClient(t, api, client.WithLogger(logger), client.WithRetry(client.RetryPolicy{MaxAttempts: 3}))
				end(c.Contacts.All(t.Context(), client.ListRequest{Limit: 1, Prefetch: true}, client.WithResponseInto(&response)))
				if took := time.Since(api.began); took > 250*time.Millisecond {
					t.Errorf("got %v, want an immediate end", took)
				}
				time.Sleep(time.Minute)
				if len(api.started) > 2 || api.canceled != len(api.started)-1 {
					t.Errorf("got %d requests, %d canceled, want at most one canceled request", len(api.started), api.canceled)
				}
				if got := response.Header.Get("X-Page"); got != "1" {
					t.Errorf("got the response of page %q, want that of page 1", got)
				}
				if strings.Contains(log.String(), "cancel") || strings.Contains(log.String(), "failed") {
					t.Errorf("the cancellation was logged:\n%s", log.String())
				}
			})
		})
	}
}

// The race detector reports a response that is written while the program reads it.
func TestPrefetchHandsOverTheResponseWithItsPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &slowPages{pages: 5, latency: 200 * time.Millisecond, began: time.Now()}
		var response client.Response
		list := client.ListRequest{Limit: 1, Prefetch: true}
		page := 0
		for _, err := range newClient(t, api).Contacts.All(t.Context(), list, client.WithResponseInto(&response)) {
			if err != nil {
				t.Fatal(err)
			}
			page++
			for range 3 {
				if got := response.Header.Get("X-Page"); got != strconv.Itoa(page) {
					t.Errorf("got the response of page %s with page %d", got, page)
				}
				time.Sleep(150 * time.Millisecond)
			}
		}
	})
}

func TestPrefetchFailsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &slowPages{pages: 5, latency: 200 * time.Millisecond, began: time.Now()}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var ids []string
		var failure error
		for contact, err := range newClient(t, api).Contacts.All(ctx, client.ListRequest{Limit: 1, Prefetch: true}) {
			if failure = err; err == nil {
				ids = append(ids, contact.ID)
			}
			cancel()
		}
		if !errors.Is(failure, context.Canceled) || !slices.Equal(ids, contactIDs(1, 1)) {
			t.Errorf("got %v, %v, want one contact and context.Canceled", ids, failure)
		}
	})
}

func TestContactsService_AllByBusiness(t *testing.T) {
	t.Parallel()
	const target = "GET /proxy/v1/contacts/business/b?locationId=ve9EPM428h8vShlRW1KT"
	for _, test := range []struct {
		name    string
		list    client.BusinessListRequest
		answers []answer
		want    []string
		targets []string
	}{
		{"no contacts", client.BusinessListRequest{}, []answer{businessPage(1, 0, 0)}, nil, []string{target}},
		{
			"one page, count of the page",
			client.BusinessListRequest{},
			[]answer{businessPage(1, 2, 2), businessPage(3, 0, 0)},
			contactIDs(1, 2),
			[]string{target, target + "&skip=2"},
		},
		{
			"count of the business",
			client.BusinessListRequest{Limit: 2},
			[]answer{businessPage(1, 2, 5), businessPage(3, 2, 5), businessPage(5, 1, 5)},
			contactIDs(1, 5),
			[]string{target + "&limit=2", target + "&limit=2&skip=2", target + "&limit=2&skip=4"},
		},
		{
			"shorter pages than requested",
			client.BusinessListRequest{Limit: 1000},
			[]answer{businessPage(1, 2, 3), businessPage(3, 1, 3)},
			contactIDs(1, 3),
			[]string{target + "&limit=1000", target + "&limit=1000&skip=2"},
		},
		{
			"from the middle, overlapping",
			client.BusinessListRequest{Limit: 2, Skip: 10},
			[]answer{businessPage(11, 2, 14), businessPage(12, 2, 14), businessPage(0, 0, 14)},
			contactIDs(11, 3),
			[]string{target + "&limit=2&skip=10", target + "&limit=2&skip=12"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, test.answers...)
			ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", test.list))
			if err != nil || !slices.Equal(ids, test.want) {
				t.Errorf("got %v, %v, want %v", ids, err, test.want)
			}
			if diff := cmp.Diff(test.targets, api.targets()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestContactsService_AllByBusiness_EndsIfSkipIsIgnored(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]answer{
		"the same page again and again": businessPage(1, 2, 500),
		"contacts without IDs":          ok(`{"contacts":[{"city":"Oslo"},{"city":"Rome"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, page)
			_, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}))
			if !errors.Is(err, client.ErrBadResponse) || !strings.Contains(err.Error(), "contacts") || len(api.sent) > 3 {
				t.Errorf("got %v in %d requests, want ErrBadResponse in at most 3", err, len(api.sent))
			}
		})
	}
}

func TestContactsService_AllByBusiness_IsLazyAndCanBeRangedAgain(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, businessPage(1, 2, 4), businessPage(3, 2, 4), businessPage(1, 2, 3), businessPage(3, 1, 3))
	contacts := c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2})
	if len(api.sent) != 0 {
		t.Errorf("got %d requests before the loop", len(api.sent))
	}
	received := 0
	for range contacts { //nolint:errcheck // the stub does not fail
		if received++; received == 3 {
			break
		}
	}
	if len(api.sent) != 2 {
		t.Errorf("got %d requests for 3 contacts, want 2", len(api.sent))
	}
	if ids, err := collect(t, contacts); err != nil || !slices.Equal(ids, contactIDs(1, 3)) {
		t.Errorf("again: got %v, %v", ids, err)
	}
	if target := api.targets()[2]; target != "GET /proxy/v1/contacts/business/b?locationId=ve9EPM428h8vShlRW1KT&limit=2" {
		t.Errorf("again: got %s", target)
	}
}

func TestContactsService_AllByBusiness_YieldsTheErrorLast(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, businessPage(1, 2, 5), answer{status: 403, body: `{"message":"The token does not have access to this location."}`})
	ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}))
	if !errors.Is(err, client.ErrForbidden) || !slices.Equal(ids, contactIDs(1, 2)) {
		t.Errorf("got %v, %v", ids, err)
	}
}

func TestCursorAfter(t *testing.T) {
	t.Parallel()
	added := time.Date(2020, 10, 28, 7, 30, 49, 758999999, time.FixedZone("", 3600))
	for _, test := range []struct {
		name    string
		contact client.Contact
		want    string // query, without the location
	}{
		{"whole milliseconds", client.Contact{ID: "a", DateAdded: time.UnixMilli(1603870249758)}, "startAfter=1603870249758&startAfterId=a"},
		{"parts of a millisecond, another zone", client.Contact{ID: "a", DateAdded: added}, "startAfter=1603866649758&startAfterId=a"},
		{"no ID", client.Contact{DateAdded: added}, ""},
		{"no date", client.Contact{ID: "a"}, ""},
		{"date before 1970", client.Contact{ID: "a", DateAdded: time.UnixMilli(-1)}, ""},
	} {
		cursor := client.CursorAfter(&test.contact)
		if (cursor == "") != (test.want == "") {
			t.Errorf("%s: got %q", test.name, cursor)
		}
		c, api := newStub(t, everything)
		if _, err := c.Contacts.List(t.Context(), client.ListRequest{LocationID: "l", After: cursor}); err != nil {
			t.Fatal(err)
		}
		if _, query, _ := strings.Cut(api.targets()[0], "locationId=l"); strings.TrimPrefix(query, "&") != test.want {
			t.Errorf("%s: got %q, want %q", test.name, query, test.want)
		}
	}
}

// FuzzCursor checks that a cursor is rejected before any request, or leads to one with both of its halves.
func FuzzCursor(f *testing.F) {
	f.Add("contact:1603870249758:ocQHyuzHvysMo5N5VsXc")
	f.Add("")
	f.Add("contact:1:a:b")
	f.Add("contact:-1:a")
	f.Add("business:100")
	f.Fuzz(func(t *testing.T, text string) {
		c, api := newStub(t, everything)
		_, err := c.Contacts.List(t.Context(), client.ListRequest{After: client.Cursor(text)})
		if err != nil {
			if !errors.Is(err, client.ErrInvalid) || len(api.sent) > 0 || isLongOrBroken(err.Error()) || strings.HasPrefix(text, "contact:1:a") {
				t.Errorf("%q: got %v after %d requests", text, err, len(api.sent))
			}
			return
		}
		query := api.requests[0].URL.Query()
		want := text
		if millis, err := strconv.ParseInt(query.Get("startAfter"), 10, 64); err == nil {
			want = string(cursorAt(millis, query.Get("startAfterId")))
		}
		if text != want || query.Has("startAfter") != (text != "") || len(query) != map[bool]int{true: 3, false: 1}[text != ""] {
			t.Errorf("%q became %v", text, query)
		}
		_, err = c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{After: client.Cursor(text)})
		if text != "" && !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%q: got %v from a business list, want ErrInvalid", text, err)
		}
	})
}
