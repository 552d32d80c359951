package clienttest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// createContact handles POST /contacts/.
func (s *Server) createContact(c *call) (wire.Response, error) {
	w, err := parseWrite(c)
	if err != nil {
		return wire.Response{}, err
	}
	if !w.HasAny("email", "phone", "firstName", "lastName") {
		return wire.Response{}, wire.Unprocessable("Contacts without email, phone, firstName and lastName are not allowed.")
	}
	if !c.location.AllowDuplicates {
		if existing, matching := s.match(c.location, w); existing != nil {
			return wire.Response{}, wire.Duplicate(existing, matching)
		}
	}
	created, err := s.insert(c, w)
	if err != nil {
		return wire.Response{}, err
	}
	return c.ok(http.StatusCreated, wire.Object{"contact": wire.Created(created)})
}

// updateContact handles PUT /contacts/{contactId}.
func (s *Server) updateContact(c *call) (wire.Response, error) {
	w, err := parseWrite(c)
	if err != nil {
		return wire.Response{}, err
	}
	old := s.store.Get(c.id)
	if old == nil {
		return wire.Response{}, s.notFound(c)
	}
	updated, err := s.save(c, store.Clone(old), w)
	if err != nil {
		return wire.Response{}, err
	}
	return c.succeeded(http.StatusOK, wire.Object{"contact": wire.Detail(updated)})
}

// succeeded returns a response with both spellings of succeeded.
func (c *call) succeeded(status int, body wire.Object) (wire.Response, error) {
	body["succeded"], body["succeeded"] = true, true
	return c.ok(status, body)
}

// upsertContact handles POST /contacts/upsert.
func (s *Server) upsertContact(c *call) (wire.Response, error) {
	w, err := parseWrite(c)
	if err != nil {
		return wire.Response{}, err
	}
	if !w.HasAny("email", "phone") {
		return wire.Response{}, noIdentifier()
	}
	var existing *gen.Contact
	if string(w["createNewIfDuplicateAllowed"]) != "true" || !c.location.AllowDuplicates {
		existing, _ = s.match(c.location, w)
		s.removeTaken(c.location, w, existing)
	}
	if existing == nil {
		stored, err := s.insert(c, w)
		if err != nil {
			return wire.Response{}, err
		}
		return c.succeeded(http.StatusCreated, wire.Object{"new": true, "contact": wire.Detail(stored)})
	}
	gender := w.Text("gender")
	delete(w, "gender")
	stored, err := s.save(c, promote(existing, w), w)
	if err != nil {
		return wire.Response{}, err
	}
	contact := wire.Detail(stored)
	if gender != "" {
		contact["gender"] = gender // the API returns it and does not store it
	}
	return c.succeeded(http.StatusOK, wire.Object{"new": false, "contact": contact})
}

// deleteContact handles DELETE /contacts/{contactId}.
func (s *Server) deleteContact(c *call) (wire.Response, error) {
	old := s.store.Get(c.id)
	if old == nil {
		return wire.Response{}, s.notFound(c)
	}
	s.store.Delete(c.id, c.now)
	s.notify(old, nil)
	return c.succeeded(http.StatusOK, wire.Object{})
}

// noIdentifier returns the error for a request that identifies no contact.
func noIdentifier() error {
	return wire.BadRequest("Pass at least one of number, email query parameter")
}

// parseWrite reads and normalizes a body that has been validated.
func parseWrite(c *call) (wire.Write, error) {
	w := wire.ParseWrite(c.body)
	return w, w.Normalize(c.location.Country)
}

func (s *Server) insert(c *call, w wire.Write) (*gen.Contact, error) {
	now := store.Millisecond(c.now)
	return s.save(c, gen.Contact{
		ID: s.newContactID(), LocationID: c.location.ID, Type: "lead", DateAdded: now, Country: c.location.Country,
		CreatedBy: gen.CreatedBy{Source: "INTEGRATION", Channel: "OAUTH", SourceID: s.App.ClientID, Timestamp: now},
	}, w)
}

// save applies a write to a contact and stores it.
func (s *Server) save(c *call, contact gen.Contact, w wire.Write) (*gen.Contact, error) {
	w.Apply(&contact)
	contact.DateUpdated = store.Millisecond(c.now)
	var err error
	if contact.CustomFields, err = c.location.writeFields(contact.CustomFields, w.CustomFields()); err != nil {
		return nil, err
	}
	old := s.store.Get(contact.ID)
	s.store.Put(&contact, c.now)
	s.notify(old, &contact)
	return &contact, nil
}

// newContactID returns an ID that no contact has or had.
func (s *Server) newContactID() string {
	id := s.contactIDs.ID()
	for s.store.Get(id) != nil || !s.store.DeletedAt(id).IsZero() {
		id = s.contactIDs.ID()
	}
	return id
}

// match returns the contact that a write would duplicate, and the property that matches. It
// compares email address and phone number in the location's order, and secondary email addresses
// too.
func (s *Server) match(l *Location, w wire.Write) (existing *gen.Contact, property string) {
	for _, name := range l.identifiers() {
		if existing := s.owner(l, w, name); existing != nil {
			return existing, name
		}
	}
	return nil, ""
}

// owner returns the contact that has the email address or phone number of a write.
func (s *Server) owner(l *Location, w wire.Write, name string) *gen.Contact {
	value := w.Text(name)
	if value == "" {
		return nil
	}
	return s.store.Oldest(l.ID, name, value)
}

// removeTaken removes the email address or phone number of an upsert if a contact other than the
// matched one has it, because the API silently ignores it. matched is nil only if no contact has
// either of them.
func (s *Server) removeTaken(l *Location, w wire.Write, matched *gen.Contact) {
	for _, name := range l.identifiers() {
		if other := s.owner(l, w, name); other != nil && other.ID != matched.ID {
			delete(w, name)
		}
	}
}

// promote returns a copy of the contact without the secondary email address that becomes the
// primary one. The API discards the old primary address.
func promote(old *gen.Contact, w wire.Write) gen.Contact {
	promoted := store.Clone(old)
	promoted.AdditionalEmails = slices.DeleteFunc(promoted.AdditionalEmails, func(e gen.AdditionalEmail) bool {
		return strings.EqualFold(e.Email, w.Text("email"))
	})
	return promoted
}
