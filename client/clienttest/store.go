package clienttest

import (
	"sync"
	"time"
)

// store holds the contacts and finds them by id, e-mail address, phone number and business without looking at all of them.
type store struct {
	mu      sync.RWMutex
	byID    map[string]*record
	byEmail index // by lower-cased address, primary or not
	byPhone index // by primary number
	listing *listing
	deleted map[string]time.Time
	journal *journal // nil if the state is not kept in a file
}

func newStore() *store {
	return &store{
		byID:    map[string]*record{},
		byEmail: index{},
		byPhone: index{},
		listing: newListing(),
		deleted: map[string]time.Time{},
	}
}

// get returns the contact with an ID, nil if there is none.
func (s *store) get(id string) *record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[id]
}

// put stores a record in the place of the one with the same id, if there is one. It shows in lists at the instant visible.
// The caller holds the lock.
func (s *store) put(r *record, visible time.Time) error {
	if err := s.journal.put(r); err != nil {
		return err
	}
	old := s.byID[r.id]
	s.unindex(old)
	s.byID[r.id] = r
	delete(s.deleted, r.id)
	for _, address := range r.emails() {
		s.byEmail.add(r.location, address, r.id)
	}
	if number := r.text(phone); number != "" {
		s.byPhone.add(r.location, number, r.id)
	}
	s.listing.change(old, r, visible)
	return nil
}

// remove deletes a record at the instant now. The caller holds the lock.
func (s *store) remove(id string, now, visible time.Time) error {
	if err := s.journal.remove(id); err != nil {
		return err
	}
	old := s.byID[id]
	s.unindex(old)
	delete(s.byID, id)
	s.deleted[id] = now
	s.listing.change(old, nil, visible)
	return nil
}

func (s *store) unindex(r *record) {
	if r == nil {
		return
	}
	for _, address := range r.emails() {
		s.byEmail.drop(r.location, address, r.id)
	}
	if number := r.text(phone); number != "" {
		s.byPhone.drop(r.location, number, r.id)
	}
}

// find returns the contact that was added first of those in an index under a value, nil if there is none.
func (s *store) find(in index, location, value string) *record {
	var first *record
	for _, id := range in.ids(location, value) {
		if r := s.byID[id]; first == nil || precedes(first, r) {
			first = r
		}
	}
	return first
}
