package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

const id = "ocQHyuzHvysMo5N5VsXc"

// The document rejects the requests that the API rejects. TestWire has similar requests that it accepts, and
// TestDocument_RequestsClosedResponsesOpen has the unknown properties.
func TestRequests(t *testing.T) {
	t.Parallel()
	filter := func(f string) string { return `{"locationId": "a", "pageLimit": 1, "filters": [` + f + `]}` }
	tests := []struct {
		name, operation string
		query, body     string
		rejection       string // a part of the error; empty if the request is accepted
	}{
		{"list without location", "getContacts", "", "", `"locationId" in query`},
		{"list of an empty location", "getContacts", "locationId=", "", `"locationId" in query`},
		{"limit 0", "getContacts", "locationId=a&limit=0", "", `"limit" in query`},
		{"limit 101", "getContacts", "locationId=a&limit=101", "", `"limit" in query`},
		{"limit of text", "getContacts", "locationId=a&limit=all", "", `"limit" in query`},
		{"empty query", "getContacts", "locationId=a&query=", "", `"query" in query`},
		{"cursor with a fraction", "getContacts", "locationId=a&startAfter=1.5&startAfterId=b", "", `"startAfter" in query`},
		{"cursor below 0", "getContacts", "locationId=a&startAfter=-1&startAfterId=b", "", `"startAfter" in query`},
		{"empty half of a cursor", "getContacts", "locationId=a&startAfter=1&startAfterId=", "", `"startAfterId" in query`},

		{"business list without location", "getContactsByBusinessId", "limit=25", "", `"locationId" in query`},
		{"business limit 0", "getContactsByBusinessId", "locationId=a&limit=0", "", `"limit" in query`},
		{"skip below 0", "getContactsByBusinessId", "locationId=a&skip=-1", "", `"skip" in query`},

		{"create", "createContact", "", `{"locationId": "a", "gender": "male", "companyName": null}`, ""},
		{"create without location", "createContact", "", `{"firstName": "Rosan"}`, `"locationId" is missing`},
		{"create in an empty location", "createContact", "", `{"locationId": ""}`, "/locationId"},
		{"create without a body", "createContact", "", "", "value is required"},

		{"update of the location", "updateContact", "", `{"locationId": "a"}`, `"locationId" is unsupported`},
		{"update of the gender", "updateContact", "", `{"gender": "male"}`, `"gender" is unsupported`},
		{"update with upsert's switch", "updateContact", "", `{"createNewIfDuplicateAllowed": true}`, `"createNewIfDuplicateAllowed" is unsupported`},
		{"tags null", "updateContact", "", `{"tags": null}`, "/tags"},
		{"tags a text", "updateContact", "", `{"tags": "vip"}`, "/tags"},
		{"date of birth an object", "updateContact", "", `{"dateOfBirth": {}}`, "/dateOfBirth"},
		{"dnd null", "updateContact", "", `{"dnd": null}`, "/dnd"},

		{"upsert without location", "upsertContact", "", `{"email": "rosan@deos.com"}`, `"locationId" is missing`},

		{"custom field of files", "updateContact", "", `{"customFields": [{"key": "a", "field_value": {"f31175d4": {"url": "u"}}}]}`, ""},
		{"custom fields as an object", "updateContact", "", `{"customFields": {"a": "b"}}`, "/customFields"},
		{"custom field without value", "updateContact", "", `{"customFields": [{"id": "a"}]}`, `"field_value" is missing`},
		{"custom field of an empty id", "updateContact", "", `{"customFields": [{"id": "", "field_value": "b"}]}`, "/id"},

		{"dnd of one channel", "updateContact", "", `{"dndSettings": {"SMS": {"status": "permanent", "message": "a", "code": "103"}}}`, ""},
		{"dnd without status", "updateContact", "", `{"dndSettings": {"SMS": {"message": "a"}}}`, `"status" is missing`},
		{"dnd of an unknown status", "updateContact", "", `{"dndSettings": {"SMS": {"status": "paused"}}}`, "/status"},
		{"inbound dnd that is permanent", "updateContact", "", `{"inboundDndSettings": {"all": {"status": "permanent"}}}`, "/status"},

		{"search without location", "searchContacts", "", `{"pageLimit": 1}`, `"locationId" is missing`},
		{"search without pageLimit", "searchContacts", "", `{"locationId": "a"}`, `"pageLimit" is missing`},
		{"pageLimit 0", "searchContacts", "", `{"locationId": "a", "pageLimit": 0}`, "/pageLimit"},
		{"pageLimit 501", "searchContacts", "", `{"locationId": "a", "pageLimit": 501}`, "/pageLimit"},
		{"order by three fields", "searchContacts", "", `{"locationId": "a", "pageLimit": 1, "sort": [{"field": "a", "direction": "asc"}, {"field": "b", "direction": "asc"}, {"field": "c", "direction": "asc"}]}`, "/sort"},
		{"query of 76 characters", "searchContacts", "", `{"locationId": "a", "pageLimit": 1, "query": "` + strings.Repeat("a", 76) + `"}`, "/query"},
		{"value of 75 characters", "searchContacts", "", filter(`{"field": "email", "operator": "eq", "value": "` + strings.Repeat("a", 75) + `"}`), ""},
		{"value of 76 characters", "searchContacts", "", filter(`{"field": "email", "operator": "eq", "value": "` + strings.Repeat("a", 76) + `"}`), "/value"},
		{"value null", "searchContacts", "", filter(`{"field": "email", "operator": "eq", "value": null}`), "/value"},
		{"unknown group", "searchContacts", "", filter(`{"group": "NOT", "filters": []}`), "/group"},
		{"find without location", "findDuplicateContact", "email=b", "", `"locationId" in query`},
		{"find by an empty email", "findDuplicateContact", "locationId=a&email=", "", `"email" in query`},
		{"no tags", "removeTags", "", `{}`, `"tags" is missing`},
	}
	for _, tt := range tests {
		err := validate(t, tt.operation, id, tt.query, tt.body, "2021-07-28")
		if (err == nil) != (tt.rejection == "") || err != nil && !strings.Contains(err.Error(), tt.rejection) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.rejection)
		}
	}
}

