package main

import (
	"context"
	"fmt"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// tourReal reads from the real API, and writes a contact of its own if write is set, which it deletes in the end.
func tourReal(ctx context.Context, out *transcript, c *client.Client, write bool) error {
	var response client.Response
	out.title("List a page")
	out.call("c.Contacts.List(ctx, client.ListRequest{Limit: 3})")
	page, err := c.Contacts.List(ctx, client.ListRequest{Limit: 3}, client.WithResponseInto(&response))
	if err != nil {
		return err
	}
	for i := range page.Contacts {
		out.contact(&page.Contacts[i])
	}
	out.result("%d in all; budget left %d of %d", page.Total, response.RateLimit.Remaining, response.RateLimit.Max)
	for _, drift := range response.Drift {
		out.result("drift at %s: want %s, got %s", drift.Pointer, drift.Want, drift.Got)
	}

	if len(page.Contacts) > 0 {
		if err := readOne(ctx, out, c, &page.Contacts[0]); err != nil {
			return err
		}
	}
	if !write {
		fmt.Fprintln(out.to, "\nNothing was written. With -write a contact is created, changed and deleted.")
		return nil
	}
	return writeOne(ctx, out, c)
}

// readOne gets a contact, and the contacts of its business if it has one.
func readOne(ctx context.Context, out *transcript, c *client.Client, known *client.Contact) error {
	out.title("Get the first of them")
	out.call("c.Contacts.Get(ctx, %q)", known.ID)
	contact, err := c.Contacts.Get(ctx, known.ID)
	if err != nil {
		return err
	}
	out.contact(contact)
	if contact.BusinessID == "" {
		return nil
	}
	out.title("List the contacts of its business")
	out.call("c.Contacts.ListByBusiness(ctx, %q, client.BusinessListRequest{Limit: 3})", contact.BusinessID)
	page, err := c.Contacts.ListByBusiness(ctx, contact.BusinessID, client.BusinessListRequest{Limit: 3})
	if err != nil {
		return err
	}
	for i := range page.Contacts {
		out.contact(&page.Contacts[i])
	}
	return nil
}

// writeOne creates a contact, changes it twice, and deletes it whatever happens.
func writeOne(ctx context.Context, out *transcript, c *client.Client) (err error) {
	email := fmt.Sprintf("quickstart-%d@example.com", time.Now().UnixMilli())
	out.title("Create a contact")
	out.call("c.Contacts.Create(ctx, client.CreateContactRequest{Email: %q})", email)
	contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Quick", LastName: "Start", Email: email})
	if err != nil {
		return err
	}
	out.contact(contact)
	defer func() {
		out.title("Delete it")
		out.call("c.Contacts.Delete(ctx, %q)", contact.ID)
		deleted := c.Contacts.Delete(context.WithoutCancel(ctx), contact.ID)
		if err == nil {
			err = deleted
		}
	}()

	out.title("Update it")
	out.call(`c.Contacts.Update(ctx, %q, client.UpdateContactRequest{City: client.Set("London")})`, contact.ID)
	updated, err := c.Contacts.Update(ctx, contact.ID, client.UpdateContactRequest{City: client.Set("London")})
	if err != nil {
		return err
	}
	out.contact(updated)

	out.title("Upsert it by its address")
	out.call("c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(%q)})", email)
	result, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(email), Source: client.Set("quickstart")})
	if err != nil {
		return err
	}
	out.result("New %v, %s", result.New, result.Contact.ID)
	return nil
}
