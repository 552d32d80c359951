package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// The Go blocks of the README are excerpts of these functions, which are compiled and not called.
var _ = []any{readmeList, readmeWrite, readmeBulk, readmeAgency, readmeTest}

func readmeList(ctx context.Context, token, locationID string) error {
	c, err := client.New(client.StaticToken(token), client.WithLocation(locationID))
	if err != nil {
		return err
	}
	for contact, err := range c.Contacts.All(ctx, client.ListRequest{}) {
		if err != nil {
			return err
		}
		fmt.Println(contact.ID, contact.Email)
	}
	return nil
}

func readmeWrite(ctx context.Context, c *client.Client, id string, request client.CreateContactRequest) (*client.Contact, error) {
	if id != "" {
		contact, err := c.Contacts.Update(ctx, id, client.UpdateContactRequest{
			City:  client.Set("London"),
			Phone: client.Clear[string](),
		})
		return contact, err
	}
	contact, err := c.Contacts.Create(ctx, request)
	var apiErr *client.Error
	switch {
	case errors.Is(err, client.ErrDuplicate) && errors.As(err, &apiErr):
		contact, err = c.Contacts.Get(ctx, apiErr.ContactID) // the existing contact
	case errors.Is(err, client.ErrMaybeApplied):
		// The contact may have been created: look for it before creating it again.
	}
	return contact, err
}

func readmeBulk(ctx context.Context, c *client.Client, rows []client.UpsertContactRequest) {
	for row, outcome := range bulk.All(ctx, slices.All(rows), bulk.Upsert(c)) {
		if outcome.Err != nil {
			fmt.Println(row, client.KindOf(outcome.Err))
		}
	}
}

func readmeAgency(app *oauth.App, store oauth.TokenStore, locationID string) (*client.Client, error) {
	source := app.Source(store).Location(locationID) // requests tokens of the location with the token of the agency
	c, err := client.New(source, client.WithLocation(locationID))
	return c, err
}

func readmeTest(t *testing.T) *client.Client {
	t.Helper()
	fake := clienttest.NewServer(t)
	fake.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com"})
	fake.InjectFaults(clienttest.Fault{ // the contact is created, and no response arrives
		Operation: "createContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply,
	})
	return fake.Client()
}
