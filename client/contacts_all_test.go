package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestContactsService_All_ReturnsEachContactOnce(t *testing.T) {
	t.Parallel()
	{
		for _, test := range []struct{ total, limit, requests int }{
			{0, 100, 1}, {1, 100, 1}, {99, 100, 1}, {100, 100, 1}, {101, 100, 2}, {250, 0, 3}, {45, 20, 3}, {5, 1, 5}, {2000, 0, 20},
		} {
			t.Run(fmt.Sprintf("%d by %d", test.total, test.limit), func(t *testing.T) {
				t.Parallel()
				l := newListing(t, test.total)
				api := &served{handler: l}
				ids, err := collect(t, newClient(t, api).Contacts.All(t.Context(), client.ListRequest{Limit: test.limit}))
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
func TestContactsService_All_ShortPages(t *testing.T) {
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
			return listResponse(from+1, count, meta(from+count)).response(req), nil
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
	{
		c, api := newStub(t, pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), pageResponse(5, 2, ""))
		list := client.ListRequest{Query: "a b", Limit: 2}
		ids, err := collect(t, c.Contacts.All(t.Context(), list, client.WithHeader("X-Sync", "7")))
		if err != nil || !slices.Equal(ids, contactIDs(1, 6)) {
			t.Errorf("got %v, %v", ids, err)
		}
		// Each request has the location and both halves of the cursor. The address in the response
		// is not used.
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
		c, api := newStub(t, pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), pageResponse(5, 2, ""))
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
	list := client.ListRequest{Limit: 10}
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
	if len(api.targets) != 18 || list != (client.ListRequest{Limit: 10}) {
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
	failure := stubResponse{status: 500, body: `{"message":"Internal server error"}`}
	for _, test := range []struct {
		name      string
		responses []stubResponse
		want      []string
	}{
		{"first page", []stubResponse{failure}, nil},
		{"second page", []stubResponse{pageResponse(1, 2, "c2"), failure}, contactIDs(1, 2)},
		{"third page, HTML", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), {status: 500, body: html}}, contactIDs(1, 4)},
	} {
		{
			t.Run(fmt.Sprintf("%s", test.name), func(t *testing.T) {
				t.Parallel()
				c, api := newStub(t, test.responses...)
				ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2}))
				if !errors.Is(err, client.ErrServer) || !slices.Equal(ids, test.want) || len(api.sent) != len(test.responses) {
					t.Errorf("got %v, %v in %d requests", ids, err, len(api.sent))
				}
			})
		}
	}
}

func TestContactsService_All_EndsOnARepeatedCursor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		after     client.Cursor
		responses []stubResponse
		want      int // number of contacts
		requests  int
	}{
		{"first page again and again", "", []stubResponse{pageResponse(1, 2, "c2")}, 2, 2},
		{"second page again and again", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4")}, 4, 3},
		{"back to the first page", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"), pageResponse(5, 2, "c2")}, 6, 3},
		{"back to the beginning of the iteration", cursorAt(1603870249758, "c0"), []stubResponse{pageResponse(1, 2, "c0")}, 2, 1},
		{"new cursors, the same page", "", []stubResponse{pageResponse(1, 2, "c2"), pageResponse(1, 2, "c3"), pageResponse(1, 2, "c4")}, 2, 3},
	} {
		{
			t.Run(fmt.Sprintf("%s", test.name), func(t *testing.T) {
				t.Parallel()
				c, api := newStub(t, test.responses...)
				ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2, After: test.after}))
				if !errors.Is(err, client.ErrBadResponse) || !strings.Contains(err.Error(), fmt.Sprintf("after %d contacts", test.want)) {
					t.Errorf("got %v, want ErrBadResponse and the number of contacts", err)
				}
				if !slices.Equal(ids, contactIDs(1, test.want)) || len(api.sent) > test.requests+1 {
					t.Errorf("got %v in %d requests", ids, len(api.sent))
				}
			})
		}
	}
}

