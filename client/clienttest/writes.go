package clienttest

import (
	"net/http"
	"strings"
	"time"
)

// createContact answers POST /contacts/.
func (s *Server) createContact(c *call) answer {
	w, refusal := s.readWrite(c)
	if refusal != nil {
		return *refusal
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if !c.location.AllowDuplicates {
		if found, matching := s.store.match(w, c.location); found != nil {
			return *duplicate(found, matching)
		}
	}
	r, refusal := s.insert(c, w)
	if refusal != nil {
		return *refusal
	}
	contact := newObject(1024)
	contact.writeWritten(r, &s.behavior)
	body := newObject(1200)
	body.raw("contact", contact.end())
	return succeed(http.StatusCreated, body.end())
}

// updateContact answers PUT /contacts/{contactId}.
func (s *Server) updateContact(c *call) answer {
	w, refusal := s.readWrite(c)
	if refusal != nil {
		return *refusal
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	old := s.store.byID[c.id]
	if old == nil {
		return s.missingLocked(c)
	}
	if s.behavior.RejectDuplicateUpdate && !c.location.AllowDuplicates {
		if found, matching := s.store.match(w, c.location); found != nil && found.id != c.id {
			return *duplicate(found, matching)
		}
	}
	r, refusal := s.change(c, old, w)
	if refusal != nil {
		return *refusal
	}
	contact := newObject(1024)
	contact.writeDetail(r, &s.behavior)
	body := newObject(1200)
	s.writeSuccess(body, s.behavior.Success == SuccessCorrect, s.behavior.Success != SuccessCorrect)
	body.raw("contact", contact.end())
	return succeed(http.StatusOK, body.end())
}

// deleteContact answers DELETE /contacts/{contactId}.
func (s *Server) deleteContact(c *call) answer {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.byID[c.id] == nil {
		return s.missingLocked(c)
	}
	if err := s.store.remove(c.id, c.now, s.visible(c)); err != nil {
		return broken(err)
	}
	body := newObject(64)
	s.writeSuccess(body, s.behavior.Success != SuccessBefore, s.behavior.Success != SuccessCorrect)
	return succeed(http.StatusOK, body.end())
}

func (s *Server) writeSuccess(body *object, today, before bool) {
	if before {
		body.boolean("succeded", true)
	}
	if today {
		body.boolean("succeeded", true)
	}
}

func (s *Server) readWrite(c *call) (*write, *answer) {
	w, refusal := parseWrite(c.body)
	if refusal != nil {
		return nil, refusal
	}
	return w, w.normalize(c.location, &s.behavior)
}

// match finds the contact that a write would duplicate, by e-mail address and phone number in the location's order. Secondary
// addresses match too. The caller holds the lock.
func (s *store) match(w *write, l *Location) (*record, text) {
	for _, identifier := range l.identifiers() {
		value := w.texts[identifier]
		if value == nil || *value == "" {
			continue
		}
		var found *record
		if identifier == email {
			found = s.find(s.byEmail, l.ID, strings.ToLower(*value))
		} else {
			found = s.find(s.byPhone, l.ID, *value)
		}
		if found != nil {
			return found, identifier
		}
	}
	return nil, 0
}

// insert stores a new contact. The caller holds the lock.
func (s *Server) insert(c *call, w *write) (*record, *answer) {
	now := c.now.UnixMilli()
	r := &record{
		id: s.newContactID(), location: c.location.ID, added: now, updated: now,
		rest: &rest{createdBy: s.creator},
	}
	r.setText(contactType, "lead")
	return s.save(c, r, w)
}

// change stores a changed contact. The caller holds the lock.
func (s *Server) change(c *call, old *record, w *write) (*record, *answer) {
	r := old.copy()
	r.updated = c.now.UnixMilli()
	return s.save(c, r, w)
}

func (s *Server) save(c *call, r *record, w *write) (*record, *answer) {
	if refusal := w.apply(r, c.location, &s.behavior); refusal != nil {
		return nil, refusal
	}
	if err := s.store.put(r, s.visible(c)); err != nil {
		refusal := broken(err)
		return nil, &refusal
	}
	return r, nil
}

// visible is the instant from which lists show a write.
func (s *Server) visible(c *call) time.Time {
	if s.behavior.IndexLag <= 0 {
		return time.Time{}
	}
	return c.now.Add(s.behavior.IndexLag)
}

// newContactID returns an id that is neither in use nor was before. The caller holds the lock.
func (s *Server) newContactID() string {
	for {
		id := s.contactIDs.contact()
		_, deleted := s.store.deleted[id]
		if s.store.byID[id] == nil && !deleted {
			return id
		}
	}
}
