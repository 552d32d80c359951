package clienttest_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
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
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, wireTo(t, w.server).list(test.query).ids()); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
	reply{status: 200, json: first.at("meta")}.wantJSON(t, 200, `{"total":5,"startAfterId":"c01","startAfter":`+after+`,
		"nextPage":2,"nextPageUrl":"http://localhost:8080/contacts/?limit=2&locationId=`+w.server.LocationID+`&startAfter=`+after+`&startAfterId=c01",
		"currentPage":1,"prevPage":null}`)
}

func TestGetContacts_Cursor_SameMillisecond(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	for i := range 7 {
		w.server.Seed(gen.Contact{ID: fmt.Sprintf("c%d", i), DateAdded: day})
	}
	seen := map[string]bool{}
	query := "&limit=2"
	for range 4 {
		r := w.list(query)
		for _, id := range r.ids() {
			seen[id] = true
		}
		query = fmt.Sprintf("&limit=2&startAfter=%d&startAfterId=%s", day.UnixMilli(), r.at("meta", "startAfterId"))
	}
	if len(seen) != 7 {
		t.Errorf("got %v, want seven contacts", seen)
	}
}

func TestBehavior_ListEnd(t *testing.T) {
	t.Parallel()
	url := "http://localhost:8080/contacts/?"
	tests := []struct {
		name        string
		shape       clienttest.ListEnd
		last, after string // meta of the last page with contacts, and of the page after it
	}{
		{
			"null, with a cursor", clienttest.ListEndNull,
			`{"total":2,"startAfterId":"c01","startAfter":CURSOR,"nextPage":null,"nextPageUrl":null,"currentPage":1,"prevPage":null}`,
			`{"total":2,"nextPage":null,"nextPageUrl":null,"currentPage":2,"prevPage":1}`,
		},
		{
			"empty string, with a URL", clienttest.ListEndEmptyString,
			`{"total":2,"startAfterId":"c01","startAfter":CURSOR,"nextPage":"","nextPageUrl":"` + url + `limit=2&locationId=LOCATION&startAfter=CURSOR&startAfterId=c01","currentPage":1,"prevPage":null}`,
			`{"total":2,"nextPage":"","nextPageUrl":null,"currentPage":2,"prevPage":1}`,
		},
		{
			"empty page with an empty meta", clienttest.ListEndEmptyMeta,
			`{"total":2,"startAfterId":"c01","startAfter":CURSOR,"nextPage":2,"nextPageUrl":"` + url + `limit=2&locationId=LOCATION&startAfter=CURSOR&startAfterId=c01","currentPage":1,"prevPage":null}`,
			`{}`,
		},
		{
			"empty page without a cursor", clienttest.ListEndNoCursor,
			`{"total":2,"startAfterId":"c01","startAfter":CURSOR,"nextPage":2,"nextPageUrl":"` + url + `limit=2&locationId=LOCATION&startAfter=CURSOR&startAfterId=c01","currentPage":1,"prevPage":null}`,
			`{"total":2,"nextPage":null,"nextPageUrl":null,"currentPage":2,"prevPage":1}`,
		},
		{
			"empty page without meta", clienttest.ListEndNoMeta,
			`{"total":2,"startAfterId":"c01","startAfter":CURSOR,"nextPage":2,"nextPageUrl":"` + url + `limit=2&locationId=LOCATION&startAfter=CURSOR&startAfterId=c01","currentPage":1,"prevPage":null}`,
			`null`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, clienttest.WithBehavior(clienttest.Behavior{ListEnd: test.shape}))
			seedNumbered(w.server, 2)
			cursor := strconv.FormatInt(day.Add(-time.Second).UnixMilli(), 10)
			fill := func(text string) string {
				text = strings.ReplaceAll(text, "CURSOR", cursor)
				return strings.ReplaceAll(text, "LOCATION", w.server.LocationID)
			}
			last := w.list("&limit=2")
			after := w.list("&limit=2&startAfter=" + cursor + "&startAfterId=c01")
			reply{status: 200, json: last.at("meta")}.wantJSON(t, 200, fill(test.last))
			reply{status: 200, json: after.at("meta")}.wantJSON(t, 200, fill(test.after))
			if len(after.ids()) != 0 {
				t.Errorf("got contacts %v after the end, want none", after.ids())
			}
		})
	}
}

func TestGetContacts_DefaultLimit(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	seedNumbered(w.server, 30)
	if n := len(w.list("").ids()); n != 20 {
		t.Errorf("got %d contacts in a list, want 20", n)
	}
	if n := len(w.do("GET", "/contacts/business/b?locationId="+w.server.LocationID, "").ids()); n != 25 {
		t.Errorf("got %d contacts in a list by business, want 25", n)
	}
}

func TestGetContacts_Limit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query string
		want  int
	}{
		{"100", "&limit=100", 200},
		{"101", "&limit=101", 422},
		{"0", "&limit=0", 422},
		{"a word", "&limit=many", 422},
		{"an empty query", "&query=", 422},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if r := newWire(t).list(test.query); r.status != test.want {
				t.Errorf("got %d %s, want %d", r.status, r.text, test.want)
			}
		})
	}
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

func TestBehavior_IndexLag(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithBehavior(clienttest.Behavior{IndexLag: 3 * time.Second}))
	id := w.create(`"email":"rosan@deos.com"`)
	if total := w.list("").at("meta", "total"); total != 0.0 {
		t.Errorf("got total %v after the create, want 0", total)
	}
	if r := w.do("GET", "/contacts/"+id, ""); r.status != 200 {
		t.Errorf("got status %d for a get after the create, want 200", r.status)
	}
	w.server.Advance(3 * time.Second)
	if total := w.list("").at("meta", "total"); total != 1.0 {
		t.Errorf("got total %v three seconds later, want 1", total)
	}
	w.do("DELETE", "/contacts/"+id, "")
	if ids := w.list("").ids(); len(ids) != 1 {
		t.Errorf("got %v after the delete, want one contact", ids)
	}
	w.server.Advance(3 * time.Second)
	if ids := w.list("").ids(); len(ids) != 0 {
		t.Errorf("got %v three seconds after the delete, want none", ids)
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
