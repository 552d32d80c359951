package client_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// firstError ranges over a walk and returns its first error.
func firstError(walk iter.Seq2[*client.Contact, error]) error {
	for _, err := range walk {
		if err != nil {
			return err
		}
	}
	return nil
}

// collect ranges over a walk to its end, and fails the test if anything comes after an error or with one.
func collect(t testing.TB, walk iter.Seq2[*client.Contact, error]) (ids []string, failure error) {
	t.Helper()
	for contact, err := range walk {
		if failure != nil {
			t.Errorf("after the error %v came %v, %v", failure, contact, err)
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

// served is a transport that has a handler answer, and keeps the targets.
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

// pageAnswer is a page with those contacts, a cursor, and a number of the next page.
func pageAnswer(first, count int, cursor string) answer {
	next := `null`
	if cursor != "" {
		next = `2,"startAfter":1603870249758,"startAfterId":"` + cursor + `"`
	}
	return ok(`{"contacts":` + contactList(first, count) + `,"meta":{"nextPageUrl":"http://localhost:8080/contacts/","nextPage":` + next + `}}`)
}

func places(l *listing, count int) []string {
	ids := make([]string, count)
	for i := range ids {
		ids[i] = l.id(i)
	}
	return ids
}

func TestAWalkVisitsEachContactOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ total, limit, requests int }{
		{0, 100, 1}, {1, 100, 1}, {99, 100, 1}, {100, 100, 1}, {101, 100, 2}, {250, 100, 3}, {45, 0, 3}, {5, 1, 5}, {2000, 100, 20},
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
				t.Errorf("%d contacts in %d requests", len(ids), len(api.targets))
			}
		})
	}
}

func TestAWalkOnTheWire(t *testing.T) {
	t.Parallel()
	api := &stub{answers: []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), pageAnswer(5, 2, "")}}
	c := newClient(t, api)
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Query: "a b", Limit: 2}, client.WithHeader("X-Sync", "7")))
	if err != nil || !slices.Equal(ids, []string{"c1", "c2", "c3", "c4", "c5", "c6"}) {
		t.Errorf("got %v, %v", ids, err)
	}
	// The location is sent again with each page, both halves of the cursor are, and the address that the API names is not asked.
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
			t.Errorf("request %d: %s %v", i, req.URL, req.Header)
		}
	}
}

func TestAWalkIsLazy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ contacts, requests int }{{0, 0}, {1, 1}, {2, 1}, {3, 2}, {4, 2}} {
		api := &stub{answers: []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), pageAnswer(5, 2, "")}}
		walk := newClient(t, api).Contacts.All(t.Context(), client.ListRequest{Limit: 2})
		took := 0
		if test.contacts > 0 {
			for range walk { //nolint:errcheck // the stub does not fail
				if took++; took == test.contacts {
					break
				}
			}
		}
		if len(api.sent) != test.requests {
			t.Errorf("%d contacts took %d requests", test.contacts, len(api.sent))
		}
	}
}

func TestAWalkCanBeRangedOverAgain(t *testing.T) {
	t.Parallel()
	l := newListing(t, 25)
	api := &served{handler: l}
	list := client.ListRequest{Limit: 10}
	walk := newClient(t, api).Contacts.All(t.Context(), list)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for range 2 {
				ids, err := collect(t, walk)
				if err != nil || !slices.Equal(ids, places(l, 25)) {
					t.Errorf("got %v, %v", ids, err)
				}
			}
		})
	}
	group.Wait()
	if len(api.targets) != 18 || list != (client.ListRequest{Limit: 10}) {
		t.Errorf("%d requests, list %+v", len(api.targets), list)
	}
}

func TestAWalkIsResumedFromStoredText(t *testing.T) {
	t.Parallel()
	l := newListing(t, 50)
	c := newClient(t, &served{handler: l})
	for _, stop := range []int{0, 1, 18, 19, 20, 21, 39, 40, 48, 49} {
		var ids []string
		var stored string
		for contact, err := range c.Contacts.All(t.Context(), client.ListRequest{Limit: 20}) {
			if err != nil {
				t.Fatal(err)
			}
			ids, stored = append(ids, contact.ID), client.CursorAfter(contact).String()
			if len(ids) > stop {
				break
			}
		}
		after, err := client.ParseCursor(stored)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 20, After: after}))
		if err != nil || !slices.Equal(append(ids, rest...), places(l, 50)) {
			t.Errorf("stopped after %d: %v, then %v, %v", stop, ids, rest, err)
		}
	}
}

