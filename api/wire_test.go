package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const server = "https://api.example/base/"

// A plain integer would be sent as limit=0, and a 32-bit float would change a cursor.
func TestWire_URLs(t *testing.T) {
	t.Parallel()
	list := func(params gen.GetContactsParams) func() (*http.Request, error) {
		return func() (*http.Request, error) { return gen.NewGetContactsRequest(server, &params) }
	}
	byBusiness := func(params gen.GetContactsByBusinessIDParams) func() (*http.Request, error) {
		return func() (*http.Request, error) {
			return gen.NewGetContactsByBusinessIDRequest(server, "641c", &params)
		}
	}
	tests := []struct {
		name  string
		build func() (*http.Request, error)
		want  string
	}{
		{"list", list(gen.GetContactsParams{LocationID: "ve9"}), "GET https://api.example/base/contacts/?locationId=ve9"},
		{
			"list with everything", list(gen.GetContactsParams{
				LocationID: "ve9", Query: new("a&b =c+ü"), Limit: new(100), StartAfter: new(int64(1603870249758)), StartAfterID: new("UIa"),
			}),
			"GET https://api.example/base/contacts/?locationId=ve9&query=a%26b+%3Dc%2B%C3%BC&limit=100&startAfter=1603870249758&startAfterId=UIa",
		},
		{
			"list with the largest cursor", list(gen.GetContactsParams{LocationID: "ve9", StartAfter: new(int64(9223372036854775807))}),
			"GET https://api.example/base/contacts/?locationId=ve9&startAfter=9223372036854775807",
		},
		{
			"list with zeros that were set", list(gen.GetContactsParams{LocationID: "ve9", Limit: new(0), StartAfter: new(int64(0))}),
			"GET https://api.example/base/contacts/?locationId=ve9&limit=0&startAfter=0",
		},
		{"business list", byBusiness(gen.GetContactsByBusinessIDParams{LocationID: "ve9"}), "GET https://api.example/base/contacts/business/641c?locationId=ve9"},
		{
			"business list with everything", byBusiness(gen.GetContactsByBusinessIDParams{
				LocationID: "ve9", Query: new("rosan"), Limit: new(25), Skip: new(50),
			}),
			"GET https://api.example/base/contacts/business/641c?locationId=ve9&query=rosan&limit=25&skip=50",
		},
		{
			"find duplicate", func() (*http.Request, error) {
				return gen.NewFindDuplicateContactRequest(server, &gen.FindDuplicateContactParams{LocationID: "ve9", Number: new("+18888888888")})
			}, "GET https://api.example/base/contacts/search/duplicate?locationId=ve9&number=%2B18888888888",
		},
		{
			"custom fields", func() (*http.Request, error) {
				return gen.NewGetCustomFieldsRequest(server, "ve9", &gen.GetCustomFieldsParams{})
			}, "GET https://api.example/base/locations/ve9/customFields",
		},
		{
			"add tags", func() (*http.Request, error) { return gen.NewAddTagsRequest(server, "ocQ", gen.TagsRequest{}) },
			"POST https://api.example/base/contacts/ocQ/tags",
		},
		{
			"remove tags", func() (*http.Request, error) { return gen.NewRemoveTagsRequest(server, "ocQ", gen.TagsRequest{}) },
			"DELETE https://api.example/base/contacts/ocQ/tags",
		},
		{"get", func() (*http.Request, error) { return gen.NewGetContactRequest(server, "ocQ") }, "GET https://api.example/base/contacts/ocQ"},
		{"delete", func() (*http.Request, error) { return gen.NewDeleteContactRequest(server, "ocQ") }, "DELETE https://api.example/base/contacts/ocQ"},
		{
			"update", func() (*http.Request, error) {
				return gen.NewUpdateContactRequest(server, "ocQ", gen.UpdateContactRequest{})
			}, "PUT https://api.example/base/contacts/ocQ",
		},
		{
			"upsert", func() (*http.Request, error) { return gen.NewUpsertContactRequest(server, gen.UpsertContactRequest{}) },
			"POST https://api.example/base/contacts/upsert",
		},
		{
			"create", func() (*http.Request, error) { return gen.NewCreateContactRequest(server, gen.CreateContactRequest{}) },
			"POST https://api.example/base/contacts/",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := tt.build()
			if err != nil {
				t.Fatal(err)
			}
			if got := req.Method + " " + req.URL.String(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A field that is absent, null or a value is encoded differently.
func TestWire_Update(t *testing.T) {
	t.Parallel()
	null, text := nullable.NewNullNullable[string](), nullable.NewNullableWithValue[string]
	field := func(f gen.CustomFieldInput) gen.UpdateContactRequest {
		return gen.UpdateContactRequest{CustomFields: []gen.CustomFieldInput{f}}
	}
	tests := []struct {
		name string
		body gen.UpdateContactRequest
		want string
	}{
		{"nothing", gen.UpdateContactRequest{}, `{}`},
		{"a value", gen.UpdateContactRequest{FirstName: text("Rosan")}, `{"firstName":"Rosan"}`},
		{"an empty value", gen.UpdateContactRequest{Website: text("")}, `{"website":""}`},
		{"null", gen.UpdateContactRequest{Phone: null}, `{"phone":null}`},
		{
			"null wherever null is allowed",
			gen.UpdateContactRequest{
				Address1: null, AssignedTo: null, City: null, DateOfBirth: null, Email: null, FirstName: null, LastName: null,
				Name: null, Phone: null, Source: null, State: null, Timezone: null, Website: null,
			},
			`{"address1":null,"assignedTo":null,"city":null,"dateOfBirth":null,"email":null,"firstName":null,"lastName":null,` +
				`"name":null,"phone":null,"source":null,"state":null,"timezone":null,"website":null}`,
		},
		{"plain properties", gen.UpdateContactRequest{Country: text("US"), PostalCode: text("35061")}, `{"country":"US","postalCode":"35061"}`},
		{"tags", gen.UpdateContactRequest{Tags: []string{"vip"}}, `{"tags":["vip"]}`},
		{"no tags left", gen.UpdateContactRequest{Tags: []string{}}, `{"tags":[]}`},
		{"no custom fields", gen.UpdateContactRequest{CustomFields: []gen.CustomFieldInput{}}, `{"customFields":[]}`},
		{"dnd on", gen.UpdateContactRequest{DND: nullable.NewNullableWithValue(true)}, `{"dnd":true}`},
		{"dnd off", gen.UpdateContactRequest{DND: nullable.NewNullableWithValue(false)}, `{"dnd":false}`},
		{
			"dnd of a channel",
			gen.UpdateContactRequest{DNDSettings: gen.DNDSettingsInput{SMS: gen.DNDSettingInput{Status: gen.DNDStatusActive}}},
			`{"dndSettings":{"SMS":{"status":"active"}}}`,
		},
		{
			"inbound dnd",
			gen.UpdateContactRequest{
				InboundDNDSettings: gen.InboundDNDSettingsInput{All: gen.InboundDNDSettingInput{Status: gen.DNDStatusInactive}},
			},
			`{"inboundDndSettings":{"all":{"status":"inactive"}}}`,
		},
		{"custom field by id", field(gen.CustomFieldInput{ID: "6dv", FieldValue: "a"}), `{"customFields":[{"id":"6dv","field_value":"a"}]}`},
		{"custom field by key", field(gen.CustomFieldInput{Key: "roof", FieldValue: "a"}), `{"customFields":[{"field_value":"a","key":"roof"}]}`},
		{"custom field of a whole number", field(gen.CustomFieldInput{ID: "6dv", FieldValue: int64(1603870249758)}), `{"customFields":[{"id":"6dv","field_value":1603870249758}]}`},
		{"custom field of a broken number", field(gen.CustomFieldInput{ID: "6dv", FieldValue: 100.5}), `{"customFields":[{"id":"6dv","field_value":100.5}]}`},
		{"custom field of a list", field(gen.CustomFieldInput{ID: "6dv", FieldValue: []string{"red"}}), `{"customFields":[{"id":"6dv","field_value":["red"]}]}`},
		{"custom field of empty text", field(gen.CustomFieldInput{ID: "6dv", FieldValue: ""}), `{"customFields":[{"id":"6dv","field_value":""}]}`},
		{"custom field of null", field(gen.CustomFieldInput{ID: "6dv"}), `{"customFields":[{"id":"6dv","field_value":null}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := gen.NewUpdateContactRequest(server, "ocQ", tt.body)
			wantBody(t, req, err, "updateContact", tt.want)
		})
	}
}

func TestWire_Upsert(t *testing.T) {
	t.Parallel()
	null, text := nullable.NewNullNullable[string](), nullable.NewNullableWithValue[string]
	tests := []struct {
		name string
		body gen.UpsertContactRequest
		want string
	}{
		{"the location alone", gen.UpsertContactRequest{LocationID: "ve9"}, `{"locationId":"ve9"}`},
		{"a value", gen.UpsertContactRequest{LocationID: "ve9", Email: text("rosan@deos.com")}, `{"email":"rosan@deos.com","locationId":"ve9"}`},
		{
			"null wherever null is allowed",
			gen.UpsertContactRequest{
				LocationID: "ve9", Address1: null, City: null, CompanyName: null, DateOfBirth: null, Email: null, FirstName: null,
				LastName: null, Name: null, Phone: null, State: null, Timezone: null, Website: null,
			},
			`{"address1":null,"city":null,"companyName":null,"dateOfBirth":null,"email":null,"firstName":null,"lastName":null,` +
				`"locationId":"ve9","name":null,"phone":null,"state":null,"timezone":null,"website":null}`,
		},
		{
			"plain properties",
			gen.UpsertContactRequest{
				LocationID: "ve9", AssignedTo: text("y0B"), Country: text("US"), Gender: text("male"), PostalCode: text("35061"), Source: text("api"),
			},
			`{"assignedTo":"y0B","country":"US","gender":"male","locationId":"ve9","postalCode":"35061","source":"api"}`,
		},
		{"no tags left", gen.UpsertContactRequest{LocationID: "ve9", Tags: []string{}}, `{"locationId":"ve9","tags":[]}`},
		{
			"switches off",
			gen.UpsertContactRequest{LocationID: "ve9", DND: nullable.NewNullableWithValue(false), CreateNewIfDuplicateAllowed: nullable.NewNullableWithValue(false)},
			`{"createNewIfDuplicateAllowed":false,"dnd":false,"locationId":"ve9"}`,
		},
		{
			"switches on",
			gen.UpsertContactRequest{LocationID: "ve9", DND: nullable.NewNullableWithValue(true), CreateNewIfDuplicateAllowed: nullable.NewNullableWithValue(true)},
			`{"createNewIfDuplicateAllowed":true,"dnd":true,"locationId":"ve9"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := gen.NewUpsertContactRequest(server, tt.body)
			wantBody(t, req, err, "upsertContact", tt.want)
		})
	}
}

// A search has no filter, value or list that was not set, and exact integers.
func TestWire_Search(t *testing.T) {
	t.Parallel()
	raw := func(values ...string) (out []json.RawMessage) {
		for _, value := range values {
			out = append(out, json.RawMessage(value))
		}
		return out
	}
	filter := func(f gen.SearchFilter) gen.SearchContactsRequest {
		return gen.SearchContactsRequest{LocationID: "ve9", PageLimit: 1, Filters: []gen.SearchFilter{f}}
	}
	tests := []struct {
		name string
		body gen.SearchContactsRequest
		want string // without locationId and pageLimit
	}{
		{"nothing", gen.SearchContactsRequest{LocationID: "ve9", PageLimit: 1}, ``},
		{"empty lists", gen.SearchContactsRequest{LocationID: "ve9", PageLimit: 1, Filters: []gen.SearchFilter{}, Sort: []gen.SearchSort{}, SearchAfter: raw()}, ``},
		{
			"sort and query",
			gen.SearchContactsRequest{LocationID: "ve9", PageLimit: 1, Query: "rosan", Sort: []gen.SearchSort{{Field: "dateUpdated", Direction: gen.SortDirectionAscending}}},
			`,"query":"rosan","sort":[{"field":"dateUpdated","direction":"asc"}]`,
		},
		{"cursor", gen.SearchContactsRequest{LocationID: "ve9", PageLimit: 1, SearchAfter: raw(`9007199254740993`, `"a"`, `null`)}, `,"searchAfter":[9007199254740993,"a",null]`},
		{"value", filter(gen.SearchFilter{Field: "email", Operator: gen.FilterOperatorEqual, Value: "a"}), `,"filters":[{"field":"email","operator":"eq","value":"a"}]`},
		{"list", filter(gen.SearchFilter{Field: "tags", Operator: gen.FilterOperatorContains, Value: []string{"vip"}}), `,"filters":[{"field":"tags","operator":"contains","value":["vip"]}]`},
		{"false", filter(gen.SearchFilter{Field: "dnd", Operator: gen.FilterOperatorEqual, Value: false}), `,"filters":[{"field":"dnd","operator":"eq","value":false}]`},
		{"empty text", filter(gen.SearchFilter{Field: "email", Operator: gen.FilterOperatorNotEqual, Value: ""}), `,"filters":[{"field":"email","operator":"not_eq","value":""}]`},
		{"exists", filter(gen.SearchFilter{Field: "email", Operator: gen.FilterOperatorExists}), `,"filters":[{"field":"email","operator":"exists"}]`},
		{
			"range", filter(gen.SearchFilter{Field: "dateUpdated", Operator: gen.FilterOperatorRange, Value: map[string]any{"lt": int64(9007199254740993), "gte": "2021-08-01T00:00:00.000Z"}}),
			`,"filters":[{"field":"dateUpdated","operator":"range","value":{"gte":"2021-08-01T00:00:00.000Z","lt":9007199254740993}}]`,
		},
		{
			"group", filter(gen.SearchFilter{Group: gen.FilterGroupOr, Filters: []gen.SearchFilter{
				{Field: "email", Operator: gen.FilterOperatorNotExists},
				{Group: gen.FilterGroupAnd, Filters: []gen.SearchFilter{{Field: "city", Operator: gen.FilterOperatorContains, Value: "dolo"}}},
			}}),
			`,"filters":[{"group":"OR","filters":[{"field":"email","operator":"not_exists"},{"group":"AND","filters":[{"field":"city","operator":"contains","value":"dolo"}]}]}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := gen.NewSearchContactsRequest(server, tt.body)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(req.Body)
			if err != nil {
				t.Fatal(err)
			}
			// The properties are compared without the two that all requests have.
			want := strings.Replace(`{`+strings.TrimPrefix(tt.want, ",")+`}`, `{}`, `{}`, 1)
			got := strings.NewReplacer(`"locationId":"ve9",`, ``, `,"locationId":"ve9"`, ``).Replace(string(body))
			got = strings.NewReplacer(`"pageLimit":1,`, ``, `,"pageLimit":1`, ``, `"pageLimit":1`, ``).Replace(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if err := send(t, "searchContacts", "", "", string(body), "2021-07-28"); err != nil {
				t.Errorf("the document rejects %s: %v", body, err)
			}
		})
	}
}

func TestWire_Create(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body gen.CreateContactRequest
		want string
	}{
		{"the location alone", gen.CreateContactRequest{LocationID: "ve9"}, `{"locationId":"ve9"}`},
		{
			"every text",
			gen.CreateContactRequest{
				LocationID: "ve9", Address1: "a", AssignedTo: "b", City: "c", CompanyName: "d", Country: "US", DateOfBirth: "1990-09-25",
				Email: "e", FirstName: "f", Gender: "g", LastName: "h", Name: "i", Phone: "j", PostalCode: "k", Source: "l", State: "m",
				Timezone: "n", Website: "o",
			},
			`{"address1":"a","assignedTo":"b","city":"c","companyName":"d","country":"US","dateOfBirth":"1990-09-25","email":"e",` +
				`"firstName":"f","gender":"g","lastName":"h","locationId":"ve9","name":"i","phone":"j","postalCode":"k","source":"l",` +
				`"state":"m","timezone":"n","website":"o"}`,
		},
		{
			"empty lists",
			gen.CreateContactRequest{LocationID: "ve9", Tags: []string{}, CustomFields: []gen.CustomFieldInput{}},
			`{"customFields":[],"locationId":"ve9","tags":[]}`,
		},
		{"dnd off", gen.CreateContactRequest{LocationID: "ve9", DND: new(false)}, `{"dnd":false,"locationId":"ve9"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := gen.NewCreateContactRequest(server, tt.body)
			wantBody(t, req, err, "createContact", tt.want)
		})
	}
}

// wantBody compares a body byte by byte, and validates it against the document.
func wantBody(t *testing.T, req *http.Request, err error, operationID, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if got := req.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("got Content-Type %q, want application/json", got)
	}
	if err := send(t, operationID, "ocQ", "", string(body), "2021-07-28"); err != nil {
		t.Errorf("the document rejects %s: %v", body, err)
	}
}
