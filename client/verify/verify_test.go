package verify_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// parse decodes JSON, so that a test case is one line.
func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestUnapplied(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, sent, got string
		want            []string
	}{
		{"nothing sent", `{}`, `{"city":"Berlin"}`, nil},
		{"name in contactName", `{"name":"Ada Lovelace"}`, `{"contactName":"ada lovelace"}`, nil},
		{"cleared", `{"city":null}`, `{}`, nil},
		{"cleared and still there", `{"city":null}`, `{"city":"Berlin"}`, []string{"city"}},
		{"cleared name still there", `{"name":null}`, `{"firstName":"Ada"}`, []string{"name"}},
		{"cleared phone", `{"phone":null}`, `{"phone":"+14155550100"}`, []string{"phone"}},
		{"national phone", `{"phone":"(415) 555-0100"}`, `{"phone":"+14155550100"}`, nil},
		{"trunk prefix", `{"phone":"030 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"trunk prefix in parentheses", `{"phone":"+44 (0)20 7946 0018"}`, `{"phone":"+442079460018"}`, nil},
		{"trunk prefix after the country", `{"phone":"+49 030 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"trunk prefix 8", `{"phone":"8 912 345-67-89"}`, `{"phone":"+79123456789"}`, nil},
		{"international prefix 00", `{"phone":"0049 30 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"international prefix 011", `{"phone":"011 49 30 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"Argentine mobile", `{"phone":"+54 11 15 2345-6789"}`, `{"phone":"+5491123456789"}`, nil},
		{"fullwidth digits", `{"phone":"＋１４１５５５５０１００"}`, `{"phone":"+14155550100"}`, nil},
		{"fullwidth extension", `{"phone":"＋１４１５５５５０１００＃５"}`, `{"phone":"+14155550100"}`, nil},
		{"Arabic digits", `{"phone":"+١٤١٥٥٥٥٠١٠٠"}`, `{"phone":"+14155550100"}`, nil},
		{"other Arabic phone", `{"phone":"٤١٥٥٥٥٠١٠٠"}`, `{"phone":"+14155550101"}`, []string{"phone"}},
		{"letters in a phone", `{"phone":"1-800-FLOWERS"}`, `{"phone":"+18003569377"}`, nil},
		{"extension", `{"phone":"+14155550100 ext. 5"}`, `{"phone":"+14155550100"}`, nil},
		{"other area code", `{"phone":"+12125550100"}`, `{"phone":"+14155550100"}`, []string{"phone"}},
		{"other national phone", `{"phone":"415 555 0100"}`, `{"phone":"+14155550101"}`, []string{"phone"}},
		{"country name", `{"country":"Germany"}`, `{"country":"DE"}`, nil},
		{"date one digit", `{"dateOfBirth":"1990.1.2"}`, `{"dateOfBirth":"1990-01-02"}`, nil},
		{"date as time", `{"dateOfBirth":"1990_12_31"}`, `{"dateOfBirth":"1990-12-31T00:00:00.000Z"}`, nil},
		{"date with offset", `{"dateOfBirth":"1990-12-31"}`, `{"dateOfBirth":"1990-12-31T23:00:00-05:00"}`, nil},
		{"date with offset to the east", `{"dateOfBirth":"1990-12-31"}`, `{"dateOfBirth":"1991-01-01T02:00:00+05:00"}`, nil},
		{"date unknown form", `{"dateOfBirth":"Dec 31, 1990"}`, `{"dateOfBirth":"1990-12-31"}`, nil},
		{"dnd off", `{"dnd":false}`, `{}`, nil},
		{"tag of a workflow", `{"tags":["new"]}`, `{"tags":["new","welcome"]}`, nil},
		{"tags still there", `{"tags":[]}`, `{"tags":["vip"]}`, []string{"tags"}},
		{"channel", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{"dndSettings":{"SMS":{"status":"active"},"Call":{"status":"inactive"}}}`, nil},
		{"channel without its message", `{"dndSettings":{"SMS":{"status":"active","message":"asked"}}}`, `{"dndSettings":{"SMS":{"status":"active","code":"103"}}}`, []string{"dndSettings/SMS"}},
		{"channel missing", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{"dndSettings":{"Call":{"status":"active"}}}`, []string{"dndSettings/SMS"}},
		{"amount", `{"customFields":[{"id":"a","field_value":"$1,200"}]}`, `{"customFields":[{"id":"a","value":1200}]}`, nil},
		{"long identifier", `{"customFields":[{"id":"a","field_value":"1234567890"}]}`, `{"customFields":[{"id":"a","value":1234567890}]}`, nil},
		{"other long identifier", `{"customFields":[{"id":"a","field_value":"1234567890"}]}`, `{"customFields":[{"id":"a","value":"1234567891"}]}`, []string{"customFields/a"}},
		{"other identifier of 18 digits", `{"customFields":[{"id":"a","field_value":"123456789012345678"}]}`, `{"customFields":[{"id":"a","value":123456789012345680}]}`, []string{"customFields/a"}},
		{"number with an exponent", `{"customFields":[{"id":"a","field_value":1e21}]}`, `{"customFields":[{"id":"a","value":1000000000000000000000}]}`, nil},
		{"other amount", `{"customFields":[{"id":"a","field_value":"1,234,567,890.25"}]}`, `{"customFields":[{"id":"a","value":1234567890.5}]}`, []string{"customFields/a"}},
		{"infinity", `{"customFields":[{"id":"a","field_value":"Infinity"}]}`, `{"customFields":[{"id":"a","value":5}]}`, []string{"customFields/a"}},
		{"infinity as another one", `{"customFields":[{"id":"a","field_value":"-inf"}]}`, `{"customFields":[{"id":"a","value":"infinity"}]}`, []string{"customFields/a"}},
		{"infinity unchanged", `{"customFields":[{"id":"a","field_value":"Infinity"}]}`, `{"customFields":[{"id":"a","value":"infinity"}]}`, nil},
		{"other number", `{"customFields":[{"id":"a","field_value":42}]}`, `{"customFields":[{"id":"a","value":43}]}`, []string{"customFields/a"}},
		{"date as number", `{"customFields":[{"id":"a","field_value":"2020-10-28"}]}`, `{"customFields":[{"id":"a","value":1603843200000}]}`, nil},
		{"date in another format", `{"customFields":[{"id":"a","field_value":"10/28/2020"}]}`, `{"customFields":[{"id":"a","value":"2020-10-28"}]}`, nil},
		{"date in another time zone", `{"customFields":[{"id":"a","field_value":"2020-10-28"}]}`, `{"customFields":[{"id":"a","value":"2020-10-27T19:00:00-05:00"}]}`, nil},
		{"midnight in another time zone", `{"customFields":[{"id":"a","field_value":"2020-10-28"}]}`, `{"customFields":[{"id":"a","value":"2020-10-28T05:00:00Z"}]}`, nil},
		{"date before 1970", `{"customFields":[{"id":"a","field_value":"1969-12-31"}]}`, `{"customFields":[{"id":"a","value":-86400000}]}`, nil},
		{"date as text", `{"customFields":[{"id":"a","field_value":"2020-10-28"}]}`, `{"customFields":[{"id":"a","value":"soon"}]}`, []string{"customFields/a"}},
		{"other custom date", `{"customFields":[{"id":"a","field_value":"2020-10-20"}]}`, `{"customFields":[{"id":"a","value":1603843200000}]}`, []string{"customFields/a"}},
		{"list order", `{"customFields":[{"id":"a","field_value":["x","y"]}]}`, `{"customFields":[{"id":"a","value":["y","x"]}]}`, nil},
		{"option dropped", `{"customFields":[{"id":"a","field_value":["x","z"]}]}`, `{"customFields":[{"id":"a","value":["x"]}]}`, []string{"customFields/a"}},
		{"single option", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{"customFields":[{"id":"a","value":["x"]}]}`, nil},
		{"Boolean as string", `{"customFields":[{"id":"a","field_value":true}]}`, `{"customFields":[{"id":"a","value":"true"}]}`, nil},
		{"phone field", `{"customFields":[{"id":"a","field_value":"(415) 555-0100"}]}`, `{"customFields":[{"id":"a","value":"+14155550100"}]}`, nil},
		{"Arabic phone field", `{"customFields":[{"id":"a","field_value":"٤١٥٥٥٥٠١٠٠"}]}`, `{"customFields":[{"id":"a","value":"+14155550100"}]}`, nil},
		{"field cleared", `{"customFields":[{"id":"a","field_value":""}]}`, `{"customFields":[{"id":"a","value":null}]}`, nil},
		{"field still there", `{"customFields":[{"id":"a","field_value":null}]}`, `{"customFields":[{"id":"a","value":"x"}]}`, []string{"customFields/a"}},
		{"field sent twice, last value", `{"customFields":[{"id":"a","field_value":"x"},{"id":"a","field_value":"y"}]}`, `{"customFields":[{"id":"a","value":"y"}]}`, nil},
		{"field sent twice, first value", `{"customFields":[{"id":"a","field_value":"x"},{"id":"a","field_value":"y"}]}`, `{"customFields":[{"id":"a","value":"x"}]}`, nil},
		{"field sent by ID and key", `{"customFields":[{"id":"idOfSize","field_value":"9"},{"key":"size","field_value":"10"}]}`, `{"customFields":[{"id":"idOfSize","value":"9"}]}`, nil},
		{"field sent twice, other value", `{"customFields":[{"id":"a","field_value":"x"},{"id":"a","field_value":"y"}]}`, `{"customFields":[{"id":"a","value":"z"}]}`, []string{"customFields/a"}},
		{"key with ID", `{"customFields":[{"key":"size","field_value":"9"}]}`, `{}`, []string{"customFields/idOfSize"}},
		{"key without ID", `{"customFields":[{"key":"color","field_value":"red"}]}`, `{}`, nil},
		{"order of names", `{"city":"a","address1":"b","tags":["c"]}`, `{}`, []string{"address1", "city", "tags/c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sent, got := parse[client.UpsertContactRequest](t, tt.sent), parse[client.Contact](t, tt.got)
			if names := verify.Unapplied(sent, &got, nil, client.CustomFieldDefinitions{{ID: "idOfSize", Key: "contact.size"}}); !slices.Equal(names, tt.want) {
				t.Errorf("got %q, want %q", names, tt.want)
			}
		})
	}
}

// values are the properties that can be verified: a value to send, a form in which the API may store
// it, another value, and the name of the property in a result if it is not the key.
var values = map[string]struct{ sent, stored, other, name string }{
	"address1":           {sent: `" 1  Main St"`, stored: `{"address1":"1 main st"}`, other: `{"address1":"2 Main St"}`},
	"assignedTo":         {sent: `"ocQHyuzHvysMo5N5VsXc"`, stored: `{"assignedTo":"ocQHyuzHvysMo5N5VsXc"}`, other: `{"assignedTo":"bcQHyuzHvysMo5N5VsXd"}`},
	"city":               {sent: `"Berlin"`, stored: `{"city":"Berlin"}`, other: `{"city":"Paris"}`},
	"companyName":        {sent: `"Acme"`, stored: `{"companyName":"Acme"}`, other: `{"companyName":"Apex"}`},
	"country":            {sent: `"us"`, stored: `{"country":"US"}`, other: `{"country":"DE"}`},
	"customFields":       {sent: `[{"id":"a","field_value":"x"}]`, stored: `{"customFields":[{"id":"a","value":"x"}]}`, other: `{"customFields":[{"id":"a","value":"y"}]}`, name: "customFields/a"},
	"dateOfBirth":        {sent: `"12/31/1990"`, stored: `{"dateOfBirth":"1990-12-31"}`, other: `{"dateOfBirth":"1991-12-31"}`},
	"dnd":                {sent: `true`, stored: `{"dnd":true}`, other: `{"dnd":false}`},
	"dndSettings":        {sent: `{"SMS":{"status":"active"}}`, stored: `{"dndSettings":{"SMS":{"status":"active"}}}`, other: `{"dndSettings":{"SMS":{"status":"inactive"}}}`, name: "dndSettings/SMS"},
	"email":              {sent: `" Ada@Example.com"`, stored: `{"email":"ada@example.com"}`, other: `{"email":"grace@example.com"}`},
	"firstName":          {sent: `"Ada"`, stored: `{"firstName":"ada"}`, other: `{"firstName":"Grace"}`},
	"gender":             {sent: `"female"`, stored: `{"gender":"female"}`, other: `{"gender":"male"}`},
	"inboundDndSettings": {sent: `{"all":{"status":"active"}}`, stored: `{"inboundDndSettings":{"all":{"status":"active"}}}`, other: `{"inboundDndSettings":{"all":{"status":"inactive"}}}`, name: "inboundDndSettings/all"},
	"keyword":            {sent: `"summer"`, stored: `{"keyword":"summer"}`, other: `{"keyword":"winter"}`},
	"lastName":           {sent: `"Lovelace"`, stored: `{"lastName":"Lovelace"}`, other: `{"lastName":"Hopper"}`},
	"name":               {sent: `"Ada Lovelace"`, stored: `{"firstName":"Ada","lastName":"Lovelace"}`, other: `{"name":"Grace Hopper"}`},
	"phone":              {sent: `"+1 (415) 555-0100"`, stored: `{"phone":"+14155550100"}`, other: `{"phone":"+14155550101"}`},
	"postalCode":         {sent: `"94103"`, stored: `{"postalCode":"94103"}`, other: `{"postalCode":"94104"}`},
	"source":             {sent: `"webinar"`, stored: `{"source":"webinar"}`, other: `{"source":"fair"}`},
	"ssn":                {sent: `"078-05-1120"`, stored: `{"ssn":"078-05-1120"}`, other: `{"ssn":"219-09-9999"}`},
	"state":              {sent: `"CA"`, stored: `{"state":"ca"}`, other: `{"state":"NY"}`},
	"tags":               {sent: `[" VIP ","vip",""]`, stored: `{"tags":["vip"]}`, other: `{"tags":["new"]}`, name: "tags/vip"},
	"timezone":           {sent: `"Europe/Berlin"`, stored: `{"timezone":"Europe/Berlin"}`, other: `{"timezone":"Europe/Paris"}`},
	"type":               {sent: `"lead"`, stored: `{"type":"lead"}`, other: `{"type":"customer"}`},
	"website":            {sent: `"https://example.com/"`, stored: `{"website":"example.com"}`, other: `{"website":"example.org"}`},
}

func TestUnapplied_EveryProperty(t *testing.T) {
	t.Parallel()
	testEveryProperty[client.CreateContactRequest](t)
	testEveryProperty[client.UpdateContactRequest](t)
	testEveryProperty[client.UpsertContactRequest](t)
}

func testEveryProperty[R verify.Request](t *testing.T) {
	t.Helper()
	for field := range reflect.TypeFor[R]().Fields() {
		property, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		value, ok := values[property]
		if !ok {
			if property != "locationId" && property != "createNewIfDuplicateAllowed" { // a contact does not store them
				t.Errorf("%T: no value for %s", *new(R), property)
			}
			continue
		}
		sent := parse[R](t, fmt.Sprintf(`{%q:%s}`, property, value.sent))
		stored, other := parse[client.Contact](t, value.stored), parse[client.Contact](t, value.other)
		if names := verify.Unapplied(sent, &stored); names != nil {
			t.Errorf("%T: %s: got %q, want nil for a stored value", sent, property, names)
		}
		want := []string{cmp.Or(value.name, property)}
		if names := verify.Unapplied(sent, &other); !slices.Equal(names, want) {
			t.Errorf("%T: %s: got %q, want %q for another value", sent, property, names, want)
		}
		if strings.HasSuffix(property, "ndSettings") { // some responses do not have them
			want = nil
		}
		for _, empty := range []*client.Contact{{}, nil} {
			if names := verify.Unapplied(sent, empty); !slices.Equal(names, want) {
				t.Errorf("%T: %s: got %q, want %q for no value", sent, property, names, want)
			}
		}
	}
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	sent := client.UpsertContactRequest{City: client.Set("Berlin"), Gender: client.Set("female")}
	stored := client.Contact{City: "Paris", Gender: "female"}
	for _, tt := range []struct {
		name string
		got  *client.UpsertContactResult
		want []string
	}{
		{"created", &client.UpsertContactResult{New: true, Contact: stored}, []string{"city"}},
		{"updated", &client.UpsertContactResult{Contact: stored}, []string{"city", "gender"}},
		{"updated without gender", &client.UpsertContactResult{}, []string{"city", "gender"}},
		{"no result", nil, []string{"city", "gender"}},
	} {
		if names := verify.Upsert(sent, tt.got); !slices.Equal(names, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, names, tt.want)
		}
	}
}

func TestUnverifiable(t *testing.T) {
	t.Parallel()
	sent := client.CreateContactRequest{CustomFields: []client.CustomFieldInput{
		client.NewCustomField("id", 1), client.NewCustomFieldByKey("size", 2), client.NewCustomFieldByKey("color", 3),
	}}
	size, color := client.CustomFieldDefinition{ID: "x", Key: "contact.size"}, client.CustomFieldDefinition{ID: "y", Key: "color"}
	if names := verify.Unverifiable(sent, client.CustomFieldDefinitions{size}); !slices.Equal(names, []string{"customFields/color"}) {
		t.Errorf("got %q", names)
	}
	if names := verify.Unverifiable(sent, client.CustomFieldDefinitions{size}, client.CustomFieldDefinitions{color}); names != nil {
		t.Errorf("got %q, want nil", names)
	}
}

func TestUnapplied_ValuesThatTheFakeStores(t *testing.T) {
	t.Parallel()
	samples := clienttest.NewServer(t, clienttest.WithRateLimit(clienttest.RateLimit{}))
	if err := samples.SeedSamples(500); err != nil {
		t.Fatal(err)
	}
	hl := clienttest.NewServer(t, clienttest.WithRateLimit(clienttest.RateLimit{}), clienttest.WithoutValidation())
	c := hl.Client()
	for _, contact := range samples.Contacts() {
		request := client.CreateContactRequest{
			FirstName: contact.FirstName, LastName: contact.LastName, Email: contact.Email, Phone: contact.Phone, City: contact.City,
			CompanyName: contact.CompanyName, Country: contact.Country, PostalCode: contact.PostalCode, State: contact.State, Tags: contact.Tags,
			Address1: contact.Address1, Website: contact.Website, Timezone: contact.Timezone, Source: contact.Source, DateOfBirth: string(contact.DateOfBirth),
		}
		for _, field := range contact.CustomFields {
			request.CustomFields = append(request.CustomFields, client.NewCustomField(field.ID, field.Value))
		}
		created, err := c.Contacts.Create(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Contacts.Get(t.Context(), created.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, response := range []*client.Contact{created, got} {
			if names := verify.Unapplied(request, response); names != nil {
				t.Errorf("got %q, want none", names)
			}
		}
	}
}
