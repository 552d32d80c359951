package bulk

import (
	"context"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// Outcome is the result of one call.
type Outcome[In, Out any] struct {
	Input In
	Value Out
	Err   error
}

// Unapplied returns the JSON names of what the API accepted and did not store, as
// [verify.Unapplied] does. It returns nil if the call failed.
func (o Outcome[In, Out]) Unapplied(opts ...verify.Option) []string {
	if o.Err != nil {
		return nil
	}
	if change, ok := any(o.Input).(Change); ok {
		return verify.Unapplied(change.Set, o.Value, opts...)
	}
	return verify.Unapplied(o.Input, o.Value, opts...)
}

// Change is a change of the contact with an ID, for [Update].
type Change struct {
	ID  string
	Set client.UpdateContactRequest
}

// Update returns a call for [All] that updates contacts.
func Update(c *client.Client) func(context.Context, Change, ...client.CallOption) (*client.Contact, error) {
	return func(ctx context.Context, change Change, opts ...client.CallOption) (*client.Contact, error) {
		return c.Contacts.Update(ctx, change.ID, change.Set, opts...)
	}
}

// Delete returns a call for [All] that deletes the contacts with the given IDs.
func Delete(c *client.Client) func(context.Context, string, ...client.CallOption) (struct{}, error) {
	return func(ctx context.Context, id string, opts ...client.CallOption) (struct{}, error) {
		return struct{}{}, c.Contacts.Delete(ctx, id, opts...)
	}
}

// contactKeys returns what identifies the contact of an input. Inputs that share one of the keys
// are about the same contact.
func contactKeys(input any) []string {
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

// comparedDigits is the number of trailing digits of a phone number that are compared, because a
// national number and its international form differ before them.
const comparedDigits = 7

func identifierKeys(email, phone string) []string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
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

// isIdempotent reports whether the call for an input can be made twice. Types that are not known
// may be creates.
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
	value, _ := field.Get() // empty if it is not set
	return value
}
