package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// startFake returns a fake of the API, and a client that calls it.
func startFake() (*clienttest.Server, *client.Client) {
	fake, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	c, err := fake.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	return fake, c
}

// This example upserts rows, and reports the rows that failed and the values that were not stored.
func ExampleAll() {
	fake, c := startFake() // a program calls client.New
	defer fake.Close()

	rows := []client.UpsertContactRequest{
		{Email: client.Set("ada@example.com"), Tags: []string{"VIP"}},
		{Email: client.Set("ADA@example.com"), City: client.Set("London")}, // runs after the first call
		{Email: client.Set("grace@example.com"), CustomFields: []client.CustomFieldInput{client.NewCustomField("doesNotExist00000000", 1)}},
		{Email: client.Set("edsger")},
	}
	report := map[int]string{}
	for row, outcome := range bulk.All(context.Background(), slices.All(rows), bulk.Upsert(c)) {
		switch {
		case errors.Is(outcome.Err, client.ErrMaybeApplied):
			report[row] = "check the contact"
		case outcome.Err != nil:
			report[row] = string(client.KindOf(outcome.Err))
		default:
			report[row] = fmt.Sprint("new: ", outcome.Value.New, ", not stored: ", verify.Upsert(outcome.Input, outcome.Value))
		}
	}
	for row := range rows {
		fmt.Println(row, report[row])
	}
	// Output:
	// 0 new: true, not stored: []
	// 1 new: false, not stored: []
	// 2 new: true, not stored: [customFields/doesNotExist00000000]
	// 3 invalid
}

// An operation of your own can make several calls. It states which inputs are about the same contact,
// and which calls may be applied twice.
func ExampleOperation() {
	fake, c := startFake() // a program calls client.New
	defer fake.Close()

	type order struct{ Email, Product string }
	buy := bulk.Operation[order, []string]{
		Call: func(ctx context.Context, o order, opts ...client.CallOption) ([]string, error) {
			result, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(o.Email)}, opts...)
			if err != nil {
				return nil, err
			}
			return c.Contacts.AddTags(ctx, result.Contact.ID, []string{"bought " + o.Product}, opts...) // tags of the upsert would replace all
		},
		ContactKeys: func(o order) []string { return []string{o.Email} },
		Idempotent:  func(order) bool { return true },
	}
	orders := []order{{"ada@example.com", "shoes"}, {"ada@example.com", "socks"}}
	for number, outcome := range bulk.All(context.Background(), slices.All(orders), buy) {
		if outcome.Err != nil {
			log.Fatal(outcome.Err)
		}
		fmt.Println(number, outcome.Value)
	}
	// Output:
	// 0 [bought shoes]
	// 1 [bought shoes bought socks]
}

// The second run skips the inputs that the first run has done, even if the first run was killed.
func ExampleWithJournal() {
	fake, c := startFake() // a program calls client.New
	defer fake.Close()
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	rows := map[string]client.CreateContactRequest{"customer-1": {Email: "ada@example.com"}, "customer-2": {Email: "grace@example.com"}}
	run := func() (sent int, err error) {
		journal, err := bulk.OpenJournal(filepath.Join(dir, "import.journal"))
		if err != nil {
			return 0, err
		}
		journalKey := func(id string) string { return id }
		for _, outcome := range bulk.All(context.Background(), maps.All(rows), bulk.Create(c), bulk.WithJournal(journal, journalKey)) {
			sent++
			err = errors.Join(err, outcome.Err)
		}
		return sent, errors.Join(err, journal.Close())
	}
	fmt.Println(run())
	fmt.Println(run())
	// Output:
	// 2 <nil>
	// 0 <nil>
}
