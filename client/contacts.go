package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
	"github.com/highlevel-contacts/contacts-go/client/internal/utf8json"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// ContactsService provides access to the contact endpoints. It is part of a [Client] and safe for
// concurrent use. To replace it in tests, declare an interface with the methods that you use.
type ContactsService struct {
	client *Client
}

// Get returns the contact with the given ID. If it does not exist, the error matches [ErrNotFound].
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contact
func (s *ContactsService) Get(ctx context.Context, id string, opts ...CallOption) (*Contact, error) {
	if err := checkID(getContact, "contact", id); err != nil {
		return nil, err
	}
	req, err := gen.NewGetContactRequest(s.client.config.baseURL, id)
	result, err := send(ctx, s.client, getContact, req, err, func(r *gen.GetContactResult) error { return hasID(&r.Contact) }, opts)
	if err != nil {
		return nil, err
	}
	return &result.Contact, nil
}

// Create creates a contact and returns it as the API stored it, with normalized phone number and
// tags. If LocationID is empty, the location of [WithLocation] is used.
//
// If the location does not allow duplicates, which is the default, and a contact with the same
// email address or phone number exists, the error matches [ErrDuplicate] and Error.ContactID holds
// its ID. The API has no idempotency key: if the error matches [ErrMaybeApplied], look for the
// contact before creating it again.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/create-contact
func (s *ContactsService) Create(ctx context.Context, contact CreateContactRequest, opts ...CallOption) (*Contact, error) {
	if err := s.checkWrite(createContact, &contact.LocationID, contact.CustomFields, &contact); err != nil {
		return nil, err
	}
	req, err := gen.NewCreateContactRequest(s.client.config.baseURL, contact)
	result, err := send(ctx, s.client, createContact, req, err, func(r *gen.CreateContactResult) error { return hasID(&r.Contact) }, opts)
	if err != nil {
		return nil, err
	}
	return &result.Contact, nil
}

// Update changes the fields of a contact that are set in change and returns the updated contact.
// Tags replaces all tags; DNDSettings is merged by channel. If the contact does not exist, the
// error matches [ErrNotFound].
//
// A success does not guarantee that custom fields were written: the API silently ignores unknown
// keys and options. Package verify finds such fields.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/update-contact
func (s *ContactsService) Update(ctx context.Context, id string, change UpdateContactRequest, opts ...CallOption) (*Contact, error) {
	if err := checkID(updateContact, "contact", id); err != nil {
		return nil, err
	}
	if err := s.checkWrite(updateContact, nil, change.CustomFields, &change); err != nil {
		return nil, err
	}
	req, err := gen.NewUpdateContactRequest(s.client.config.baseURL, id, change)
	result, err := send(ctx, s.client, updateContact, req, err, func(r *gen.UpdateContactResult) error { return hasID(&r.Contact) }, opts)
	if err != nil {
		return nil, err
	}
	return &result.Contact, nil
}

// Upsert updates the contact that has the email address or phone number of the request, or creates
// a contact. The settings of the location determine which of the two is matched first. If
// LocationID is empty, the location of [WithLocation] is used. Tags replaces all tags.
//
// A match by phone number overwrites the names and the email address of the contact, even if it is
// another person. If the two belong to different contacts, the API updates the first match and
// silently ignores the other value. A secondary email address that matches becomes the primary one,
// and the old primary address is lost. The API rejects an upsert that has neither of the two.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/upsert-contact
func (s *ContactsService) Upsert(ctx context.Context, contact UpsertContactRequest, opts ...CallOption) (*UpsertContactResult, error) {
	if err := s.checkWrite(upsertContact, &contact.LocationID, contact.CustomFields, &contact); err != nil {
		return nil, err
	}
	op := upsertContact
	op.idempotent = !AlwaysCreates(contact)
	req, err := gen.NewUpsertContactRequest(s.client.config.baseURL, contact)
	return send(ctx, s.client, op, req, err, func(r *UpsertContactResult) error { return hasID(&r.Contact) }, opts)
}

// AlwaysCreates reports whether the upsert may create a contact each time it is sent, because it
// sets CreateNewIfDuplicateAllowed. Such an upsert is retried only like a create.
func AlwaysCreates(contact UpsertContactRequest) bool {
	createNew, err := contact.CreateNewIfDuplicateAllowed.Get()
	return err == nil && createNew
}

// Delete deletes the contact with the given ID. If it does not exist, the error matches
// [ErrNotFound]. If a retry finds that the contact does not exist, Delete returns nil, because the
// first attempt may have deleted it.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/delete-contact
func (s *ContactsService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	if err := checkID(deleteContact, "contact", id); err != nil {
		return err
	}
	req, err := gen.NewDeleteContactRequest(s.client.config.baseURL, id)
	_, err = send(ctx, s.client, deleteContact, req, err, func(*gen.DeleteContactResult) error { return nil }, opts)
	return err
}

// hasID returns an error if a response has no contact.
func hasID(contact *Contact) error {
	if contact.ID == "" {
		return errors.New("the body has no contact")
	}
	return nil
}

// checkWrite checks a request with the given custom fields, and sets its location unless location is
// nil.
func (s *ContactsService) checkWrite(op operation, location *string, fields []CustomFieldInput, request any) error {
	if location != nil {
		if err := s.setLocation(op, location); err != nil {
			return err
		}
	}
	for i, field := range fields {
		if (field.ID == "") == (field.Key == "") {
			return invalid(op, fmt.Sprintf("custom field %d: set either ID or Key", i))
		}
	}
	return checkText(op, request)
}

// setLocation sets an empty location to the default location of the client.
func (s *ContactsService) setLocation(op operation, location *string) error {
	if *location == "" {
		*location = s.client.config.location
	}
	if *location == "" {
		return invalid(op, "location ID: missing: set LocationID in the request or use WithLocation")
	}
	return nil
}

// checkID returns an error if id would change the path of the request. The API's IDs are letters
// and digits.
func checkID(op operation, name, id string) error {
	if id == "" {
		return invalid(op, name+" ID: empty")
	}
	if strings.Trim(id, ".") == "" || url.PathEscape(id) != id || strings.ContainsAny(id, "$&+:=@") {
		return invalid(op, name+" ID: use letters, digits and -_.~, and not only dots")
	}
	return nil
}

// checkText returns an error if a string in request is not valid UTF-8. Encoding would silently
// replace its invalid bytes.
func checkText(op operation, request any) error {
	if pointer, ok := utf8json.FindInvalid(request); ok {
		return invalid(op, redact.Value(pointer)+invalidText)
	}
	return nil
}

const invalidText = ": not valid UTF-8: convert it first, for example from Windows-1252"
