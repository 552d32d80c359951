package client_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// listOf requests a page of the list of a location, of the list of business b, or of a search.
func listOf(ctx context.Context, c *client.Client, list any) (*client.Page, error) {
	switch list := list.(type) {
	case client.ListRequest:
		return c.Contacts.List(ctx, list)
	case client.BusinessListRequest:
		return c.Contacts.ListByBusiness(ctx, "b", list)
	default:
		return c.Contacts.Search(ctx, list.(client.SearchRequest)) //nolint:forcetypeassert // there is no other list
	}
}

// allOf iterates over the contacts of listOf.
func allOf(ctx context.Context, c *client.Client, list any, opts ...client.CallOption) iter.Seq2[*client.Contact, error] {
	switch list := list.(type) {
	case client.ListRequest:
		return c.Contacts.All(ctx, list, opts...)
	case client.BusinessListRequest:
		return c.Contacts.AllByBusiness(ctx, "b", list, opts...)
	default:
		return c.Contacts.SearchAll(ctx, list.(client.SearchRequest), opts...) //nolint:forcetypeassert // there is no other list
	}
}

// collect ranges over an iterator to its end. The test fails if the iterator yields a contact with
// an error, or anything after an error.
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

// contactList returns contacts as JSON, newest first. Their IDs count up from first, and their
// dates are one second apart.
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

// pageResponse is a page of a location's list with the ID of its cursor, or the last page if the ID
// is empty.
func pageResponse(first, count int, cursor string) stubResponse {
	next := `null`
	if cursor != "" {
		next = `2,"startAfter":1603870249758,"startAfterId":"` + cursor + `"`
	}
	return listResponse(first, count, `"meta":{"nextPageUrl":"http://localhost:8080/contacts/","nextPage":`+next+`}`)
}

// listResponse is a page of a list with the given additional properties.
func listResponse(first, count int, properties string) stubResponse {
	if properties != "" {
		properties = "," + properties
	}
	return ok(`{"contacts":` + contactList(first, count) + properties + `}`)
}

// businessPage is a page of the contacts of a business.
func businessPage(first, count, total int) stubResponse {
	return listResponse(first, count, fmt.Sprintf(`"count":%d`, total))
}

// The cursor of the tests, as a program stores it, and the time in it.
const (
	cursorC2 = client.Cursor("contact:1603870249758:c2")
	millisC2 = 1603870249758
)

func TestContactsService_List_Query(t *testing.T) {
	const contacts, business = "GET /contacts/?locationId=ve9EPM428h8vShlRW1KT", "GET /contacts/business/b?locationId=ve9EPM428h8vShlRW1KT"
	for want, list := range map[string]any{
		contacts: client.ListRequest{},
		"GET /contacts/?locationId=a%26b&limit=100":                         client.ListRequest{LocationID: "a&b", Limit: 100},
		contacts + "&query=a+b%26c%3Dd%2Be%2Cf%23g%3Fh%2F%C3%BC%40&limit=1": client.ListRequest{Query: "a b&c=d+e,f#g?h/ü@", Limit: 1},
		contacts + "&startAfter=1603870249758&startAfterId=c2":              client.ListRequest{After: cursorC2},
		contacts + "&startAfter=9007199254740993&startAfterId=a%3Ab%26c":    client.ListRequest{After: "contact:9007199254740993:a:b&c"},
		business:                 client.BusinessListRequest{},
		business + "&limit=1000": client.BusinessListRequest{Limit: 1000},
		business + "&skip=50":    client.BusinessListRequest{After: "business:50"},
		"GET /contacts/business/b?locationId=l&query=a+b&limit=7&skip=14": client.BusinessListRequest{LocationID: "l", Query: "a b", Limit: 7, Skip: 14},
	} {
		c, api := script(t, []stubResponse{everything})
		if _, err := listOf(t.Context(), c, list); err != nil || api.sent[0] != want {
			t.Errorf("%+v: got %s, %v, want %s", list, api.sent[0], err, want)
		}
	}
}

