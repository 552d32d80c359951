package clienttest

import (
	"maps"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Snapshot is all contacts of a server at an instant.
type Snapshot struct {
	records map[string]*record
}

// Change is a contact that two snapshots have differently. Before or After is nil where one of them does not have it.
type Change struct {
	ID            string
	Before, After *client.Contact
}

// Snapshot returns the contacts as they are. It costs little: contacts that do not change later are shared.
func (s *Server) Snapshot() Snapshot {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return Snapshot{maps.Clone(s.store.byID)}
}

// Since returns what has been created, updated and deleted since an earlier snapshot of the same server, sorted by id. An
// update that wrote what was there already counts, because it changed dateUpdated.
func (s Snapshot) Since(earlier Snapshot) []Change {
	var changes []Change
	for id, after := range s.records {
		if before := earlier.records[id]; before != after {
			changes = append(changes, Change{id, model(before), model(after)})
		}
	}
	for id, before := range earlier.records {
		if s.records[id] == nil {
			changes = append(changes, Change{ID: id, Before: model(before)})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.ID, b.ID) })
	return changes
}

// Len returns the number of contacts.
func (s Snapshot) Len() int {
	return len(s.records)
}

func model(r *record) *client.Contact {
	if r == nil {
		return nil
	}
	contact := r.contact()
	return &contact
}
