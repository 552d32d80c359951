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

// written is the result of the write of a row. If the write failed, only the ID may be set.
type written struct {
	id     string
	isNew  bool
	losses []string // reasons why the contact differs from the row, or from what was expected
}

// verified adds the values that the API did not store.
func (w *written) verified(unapplied []string) {
	if len(unapplied) > 0 {
		w.losses = append(w.losses, "the API did not store "+strings.Join(unapplied, ", "))
	}
}

// errOtherEmail is the error of a row that matches a contact with another email address, by its phone
// number or by a secondary email address.
var errOtherEmail = errors.New("the row matches a contact with another email address, which it would overwrite: " +
	"if it is the same person, pass --change-email")

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
	if r.identifiers().Email != "" {
		if err := im.match(ctx, r, &w, opts); err != nil && !errors.Is(err, client.ErrNotFound) {
			return w, err
		}
	}
	result, err := im.account.client.Contacts.Upsert(ctx, r.request, opts...)
	if err != nil {
		return w, err
	}
	w.id, w.isNew = result.Contact.ID, result.New
	return w, im.finish(ctx, r, &result.Contact, verify.Upsert(r.request, result, im.account.definitions), &w, opts)
}

// match finds the contact of a row. It returns errOtherEmail if the contact has another email address,
// unless that may change.
func (im *importer) match(ctx context.Context, r *row, w *written, opts []client.CallOption) error {
	query := r.identifiers()
	contact, err := im.account.client.Contacts.FindDuplicate(ctx, query, opts...)
	if err != nil {
		return err
	}
	w.id = contact.ID
	if query.Email == "" || contact.Email == "" || strings.EqualFold(contact.Email, query.Email) {
		return nil
	}
	if !im.changeEmail {
		return errOtherEmail
	}
	w.losses = append(w.losses, "the contact had another email address")
	return nil
}

func (im *importer) create(ctx context.Context, r *row, opts []client.CallOption) (w written, err error) {
	contact, err := convert[client.CreateContactRequest](r.request)
	if err != nil {
		return w, err
	}
	if r.tags != nil {
		contact.Tags = r.tags // a new contact has no others
	}
	w.isNew = true
	if r.unclear { // the create was made if the contact has all its values
		found, err := im.account.client.Contacts.FindDuplicate(ctx, r.identifiers())
		if err == nil {
			w.id = found.ID
			if unapplied := verify.Unapplied(contact, found, im.account.definitions); unapplied != nil {
				err = fmt.Errorf("a contact exists that differs in %s: %w", strings.Join(unapplied, ", "), client.ErrMaybeApplied)
			}
		}
		if !errors.Is(err, client.ErrNotFound) {
			return w, err
		}
	}
	if err := im.report.start(r); err != nil {
		return w, err
	}
	created, err := im.account.client.Contacts.Create(ctx, contact, opts...)
	if err != nil {
		return w, err
	}
	w.id = created.ID
	w.verified(verify.Unapplied(contact, created, im.account.definitions))
	return w, nil
}

func (im *importer) update(ctx context.Context, r *row, opts []client.CallOption) (written, error) {
	w := written{id: r.id}
	if r.id == "" {
		if err := im.match(ctx, r, &w, opts); err != nil {
			return w, err
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
	return w, im.finish(ctx, r, contact, verify.Unapplied(change, contact, im.account.definitions), &w, opts)
}

// finish adds the tags of a row that the contact does not have, and the values that were not stored.
func (im *importer) finish(ctx context.Context, r *row, contact *client.Contact, unapplied []string, w *written, opts []client.CallOption) (err error) {
	if missing := missingTags(r.tags, contact.Tags); len(missing) > 0 {
		var tags []string
		tags, err = im.account.client.Contacts.AddTags(ctx, contact.ID, missing, opts...)
		for _, tag := range missingTags(missing, tags) {
			unapplied = append(unapplied, "tags/"+tag)
		}
	}
	w.verified(unapplied)
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
