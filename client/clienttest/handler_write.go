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
		return wire.Response{}, wire.UnprocessableText("Contacts without email, phone, firstName and lastName are not allowed.")
	}
	tx := s.store.Begin()
	defer tx.End()
	if !c.location.AllowDuplicates {
		if existing, matching := match(tx, c.location, w); existing != nil {
			return wire.Response{}, wire.Duplicate(existing, matching)
		}
	}
	created, err := s.insert(tx, c, w)
	if err != nil {
		return wire.Response{}, err
	}
	var contact, body wire.Object
	contact.WriteCreated(created)
	body.Raw("contact", contact.End())
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusCreated, body.End()), nil
}

// updateContact handles PUT /contacts/{contactId}.
func (s *Server) updateContact(c *call) (wire.Response, error) {
	w, err := parseWrite(c)
	if err != nil {
		return wire.Response{}, err
	}
	tx := s.store.Begin()
	defer tx.End()
	old := tx.Get(c.id)
	if old == nil {
		return wire.Response{}, s.notFound(tx, c)
	}
	updated, err := s.change(tx, c, old, w)
	if err != nil {
		return wire.Response{}, err
	}
	var body wire.Object
	body.Value("succeded", true) // the API returns both spellings
	body.Value("succeeded", true)
	body.Raw("contact", detail(updated))
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusOK, body.End()), nil
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
	tx := s.store.Begin()
	defer tx.End()
	var existing *gen.Contact
	if !w.CreateNewIfDuplicateAllowed || !c.location.AllowDuplicates {
		existing, _ = match(tx, c.location, w)
		removeTaken(tx, c.location, w, existing)
	}
	status := http.StatusOK
	var stored *gen.Contact
	if existing == nil {
		status = http.StatusCreated
		stored, err = s.insert(tx, c, w)
	} else {
		stored, err = s.upsertExisting(tx, c, existing, w)
	}
	if err != nil {
		return wire.Response{}, err
	}
	var body wire.Object
	body.Value("new", existing == nil)
	body.Value("succeded", true)
	body.Value("succeeded", true)
	body.Raw("contact", detail(stored))
	body.String("traceId", c.traceID)
	return wire.JSON(status, body.End()), nil
}

// upsertExisting changes the contact that an upsert matches. It returns the contact for the
// response, which has the gender of the request although the API does not store it.
func (s *Server) upsertExisting(tx *store.Tx, c *call, existing *gen.Contact, w *wire.Write) (*gen.Contact, error) {
	gender := w.Strings["gender"]
	delete(w.Strings, "gender")
	stored, err := s.change(tx, c, promote(existing, w), w)
	if err != nil || gender == nil {
		return stored, err
	}
	returned := *stored
	returned.Gender = *gender
	return &returned, nil
}

// deleteContact handles DELETE /contacts/{contactId}.
func (s *Server) deleteContact(c *call) (wire.Response, error) {
	tx := s.store.Begin()
	defer tx.End()
	old := tx.Get(c.id)
	if old == nil {
		return wire.Response{}, s.notFound(tx, c)
	}
	tx.Delete(c.id, c.now)
	s.notify(old, nil)
	var body wire.Object
	body.Value("succeded", true)
	body.Value("succeeded", true)
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusOK, body.End()), nil
}

// noIdentifier returns the error for a request that identifies no contact.
func noIdentifier() error {
	return wire.BadRequest("Pass at least one of number, email query parameter")
}

// parseWrite reads and normalizes a body that has been validated.
func parseWrite(c *call) (*wire.Write, error) {
	w, err := wire.ParseWrite(c.body)
	if err != nil {
		return nil, err
	}
	return w, w.Normalize(c.location.Country)
}

func (s *Server) insert(tx *store.Tx, c *call, w *wire.Write) (*gen.Contact, error) {
	now := store.Millisecond(c.now)
	return s.save(tx, c, gen.Contact{
		ID: s.newContactID(tx), LocationID: c.location.ID, Type: "lead", DateAdded: now, DateUpdated: now, Country: c.location.Country,
		CreatedBy: gen.CreatedBy{Source: "INTEGRATION", Channel: "OAUTH", SourceID: s.App.ClientID, Timestamp: now},
	}, w)
}

// change applies a write to a copy of a contact and stores the copy.
func (s *Server) change(tx *store.Tx, c *call, old *gen.Contact, w *wire.Write) (*gen.Contact, error) {
	changed := store.Clone(old)
	changed.DateUpdated = store.Millisecond(c.now)
	return s.save(tx, c, changed, w)
}

// save applies a write to a contact and stores it.
func (s *Server) save(tx *store.Tx, c *call, contact gen.Contact, w *wire.Write) (*gen.Contact, error) {
	err := w.Apply(&contact)
	if err != nil {
		return nil, err
	}
	if contact.CustomFields, err = c.location.writeFields(contact.CustomFields, w.CustomFields); err != nil {
		return nil, err
	}
	old := tx.Get(contact.ID)
	tx.Put(&contact, c.now)
	s.notify(old, &contact)
	return &contact, nil
}

// newContactID returns an ID that no contact has or had.
func (s *Server) newContactID(tx *store.Tx) string {
	for {
		id := s.contactIDs.ID()
		if _, deleted := tx.DeletedAt(id); tx.Get(id) == nil && !deleted {
			return id
		}
	}
}

// match returns the contact that a write would duplicate, and the property that matches. It
// compares email address and phone number in the location's order, and secondary email addresses
// too.
func match(tx *store.Tx, l *Location, w *wire.Write) (existing *gen.Contact, property string) {
	for _, name := range l.identifiers() {
		if existing := owner(tx, l, w, name); existing != nil {
			return existing, name
		}
	}
	return nil, ""
}

// owner returns the contact that has the email address or phone number of a write.
func owner(tx *store.Tx, l *Location, w *wire.Write, name string) *gen.Contact {
	value := w.Strings[name]
	if value == nil || *value == "" {
		return nil
	}
	return tx.Oldest(l.ID, name, *value)
}

// removeTaken removes the email address or phone number of an upsert if a contact other than the
// matched one has it, because the API silently ignores it. matched is nil only if no contact has
// either of them.
func removeTaken(tx *store.Tx, l *Location, w *wire.Write, matched *gen.Contact) {
	for _, name := range l.identifiers() {
		if other := owner(tx, l, w, name); other != nil && other.ID != matched.ID {
			delete(w.Strings, name)
		}
	}
}

// promote returns a copy of the contact without the secondary email address that becomes the
// primary one. The API discards the old primary address.
func promote(old *gen.Contact, w *wire.Write) *gen.Contact {
	address := w.Strings["email"]
	if address == nil {
		return old
	}
	promoted := store.Clone(old)
	promoted.AdditionalEmails = slices.DeleteFunc(promoted.AdditionalEmails, func(e gen.AdditionalEmail) bool {
		return strings.EqualFold(e.Email, *address)
	})
	return &promoted
}
