package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// ContactsService provides access to the contact endpoints. It is part of a [Client] and safe for
// concurrent use. To replace it in tests, declare an interface with the methods that you use.
type ContactsService struct {
	client *Client
}

var (
	errNoContact = errors.New("the body has no contact")
	errNoList    = errors.New("the body has no list of contacts")
)

// Get returns the contact with the given ID. If it does not exist, the error matches [ErrNotFound].
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contact
func (s *ContactsService) Get(ctx context.Context, id string, opts ...CallOption) (*Contact, error) {
	if err := checkID(getContact, "contact", id); err != nil {
		return nil, err
	}
	call, err := s.client.newCall(ctx, getContact, opts)
	if err != nil {
		return nil, err
	}
	var result gen.GetContactResult
	_, err = call.api.GetContact(&call.ctx, id) //nolint:bodyclose // the body has been read
	return call.finishContact(err, &result, &result.Contact)
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
	if err := s.checkCreate(&contact); err != nil {
		return nil, err
	}
	call, err := s.client.newCall(ctx, createContact, opts)
	if err != nil {
		return nil, err
	}
	var result gen.CreateContactResult
	_, err = call.api.CreateContact(&call.ctx, contact) //nolint:bodyclose // the body has been read
	return call.finishContact(err, &result, &result.Contact)
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
	if err := checkUpdate(id, &change); err != nil {
		return nil, err
	}
	call, err := s.client.newCall(ctx, updateContact, opts)
	if err != nil {
		return nil, err
	}
	var result gen.UpdateContactResult
	_, err = call.api.UpdateContact(&call.ctx, id, change) //nolint:bodyclose // the body has been read
	if err = call.decodeInto(err, &result); err == nil {
		err = call.checkSucceeded(result.Succeded, result.Succeeded)
	}
	return call.finishContact(err, nil, &result.Contact)
}

// Upsert updates the contact that has the email address or phone number of the request, or creates
// a contact. The settings of the location determine which of the two is matched first. If
// LocationID is empty, the location of [WithLocation] is used. Tags replaces all tags.
//
// Without an email address and a phone number the API always creates a contact. If they belong to
// different contacts, the API updates the first match and silently ignores the other value. If the
// email address was a secondary address of the contact, it becomes the primary address, and the old
// primary address is lost. The API reads national phone numbers as numbers of the location's
// country.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/upsert-contact
func (s *ContactsService) Upsert(ctx context.Context, contact UpsertContactRequest, opts ...CallOption) (*UpsertContactResult, error) {
	if err := s.checkUpsert(&contact); err != nil {
		return nil, err
	}
	call, err := s.client.newCall(ctx, upsertContact, opts)
	if err != nil {
		return nil, err
	}
	call.idempotentPost = !alwaysCreates(&contact)
	var result UpsertContactResult
	_, err = call.api.UpsertContact(&call.ctx, contact) //nolint:bodyclose // the body has been read
	if _, err = call.finishContact(err, &result, &result.Contact); err != nil {
		return nil, err
	}
	return &result, nil
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
	call, err := s.client.newCall(ctx, deleteContact, opts)
	if err != nil {
		return err
	}
	var result gen.DeleteContactResult
	_, err = call.api.DeleteContact(&call.ctx, id) //nolint:bodyclose // the body has been read
	if err = call.decodeInto(err, &result); err == nil {
		err = call.checkSucceeded(result.Succeded, result.Succeeded)
	}
	return call.finish(err)
}

// finishContact ends a call that returns a contact. It decodes the body into result, unless result
// is nil, and checks that contact, which is a part of result, has an ID.
func (c *call) finishContact(err error, result any, contact *Contact) (*Contact, error) {
	if result != nil {
		err = c.decodeInto(err, result)
	}
	if err == nil && contact.ID == "" {
		err = c.badResponse(errNoContact)
	}
	if err = c.finish(err); err != nil {
		return nil, err
	}
	return contact, nil
}

