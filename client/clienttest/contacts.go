package clienttest

import (
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Contacts returns all contacts of all locations as they are stored, the latest first. Lists may
// lag behind it.
func (s *Server) Contacts() []client.Contact { return clones(s.store.Sorted()) }

// Contact returns the contact with an ID as it is stored.
func (s *Server) Contact(id string) (contact client.Contact, ok bool) {
	c := s.store.Get(id)
	if c == nil {
		return client.Contact{}, false
	}
	return store.Clone(c), true
}

// Len returns the number of contacts of all locations.
func (s *Server) Len() int { return s.store.Len() }

// Latest returns the contacts of all locations that were added last, at most n of them. Unlike
// [Server.Contacts] it does not read every contact; like lists it may lag behind.
func (s *Server) Latest(n int) []client.Contact { return clones(s.store.Latest(n, s.Now())) }

func clones(stored []*gen.Contact) []client.Contact {
	var contacts []client.Contact
	for _, c := range stored {
		contacts = append(contacts, store.Clone(c))
	}
	return contacts
}

// Snapshot is all contacts of a server at one time.
type Snapshot struct {
	contacts map[string]*gen.Contact // never changed
}

// Change is a contact that differs between two snapshots. Before or After is nil if one of them
// does not have it.
type Change struct {
	ID            string
	Before, After *client.Contact
}

// Snapshot returns the contacts as they are. It costs little: contacts that do not change later are
// shared.
func (s *Server) Snapshot() Snapshot { return Snapshot{s.store.Contacts()} }

// Since returns the contacts that were created, updated and deleted since an earlier snapshot of
// the same server, sorted by ID. An update that wrote the same values counts, because it changed
// dateUpdated.
func (s Snapshot) Since(earlier Snapshot) []Change {
	var changes []Change
	for id, after := range s.contacts {
		if before := earlier.contacts[id]; before != after {
			changes = append(changes, Change{id, clone(before), clone(after)})
		}
	}
	for id, before := range earlier.contacts {
		if s.contacts[id] == nil {
			changes = append(changes, Change{ID: id, Before: clone(before)})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.ID, b.ID) })
	return changes
}

// Len returns the number of contacts.
func (s Snapshot) Len() int { return len(s.contacts) }

func clone(c *gen.Contact) *client.Contact {
	if c == nil {
		return nil
	}
	return new(store.Clone(c))
}

// ContactJSON returns the contact with an ID as a get returns it, whichever location it belongs to.
func (s *Server) ContactJSON(id string) (contact []byte, ok bool) {
	c := s.store.Get(id)
	if c == nil {
		return nil, false
	}
	return s.detail(c), true
}
