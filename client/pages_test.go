package client_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestQueriesOfLists(t *testing.T) {
	t.Parallel()
	cursor := client.Cursor{AddedMillis: 1603870249758, ID: contactID}
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
		{"text with all that must be escaped", client.ListRequest{Query: "a b&c=d+e,f#g?h/ü"}, "locationId=ve9EPM428h8vShlRW1KT&query=a+b%26c%3Dd%2Be%2Cf%23g%3Fh%2F%C3%BC"},
		{"cursor", client.ListRequest{After: cursor}, "locationId=ve9EPM428h8vShlRW1KT&startAfter=1603870249758&startAfterId=ocQHyuzHvysMo5N5VsXc"},
		{"largest cursor", client.ListRequest{After: client.Cursor{AddedMillis: 9007199254740993, ID: "a"}}, "locationId=ve9EPM428h8vShlRW1KT&startAfter=9007199254740993&startAfterId=a"},
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
			if diff := cmp.Diff("GET /proxy/v1/contacts/?"+test.want, api.targets()[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if query, err := url.ParseQuery(test.want); err != nil || query.Get("query") != test.list.Query {
				t.Errorf("the query reads %q, %v", query.Get("query"), err)
			}
		})
	}
}

func TestQueriesOfBusinessLists(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		list client.BusinessListRequest
		want string
	}{
		{"nothing", client.BusinessListRequest{}, "locationId=ve9EPM428h8vShlRW1KT"},
		{"limit without a known maximum", client.BusinessListRequest{Limit: 1000}, "locationId=ve9EPM428h8vShlRW1KT&limit=1000"},
		{"skip", client.BusinessListRequest{Skip: 25}, "locationId=ve9EPM428h8vShlRW1KT&skip=25"},
		{"everything", client.BusinessListRequest{LocationID: "l", Query: "a b", Limit: 7, Skip: 14}, "locationId=l&query=a+b&limit=7&skip=14"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			if _, err := c.Contacts.ListByBusiness(t.Context(), "641c", test.list); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("GET /proxy/v1/contacts/business/641c?"+test.want, api.targets()[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadListsAreRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	c := newClient(t, noRequests(t))
	for _, list := range []client.ListRequest{
		{Limit: -1},
		{Limit: 101},
		{After: client.Cursor{AddedMillis: 1603870249758}},
		{After: client.Cursor{ID: "abc"}},
		{After: client.Cursor{AddedMillis: -1, ID: "abc"}},
	} {
		if _, err := c.Contacts.List(t.Context(), list); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%+v: %v", list, err)
		}
		if err := firstError(c.Contacts.All(t.Context(), list)); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("walk, %+v: %v", list, err)
		}
	}
	for _, list := range []client.BusinessListRequest{{Limit: -1}, {Skip: -1}} {
		if _, err := c.Contacts.ListByBusiness(t.Context(), "b", list); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%+v: %v", list, err)
		}
	}
}

// contactList writes contacts with ids from first on and dates a second apart, the newest first.
func contactList(first, count int) string {
	items := make([]string, count)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":"c%d","dateAdded":"2021-07-02T05:18:%02d.704Z"}`, first+i, 59-(first+i)%60)
	}
	return "[" + strings.Join(items, ",") + "]"
}

// TestWhereTheNextPageBegins has each shape that the end of a list has been seen to have, and those in the middle.
func TestWhereTheNextPageBegins(t *testing.T) {
	t.Parallel()
	const cursor = `"startAfterId":"c2","startAfter":1603870249758`
	meta := &client.Cursor{AddedMillis: 1603870249758, ID: "c2"}
	last := &client.Cursor{AddedMillis: instant(t, "2021-07-02T05:18:57.704Z").UnixMilli(), ID: "c2"}
	for _, test := range []struct {
		name  string
		count int
		rest  string // of the body
		limit int
		want  *client.Cursor
	}{
		{"in the middle", 2, `"meta":{"total":230,"nextPageUrl":"http://localhost/x","currentPage":1,"nextPage":2,"prevPage":null,` + cursor + `}`, 2, meta},
		{"in the middle, without the number of the next page", 2, `"meta":{` + cursor + `}`, 2, meta},
		{"in the middle, without its address", 2, `"meta":{"nextPageUrl":null,"nextPage":2,` + cursor + `}`, 2, meta},
		{"in the middle, more than asked", 3, `"meta":{"nextPage":2,` + cursor + `}`, 2, meta},
		{"end: null, the cursor still set", 2, `"meta":{"total":2,"nextPageUrl":null,"nextPage":null,` + cursor + `}`, 2, nil},
		{"end: empty text, the address still set", 2, `"meta":{"nextPageUrl":"http://localhost/x","nextPage":"",` + cursor + `}`, 2, nil},
		{"end: no contacts, an empty meta", 0, `"meta":{}`, 2, nil},
		{"end: no contacts, no meta", 0, `"count":0`, 2, nil},
		{"end: no contacts, a cursor", 0, `"meta":{"nextPage":2,` + cursor + `}`, 2, nil},
		{"end: an empty meta", 2, `"meta":{}`, 2, nil},
		{"end: a short page", 1, `"meta":{"nextPage":2,` + cursor + `}`, 2, nil},
		{"end: half a cursor, the id", 2, `"meta":{"nextPage":2,"startAfterId":"c2"}`, 2, nil},
		{"end: half a cursor, the date", 2, `"meta":{"nextPage":2,"startAfter":1603870249758}`, 2, nil},
		{"end: a cursor of nulls", 2, `"meta":{"nextPage":2,"startAfter":null,"startAfterId":null}`, 2, nil},
		{"no limit sent: a page of 20", 20, `"meta":{"nextPage":2,` + cursor + `}`, 0, meta},
		{"no limit sent: a page of 19", 19, `"meta":{"nextPage":2,` + cursor + `}`, 0, nil},
		{"without meta, behind the last contact", 2, `"count":230`, 2, last},
		{"meta is null, behind the last contact", 2, `"meta":null`, 2, last},
		{"without meta, a short page", 1, `"count":230`, 2, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, ok(`{"contacts":`+contactList(1, test.count)+`,`+test.rest+`}`))
			page, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: test.limit})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, page.Next); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(page.Contacts) != test.count {
				t.Errorf("%d contacts", len(page.Contacts))
			}
		})
	}
}

func TestTotalOfAPage(t *testing.T) {
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
			t.Errorf("%s: got %+v, %v", test.rest, page, err)
		}
	}
}

func TestAPageOfABusiness(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contacts":[{"id":"c1"},{"id":"c2"}],"count":7,"meta":{"startAfter":1,"startAfterId":"c2"}}`))
	page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&client.Page{Contacts: []client.Contact{{ID: "c1"}, {ID: "c2"}}, Total: 7}, page); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
