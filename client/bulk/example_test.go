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
)

// Import rows and report what failed and what was not stored.
func ExampleAll() {
	hl, err := clienttest.Start() // a fake; a program calls client.New
	if err != nil {
		log.Fatal(err)
	}
	defer hl.Close()
	c, err := hl.NewClient()
	if err != nil {
		log.Fatal(err)
	}

	rows := []client.UpsertContactRequest{
		{Email: client.Set("ada@example.com"), Tags: []string{"VIP"}},
		{Email: client.Set("ADA@example.com"), City: client.Set("London")}, // after the first one
		{Email: client.Set("grace@example.com"), CustomFields: []client.CustomFieldInput{client.NewCustomField("doesNotExist00000000", 1)}},
		{Email: client.Set("edsger")},
	}
	report := map[int]string{}
	for row, outcome := range bulk.All(context.Background(), slices.All(rows), c.Contacts.Upsert) {
		switch {
		case errors.Is(outcome.Err, client.ErrMaybeApplied):
			report[row] = "check the contact"
		case outcome.Err != nil:
			report[row] = client.Kind(outcome.Err)
		default:
			report[row] = fmt.Sprint("new: ", outcome.Value.New, ", not stored: ", outcome.Unapplied())
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

// Change every contact of a location: a list is an input like any other.
func ExampleUpdate() {
	hl, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer hl.Close()
	c, err := hl.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	hl.Seed(client.Contact{Email: "ada@example.com"}, client.Contact{Email: "grace@example.com"})

	ctx := context.Background()
	var listErr error
	changes := func(yield func(string, bulk.Change) bool) {
		for contact, err := range c.Contacts.All(ctx, client.ListRequest{}) {
			if err != nil {
				listErr = err
				return
			}
			if !yield(contact.ID, bulk.Change{ID: contact.ID, Set: client.UpdateContactRequest{Source: client.Set("webinar")}}) {
				return
			}
		}
	}
	changed := 0
	for id, outcome := range bulk.All(ctx, changes, bulk.Update(c)) {
		if outcome.Err != nil {
			fmt.Println(id, outcome.Err)
			continue
		}
		changed++
	}
	fmt.Println(changed, listErr)
	// Output: 2 <nil>
}

func ExampleDelete() {
	hl, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer hl.Close()
	c, err := hl.NewClient()
	if err != nil {
		log.Fatal(err)
	}
	ids := []string{hl.Seed(client.Contact{Email: "ada@example.com"})[0].ID}

	for _, outcome := range bulk.All(context.Background(), slices.All(ids), bulk.Delete(c)) {
		fmt.Println(outcome.Err)
	}
	// Output: <nil>
}

// The second run skips what the first one has done, also if the first one was killed.
func ExampleWithJournal() {
	hl, err := clienttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer hl.Close()
	c, err := hl.NewClient()
	if err != nil {
		log.Fatal(err)
	}
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
		name := func(id string) string { return id }
		for _, outcome := range bulk.All(context.Background(), maps.All(rows), c.Contacts.Create, bulk.WithJournal(journal, name)) {
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