// TestErrInvalid_Text checks that the error says which argument is invalid.
func TestErrInvalid_Text(t *testing.T) {
	c := newClient(t, noRequests(t))
	addTags := func(tags ...string) error { _, err := c.Contacts.AddTags(t.Context(), "abc", tags); return err }
	list := func(list any) error { _, err := listOf(t.Context(), c, list); return err }
	for want, err := range map[string]error{
		"tags: empty":                      addTags(),
		"tag 1: empty":                     addTags("a", " "),
		"Limit 101 is not between":         list(client.ListRequest{Limit: 101}),
		"Limit -2 is negative":             list(client.BusinessListRequest{Limit: -2}),
		"Skip -3 is negative":              list(client.BusinessListRequest{Skip: -3}),
		"set Skip or After, not both":      list(client.BusinessListRequest{Skip: 1, After: "business:100"}),
		"filter 0: set Field and Operator": list(client.SearchRequest{Filters: []client.Filter{{}}}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestContactsService_List_InvalidArguments(t *testing.T) {
	c := newClient(t, noRequests(t))
	lists := []any{
		client.ListRequest{Limit: -1},
		client.ListRequest{Limit: 101},
		client.ListRequest{After: "business:100"},
		client.BusinessListRequest{Limit: -1},
		client.BusinessListRequest{Skip: -1},
		client.BusinessListRequest{After: cursorC2},
		client.BusinessListRequest{Skip: 1, After: "business:100"},
		client.SearchRequest{Limit: -1},
		client.SearchRequest{Limit: 501},
		client.SearchRequest{Query: "Jos\xe9"},
		client.SearchRequest{After: cursorC2},
		client.SearchRequest{After: "search:"},
		client.SearchRequest{After: "search:e30"},
	}
	for _, filter := range []client.Filter{
		{},
		client.AllOf(), client.AllOf(client.AnyOf()), client.Between("dateAdded", time.Time{}, time.Time{}), client.Where("city", "eq", "M\xfcnchen"),
		client.Where("tags", "exists", "vip"), client.Where("tags", "eq", nil),
	} {
		lists = append(lists, client.SearchRequest{Filters: []client.Filter{filter}}, client.SearchRequest{Filters: []client.Filter{client.AnyOf(filter)}})
	}
	for _, text := range []client.Cursor{
		":", "abc", "1603870249758:abc", "contact:", "contact:1603870249758", "contact:1603870249758:", "contact::abc", "contact:0:abc",
		"contact:-1:abc", "contact:1.5:abc", "contact:abc:1603870249758", "contact: 1:abc", "contact:+1:abc", "contact:01:abc",
		"contact:99999999999999999999:abc", "contact:1e3:abc", "Contact:1:abc",
		"business:", "business:-1", "business:+1", "business:01", "business:1 ", "business:1:2", "business:99999999999999999999",
	} {
		lists = append(lists, client.ListRequest{After: text}, client.BusinessListRequest{After: text})
	}
	for _, list := range lists {
		if page, err := listOf(t.Context(), c, list); !errors.Is(err, client.ErrInvalid) || page != nil {
			t.Errorf("%+v: got %v, %v, want ErrInvalid", list, page, err)
		}
		if ids, err := collect(t, allOf(t.Context(), c, list)); !errors.Is(err, client.ErrInvalid) || ids != nil {
			t.Errorf("all, %+v: got %v, %v, want ErrInvalid", list, ids, err)
		}
	}
}

// TestContactsService_List_Next has each form of a page that the API has been observed to return, or
// that its documentation allows.
func TestContactsService_List_Next(t *testing.T) {
	const cursor = `"startAfterId":"c2","startAfter":1603870249758`
	last, lastOfOne := client.Cursor("contact:1625203137704:c2"), client.Cursor("contact:1625203138704:c1")
	two, skip4, skip7 := client.ListRequest{Limit: 2}, client.BusinessListRequest{Limit: 2, Skip: 4}, client.BusinessListRequest{Skip: 7}
	for _, test := range []struct {
		name  string
		count int
		rest  string // other properties than contacts
		list  any
		want  client.Cursor
	}{
		{"next page is a number", 2, `"meta":{"total":230,"nextPageUrl":"http://localhost/x","currentPage":1,"nextPage":2,"prevPage":null,` + cursor + `}`, two, cursorC2},
		{"next page is a number, short page", 1, `"meta":{"nextPage":2,` + cursor + `}`, two, cursorC2},
		{"next page is a number, no cursor", 2, `"meta":{"nextPage":2}`, two, last},
		{"next page is a number, short page, no cursor", 1, `"meta":{"nextPage":2}`, two, lastOfOne},
		{"next page is a number, cursor without the time", 2, `"meta":{"nextPage":2,"startAfterId":"x"}`, two, last},
		{"next page is a number, cursor without the ID", 2, `"meta":{"nextPage":2,"startAfter":1603870249758}`, two, last},
		{"address alone", 2, `"meta":{"nextPageUrl":"http://localhost/x",` + cursor + `}`, two, cursorC2},
		{"address alone, short page, no cursor", 1, `"meta":{"nextPageUrl":"http://localhost/x"}`, two, lastOfOne},
		{"cursor alone, full page", 2, `"meta":{` + cursor + `}`, two, cursorC2},
		{"cursor alone, short page", 1, `"meta":{` + cursor + `}`, two, ""},
		{"next page is null, cursor is set", 2, `"meta":{"total":2,"nextPageUrl":null,"nextPage":null,` + cursor + `}`, two, ""},
		{"next page is null, address is set", 2, `"meta":{"nextPageUrl":"http://localhost/x","nextPage":null,` + cursor + `}`, two, ""},
		{"next page is an empty string, address is set", 2, `"meta":{"nextPageUrl":"http://localhost/x","nextPage":"",` + cursor + `}`, two, ""},
		{"no contacts, no meta", 0, `"count":0`, two, ""},
		{"no contacts, cursor and next page", 0, `"meta":{"nextPage":2,` + cursor + `}`, two, cursorC2},
		{"no contacts, cursor alone", 0, `"meta":{` + cursor + `}`, two, ""},
		{"empty meta, full page", 2, `"meta":{}`, two, last},
		{"empty meta, short page", 1, `"meta":{}`, two, ""},
		{"no meta, full page", 2, `"count":230`, two, last},
		{"no limit, full page of 20", 20, `"meta":{` + cursor + `}`, client.ListRequest{}, cursorC2},
		{"no limit, short page of 19", 19, `"meta":{` + cursor + `}`, client.ListRequest{}, ""},
		// The count of a business list may be the number of contacts of the page or of the business.
		{"count exceeds the contacts so far", 2, `"count":7`, skip4, "business:6"},
		{"count is reached", 2, `"count":6`, skip4, ""},
		{"count is that of the page", 2, `"count":2`, client.BusinessListRequest{Limit: 2}, "business:2"},
		{"count is that of the page, short page", 2, `"count":2`, client.BusinessListRequest{Limit: 3}, "business:2"},
		{"no count", 2, ``, client.BusinessListRequest{Limit: 3}, "business:2"},
		{"empty page before the count", 0, `"count":7`, skip4, "business:4"},
		{"empty page at the count", 0, `"count":7`, skip7, ""},
		{"empty page after the count", 0, `"count":6`, skip7, ""},
		{"empty page, no count", 0, ``, skip4, ""},
		{"meta is ignored", 2, `"count":7,"meta":{"startAfter":1,"startAfterId":"c2","nextPage":null}`, client.BusinessListRequest{}, "business:2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := newStub(t, listResponse(1, test.count, test.rest))
			page, err := listOf(t.Context(), c, test.list)
			if err != nil || page.Next != test.want || len(page.Contacts) != test.count {
				t.Errorf("got %+v, %v, want %d contacts, next %q", page, err, test.count, test.want)
			}
		})
	}
}

// If the list continues but has no complete, new cursor, List returns the page and an error.
func TestContactsService_List_CannotContinue(t *testing.T) {
	const undated = `{"id":"c3"},{"id":"c4","dateAdded":"soon"}`
	for _, test := range []struct {
		contacts, rest string
		want           int
	}{
		{undated, `"meta":{"nextPage":2}`, 2},
		{undated, `"meta":{"nextPage":2,"startAfterId":"x"}`, 2},
		{undated, `"meta":{"nextPageUrl":"http://localhost/x"}`, 2},
		{undated, `"meta":{}`, 2},
		{undated, `"count":230`, 2},
		{undated, `"meta":{"nextPage":2,"startAfter":1603870249758,"startAfterId":"c2"}`, 2}, // the cursor of the request
		{``, `"meta":{"nextPage":2}`, 0},
		{``, `"meta":{"nextPage":2,"startAfter":1603870249758,"startAfterId":"c2"}`, 0},
	} {
		response := ok(`{"contacts":[` + test.contacts + `],` + test.rest + `}`)
		c, _ := newStub(t, response)
		page, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 2, After: cursorC2})
		if !errors.Is(err, client.ErrBadResponse) || page == nil || len(page.Contacts) != test.want || page.Next != "" || !strings.HasPrefix(err.Error(), "Contacts.List: bad response: ") {
			t.Errorf("List, %s: got %+v, %v, want the page and ErrBadResponse", test.rest, page, err)
		}
		c, _ = script(t, []stubResponse{pageResponse(1, 2, "c2"), response})
		ids, err := collect(t, c.Contacts.All(t.Context(), client.ListRequest{Limit: 2}))
		if !errors.Is(err, client.ErrBadResponse) || !slices.Equal(ids, contactIDs(1, 2+test.want)) {
			t.Errorf("All, %s: got %v, %v, want the contacts and ErrBadResponse", test.rest, ids, err)
		}
	}
}

