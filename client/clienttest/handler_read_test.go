package clienttest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// seedNumbered seeds contacts c00, c01, … Each was added a second before the previous one.
func seedNumbered(s *clienttest.Server, n int) {
	for i := range n {
		s.Seed(gen.Contact{ID: fmt.Sprintf("c%02d", i), DateAdded: day.Add(-time.Duration(i) * time.Second), BusinessID: "b"})
	}
}

// ids returns the IDs of the contacts on a page.
func (r reply) ids() []string {
	contacts, _ := r.at("contacts").([]any)
	ids := []string{}
	for i := range contacts {
		ids = append(ids, str(r.at("contacts", i, "id")))
	}
	return ids
}

func TestGetContacts_Shape(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.server.Seed(gen.Contact{
		ID: "bare", DateAdded: day, DateUpdated: day,
	}, gen.Contact{
		ID: "full", DateAdded: day.Add(-time.Second), DateUpdated: day, FirstName: "Rosan", LastName: "Deo", Email: "Rosan@deos.com",
		AttributionSource: gen.Attribution{SessionSource: "CRM UI", Campaign: "spring", Medium: "manual"},
		AdditionalEmails:  []gen.AdditionalEmail{{Email: "home@deos.com"}},
		LastActivity:      gen.Time{Time: time.UnixMilli(1626435570564)},
		DNDSettings:       gen.DNDSettings{SMS: gen.DNDSetting{Status: "permanent", Code: "103"}},
	})
	r := w.list("")
	bare := `{"id":"bare","locationId":"` + w.server.LocationID + `","contactName":null,"firstName":null,"lastName":null,
		"firstNameRaw":null,"lastNameRaw":null,"companyName":null,"email":null,"phone":null,"dnd":false,"dndSettings":null,
		"type":"lead","source":null,"assignedTo":null,"city":null,"state":null,"postalCode":null,"address1":null,"country":null,
		"website":null,"timezone":null,"dateAdded":"2026-03-01T12:00:00.000Z","dateUpdated":"2026-03-01T12:00:00.000Z",
		"dateOfBirth":null,"businessId":null,"tags":[],"followers":[],"additionalEmails":[],"attributions":[],
		"customFields":[],"profilePhoto":null,"lastActivity":null}`
	reply{status: 200, json: r.at("contacts", 0)}.wantJSON(t, 200, bare)
	for property, want := range map[string]any{
		"contactName": "rosan deo", "firstName": "rosan", "lastName": "deo", "firstNameRaw": "Rosan", "lastNameRaw": "Deo",
		"email": "Rosan@deos.com", "lastActivity": 1626435570564.0,
		"attributions":     []any{map[string]any{"utmSessionSource": "CRM UI", "utmCampaign": "spring", "medium": "manual", "isFirst": true}},
		"additionalEmails": []any{map[string]any{"email": "home@deos.com", "validEmail": nil}},
		"dndSettings":      map[string]any{"SMS": map[string]any{"status": "permanent", "code": "103"}},
	} {
		if diff := cmp.Diff(want, r.at("contacts", 1, property)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", property, diff)
		}
	}
	for _, absent := range []string{"name", "firstNameLowerCase", "attributionSource", "createdBy", "emailLowerCase", "searchAfter"} {
		if r.has("contacts", 1, absent) {
			t.Errorf("got property %s of a list item, want none", absent)
		}
	}
}

