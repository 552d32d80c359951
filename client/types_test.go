package client_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestBodiesOfCreate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		request client.CreateContactRequest
		want    string
	}{
		{"nothing but the location", client.CreateContactRequest{}, `{"locationId":"ve9EPM428h8vShlRW1KT"}`},
		{
			"everything",
			client.CreateContactRequest{
				FirstName: "Rosan", LastName: "Deo", Name: "Rosan Deo", Email: "rosan@deos.example", Phone: "+1 888-888-8888",
				CompanyName: "DGS", Gender: "male", Address1: "3535 1st St N", City: "Dolomite", State: "AL", PostalCode: "35061",
				Country: "US", Website: "https://deos.example", Timezone: "America/Chihuahua", DateOfBirth: "1990-09-25",
				Source: "public api", AssignedTo: "y0Be", DND: new(true), LocationID: "l",
				DNDSettings: client.DNDSettingsInput{
					Email: client.DNDSettingInput{Status: client.DNDActive, Message: "asked"},
					SMS:   client.DNDSettingInput{Status: client.DNDPermanent, Code: "103"},
				},
				InboundDNDSettings: client.InboundDNDSettingsInput{All: client.InboundDNDSettingInput{Status: client.DNDInactive}},
				Tags:               []string{" VIP "},
				CustomFields:       []client.CustomFieldInput{client.NewCustomField("a", "b")},
			},
			`{"address1":"3535 1st St N","assignedTo":"y0Be","city":"Dolomite","companyName":"DGS","country":"US",` +
				`"customFields":[{"id":"a","field_value":"b"}],"dateOfBirth":"1990-09-25","dnd":true,` +
				`"dndSettings":{"Email":{"message":"asked","status":"active"},"SMS":{"code":"103","status":"permanent"}},` +
				`"email":"rosan@deos.example","firstName":"Rosan","gender":"male","inboundDndSettings":{"all":{"status":"inactive"}},` +
				`"lastName":"Deo","locationId":"l","name":"Rosan Deo","phone":"+1 888-888-8888","postalCode":"35061",` +
				`"source":"public api","state":"AL","tags":[" VIP "],"timezone":"America/Chihuahua","website":"https://deos.example"}`,
		},
		{"false is sent", client.CreateContactRequest{LocationID: "l", DND: new(false)}, `{"dnd":false,"locationId":"l"}`},
		{
			"empty lists are sent",
			client.CreateContactRequest{LocationID: "l", Tags: []string{}, CustomFields: []client.CustomFieldInput{}},
			`{"customFields":[],"locationId":"l","tags":[]}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			if _, err := c.Contacts.Create(t.Context(), test.request); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, api.sent[0].Body); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// filled returns a request in which each member that may be null is what set makes of its name in Go, and the others are zero.
func filled[T any](t testing.TB, set func(name string) nullable.Nullable[string], notNullable ...string) T {
	t.Helper()
	var request T
	value := reflect.ValueOf(&request).Elem()
	for i := range value.NumField() {
		if slices.Contains(notNullable, value.Type().Field(i).Name) {
			continue
		}
		if member, ok := reflect.TypeAssert[*nullable.Nullable[string]](value.Field(i).Addr()); ok {
			*member = set(value.Type().Field(i).Name)
		}
	}
	return request
}

// TestSetClearAndNothing writes each member that the API lets be null in its three states, and no other member.
func TestSetClearAndNothing(t *testing.T) {
	t.Parallel()
	clearAll := func(string) nullable.Nullable[string] { return client.Clear[string]() }
	setAll := client.Set[string]
	setEmpty := func(string) nullable.Nullable[string] { return client.Set("") }
	none := func(string) nullable.Nullable[string] { return nil }
	for _, test := range []struct {
		name           string
		set            func(string) nullable.Nullable[string]
		update, upsert string
	}{
		{"nothing", none, `{}`, `{"locationId":"ve9EPM428h8vShlRW1KT"}`},
		{
			"clear", clearAll,
			`{"address1":null,"assignedTo":null,"city":null,"dateOfBirth":null,"email":null,"firstName":null,"lastName":null,` +
				`"name":null,"phone":null,"source":null,"state":null,"timezone":null,"website":null}`,
			`{"address1":null,"city":null,"companyName":null,"dateOfBirth":null,"email":null,"firstName":null,"lastName":null,` +
				`"locationId":"ve9EPM428h8vShlRW1KT","name":null,"phone":null,"state":null,"timezone":null,"website":null}`,
		},
		{
			"set", setAll,
			`{"address1":"Address1","assignedTo":"AssignedTo","city":"City","dateOfBirth":"DateOfBirth","email":"Email",` +
				`"firstName":"FirstName","lastName":"LastName","name":"Name","phone":"Phone","source":"Source","state":"State",` +
				`"timezone":"Timezone","website":"Website"}`,
			`{"address1":"Address1","city":"City","companyName":"CompanyName","dateOfBirth":"DateOfBirth","email":"Email",` +
				`"firstName":"FirstName","lastName":"LastName","locationId":"ve9EPM428h8vShlRW1KT","name":"Name","phone":"Phone",` +
				`"state":"State","timezone":"Timezone","website":"Website"}`,
		},
		{
			"set to the empty text", setEmpty,
			`{"address1":"","assignedTo":"","city":"","dateOfBirth":"","email":"","firstName":"","lastName":"","name":"","phone":"",` +
				`"source":"","state":"","timezone":"","website":""}`,
			`{"address1":"","city":"","companyName":"","dateOfBirth":"","email":"","firstName":"","lastName":"",` +
				`"locationId":"ve9EPM428h8vShlRW1KT","name":"","phone":"","state":"","timezone":"","website":""}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			if _, err := c.Contacts.Update(t.Context(), "abc", filled[client.UpdateContactRequest](t, test.set, "Country", "PostalCode")); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Contacts.Upsert(t.Context(), filled[client.UpsertContactRequest](t, test.set, "AssignedTo", "Country", "Gender", "PostalCode", "Source")); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.update, api.sent[0].Body); diff != "" {
				t.Errorf("update (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.upsert, api.sent[1].Body); diff != "" {
				t.Errorf("upsert (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPlainMembersOfUpdateAndUpsert are those that the API does not let be null.
func TestPlainMembersOfUpdateAndUpsert(t *testing.T) {
	t.Parallel()
	dnd := client.DNDSettingsInput{
		Call: client.DNDSettingInput{Status: "active"}, Email: client.DNDSettingInput{Status: "active"}, SMS: client.DNDSettingInput{Status: "active"},
		WhatsApp: client.DNDSettingInput{Status: "active"}, GMB: client.DNDSettingInput{Status: "active"}, FB: client.DNDSettingInput{Status: "active"},
	}
	const channels = `{"Call":{"status":"active"},"Email":{"status":"active"},"FB":{"status":"active"},"GMB":{"status":"active"},` +
		`"SMS":{"status":"active"},"WhatsApp":{"status":"active"}}`
	c, api := newStub(t, everything)
	_, err1 := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{
		PostalCode: client.Set("35061"), Country: client.Set("US"), DND: client.Set(false), DNDSettings: dnd, Tags: []string{}, CustomFields: []client.CustomFieldInput{},
		InboundDNDSettings: client.InboundDNDSettingsInput{All: client.InboundDNDSettingInput{Status: client.DNDActive, Message: "asked"}},
	})
	_, err2 := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{
		PostalCode: client.Set("35061"), Country: client.Set("US"), DND: client.Set(true), Tags: []string{"a", "b"}, Gender: client.Set("male"), Source: client.Set("s"), AssignedTo: client.Set("u"),
		CreateNewIfDuplicateAllowed: client.Set(false), LocationID: "l",
	})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	const update = `{"country":"US","customFields":[],"dnd":false,"dndSettings":` + channels +
		`,"inboundDndSettings":{"all":{"message":"asked","status":"active"}},"postalCode":"35061","tags":[]}`
	const upsert = `{"assignedTo":"u","country":"US","createNewIfDuplicateAllowed":false,"dnd":true,"gender":"male","locationId":"l",` +
		`"postalCode":"35061","source":"s","tags":["a","b"]}`
	if diff := cmp.Diff(update, api.sent[0].Body); diff != "" {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upsert, api.sent[1].Body); diff != "" {
		t.Errorf("upsert (-want +got):\n%s", diff)
	}
}

// TestSettingsOfAnAnswerGoIntoARequest copies do-not-disturb from one contact to another.
func TestSettingsOfAnAnswerGoIntoARequest(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, ok(contactBody(`"dnd":true,"dndSettings":{"SMS":{"status":"permanent","message":null,"code":"103"},"FB":null}`)))
	contact, err := c.Contacts.Get(t.Context(), "abc")
	if err != nil {
		t.Fatal(err)
	}
	sms := contact.DNDSettings.SMS
	change := client.UpdateContactRequest{DND: client.Set(contact.DND), DNDSettings: client.DNDSettingsInput{
		SMS: client.DNDSettingInput{Status: sms.Status, Message: sms.Message, Code: sms.Code},
	}}
	if _, err := c.Contacts.Update(t.Context(), "def", change); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"dnd":true,"dndSettings":{"SMS":{"code":"103","status":"permanent"}}}`, api.sent[1].Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestClear_NotNullable clears each property that the API does not allow to be null.
func TestClear_NotNullable(t *testing.T) {
	t.Parallel()
	c := newClient(t, noRequests(t))
	text, flag := client.Clear[string](), client.Clear[bool]()
	for name, change := range map[string]client.UpdateContactRequest{
		"country": {Country: text}, "dnd": {DND: flag}, "postalCode": {PostalCode: text},
	} {
		_, err := c.Contacts.Update(t.Context(), "abc", change)
		if !errors.Is(err, client.ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("update %s: got %v, want ErrInvalid", name, err)
		}
	}
	for name, request := range map[string]client.UpsertContactRequest{
		"assignedTo": {AssignedTo: text}, "country": {Country: text}, "createNewIfDuplicateAllowed": {CreateNewIfDuplicateAllowed: flag},
		"dnd": {DND: flag}, "gender": {Gender: text}, "postalCode": {PostalCode: text}, "source": {Source: text},
	} {
		_, err := c.Contacts.Upsert(t.Context(), request)
		if !errors.Is(err, client.ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("upsert %s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestSetNonZero(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, everything)
	change := client.UpdateContactRequest{City: client.SetNonZero(""), State: client.SetNonZero("AL"), DND: client.SetNonZero(false)}
	if _, err := c.Contacts.Update(t.Context(), "abc", change); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"state":"AL"}`, api.sent[0].Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
