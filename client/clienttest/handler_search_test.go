package clienttest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// search sends a search with properties besides locationId.
func (w *wire) search(properties string) reply {
	w.tb.Helper()
	return w.do("POST", "/contacts/search", `{"locationId":"`+w.server.LocationID+`",`+properties+`}`)
}

func TestSearchContacts_Shape(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.server.Seed(gen.Contact{
		ID: "bare", DateAdded: day,
	}, gen.Contact{
		ID: "full", DateAdded: day.Add(-time.Second), FirstName: "Rosan", LastName: "Deo", Address1: "1st St", DateOfBirth: "1990-09-25",
		AdditionalEmails: []gen.AdditionalEmail{{Email: "home@deos.com"}}, AdditionalPhones: []gen.AdditionalPhone{{Phone: "+18887777777", PhoneLabel: "Work"}},
		DNDSettings:   gen.DNDSettings{SMS: gen.DNDSetting{Status: "inactive", Code: "103"}},
		Opportunities: []gen.Opportunity{{ID: "o", PipelineID: "p", Status: "won", MonetaryValue: 5}},
	})
	r := w.search(`"pageLimit":2`)
	reply{status: 200, json: r.at("contacts", 0)}.wantJSON(t, 200, `{"id":"bare","phoneLabel":null,"country":null,"address":null,"source":null,"type":"lead",
		"locationId":"`+w.server.LocationID+`","website":null,"dnd":false,"state":null,"businessName":null,"customFields":[],"tags":[],
		"dateAdded":"2026-03-01T12:00:00.000Z","dateUpdated":"2026-03-01T12:00:00.000Z","additionalEmails":[],"phone":null,"companyName":null,
		"additionalPhones":[],"city":null,"dateOfBirth":null,"firstNameLowerCase":null,"lastNameLowerCase":null,"firstName":null,"lastName":null,
		"contactName":null,"email":null,"assignedTo":null,"followers":[],"validEmail":null,"dndSettings":{},"postalCode":null,"businessId":null,
		"searchAfter":[1772366400000,"bare"],"timezone":null,"inboundDndSettings":{},"attributionSource":{},"lastAttributionSource":{}}`)
	for property, want := range map[string]any{
		"firstName": "Rosan", "firstNameLowerCase": "rosan", "contactName": "rosan deo", "address": "1st St", "dateOfBirth": 654220800000.0,
		"additionalEmails": []any{map[string]any{"email": "home@deos.com"}}, "additionalPhones": []any{map[string]any{"phone": "+18887777777"}},
		"dndSettings":   map[string]any{"SMS": map[string]any{"status": "inactive", "code": "103"}},
		"opportunities": []any{map[string]any{"id": "o", "pipelineId": "p", "status": "won", "monetaryValue": 5.0}},
	} {
		if diff := cmp.Diff(want, r.at("contacts", 1, property)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", property, diff)
		}
	}
	if r.at("total") != 2.0 || r.at("traceId") == nil {
		t.Errorf("got total %v, want 2 and a traceId", r.at("total"))
	}
}

// searched starts a fake with four contacts.
func searched(t *testing.T) *wire {
	t.Helper()
	w := newWire(t)
	at := func(hours int) time.Time { return day.Add(time.Duration(hours) * time.Hour) }
	field := func(id, value string) []gen.CustomField { return []gen.CustomField{{ID: id, Value: []byte(value)}} }
	w.server.Seed(
		gen.Contact{ID: "ann", FirstName: "Ann", Email: "Ann@example.com", Phone: "+14155552671", Tags: []string{"vip", "new"}, City: "Rome", DateAdded: at(4), CustomFields: field(numberID, `42`)},
		gen.Contact{ID: "bob", FirstName: "Bob", Tags: []string{"vip"}, City: "Romeo", DateAdded: at(3), DateUpdated: at(9), DND: true, CustomFields: field(listID, `["red","blue"]`)},
		gen.Contact{ID: "cyd", FirstName: "cyd", Source: "import", DateAdded: at(2), DateOfBirth: "1990-09-25", CustomFields: field(dateID, `"2020-10-28"`)},
		gen.Contact{ID: "dan", FirstName: "Dan", City: "Oslo", DateAdded: at(1), Followers: []string{"u1"}, CustomFields: field(rowsID, `{"r1":"abc"}`), Opportunities: []gen.Opportunity{
			{PipelineID: "p1", Status: "won"}, {PipelineID: "p2", Status: "open"},
		}},
	)
	return w
}

