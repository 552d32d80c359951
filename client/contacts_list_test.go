package client_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

// cursorAt returns the cursor for the API's startAfter and startAfterId.
func cursorAt(millis int64, id string) client.Cursor {
	return client.CursorAfter(&client.Contact{ID: id, DateAdded: time.UnixMilli(millis)})
}

// businessCursor returns the cursor after a number of contacts in the list of a business.
func businessCursor(t testing.TB, skip int) client.Cursor {
	t.Helper()
	c, _ := newStub(t, businessPage(skip, 1, 0))
	page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{Skip: skip - 1})
	if err != nil {
		t.Fatal(err)
	}
	return page.Next
}

func TestContactsService_List_Query(t *testing.T) {
	t.Parallel()
	const here = "locationId=ve9EPM428h8vShlRW1KT"
	cursor := cursorAt(1603870249758, contactID)
	for _, test := range []struct {
		list client.ListRequest
		want string
	}{
		{client.ListRequest{}, here},
		{client.ListRequest{LocationID: "a&b"}, "locationId=a%26b"},
		{client.ListRequest{Limit: 100}, here + "&limit=100"},
		{client.ListRequest{Limit: 1}, here + "&limit=1"},
		{client.ListRequest{Query: "a b&c=d+e,f#g?h/ü@"}, here + "&query=a+b%26c%3Dd%2Be%2Cf%23g%3Fh%2F%C3%BC%40"},
		{client.ListRequest{After: cursor}, here + "&startAfter=1603870249758&startAfterId=ocQHyuzHvysMo5N5VsXc"},
		{client.ListRequest{After: cursorAt(9007199254740993, "a")}, here + "&startAfter=9007199254740993&startAfterId=a"},
		{client.ListRequest{After: cursorAt(1, "a:b&c")}, here + "&startAfter=1&startAfterId=a%3Ab%26c"},
		{client.ListRequest{LocationID: "l", Query: "q", Limit: 7, After: cursor}, "locationId=l&query=q&limit=7&startAfter=1603870249758&startAfterId=ocQHyuzHvysMo5N5VsXc"},
	} {
		response := everything
		response.want = "GET /contacts/?" + test.want
		c, _ := script(t, []stubResponse{response})
		if _, err := c.Contacts.List(t.Context(), test.list); err != nil {
			t.Errorf("%+v: %v", test.list, err)
		}
	}
	for _, test := range []struct {
		list client.BusinessListRequest
		want string
	}{
		{client.BusinessListRequest{}, here},
		{client.BusinessListRequest{Limit: 1000}, here + "&limit=1000"},
		{client.BusinessListRequest{Skip: 25}, here + "&skip=25"},
		{client.BusinessListRequest{After: businessCursor(t, 50)}, here + "&skip=50"},
		{client.BusinessListRequest{LocationID: "l", Query: "a b", Limit: 7, Skip: 14}, "locationId=l&query=a+b&limit=7&skip=14"},
	} {
		response := everything
		response.want = "GET /contacts/business/641c?" + test.want
		c, _ := script(t, []stubResponse{response})
		if _, err := c.Contacts.ListByBusiness(t.Context(), "641c", test.list); err != nil {
			t.Errorf("%+v: %v", test.list, err)
		}
	}
}

