package main

import (
	"context"
	"fmt"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// tourReal reads contacts from the API. If write is set, it also creates a contact, changes it and
// deletes it.
func tourReal(ctx context.Context, out *transcript, c *client.Client, write bool) error {
	var response client.Response
	out.title("List a page of contacts")
	out.call("c.Contacts.List(ctx, client.ListRequest{Limit: 3}, client.WithResponseInto(&response))")
	page, err := c.Contacts.List(ctx, client.ListRequest{Limit: 3}, client.WithResponseInto(&response))
	if err != nil {
		return err
	}
	out.page(page)
	limit := response.RateLimit
	out.result("page.Total == %d; %d of %d requests per %s remain", page.Total, limit.Remaining, limit.Max, limit.Interval)
	for _, drift := range response.Drift {
		out.result("response.Drift: %s: want %s, got %s", drift.Pointer, drift.Want, drift.Got)
	}

	if len(page.Contacts) > 0 {
		if err := readOne(ctx, out, c, page.Contacts[0].ID); err != nil {
			return err
		}
	}
	if !write {
		fmt.Fprintln(out.to, "\nNo contact was changed. With -write, quickstart also creates, changes and deletes a contact.")
		return nil
	}
	return writeOne(ctx, out, c)
}

// readOne gets a contact, and lists the contacts of its business if it has one.
func readOne(ctx context.Context, out *transcript, c *client.Client, id string) error {
	out.title("Get the first contact")
	out.call("c.Contacts.Get(ctx, %q)", id)
	contact, err := c.Contacts.Get(ctx, id)
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
	out.page(page)
	return nil
}

// writeOne creates a contact, changes it twice, and deletes it even if a change fails.
func writeOne(ctx context.Context, out *transcript, c *client.Client) (err error) {
	email := fmt.Sprintf("quickstart-%d@example.com", time.Now().UnixMilli())
	out.title("Create a contact")
	out.call("c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: \"Quick\", LastName: \"Start\", Email: %q})", email)
	contact, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Quick", LastName: "Start", Email: email})
	if err != nil {
		return err
	}
	out.contact(contact)
	defer func() {
		out.title("Delete the contact")
		out.call("err := c.Contacts.Delete(ctx, %q)", contact.ID)
		deleteErr := c.Contacts.Delete(context.WithoutCancel(ctx), contact.ID)
		if deleteErr == nil {
			out.result("err == nil")
		} else if err == nil {
			err = deleteErr
		}
	}()

	out.title("Update the contact")
	out.call(`c.Contacts.Update(ctx, %q, client.UpdateContactRequest{City: client.Set("London")})`, contact.ID)
	updated, err := c.Contacts.Update(ctx, contact.ID, client.UpdateContactRequest{City: client.Set("London")})
	if err != nil {
		return err
	}
	out.contact(updated)

	out.title("Upsert the contact by its email address")
	out.call("c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(%q), Country: client.Set(\"US\")})", email)
	result, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(email), Country: client.Set("US")})
	if err != nil {
		return err
	}
	out.result("New %v, Contact.ID %s", result.New, result.Contact.ID)
	return nil
}