func TestSearchContacts_Filters(t *testing.T) {
	t.Parallel()
	filter := func(field, operator, value string) string {
		if value != "" {
			value = `,"value":` + value
		}
		return `{"field":"` + field + `","operator":"` + operator + `"` + value + `}`
	}
	noon := strconv.FormatInt(day.Add(3*time.Hour).UnixMilli(), 10)
	tests := []struct{ name, filters, want string }{
		{"none", ``, "ann bob cyd dan"},
		{"id", filter("id", "eq", `"cyd"`), "cyd"},
		{"id of a list", filter("id", "eq", `["cyd","dan"]`), "cyd dan"},
		{"not_eq", filter("id", "not_eq", `"cyd"`), "ann bob dan"},
		{"not_eq with an empty string", filter("city", "not_eq", `""`), "ann bob cyd dan"},
		{"email in another case", filter("email", "eq", `"ann@EXAMPLE.com"`), "ann"},
		{"contains", filter("city", "contains", `"rom"`), "ann bob"},
		{"not_contains", filter("city", "not_contains", `"rom"`), "cyd dan"},
		{"exists", filter("city", "exists", ""), "ann bob dan"},
		{"not_exists", filter("city", "not_exists", ""), "cyd"},
		{"phone", filter("phone", "eq", `"+14155552671"`), "ann"},
		{"phone by wildcard", filter("phone", "wildcard", `"+1*"`), "ann"},
		{"tag", filter("tags", "eq", `"vip"`), "ann bob"},
		{"any of the tags", filter("tags", "eq", `["new","old"]`), "ann"},
		{"contains any of the tags", filter("tags", "contains", `["new","vip"]`), "ann bob"},
		{"contains none of the tags", filter("tags", "not_contains", `["new","old"]`), "bob cyd dan"},
		{"dnd", filter("dnd", "eq", `true`), "bob"},
		{"followers", filter("followers", "eq", `"u1"`), "dan"},
		{"validEmail", filter("validEmail", "not_exists", ""), "ann bob cyd dan"},
		{"workflows", filter("activeWorkflows", "exists", ""), ""},
		{"range in ISO 8601", filter("dateAdded", "range", `{"gt":"2026-03-01T14:00:00Z","lte":"2026-03-01T16:00:00.000Z"}`), "ann bob"},
		{"range in milliseconds", filter("dateAdded", "range", `{"gte":`+noon+`}`), "ann bob"},
		{"open range", filter("dateAdded", "range", `{"lt":`+noon+`,"time_zone":"UTC"}`), "cyd dan"},
		{"dateUpdated", filter("dateUpdated", "range", `{"gte":"2026-03-01T20:00:00Z"}`), "bob"},
		{"date of birth", filter("dateOfBirth", "range", `{"gte":"1990-09-25","lt":"1990-09-26"}`), "cyd"},
		{"number", filter("customFields."+numberID, "range", `{"gt":41,"lt":43}`), "ann"},
		{"number by value", filter("customFields."+numberID, "eq", `42`), "ann"},
		{"options", filter("customFields."+listID, "eq", `"red"`), "bob"},
		{"no text", filter("customFields."+textID, "not_exists", ""), "ann bob cyd dan"},
		{"date of a custom field", filter("customFields."+dateID, "range", `{"gte":"2020-10-28","lt":"2020-10-29"}`), "cyd"},
		{"row", filter("customFields."+rowsID+".r1", "contains", `"abc"`), "dan"},
		{"opportunity", filter("opportunities", "nested", `[`+filter("pipelineId", "eq", `"p1"`)+`,`+filter("status", "eq", `"won"`)+`]`), "dan"},
		{"parts of two opportunities", filter("opportunities", "nested", `[`+filter("pipelineId", "eq", `"p1"`)+`,`+filter("status", "eq", `"open"`)+`]`), ""},
		{"two filters", filter("tags", "eq", `"vip"`) + `,` + filter("city", "eq", `"rome"`), "ann"},
		{"OR", `{"group":"OR","filters":[` + filter("id", "eq", `"ann"`) + `,` + filter("id", "eq", `"dan"`) + `]}`, "ann dan"},
		{"AND", `{"group":"AND","filters":[` + filter("city", "exists", "") + `,` + filter("tags", "not_exists", "") + `]}`, "dan"},
		{"OR of ANDs beside a filter", filter("id", "not_eq", `"dan"`) + `,{"group":"OR","filters":[{"group":"AND","filters":[` +
			filter("city", "eq", `"oslo"`) + `]},{"group":"AND","filters":[` + filter("tags", "eq", `"vip"`) + `,` + filter("dnd", "eq", `"true"`) + `]}]}`, "bob"},
		{"empty groups", `{"group":"OR","filters":[]},{"group":"AND","filters":[]}`, "ann bob cyd dan"},
	}
	w := searched(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := wireTo(t, w.server).search(`"pageLimit":10,"filters":[` + test.filters + `]`)
			if got := strings.Join(r.ids(), " "); got != test.want || r.at("total") != float64(len(r.ids())) {
				t.Errorf("got %d %s, want %s", r.status, r.text, test.want)
			}
		})
	}
	if ids := w.search(`"pageLimit":10,"query":"ann"`).ids(); !slices.Equal(ids, []string{"ann"}) {
		t.Errorf("got %v for a query, want ann", ids)
	}
}

