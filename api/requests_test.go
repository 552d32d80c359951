package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// The document rejects the requests that the API rejects. Each rejected request is next to a
// similar one that is accepted.
func TestRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		operationID string
		query       string // for those that have one
		body        string
		rejection   string // a part of the error; empty if the request is accepted
	}{
		{"list", "getContacts", "locationId=a", "", ""},
		{"list without location", "getContacts", "", "", `"locationId" in query`},
		{"list of an empty location", "getContacts", "locationId=", "", `"locationId" in query`},
		{"limit 0", "getContacts", "locationId=a&limit=0", "", `"limit" in query`},
		{"limit 1", "getContacts", "locationId=a&limit=1", "", ""},
		{"limit 100", "getContacts", "locationId=a&limit=100", "", ""},
		{"limit 101", "getContacts", "locationId=a&limit=101", "", `"limit" in query`},
		{"limit of text", "getContacts", "locationId=a&limit=all", "", `"limit" in query`},
		{"empty query", "getContacts", "locationId=a&query=", "", `"query" in query`},
		{"whole cursor", "getContacts", "locationId=a&startAfter=1603870249758&startAfterId=b", "", ""},
		{"cursor with a fraction", "getContacts", "locationId=a&startAfter=1.5&startAfterId=b", "", `"startAfter" in query`},
		{"cursor below 0", "getContacts", "locationId=a&startAfter=-1&startAfterId=b", "", `"startAfter" in query`},
		{"empty half of a cursor", "getContacts", "locationId=a&startAfter=1&startAfterId=", "", `"startAfterId" in query`},

		{"business list", "getContactsByBusinessId", "locationId=a&limit=500&skip=0", "", ""},
		{"business list without location", "getContactsByBusinessId", "limit=25", "", `"locationId" in query`},
		{"business limit 0", "getContactsByBusinessId", "locationId=a&limit=0", "", `"limit" in query`},
		{"skip below 0", "getContactsByBusinessId", "locationId=a&skip=-1", "", `"skip" in query`},

		{"create", "createContact", "", `{"locationId": "a", "gender": "male", "companyName": null}`, ""},
		{"create without location", "createContact", "", `{"firstName": "Rosan"}`, `"locationId" is missing`},
		{"create in an empty location", "createContact", "", `{"locationId": ""}`, "/locationId"},
		{"create with an unknown property", "createContact", "", `{"locationId": "a", "nickname": "Ro"}`, `"nickname" is unsupported`},
		{"create without a body", "createContact", "", "", "value is required"},

		{"update", "updateContact", "", `{"firstName": "Rosan", "phone": null, "tags": []}`, ""},
		{"update of nothing", "updateContact", "", `{}`, ""},
		{"update of the location", "updateContact", "", `{"locationId": "a"}`, `"locationId" is unsupported`},
		{"update of the gender", "updateContact", "", `{"gender": "male"}`, `"gender" is unsupported`},
		{"update of the company and others", "updateContact", "", `{"companyName": "DGS", "keyword": "a", "ssn": "b", "type": "lead"}`, ""},
		{"update of the id", "updateContact", "", `{"id": "a"}`, `"id" is unsupported`},
		{"update with upsert's switch", "updateContact", "", `{"createNewIfDuplicateAllowed": true}`, `"createNewIfDuplicateAllowed" is unsupported`},
		{"tags null", "updateContact", "", `{"tags": null}`, "/tags"},
		{"tags a text", "updateContact", "", `{"tags": "vip"}`, "/tags"},
		{"date of birth", "updateContact", "", `{"dateOfBirth": "1990-09-25"}`, ""},
		{"date of birth an object", "updateContact", "", `{"dateOfBirth": {}}`, "/dateOfBirth"},
		{"dnd null", "updateContact", "", `{"dnd": null}`, "/dnd"},

		{"upsert", "upsertContact", "", `{"locationId": "a", "createNewIfDuplicateAllowed": true, "gender": "male"}`, ""},
		{"upsert without location", "upsertContact", "", `{"email": "rosan@deos.com"}`, `"locationId" is missing`},

		{"custom field by id", "updateContact", "", `{"customFields": [{"id": "a", "field_value": "b"}]}`, ""},
		{"custom field by key", "updateContact", "", `{"customFields": [{"key": "a", "field_value": 100.5}]}`, ""},
		{"custom field of a list", "updateContact", "", `{"customFields": [{"key": "a", "field_value": ["red", "green"]}]}`, ""},
		{"custom field of files", "updateContact", "", `{"customFields": [{"key": "a", "field_value": {"f31175d4": {"url": "u"}}}]}`, ""},
		{"custom field of null", "updateContact", "", `{"customFields": [{"key": "a", "field_value": null}]}`, ""},
		{"custom field of empty text", "updateContact", "", `{"customFields": [{"key": "a", "field_value": ""}]}`, ""},
		{"custom fields as an object", "updateContact", "", `{"customFields": {"a": "b"}}`, "/customFields"},
		{"custom field with an unknown property", "updateContact", "", `{"customFields": [{"id": "a", "field_value": "b", "name": "c"}]}`, `"name" is unsupported`},
		{"custom field with the property of responses", "updateContact", "", `{"customFields": [{"id": "a", "value": "b"}]}`, `"value" is unsupported`},
		{"custom field in camel case", "updateContact", "", `{"customFields": [{"id": "a", "fieldValue": "b"}]}`, `"fieldValue" is unsupported`},
		{"custom field without value", "updateContact", "", `{"customFields": [{"id": "a"}]}`, `"field_value" is missing`},
		{"custom field of an empty id", "updateContact", "", `{"customFields": [{"id": "", "field_value": "b"}]}`, "/id"},

		{"dnd of one channel", "updateContact", "", `{"dndSettings": {"SMS": {"status": "permanent", "message": "a", "code": "103"}}}`, ""},
		{"dnd of a channel in lower case", "updateContact", "", `{"dndSettings": {"sms": {"status": "active"}}}`, `"sms" is unsupported`},
		{"dnd without status", "updateContact", "", `{"dndSettings": {"SMS": {"message": "a"}}}`, `"status" is missing`},
		{"dnd of an unknown status", "updateContact", "", `{"dndSettings": {"SMS": {"status": "paused"}}}`, "/status"},
		{"dnd with an unknown property", "updateContact", "", `{"dndSettings": {"SMS": {"status": "active", "reason": "a"}}}`, `"reason" is unsupported`},
		{"inbound dnd", "updateContact", "", `{"inboundDndSettings": {"all": {"status": "inactive", "message": "a"}}}`, ""},
		{"inbound dnd that is permanent", "updateContact", "", `{"inboundDndSettings": {"all": {"status": "permanent"}}}`, "/status"},
		{"inbound dnd of one channel", "updateContact", "", `{"inboundDndSettings": {"SMS": {"status": "active"}}}`, `"SMS" is unsupported`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := send(t, tt.operationID, "ocQHyuzHvysMo5N5VsXc", tt.query, tt.body, "2021-07-28")
			switch {
			case tt.rejection == "" && err != nil:
				t.Errorf("got %v, want the request to be accepted", err)
			case tt.rejection != "" && err == nil:
				t.Error("passed")
			case tt.rejection != "" && !strings.Contains(err.Error(), tt.rejection):
				t.Errorf("got %v, want another reason", err)
			}
		})
	}
}

