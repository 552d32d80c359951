package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// cleanupTimeout is the maximum duration of the deletion of the contacts that a run created.
const cleanupTimeout = 30 * time.Second

// write creates a contact, changes it as the rows require, and deletes it even if a step fails.
func (c *check) write(ctx context.Context) (err error) {
	contacts := c.api.Contacts
	name := "livecheck-" + strings.ToLower(rand.Text())
	email := name + "@example.com"
	var created []string
	defer func() {
		// The contact is deleted even if ctx has been canceled.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		if len(created) == 0 && errors.Is(err, client.ErrMaybeApplied) {
			created = c.findByEmail(ctx, email)
		}
		for _, id := range created {
			err = errors.Join(err, c.remove(ctx, id))
		}
	}()

	response, done := c.startStep("createContact", nil)
	contact, err := contacts.Create(ctx, client.CreateContactRequest{
		FirstName: "Livecheck", LastName: "Contact", Email: email, Tags: []string{"LiveCheck Tag"}, Source: "livecheck",
	}, client.WithResponseInto(response))
	body := done()
	if contact != nil && contact.ID != "" {
		created = append(created, contact.ID)
	}
	if err != nil {
		if errors.Is(err, client.ErrForbidden) {
			c.notes = append(c.notes, "nothing was written: the token does not have the scope contacts.write")
			return nil
		}
		return err
	}

	response, done = c.startStep("duplicate", body)
	second, err := contacts.Create(ctx, client.CreateContactRequest{FirstName: "Livecheck", Email: email}, client.WithResponseInto(response))
	done()
	if second != nil && second.ID != "" && second.ID != contact.ID {
		created = append(created, second.ID)
		c.notes = append(c.notes, "O13 and E6 were not checked: the location allows duplicates")
	}
	if err := fatal(err); err != nil {
		return err
	}

	response, done = c.startStep("updateContact", body)
	_, err = contacts.Update(ctx, contact.ID, client.UpdateContactRequest{City: client.Set("Springfield")}, client.WithResponseInto(response))
	done()
	if err != nil {
		return err
	}
	response, done = c.startStep("no tags", nil)
	_, err = contacts.Update(ctx, contact.ID, client.UpdateContactRequest{Tags: []string{}}, client.WithResponseInto(response))
	done()
	if err != nil {
		return err
	}
	response, done = c.startStep("getContact after update", body)
	_, err = contacts.Get(ctx, contact.ID, client.WithResponseInto(response))
	done()
	if err != nil {
		return err
	}
	response, done = c.startStep("upsertContact", body)
	result, err := contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(email), City: client.Set("Shelbyville")}, client.WithResponseInto(response))
	done()
	if result != nil && result.Contact.ID != "" && result.Contact.ID != contact.ID {
		created = append(created, result.Contact.ID)
	}
	if err != nil {
		return err
	}
	response, done = c.startStep("unknown property", nil)
	err = c.api.Do(ctx, http.MethodPut, "/contacts/"+contact.ID, nil, map[string]any{"livecheckUnknown": true}, nil,
		client.WithResponseInto(response))
	done()
	return fatal(err)
}

// findByEmail returns the IDs of the contacts with the email address.
func (c *check) findByEmail(ctx context.Context, email string) []string {
	page, err := c.api.Contacts.List(ctx, client.ListRequest{Query: email})
	if err != nil {
		c.notes = append(c.notes, "a contact of this run may remain: search for contacts with the source livecheck")
		return nil
	}
	var ids []string
	for _, contact := range page.Contacts {
		if contact.Email == email {
			ids = append(ids, contact.ID)
		}
	}
	return ids
}

// remove deletes a contact that the run created, and then requests the deleted contact.
func (c *check) remove(ctx context.Context, id string) error {
	response, done := c.startStep("deleteContact", nil)
	err := c.api.Contacts.Delete(ctx, id, client.WithResponseInto(response))
	done()
	if err != nil {
		return fmt.Errorf("delete the contact %s, which this run created: %w", id, err)
	}
	response, done = c.startStep("deleted contact", nil)
	_, err = c.api.Contacts.Get(ctx, id, client.WithResponseInto(response))
	done()
	return fatal(err)
}
