package verify_test

import (
	"context"
	"fmt"
	"log"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// The API ignores a value that is not an option of a select field, and responds with a success.
func ExampleUnapplied() {
	server, err := clienttest.Start(clienttest.WithoutSocket())
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	sent := client.UpsertContactRequest{
		Email: client.Set("ada@example.com"), City: client.Set("London"),
		CustomFields: []client.CustomFieldInput{client.NewCustomField("3sv6UEo51C9Bmpo1cKTq", "huge")},
	}
	got, err := server.Client().Contacts.Upsert(context.Background(), sent)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verify.Unapplied(sent, got))
	// Output: [customFields/3sv6UEo51C9Bmpo1cKTq]
}
