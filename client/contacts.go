package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// ContactsService has the seven contact operations. It is part of a [Client] and safe for concurrent use.
type ContactsService struct {
	client *Client
}

// Get returns the contact with that id. If there is none, the error matches [ErrNotFound].
//
// Vendor's page: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contact
func (s *ContactsService) Get(ctx context.Context, id string, opts ...CallOption) (*Contact, error) {
	if err := checkID(getContact, "contact", id); err != nil {
		return nil, err
	}
	result, err := do[gen.GetContactResult](ctx, s.client, getContact, opts, func(ctx context.Context) (*http.Response, error) {
		return s.client.generated.GetContact(ctx, id)
	})
	if err != nil {
		return nil, err
	}
	return &result.Contact, nil
}

// Create creates a contact and returns it as the API stored it, phone number and tags normalized. LocationID may be left to
// [WithLocation]. Where the location forbids duplicates (the default), a contact with the same e-mail address or phone number is
// in the way: the error matches [ErrDuplicate] and its ContactID names it.
//
// The API has no idempotency key. If the error matches [ErrMaybeApplied], look for the contact before creating it again.
//
// Vendor's page: https://marketplace.gohighlevel.com/docs/ghl/contacts/create-contact
func (s *ContactsService) Create(ctx context.Context, contact CreateContactRequest, opts ...CallOption) (*Contact, error) {
	if err := s.fillLocation(createContact, &contact.LocationID); err != nil {
		return nil, err
	}
	if err := checkFields(createContact, contact.CustomFields); err != nil {
		return nil, err
	}
	result, err := do[gen.CreateContactResult](ctx, s.client, createContact, opts, func(ctx context.Context) (*http.Response, error) {
		return s.client.generated.CreateContact(ctx, contact)
	})
	if err != nil {
		return nil, err
	}
	return &result.Contact, nil
}

// Update changes the members of a contact that are set in change, keeps the others, and returns the contact. Tags replaces all
// tags; DNDSettings is merged by channel. If there is no such contact, the error matches [ErrNotFound].
//
// That the API reports success does not prove that custom fields were written: it drops unknown keys and options silently.
//
// Vendor's page: https://marketplace.gohighlevel.com/docs/ghl/contacts/update-contact
func (s *ContactsService) Update(ctx context.Context, id string, change UpdateContactRequest, opts ...CallOption) (*Contact, error) {
	if err := checkID(updateContact, "contact", id); err != nil {
		return nil, err
	}
	if err := checkFields(updateContact, change.CustomFields); err != nil {
		return nil, err
	}
	result, err := do[gen.UpdateContactResult](ctx, s.client, updateContact, opts, func(ctx context.Context) (*http.Response, error) {
		return s.client.generated.UpdateContact(ctx, id, change)
	})
	if err != nil {
		return nil, err
	}
	return &result.Contact, nil
}

// Upsert updates the contact that has the request's e-mail address or phone number, by the order that the location has set, or
// creates one. LocationID may be left to [WithLocation]. Tags replaces all tags.
//
// If address and number belong to two contacts, the API updates the first in order and ignores the other value without an error.
//
// Vendor's page: https://marketplace.gohighlevel.com/docs/ghl/contacts/upsert-contact
func (s *ContactsService) Upsert(ctx context.Context, contact UpsertContactRequest, opts ...CallOption) (*UpsertContactResult, error) {
	if err := s.fillLocation(upsertContact, &contact.LocationID); err != nil {
		return nil, err
	}
	if err := checkFields(upsertContact, contact.CustomFields); err != nil {
		return nil, err
	}
	return do[gen.UpsertContactResult](ctx, s.client, upsertContact, opts, func(ctx context.Context) (*http.Response, error) {
		return s.client.generated.UpsertContact(ctx, contact)
	})
}

// Delete deletes the contact with that id. If there is none, the error matches [ErrNotFound].
//
// Vendor's page: https://marketplace.gohighlevel.com/docs/ghl/contacts/delete-contact
func (s *ContactsService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	if err := checkID(deleteContact, "contact", id); err != nil {
		return err
	}
	_, err := do[gen.DeleteContactResult](ctx, s.client, deleteContact, opts, func(ctx context.Context) (*http.Response, error) {
		return s.client.generated.DeleteContact(ctx, id)
	})
	return err
}

// do makes one call of an operation: send has the generated client send the request, the doer does the rest, and the body of
// the success is decoded.
func do[T any](
	ctx context.Context, c *Client, op *operation, opts []CallOption, send func(context.Context) (*http.Response, error),
) (*T, error) {
	call, err := newCall(ctx, op, opts)
	if err != nil {
		return nil, err
	}
	if call.capture != nil {
		defer func() { *call.capture = call.response }()
	}
	if _, err = send(call.context()); err != nil { //nolint:bodyclose // the doer has read it
		if call.request == nil { // it did not even encode
			return nil, fmt.Errorf("%s: %w: %w", op.id, ErrInvalid, err)
		}
		return nil, err
	}
	result, err := read[T](call)
	if err != nil {
		c.doer.logFailure(call, err)
		return nil, err
	}
	c.doer.logDrift(call)
	return result, nil
}

// fillLocation puts the client's location where a request has none.
func (s *ContactsService) fillLocation(op *operation, location *string) error {
	if *location == "" {
		*location = s.client.location
	}
	if *location == "" {
		return fmt.Errorf("%s: %w: no location id; set it in the request or give New client.WithLocation (the API would answer 403)", op.id, ErrInvalid)
	}
	return nil
}

// checkID refuses an id that would lead to another path. The ids of the API are letters and digits.
func checkID(op *operation, what, id string) error {
	if id == "" {
		return fmt.Errorf("%s: %w: the %s id is empty", op.id, ErrInvalid, what)
	}
	if strings.Trim(id, ".") == "" || strings.ContainsFunc(id, notInID) {
		return fmt.Errorf("%s: %w: the %s id has characters that no id has, or is only dots", op.id, ErrInvalid, what)
	}
	return nil
}

// notInID tells whether r would have to be escaped in a path.
func notInID(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	default:
		return !strings.ContainsRune("-_.~", r)
	}
}

// checkFields refuses custom fields that are not named by either id or key.
func checkFields(op *operation, fields []CustomFieldInput) error {
	for i, field := range fields {
		if (field.ID == "") == (field.Key == "") {
			return fmt.Errorf("%s: %w: custom field %d must be named by id or by key, and by one of them only", op.id, ErrInvalid, i)
		}
	}
	return nil
}
