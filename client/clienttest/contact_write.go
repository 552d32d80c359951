package clienttest

import (
	"net/http"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// createContact handles POST /contacts/.
func (s *Server) createContact(c *call) (response wire.Response, err error) {
	w, err := s.parseWrite(c)
	if err != nil {
		return wire.Response{}, err
	}
	err = s.store.Update(func(tx *store.Tx) error {
		if !c.location.AllowDuplicates {
			if existing, matching := w.match(tx, c.location); existing != nil {
				return wire.Duplicate(existing, matching)
			}
		}
		created, err := s.insert(tx, c, w)
		if err != nil {
			return err
		}
		var contact, body wire.Object
		contact.WriteCreated(created, s.style())
		body.Raw("contact", contact.End())
		response = wire.JSON(http.StatusCreated, body.End())
		return nil
	})
	return response, err
}

// updateContact handles PUT /contacts/{contactId}.
func (s *Server) updateContact(c *call) (response wire.Response, err error) {
	w, err := s.parseWrite(c)
	if err != nil {
		return wire.Response{}, err
	}
	err = s.store.Update(func(tx *store.Tx) error {
		old := tx.Get(c.id)
		if old == nil {
			return s.notFound(tx, c)
		}
		if s.behavior.RejectDuplicateUpdate && !c.location.AllowDuplicates {
			if existing, matching := w.match(tx, c.location); existing != nil && existing.ID != c.id {
				return wire.Duplicate(existing, matching)
			}
		}
		updated, err := s.change(tx, c, old, w)
		if err != nil {
			return err
		}
		var body wire.Object
		s.writeSuccess(&body, s.behavior.Success == SuccessCorrect, s.behavior.Success != SuccessCorrect)
		body.Raw("contact", s.detail(updated))
		response = wire.JSON(http.StatusOK, body.End())
		return nil
	})
	return response, err
}

// upsertContact handles POST /contacts/upsert.
func (s *Server) upsertContact(c *call) (response wire.Response, err error) {
	w, err := s.parseWrite(c)
	if err != nil {
		return wire.Response{}, err
	}
	err = s.store.Update(func(tx *store.Tx) error {
		var existing *gen.Contact
		if !w.CreateNewIfDuplicateAllowed || !c.location.AllowDuplicates {
			var matching string
			existing, matching = w.match(tx, c.location)
			w.ignoreOther(tx, c.location, existing, matching)
		}
		status := http.StatusOK
		var stored *gen.Contact
		var err error
		if existing == nil {
			status = http.StatusCreated
			stored, err = s.insert(tx, c, w)
		} else {
			gender := w.strings["gender"]
			delete(w.strings, "gender") // the API returns the new one and discards it
			stored, err = s.change(tx, c, w.promote(existing), w)
			if gender != nil && err == nil {
				returned := *stored
				returned.Gender = *gender
				stored = &returned
			}
		}
		if err != nil {
			return err
		}
		var body wire.Object
		body.Bool("new", existing == nil)
		body.Raw("contact", s.detail(stored))
		body.String("traceId", c.traceID)
		response = wire.JSON(status, body.End())
		return nil
	})
	return response, err
}

// deleteContact handles DELETE /contacts/{contactId}.
func (s *Server) deleteContact(c *call) (wire.Response, error) {
	err := s.store.Update(func(tx *store.Tx) error {
		if tx.Get(c.id) == nil {
			return s.notFound(tx, c)
		}
		return tx.Delete(c.id, c.now, s.visibleFrom(c))
	})
	if err != nil {
		return wire.Response{}, err
	}
	var body wire.Object
	s.writeSuccess(&body, s.behavior.Success != SuccessBefore, s.behavior.Success != SuccessCorrect)
	return wire.JSON(http.StatusOK, body.End()), nil
}

func (s *Server) writeSuccess(body *wire.Object, correct, misspelled bool) {
	if misspelled {
		body.Bool("succeded", true)
	}
	if correct {
		body.Bool("succeeded", true)
	}
}

// insert stores a new contact.
func (s *Server) insert(tx *store.Tx, c *call, w *write) (*gen.Contact, error) {
	now := store.Millisecond(c.now)
	return s.save(tx, c, gen.Contact{
		ID: s.newContactID(tx), LocationID: c.location.ID, Type: "lead", DateAdded: now, DateUpdated: now,
		CreatedBy: gen.CreatedBy{Source: "INTEGRATION", Channel: "OAUTH", Timestamp: now},
	}, w)
}

// change stores a changed contact.
func (s *Server) change(tx *store.Tx, c *call, old *gen.Contact, w *write) (*gen.Contact, error) {
	changed := store.Clone(old)
	changed.DateUpdated = store.Millisecond(c.now)
	return s.save(tx, c, changed, w)
}

func (s *Server) save(tx *store.Tx, c *call, contact gen.Contact, w *write) (*gen.Contact, error) {
	if err := w.apply(&contact, c.location, &s.behavior); err != nil {
		return nil, err
	}
	return &contact, tx.Put(&contact, s.visibleFrom(c))
}

// visibleFrom returns the time from which lists show a write.
func (s *Server) visibleFrom(c *call) time.Time {
	if s.behavior.IndexLag <= 0 {
		return time.Time{}
	}
	return c.now.Add(s.behavior.IndexLag)
}

// newContactID returns an ID that is not and was not in use.
func (s *Server) newContactID(tx *store.Tx) string {
	for {
		id := s.contactIDs.contact()
		if _, deleted := tx.DeletedAt(id); tx.Get(id) == nil && !deleted {
			return id
		}
	}
}
