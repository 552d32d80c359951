package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func ExampleContactsService_SearchAll() {
	fake := startFake()
	defer fake.Close()
	c, ctx := fake.Client(), context.Background()

	search := client.SearchRequest{
		Filters: []client.Filter{
			client.UpdatedSince(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)),
			client.AnyOf(
				client.Where("tags", "eq", "navy"),
				client.Where("phone", "exists", nil),
			),
		},
		Sort: []client.Sort{{Field: "dateUpdated", Direction: "asc"}},
	}
	for contact, err := range c.Contacts.SearchAll(ctx, search) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(contact.FirstName)
	}
	// Unordered output:
	// Grace
	// Mary
}

// A search for one contact is the cheapest way to count.
func ExampleContactsService_Search() {
	fake := startFake()
	defer fake.Close()
	c, ctx := fake.Client(), context.Background()

	page, err := c.Contacts.Search(ctx, client.SearchRequest{Limit: 1, Filters: []client.Filter{client.Where("email", "exists", nil)}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Total)
	// Output: 2
}

// A create whose response was lost may have created the contact. Wait for the API, and look for a
// contact with the same values. Finding one does not prove that this create made it, so compare it
// with the request.
func ExampleContactsService_FindDuplicate() {
	fake := startFake()
	defer fake.Close()
	c, ctx := fake.Client(), context.Background()
	fake.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply})

	request := client.CreateContactRequest{FirstName: "Edsger", LastName: "Dijkstra", Email: "edsger@example.com"}
	_, err := c.Contacts.Create(ctx, request)
	if errors.Is(err, client.ErrMaybeApplied) {
		<-time.After(time.Millisecond) // a program waits a few seconds
		found, err := c.Contacts.FindDuplicate(ctx, client.DuplicateQuery{Email: request.Email, Phone: request.Phone})
		switch {
		case errors.Is(err, client.ErrNotFound):
			fmt.Println("not created: create it again")
		case err != nil:
			log.Fatal(err)
		case strings.EqualFold(found.Email, request.Email) && found.FirstName == request.FirstName && found.LastName == request.LastName:
			fmt.Println("there is such a contact: do not create it again")
		default:
			fmt.Println("another contact has this email address or phone number")
		}
	}
	// Output: there is such a contact: do not create it again
}

func ExampleContactsService_AddTags() {
	fake := startFake()
	defer fake.Close()
	c, ctx := fake.Client(), context.Background()

	tags, err := c.Contacts.AddTags(ctx, "grace000000000000000", []string{"VIP"}) // keeps the other tags
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags)
	tags, err = c.Contacts.RemoveTags(ctx, "grace000000000000000", []string{"navy"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags)
	// Output:
	// [navy vip]
	// [vip]
}

func ExampleContactsService_CustomFields() {
	fake := startFake()
	defer fake.Close()
	c, ctx := fake.Client(), context.Background()

	fields, err := c.Contacts.CustomFields(ctx, "") // of the location of the client
	if err != nil {
		log.Fatal(err)
	}
	field, ok := fields.Find("my_text") // by name, key or ID
	if !ok {
		log.Fatal("no such field")
	}
	input, err := field.Input("analytical engine") // rejects what the API would silently ignore
	if err != nil {
		log.Fatal(err)
	}
	contact, err := c.Contacts.Update(ctx, "ada00000000000000000", client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{input}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.CustomFieldByID(contact, field.ID).Text())
	// Output: analytical engine
}