func TestSearchContacts_Rejected(t *testing.T) {
	t.Parallel()
	filtered := func(field, operator, value string) string {
		return `"pageLimit":10,"filters":[{"field":"` + field + `","operator":"` + operator + `","value":` + value + `}]`
	}
	tests := []struct {
		name, body string
		status     int
		message    string
	}{
		{"no pageLimit", `"query":"a"`, 422, "pageLimit should not be empty"},
		{"pageLimit 0", `"pageLimit":0`, 422, ""},
		{"pageLimit 501", `"pageLimit":501`, 422, ""},
		{"limit", `"pageLimit":10,"limit":10`, 422, "property limit should not exist"},
		{"queryString", `"pageLimit":10,"queryString":"a"`, 422, "property queryString should not exist"},
		{"snake case", filtered("contact_name", "eq", `"a"`), 400, "Invalid field contact_name"},
		{"unknown field", filtered("contactType", "eq", `"a"`), 400, "Invalid field contactType"},
		{"operator of another field", filtered("dateUpdated", "gte", `5`), 422, "Invalid Operator (gte) passed for field date_updated"},
		{"contains of an email address", filtered("email", "contains", `"ann"`), 422, "Invalid Operator (contains) passed for field email"},
		{"wildcard of a city", filtered("city", "wildcard", `"a*"`), 422, "Invalid Operator (wildcard) passed for field city"},
		{"short contains", filtered("city", "contains", `"ro"`), 400, "Min. 3 characters required for applying contains filter"},
		{"short contains in a list", filtered("tags", "not_contains", `["abc","ab"]`), 400, "Min. 3 characters required for applying contains filter"},
		{"unknown custom field", filtered("customFields.nope", "eq", `"a"`), 400, "Invalid Filter field type - custom_fields.nope! Check if custom field exists"},
		{"customFields", filtered("customFields", "eq", `"a"`), 400, "Invalid field customFields"},
		{"range of a text", filtered("city", "range", `{"gt":1}`), 422, "Invalid Operator (range) passed for field city"},
		{"range with other ends", filtered("dateAdded", "range", `{"from":1}`), 422, "value of dateAdded must have gt, gte, lt or lte"},
		{"no field", `"pageLimit":10,"filters":[{"operator":"exists"}]`, 400, "Invalid field "},
		{"group in lower case", `"pageLimit":10,"filters":[{"group":"and","filters":[]}]`, 422, ""},
		{"unknown field in a group", `"pageLimit":10,"filters":[{"group":"OR","filters":[{"field":"date_added","operator":"exists"}]}]`, 400, "Invalid field date_added"},
		{"unknown field of opportunities", filtered("opportunities", "nested", `[{"field":"stage","operator":"eq","value":"a"}]`), 400, "Invalid field stage"},
		{"unknown sort field", `"pageLimit":10,"sort":[{"field":"city","direction":"asc"}]`, 400, "Invalid field city"},
		{"unknown direction", `"pageLimit":10,"sort":[{"field":"email","direction":"up"}]`, 422, "sort.0.direction must be asc or desc"},
		{"three sort fields", `"pageLimit":10,"sort":[{"field":"email","direction":"asc"},{"field":"dnd","direction":"asc"},{"field":"source","direction":"asc"}]`, 422, ""},
		{"searchAfter of another order", `"pageLimit":10,"searchAfter":["a"]`, 400, "searchAfter does not belong to the sort"},
	}
	w := searched(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := wireTo(t, w.server).search(test.body)
			message := str(r.at("message"))
			if list, ok := r.at("message").([]any); ok {
				message = str(list[0])
			}
			if r.status != test.status || test.message != "" && message != test.message || r.at("traceId") == nil {
				t.Errorf("got %d %s, want %d and %s", r.status, r.text, test.status, test.message)
			}
		})
	}
	w.do("POST", "/contacts/search", `{"pageLimit":10}`).wantJSON(t, 422, `{"message":["locationId should not be empty"],"error":"Unprocessable Entity","statusCode":422}`)
	w.do("POST", "/contacts/search", `{"locationId":"other","pageLimit":10}`).wantJSON(t, 403, `{"statusCode":403,"message":"The token does not have access to this location."}`)
}

