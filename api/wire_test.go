package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const server = "https://api.example/base/"

// TestWire compares what package gen sends byte by byte, and validates it against the document. A field that is absent, null
// or a value is encoded differently; an optional query parameter that is not set is not sent; integers are exact.
func TestWire(t *testing.T) {
	t.Parallel()
	const largest = 9223372036854775807
	null, text, on, off := nullable.NewNullNullable[string](), nullable.NewNullableWithValue[string], nullable.NewNullableWithValue(true), nullable.NewNullableWithValue(false)
	built := func(req *http.Request, err error) *http.Request {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	list := func(params gen.GetContactsParams) *http.Request {
		params.LocationID = "ve9"
		return built(gen.NewGetContactsRequest(server, &params))
	}
	byBusiness := func(params gen.GetContactsByBusinessIDParams) *http.Request {
		params.LocationID = "ve9"
		return built(gen.NewGetContactsByBusinessIDRequest(server, "641c", &params))
	}
	create := func(body gen.CreateContactRequest) *http.Request {
		body.LocationID = "ve9"
		return built(gen.NewCreateContactRequest(server, body))
	}
	update := func(body gen.UpdateContactRequest) *http.Request {
		return built(gen.NewUpdateContactRequest(server, "ocQ", body))
	}
	upsert := func(body gen.UpsertContactRequest) *http.Request {
		body.LocationID = "ve9"
		return built(gen.NewUpsertContactRequest(server, body))
	}
	search := func(body gen.SearchContactsRequest) *http.Request {
		body.LocationID, body.PageLimit = "ve9", 1
		return built(gen.NewSearchContactsRequest(server, body))
	}
	duplicate := func(params gen.FindDuplicateContactParams) *http.Request {
		params.LocationID = "ve9"
		return built(gen.NewFindDuplicateContactRequest(server, &params))
	}
	const (
		contacts    = "/contacts/"
		searched    = "/contacts/search"
		duplicates  = "/contacts/search/duplicate?locationId=ve9"
		business    = "/contacts/business/641c?locationId=ve9"
		definitions = "/locations/ve9/customFields"
	)
	tests := []struct {
		name, operation string
		request         *http.Request
		url, body       string
	}{
		{"nothing", "getContacts", list(gen.GetContactsParams{}), contacts + "?locationId=ve9", ""},
		{
			"everything", "getContacts", list(gen.GetContactsParams{Query: new("a&b =c+ü"), Limit: new(100), StartAfter: new(int64(1603870249758)), StartAfterID: new("UIa")}),
			contacts + "?locationId=ve9&query=a%26b+%3Dc%2B%C3%BC&limit=100&startAfter=1603870249758&startAfterId=UIa", "",
		},
		{"largest cursor", "getContacts", list(gen.GetContactsParams{StartAfter: new(int64(largest))}), contacts + "?locationId=ve9&startAfter=9223372036854775807", ""},
		{"zero that was set", "getContacts", list(gen.GetContactsParams{StartAfter: new(int64(0))}), contacts + "?locationId=ve9&startAfter=0", ""},
		{"nothing", "getContactsByBusinessId", byBusiness(gen.GetContactsByBusinessIDParams{}), business, ""},
		{"everything", "getContactsByBusinessId", byBusiness(gen.GetContactsByBusinessIDParams{Query: new("a"), Limit: new(25), Skip: new(50)}), business + "&query=a&limit=25&skip=50", ""},
		{"id", "getContact", built(gen.NewGetContactRequest(server, "ocQ")), contacts + "ocQ", ""},
		{"id", "deleteContact", built(gen.NewDeleteContactRequest(server, "ocQ")), contacts + "ocQ", ""},

		{"the location alone", "createContact", create(gen.CreateContactRequest{}), contacts, `{"locationId":"ve9"}`},
		{
			"every text", "createContact", create(gen.CreateContactRequest{
				Address1: "a", AssignedTo: "b", City: "c", CompanyName: "d", Country: "US", DateOfBirth: "1990-09-25", Email: "e", FirstName: "f",
				Gender: "g", LastName: "h", Name: "i", Phone: "j", PostalCode: "k", Source: "l", State: "m", Timezone: "n", Website: "o",
			}), contacts,
			`{"address1":"a","assignedTo":"b","city":"c","companyName":"d","country":"US","dateOfBirth":"1990-09-25","email":"e","firstName":"f",` +
				`"gender":"g","lastName":"h","locationId":"ve9","name":"i","phone":"j","postalCode":"k","source":"l","state":"m","timezone":"n","website":"o"}`,
		},
		{"empty lists", "createContact", create(gen.CreateContactRequest{Tags: []string{}, CustomFields: []gen.CustomFieldInput{}}), contacts, `{"customFields":[],"locationId":"ve9","tags":[]}`},
		{"dnd off", "createContact", create(gen.CreateContactRequest{DND: new(false)}), contacts, `{"dnd":false,"locationId":"ve9"}`},

		{"nothing", "updateContact", update(gen.UpdateContactRequest{}), contacts + "ocQ", `{}`},
		{"empty text", "updateContact", update(gen.UpdateContactRequest{Website: text("")}), contacts + "ocQ", `{"website":""}`},
		{
			"null wherever null is allowed", "updateContact", update(gen.UpdateContactRequest{
				Address1: null, AssignedTo: null, City: null, DateOfBirth: null, Email: null, FirstName: null, LastName: null, Name: null,
				Phone: null, Source: null, State: null, Timezone: null, Website: null,
			}), contacts + "ocQ",
			`{"address1":null,"assignedTo":null,"city":null,"dateOfBirth":null,"email":null,"firstName":null,"lastName":null,` +
				`"name":null,"phone":null,"source":null,"state":null,"timezone":null,"website":null}`,
		},
		{
			"other properties", "updateContact", update(gen.UpdateContactRequest{
				CompanyName: text("a"), Country: text("US"), Keyword: text("b"), PostalCode: text("c"), SSN: text("d"), Type: text("e"), DND: off,
			}), contacts + "ocQ", `{"companyName":"a","country":"US","dnd":false,"keyword":"b","postalCode":"c","ssn":"d","type":"e"}`,
		},
		{"tags", "updateContact", update(gen.UpdateContactRequest{Tags: []string{"vip"}}), contacts + "ocQ", `{"tags":["vip"]}`},
		{"empty lists", "updateContact", update(gen.UpdateContactRequest{Tags: []string{}, CustomFields: []gen.CustomFieldInput{}}), contacts + "ocQ", `{"customFields":[],"tags":[]}`},
		{
			"dnd", "updateContact", update(gen.UpdateContactRequest{
				DNDSettings:        gen.DNDSettingsInput{SMS: gen.DNDSettingInput{Status: gen.DNDStatusActive}},
				InboundDNDSettings: gen.InboundDNDSettingsInput{All: gen.InboundDNDSettingInput{Status: gen.DNDStatusInactive}},
			}), contacts + "ocQ", `{"dndSettings":{"SMS":{"status":"active"}},"inboundDndSettings":{"all":{"status":"inactive"}}}`,
		},
		{
			"custom fields", "updateContact", update(gen.UpdateContactRequest{CustomFields: []gen.CustomFieldInput{
				{ID: "6dv", FieldValue: "a"},
				{Key: "roof", FieldValue: ""},
				{ID: "6dv", FieldValue: int64(largest)},
				{ID: "6dv", FieldValue: 100.5},
				{ID: "6dv", FieldValue: []string{"red"}},
				{ID: "6dv"},
			}}), contacts + "ocQ",
			`{"customFields":[{"id":"6dv","field_value":"a"},{"field_value":"","key":"roof"},{"id":"6dv","field_value":9223372036854775807},` +
				`{"id":"6dv","field_value":100.5},{"id":"6dv","field_value":["red"]},{"id":"6dv","field_value":null}]}`,
		},

		{
			"null wherever null is allowed", "upsertContact", upsert(gen.UpsertContactRequest{
				Address1: null, City: null, CompanyName: null, DateOfBirth: null, Email: null, FirstName: null, LastName: null, Name: null,
				Phone: null, State: null, Timezone: null, Website: null,
			}), contacts + "upsert",
			`{"address1":null,"city":null,"companyName":null,"dateOfBirth":null,"email":null,"firstName":null,"lastName":null,` +
				`"locationId":"ve9","name":null,"phone":null,"state":null,"timezone":null,"website":null}`,
		},
		{
			"other properties", "upsertContact", upsert(gen.UpsertContactRequest{
				AssignedTo: text("a"), Country: text("US"), Gender: text("b"), PostalCode: text("c"), Source: text("d"), DND: on, CreateNewIfDuplicateAllowed: on,
			}), contacts + "upsert", `{"assignedTo":"a","country":"US","createNewIfDuplicateAllowed":true,"dnd":true,"gender":"b","locationId":"ve9","postalCode":"c","source":"d"}`,
		},
		{"switches off, no tags left", "upsertContact", upsert(gen.UpsertContactRequest{DND: off, CreateNewIfDuplicateAllowed: off, Tags: []string{}}), contacts + "upsert", `{"createNewIfDuplicateAllowed":false,"dnd":false,"locationId":"ve9","tags":[]}`},

		{"empty lists", "searchContacts", search(gen.SearchContactsRequest{Filters: []gen.SearchFilter{}, Sort: []gen.SearchSort{}, SearchAfter: []json.RawMessage{}}), searched, `{"locationId":"ve9","pageLimit":1}`},
		{
			"everything else", "searchContacts", search(gen.SearchContactsRequest{
				Query: "a", Sort: []gen.SearchSort{{Field: "dateUpdated", Direction: gen.SortDirectionAscending}},
				SearchAfter: []json.RawMessage{json.RawMessage("9223372036854775807"), json.RawMessage(`"b"`), json.RawMessage("null")},
			}), searched, `{"locationId":"ve9","pageLimit":1,"query":"a","searchAfter":[9223372036854775807,"b",null],"sort":[{"field":"dateUpdated","direction":"asc"}]}`,
		},
		{
			"filters", "searchContacts", search(gen.SearchContactsRequest{Filters: []gen.SearchFilter{
				{Field: "email", Operator: gen.FilterOperatorEqual, Value: "a"},
				{Field: "email", Operator: gen.FilterOperatorNotEqual, Value: ""},
				{Field: "dnd", Operator: gen.FilterOperatorEqual, Value: false},
				{Field: "email", Operator: gen.FilterOperatorExists},
				{Field: "dateUpdated", Operator: gen.FilterOperatorRange, Value: map[string]any{"lt": int64(largest), "gte": "2021-08-01T00:00:00.000Z"}},
				{Group: gen.FilterGroupOr, Filters: []gen.SearchFilter{
					{Field: "email", Operator: gen.FilterOperatorNotExists},
					{Group: gen.FilterGroupAnd, Filters: []gen.SearchFilter{{Field: "tags", Operator: gen.FilterOperatorContains, Value: []string{"vip"}}}},
				}},
			}}), searched,
			`{"filters":[{"field":"email","operator":"eq","value":"a"},{"field":"email","operator":"not_eq","value":""},` +
				`{"field":"dnd","operator":"eq","value":false},{"field":"email","operator":"exists"},` +
				`{"field":"dateUpdated","operator":"range","value":{"gte":"2021-08-01T00:00:00.000Z","lt":9223372036854775807}},` +
				`{"group":"OR","filters":[{"field":"email","operator":"not_exists"},` +
				`{"group":"AND","filters":[{"field":"tags","operator":"contains","value":["vip"]}]}]}],"locationId":"ve9","pageLimit":1}`,
		},
		{"email", "findDuplicateContact", duplicate(gen.FindDuplicateContactParams{Email: new("a+b@example.com")}), duplicates + "&email=a%2Bb%40example.com", ""},
		{"phone", "findDuplicateContact", duplicate(gen.FindDuplicateContactParams{Number: new("+18888888888")}), duplicates + "&number=%2B18888888888", ""},
		{"tags", "addTags", built(gen.NewAddTagsRequest(server, "ocQ", gen.TagsRequest{Tags: []string{"VIP"}})), contacts + "ocQ/tags", `{"tags":["VIP"]}`},
		{"tags", "removeTags", built(gen.NewRemoveTagsRequest(server, "ocQ", gen.TagsRequest{Tags: []string{"VIP"}})), contacts + "ocQ/tags", `{"tags":["VIP"]}`},
		{"nothing", "getCustomFields", built(gen.NewGetCustomFieldsRequest(server, "ve9", &gen.GetCustomFieldsParams{})), definitions, ""},
		{"model", "getCustomFields", built(gen.NewGetCustomFieldsRequest(server, "ve9", &gen.GetCustomFieldsParams{Model: new("all")})), definitions + "?model=all", ""},
	}
	for _, tt := range tests {
		t.Run(tt.operation+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, _, method := find(t, tt.operation)
			if got, want := tt.request.Method+" "+tt.request.URL.String(), method+" https://api.example/base"+tt.url; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			var body []byte
			if tt.request.Body != nil {
				var err error
				if body, err = io.ReadAll(tt.request.Body); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tt.body, string(body)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if got := tt.request.Header.Get("Content-Type"); (got == "application/json") != (tt.body != "") {
				t.Errorf("got Content-Type %q", got)
			}
			sent, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(t, tt.operation, "ocQ", sent.RawQuery, string(body), "2021-07-28"); err != nil {
				t.Errorf("the document rejects the request: %v", err)
			}
		})
	}
}