// decodeInto decodes the body into result, unless the request failed with err.
func (c *call) decodeInto(err error, result any) error {
	if err != nil {
		return err
	}
	return c.decode(result)
}

// checkSucceeded returns an error if one of the API's two spellings of "succeeded" is false.
func (c *call) checkSucceeded(spellings ...Nullable[bool]) error {
	for _, spelling := range spellings {
		if succeeded, err := spelling.Get(); err == nil && !succeeded {
			return c.newError()
		}
	}
	return nil
}

// alwaysCreates reports whether an upsert creates a contact each time it is sent.
func alwaysCreates(contact *UpsertContactRequest) bool {
	createNew, err := contact.CreateNewIfDuplicateAllowed.Get()
	return (err == nil && createNew) || (isBlank(contact.Email) && isBlank(contact.Phone))
}

// isBlank reports whether a field is not sent, is null, or holds only white space.
func isBlank(field Nullable[string]) bool {
	value, err := field.Get()
	return err != nil || strings.TrimSpace(value) == ""
}

func (s *ContactsService) checkCreate(contact *CreateContactRequest) error {
	if err := s.setLocation(createContact, &contact.LocationID); err != nil {
		return err
	}
	return checkCustomFields(createContact, contact.CustomFields)
}

func (s *ContactsService) checkUpsert(contact *UpsertContactRequest) error {
	if err := s.setLocation(upsertContact, &contact.LocationID); err != nil {
		return err
	}
	if err := checkNotCleared(upsertContact, upsertNotNullable(contact)); err != nil {
		return err
	}
	return checkCustomFields(upsertContact, contact.CustomFields)
}

func checkUpdate(id string, change *UpdateContactRequest) error {
	if err := checkID(updateContact, "contact", id); err != nil {
		return err
	}
	if err := checkNotCleared(updateContact, updateNotNullable(change)); err != nil {
		return err
	}
	return checkCustomFields(updateContact, change.CustomFields)
}

// notNullable is a property of a request for which the API does not allow null.
type notNullable struct {
	name string // JSON property
	null bool   // the request would send null
}

// updateNotNullable returns the properties of an update for which Clear is not allowed.
func updateNotNullable(change *UpdateContactRequest) []notNullable {
	return []notNullable{
		{"country", change.Country.IsNull()},
		{"dnd", change.DND.IsNull()},
		{"postalCode", change.PostalCode.IsNull()},
	}
}

// upsertNotNullable returns the properties of an upsert for which Clear is not allowed.
func upsertNotNullable(contact *UpsertContactRequest) []notNullable {
	return []notNullable{
		{"assignedTo", contact.AssignedTo.IsNull()},
		{"country", contact.Country.IsNull()},
		{"createNewIfDuplicateAllowed", contact.CreateNewIfDuplicateAllowed.IsNull()},
		{"dnd", contact.DND.IsNull()},
		{"gender", contact.Gender.IsNull()},
		{"postalCode", contact.PostalCode.IsNull()},
		{"source", contact.Source.IsNull()},
	}
}

func checkNotCleared(op operation, properties []notNullable) error {
	for _, property := range properties {
		if property.null {
			return invalid(op, property.name+": the API does not allow null: use Set, or leave the field unset")
		}
	}
	return nil
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
	if strings.Trim(id, ".") == "" || strings.ContainsFunc(id, needsEscape) {
		return invalid(op, name+" ID: use letters, digits and -_.~, and not only dots")
	}
	return nil
}

// needsEscape reports whether r must be escaped in a URL path.
func needsEscape(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	default:
		return !strings.ContainsRune("-_.~", r)
	}
}

// checkCustomFields returns an error if a custom field has neither an ID nor a key, or both.
func checkCustomFields(op operation, fields []CustomFieldInput) error {
	for i, field := range fields {
		if (field.ID == "") == (field.Key == "") {
			return invalid(op, fmt.Sprintf("custom field %d: set either ID or Key", i))
		}
	}
	return nil
}
