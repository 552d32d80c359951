package main

import (
	"context"
	"fmt"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

const businessID = "641c094001436dbc2081e642"

// tour calls the operations of the fake API. Its methods are the steps, in the order of tourFake.
type tour struct {
	*transcript
	client *client.Client
	fake   *clienttest.Server
	id     string // of the contact that the tour creates
}

// tourFake runs the tour against a new fake API.
func tourFake(ctx context.Context, out *transcript) error {
	fake, err := clienttest.Start(clienttest.WithSeed(uint64(time.Now().UnixNano())))
	if err != nil {
		return err
	}
	defer fake.Close()
	seeded := fake.Seed(samples(230)...)
	c, err := fake.NewClient()
	if err != nil {
		return err
	}
	fmt.Fprintf(out.to, "A fake of the HighLevel API with %d contacts listens at %s.\n", len(seeded), fake.URL)
	fmt.Fprintln(out.to, "Set HIGHLEVEL_TOKEN and HIGHLEVEL_LOCATION to use the real API.")

	t := &tour{transcript: out, client: c, fake: fake}
	for _, step := range []func(context.Context) error{
		t.create, t.get, t.update, t.upsert, t.list, t.all, t.listByBusiness,
		t.duplicate, t.notFound, t.invalid, t.drift, t.outage, t.maybeApplied,
		t.delete, t.getDeleted,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(out.to, "\nThe fake received %d requests and stores %d contacts.\n", len(fake.Requests()), fake.Len())
	return nil
}

func (t *tour) create(ctx context.Context) error {
	t.title("Create a contact")
	t.call("c.Contacts.Create(ctx, client.CreateContactRequest{")
	t.code(`	FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Phone: "(202) 555-0143", Tags: []string{" VIP "},`)
	t.code(`	CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("my_text", "analytical engine")},`)
	t.code("})")
	contact, err := t.client.Contacts.Create(ctx, client.CreateContactRequest{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Phone: "(202) 555-0143", Tags: []string{" VIP "},
		CustomFields: []client.CustomFieldInput{client.NewCustomFieldByKey("my_text", "analytical engine")},
	})
	if err != nil {
		return err
	}
	t.id = contact.ID
	t.contact(contact)
	t.result("The API stores the phone number in E.164 format and tags trimmed and in lower case.")
	return nil
}

func (t *tour) get(ctx context.Context) error {
	t.title("Get the contact")
	t.call("contact, err := c.Contacts.Get(ctx, %q)", t.id)
	contact, err := t.client.Contacts.Get(ctx, t.id)
	if err != nil {
		return err
	}
	t.contact(contact)
	t.result("added %s", contact.DateAdded.Format(time.RFC3339))
	field := clienttest.SampleFields()[0].ID
	value := client.CustomFieldByID(contact, field)
	t.call("value := client.CustomFieldByID(contact, %q)", field)
	t.result("value.Kind(): %s, value.Text(): %q", value.Kind(), value.Text())
	return nil
}

func (t *tour) update(ctx context.Context) error {
	t.title("Update the contact: set a field, clear a field, leave the others unchanged")
	t.call(`c.Contacts.Update(ctx, %q, client.UpdateContactRequest{City: client.Set("London"), Phone: client.Clear[string]()})`, t.id)
	contact, err := t.client.Contacts.Update(ctx, t.id, client.UpdateContactRequest{
		City: client.Set("London"), Phone: client.Clear[string](),
	})
	if err != nil {
		return err
	}
	t.contact(contact)
	return nil
}

func (t *tour) upsert(ctx context.Context) error {
	t.title("Upsert: update the contact with this email address, or create one")
	for _, email := range []string{"ada@example.com", "grace@example.com"} {
		t.call("c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(%q), Country: client.Set(\"US\")})", email)
		result, err := t.client.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(email), Country: client.Set("US")})
		if err != nil {
			return err
		}
		t.result("New %v, Contact.ID %s", result.New, result.Contact.ID)
	}
	return nil
}

func (t *tour) list(ctx context.Context) error {
	t.title("List a page of contacts")
	t.call("page, err := c.Contacts.List(ctx, client.ListRequest{Limit: 3})")
	page, err := t.client.Contacts.List(ctx, client.ListRequest{Limit: 3})
	if err != nil {
		return err
	}
	t.page(page)
	t.result("page.Total == %d, page.Next == %q", page.Total, page.Next)
	return nil
}

func (t *tour) all(ctx context.Context) error {
	t.title("Iterate over all contacts")
	t.call("for contact, err := range c.Contacts.All(ctx, client.ListRequest{})")
	before := len(t.fake.Requests())
	count := 0
	for _, err := range t.client.Contacts.All(ctx, client.ListRequest{}) {
		if err != nil {
			return err
		}
		count++
	}
	t.result("%d contacts in %d requests", count, len(t.fake.Requests())-before)
	return nil
}

func (t *tour) listByBusiness(ctx context.Context) error {
	t.title("List the contacts of a business")
	t.call("c.Contacts.ListByBusiness(ctx, %q, client.BusinessListRequest{Limit: 3})", businessID)
	page, err := t.client.Contacts.ListByBusiness(ctx, businessID, client.BusinessListRequest{Limit: 3})
	if err != nil {
		return err
	}
	t.page(page)
	return nil
}

func (t *tour) delete(ctx context.Context) error {
	t.title("Delete the contact")
	t.call("err := c.Contacts.Delete(ctx, %q)", t.id)
	if err := t.client.Contacts.Delete(ctx, t.id); err != nil {
		return err
	}
	t.result("err == nil")
	return nil
}

// samples returns n sample contacts. Every tenth belongs to the business with businessID.
func samples(n int) []client.Contact {
	first := []string{"Ann", "Bo", "Chi", "Dov", "Eva", "Finn", "Gia", "Hal", "Ida", "Jo"}
	last := []string{"Ahlström", "Baker", "Chen", "Dias", "Eze", "Fischer", "García", "Haddad", "Ito", "Jensen"}
	contacts := make([]client.Contact, n)
	for i := range contacts {
		contacts[i] = client.Contact{
			FirstName: first[i%len(first)], LastName: last[i/len(first)%len(last)],
			Email: fmt.Sprintf("person%d@example.com", i), Tags: []string{"newsletter"},
		}
		if i%10 == 0 {
			contacts[i].BusinessID = businessID
		}
	}
	return contacts
}