// A search in pages returns every contact once, in the order of one page.
func TestSearchContacts_Order(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	for i := range 23 {
		w.server.Seed(gen.Contact{
			ID: fmt.Sprintf("c%02d", i), FirstName: []string{"", "b", "B", "a"}[i%4], Source: []string{"x", "y", ""}[i%3], DND: i%5 == 0,
			DateAdded: day.Add(time.Duration(i/2) * time.Second), DateUpdated: day.Add(-time.Duration(i) * time.Second),
		})
	}
	level := func(field, direction string) string {
		return `{"field":"` + field + `","direction":"` + direction + `"}`
	}
	for name, test := range map[string]struct {
		sort  string
		first string // searchAfter of the first contact
	}{
		"default":         {``, `[1772366411000,"c22"]`},
		"dateAdded asc":   {level("dateAdded", "asc"), `[1772366400000,"c00"]`},
		"dateUpdated asc": {level("dateUpdated", "asc"), `[1772366378000,"c22"]`},
		"two fields":      {level("firstNameLowerCase", "asc") + "," + level("dateUpdated", "desc"), `["a",1772366397000,"c03"]`},
		"missing values":  {level("source", "desc") + "," + level("firstNameLowerCase", "desc"), `["y","b","c22"]`},
		"boolean":         {level("dnd", "desc"), `["true","c20"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := wireTo(t, w.server)
			sort := `,"sort":[` + test.sort + `]`
			all := w.search(`"pageLimit":500` + sort)
			if after, err := json.Marshal(all.at("contacts", 0, "searchAfter")); err != nil || string(after) != test.first {
				t.Errorf("got searchAfter %s, want %s", after, test.first)
			}
			var paged []string
			after := ""
			for page := 1; ; page++ {
				r := w.search(`"pageLimit":5` + sort + after)
				ids := r.ids()
				if r.at("total") != 23.0 || page > 6 {
					t.Fatalf("page %d: got total %v, want 23 on at most 6 pages", page, r.at("total"))
				}
				paged = append(paged, ids...)
				if len(ids) == 0 {
					break
				}
				position, err := json.Marshal(r.at("contacts", len(ids)-1, "searchAfter"))
				if err != nil {
					t.Fatal(err)
				}
				after = `,"searchAfter":` + string(position)
			}
			if diff := cmp.Diff(all.ids(), paged); diff != "" {
				t.Errorf("pages by searchAfter (-want +got):\n%s", diff)
			}
		})
	}
}

// Lists and searches lag behind gets, each by its own time, and show the last state of deleted
// contacts. Seeded contacts appear at once.
func TestBehavior_Lag(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithBehavior(clienttest.Behavior{IndexLag: 3 * time.Second, SearchLag: 20 * time.Second}))
	w.server.Seed(gen.Contact{ID: "seeded"})
	id := w.create(`"email":"rosan@deos.com"`)
	if r := w.do("GET", "/contacts/"+id, ""); r.status != 200 {
		t.Errorf("got status %d for a get after the create, want 200", r.status)
	}
	for _, step := range []struct {
		name             string
		advance          time.Duration
		listed, searched int
	}{
		{"after the create", 0, 1, 1},
		{"before the list", 2 * time.Second, 1, 1},
		{"in the list", time.Second, 2, 1},
		{"in the search", 17 * time.Second, 2, 2},
		{"deleted", 0, 2, 2},
		{"gone from the list", 3 * time.Second, 1, 2},
		{"gone from the search", 17 * time.Second, 1, 1},
	} {
		if step.name == "deleted" {
			w.do("PUT", "/contacts/"+id, `{"city":"Oslo"}`)
			w.do("DELETE", "/contacts/"+id, "")
		}
		w.server.Advance(step.advance)
		listed, searched := w.list(""), w.search(`"pageLimit":9`)
		if len(listed.ids()) != step.listed || listed.at("meta", "total") != float64(step.listed) || len(searched.ids()) != step.searched {
			t.Errorf("%s: got %v listed and %v searched, want %d and %d", step.name, listed.ids(), searched.ids(), step.listed, step.searched)
		}
		if step.name == "deleted" && searched.at("contacts", 0, "city") != nil {
			t.Errorf("got %s, want the contact before its update", searched.text)
		}
	}
}
