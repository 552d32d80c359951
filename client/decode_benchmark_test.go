package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// listed is a contact as lists return it. The verb is the end of its ID.
const listed = `{"id":"ocQHyuzHvysMo5N5V%03d","locationId":"ve9EPM428h8vShlRW1KT","contactName":"rosan deo","firstName":"rosan","lastName":"deo",` +
	`"firstNameRaw":"Rosan","lastNameRaw":"Deo","companyName":null,"email":"rosan@deos.example","phone":"+18888888888","dnd":false,` +
	`"dndSettings":{"SMS":{"status":"active","message":"","code":"103"},"Email":{"status":"inactive"}},"type":"lead","source":"form",` +
	`"assignedTo":null,"city":"Dolomite","state":"AL","postalCode":"35061","address1":"3535 1st St N","country":"US","website":null,` +
	`"timezone":null,"dateAdded":"2021-07-02T05:18:26.704Z","dateUpdated":"2021-07-02T05:18:26.704Z","dateOfBirth":null,"businessId":null,` +
	`"tags":["vip","lead"],"followers":[],"additionalEmails":[],"attributions":[{"utmSessionSource":"CRM UI","medium":"manual","isFirst":true}],` +
	`"customFields":[{"id":"MgobCB14YMVKuE4Ka8p1","value":"a"},{"id":"MgobCB14YMVKuE4Ka8p2","value":["a","b"]}],` +
	`"profilePhoto":null,"lastActivity":1626435570564}`

// BenchmarkDecode lists pages of 100 contacts in which a part of one or of all contacts has an
// unexpected value. One unexpected value costs about three times a clean page.
func BenchmarkDecode(b *testing.B) {
	for _, page := range []struct {
		name, before, after string
		first               int // contact with the value
	}{
		{"clean", "", "", 100},
		{"one wrong value", `"dnd":false`, `"dnd":"no"`, 99},
		{"one null in a list", `"followers":[]`, `"followers":[null]`, 99},
		{"one invalid string", `Rosan`, "\xff", 99},
		{"one duplicate name", `"dnd":false`, `"dnd":false,"dnd":true`, 99},
		{"wrong values in all contacts", `"dnd":false`, `"dnd":"no"`, 0},
		{"dates of birth in milliseconds in all contacts", `"dateOfBirth":null`, `"dateOfBirth":654220800000`, 0},
	} {
		contacts := make([]string, 100)
		for i := range contacts {
			contacts[i] = fmt.Sprintf(listed, i)
			if i >= page.first {
				contacts[i] = strings.Replace(contacts[i], page.before, page.after, 1)
			}
		}
		body := `{"contacts":[` + strings.Join(contacts, ",") + `],"meta":{"total":100,"nextPage":null}}`
		b.Run(page.name, func(b *testing.B) {
			c := newClient(b, canned([]byte(body)))
			b.ReportAllocs()
			for b.Loop() {
				got, err := c.Contacts.List(b.Context(), client.ListRequest{Limit: 100})
				if err != nil || len(got.Contacts) != 100 {
					b.Fatal(err)
				}
			}
		})
	}
}