func TestGetContacts_Cursor(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	seedNumbered(w.server, 5)
	first := w.list("&limit=2")
	after := strconv.FormatInt(day.Add(-time.Second).UnixMilli(), 10)
	tests := []struct {
		name, query string
		want        []string
	}{
		{"latest first", "&limit=2", []string{"c00", "c01"}},
		{"both halves", "&limit=2&startAfter=" + after + "&startAfterId=c01", []string{"c02", "c03"}},
		{"last page", "&limit=3&startAfter=" + after + "&startAfterId=c01", []string{"c02", "c03", "c04"}},
		{"startAfter alone returns the first page", "&limit=2&startAfter=" + after, []string{"c00", "c01"}},
		{"startAfterId alone returns the first page", "&limit=2&startAfterId=c01", []string{"c00", "c01"}},
		{"after the end", "&limit=2&startAfter=1&startAfterId=c01", []string{}},
		{"default limit", "", []string{"c00", "c01", "c02", "c03", "c04"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, w.list(test.query).ids()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	w.server.Seed(gen.Contact{ID: "c02a", DateAdded: day.Add(-2 * time.Second)}, gen.Contact{ID: "c02b", DateAdded: day.Add(-2 * time.Second)})
	if ids := w.list("&limit=3&startAfterId=c02b&startAfter=1772366398000").ids(); !slices.Equal(ids, []string{"c02a", "c02", "c03"}) {
		t.Errorf("got %v after one of three contacts of a millisecond, want the others and the next one", ids)
	}
	reply{status: 200, json: first.at("meta")}.wantJSON(t, 200, `{"total":5,"startAfterId":"c01","startAfter":`+after+`,
		"nextPage":2,"nextPageUrl":"http://localhost:8080/contacts/?limit=2&locationId=`+w.server.LocationID+`&startAfter=`+after+`&startAfterId=c01",
		"currentPage":1,"prevPage":null}`)
}

func TestBehavior_ListEnd(t *testing.T) {
	t.Parallel()
	const (
		last = `{"total":2,"startAfterId":"c01","startAfter":1772366399000,"currentPage":1,"prevPage":null,`
		next = `"nextPageUrl":"http://localhost:8080/contacts/?limit=2&locationId=L&startAfter=1772366399000&startAfterId=c01"}`
		past = `{"total":2,"nextPageUrl":null,"currentPage":2,"prevPage":1,`
	)
	for name, test := range map[string]struct {
		shape       clienttest.ListEnd
		last, after string // meta of the last page with contacts, and of the page after it
	}{
		"null, with a cursor":          {clienttest.ListEndNull, last + `"nextPage":null,"nextPageUrl":null}`, past + `"nextPage":null}`},
		"empty string, with a URL":     {clienttest.ListEndEmptyString, last + `"nextPage":"",` + next, past + `"nextPage":""}`},
		"empty page, empty meta":       {clienttest.ListEndEmptyMeta, last + `"nextPage":2,` + next, `{}`},
		"empty page, without a cursor": {clienttest.ListEndNoCursor, last + `"nextPage":2,` + next, past + `"nextPage":null}`},
		"empty page, without any meta": {clienttest.ListEndNoMeta, last + `"nextPage":2,` + next, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, clienttest.WithDefaultLocationID("L"), clienttest.WithBehavior(clienttest.Behavior{ListEnd: test.shape}))
			seedNumbered(w.server, 2)
			reply{status: 200, json: w.list("&limit=2").at("meta")}.wantJSON(t, 200, test.last)
			after := w.list("&limit=2&startAfter=1772366399000&startAfterId=c01")
			reply{status: 200, json: after.at("meta")}.wantJSON(t, 200, test.after)
			if len(after.ids()) != 0 {
				t.Errorf("got contacts %v after the end, want none", after.ids())
			}
		})
	}
}

func TestGetContacts_Limit(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	seedNumbered(w.server, 30)
	if n := len(w.list("").ids()); n != 20 {
		t.Errorf("got %d contacts in a list, want 20", n)
	}
	if n := len(w.do("GET", "/contacts/business/b?locationId="+w.server.LocationID, "").ids()); n != 25 {
		t.Errorf("got %d contacts in a list by business, want 25", n)
	}
	for query, want := range map[string]int{"&limit=100": 200, "&limit=101": 422, "&limit=0": 422, "&limit=many": 422, "&query=": 422} {
		if r := w.list(query); r.status != want {
			t.Errorf("%s: got %d %s, want %d", query, r.status, r.text, want)
		}
	}
	w.list("&limit=many").wantJSON(t, 422, `{"message":["limit must be an integer number"],"error":"Unprocessable Entity","statusCode":422}`)
}

func TestGetContacts_Query(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.server.Seed(
		gen.Contact{ID: "ann", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com", BusinessID: "b"},
		gen.Contact{ID: "joann", FirstName: "Jo", Email: "joann@example.com", Phone: "+15005550006"},
		gen.Contact{ID: "bob", CompanyName: "Annex", BusinessID: "b"},
	)
	for query, want := range map[string][]string{
		"ann":               {"ann", "joann", "bob"},
		"ANN LEE":           {"ann"},
		"joann@example.com": {"joann"},
		"+15005550006":      {"joann"},
		"nobody":            {},
	} {
		if diff := cmp.Diff(want, w.list("&query="+url.QueryEscape(query)).ids()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	r := w.do("GET", "/contacts/business/b?query=annex&locationId="+w.server.LocationID, "")
	if diff := cmp.Diff([]string{"bob"}, r.ids()); diff != "" {
		t.Errorf("in the business (-want +got):\n%s", diff)
	}
}

func TestGetContactsByBusinessID(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	seedNumbered(w.server, 5)
	w.server.Seed(gen.Contact{ID: "elsewhere", BusinessID: "other"})
	r := w.do("GET", "/contacts/business/b?skip=1&limit=2&locationId="+w.server.LocationID, "")
	if diff := cmp.Diff([]string{"c01", "c02"}, r.ids()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if r.at("count") != 5.0 {
		t.Errorf("got count %v, want 5", r.at("count"))
	}
}

func TestGetContact_Shape(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.server.Seed(gen.Contact{
		ID: "bare", DateAdded: day,
	}, gen.Contact{
		ID: "full", DateAdded: day, FirstName: "Rosan", LastName: "Deo", Email: "Rosan@deos.com",
		AttributionSource: gen.Attribution{SessionSource: "CRM UI", URL: "https://example.com"}, LastAttributionSource: gen.Attribution{SessionSource: "Social"},
		AdditionalEmails: []gen.AdditionalEmail{{Email: "home@deos.com"}},
		AdditionalPhones: []gen.AdditionalPhone{{Phone: "+18887777777", PhoneLabel: "Work"}},
		CreatedBy:        gen.CreatedBy{Source: "INTEGRATION", Timestamp: day},
	})
	bare := w.do("GET", "/contacts/bare", "")
	for _, absent := range []string{"firstName", "email", "phone", "city", "assignedTo", "dateOfBirth", "dndSettings", "contactName", "firstNameRaw", "attributions", "name", "dnd", "searchAfter", "companyName"} {
		if bare.has("contact", absent) {
			t.Errorf("got property %s of an empty contact, want none", absent)
		}
	}
	if bare.at("traceId") == nil {
		t.Errorf("got %s, want traceId", bare.text)
	}
	full := w.do("GET", "/contacts/full", "")
	for property, want := range map[string]any{
		"firstName": "Rosan", "firstNameLowerCase": "rosan", "fullNameLowerCase": "rosan deo",
		"emailLowerCase":        "rosan@deos.com",
		"attributionSource":     map[string]any{"sessionSource": "CRM UI", "url": "https://example.com"},
		"lastAttributionSource": map[string]any{"sessionSource": "Social"},
		"additionalEmails":      []any{map[string]any{"email": "home@deos.com", "validEmail": nil}},
		"additionalPhones":      []any{map[string]any{"phone": "+18887777777", "phoneLabel": "Work"}},
		"createdBy":             map[string]any{"source": "INTEGRATION", "timestamp": "2026-03-01T12:00:00.000Z"},
	} {
		if diff := cmp.Diff(want, full.at("contact", property)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", property, diff)
		}
	}
}
