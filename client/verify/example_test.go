package verify_test

import (
	"fmt"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

func ExampleUpsert() {
	sent := client.UpsertContactRequest{
		Email: client.Set("ada@example.com"), Phone: client.Set("(415) 555-0100"), Tags: []string{"VIP"},
	}
	// The phone number belongs to another contact, so the API ignored it.
	got := &client.UpsertContactResult{Contact: client.Contact{Email: "ada@example.com", Tags: []string{"vip"}}}
	fmt.Println(verify.Upsert(sent, got))
	// Output: [phone]
}

// A field that was written by key can be verified with the definitions of the location's fields.
func ExampleUnapplied() {
	fields := client.CustomFieldDefinitions{{ID: "6dvNaf7VhkQ9snc5vnjJ", Key: "contact.shoe_size"}} // from Contacts.CustomFields
	sent := client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("shoe_size", 42)}}
	got := &client.Contact{} // the API dropped the field
	fmt.Println(verify.Unapplied(sent, got, fields))
	// Output: [customFields/6dvNaf7VhkQ9snc5vnjJ]
}

func ExampleUnverifiable() {
	sent := client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("shoe_size", 42)}}
	fmt.Println(verify.Unverifiable(sent))
	// Output: [customFields/shoe_size]
}