func TestRequests_PathAndVersion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id, version string
		passes            bool
	}{
		{"an id", "ocQHyuzHvysMo5N5VsXc", "2021-07-28", true},
		{"no id", "", "2021-07-28", false},
		{"an id with a slash", "a/b", "2021-07-28", false},
		{"an id with a query", "a?b", "2021-07-28", false},
		{"an id with a fragment", "a#b", "2021-07-28", false},
		{"version of April 2021", "a", "2021-04-15", true},
		{"version of 2023", "a", "2023-02-21", true},
		{"version 3", "a", "v3", true},
		{"no version", "a", "", false},
		{"an unknown version", "a", "2021-07-29", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := send(t, "getContact", tt.id, "", "", tt.version); (err == nil) != tt.passes {
				t.Errorf("got %v", err)
			}
		})
	}
}

// send validates a request against the document. It replaces the ID in the path by id.
func send(t *testing.T, operationID, id, query, body, version string) error {
	t.Helper()
	item, op := route(t, operationID)
	req := httptest.NewRequestWithContext(t.Context(), routes[operationID].method, "/?"+query, http.NoBody)
	if body != "" {
		req = httptest.NewRequestWithContext(t.Context(), routes[operationID].method, "/", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
	}
	if version != "" {
		req.Header.Set("Version", version)
	}
	return openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
		Request:    req,
		PathParams: map[string]string{"contactId": id, "businessId": id},
		Route: &routers.Route{
			Spec: load(t), Path: routes[operationID].path, PathItem: item, Method: routes[operationID].method, Operation: op,
		},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true},
	})
}