func TestTheErrorOfAWalkComesOnceAndLast(t *testing.T) {
	t.Parallel()
	failure := answer{status: 500, body: `{"message":"Internal server error"}`}
	for _, test := range []struct {
		name    string
		answers []answer
		want    []string
	}{
		{"first page", []answer{failure}, nil},
		{"second page", []answer{pageAnswer(1, 2, "c2"), failure}, []string{"c1", "c2"}},
		{"third page, broken", []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), {status: 500, body: html}}, []string{"c1", "c2", "c3", "c4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, test.answers...)
			ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2}))
			if !errors.Is(err, client.ErrServer) || !slices.Equal(ids, test.want) || len(api.sent) != len(test.answers) {
				t.Errorf("got %v, %v in %d requests", ids, err, len(api.sent))
			}
		})
	}
}

func TestAWalkEndsWhereTheAPIGoesInCircles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		after    client.Cursor
		answers  []answer
		want     []string
		requests int
	}{
		{"page one, forever", client.Cursor{}, []answer{pageAnswer(1, 2, "c2")}, []string{"c1", "c2"}, 2},
		{"a page in the middle, forever", client.Cursor{}, []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4")}, []string{"c1", "c2", "c3", "c4"}, 3},
		{"back to page one", client.Cursor{}, []answer{pageAnswer(1, 2, "c2"), pageAnswer(3, 2, "c4"), pageAnswer(5, 2, "c2")}, []string{"c1", "c2", "c3", "c4", "c5", "c6"}, 3},
		{"back to where it was resumed", client.Cursor{AddedMillis: 1603870249758, ID: "c0"}, []answer{pageAnswer(1, 2, "c0")}, []string{"c1", "c2"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, test.answers...)
			ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2, After: test.after}))
			if !errors.Is(err, client.ErrBadResponse) || !slices.Equal(ids, test.want) || len(api.sent) != test.requests {
				t.Errorf("got %v, %v in %d requests", ids, err, len(api.sent))
			}
		})
	}
}

func TestAWalkDropsRepeatedContacts(t *testing.T) {
	t.Parallel()
	// A contact added meanwhile moves the last ones of a page to the next page; so may a whole page come again, once.
	c, _ := newStub(t, pageAnswer(1, 3, "c3"), pageAnswer(3, 3, "c5"), pageAnswer(3, 3, "c5x"), pageAnswer(6, 3, ""))
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 3}))
	if err != nil || !slices.Equal(ids, []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"}) {
		t.Errorf("got %v, %v", ids, err)
	}
	// Contacts whose ids were lost are not one contact.
	c, _ = newStub(t, ok(`{"contacts":[{"city":"Oslo"},{"city":"Rome"},{"id":"a"},{"id":"a"}]}`))
	ids, err = collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 4}))
	if err != nil || !slices.Equal(ids, []string{"", "", "a"}) {
		t.Errorf("got %q, %v", ids, err)
	}
}

// TestAWalkRemembersTheLatestContacts repeats each page's contacts on the next page, over more pages than ids are kept for.
func TestAWalkRemembersTheLatestContacts(t *testing.T) {
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
	ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 100}))
	if err != nil || len(ids) != 31*50 || !slices.Equal(ids, slices.Compact(slices.Clone(ids))) {
		t.Errorf("%d contacts, %v", len(ids), err)
	}
}

func TestAWalkEndsWithItsContext(t *testing.T) {
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
	if !errors.Is(failure, context.Canceled) || !slices.Equal(ids, []string{"c1", "c2"}) || len(api.sent) != 1 {
		t.Errorf("got %v, %v in %d requests", ids, failure, len(api.sent))
	}
	if _, err := collect(t, c.Contacts.All(ctx, client.ListRequest{})); !errors.Is(err, context.Canceled) || len(api.sent) != 1 {
		t.Errorf("canceled before: %v in %d requests", err, len(api.sent))
	}
}

func TestAContactOfAWalkStaysValid(t *testing.T) {
	t.Parallel()
	var kept []*client.Contact
	for contact, err := range newClient(t, &served{handler: newListing(t, 30)}).Contacts.All(t.Context(), client.ListRequest{Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, contact)
	}
	l := newListing(t, 30)
	for i, contact := range kept {
		if contact.ID != l.id(i) || !contact.DateAdded.Equal(l.added(i)) || !strings.HasPrefix(string(contact.CustomFields[0].Value), "1603") {
			t.Errorf("%d: %+v", i, contact)
		}
	}
}
