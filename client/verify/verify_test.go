package verify_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// TestUnapplied compares requests with contacts, both as JSON: each name in want is unapplied.
func TestUnapplied(t *testing.T) {
	for _, test := range []struct {
		name, sent, got string
		want            []string
	}{
		{"nothing", `{}`, `{"city":"Oslo"}`, nil},
		{"text", `{"city":"Oslo"}`, `{"city":"Oslo"}`, nil},
		{"text with spaces and case", `{"city":"  new  york "}`, `{"city":"New York"}`, nil},
		{"other text", `{"city":"Oslo"}`, `{"city":"Bergen"}`, []string{"city"}},
		{"missing text", `{"city":"Oslo"}`, `{}`, []string{"city"}},
		{"several", `{"city":"Oslo","state":"Viken"}`, `{}`, []string{"city", "state"}},
		{"cleared by null", `{"city":null}`, `{}`, nil},
		{"null ignored", `{"city":null}`, `{"city":"Oslo"}`, []string{"city"}},
		{"empty string ignored", `{"city":""}`, `{"city":"Oslo"}`, []string{"city"}},
		{"white space clears", `{"city":"  "}`, `{}`, nil},
		{"address", `{"address1":"1 Main St"}`, `{"address1":"2 Main St"}`, []string{"address1"}},
		{"source", `{"source":"import"}`, `{"source":"form"}`, []string{"source"}},
		{"assigned user", `{"assignedTo":"u1"}`, `{"assignedTo":""}`, []string{"assignedTo"}},
		{"email in upper case", `{"email":"Ada@Example.com"}`, `{"email":"ada@example.com"}`, nil},
		{"email of the existing contact", `{"email":"b@example.com"}`, `{"email":"a@example.com"}`, []string{"email"}},
		{"phone E.164", `{"phone":"+12125550100"}`, `{"phone":"+12125550100"}`, nil},
		{"phone with punctuation", `{"phone":"+1 (212) 555-0100"}`, `{"phone":"+12125550100"}`, nil},
		{"national phone", `{"phone":"(212) 555-0100"}`, `{"phone":"+12125550100"}`, nil},
		{"phone with trunk prefix", `{"phone":"020 7946 0123"}`, `{"phone":"+442079460123"}`, nil},
		{"phone with 00", `{"phone":"0044 20 7946 0123"}`, `{"phone":"+442079460123"}`, nil},
		{"phone with 011", `{"phone":"011 44 20 7946 0123"}`, `{"phone":"+442079460123"}`, nil},
		{"phone with (0)", `{"phone":"+44 (0)20 7946 0123"}`, `{"phone":"+442079460123"}`, nil},
		{"phone with 0 after the country", `{"phone":"+44 020 7946 0123"}`, `{"phone":"+442079460123"}`, nil},
		{"phone with extension", `{"phone":"+12125550100 ext 5"}`, `{"phone":"+12125550100"}`, nil},
		{"phone in letters", `{"phone":"1-800-FLOWERS"}`, `{"phone":"+18003569377"}`, nil},
		{"Russian trunk prefix", `{"phone":"8 495 123-45-67"}`, `{"phone":"+74951234567"}`, nil},
		{"other phone", `{"phone":"+12125550100"}`, `{"phone":"+12125550101"}`, []string{"phone"}},
		{"other area code", `{"phone":"+12125550100"}`, `{"phone":"+14155550100"}`, []string{"phone"}},
		{"phone ignored", `{"phone":"+12125550100"}`, `{}`, []string{"phone"}},
		{"first name in lower case", `{"firstName":"Ada"}`, `{"firstName":"ada"}`, nil},
		{"raw first name", `{"firstName":"Ada"}`, `{"firstNameRaw":"Ada"}`, nil},
		{"other last name", `{"lastName":"King"}`, `{"lastName":"Byron"}`, []string{"lastName"}},
		{"cleared last name", `{"lastName":null}`, `{"lastName":"Byron"}`, []string{"lastName"}},
		{"name split", `{"name":"Ada Lovelace"}`, `{"firstName":"ada","lastName":"lovelace"}`, nil},
		{"full name", `{"name":"Ada Lovelace"}`, `{"fullNameLowerCase":"ada lovelace"}`, nil},
		{"other name", `{"name":"Ada Lovelace"}`, `{"firstName":"Grace","lastName":"Hopper"}`, []string{"name"}},
		{"postal code", `{"postalCode":"sw1a1aa"}`, `{"postalCode":"SW1A 1AA"}`, nil},
		{"country in lower case", `{"country":"no"}`, `{"country":"NO"}`, nil},
		{"other country", `{"country":"NO"}`, `{"country":"US"}`, []string{"country"}},
		{"country by name", `{"country":"Norway"}`, `{"country":"NO"}`, nil},
		{"country UK", `{"country":"UK"}`, `{"country":"GB"}`, nil},
		{"website", `{"website":"https://www.example.com/"}`, `{"website":"example.com"}`, nil},
		{"other website", `{"website":"example.com"}`, `{"website":"example.org"}`, []string{"website"}},
		{"time zone", `{"timezone":"Europe/Oslo"}`, `{"timezone":"US/Pacific"}`, []string{"timezone"}},
		{"abbreviated time zone", `{"timezone":"CET"}`, `{"timezone":"Europe/Oslo"}`, nil},
		{"birth day, year first", `{"dateOfBirth":"1815/12/10"}`, `{"dateOfBirth":"1815-12-10"}`, nil},
		{"birth day, year last", `{"dateOfBirth":"12_10_1815"}`, `{"dateOfBirth":"1815-12-10"}`, nil},
		{"birth day as a time", `{"dateOfBirth":"1815-12-10"}`, `{"dateOfBirth":"1815-12-10T00:00:00.000Z"}`, nil},
		{"other birth day", `{"dateOfBirth":"1815-12-10"}`, `{"dateOfBirth":"1815-10-12"}`, []string{"dateOfBirth"}},
		{"gender", `{"gender":"female"}`, `{"gender":"Female"}`, nil},
		{"gender discarded", `{"gender":"female"}`, `{}`, []string{"gender"}},
		{"tags normalized", `{"tags":[" VIP ","new","new",""]}`, `{"tags":["vip","new"]}`, nil},
		{"tag missing", `{"tags":["vip","new"]}`, `{"tags":["vip"]}`, []string{"tags/new"}},
		{"tag of a workflow", `{"tags":["vip"]}`, `{"tags":["vip","welcome"]}`, nil},
		{"tags cleared", `{"tags":[]}`, `{}`, nil},
		{"tags not cleared", `{"tags":[]}`, `{"tags":["vip"]}`, []string{"tags"}},
		{"dnd set", `{"dnd":true}`, `{"dnd":true}`, nil},
		{"dnd ignored", `{"dnd":true}`, `{}`, []string{"dnd"}},
		{"dnd reset", `{"dnd":false}`, `{}`, nil},
		{"channel", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{"dndSettings":{"SMS":{"status":"active"}}}`, nil},
		{"channel ignored", `{"dndSettings":{"SMS":{"status":"active"}}}`, `{}`, []string{"dndSettings/SMS"}},
		{"channel inactive", `{"dndSettings":{"SMS":{"status":"inactive"}}}`, `{}`, nil},
		{"inbound", `{"inboundDndSettings":{"all":{"status":"active"}}}`, `{}`, []string{"inboundDndSettings/all"}},
		{"field", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{"customFields":[{"id":"a","value":"x"}]}`, nil},
		{"field dropped", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{}`, []string{"customFields/a"}},
		{"field with the old value", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{"customFields":[{"id":"a","value":"y"}]}`, []string{"customFields/a"}},
		{"field cleared", `{"customFields":[{"id":"a","field_value":""}]}`, `{"customFields":[{"id":"a","value":""}]}`, nil},
		{"field not cleared", `{"customFields":[{"id":"a","field_value":null}]}`, `{"customFields":[{"id":"a","value":"y"}]}`, []string{"customFields/a"}},
		{"number as a string", `{"customFields":[{"id":"a","field_value":"12.50"}]}`, `{"customFields":[{"id":"a","value":12.5}]}`, nil},
		{"money", `{"customFields":[{"id":"a","field_value":"$1,200"}]}`, `{"customFields":[{"id":"a","value":1200}]}`, nil},
		{"other number", `{"customFields":[{"id":"a","field_value":3}]}`, `{"customFields":[{"id":"a","value":4}]}`, []string{"customFields/a"}},
		{"date as milliseconds", `{"customFields":[{"id":"a","field_value":"2026-01-02"}]}`, `{"customFields":[{"id":"a","value":1767312000000}]}`, nil},
		{"phone field", `{"customFields":[{"id":"a","field_value":"(212) 555-0100"}]}`, `{"customFields":[{"id":"a","value":"+12125550100"}]}`, nil},
		{"options in another order", `{"customFields":[{"id":"a","field_value":["x","y"]}]}`, `{"customFields":[{"id":"a","value":["y","x"]}]}`, nil},
		{"option dropped", `{"customFields":[{"id":"a","field_value":["x","y"]}]}`, `{"customFields":[{"id":"a","value":["y"]}]}`, []string{"customFields/a"}},
		{"one option as a list", `{"customFields":[{"id":"a","field_value":"x"}]}`, `{"customFields":[{"id":"a","value":["x"]}]}`, nil},
		{"field by unknown key", `{"customFields":[{"key":"k","field_value":"x"}]}`, `{}`, nil},
		{"field by known key", `{"customFields":[{"key":"contact.size","field_value":"x"}]}`, `{}`, []string{"customFields/s"}},
		{"field by known key, stored", `{"customFields":[{"key":"size","field_value":"x"}]}`, `{"customFields":[{"id":"s","value":"x"}]}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sent client.UpsertContactRequest
			var got client.Contact
			if err := json.Unmarshal([]byte(test.sent), &sent); err != nil {
				t.Fatal(err)
			}
			contact, _, err := client.DecodeContact([]byte(test.got))
			if err != nil {
				t.Fatal(err)
			}
			got = *contact
			keys := verify.WithFieldKeys(map[string]string{"contact.size": "s"})
			if names := verify.Unapplied(sent, &got, keys); !slices.Equal(names, test.want) {
				t.Errorf("got %q, want %q", names, test.want)
			}
			if names := verify.Unapplied(&sent, client.UpsertContactResult{New: true, Contact: got}, keys); !slices.Equal(names, test.want) {
				t.Errorf("in a result: got %q, want %q", names, test.want)
			}
		})
	}
}

func TestUnappliedReportsGenderOfAnUpdate(t *testing.T) {
	sent := client.UpsertContactRequest{Gender: client.Set("female")}
	got := client.UpsertContactResult{Contact: client.Contact{Gender: "female"}}
	if names := verify.Unapplied(sent, &got); !slices.Equal(names, []string{"gender"}) {
		t.Errorf("got %q, want gender: the API returns it and does not store it", names)
	}
}

func TestUnappliedIgnoresOtherTypes(t *testing.T) {
	var none *client.Contact
	for _, pair := range [][2]any{{"text", &client.Contact{}}, {client.UpdateContactRequest{City: client.Set("Oslo")}, none}, {nil, nil}} {
		if names := verify.Unapplied(pair[0], pair[1]); names != nil {
			t.Errorf("Unapplied(%T, %T): got %q, want nil", pair[0], pair[1], names)
		}
	}
}

func TestUnverifiable(t *testing.T) {
	sent := client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{
		client.NewCustomField("a", 1), client.NewCustomFieldByKey("size", 2), client.NewCustomFieldByKey("color", 3),
	}}
	got := verify.Unverifiable(sent, verify.WithFieldKeys(map[string]string{"contact.size": "s"}))
	if want := []string{"customFields/color"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
