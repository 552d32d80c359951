package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// webhook is the vendor's sample of a ContactCreate webhook, in which attachments is a list.
const webhook = `{"type":"ContactCreate","locationId":"ve9EPM428h8vShlRW1KT","id":"nmFmQEsNgz6AVpgLVUJ0","address1":"3535 1st St N",
	"city":"ruDolomitebika","state":"AL","companyName":"Loram ipsum","country":"DE","source":"xyz form","dateAdded":"2021-11-26T12:41:02.193Z",
	"dateOfBirth":"2000-01-05T00:00:00.000Z","dnd":true,"email":"JohnDeo@gmail.comm","name":"John Deo","firstName":"John","lastName":"Deo",
	"phone":"+919509597501","postalCode":"452001","tags":["id magna sed Lorem"],"website":"https://www.google.com","attachments":["a"],
	"assignedTo":"nmFmQEsNgz6AVpgLVUJ0","customFields":[{"id":"BcdmQEsNgz6AVpgLVUJ0","value":"XYZ Corp"}]}`

func TestDecodeContact(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, data, extra, drift string }{
		{"webhook", webhook, `{"attachments":["a"]}`, "/attachments string array"},
		{
			"contact of API v1",
			`{"id":"a","dnd":"sms","customField":[{"id":"b","value":"c"}],"dateAdded":"2021-11-26T12:41:02.193Z"}`,
			`{"customField":[{"id":"b","value":"c"}],"dnd":"sms"}`, "/dnd boolean string",
		},
		{"last activity null", `{"id":"a","lastActivity":null}`, ``, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			contact, drift, err := client.DecodeContact([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			if contact.ID == "" || contact.LastActivity != nil {
				t.Errorf("got ID %q and last activity %s", contact.ID, contact.LastActivity)
			}
			if got := string(contact.Extra); got != test.extra {
				t.Errorf("got Extra %s, want %s", got, test.extra)
			}
			if got := driftText("", drift); got != test.drift {
				t.Errorf("got drift %s, want %s", got, test.drift)
			}
			written, err := json.Marshal(contact)
			if err != nil {
				t.Fatal(err)
			}
			again, _, err := client.DecodeContact(written)
			if err != nil || string(again.Extra) != test.extra {
				t.Errorf("read again: got Extra %s, %v, want %s", again.Extra, err, test.extra)
			}
		})
	}
}

func TestDecodeContact_NotAnObject(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "null", `["rosan@deos.com"]`, `{"email":"rosan@deos.com"`} {
		contact, _, err := client.DecodeContact([]byte(data))
		if contact != nil || err == nil || strings.Contains(err.Error(), "rosan") || errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: got %v, %v, want an error without the data", data, contact, err)
		}
	}
}

func ExampleDecodeContact() {
	contact, drift, err := client.DecodeContact([]byte(`{"id":"abc","email":"ada@example.com","attachments":["a.pdf"]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(contact.Email, string(contact.Extra), drift)
	// Output: ada@example.com {"attachments":["a.pdf"]} [{/attachments string array}]
}
