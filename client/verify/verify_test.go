package verify_test

import (
	"encoding/json"
	"slices"
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
		{"same", `{"city":"Berlin"}`, `{"city":"Berlin"}`, nil},
		{"different", `{"city":"Berlin"}`, `{"city":"Paris"}`, []string{"city"}},
		{"missing", `{"city":"Berlin"}`, `{}`, []string{"city"}},
		{"white space", `{"address1":" 1  Main St "}`, `{"address1":"1 Main St"}`, nil},
		{"lower-case name of a list", `{"firstName":"Ada"}`, `{"firstName":"ada"}`, nil},
		{"other first name", `{"firstName":"Ada"}`, `{"firstName":"Grace"}`, []string{"firstName"}},
		{"name in two parts", `{"name":"Ada Lovelace"}`, `{"firstName":"Ada","lastName":"Lovelace"}`, nil},
		{"name in contactName", `{"name":"Ada Lovelace"}`, `{"contactName":"ada lovelace"}`, nil},
		{"other name", `{"name":"Ada Lovelace"}`, `{"name":"Grace Hopper"}`, []string{"name"}},
		{"email case", `{"email":" Ada@Example.com"}`, `{"email":"ada@example.com"}`, nil},
		{"ignored email", `{"email":"ada@example.com"}`, `{"email":"grace@example.com"}`, []string{"email"}},
		{"cleared", `{"city":null}`, `{}`, nil},
		{"cleared and still there", `{"city":null}`, `{"city":"Berlin"}`, []string{"city"}},
		{"emptied and still there", `{"city":""}`, `{"city":"Berlin"}`, []string{"city"}},
		{"cleared name still there", `{"name":null}`, `{"firstName":"Ada"}`, []string{"name"}},
		{"cleared phone", `{"phone":null}`, `{"phone":"+14155550100"}`, []string{"phone"}},
		{"phone E.164", `{"phone":"+14155550100"}`, `{"phone":"+14155550100"}`, nil},
		{"phone punctuation", `{"phone":"+1 (415) 555-0100"}`, `{"phone":"+14155550100"}`, nil},
		{"national phone", `{"phone":"(415) 555-0100"}`, `{"phone":"+14155550100"}`, nil},
		{"trunk prefix", `{"phone":"030 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"trunk prefix in parentheses", `{"phone":"+44 (0)20 7946 0018"}`, `{"phone":"+442079460018"}`, nil},
		{"trunk prefix after the country", `{"phone":"+49 030 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"trunk prefix 8", `{"phone":"8 912 345-67-89"}`, `{"phone":"+79123456789"}`, nil},
		{"international prefix 00", `{"phone":"0049 30 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"international prefix 011", `{"phone":"011 49 30 901820"}`, `{"phone":"+4930901820"}`, nil},
		{"Argentine mobile", `{"phone":"+54 11 15 2345-6789"}`, `{"phone":"+5491123456789"}`, nil},
		{"fullwidth digits", `{"phone":"＋１４１５５５５０１００"}`, `{"phone":"+14155550100"}`, nil},
		{"fullwidth trunk prefix", `{"phone":"＋４４（０）２０　７９４６　００１８"}`, `{"phone":"+442079460018"}`, nil},
		{"fullwidth extension", `{"phone":"＋１４１５５５５０１００＃５"}`, `{"phone":"+14155550100"}`, nil},
		{"other fullwidth phone", `{"phone":"＋１４１５５５５０１００"}`, `{"phone":"+14155550101"}`, []string{"phone"}},
		{"Arabic digits", `{"phone":"+١٤١٥٥٥٥٠١٠٠"}`, `{"phone":"+14155550100"}`, nil},
		{"national Arabic digits", `{"phone":"٤١٥٥٥٥٠١٠٠"}`, `{"phone":"+14155550100"}`, nil},
		{"other Arabic phone", `{"phone":"٤١٥٥٥٥٠١٠٠"}`, `{"phone":"+14155550101"}`, []string{"phone"}},
		{"letters in a phone", `{"phone":"1-800-FLOWERS"}`, `{"phone":"+18003569377"}`, nil},
		{"extension", `{"phone":"+14155550100 ext. 5"}`, `{"phone":"+14155550100"}`, nil},
		{"other area code", `{"phone":"+12125550100"}`, `{"phone":"+14155550100"}`, []string{"phone"}},
		{"other national phone", `{"phone":"415 555 0100"}`, `{"phone":"+14155550101"}`, []string{"phone"}},
		{"ignored phone", `{"phone":"+14155550100"}`, `{}`, []string{"phone"}},
		{"country case", `{"country":"us"}`, `{"country":"US"}`, nil},
		{"other country", `{"country":"US"}`, `{"country":"DE"}`, []string{"country"}},
		{"country name", `{"country":"Germany"}`, `{"country":"DE"}`, nil},
		{"dropped country", `{"country":"Germany"}`, `{}`, []string{"country"}},
		{"date year first", `{"dateOfBirth":"1990-12-31"}`, `{"dateOfBirth":"1990-12-31"}`, nil},
		{"date year last", `{"dateOfBirth":"12/31/1990"}`, `{"dateOfBirth":"1990-12-31"}`, nil},
		{"date one digit", `{"dateOfBirth":"1990.1.2"}`, `{"dateOfBirth":"1990-01-02"}`, nil},
		{"date as time", `{"dateOfBirth":"1990_12_31"}`, `{"dateOfBirth":"1990-12-31T00:00:00.000Z"}`, nil},
		{"date with offset", `{"dateOfBirth":"1990-12-31"}`, `{"dateOfBirth":"1990-12-31T23:00:00-05:00"}`, nil},
		{"date unknown form", `{"dateOfBirth":"Dec 31, 1990"}`, `{"dateOfBirth":"1990-12-31"}`, nil},
		{"other date", `{"dateOfBirth":"1990-12-31"}`, `{"dateOfBirth":"1991-12-31"}`, []string{"dateOfBirth"}},
		{"website scheme", `{"website":"https://example.com/"}`, `{"website":"example.com"}`, nil},
		{"other website", `{"website":"example.com"}`, `{"website":"example.org"}`, []string{"website"}},
		{"gender missing", `{"gender":"female"}`, `{}`, []string{"gender"}},
		{"dnd", `{"dnd":true}`, `{"dnd":true}`, nil},
		{"dnd dropped", `{"dnd":true}`, `{}`, []string{"dnd"}},
		{"dnd off", `{"dnd":false}`, `{}`, nil},
		{"dnd off and still on", `{"dnd":false}`, `{"dnd":true}`, []string{"dnd"}},
		{"tags normalized", `{"tags":[" VIP ","vip",""]}`, `{"tags":["vip"]}`, nil},
		{"tag missing", `{"tags":["VIP","new"]}`, `{"tags":["new"]}`, []string{"tags/vip"}},
		{"tag of a workflow", `{"tags":["new"]}`, `{"tags":["new","welcome"]}`, nil},
		{"tags removed", `{"tags":[]}`, `{}`, nil},
		{"tags still there", `{"tags":[]}`, `{"tags":["vip"]}`, []string{"tags"}},
		{"channel", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{"dndSettings":{"SMS":{"status":"active"},"Call":{"status":"inactive"}}}`, nil},
		{"channel other status", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{"dndSettings":{"SMS":{"status":"inactive"}}}`, []string{"dndSettings/SMS"}},
		{"channel missing", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{"dndSettings":{"Call":{"status":"active"}}}`, []string{"dndSettings/SMS"}},
		{"no channels in the response", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{}`, nil},
		{"inbound", `{"inboundDndSettings":{"all":{"status":"active"}}}`, `{"inboundDndSettings":{"all":{"status":"inactive"}}}`, []string{"inboundDndSettings/all"}},
		{"field", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{"customFields":[{"id":"a","value":"x"}]}`, nil},
		{"field dropped", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{}`, []string{"customFields/a"}},
		{"field other value", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{"customFields":[{"id":"a","value":"y"}]}`, []string{"customFields/a"}},
		{"number as string", `{"customFields":[{"id":"a","field_value":"42.50"}]}`, `{"customFields":[{"id":"a","value":42.5}]}`, nil},
		{"amount", `{"customFields":[{"id":"a","field_value":"$1,200"}]}`, `{"customFields":[{"id":"a","value":1200}]}`, nil},
		{"other number", `{"customFields":[{"id":"a","field_value":42}]}`, `{"customFields":[{"id":"a","value":43}]}`, []string{"customFields/a"}},
		{"date as number", `{"customFields":[{"id":"a","field_value":"2020-10-28"}]}`, `{"customFields":[{"id":"a","value":1603843200000}]}`, nil},
		{"other custom date", `{"customFields":[{"id":"a","field_value":"2020-10-20"}]}`, `{"customFields":[{"id":"a","value":1603843200000}]}`, []string{"customFields/a"}},
		{"list order", `{"customFields":[{"id":"a","field_value":["x","y"]}]}`, `{"customFields":[{"id":"a","value":["y","x"]}]}`, nil},
		{"option dropped", `{"customFields":[{"id":"a","field_value":["x","z"]}]}`, `{"customFields":[{"id":"a","value":["x"]}]}`, []string{"customFields/a"}},
		{"single option", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{"customFields":[{"id":"a","value":["x"]}]}`, nil},
		{"Boolean as string", `{"customFields":[{"id":"a","field_value":true}]}`, `{"customFields":[{"id":"a","value":"true"}]}`, nil},
		{"phone field", `{"customFields":[{"id":"a","field_value":"(415) 555-0100"}]}`, `{"customFields":[{"id":"a","value":"+14155550100"}]}`, nil},
		{"fullwidth phone field", `{"customFields":[{"id":"a","field_value":"（４１５）５５５－０１００"}]}`, `{"customFields":[{"id":"a","value":"+14155550100"}]}`, nil},
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
			keys := verify.WithFieldKeys(map[string]string{"contact.size": "idOfSize"})
			if names := verify.Unapplied(sent, &got, keys); !slices.Equal(names, tt.want) {
				t.Errorf("got %q, want %q", names, tt.want)
			}
		})
	}
}

func TestUnapplied_Types(t *testing.T) {
	t.Parallel()
	want := []string{"city"}
	contact := client.Contact{City: "Paris"}
	update := client.UpdateContactRequest{City: client.Set("Berlin")}
	create := client.CreateContactRequest{City: "Berlin"}
	upsert := client.UpsertContactRequest{City: client.Set("Berlin")}
	result := client.UpsertContactResult{New: true, Contact: contact}
	for _, sent := range []any{update, &update, create, &create, upsert, &upsert} {
		for _, got := range []any{contact, &contact, result, &result} {
			if names := verify.Unapplied(sent, got); !slices.Equal(names, want) {
				t.Errorf("%T, %T: got %q, want %q", sent, got, names, want)
			}
		}
	}
	for _, pair := range [][2]any{
		{nil, nil},
		{"text", &contact},
		{update, 5},
		{update, (*client.Contact)(nil)},
		{update, (*client.UpsertContactResult)(nil)},
		{(*client.UpdateContactRequest)(nil), contact},
		{(*client.CreateContactRequest)(nil), contact},
		{(*client.UpsertContactRequest)(nil), contact},
	} {
		if names := verify.Unapplied(pair[0], pair[1]); names != nil {
			t.Errorf("%T, %T: got %q, want nil", pair[0], pair[1], names)
		}
	}
}

func TestUnverifiable(t *testing.T) {
	t.Parallel()
	sent := client.CreateContactRequest{CustomFields: []client.CustomFieldInput{
		client.NewCustomField("id", 1), client.NewCustomFieldByKey("size", 2), client.NewCustomFieldByKey("color", 3),
	}}
	if names := verify.Unverifiable(sent, verify.WithFieldKeys(map[string]string{"size": "x"})); !slices.Equal(names, []string{"customFields/color"}) {
		t.Errorf("got %q", names)
	}
	if names := verify.Unverifiable("text"); names != nil {
		t.Errorf("got %q, want nil", names)
	}
}

// The fake silently discards values, as the API does.
func TestUnapplied_ValuesThatTheFakeDiscards(t *testing.T) {
	t.Parallel()
	hl := clienttest.NewServer(t)
	c := hl.Client()
	field := clienttest.SampleFields()[0]
	hl.Seed(
		client.Contact{Email: "ada@example.com", Gender: "male"},
		client.Contact{Email: "grace@example.com", Phone: "+14155550100"},
	)
	upsert := func(request client.UpsertContactRequest, want ...string) {
		t.Helper()
		result, err := c.Contacts.Upsert(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if names := verify.Unapplied(request, result); !slices.Equal(names, want) {
			t.Errorf("got %q, want %q", names, want)
		}
	}
	upsert(client.UpsertContactRequest{Email: client.Set("ada@example.com"), Phone: client.Set("+14155550100")}, "phone")
	upsert(client.UpsertContactRequest{Email: client.Set("ada@example.com"), Gender: client.Set("female")}, "gender")
	upsert(client.UpsertContactRequest{Email: client.Set("ada@example.com"), CustomFields: []client.CustomFieldInput{
		client.NewCustomField("doesNotExist00000000", "x"), client.NewCustomField(field.ID, "12"),
	}}, "customFields/doesNotExist00000000")
	upsert(client.UpsertContactRequest{
		Email: client.Set(" Edsger@Example.com"), Phone: client.Set("(415) 555-0199"), Name: client.Set("Edsger  Dijkstra"),
		DateOfBirth: client.Set("05/11/1930"), Country: client.Set("nl"), Tags: []string{" VIP "}, Gender: client.Set("male"), DND: client.Set(true),
		DNDSettings: client.DNDSettingsInput{SMS: client.DNDSettingInput{Status: client.DNDActive}},
	})
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
			Address1: contact.Address1, Website: contact.Website, Timezone: contact.Timezone, Source: contact.Source, DateOfBirth: contact.DateOfBirth,
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
