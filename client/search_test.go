package client_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// searchResponse returns a page of a search with the given IDs, each with a searchAfter.
func searchResponse(total int, ids ...string) stubResponse {
	contacts := []string{}
	for _, id := range ids {
		name, updated, _ := strings.Cut(id, "@")
		contacts = append(contacts, `{"id":"`+name+`","dateUpdated":"2026-11-01T00:00:0`+(updated + "0")[:1]+`.000Z","searchAfter":[1603870249758,"`+name+`"]}`)
	}
	encoded, _ := json.Marshal(total)
	return ok(`{"contacts":[` + strings.Join(contacts, ",") + `],"total":` + string(encoded) + `,"traceId":"t"}`)
}

func TestContactsService_Search_Request(t *testing.T) {
	c, api := newStub(t, searchResponse(1, "a"))
	from := time.Date(2026, 11, 1, 1, 0, 0, 0, time.FixedZone("", 3600))
	_, err := c.Contacts.Search(t.Context(), client.SearchRequest{
		Query: "ada", Limit: 7, Sort: []client.Sort{{Field: "dateUpdated", Direction: "asc"}},
		Filters: []client.Filter{
			client.UpdatedSince(from),
			client.Between("dateAdded", time.Time{}, from),
			client.AnyOf(client.Where("tags", "eq", []string{"vip", "new"}), client.AllOf(client.Where("email", "exists", nil)), client.Where("new", "set_of", 7)),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"filters":[{"field":"dateUpdated","operator":"range","value":{"gte":"2026-11-01T00:00:00.000Z"}},` +
		`{"field":"dateAdded","operator":"range","value":{"lt":"2026-11-01T00:00:00.000Z"}},` +
		`{"group":"OR","filters":[{"field":"tags","operator":"eq","value":["vip","new"]},{"group":"AND","filters":[{"field":"email","operator":"exists"}]},{"field":"new","operator":"set_of","value":7}]}],` +
		`"locationId":"` + location + `","pageLimit":7,"query":"ada","sort":[{"field":"dateUpdated","direction":"asc"}]}`
	if diff := cmp.Diff([]string{"POST /contacts/search " + want}, api.sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSearchRequest_CursorAfter(t *testing.T) {
	c, api := newStub(t, searchResponse(3, "a", "b"))
	search := client.SearchRequest{Filters: []client.Filter{client.Where("city", "eq", "Oslo")}}
	page, err := c.Contacts.Search(t.Context(), search)
	if err != nil {
		t.Fatal(err)
	}
	search.After, err = search.CursorAfter(&page.Contacts[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Contacts.Search(t.Context(), search); err != nil || !strings.Contains(api.sent[1], `"searchAfter":[1603870249758,"a"]`) {
		t.Errorf("got %v, %s", err, api.sent[1])
	}
	other := search
	other.Filters = []client.Filter{client.Where("city", "eq", "Rome")}
	for name, request := range map[string]client.SearchRequest{
		"other filters": other, "another order": {Filters: search.Filters, After: search.After, Sort: []client.Sort{{Field: "email", Direction: "asc"}}},
		"half a cursor": {After: search.After[:20]}, "no position": {Filters: search.Filters, After: search.After[:strings.Index(string(search.After), "[")] + "[]"},
	} {
		if _, err := c.Contacts.Search(t.Context(), request); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	if _, err := c.Contacts.List(t.Context(), client.ListRequest{After: search.After}); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("in a list: got %v, want ErrInvalid", err)
	}
	if _, err := search.CursorAfter(&client.Contact{ID: "a"}); err == nil {
		t.Error("a contact that is not from a search: got no error")
	}
}

func TestContactsService_FindDuplicate(t *testing.T) {
	c, api := newStub(t, ok(`{"contact":{"id":"a"},"matchingField":"contactId"}`), ok(`{"contact":null,"traceId":"t"}`), ok(`{}`))
	contact, err := c.Contacts.FindDuplicate(t.Context(), client.DuplicateQuery{Email: "a+b@example.com", Phone: "+14155550123"})
	if err != nil || contact.ID != "a" {
		t.Errorf("got %v, %v", contact, err)
	}
	want := "GET /contacts/search/duplicate?locationId=" + location + "&email=a%2Bb%40example.com&number=%2B14155550123"
	if got := api.sent[0]; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err = c.Contacts.FindDuplicate(t.Context(), client.DuplicateQuery{Phone: "+14155550123"})
	if !errors.Is(err, client.ErrNotFound) || errors.Is(err, client.ErrBadResponse) || err.Error() != "Contacts.FindDuplicate: GET /proxy/v1/contacts/search/duplicate: 200 not found" {
		t.Errorf("none: got %v, want ErrNotFound", err)
	}
	if _, err = c.Contacts.FindDuplicate(t.Context(), client.DuplicateQuery{}); !errors.Is(err, client.ErrInvalid) || len(api.sent) != 2 {
		t.Errorf("neither: got %v in %d requests, want ErrInvalid", err, len(api.sent))
	}
}

func TestContactsService_Tags(t *testing.T) {
	c, _ := newStub(t, stubResponse{status: 201, body: `{"tags":["a","vip"],"tagsAdded":["vip"]}`}, ok(`{"tags":[],"tagsRemoved":[]}`))
	added, err := c.Contacts.AddTags(t.Context(), "abc", []string{"VIP"})
	removed, err2 := c.Contacts.RemoveTags(t.Context(), "abc", []string{"a", "vip"})
	if err != nil || err2 != nil || !slices.Equal(added, []string{"a", "vip"}) || removed == nil || len(removed) != 0 {
		t.Errorf("got %v, %v, %v, %v", added, err, removed, err2)
	}
	for _, tags := range [][]string{nil, {}, {"a", " "}, {"Jos\xe9"}} {
		_, err := c.Contacts.AddTags(t.Context(), "abc", tags)
		_, err2 := c.Contacts.RemoveTags(t.Context(), "abc", tags)
		if !errors.Is(err, client.ErrInvalid) || !errors.Is(err2, client.ErrInvalid) {
			t.Errorf("%q: got %v, %v, want ErrInvalid", tags, err, err2)
		}
	}
}

func TestContactsService_CustomFields(t *testing.T) {
	c, api := newStub(t, ok(`{"customFields":[
		{"id":"f1","name":"Shoe size","fieldKey":"contact.shoe_size","dataType":"NUMERICAL","new":1},
		{"id":"f2","name":"f1","fieldKey":"contact.color","dataType":"RADIO","picklistOptions":["Red","Blue"]}]}`))
	fields, err := c.Contacts.CustomFields(t.Context(), "")
	if err != nil || len(fields) != 2 || api.sent[0] != "GET /locations/"+location+"/customFields" {
		t.Fatalf("got %v, %v, %v", fields, err, api.sent)
	}
	for text, want := range map[string]string{"f1": "f1", "contact.color": "f2", "shoe_size": "f1", "SHOE SIZE": "f1"} {
		if got, found := fields.Find(text); !found || got.ID != want {
			t.Errorf("%q: got %v, %v, want %s", text, got, found, want)
		}
	}
	if _, found := fields.Find(""); found {
		t.Error("an empty name was found")
	}
	if _, err := c.Contacts.CustomFields(t.Context(), "a/b"); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestCustomFieldDefinition_Input(t *testing.T) {
	for _, test := range []struct {
		dataType string
		value    any
		want     string // JSON; empty if the value is rejected
	}{
		{"TEXT", "a", `"a"`},
		{"TEXT", 7, ""},
		{"LARGE_TEXT", "", `""`},
		{"PHONE", nil, ""},
		{"NUMERICAL", 7, `7`},
		{"NUMERICAL", " 7.5 ", `7.5`},
		{"MONETORY", 1e3, `1000`},
		{"NUMERICAL", "", ""},
		{"NUMERICAL", "7 EUR", ""},
		{"NUMERICAL", math.NaN(), ""},
		{"MONETORY", map[string]any{"currency": "EUR", "value": 7}, ""},
		{"RADIO", "Red", `"Red"`},
		{"SINGLE_OPTIONS", "red", ""},
		{"CHECKBOX", []string{"Red", "Blue"}, `["Red","Blue"]`},
		{"CHECKBOX", "Red", `["Red"]`},
		{"MULTIPLE_OPTIONS", []string{"Red", "Green"}, ""},
		{"DATE", "2026-02-28", `"2026-02-28"`},
		{"DATE", time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC), `"2026-02-28"`},
		{"DATE", "28/02/2026", ""},
		{"TEXTBOX_LIST", map[string]string{"a": "b"}, ""},
		{"SOMETHING_NEW", []int{1}, `[1]`},
	} {
		definition := client.CustomFieldDefinition{ID: "f", Name: "Color", DataType: test.dataType, Options: []string{"Red", "Blue"}}
		input, err := definition.Input(test.value)
		if test.want == "" {
			if !errors.Is(err, client.ErrInvalid) || !strings.Contains(err.Error(), "Color") {
				t.Errorf("%s %v: got %v, %v, want ErrInvalid", test.dataType, test.value, input, err)
			}
			continue
		}
		if got, _ := json.Marshal(input.FieldValue); err != nil || string(got) != test.want || input.ID != "f" {
			t.Errorf("%s %v: got %s, %v, want %s", test.dataType, test.value, got, err, test.want)
		}
	}
}
