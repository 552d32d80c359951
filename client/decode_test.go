package client_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// TestDecode_WrongTypes decodes a property of each type with values of all other types. The contact
// is decoded, the value is converted or stored in Extra, and a Drift describes it.
func TestDecode_WrongTypes(t *testing.T) {
	t.Parallel()
	added := parseTime(t, "2021-07-02T05:18:26.704Z")
	tests := []struct {
		properties string
		want       client.Contact
		drift      string // pointer below /contact, type wanted, type found
		extra      string
	}{
		// String.
		{`"city":7`, client.Contact{City: "7"}, "/city string number", ``},
		{`"city":-0.50`, client.Contact{City: "-0.50"}, "/city string number", ``},
		{`"postalCode":9007199254740993`, client.Contact{PostalCode: "9007199254740993"}, "/postalCode string number", ``},
		{`"city":true`, client.Contact{City: "true"}, "/city string boolean", ``},
		{`"city":false`, client.Contact{City: "false"}, "/city string boolean", ``},
		{`"city":{"name":"Oslo"}`, client.Contact{}, "/city string object", `,"city":{"name":"Oslo"}`},
		{`"city":["Oslo"]`, client.Contact{}, "/city string array", `,"city":["Oslo"]`},
		{`"id":7`, client.Contact{ID: "7"}, "/id string number", ``},
		// Open enumeration.
		{`"dndSettings":{"SMS":{"status":1,"code":103}}`, client.Contact{DNDSettings: gen.DNDSettings{SMS: gen.DNDSetting{Status: "1", Code: "103"}}}, "/dndSettings/SMS/status string number, /dndSettings/SMS/code string number", ``},
		{`"dndSettings":{"SMS":{"status":[]}}`, client.Contact{DNDSettings: gen.DNDSettings{SMS: gen.DNDSetting{Extra: []byte(`{"status":[]}`)}}}, "/dndSettings/SMS/status string array", ``},
		// Boolean.
		{`"dnd":"true"`, client.Contact{DND: true}, "/dnd boolean string", ``},
		{`"dnd":"false"`, client.Contact{}, "/dnd boolean string", ``},
		{`"dnd":"perhaps"`, client.Contact{}, "/dnd boolean string", `,"dnd":"perhaps"`},
		{`"dnd":""`, client.Contact{}, "/dnd boolean string", ``},
		{`"dnd":1`, client.Contact{DND: true}, "/dnd boolean number", ``},
		{`"dnd":0`, client.Contact{}, "/dnd boolean number", ``},
		{`"dnd":{}`, client.Contact{}, "/dnd boolean object", `,"dnd":{}`},
		{`"dnd":[]`, client.Contact{}, "/dnd boolean array", `,"dnd":[]`},
		// Integer.
		{`"birthDay":"25"`, client.Contact{BirthDay: 25}, "/birthDay integer string", ``},
		{`"birthDay":"twenty"`, client.Contact{}, "/birthDay integer string", `,"birthDay":"twenty"`},
		{`"birthDay":""`, client.Contact{}, "/birthDay integer string", ``},
		{`"birthDay":25.0`, client.Contact{BirthDay: 25}, "/birthDay integer number", ``},
		{`"birthDay":25.9`, client.Contact{BirthDay: 25}, "/birthDay integer number", ``},
		{`"birthDay":1e400`, client.Contact{}, "/birthDay integer number", `,"birthDay":1e400`},
		{`"birthDay":1e30`, client.Contact{}, "/birthDay integer number", `,"birthDay":1e30`},
		{`"birthDay":true`, client.Contact{}, "/birthDay integer boolean", `,"birthDay":true`},
		{`"birthDay":[25]`, client.Contact{}, "/birthDay integer array", `,"birthDay":[25]`},
		{`"birthDay":{}`, client.Contact{}, "/birthDay integer object", `,"birthDay":{}`},
		// Time.
		{`"dateAdded":"2021-07-02T05:18:26.704+0000"`, client.Contact{DateAdded: added}, "/dateAdded date-time string", ``},
		{`"dateAdded":"2021-07-02 05:18:26.704"`, client.Contact{DateAdded: added}, "/dateAdded date-time string", ``},
		{`"dateAdded":"1625203106704"`, client.Contact{DateAdded: added}, "/dateAdded date-time string", ``},
		{`"dateAdded":"yesterday"`, client.Contact{}, "/dateAdded date-time string", `,"dateAdded":"yesterday"`},
		{`"dateAdded":true`, client.Contact{}, "/dateAdded date-time boolean", `,"dateAdded":true`},
		{`"dateAdded":{"$date":"2021-07-02T05:18:26.704Z"}`, client.Contact{}, "/dateAdded date-time object", `,"dateAdded":{"$date":"2021-07-02T05:18:26.704Z"}`},
		{`"createdBy":{"channel":"OAUTH","timestamp":"2021-07-02T05:18:26.704+00"}`, client.Contact{CreatedBy: gen.CreatedBy{Channel: "OAUTH", Timestamp: added}}, "/createdBy/timestamp date-time string", ``},
		// List.
		{`"tags":"vip"`, client.Contact{Tags: []string{"vip"}}, "/tags array string", ``},
		{`"tags":""`, client.Contact{}, "/tags array string", ``},
		{`"tags":{}`, client.Contact{}, "/tags array object", `,"tags":{}`},
		{`"tags":7`, client.Contact{}, "/tags array number", `,"tags":7`},
		{`"tags":true`, client.Contact{}, "/tags array boolean", `,"tags":true`},
		{`"tags":["vip",7,{},["a"],true]`, client.Contact{Tags: []string{"vip", "7", "{}", `["a"]`, "true"}}, "/tags/1 string number, /tags/2 string object, /tags/3 string array, /tags/4 string boolean", ``},
		{`"customFields":{"id":"a","value":1}`, client.Contact{CustomFields: []gen.CustomField{{ID: "a", Value: []byte("1")}}}, "/customFields array object", ``},
		{`"customFields":["a",{"id":"b","value":[]}]`, client.Contact{CustomFields: []gen.CustomField{{ID: "b", Value: []byte("[]")}}}, "/customFields/0 object string", ``},
		{`"attributions":{"utmSource":7}`, client.Contact{Attributions: []gen.Attribution{{UtmSource: "7"}}}, "/attributions array object, /attributions/utmSource string number", ``},
		{`"searchAfter":"a"`, client.Contact{}, "/searchAfter array string", `,"searchAfter":"a"`},
		// Object.
		{`"createdBy":"OAUTH"`, client.Contact{}, "/createdBy object string", `,"createdBy":"OAUTH"`},
		{`"createdBy":[]`, client.Contact{}, "/createdBy object array", `,"createdBy":[]`},
		{`"attributionSource":7`, client.Contact{}, "/attributionSource object number", `,"attributionSource":7`},
		{`"dndSettings":false`, client.Contact{}, "/dndSettings object boolean", `,"dndSettings":false`},
		{`"dndSettings":{"SMS":"active","Email":{"status":"active"}}`, client.Contact{DNDSettings: gen.DNDSettings{Email: gen.DNDSetting{Status: gen.DNDStatusActive}, Extra: []byte(`{"SMS":"active"}`)}}, "/dndSettings/SMS object string", ``},
		{`"attributions":[1,null,"a",[]]`, client.Contact{}, "/attributions/0 object number, /attributions/1 object null, /attributions/2 object string, /attributions/3 object array", `,"attributions":[1,null,"a",[]]`},
		// Duplicate property: the last one wins.
		{`"dnd":"perhaps","dnd":true`, client.Contact{DND: true}, "", ``},
		{`"dnd":true,"dnd":"maybe"`, client.Contact{}, "/dnd boolean string", `,"dnd":"maybe"`},
		{`"additionalEmails":["a@example.com"]`, client.Contact{AdditionalEmails: []gen.AdditionalEmail{{Email: "a@example.com"}}}, "/additionalEmails/0 object string", ``},
		{`"additionalPhones":["+1",7]`, client.Contact{AdditionalPhones: []gen.AdditionalPhone{{Phone: "+1"}}}, "/additionalPhones/0 object string, /additionalPhones/1 object number", ``},
		// Properties of any type, beside a value of an unexpected type.
		{`"city":7,"attachments":{"at":1},"additionalEmails":[{"email":"a@example.com","validEmail":[1]}]`, client.Contact{City: "7", Attachments: []byte(`{"at":1}`), AdditionalEmails: []gen.AdditionalEmail{{Email: "a@example.com", ValidEmail: []byte("[1]")}}}, "/city string number", ``},
		// Duplicate property, and a name that must be escaped.
		{`"city":7,"city":"Oslo"`, client.Contact{City: "Oslo"}, "", ``},
		{`"a/b~c":{"city":7},"city":7`, client.Contact{City: "7", Extra: []byte(`{"a/b~c":{"city":7}}`)}, "/city string number", ``},
	}
	for _, test := range tests {
		t.Run(test.properties, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, ok(contactBody(`"firstName":"Rosan",`+test.properties+`,"lastName":"Deo","unknown":1`)))
			var response client.Response
			got, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			want.FirstName, want.LastName = "Rosan", "Deo"
			if want.ID == "" {
				want.ID = contactID
			}
			head := []byte("{")
			if want.Extra != nil {
				head = append(bytes.TrimSuffix(want.Extra, []byte("}")), ',')
			}
			want.Extra = slices.Concat(head, []byte(`"unknown":1`+test.extra+`}`))
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("contact (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.drift, driftText("/contact", response.Drift)); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}

// driftText formats drift as in the table above, with pointers below prefix.
func driftText(prefix string, drift []client.Drift) string {
	places := make([]string, len(drift))
	for i, place := range drift {
		places[i] = strings.TrimPrefix(place.Pointer, prefix) + " " + place.Want + " " + place.Got
	}
	return strings.Join(places, ", ")
}

func TestDecode_PageWithWrongTypes(t *testing.T) {
	t.Parallel()
	page := string(newListing(t, 200).page(nil, 0, 100))
	id := newListing(t, 200).id(41)
	at := strings.Index(page, id)
	unexpected := page[:at] + strings.Replace(page[at:], `"dnd": false`, `"dnd": "no", "loyalty": 7`, 1)
	c, _ := newStub(t, ok(page), ok(unexpected))
	want, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var response client.Response
	got, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100}, client.WithResponseInto(&response))
	if err != nil {
		t.Fatal(err)
	}
	want.Contacts[41].Extra = []byte(`{"loyalty":7,"dnd":"no"}`)
	if diff := cmp.Diff(want, got); diff != "" || len(got.Contacts) != 100 {
		t.Errorf("%d contacts (-want +got):\n%s", len(got.Contacts), diff)
	}
	if diff := cmp.Diff([]client.Drift{{Pointer: "/contacts/41/dnd", Want: "boolean", Got: "string"}}, response.Drift); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
}

func TestDrift_Bounded(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(contactBody(`"tags":[0`+strings.Repeat(",0", 999)+`]`)))
	var response client.Response
	contact, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
	if err != nil || len(contact.Tags) != 1000 || len(response.Drift) != 100 {
		t.Errorf("%d tags, %d places, %v", len(contact.Tags), len(response.Drift), err)
	}
}

