// Quickstart calls the contact operations of a fake HighLevel API inside the process, and prints what
// happens. Read the function tour from top to bottom.
//
//	go run ./client/examples/quickstart
//
// If HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION are set, it reads one page from the real API instead.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

const businessID = "641c094001436dbc2081e642"

func main() {
	if err := run(context.Background(), os.Getenv("HIGHLEVEL_TOKEN"), os.Getenv("HIGHLEVEL_LOCATION")); err != nil {
		log.Fatal("quickstart: ", err)
	}
}

func run(ctx context.Context, token, location string) error {
	if token != "" && location != "" {
		c, err := client.New(client.StaticToken(token), client.WithLocation(location))
		if err != nil {
			return err
		}
		step("List a page of contacts of the real API")
		return printPage(c.Contacts.List(ctx, client.ListRequest{Limit: 3}))
	}
	fake, err := clienttest.Start()
	if err != nil {
		return err
	}
	defer fake.Close()
	fake.Seed(samples(230)...)
	c, err := fake.NewClient()
	if err != nil {
		return err
	}
	fmt.Printf("A fake of the HighLevel API with %d contacts listens at %s.\n", fake.Len(), fake.URL)
	return tour(ctx, c, fake)
}

func tour(ctx context.Context, c *client.Client, fake *clienttest.Server) error {
	step("Create a contact: the API normalizes phone numbers and tags")
	contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Phone: "(202) 555-0143", Tags: []string{" VIP "},
		CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("my_text", "analytical engine")},
	})
	if err != nil {
		return err
	}
	id := contact.ID
	printContact(contact)

	step("Get the contact, and read a custom field")
	if contact, err = c.Contacts.Get(ctx, id); err != nil {
		return err
	}
	definitions, err := c.Contacts.CustomFields(ctx, "")
	if err != nil {
		return err
	}
	field, _ := definitions.Find("my_text") // the zero definition, whose value is empty, if there is none
	printContact(contact)
	fmt.Printf("   %s: %q\n", field.Name, client.CustomFieldByID(contact, field.ID).Text())

	step("Update it: set the city, clear the phone number, leave the rest unchanged")
	contact, err = c.Contacts.Update(ctx, id, client.UpdateContactRequest{City: client.Set("London"), Phone: client.Clear[string]()})
	if err != nil {
		return err
	}
	printContact(contact)

	step("Upsert: update the contact with this email address, or create one")
	for _, email := range []string{"ada@example.com", "grace@example.com"} {
		result, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(email), Country: client.Set("US")})
		if err != nil {
			return err
		}
		fmt.Printf("   %s: new %v\n", result.Contact.ID, result.New)
	}

	step("List a page of contacts, newest first")
	if err := printPage(c.Contacts.List(ctx, client.ListRequest{Limit: 3})); err != nil {
		return err
	}

	step("Iterate over all contacts: the client requests pages as needed")
	count := 0
	for _, err := range c.Contacts.All(ctx, client.ListRequest{}) {
		if count++; err != nil {
			return err
		}
	}
	fmt.Printf("   %d contacts\n", count)

	step("List the contacts of a business")
	if err := printPage(c.Contacts.ListByBusiness(ctx, businessID, client.BusinessListRequest{Limit: 3})); err != nil {
		return err
	}

	step("Create a duplicate: the error holds the ID of the existing contact")
	_, err = c.Contacts.Create(ctx, client.CreateContactRequest{Email: "ada@example.com"})
	if apiErr, ok := errors.AsType[*client.Error](err); ok {
		fmt.Printf("   the existing contact: %s\n", apiErr.ContactID)
	}
	if err := expect(err, client.ErrDuplicate); err != nil {
		return err
	}

	step("Get a contact that does not exist: the API responds with status 400")
	_, err = c.Contacts.Get(ctx, "AbCdEfGhIjKlMnOpQrSt")
	if err := expect(err, client.ErrNotFound); err != nil {
		return err
	}

	step("Call any other endpoint, here with an invalid property")
	if err := expect(c.Do(ctx, "PUT", "/contacts/"+id, nil, map[string]string{"gender": "female"}, nil), client.ErrInvalid); err != nil {
		return err
	}

	step("Get a contact with values of unexpected types: the client reads what it can and reports the rest")
	fake.InjectFaults(clienttest.Fault{Operation: "getContact", Count: 1, Set: map[string]any{"/contact/dateAdded": int64(1603870249758), "/contact/tags": "vip"}})
	var response client.Response
	if contact, err = c.Contacts.Get(ctx, id, client.WithResponseInto(&response)); err != nil {
		return err
	}
	printContact(contact)
	fmt.Printf("   drift: %v\n", response.Drift)

	step("Get a contact during an outage: the client retries")
	fake.InjectFaults(clienttest.Fault{Operation: "getContact", Count: 1, Status: 502, Body: clienttest.GatewayPage, Header: clienttest.HTMLHeader()})
	if _, err = c.Contacts.Get(ctx, id, client.WithResponseInto(&response)); err != nil {
		return err
	}
	limit := response.RateLimit
	fmt.Printf("   %d attempts; %d of %d requests per %s remain\n", response.Attempts, limit.Remaining, limit.Max, limit.Interval)

	step("Lose the response to a create: the client does not retry, because the contact may exist")
	fake.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply})
	_, err = c.Contacts.Create(ctx, client.CreateContactRequest{Email: "edsger@example.com"})
	if err := expect(err, client.ErrMaybeApplied); err != nil {
		return err
	}

	step("Delete the contact")
	if err := c.Contacts.Delete(ctx, id); err != nil {
		return err
	}

	step("Get the deleted contact")
	_, err = c.Contacts.Get(ctx, id)
	return expect(err, client.ErrNotFound)
}

var steps int

func step(title string) {
	steps++
	fmt.Printf("\n%d. %s\n", steps, title)
}

// expect prints err if it matches target. Otherwise it returns an error.
func expect(err, target error) error {
	if !errors.Is(err, target) {
		return fmt.Errorf("got error %w, want %w", err, target)
	}
	fmt.Printf("   %v\n", err)
	return nil
}

func printContact(contact *client.Contact) {
	fmt.Printf("   %s: %s %s, %s, %s, %s, tags %v\n", contact.ID, contact.FirstName, contact.LastName, contact.Email, contact.Phone, contact.City, contact.Tags)
}

func printPage(page *client.Page, err error) error {
	if err != nil {
		return err
	}
	for i := range page.Contacts {
		printContact(&page.Contacts[i])
	}
	fmt.Printf("   %d of %d contacts\n", len(page.Contacts), page.Total)
	return nil
}

// samples returns n sample contacts. Every tenth belongs to a business.
func samples(n int) []client.Contact {
	contacts := make([]client.Contact, n)
	for i := range contacts {
		contacts[i] = client.Contact{FirstName: "Ann", Email: fmt.Sprintf("person%d@example.com", i)}
		if i%10 == 0 {
			contacts[i].BusinessID = businessID
		}
	}
	return contacts
}