func TestContactsService_All_SkipsRepeatedContacts(t *testing.T) {
	t.Parallel()
	// A contact that is added during the iteration moves others to the next page. The API may
	// return a whole page twice.
	c, _ := newStub(t, pageResponse(1, 3, "c3"), pageResponse(3, 3, "c5"), pageResponse(3, 3, "c5x"), pageResponse(6, 3, ""))
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

// Each page contains half of the previous one, over more contacts than IDs are stored.
func TestContactsService_All_RemembersTheLatestContacts(t *testing.T) {
	t.Parallel()
	page := 0
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		page++
		cursor := "c" + strconv.Itoa(page)
		if page == 30 {
			cursor = ""
		}
		return pageResponse((page-1)*50, 100, cursor).response(req), nil
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
	c, api := newStub(t, pageResponse(1, 2, "c2"), pageResponse(3, 2, "c4"))
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

func TestContactsService_All_ContactsRemainValid(t *testing.T) {
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
	started  []time.Duration // since the start of the bubble
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
	stubResponse := pageResponse(page, 1, cursor)
	stubResponse.header = http.Header{"X-Page": {strconv.Itoa(page)}}
	return stubResponse.response(req), nil
}

func TestContactsService_AllByBusiness(t *testing.T) {
	t.Parallel()
	const target = "GET /proxy/v1/contacts/business/b?locationId=ve9EPM428h8vShlRW1KT"
	for _, test := range []struct {
		name      string
		list      client.BusinessListRequest
		responses []stubResponse
		want      []string
		targets   []string
	}{
		{"no contacts", client.BusinessListRequest{}, []stubResponse{businessPage(1, 0, 0)}, nil, []string{target}},
		{
			"one page, count of the page",
			client.BusinessListRequest{},
			[]stubResponse{businessPage(1, 2, 2), businessPage(3, 0, 0)},
			contactIDs(1, 2),
			[]string{target, target + "&skip=2"},
		},
		{
			"count of the business",
			client.BusinessListRequest{Limit: 2},
			[]stubResponse{businessPage(1, 2, 5), businessPage(3, 2, 5), businessPage(5, 1, 5)},
			contactIDs(1, 5),
			[]string{target + "&limit=2", target + "&limit=2&skip=2", target + "&limit=2&skip=4"},
		},
		{
			"shorter pages than requested",
			client.BusinessListRequest{Limit: 1000},
			[]stubResponse{businessPage(1, 2, 3), businessPage(3, 1, 3)},
			contactIDs(1, 3),
			[]string{target + "&limit=1000", target + "&limit=1000&skip=2"},
		},
		{
			"from the middle, overlapping",
			client.BusinessListRequest{Limit: 2, Skip: 10},
			[]stubResponse{businessPage(11, 2, 14), businessPage(12, 2, 14), businessPage(0, 0, 14)},
			contactIDs(11, 3),
			[]string{target + "&limit=2&skip=10", target + "&limit=2&skip=12"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, test.responses...)
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
	for name, page := range map[string]stubResponse{
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
	c, _ := newStub(t, businessPage(1, 2, 5), stubResponse{status: 403, body: `{"message":"The token does not have access to this location."}`})
	ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}))
	if !errors.Is(err, client.ErrForbidden) || !slices.Equal(ids, contactIDs(1, 2)) {
		t.Errorf("got %v, %v", ids, err)
	}
}

// The fake implements each form in which a list can end, and faults each form of its meta.
func TestContactsService_All_Fake(t *testing.T) {
	t.Parallel()
	const total = 130
	contacts := make([]client.Contact, total)
	for i := range contacts {
		contacts[i] = client.Contact{BusinessID: "b", FirstName: strconv.Itoa(i)}
	}
	for end := clienttest.ListEndNull; end <= clienttest.ListEndNoMeta; end++ {
		for _, removed := range [][]string{nil, {"/meta/nextPage"}, {"/meta/startAfterId"}, {"/meta/startAfter", "/meta/startAfterId"}, {"/meta"}} {
			fake := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithoutValidation(),
				clienttest.WithRateLimit(clienttest.RateLimit{}), clienttest.WithBehavior(clienttest.Behavior{ListEnd: end}))
			fake.InjectFaults(clienttest.Fault{Operation: "getContacts", Remove: removed})
			fake.Seed(contacts...)
			c := fake.Client()
			name := fmt.Sprintf("end %d, without %v", end, removed)
			if ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 200})); err != nil || len(ids) != total {
				t.Errorf("business, %s: got %d contacts, %v", name, len(ids), err)
			}
			if ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{})); err != nil || len(ids) != total {
				t.Errorf("%s: got %d contacts, %v", name, len(ids), err)
			}
		}
	}
}

// FuzzListMeta sends an arbitrary meta with each page. The iteration must end after a bounded
// number of requests and return no contact twice. If the meta has the number of a next page, it
// must return all contacts or an error.
func FuzzListMeta(f *testing.F) {
	const total = 20
	for _, meta := range []string{
		``, `null`, `{}`, `{"nextPage":2}`, `{"nextPage":null}`, `{"nextPage":""}`, `{"nextPageUrl":"x"}`, `[]`, `7`,
		`{"nextPage":2,"startAfter":1625203139704,"startAfterId":"c7"}`, `{"startAfter":"1","startAfterId":2}`,
		`{"nextPage":2,"startAfter":-1,"startAfterId":"c1"}`, `{"nextPage":{},"nextPageUrl":7}`,
	} {
		f.Add(meta, 5, false)
		f.Add(meta, 3, true)
	}
	f.Fuzz(func(t *testing.T, meta string, length int, _ bool) {
		if !json.Valid([]byte(meta)) || length < 1 {
			meta, length = `{}`, 5
		}
		var requests atomic.Int32
		c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			requests.Add(1)
			from := 0
			if id, ok := strings.CutPrefix(req.URL.Query().Get("startAfterId"), "c"); ok {
				from, _ = strconv.Atoi(id)
			}
			from = min(max(from, 0), total)
			return listResponse(from+1, min(length, 5, total-from), `"meta":`+meta).response(req), nil
		}))
		ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 5}))
		if requests.Load() > total+2 {
			t.Errorf("got %d requests", requests.Load())
		}
		unique := slices.Compact(slices.Sorted(slices.Values(ids)))
		if len(unique) != len(ids) {
			t.Errorf("got %v, want each contact once", ids)
		}
		if err != nil && !errors.Is(err, client.ErrBadResponse) {
			t.Errorf("got %v, want ErrBadResponse", err)
		}
		var sent map[string]json.RawMessage
		_ = json.Unmarshal([]byte(meta), &sent) // a meta of another type has no next page
		if number, err2 := strconv.Atoi(string(sent["nextPage"])); err2 == nil && sent["startAfterId"] == nil && err == nil && len(ids) < total {
			t.Errorf("got %d contacts without an error although the next page is %d", len(ids), number)
		}
	})
}
