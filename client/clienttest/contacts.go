package clienttest

import (
	"maps"
	"slices"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Contacts returns all contacts of all locations as they are stored, the latest first. Lists may lag behind it.
func (s *Server) Contacts() []client.Contact {
	var all []client.Contact
	for r := range s.records() {
		all = append(all, r.contact())
	}
	return all
}

// Contact returns the contact with an id as it is stored.
func (s *Server) Contact(id string) (contact client.Contact, ok bool) {
	r := s.store.get(id)
	if r == nil {
		return client.Contact{}, false
	}
	return r.contact(), true
}

// Len returns the number of contacts of all locations.
func (s *Server) Len() int {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return len(s.store.byID)
}

func (s *Server) sorted() []*record {
	s.store.mu.RLock()
	all := slices.AppendSeq(make([]*record, 0, len(s.store.byID)), maps.Values(s.store.byID))
	s.store.mu.RUnlock()
	slices.SortFunc(all, compare)
	return all
}

// models returns the first n records in the order of lists.
func models(records []*record, n int) []client.Contact {
	slices.SortFunc(records, compare)
	contacts := make([]client.Contact, min(n, len(records)))
	for i := range contacts {
		contacts[i] = records[i].contact()
	}
	return contacts
}
