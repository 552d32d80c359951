package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestResponses_Known checks that the document accepts each body that the API is known to send, and that the client decodes it
// without a Drift. The examples of the document have the recorded shapes.
func TestResponses_Known(t *testing.T) {
	t.Parallel()
	type row struct{ name, operation, body string }
	tests := []row{
		{
			"contact by id leaves out what has no value", "getContact",
			`{"contact": {
				"id": "ocQHyuzHvysMo5N5VsXc", "name": "Rosan Deo", "type": "lead", "locationId": "ve9EPM428h8vShlRW1KT",
				"firstName": "Rosan", "firstNameLowerCase": "rosan", "fullNameLowerCase": "rosan deo", "lastName": "Deo",
				"lastNameLowerCase": "deo", "email": "rosan@deos.com", "emailLowerCase": "rosan@deos.com", "phone": "+18888888888",
				"country": "US", "timezone": "America/Chihuahua", "companyName": null, "dnd": false,
				"attributionSource": {"sessionSource": "CRM UI", "medium": "manual", "mediumId": null},
				"lastAttributionSource": {
					"sessionSource": "Direct traffic", "medium": "form", "mediumId": "FglfHAn30PRwsZVyQlKp", "campaign": "spring",
					"campaignId": "1", "adId": "2", "url": "https://example.com", "referrer": "https://www.google.com", "fbclid": "a",
					"gclid": "b", "msclikid": "c", "dclid": "d", "fbc": "e", "fbp": "f", "fbEventId": "g",
					"userAgent": "Mozilla/5.0", "ip": "192.0.2.198", "utmSource": "google"
				},
				"createdBy": {
					"source": "INTEGRATION", "channel": "OAUTH", "sourceId": "60e1", "sourceName": "App",
					"timestamp": "2021-07-02T05:18:26.704Z"
				},
				"dndSettings": {"SMS": {"status": "permanent", "message": "STOP", "code": "103"}, "WhatsApp": {"status": "active"}},
				"tags": ["vip"], "followers": ["y0BeYjuRIlDwsDcOHOJo"], "dateAdded": "2021-07-02T05:18:26.704Z",
				"dateUpdated": "2021-08-31T09:59:41.937Z", "dateOfBirth": "1990-09-25T00:00:00.000Z",
				"additionalEmails": [{"email": "rosan@home.example", "validEmail": null}],
				"additionalPhones": [{"phone": "+18887777777", "phoneLabel": "Work"}],
				"customFields": [], "searchAfter": [1603870249758, "UIaE1WjAwWKdlyD7osQI"], "visitorId": "v"
			}, "traceId": "9f1c8e0a"}`,
		},
		{"properties that the document does not know", "getContact", `{"contact": {"id": "a", "later": {"b": [1]}}, "more": 1}`},
		{"a type and a status that are not listed", "getContact", `{"contact": {"id": "a", "type": "vendor", "dndSettings": {"SMS": {"status": "paused"}, "Fax": {"status": "active"}}}}`},
		{"last activity as text", "getContact", `{"contact": {"id": "a", "lastActivity": "2021-07-16T11:39:30.564Z"}}`},
		{"contact as created", "createContact", `{"contact": {"id": "a", "deleted": false, "birthMonth": 8, "birthDay": 25, "offers": [], "products": []}}`},
		{
			"list item full of nulls, names in lower case", "getContacts",
			`{"contacts": [{
				"id": "ocQHyuzHvysMo5N5VsXc", "locationId": "ve9EPM428h8vShlRW1KT", "contactName": "rosan deo", "firstName": "rosan",
				"lastName": "deo", "firstNameRaw": "Rosan", "lastNameRaw": "Deo", "companyName": null, "email": null, "phone": null,
				"dnd": null, "dndSettings": null, "type": null, "source": null, "assignedTo": null, "city": null, "state": null,
				"postalCode": null, "address1": null, "country": null, "website": null, "timezone": null, "dateAdded": null,
				"dateUpdated": null, "dateOfBirth": null, "businessId": null, "tags": null, "followers": null,
				"additionalEmails": null, "attributions": null, "customFields": null, "profilePhoto": null, "lastActivity": null
			}], "meta": null, "count": null, "traceId": null}`,
		},
		{
			"list item with attributions", "getContacts",
			`{"contacts": [{"id": "a", "lastActivity": 1626435570564, "attributions": [{
				"utmSessionSource": "CRM UI", "utmSource": "a", "utmMedium": "b", "utmContent": "c", "utmCampaign": "d",
				"utmCampaignId": "e", "utmAdId": "f", "utmKeyword": "g", "adSource": "h", "medium": "manual", "mediumId": null,
				"isFirst": true, "isLast": false
			}]}]}`,
		},
		{"settings of do-not-disturb full of nulls", "getContact", `{"contact": {"id": "a", "dndSettings": {"Call": null, "SMS": {"status": null, "message": null, "code": null}}, "inboundDndSettings": {"all": null}}}`},
		{
			"meta at the end, next page an empty text, address still set", "getContacts",
			`{"contacts": [], "meta": {"total": 1, "nextPageUrl": "https://example.com/contacts/", "currentPage": 1, "nextPage": ""}}`,
		},
		{"meta without cursor", "getContacts", `{"contacts": [], "meta": {"total": 0, "currentPage": 1}}`},
		{"meta with a cursor of nulls", "getContacts", `{"contacts": [], "meta": {"total": null, "startAfter": null, "startAfterId": null}}`},
		{"no meta", "getContacts", `{"contacts": [], "count": 0, "traceId": "9f1c8e0a"}`},
		{
			"values of custom fields", "getContact",
			`{"contact": {"id": "a", "customFields": [{"id": "b", "value": ""}, {"id": "b", "value": 100.5}, {"id": "b", "value": []},
				{"id": "b", "value": null}, {"id": "b", "value": true}, {"id": "b"}]}}`,
		},
		{"delete in the new spelling", "deleteContact", `{"succeeded": true}`},
		{"upsert that updated", "upsertContact", `{"new": false, "contact": {"id": "a", "gender": "male"}, "traceId": "9f1c8e0a"}`},
	}
	for id := range operations {
		op, _, _, _ := find(t, id)
		for name, example := range op.Responses.Value("2XX").Value.Content.Get("application/json").Examples {
			body, err := json.Marshal(example.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			tests = append(tests, row{"example " + name, id, string(body)})
		}
	}
	for _, tt := range tests {
		if err := check(t, schemaOf(t, tt.operation, "2XX"), tt.body); err != nil {
			t.Errorf("%s %s: %v", tt.operation, tt.name, err)
		}
		model := reflect.New(operations[tt.operation].result)
		if drift := decode(t, tt.body, model.Interface()); drift != nil {
			t.Errorf("%s %s: got drift %v", tt.operation, tt.name, drift)
		}
		if got := slices.Compact(extras(model, nil)); strings.HasPrefix(tt.name, "example") && got != nil {
			t.Errorf("%s %s: the models do not have the properties %s", tt.operation, tt.name, got)
		}
	}
}

// decode decodes body as the client decodes a response.
func decode(t *testing.T, body string, out any) []client.Drift {
	t.Helper()
	api := roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	})
	c, err := client.New(client.StaticToken("pit-test"), client.WithHTTPClient(&http.Client{Transport: api}))
	if err != nil {
		t.Fatal(err)
	}
	var response client.Response
	err = c.Do(t.Context(), http.MethodGet, "contacts/", nil, nil, out, client.WithResponseInto(&response))
	if err != nil && !errors.Is(err, client.ErrNotFound) { // of a duplicate, if there is none
		t.Fatal(err)
	}
	return response.Drift
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// extras adds the fields Extra of all structs in v that are not empty to found.
func extras(v reflect.Value, found []string) []string {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return extras(v.Elem(), found)
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = extras(v.Index(i), found)
		}
	case reflect.Struct:
		for field, value := range v.Fields() {
			switch {
			case field.Name == "Extra" && value.Len() > 0:
				found = append(found, string(value.Bytes()))
			case field.IsExported():
				found = extras(value, found)
			}
		}
	default:
	}
	return found
}

