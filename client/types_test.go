package client_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestCreateContactRequest_JSON(t *testing.T) {
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
			if diff := cmp.Diff(test.want, sentBodies(api)[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
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
	fields := reflect.ValueOf(&request).Elem()
	for i := range fields.NumField() {
		if field, ok := reflect.TypeAssert[*client.Nullable[string]](fields.Field(i).Addr()); ok {
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

// TestUpdateContactRequest_JSON encodes the properties that the API does not allow to be null.
func TestUpdateContactRequest_JSON(t *testing.T) {
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
	if diff := cmp.Diff(update, sentBodies(api)[0]); diff != "" {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upsert, sentBodies(api)[1]); diff != "" {
		t.Errorf("upsert (-want +got):\n%s", diff)
	}
}

// TestDNDSettings_CopyIntoRequest copies the do-not-disturb settings of one contact to another.
func TestDNDSettings_CopyIntoRequest(t *testing.T) {
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
	if diff := cmp.Diff(`{"dnd":true,"dndSettings":{"SMS":{"code":"103","status":"permanent"}}}`, sentBodies(api)[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSetNonZero(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, everything)
	change := client.UpdateContactRequest{City: client.SetNonZero(""), State: client.SetNonZero("AL"), DND: client.SetNonZero(false)}
	if _, err := c.Contacts.Update(t.Context(), "abc", change); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"state":"AL"}`, sentBodies(api)[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestContact_GetFormat decodes testdata/getContact.json: missing values, bare names in
// attributions, objects as email addresses, custom fields of each kind, and an unknown
// do-not-disturb status.
func TestContact_GetFormat(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(body(t, "getContact")))
	var response client.Response
	got, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
	if err != nil {
		t.Fatal(err)
	}
	if response.Drift != nil {
		t.Errorf("drift %v", response.Drift)
	}
	const file = `{"f31175d4-2b06-4fc6-b7bc-74cd814c68cb": {"meta": {"fieldname": "w2M9qTZ0ZJz8rGt02jdJ", "originalname": "roof.jpg", "encoding": "7bit", "mimetype": "image/jpeg", "size": 1786611, "uuid": "f31175d4-2b06-4fc6-b7bc-74cd814c68cb"}, "url": "https://services.leadconnectorhq.com/documents/download/w2M9qTZ0ZJz8rGt02jdJ", "documentId": "w2M9qTZ0ZJz8rGt02jdJ"}}`
	want := &client.Contact{
		ID: contactID, LocationID: location, Name: "Rosan Deo", Type: "lead",
		FirstName: "Rosan", FirstNameLowerCase: "rosan", LastName: "Deo", LastNameLowerCase: "deo", FullNameLowerCase: "rosan deo",
		Email: "Rosan@Deos.example", EmailLowerCase: "rosan@deos.example", Phone: "+18888888888",
		Country: "US", Timezone: "America/Chihuahua", City: "Dolomite", Address1: "3535 1st St N", State: "AL", PostalCode: "35061",
		Website: "https://deos.example", Source: "public api", Keyword: "test", VisitorID: "visitor-1",
		AttributionSource: client.Attribution{
			SessionSource: "Paid Social", Medium: "form", Campaign: "spring", CampaignID: "1234567890", AdID: "987654",
			Referrer: "https://www.google.com", Fbclid: "IwAR0abc", Gclid: "Cj0KCQjw", Msclikid: "3f2a1b", Dclid: "CPab",
			Fbc: "fb.1.1674748390986.IwAR0abc", Fbp: "fb.1.1674748390986.1171287961", FBEventID: "event-1",
			UserAgent: "Mozilla/5.0", IP: "192.0.2.198",
			UtmSource: "facebook", UtmMedium: "cpc", UtmContent: "banner", UtmKeyword: "crm", UtmTerm: "crm",
		},
		LastAttributionSource: client.Attribution{
			SessionSource: "CRM UI", Medium: "manual", MediumID: "FglfHAn30PRwsZVyQlKp", URL: "https://example.com/landing",
		},
		CreatedBy: client.CreatedBy{
			Source: "INTEGRATION", Channel: "OAUTH", SourceID: "60e1f3f2a8b7c40001a1b2c3-kq2x9d1e", SourceName: "Example app",
			Timestamp: parseTime(t, "2021-07-02T05:18:26.704Z"),
		},
		Followers: []string{"y0BeYjuRIlDwsDcOHOJo"}, AssignedTo: "y0BeYjuRIlDwsDcOHOJo", BusinessID: "641c094001436dbc2081e642",
		DND: true,
		DNDSettings: client.DNDSettings{
			Call:     client.DNDSetting{Status: client.DNDActive, Message: "asked by phone"},
			Email:    client.DNDSetting{Status: client.DNDInactive},
			SMS:      client.DNDSetting{Status: client.DNDPermanent, Message: "carrier says no", Code: "103"},
			WhatsApp: client.DNDSetting{Status: "paused"},
			GMB:      client.DNDSetting{Status: client.DNDActive},
			FB:       client.DNDSetting{Status: client.DNDActive},
		},
		Tags:      []string{"vip", "newsletter"},
		DateAdded: parseTime(t, "2021-07-02T05:18:26.704Z"), DateUpdated: parseTime(t, "2021-08-31T09:59:41.937Z"), DateOfBirth: "1990-09-25",
		CustomFields: []client.CustomField{
			{ID: "6dvNaf7VhkQ9snc5vnjJ", Value: json.RawMessage(`"My Selected Option"`)},
			{ID: "emptyText00000000000", Value: json.RawMessage(`""`)},
			{ID: "MgobCB14YMVKuE4Ka8p1", Value: json.RawMessage(`1603870249758`)},
			{ID: "1HeGizb13P0odwgOgKSs", Value: json.RawMessage(`["red", "green"]`)},
			{ID: "w2M9qTZ0ZJz8rGt02jdJ", Value: json.RawMessage(file)},
			{ID: "null0000000000000000", Value: json.RawMessage(`null`)},
		},
		AdditionalEmails: []client.AdditionalEmail{{Email: "rosan@home.example", ValidEmail: json.RawMessage(`null`)}},
		AdditionalPhones: []client.AdditionalPhone{{Phone: "+18887777777", PhoneLabel: "Work"}},
		LastActivity:     parseTime(t, "2021-07-16T11:39:30.564Z"),
		Attachments:      json.RawMessage(`""`),
		SearchAfter:      []json.RawMessage{json.RawMessage(`1625203106704`), json.RawMessage(`"ocQHyuzHvysMo5N5VsXc"`)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestContact_ListFormat decodes testdata/getContacts.json: explicit nulls, lower-cased names with
// their case in the Raw fields, utm-prefixed names in attributions, an attribution without url, and
// milliseconds for the last activity.
func TestContact_ListFormat(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(body(t, "getContacts")))
	var response client.Response
	got, err := c.Contacts.List(t.Context(), client.ListRequest{}, client.WithResponseInto(&response))
	if err != nil {
		t.Fatal(err)
	}
	if response.Drift != nil {
		t.Errorf("drift %v", response.Drift)
	}
	want := &client.Page{Total: 1, Contacts: []client.Contact{{
		ID: contactID, LocationID: location, ContactName: "rosan deo",
		FirstName: "rosan", LastName: "deo", FirstNameRaw: "Rosan", LastNameRaw: "Deo",
		Email: "rosan@deos.example", Phone: "+18888888888", Type: "lead", Source: "public api", Country: "US",
		DNDSettings: client.DNDSettings{SMS: client.DNDSetting{Status: client.DNDPermanent, Code: "103"}},
		DateAdded:   parseTime(t, "2020-10-28T07:30:49.758Z"), DateUpdated: parseTime(t, "2021-08-31T09:59:41.937Z"),
		Tags: []string{"vip"}, Followers: []string{},
		AdditionalEmails: []client.AdditionalEmail{{Email: "rosan@home.example", ValidEmail: json.RawMessage(`null`)}},
		Attributions: []client.Attribution{
			{
				UtmSessionSource: "Paid Social", UtmSource: "facebook", UtmMedium: "cpc", UtmContent: "banner", UtmCampaign: "spring",
				UtmCampaignID: "1234567890", UtmAdID: "987654", UtmKeyword: "crm", AdSource: "facebook", Medium: "form",
				MediumID: "FglfHAn30PRwsZVyQlKp", IsFirst: true,
			},
			{UtmSessionSource: "CRM UI", Medium: "manual", URL: "https://example.com/landing", Referrer: "https://www.google.com", IsLast: true},
		},
		CustomFields: []client.CustomField{{ID: "MgobCB14YMVKuE4Ka8p1", Value: json.RawMessage(`1603870249758`)}},
		LastActivity: parseTime(t, "2021-07-16T11:39:30.564Z"),
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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
			client.Contact{AdditionalEmails: []client.AdditionalEmail{{Email: "a@example.com"}, {Email: "b@example.com"}}},
			[]client.Drift{{Pointer: "/contact/additionalEmails/0", Want: "object", Got: "string"}, {Pointer: "/contact/additionalEmails/1", Want: "object", Got: "string"}},
		},
		{
			"email addresses as both", `"additionalEmails":[{"email":"a@example.com","validEmail":true},"b@example.com"]`,
			client.Contact{AdditionalEmails: []client.AdditionalEmail{{Email: "a@example.com", ValidEmail: json.RawMessage("true")}, {Email: "b@example.com"}}},
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
			client.Contact{DateAdded: parseTime(t, "2021-07-02T05:18:26.704Z")}, nil,
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
			client.Contact{InboundDNDSettings: client.InboundDNDSettings{All: client.InboundDNDSetting{Status: client.DNDActive, Message: "asked"}}},
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
