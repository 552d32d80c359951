package client_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// instant reads an instant in RFC 3339.
func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestAContactAsGetByIDSendsIt reads testdata/getContact.json: missing values, bare names in attributions, objects as e-mail
// addresses, custom fields of each kind, an unknown state of do-not-disturb.
func TestAContactAsGetByIDSendsIt(t *testing.T) {
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
			Timestamp: instant(t, "2021-07-02T05:18:26.704Z"),
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
		DateAdded: instant(t, "2021-07-02T05:18:26.704Z"), DateUpdated: instant(t, "2021-08-31T09:59:41.937Z"), DateOfBirth: "1990-09-25",
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
		LastActivity:     json.RawMessage(`"2021-07-16T11:39:30.564Z"`),
		SearchAfter:      []json.RawMessage{json.RawMessage(`1625203106704`), json.RawMessage(`"ocQHyuzHvysMo5N5VsXc"`)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := client.LastActivity(got); !got.Equal(instant(t, "2021-07-16T11:39:30.564Z")) {
		t.Errorf("last activity %v", got)
	}
}

// TestAPageAsTheListSendsIt reads testdata/getContacts.json: explicit nulls, lower-cased names with the case in the Raw ones,
// utm-prefixed names in attributions, one of them without url, milliseconds for the last activity.
func TestAPageAsTheListSendsIt(t *testing.T) {
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
		DateAdded:   instant(t, "2020-10-28T07:30:49.758Z"), DateUpdated: instant(t, "2021-08-31T09:59:41.937Z"),
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
		LastActivity: json.RawMessage(`1626435570564`),
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := client.LastActivity(&got.Contacts[0]); !got.Equal(instant(t, "2021-07-16T11:39:30.564Z")) {
		t.Errorf("last activity %v", got)
	}
}

// TestShapes reads what the API sends, or is said to send, one member at a time.
func TestShapes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		members string
		want    client.Contact
		drift   []client.Drift
	}{
		{"nothing but the id", ``, client.Contact{}, nil},
		{
			"nulls", `"firstName":null,"dnd":null,"dndSettings":null,"tags":null,"dateAdded":null,"createdBy":null,"attributions":null,"birthDay":null`,
			client.Contact{},
			nil,
		},
		{"null in a list", `"tags":[null,"vip"],"followers":[]`, client.Contact{Tags: []string{"", "vip"}, Followers: []string{}}, nil},
		{
			"e-mail addresses as texts", `"additionalEmails":["a@example.com","b@example.com"]`,
			client.Contact{AdditionalEmails: []client.AdditionalEmail{{Email: "a@example.com"}, {Email: "b@example.com"}}},
			[]client.Drift{{Pointer: "/contact/additionalEmails/0", Want: "object", Got: "string"}, {Pointer: "/contact/additionalEmails/1", Want: "object", Got: "string"}},
		},
		{
			"e-mail addresses as both", `"additionalEmails":[{"email":"a@example.com","validEmail":true},"b@example.com"]`,
			client.Contact{AdditionalEmails: []client.AdditionalEmail{{Email: "a@example.com", ValidEmail: json.RawMessage("true")}, {Email: "b@example.com"}}},
			[]client.Drift{{Pointer: "/contact/additionalEmails/1", Want: "object", Got: "string"}},
		},
		{"day of birth", `"dateOfBirth":"1990-09-25"`, client.Contact{DateOfBirth: "1990-09-25"}, nil},
		{"instant of birth", `"dateOfBirth":"1990-09-25T00:00:00.000Z"`, client.Contact{DateOfBirth: "1990-09-25T00:00:00.000Z"}, nil},
		{"an offset", `"dateAdded":"2021-07-02T10:48:26.704+05:30"`, client.Contact{DateAdded: instant(t, "2021-07-02T05:18:26.704Z")}, nil},
		{"no fraction", `"dateAdded":"2021-07-02T05:18:26Z"`, client.Contact{DateAdded: instant(t, "2021-07-02T05:18:26Z")}, nil},
		{
			"an empty date", `"dateAdded":""`,
			client.Contact{},
			[]client.Drift{{Pointer: "/contact/dateAdded", Want: "date-time", Got: "string"}},
		},
		{
			"an odd offset", `"dateAdded":"2021-07-02T10:48:26.704+0530"`,
			client.Contact{DateAdded: instant(t, "2021-07-02T05:18:26.704Z")},
			[]client.Drift{{Pointer: "/contact/dateAdded", Want: "date-time", Got: "string"}},
		},
		{
			"milliseconds", `"dateAdded":1625203106704`,
			client.Contact{DateAdded: instant(t, "2021-07-02T05:18:26.704Z")},
			[]client.Drift{{Pointer: "/contact/dateAdded", Want: "date-time", Got: "number"}},
		},
		{"a kind of contact of one's own", `"type":"tenant"`, client.Contact{Type: "tenant"}, nil},
		{
			"what create documents and nobody has seen",
			`"deleted":true,"bounceEmail":true,"unsubscribeEmail":true,"birthMonth":9,"birthDay":25,"lastSessionActivityAt":"2021-07-16T11:39:30.564Z","offers":["a"],"products":["b"],"gender":"male"`,
			client.Contact{
				Deleted: true, BounceEmail: true, UnsubscribeEmail: true, BirthMonth: 9, BirthDay: 25, Gender: "male",
				LastSessionActivityAt: instant(t, "2021-07-16T11:39:30.564Z"), Offers: []string{"a"}, Products: []string{"b"},
			},
			nil,
		},
		{
			"inbound do-not-disturb", `"inboundDndSettings":{"all":{"status":"active","message":"asked"}}`,
			client.Contact{InboundDNDSettings: client.InboundDNDSettings{All: client.InboundDNDSetting{Status: client.DNDActive, Message: "asked"}}},
			nil,
		},
		{
			"members that nobody knows", `"loyalty":{"points":[1,2]},"city":"Oslo","score":null`,
			client.Contact{City: "Oslo", Extra: []byte(`{"loyalty":{"points":[1,2]},"score":null}`)},
			nil,
		},
		{
			"members that nobody knows, beside an odd one", `"loyalty":{"points":[1,2]},"city":7,"score":null`,
			client.Contact{City: "7", Extra: []byte(`{"loyalty":{"points":[1,2]},"score":null}`)},
			[]client.Drift{{Pointer: "/contact/city", Want: "string", Got: "number"}},
		},
		{"another case is another member", `"City":"Oslo"`, client.Contact{Extra: []byte(`{"City":"Oslo"}`)}, nil},
		{"a member twice", `"city":"Oslo","city":"Rome"`, client.Contact{City: "Rome"}, nil},
		{"broken UTF-8", "\"city\":\"O\xffslo\"", client.Contact{City: "O\uFFFDslo"}, nil},
		{"a lone surrogate", `"city":"O\ud83dslo"`, client.Contact{City: "O\uFFFDslo"}, nil},
		{"an escaped character", `"city":"\u00c5s \ud83d\ude00"`, client.Contact{City: "Ås 😀"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, ok("\xEF\xBB\xBF"+contactBody(test.members)))
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
