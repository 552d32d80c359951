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

// The document rejects the requests that the API rejects. Each rejected request is next to a similar one that is accepted.
func TestRequests(t *testing.T) {
	t.Parallel()
	filter := func(f string) string { return `{"locationId": "a", "pageLimit": 1, "filters": [` + f + `]}` }
	tests := []struct {
		name, operation string
		query, body     string
		rejection       string // a part of the error; empty if the request is accepted
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

		{"search", "searchContacts", "", `{"locationId": "a", "pageLimit": 500, "searchAfter": [1, "b", null]}`, ""},
		{"search without location", "searchContacts", "", `{"pageLimit": 1}`, `"locationId" is missing`},
		{"search without pageLimit", "searchContacts", "", `{"locationId": "a"}`, `"pageLimit" is missing`},
		{"pageLimit 0", "searchContacts", "", `{"locationId": "a", "pageLimit": 0}`, "/pageLimit"},
		{"pageLimit 501", "searchContacts", "", `{"locationId": "a", "pageLimit": 501}`, "/pageLimit"},
		{"search by limit", "searchContacts", "", `{"locationId": "a", "pageLimit": 1, "limit": 1}`, `"limit" is unsupported`},
		{"search by page", "searchContacts", "", `{"locationId": "a", "pageLimit": 1, "page": 1}`, `"page" is unsupported`},
		{"order by three fields", "searchContacts", "", `{"locationId": "a", "pageLimit": 1, "sort": [{"field": "a", "direction": "asc"}, {"field": "b", "direction": "asc"}, {"field": "c", "direction": "asc"}]}`, "/sort"},
		{"query of 76 characters", "searchContacts", "", `{"locationId": "a", "pageLimit": 1, "query": "` + strings.Repeat("a", 76) + `"}`, "/query"},
		{"value of 75 characters", "searchContacts", "", filter(`{"field": "email", "operator": "eq", "value": "` + strings.Repeat("a", 75) + `"}`), ""},
		{"value of 76 characters", "searchContacts", "", filter(`{"field": "email", "operator": "eq", "value": "` + strings.Repeat("a", 76) + `"}`), "/value"},
		{"value null", "searchContacts", "", filter(`{"field": "email", "operator": "eq", "value": null}`), "/value"},
		{"group", "searchContacts", "", filter(`{"group": "OR", "filters": [{"group": "AND", "filters": []}]}`), ""},
		{"unknown group", "searchContacts", "", filter(`{"group": "NOT", "filters": []}`), "/group"},
		{"filter with an unknown property", "searchContacts", "", filter(`{"group": "OR", "filters": [{"name": "a"}]}`), `"name" is unsupported`},
		{"find by email", "findDuplicateContact", "locationId=a&email=b", "", ""},
		{"find by phone", "findDuplicateContact", "locationId=a&number=%2B1", "", ""},
		{"find without location", "findDuplicateContact", "email=b", "", `"locationId" in query`},
		{"find by an empty email", "findDuplicateContact", "locationId=a&email=", "", `"email" in query`},
		{"tags", "addTags", "", `{"tags": ["VIP"]}`, ""},
		{"no tags", "removeTags", "", `{}`, `"tags" is missing`},
		{"tags with an unknown property", "removeTags", "", `{"tags": [], "removeAllTags": true}`, `"removeAllTags" is unsupported`},
		{"custom fields", "getCustomFields", "model=all", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := validate(t, tt.operation, id, tt.query, tt.body, "2021-07-28")
			if (err == nil) != (tt.rejection == "") || err != nil && !strings.Contains(err.Error(), tt.rejection) {
				t.Errorf("got %v, want %q", err, tt.rejection)
			}
		})
	}
}

func TestRequests_PathAndVersion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		id, version string
		accepted    bool
	}{
		{id, "2021-07-28", true},
		{"", "2021-07-28", false},
		{"a/b", "2021-07-28", false},
		{"a?b", "2021-07-28", false},
		{"a#b", "2021-07-28", false},
		{id, "2021-04-15", true},
		{id, "2023-02-21", true},
		{id, "v3", true},
		{id, "", false},
		{id, "2021-07-29", false},
	} {
		for _, operation := range []string{"getContact", "getContactsByBusinessId", "addTags", "getCustomFields"} {
			body := ""
			if operation == "addTags" {
				body = `{"tags": []}`
			}
			if err := validate(t, operation, tt.id, "locationId=a", body, tt.version); (err == nil) != tt.accepted {
				t.Errorf("%s of ID %q with version %q: got %v", operation, tt.id, tt.version, err)
			}
		}
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
