package bulk

import (
	"context"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ascii"
)

// Change is an update of one contact. It is the input of the function that [Update] returns.
type Change struct {
	ID  string
	Set client.UpdateContactRequest // fields that are not set are unchanged
}

// Update returns a function for [All] that updates contacts with c.
func Update(c *client.Client) func(context.Context, Change, ...client.CallOption) (*client.Contact, error) {
	return func(ctx context.Context, change Change, opts ...client.CallOption) (*client.Contact, error) {
		return c.Contacts.Update(ctx, change.ID, change.Set, opts...)
	}
}

// Delete returns a function for [All] that deletes contacts with c. Its inputs are their IDs.
func Delete(c *client.Client) func(context.Context, string, ...client.CallOption) (struct{}, error) {
	return func(ctx context.Context, id string, opts ...client.CallOption) (struct{}, error) {
		return struct{}{}, c.Contacts.Delete(ctx, id, opts...)
	}
}

// defaultContactKeys returns the keys of the contact of an input: its ID, or its email address and
// phone number. Inputs that share a key are about the same contact.
func defaultContactKeys(input any) []string {
	switch in := input.(type) {
	case string:
		return appendKey(nil, "id:", in)
	case Change:
		return appendKey(nil, "id:", in.ID)
	case client.CreateContactRequest:
		return identifierKeys(in.Email, in.Phone)
	case client.UpsertContactRequest:
		return identifierKeys(text(in.Email), text(in.Phone))
	}
	return nil
}

// comparedDigits is the number of trailing digits of a phone number that are compared. The digits
// before them differ between a national number and its international form.
const comparedDigits = 7

func identifierKeys(email, phone string) []string {
	digits := strings.Map(func(r rune) rune {
		if r = ascii.Fold(r); r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
	keys := appendKey(nil, "email:", strings.ToLower(strings.TrimSpace(email)))
	return appendKey(keys, "phone:", digits[max(0, len(digits)-comparedDigits):])
}

func appendKey(keys []string, kind, value string) []string {
	if value == "" {
		return keys
	}
	return append(keys, kind+value)
}

// isIdempotent reports whether the call for an input can be made more than once. It returns false
// for types that this package does not know, because their calls may create contacts.
func isIdempotent(input any) bool {
	switch in := input.(type) {
	case string, Change:
		return true
	case client.UpsertContactRequest:
		createNew, err := in.CreateNewIfDuplicateAllowed.Get()
		return (err != nil || !createNew) && strings.TrimSpace(text(in.Email)+text(in.Phone)) != ""
	}
	return false
}

func text(field client.Nullable[string]) string {
	value, _ := field.Get() // an empty string if the field is not set
	return value
}