func TestDrift_Logged(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	handler := slog.NewTextHandler(&logged, &slog.HandlerOptions{ReplaceAttr: withoutTimes})
	api := &stub{responses: []stubResponse{ok(contactBody(`"city":7,"dnd":"Dolomite"`)), ok(contactBody(``))}}
	c := newClient(t, api, client.WithLogger(slog.New(handler)))
	for range 2 {
		if _, err := c.Contacts.Get(t.Context(), contactID); err != nil {
			t.Fatal(err)
		}
	}
	const want = `level=WARN msg="highlevel: response does not match the schema" operation=Contacts.Get method=GET path=/proxy/v1/contacts/ocQHyuzHvysMo5N5VsXc status=200 attempt=1 cf_ray="" places=2 pointer=/contact/city want=string got=number` + "\n"
	if diff := cmp.Diff(want, logged.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestErrBadResponse has 2xx responses without the expected content.
func TestErrBadResponse(t *testing.T) {
	t.Parallel()
	bodies := []struct{ name, contentType, body string }{
		{"empty", "application/json", ""},
		{"spaces", "application/json", " \n"},
		{"a page", "text/html", html},
		{"a text", "text/plain", "OK"},
		{"a JSON text", "application/json", `"OK"`},
		{"true", "application/json", `true`},
		{"null", "application/json", `null`},
		{"a list", "application/json", `[]`},
		{"a list of contacts", "application/json", `[{"id":"abc"}]`},
		{"truncated", "application/json", `{"contact":{"id":"abc"},"contacts":[`},
		{"truncated after an unexpected value", "application/json", `{"contact":{"id":7},"contacts":[{"id":7},`},
		{"two values", "application/json", `{"contact":{"id":"abc"},"contacts":[]}{}`},
		{"not JSON after an unexpected value", "application/json", `{"contact":{"id":7},"contacts":[{"id":7}],x}`},
	}
	properties := []struct{ name, contentType, body string }{ // a delete has no expected content
		{"an object without it", "application/json", `{}`},
		{"null for it", "application/json", `{"contact":null,"contacts":null}`},
		{"a text for it", "application/json", `{"contact":"abc","contacts":"abc"}`},
		{"an empty one", "application/json", `{"contact":{},"contacts":null}`},
		{"one without an id", "application/json", `{"contact":{"city":"Oslo"}}`},
	}
	for _, operation := range operations {
		tests := bodies
		if operation.name != "delete" {
			tests = append(tests, properties...)
		}
		for _, test := range tests {
			t.Run(operation.name+": "+test.name, func(t *testing.T) {
				t.Parallel()
				c, api := newStub(t, stubResponse{status: 200, body: test.body, header: map[string][]string{"Content-Type": {test.contentType}}})
				err := operation.call(t.Context(), c)
				if !errors.Is(err, client.ErrBadResponse) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
					t.Fatalf("got %v", err)
				}
				if len(api.sent) != 1 {
					t.Errorf("%d requests", len(api.sent))
				}
				for _, part := range []string{"200 bad response", `content type "` + test.contentType + `"`} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s is not in the error: %v", part, err)
					}
				}
			})
		}
	}
}

func TestErrResponseTooLarge_TooManyElements(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(contactBody(`"attributions":[{}`+strings.Repeat(",{}", 1_000_000)+`]`)))
	if _, err := c.Contacts.Get(t.Context(), contactID); !errors.Is(err, client.ErrResponseTooLarge) ||
		!strings.Contains(err.Error(), "the body has more elements than a response can hold") {
		t.Errorf("got %v, want ErrResponseTooLarge", err)
	}
}

func TestContactsService_All_WrongTypes(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contacts":{"id":"abc","dnd":"yes"},"meta":{"total":"1","startAfter":"1603870249758","startAfterId":7}}`))
	var response client.Response
	page, err := c.Contacts.List(context.Background(), client.ListRequest{Limit: 1}, client.WithResponseInto(&response))
	if err != nil {
		t.Fatal(err)
	}
	want := &client.Page{Contacts: []client.Contact{{ID: "abc", Extra: []byte(`{"dnd":"yes"}`)}}, Total: 1, Next: cursorAt(1603870249758, "7")}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const drift = "/contacts array object, /contacts/dnd boolean string, /meta/total integer string, /meta/startAfter integer string, /meta/startAfterId string number"
	if diff := cmp.Diff(drift, driftText("", response.Drift)); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
}
