package clienttest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// upsertContact answers POST /contacts/upsert.
func (s *Server) upsertContact(c *call) answer {
	w, refusal := s.readWrite(c)
	if refusal != nil {
		return *refusal
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	var old *record
	if !w.CreateNewIfDuplicateAllowed || !c.location.AllowDuplicates {
		var matching text
		old, matching = s.store.match(w, c.location)
		s.store.ignoreOther(w, c.location, old, matching)
	}
	if old == nil {
		r, refusal := s.insert(c, w)
		if refusal != nil {
			return *refusal
		}
		return s.upserted(c, r, http.StatusCreated)
	}
	sent := w.texts[gender]
	delete(w.texts, gender) // of an existing contact it is answered and discarded
	r, refusal := s.change(c, promote(old, w), w)
	if refusal != nil {
		return *refusal
	}
	if sent != nil {
		r = r.copy()
		r.setText(gender, *sent)
	}
	return s.upserted(c, r, http.StatusOK)
}

func (s *Server) upserted(c *call, r *record, status int) answer {
	contact := newObject(1024)
	contact.writeDetail(r, &s.behavior)
	body := newObject(1200)
	body.boolean("new", status == http.StatusCreated)
	body.raw("contact", contact.end())
	body.text("traceId", c.traceID)
	return succeed(status, body.end())
}

// ignoreOther drops the identifier that belongs to another contact than the one that matched, as the API does without a
// word.
func (s *store) ignoreOther(w *write, l *Location, matched *record, matching text) {
	if matched == nil {
		return
	}
	other, owners := email, s.byEmail
	if matching == email {
		other, owners = phone, s.byPhone
	}
	value := w.texts[other]
	if value == nil {
		return
	}
	if owner := s.find(owners, l.ID, strings.ToLower(*value)); owner != nil && owner.id != matched.id {
		delete(w.texts, other)
	}
}

// promote removes an address that becomes the primary one from the secondary ones. The old primary one is lost.
func promote(old *record, w *write) *record {
	address := w.texts[email]
	if address == nil {
		return old
	}
	isPromoted := func(e gen.AdditionalEmail) bool { return strings.EqualFold(e.Email, *address) }
	if !slices.ContainsFunc(old.additionalEmails, isPromoted) {
		return old
	}
	r := old.copy()
	r.additionalEmails = slices.DeleteFunc(slices.Clone(old.additionalEmails), isPromoted)
	return r
}