func TestContactsService_List_InvalidArguments(t *testing.T) {
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
		"business:", "business:-1", "business:+1", "business:01", "business:1 ", "business:1:2", "business:99999999999999999999",
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

// The table has each form of a page that the API has been observed to return, or that its
// documentation allows.
func TestContactsService_List_Next(t *testing.T) {
	t.Parallel()
	const cursor = `"startAfterId":"c2","startAfter":1603870249758`
	meta := cursorAt(1603870249758, "c2")
	last := cursorAt(parseTime(t, "2021-07-02T05:18:57.704Z").UnixMilli(), "c2")
	lastOfOne := cursorAt(parseTime(t, "2021-07-02T05:18:58.704Z").UnixMilli(), "c1")
	for _, test := range []struct {
		name  string
		count int
		rest  string // other properties than contacts
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
		{"no contacts, cursor and next page", 0, `"meta":{"nextPage":2,` + cursor + `}`, 2, meta},
		{"no contacts, cursor and address", 0, `"meta":{"nextPageUrl":"http://localhost/x",` + cursor + `}`, 2, meta},
		{"no contacts, cursor alone", 0, `"meta":{` + cursor + `}`, 2, ""},
		{"no contacts, total", 0, `"meta":{"total":300}`, 2, ""},
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
			c, _ := newStub(t, listResponse(1, test.count, test.rest))
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

// If the list continues but has no complete, new cursor, List returns the page and an error.
func TestContactsService_List_CannotContinue(t *testing.T) {
	t.Parallel()
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
		page, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 2, After: cursorAt(1603870249758, "c2")})
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

// The count of a business list may be the number of contacts of the page or of the business.
func TestContactsService_ListByBusiness_Next(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		list  client.BusinessListRequest
		count int
		rest  string
		want  int // contacts to skip for the next page; 0 for the last page
	}{
		{"count exceeds the contacts so far", client.BusinessListRequest{Limit: 2, Skip: 4}, 2, `"count":7`, 6},
		{"count is reached", client.BusinessListRequest{Limit: 2, Skip: 4}, 2, `"count":6`, 0},
		{"count is exceeded", client.BusinessListRequest{Limit: 2, Skip: 6}, 2, `"count":7`, 0},
		{"count is that of the page", client.BusinessListRequest{Limit: 2}, 2, `"count":2`, 2},
		{"count is that of the page, short page", client.BusinessListRequest{Limit: 3}, 2, `"count":2`, 2},
		{"count is less than the page", client.BusinessListRequest{Limit: 3}, 2, `"count":1`, 2},
		{"no count", client.BusinessListRequest{Limit: 3}, 2, ``, 2},
		{"fewer contacts than requested", client.BusinessListRequest{Limit: 200}, 100, `"count":250`, 100},
		{"empty page before the count", client.BusinessListRequest{Skip: 4}, 0, `"count":7`, 4},
		{"empty page at the count", client.BusinessListRequest{Skip: 7}, 0, `"count":7`, 0},
		{"empty page after the count", client.BusinessListRequest{Skip: 8}, 0, `"count":7`, 0},
		{"empty page, no count", client.BusinessListRequest{Skip: 4}, 0, ``, 0},
		{"meta is ignored", client.BusinessListRequest{}, 2, `"count":7,"meta":{"startAfter":1,"startAfterId":"c2","nextPage":null}`, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var want client.Cursor
			if test.want > 0 {
				want = businessCursor(t, test.want)
			}
			c, _ := newStub(t, listResponse(1, test.count, test.rest))
			page, err := c.Contacts.ListByBusiness(t.Context(), "b", test.list)
			if err != nil || page.Next != want || len(page.Contacts) != test.count {
				t.Errorf("got %+v, %v, want next %q", page, err, want)
			}
		})
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
		if _, query, _ := strings.Cut(api.sent[0], "locationId=l"); strings.TrimPrefix(query, "&") != test.want {
			t.Errorf("%s: got %q, want %q", test.name, query, test.want)
		}
	}
}

// FuzzCursor checks that a cursor is either rejected before any request, or sent with both halves.
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
			if !errors.Is(err, client.ErrInvalid) || len(api.sent) > 0 || isLongOrBroken(err.Error()) || (strings.HasPrefix(text, "contact:1:a") && utf8.ValidString(text)) {
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

// TestContactsService_List_Empty distinguishes an empty list from a missing one.
func TestContactsService_List_Empty(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contacts":[]}`))
	page, err := c.Contacts.List(t.Context(), client.ListRequest{})
	if err != nil || page.Contacts == nil || len(page.Contacts) != 0 || page.Next != "" || page.Total != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	page, err = c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{})
	if err != nil || page.Contacts == nil || len(page.Contacts) != 0 || page.Next != "" || page.Total != 0 {
		t.Errorf("by business: got %+v, %v", page, err)
	}
}

// A response without a list is an error, although the slice for the list is preallocated.
func TestContactsService_List_WithoutContacts(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contact":{"id":"abc","dateAdded":"2021-07-02T05:18:26.704Z"}}`))
	if page, err := c.Contacts.List(t.Context(), client.ListRequest{}); !errors.Is(err, client.ErrBadResponse) {
		t.Errorf("list: %+v, %v", page, err)
	}
	if page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{}); !errors.Is(err, client.ErrBadResponse) {
		t.Errorf("list by business: %+v, %v", page, err)
	}
}