func TestResponses_Rejected(t *testing.T) {
	t.Parallel()
	for operation, bodies := range map[string][]string{
		"getContact": {
			`{}`, `[]`, `{"contact": {"id": 1}}`, `{"contact": {"id": "a", "tags": "vip"}}`, `{"contact": {"id": "a", "dateAdded": "yesterday"}}`,
			`{"contact": {"id": "a", "dateAdded": 1603870249758}}`, `{"contact": {"id": "a", "dndSettings": {"SMS": {"code": 103}}}}`,
		},
		"createContact":           {`{"contact": null}`},
		"getContacts":             {`{"meta": {}}`, `{"contacts": [], "meta": {"startAfter": 1603870249758.5}}`, `{"contacts": [], "meta": {"nextPage": "2"}}`},
		"getContactsByBusinessId": {`{"contacts": null}`},
		"deleteContact":           {`{"succeded": "true"}`},
		"searchContacts":          {`{"total": 0}`},
		"findDuplicateContact":    {`{"traceId": "a"}`},
		"addTags":                 {`{"tags": null}`},
		"removeTags":              {`{}`},
		"getCustomFields":         {`{"customFields": [{"id": "a", "picklistOptions": [{}]}]}`},
	} {
		for _, body := range bodies {
			if check(t, schemaOf(t, operation, "2XX"), body) == nil {
				t.Errorf("%s: the document accepts %s", operation, body)
			}
		}
	}
}

// The messages that the API is known to send are examples of the document.
func TestResponses_Errors(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"statusCode": 400, "message": "This location does not allow duplicated contacts.", "meta": {"contactId": "a", "matchingField": "phone", "contactName": null}}`,
		`{"error": "UnAuthorized!", "error_description": "Authorization code not found"}`,
		`{"message": ["property gender should not exist", "customFields must be an array"], "error": "Unprocessable Entity", "statusCode": 422}`,
		`{"statusCode": null, "status": null, "message": null, "error": null, "error_description": null, "traceId": null, "meta": null}`,
		`{}`,
	} {
		if err := check(t, schemaOf(t, "updateContact", "400"), body); err != nil {
			t.Error(err)
		}
	}
}

// check validates a JSON body against a schema, including formats.
func check(t *testing.T, schema *openapi3.Schema, body string) error {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatalf("the body of the test is not JSON: %v", err)
	}
	return schema.VisitJSON(value, openapi3.EnableFormatValidation())
}
