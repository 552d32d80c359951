package client_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		err := write(t.Context(), c, request)
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