func TestRequests_PathAndVersion(t *testing.T) {
	t.Parallel()
	check := func(id, version string, accepted bool) {
		t.Helper()
		for operation, body := range map[string]string{"getContact": "", "getContactsByBusinessId": "", "addTags": `{"tags": []}`, "getCustomFields": ""} {
			if err := validate(t, operation, id, "locationId=a", body, version); (err == nil) != accepted {
				t.Errorf("%s of ID %q with version %q: got %v", operation, id, version, err)
			}
		}
	}
	for _, invalid := range []string{"", "a/b", "a?b", "a#b"} {
		check(invalid, "2021-07-28", false)
	}
	for version, accepted := range map[string]bool{"2021-07-28": true, "2021-04-15": true, "2023-02-21": true, "v3": true, "": false, "2021-07-29": false} {
		check(id, version, accepted)
	}
}

// validate validates a request against the document. The argument id replaces each ID in the path.
func validate(t *testing.T, operation, id, query, body, version string) error {
	t.Helper()
	op, item, path, method := find(t, operation)
	req := httptest.NewRequestWithContext(t.Context(), method, "/?"+query, http.NoBody)
	if body != "" {
		req = httptest.NewRequestWithContext(t.Context(), method, "/?"+query, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
	}
	if version != "" {
		req.Header.Set("Version", version)
	}
	return openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
		Request:    req,
		PathParams: map[string]string{"contactId": id, "businessId": id, "locationId": id},
		Route:      &routers.Route{Spec: document(), Path: path, PathItem: item, Method: method, Operation: op},
		Options:    &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true},
	})
}
