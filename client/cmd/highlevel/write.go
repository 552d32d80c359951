package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// written is the result of the write of a row.
type written struct {
	id        string
	isNew     bool
	unapplied []string // names of values that the API did not store
	isOther   bool     // the contact had another email address
}

// otherEmailError is the error of a row that matches a contact with another email address.
type otherEmailError struct{ id string }

func (e otherEmailError) Error() string {
	return "the row matches a contact with another email address, which it would overwrite: if it is the same person, pass --change-email"
}

// operation returns the operation that writes a row. Tags are added after the contact has been
// written, so that they do not replace others. Except for --mode create, all requests of a row can be
// made again. A create is made again only if its contact does not exist.
func (im *importer) operation() bulk.Operation[*row, written] {
	upsertKeys := bulk.Upsert(im.account.client).ContactKeys
	return bulk.Operation[*row, written]{
		Call:        im.write,
		ContactKeys: func(r *row) []string { return append(upsertKeys(r.request), r.id) },
		Idempotent:  func(*row) bool { return im.mode != modeCreate },
	}
}

func (im *importer) write(ctx context.Context, r *row, opts ...client.CallOption) (written, error) {
	switch im.mode {
	case modeCreate:
		return im.create(ctx, r, opts)
	case modeUpdate:
		return im.update(ctx, r, opts)
	}
	var w written
	matched, err := im.match(ctx, r, opts)
	if err != nil {
		return w, err
	}
	result, err := im.account.client.Contacts.Upsert(ctx, r.request, opts...)
	if err != nil {
		return w, err
	}
	w = written{id: result.Contact.ID, isNew: result.New, isOther: isOther(matched, r)}
	w.unapplied = verify.Upsert(r.request, result, im.definitions)
	return w, im.addTags(ctx, r, &result.Contact, &w, opts)
}

// match returns the contact that an upsert of the row would change, or nil. It returns an
// otherEmailError if the contact has another email address, which the upsert would overwrite: the
// contact matches by its phone number, or by a secondary email address.
func (im *importer) match(ctx context.Context, r *row, opts []client.CallOption) (*client.Contact, error) {
	query := client.DuplicateQuery{Email: value(r.request.Email), Phone: value(r.request.Phone)}
	if query.Email == "" {
		return nil, nil
	}
	contact, err := im.account.client.Contacts.FindDuplicate(ctx, query, opts...)
	switch {
	case errors.Is(err, client.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case isOther(contact, r) && !im.changeEmail:
		return nil, otherEmailError{contact.ID}
	}
	return contact, nil
}

// isOther reports whether a contact has an email address, and the row has another one.
func isOther(contact *client.Contact, r *row) bool {
	email := value(r.request.Email)
	return contact != nil && email != "" && contact.Email != "" && !strings.EqualFold(contact.Email, email)
}

func (im *importer) create(ctx context.Context, r *row, opts []client.CallOption) (written, error) {
	contact, err := convert[client.CreateContactRequest](r.request)
	if err != nil {
		return written{}, err
	}
	if r.tags != nil {
		contact.Tags = r.tags // a new contact has no others
	}
	if r.unclear {
		found, err := im.account.client.Contacts.FindDuplicate(ctx, client.DuplicateQuery{Email: contact.Email, Phone: contact.Phone})
		if !errors.Is(err, client.ErrNotFound) {
			return im.settle(contact, found, err)
		}
	}
	if err := im.report.start(r); err != nil {
		return written{}, err
	}
	created, err := im.account.client.Contacts.Create(ctx, contact, opts...)
	if err != nil {
		return written{}, err
	}
	return written{id: created.ID, isNew: true, unapplied: verify.Unapplied(contact, created, im.definitions)}, nil
}

// settle returns the result of a create that an earlier run may have made, given the contact that
// exists now. The create was made if the contact has all its values.
func (im *importer) settle(sent client.CreateContactRequest, found *client.Contact, err error) (written, error) {
	if err != nil {
		return written{}, err
	}
	w := written{id: found.ID, isNew: true}
	if unapplied := verify.Unapplied(sent, found, im.definitions); unapplied != nil {
		return w, fmt.Errorf("a contact exists that differs in %s: %w", strings.Join(unapplied, ", "), client.ErrMaybeApplied)
	}
	return w, nil
}

func (im *importer) update(ctx context.Context, r *row, opts []client.CallOption) (written, error) {
	w := written{id: r.id}
	if r.id == "" {
		query := client.DuplicateQuery{Email: value(r.request.Email), Phone: value(r.request.Phone)}
		contact, err := im.account.client.Contacts.FindDuplicate(ctx, query, opts...)
		if err != nil {
			return w, err
		}
		if w.id, w.isOther = contact.ID, isOther(contact, r); w.isOther && !im.changeEmail {
			return w, otherEmailError{contact.ID}
		}
	}
	change, err := convert[client.UpdateContactRequest](r.request)
	if err != nil {
		return w, err
	}
	contact, err := im.account.client.Contacts.Update(ctx, w.id, change, opts...)
	if err != nil {
		return w, err
	}
	w.unapplied = verify.Unapplied(change, contact, im.definitions)
	return w, im.addTags(ctx, r, contact, &w, opts)
}

// addTags adds the tags of a row that the contact does not have.
func (im *importer) addTags(ctx context.Context, r *row, contact *client.Contact, w *written, opts []client.CallOption) error {
	missing := missingTags(r.tags, contact.Tags)
	if len(missing) == 0 {
		return nil
	}
	tags, err := im.account.client.Contacts.AddTags(ctx, contact.ID, missing, opts...)
	for _, tag := range missingTags(missing, tags) {
		w.unapplied = append(w.unapplied, "tags/"+tag)
	}
	return err
}

// missingTags returns the tags that are not in stored, in the form in which the API stores tags.
func missingTags(tags, stored []string) []string {
	var missing []string
	for _, tag := range tags {
		tag = strings.ToLower(trim(tag))
		if tag != "" && !slices.Contains(stored, tag) && !slices.Contains(missing, tag) {
			missing = append(missing, tag)
		}
	}
	return missing
}

// convert returns a request of another operation with the properties of an upsert that it has.
func convert[T client.CreateContactRequest | client.UpdateContactRequest](upsert request) (T, error) {
	var converted T
	encoded, err := json.Marshal(upsert)
	if err != nil {
		return converted, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(encoded)))
	decoder.UseNumber() // a number of a custom field keeps its digits
	err = decoder.Decode(&converted)
	return converted, err
}