func TestContactsService_List_Total(t *testing.T) {
	for rest, want := range map[string]int{
		`"meta":{"total":230}`: 230, `"count":230`: 230, `"meta":{"total":230},"count":1`: 230, `"meta":{"total":null},"count":null`: 0,
		`"meta":{},"count":7`: 7, `"traceId":null`: 0,
	} {
		c, _ := newStub(t, ok(`{"contacts":[{"id":"c1"}],`+rest+`}`))
		page, err := c.Contacts.List(t.Context(), client.ListRequest{})
		if err != nil || page.Total != want {
			t.Errorf("%s: got %+v, %v, want %d", rest, page, err, want)
		}
	}
}

func TestCursorAfter(t *testing.T) {
	added := time.Date(2020, 10, 28, 7, 30, 49, 758999999, time.FixedZone("", 3600))
	for want, contact := range map[client.Cursor]client.Contact{
		"contact:1603870249758:a": {ID: "a", DateAdded: time.UnixMilli(millisC2)},
		"contact:1603866649758:a": {ID: "a", DateAdded: added},
	} {
		if got := client.CursorAfter(&contact); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, contact := range []client.Contact{{DateAdded: added}, {ID: "a"}, {ID: "a", DateAdded: time.UnixMilli(-1)}} {
		if got := client.CursorAfter(&contact); got != "" {
			t.Errorf("%+v: got %q, want none", contact, got)
		}
	}
}
