// Package bulk calls the API for many contacts, as fast as the rate limit of the client allows.
//
//	for row, outcome := range bulk.All(ctx, slices.All(rows), c.Contacts.Upsert) {
//		if outcome.Err != nil {
//			log.Printf("row %d: %v", row, outcome.Err)
//		}
//	}
//
// Get, Create and Upsert of a client can be passed to [All] as they are, and [Update] and [Delete]
// return functions for the other operations.
package bulk

import (
	"context"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// Outcome is the result of the call for one input.
type Outcome[In, Out any] struct {
	Input In
	Value Out
	Err   error
}

// Unapplied returns the names of the values that were sent and that the API accepted and did not
// store, as [verify.Unapplied] finds them. It returns nil if the call failed.
func (o Outcome[In, Out]) Unapplied() []string {
	if o.Err != nil {
		return nil
	}
	if change, ok := any(o.Input).(Change); ok {
		return verify.Unapplied(change.Set, o.Value)
	}
	return verify.Unapplied(o.Input, o.Value)
}

// Change is the change of one contact, for [Update].
type Change struct {
	ID  string
	Set client.UpdateContactRequest
}

// Update returns a function for [All] that updates contacts.
func Update(c *client.Client) func(context.Context, Change, ...client.CallOption) (*client.Contact, error) {
	return func(ctx context.Context, change Change, opts ...client.CallOption) (*client.Contact, error) {
		return c.Contacts.Update(ctx, change.ID, change.Set, opts...)
	}
}

// Delete returns a function for [All] that deletes the contacts with the given IDs.
func Delete(c *client.Client) func(context.Context, string, ...client.CallOption) (struct{}, error) {
	return func(ctx context.Context, id string, opts ...client.CallOption) (struct{}, error) {
		return struct{}{}, c.Contacts.Delete(ctx, id, opts...)
	}
}
