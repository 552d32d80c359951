package client_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// TestRequests_JSON compares the bodies of requests. What is not set is not sent; false and empty lists
// are sent.
func TestRequests_JSON(t *testing.T) {
	t.Parallel()
	active := gen.DNDSettingInput{Status: gen.DNDStatusActive, Message: "asked"}
	inbound := gen.InboundDNDSettingsInput{All: gen.InboundDNDSettingInput{Status: gen.DNDStatusInactive}}
	fields := []client.CustomFieldInput{client.NewCustomField("a", "b")}
	for want, request := range map[string]any{
		`{"locationId":"ve9EPM428h8vShlRW1KT"}`: client.CreateContactRequest{},
		`{"address1":"3535 1st St N","assignedTo":"y0Be","city":"Dolomite","companyName":"DGS","country":"US","customFields":[{"id":"a","field_value":"b"}],` +
			`"dateOfBirth":"1990-09-25","dnd":true,"dndSettings":{"Email":{"message":"asked","status":"active"},"SMS":{"code":"103","status":"permanent"}},` +
			`"email":"rosan@deos.example","firstName":"Rosan","gender":"male","inboundDndSettings":{"all":{"status":"inactive"}},` +
			`"lastName":"Deo","locationId":"l","name":"Rosan Deo","phone":"+1 888-888-8888","postalCode":"35061",` +
			`"source":"public api","state":"AL","tags":[" VIP "],"timezone":"America/Chihuahua","website":"https://deos.example"}`: client.CreateContactRequest{
			FirstName: "Rosan", LastName: "Deo", Name: "Rosan Deo", Email: "rosan@deos.example", Phone: "+1 888-888-8888", LocationID: "l",
			CompanyName: "DGS", Gender: "male", Address1: "3535 1st St N", City: "Dolomite", State: "AL", PostalCode: "35061", Country: "US",
			Website: "https://deos.example", Timezone: "America/Chihuahua", DateOfBirth: "1990-09-25", Source: "public api", AssignedTo: "y0Be", DND: new(true),
			DNDSettings:        gen.DNDSettingsInput{Email: active, SMS: gen.DNDSettingInput{Status: gen.DNDStatusPermanent, Code: "103"}},
			InboundDNDSettings: inbound, Tags: []string{" VIP "}, CustomFields: fields,
		},
		`{"customFields":[],"dnd":false,"locationId":"l","tags":[]}`: client.CreateContactRequest{LocationID: "l", DND: new(false), Tags: []string{}, CustomFields: []client.CustomFieldInput{}},
		`{}`:             client.UpdateContactRequest{},
		`{"state":"AL"}`: client.UpdateContactRequest{City: client.SetNonZero(""), State: client.SetNonZero("AL"), DND: client.SetNonZero(false)},
		`{"customFields":[],"dnd":false,"dndSettings":{"Call":{"message":"asked","status":"active"},"Email":{"message":"asked","status":"active"},` +
			`"FB":{"message":"asked","status":"active"},"GMB":{"message":"asked","status":"active"},"SMS":{"message":"asked","status":"active"},` +
			`"WhatsApp":{"message":"asked","status":"active"}},"inboundDndSettings":{"all":{"status":"inactive"}},"tags":[]}`: client.UpdateContactRequest{
			DND: client.Set(false), DNDSettings: gen.DNDSettingsInput{Call: active, Email: active, SMS: active, WhatsApp: active, GMB: active, FB: active},
			InboundDNDSettings: inbound, Tags: []string{}, CustomFields: []client.CustomFieldInput{},
		},
		`{"createNewIfDuplicateAllowed":false,"customFields":[{"id":"a","field_value":"b"}],"dnd":null,"locationId":"l","tags":["a","b"]}`: client.UpsertContactRequest{
			DND: client.Clear[bool](), Tags: []string{"a", "b"}, CustomFields: fields, CreateNewIfDuplicateAllowed: client.Set(false), LocationID: "l",
		},
	} {
		c, api := newStub(t, everything)
		var err error
		switch request := request.(type) {
		case client.CreateContactRequest:
			_, err = c.Contacts.Create(t.Context(), request)
		case client.UpdateContactRequest:
			_, err = c.Contacts.Update(t.Context(), "abc", request)
		case client.UpsertContactRequest:
			_, err = c.Contacts.Upsert(t.Context(), request)
		}
		if diff := cmp.Diff([]string{want}, sentBodies(api)); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

// TestSetAndClear encodes each Nullable string in its states.
func TestSetAndClear(t *testing.T) {
	t.Parallel()
	const update = `{"address1":V,"assignedTo":V,"city":V,"companyName":V,"country":V,"dateOfBirth":V,"email":V,"firstName":V,"keyword":V,"lastName":V,` +
		`"name":V,"phone":V,"postalCode":V,"source":V,"ssn":V,"state":V,"timezone":V,"type":V,"website":V}`
	const upsert = `{"address1":V,"assignedTo":V,"city":V,"companyName":V,"country":V,"dateOfBirth":V,"email":V,"firstName":V,"gender":V,"lastName":V,` +
		`"locationId":"ve9EPM428h8vShlRW1KT","name":V,"phone":V,"postalCode":V,"source":V,"state":V,"timezone":V,"website":V}`
	for want, value := range map[string]client.Nullable[string]{`null`: client.Clear[string](), `"x"`: client.Set("x"), `""`: client.Set("")} {
		c, api := newStub(t, everything)
		_, err1 := c.Contacts.Update(t.Context(), "abc", filled[client.UpdateContactRequest](value))
		_, err2 := c.Contacts.Upsert(t.Context(), filled[client.UpsertContactRequest](value))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if diff := cmp.Diff([]string{strings.ReplaceAll(update, ":V", ":"+want), strings.ReplaceAll(upsert, ":V", ":"+want)}, sentBodies(api)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// filled returns a request whose Nullable strings are value.
func filled[T any](value client.Nullable[string]) (request T) {
	for _, field := range reflect.ValueOf(&request).Elem().Fields() {
		if field, ok := reflect.TypeAssert[*client.Nullable[string]](field.Addr()); ok {
			*field = value
		}
	}
	return request
}

// sentBodies returns the bodies of the requests.
func sentBodies(api *stub) []string {
	var bodies []string
	for _, line := range api.sent {
		_, body, _ := strings.Cut(line, " {")
		bodies = append(bodies, "{"+body)
	}
	return bodies
}

// withoutEmpty returns JSON as a value, without the properties that are null or empty.
func withoutEmpty(t *testing.T, encoded string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(encoded), &value); err != nil {
		t.Fatal(err)
	}
	var remove func(value any)
	remove = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			maps.DeleteFunc(value, func(_ string, property any) bool {
				list, isList := property.([]any)
				return property == nil || property == "" || (isList && len(list) == 0)
			})
			for _, property := range value {
				remove(property)
			}
		case []any:
			for _, element := range value {
				remove(element)
			}
		}
	}
	remove(value)
	return value
}

// TestContact_SampleFormats decodes the contacts of testdata, which have every property that a get and
// a list have been observed to return, and encodes them again.
func TestContact_SampleFormats(t *testing.T) {
	t.Parallel()
	var single struct{ Contact json.RawMessage }
	var page struct{ Contacts []json.RawMessage }
	if json.Unmarshal([]byte(body(t, "getContact")), &single) != nil || json.Unmarshal([]byte(body(t, "getContacts")), &page) != nil {
		t.Fatal("testdata is not JSON")
	}
	c, _ := newStub(t, ok(body(t, "getContact")), ok(body(t, "getContacts")))
	var response1, response2 client.Response
	contact, err1 := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response1))
	list, err2 := c.Contacts.List(t.Context(), client.ListRequest{}, client.WithResponseInto(&response2))
	if err1 != nil || err2 != nil || response1.Drift != nil || response2.Drift != nil || list.Total != 1 || len(list.Contacts) != 1 {
		t.Fatalf("got %v, %v, drift %v, %v, page %+v", err1, err2, response1.Drift, response2.Drift, list)
	}
	for want, got := range map[string]*client.Contact{string(single.Contact): contact, string(page.Contacts[0]): &list.Contacts[0]} {
		encoded, err := json.Marshal(got)
		if err != nil || got.Extra != nil {
			t.Fatalf("got %v, unknown properties %s", err, got.Extra)
		}
		again := withoutEmpty(t, string(encoded))
		if diff := cmp.Diff(withoutEmpty(t, want), again, cmpopts.IgnoreMapEntries(func(name string, _ any) bool {
			return slices.Contains([]string{"firstName", "lastName", "lastActivity", "dnd"}, name) // see below
		})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	first, active := list.Contacts[0], parseTime(t, "2021-07-16T11:39:30.564Z")
	if contact.FirstName != "Rosan" || contact.LastName != "Deo" || first.FirstName != "Rosan" || first.LastName != "Deo" { // not in lower case
		t.Errorf("got the names %q and %q", contact.FirstName, first.FirstName)
	}
	if !contact.DND || first.DND || !first.LastActivity.Equal(active) || !contact.LastActivity.Equal(active) || contact.DNDSettings.WhatsApp.Status != "paused" ||
		!contact.DateAdded.Equal(parseTime(t, "2021-07-02T05:18:26.704Z")) || first.Attributions[0].UtmSource != "facebook" {
		t.Errorf("got %+v and %+v", contact, first)
	}
}

// TestContact_Formats decodes observed and documented values, one property at a time.
func TestContact_Formats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		properties string
		want       client.Contact
		drift      []client.Drift
	}{
		{"nothing but the id", ``, client.Contact{}, nil},
		{
			"nulls", `"firstName":null,"dnd":null,"dndSettings":null,"tags":null,"dateAdded":null,"createdBy":null,"attributions":null,"birthDay":null`,
			client.Contact{},
			nil,
		},
		{"null in a list", `"tags":[null,"vip"],"followers":[]`, client.Contact{Tags: []string{"", "vip"}, Followers: []string{}}, nil},
		{
			"email addresses as texts", `"additionalEmails":["a@example.com","b@example.com"]`,
			client.Contact{AdditionalEmails: []gen.AdditionalEmail{{Email: "a@example.com"}, {Email: "b@example.com"}}},
			[]client.Drift{{Pointer: "/contact/additionalEmails/0", Want: "object", Got: "string"}, {Pointer: "/contact/additionalEmails/1", Want: "object", Got: "string"}},
		},
		{
			"email addresses as both", `"additionalEmails":[{"email":"a@example.com","validEmail":true},"b@example.com"]`,
			client.Contact{AdditionalEmails: []gen.AdditionalEmail{{Email: "a@example.com", ValidEmail: json.RawMessage("true")}, {Email: "b@example.com"}}},
			[]client.Drift{{Pointer: "/contact/additionalEmails/1", Want: "object", Got: "string"}},
		},
		{"day of birth", `"dateOfBirth":"1990-09-25"`, client.Contact{DateOfBirth: "1990-09-25"}, nil},
		{"time of birth", `"dateOfBirth":"1990-09-25T00:00:00.000Z"`, client.Contact{DateOfBirth: "1990-09-25T00:00:00.000Z"}, nil},
		{"an offset", `"dateAdded":"2021-07-02T10:48:26.704+05:30"`, client.Contact{DateAdded: parseTime(t, "2021-07-02T05:18:26.704Z")}, nil},
		{"no fraction", `"dateAdded":"2021-07-02T05:18:26Z"`, client.Contact{DateAdded: parseTime(t, "2021-07-02T05:18:26Z")}, nil},
		{
			"an empty date", `"dateAdded":""`,
			client.Contact{},
			[]client.Drift{{Pointer: "/contact/dateAdded", Want: "date-time", Got: "string"}},
		},
		{
			"an offset without a colon", `"dateAdded":"2021-07-02T10:48:26.704+0530"`,
			client.Contact{DateAdded: parseTime(t, "2021-07-02T05:18:26.704Z")},
			[]client.Drift{{Pointer: "/contact/dateAdded", Want: "date-time", Got: "string"}},
		},
		{
			"milliseconds", `"dateAdded":1625203106704`,
			client.Contact{DateAdded: parseTime(t, "2021-07-02T05:18:26.704Z")},
			nil,
		},
		{"a kind of contact of one's own", `"type":"tenant"`, client.Contact{Type: "tenant"}, nil},
		{
			"documented for create and not observed",
			`"deleted":true,"bounceEmail":true,"unsubscribeEmail":true,"birthMonth":9,"birthDay":25,"lastSessionActivityAt":"2021-07-16T11:39:30.564Z","offers":["a"],"products":["b"],"gender":"male"`,
			client.Contact{
				Deleted: true, BounceEmail: true, UnsubscribeEmail: true, BirthMonth: 9, BirthDay: 25, Gender: "male",
				LastSessionActivityAt: parseTime(t, "2021-07-16T11:39:30.564Z"), Offers: []string{"a"}, Products: []string{"b"},
			},
			nil,
		},
		{
			"inbound do-not-disturb", `"inboundDndSettings":{"all":{"status":"active","message":"asked"}}`,
			client.Contact{InboundDNDSettings: gen.InboundDNDSettings{All: gen.InboundDNDSetting{Status: gen.DNDStatusActive, Message: "asked"}}},
			nil,
		},
		{
			"unknown properties", `"loyalty":{"points":[1,2]},"city":"Oslo","score":null`,
			client.Contact{City: "Oslo", Extra: []byte(`{"loyalty":{"points":[1,2]},"score":null}`)},
			nil,
		},
		{
			"unknown properties, beside an unexpected value", `"loyalty":{"points":[1,2]},"city":7,"score":null`,
			client.Contact{City: "7", Extra: []byte(`{"loyalty":{"points":[1,2]},"score":null}`)},
			[]client.Drift{{Pointer: "/contact/city", Want: "string", Got: "number"}},
		},
		{"property name in another case", `"City":"Oslo"`, client.Contact{Extra: []byte(`{"City":"Oslo"}`)}, nil},
		{"duplicate property", `"city":"Oslo","city":"Rome"`, client.Contact{City: "Rome"}, nil},
		{"broken UTF-8", "\"city\":\"O\xffslo\"", client.Contact{City: "O\uFFFDslo"}, nil},
		{"a lone surrogate", `"city":"O\ud83dslo"`, client.Contact{City: "O\uFFFDslo"}, nil},
		{"an escaped character", `"city":"\u00c5s \ud83d\ude00"`, client.Contact{City: "Ås 😀"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, ok("\xEF\xBB\xBF"+contactBody(test.properties)))
			var response client.Response
			got, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
			if err != nil {
				t.Fatal(err)
			}
			test.want.ID = contactID
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("contact (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.drift, response.Drift); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}
