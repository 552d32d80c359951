package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
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
	argErr := checkID("contact", id)
	req, err := gen.NewGetContactRequest(s.client.config.baseURL, id)
	var result gen.GetContactResult
	if err := s.client.send(ctx, getContact, req, cmp.Or(argErr, err), &result, opts); err != nil {
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
	argErr := cmp.Or(s.setLocation(&contact.LocationID), checkWrite(contact, contact.CustomFields))
	req, err := gen.NewCreateContactRequest(s.client.config.baseURL, contact)
	var result gen.CreateContactResult
	if err := s.client.send(ctx, createContact, req, cmp.Or(argErr, err), &result, opts); err != nil {
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
	argErr := cmp.Or(checkID("contact", id), checkWrite(change, change.CustomFields))
	req, err := gen.NewUpdateContactRequest(s.client.config.baseURL, id, change)
	var result gen.UpdateContactResult
	if err := s.client.send(ctx, updateContact, req, cmp.Or(argErr, err), &result, opts); err != nil {
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
	op := upsertContact
	op.idempotent = !AlwaysCreates(contact)
	argErr := cmp.Or(s.setLocation(&contact.LocationID), checkWrite(contact, contact.CustomFields))
	req, err := gen.NewUpsertContactRequest(s.client.config.baseURL, contact)
	var result UpsertContactResult
	if err := s.client.send(ctx, op, req, cmp.Or(argErr, err), &result, opts); err != nil {
		return nil, err
	}
	return &result, nil
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
	argErr := checkID("contact", id)
	req, err := gen.NewDeleteContactRequest(s.client.config.baseURL, id)
	return s.client.send(ctx, deleteContact, req, cmp.Or(argErr, err), &gen.DeleteContactResult{}, opts)
}

// checkWrite returns an error if a custom field of a request does not have exactly one of ID and Key,
// or if a string is not valid UTF-8.
func checkWrite(request any, fields []CustomFieldInput) error {
	for i, field := range fields {
		if (field.ID == "") == (field.Key == "") {
			return fmt.Errorf("custom field %d: set either ID or Key", i)
		}
	}
	return checkText(request)
}

// setLocation sets an empty location to the default location of the client.
func (s *ContactsService) setLocation(location *string) error {
	if *location == "" {
		*location = s.client.config.location
	}
	if *location == "" {
		return errors.New("location ID: missing: set LocationID in the request or use WithLocation")
	}
	return nil
}

// checkID returns an error if id would change the path of the request. The API's IDs are letters
// and digits.
func checkID(name, id string) error {
	if id == "" {
		return errors.New(name + " ID: empty")
	}
	if strings.Trim(id, ".") == "" || url.PathEscape(id) != id || strings.ContainsAny(id, "$&+:=@") {
		return errors.New(name + " ID: use letters, digits and -_.~, and not only dots")
	}
	return nil
}

// checkText returns an error that names the first string in request that is not valid UTF-8.
// encoding/json, which encodes the request, would silently replace its invalid bytes.
func checkText(request any) error {
	err := jsonv2.MarshalWrite(io.Discard, request, strictUTF8)
	if invalid, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return errors.New(redact.Value(string(invalid.JSONPointer)) + invalidText)
	}
	return nil
}

const invalidText = ": not valid UTF-8: convert it first, for example from Windows-1252"

// strictUTF8 lets json/v2 encode a value like encoding/json, except that a string must be valid UTF-8.
// Nullable would otherwise encode its value with encoding/json.
var strictUTF8 = jsonv2.JoinOptions(
	jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false), jsontext.AllowInvalidUTF8(false),
	jsonv2.WithMarshalers(jsonv2.MarshalToFunc(func(enc *jsontext.Encoder, text Nullable[string]) error {
		return jsonv2.MarshalEncode(enc, text[true])
	})),
)
