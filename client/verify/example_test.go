package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

func ExampleUnapplied() {
	sent := client.UpsertContactRequest{
		Email: client.Set("ada@example.com"), Phone: client.Set("(415) 555-0100"), Tags: []string{"VIP"},
	}
	// The phone number belongs to another contact, so the API ignored it.
	got := &client.UpsertContactResult{Contact: client.Contact{Email: "ada@example.com", Tags: []string{"vip"}}}
	fmt.Println(verify.Unapplied(sent, got))
	// Output: [phone]
}

// This example requests the IDs of the custom fields from the API.
func ExampleWithFieldKeys() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"customFields":[{"id":"6dvNaf7VhkQ9snc5vnjJ","fieldKey":"contact.shoe_size"}]}`)
	}))
	defer api.Close()
	c, err := client.New(client.StaticToken("pit-0"), client.WithBaseURL(api.URL))
	if err != nil {
		panic(err)
	}

	var list struct {
		CustomFields []struct{ ID, FieldKey string }
	}
	if err := c.Do(context.Background(), http.MethodGet, "/locations/ve9EPM428h8vShlRW1KT/customFields", nil, nil, &list); err != nil {
		panic(err)
	}
	ids := map[string]string{}
	for _, field := range list.CustomFields {
		ids[field.FieldKey] = field.ID
	}

	sent := client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("shoe_size", 42)}}
	got := &client.Contact{} // the API dropped the field
	fmt.Println(verify.Unapplied(sent, got, verify.WithFieldKeys(ids)))
	// Output: [customFields/6dvNaf7VhkQ9snc5vnjJ]
}

func ExampleUnverifiable() {
	sent := client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("shoe_size", 42)}}
	fmt.Println(verify.Unverifiable(sent))
	// Output: [customFields/shoe_size]
}
