package bulk

import (
	"context"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/phone"
)

// An Operation is a call that [All] makes for each input. The functions of this package return one for
// each method of the client that concerns one contact. An operation of your own sets all three fields.
type Operation[In, Out any] struct {
	// Call makes the call. It must pass its options to each write that it makes with the client, and
	// wrap the errors of the client. All uses the options to learn when the call has passed the rate
	// limit, and whether a failed call may have been applied.
	Call func(ctx context.Context, input In, opts ...client.CallOption) (Out, error)
	// ContactKeys returns the keys of the contact of an input. Calls for inputs that share a key
	// run one after another, in the order of the inputs. An input without a key waits for no other
	// one. Empty keys are ignored.
	ContactKeys func(input In) []string
	// Idempotent reports whether the call for an input may be applied more than once. A call that is
	// not idempotent is never made again once one of its requests may have been applied.
	Idempotent func(input In) bool
}

// Create returns an operation that creates contacts.
func Create(c *client.Client) Operation[client.CreateContactRequest, *client.Contact] {
	return Operation[client.CreateContactRequest, *client.Contact]{
		Call:        c.Contacts.Create,
		ContactKeys: func(in client.CreateContactRequest) []string { return identifierKeys(in.Email, in.Phone) },
		Idempotent:  func(client.CreateContactRequest) bool { return false },
	}
}

// Upsert returns an operation that updates the contacts that match, and creates the others.
func Upsert(c *client.Client) Operation[client.UpsertContactRequest, *client.UpsertContactResult] {
	return Operation[client.UpsertContactRequest, *client.UpsertContactResult]{
		Call: c.Contacts.Upsert,
		ContactKeys: func(in client.UpsertContactRequest) []string {
			email, _ := in.Email.Get() // empty if it is not set
			number, _ := in.Phone.Get()
			return identifierKeys(email, number)
		},
		Idempotent: func(in client.UpsertContactRequest) bool { return !client.AlwaysCreates(in) },
	}
}

// Change is an update of one contact, the input of [Update].
type Change struct {
	ID      string // ID of the contact
	Request client.UpdateContactRequest
}

// Update returns an operation that updates contacts.
func Update(c *client.Client) Operation[Change, *client.Contact] {
	return byID(func(in Change) string { return in.ID },
		func(ctx context.Context, in Change, opts ...client.CallOption) (*client.Contact, error) {
			return c.Contacts.Update(ctx, in.ID, in.Request, opts...)
		})
}

// Delete returns an operation that deletes contacts. Its inputs are their IDs.
func Delete(c *client.Client) Operation[string, struct{}] {
	return byID(itself,
		func(ctx context.Context, id string, opts ...client.CallOption) (struct{}, error) {
			return struct{}{}, c.Contacts.Delete(ctx, id, opts...)
		})
}

// TagChange is a change of the tags of one contact, the input of [AddTags] and [RemoveTags].
type TagChange struct {
	ID   string   // ID of the contact
	Tags []string // tags to add or to remove
}

// AddTags returns an operation that adds tags to contacts. Its results are the tags of the contacts.
func AddTags(c *client.Client) Operation[TagChange, []string] {
	return byID(func(in TagChange) string { return in.ID },
		func(ctx context.Context, in TagChange, opts ...client.CallOption) ([]string, error) {
			return c.Contacts.AddTags(ctx, in.ID, in.Tags, opts...)
		})
}

// RemoveTags returns an operation that removes tags from contacts. Its results are the tags of the
// contacts.
func RemoveTags(c *client.Client) Operation[TagChange, []string] {
	return byID(func(in TagChange) string { return in.ID },
		func(ctx context.Context, in TagChange, opts ...client.CallOption) ([]string, error) {
			return c.Contacts.RemoveTags(ctx, in.ID, in.Tags, opts...)
		})
}

// byID returns an idempotent operation on the contact with the ID of the input.
func byID[In, Out any](id func(In) string, call func(context.Context, In, ...client.CallOption) (Out, error)) Operation[In, Out] {
	return Operation[In, Out]{
		Call: call, ContactKeys: func(in In) []string { return []string{id(in)} }, Idempotent: func(In) bool { return true },
	}
}

func itself(id string) string { return id }

// Get returns an operation that gets contacts. Its inputs are their IDs.
func Get(c *client.Client) Operation[string, *client.Contact] {
	return byID(itself, c.Contacts.Get)
}

// identifierKeys returns the contact keys of an email address and a phone number.
func identifierKeys(email, number string) []string {
	var keys []string
	if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
		keys = append(keys, "email:"+email)
	}
	for _, key := range phone.Keys(number) {
		keys = append(keys, "phone:"+key)
	}
	return keys
}
